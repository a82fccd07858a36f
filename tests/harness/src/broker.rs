//! The broker: a real nats-server, alone or one of a cluster.

use crate::{Process, nats_server};
use std::cell::RefCell;
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;

/// For each of `brokers`: the flags by which it finds the others; none for one alone.
pub fn routes(brokers: usize) -> anyhow::Result<Vec<Vec<String>>> {
    if brokers == 1 {
        return Ok(vec![vec![]]);
    }
    // Held until all ports are known, so that none is used twice.
    let ports = (0..brokers).map(|_| TcpListener::bind("127.0.0.1:0")).collect::<Result<Vec<_>, _>>()?;
    let routes = ports
        .iter()
        .map(|port| Ok(format!("nats://{}", port.local_addr()?)))
        .collect::<std::io::Result<Vec<_>>>()?;
    let flags = |(number, own): (usize, &String)| {
        let name = format!("--name=broker-{}", number + 1);
        let cluster = ["--cluster_name=tested".to_owned(), format!("--cluster={own}")];
        [name].into_iter().chain(cluster).chain([format!("--routes={}", routes.join(","))]).collect()
    };
    Ok(routes.iter().enumerate().map(flags).collect())
}

/// Starts a broker that keeps its files in `store`, on this port or any; returns its address as well.
pub fn start(
    name: &str,
    store: &Path,
    port: Option<&str>,
    more: &[String],
) -> anyhow::Result<(Process, String)> {
    let mut command = Command::new(nats_server());
    command.args(["--jetstream", "--addr", "127.0.0.1", "--port", port.unwrap_or("-1"), "--store_dir"]);
    command.arg(store).args(more);
    let client = "Listening for client connections on ";
    let address = RefCell::new(String::new());
    Process::start(name, &mut command, |line| {
        if let Some((_, at)) = line.split_once(client) {
            *address.borrow_mut() = at.trim().to_owned();
        }
        line.contains("Server is ready").then(|| address.borrow().clone())
    })
}
