//! The broker: a real nats-server, alone or one of several that keep JetStream together.

use crate::process::{Process, nats_server};
use std::cell::RefCell;
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;

/// What each of so many brokers is told, so that they find each other; nothing for one alone.
pub fn routes(brokers: usize) -> anyhow::Result<Vec<Vec<String>>> {
    if brokers == 1 {
        return Ok(vec![vec![]]);
    }
    // Held until all are known, so that no port is given twice.
    let ports = (0..brokers).map(|_| TcpListener::bind("127.0.0.1:0")).collect::<Result<Vec<_>, _>>()?;
    let routes = ports
        .iter()
        .map(|port| Ok(format!("nats://{}", port.local_addr()?)))
        .collect::<std::io::Result<Vec<_>>>()?;
    let told = |(number, own): (usize, &String)| {
        let name = format!("--name=broker-{}", number + 1);
        let cluster = ["--cluster_name=tested".to_owned(), format!("--cluster={own}")];
        [name].into_iter().chain(cluster).chain([format!("--routes={}", routes.join(","))]).collect()
    };
    Ok(routes.iter().enumerate().map(told).collect())
}

/// Starts a broker that keeps its files in `store`, at a port or at any; answers its address too.
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
