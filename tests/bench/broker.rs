//! What the broker does for a command: messages and bytes, which do not depend on the machine's load, and its CPU.

use crate::command::{Registered, Target};
use crate::measure::cpu_time;
use crate::report::Line;
use anyhow::Context as _;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;
use tests::{Mode, Sandbox, SandboxConfig, let_pass};

/// Commands under way at a time, and how many each worker sends.
const LOADS: [(usize, u64); 3] = [(1, 400), (64, 100), (512, 40)];
/// Commands of each worker before it is counted.
const WARM_UP: u64 = 4;
/// Time in which the followers come to the end.
const SETTLING: Duration = Duration::from_millis(300);

/// What a broker has counted since it started.
#[derive(Debug, Clone, Copy)]
struct Counted {
    in_msgs: u64,
    out_msgs: u64,
    in_bytes: u64,
    out_bytes: u64,
}

impl Counted {
    /// Asks the broker's monitor.
    fn ask(port: u16) -> anyhow::Result<Counted> {
        let mut stream = TcpStream::connect(("127.0.0.1", port))?;
        stream.write_all(b"GET /varz HTTP/1.0\r\n\r\n")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        let (_, body) = answer.split_once("\r\n\r\n").context("the answer has a body")?;
        let counted: serde_json::Value = serde_json::from_str(body)?;
        let number = |name: &str| counted[name].as_u64().with_context(|| format!("the monitor says {name}"));
        Ok(Counted {
            in_msgs: number("in_msgs")?,
            out_msgs: number("out_msgs")?,
            in_bytes: number("in_bytes")?,
            out_bytes: number("out_bytes")?,
        })
    }
}

/// Counts at one broker, with few and with many commands under way.
pub async fn of_a_command() -> anyhow::Result<Vec<Line>> {
    let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
    let config = SandboxConfig {
        clock: "system".to_owned(),
        broker_flags: vec![format!("--http_port={port}")],
        ..SandboxConfig::default()
    };
    let mut sandbox = Sandbox::start_with(Mode::Distributed, config)?;
    let target = Target::installation(&mut sandbox)?;
    let broker = [sandbox.process("nats").id()];
    let mut lines = Vec::new();
    for (in_flight, each) in LOADS {
        target.repeat::<Registered>(in_flight, WARM_UP).await?;
        let_pass(SETTLING).await;
        let (before, cpu_before) = (Counted::ask(port)?, cpu_time(&broker)?);
        target.repeat::<Registered>(in_flight, each).await?;
        let_pass(SETTLING).await;
        let (after, cpu_after) = (Counted::ask(port)?, cpu_time(&broker)?);
        let commands = in_flight as f64 * each as f64;
        let per = |after: u64, before: u64| (after - before) as f64 / commands;
        lines.push(Line {
            case: format!("at the broker for a command, {in_flight} in flight"),
            measured: format!(
                "{:.1} messages in, {:.1} out",
                per(after.in_msgs, before.in_msgs),
                per(after.out_msgs, before.out_msgs)
            ),
            reference: format!(
                "{:.1} kB in, {:.1} kB out",
                per(after.in_bytes, before.in_bytes) / 1e3,
                per(after.out_bytes, before.out_bytes) / 1e3
            ),
            cpu: format!("{:.0} µs", (cpu_after - cpu_before).as_secs_f64() * 1e6 / commands),
            ..Line::default()
        });
    }
    Ok(lines)
}
