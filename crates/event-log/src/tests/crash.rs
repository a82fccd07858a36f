//! A process killed while writing: every acknowledged record is present afterwards.

#![expect(
    clippy::disallowed_methods,
    reason = "a test waits for what it spawns, and starts itself again as another process"
)]

use super::{commit, open, options, runtime, write};
use crate::{EventLog, Expected};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;
use tempfile::TempDir;

/// Makes the test binary, started again, act as the writer in this directory.
const WRITER_DIR: &str = "EVENT_LOG_TEST_WRITER_DIR";

#[test]
fn nothing_acknowledged_is_lost_when_the_process_is_killed() {
    if let Some(dir) = std::env::var_os(WRITER_DIR) {
        return write_until_killed(Path::new(&dir));
    }
    let dir = TempDir::new().expect("temporary directory");
    let mut last = 0;
    for round in 1..=5_u64 {
        let acknowledged = killed_writer(dir.path(), last + 150 * round);
        let (log, opened) = open(dir.path());
        assert!(
            opened.head.position >= acknowledged,
            "round {round}: {acknowledged} acknowledged, {opened:?}"
        );
        assert!(acknowledged > last, "round {round}: the writer made progress");
        last = acknowledged;
        assert_eq!(log.verify(|_| {}).expect("the log is valid").head, opened.head);
        runtime().block_on(log.close());
    }
}

/// Kills a writer when it has passed a position, and returns the last position that it reported as durable.
fn killed_writer(dir: &Path, past: u64) -> u64 {
    let name = "tests::crash::nothing_acknowledged_is_lost_when_the_process_is_killed";
    let mut child = Command::new(std::env::current_exe().expect("this program"))
        .args([name, "--exact", "--nocapture", "--test-threads=1"])
        .env(WRITER_DIR, dir)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the writer starts");
    let output = child.stdout.take().expect("its output");
    let (sender, positions) = mpsc::channel();
    let reader = thread::spawn(move || {
        let lines = BufReader::new(output).lines().map_while(Result::ok);
        let durable = lines.filter_map(|line| line.strip_prefix("durable ")?.parse::<u64>().ok());
        durable.inspect(|position| sender.send(*position).unwrap_or_default()).last().unwrap_or(0)
    });
    while positions.recv().expect("the writer makes progress") <= past {}
    child.kill().expect("it is killed");
    child.wait().expect("it ends");
    reader.join().expect("no panic")
}

/// Appends pairs of records in eight tasks as fast as possible, and prints what is durable.
fn write_until_killed(dir: &Path) {
    runtime().block_on(async {
        let (log, _) = EventLog::open(options(dir)).expect("the log opens");
        let mut tasks = tokio::task::JoinSet::new();
        for number in 0..8 {
            let log = log.clone();
            tasks.spawn(async move {
                let stream = format!("writer.{number}");
                loop {
                    let next = log.stream_position(&stream).expect("the log is readable");
                    let record = |payload: Vec<u8>| write(&stream, Expected::At(next), payload);
                    drop(log.append(commit(vec![record(vec![0; 600]), record(vec![1; 600])])).await);
                    print_durable(log.head().position);
                }
            });
        }
        tasks.join_next().await;
    });
}

fn print_durable(position: u64) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "durable {position}").and_then(|()| out.flush()).expect("stdout is writable");
}
