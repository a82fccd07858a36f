//! A process that appends to a log as fast as possible, and reports the acknowledged commits.

use super::workload::{Acknowledged, commit, options, runtime};
use event_log::EventLog;
use std::env;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::Duration;

const TEST: &str = "log::appender::an_appender_reports_acknowledged_commits";
const CALLERS: u64 = 24;
/// Makes the test binary, started again, act as the appender: the number of the next commit, and the directory.
const APPENDER: &str = "FAULTS_APPENDER";
/// How long an appender may be silent.
const SILENCE_MAX: Duration = Duration::from_secs(60);

#[test]
fn an_appender_reports_acknowledged_commits() {
    match env::var(APPENDER) {
        Ok(arguments) => runtime().block_on(append_until_refused(&arguments)),
        Err(_) => {
            let dir = tempfile::TempDir::new().expect("temporary directory");
            let appender = Appender::start(&dir.path().join("log"), 0).expect("the process starts");
            let mut acknowledged = Vec::new();
            appender.wait_for(100, &mut acknowledged).expect("it appends");
            assert_eq!(acknowledged.len(), 100);
        }
    }
}

/// A process that appends until it is dropped.
pub struct Appender {
    child: Child,
    acknowledged: Receiver<Acknowledged>,
}

impl Appender {
    /// Starts it; `next` is the number of its first commit.
    pub fn start(dir: &Path, next: u64) -> anyhow::Result<Appender> {
        let mut child = Command::new(env::current_exe()?)
            .args([TEST, "--exact", "--nocapture", "--test-threads=1"])
            .env(APPENDER, format!("{next} {}", dir.display()))
            .stdout(Stdio::piped())
            .spawn()?;
        let lines = BufReader::new(child.stdout.take().expect("it is piped")).lines();
        let (sender, acknowledged) = mpsc::channel();
        thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                let Some(rest) = line.strip_prefix("acknowledged ") else { continue };
                let numbers: Vec<u64> = rest.split(' ').filter_map(|number| number.parse().ok()).collect();
                // A line truncated by the kill is ignored.
                let [commit, first, last, 0] = numbers[..] else { continue };
                if sender.send(Acknowledged { commit, first, last }).is_err() {
                    return;
                }
            }
        });
        Ok(Appender { child, acknowledged })
    }

    /// Waits until this many more commits are acknowledged.
    pub fn wait_for(&self, commits: u64, acknowledged: &mut Vec<Acknowledged>) -> anyhow::Result<()> {
        for _ in 0..commits {
            acknowledged.push(self.acknowledged.recv_timeout(SILENCE_MAX)?);
        }
        Ok(())
    }

    /// Returns the commits acknowledged since, after waiting for the process to end by itself.
    pub fn acknowledged_to_the_end(&self) -> Vec<Acknowledged> {
        self.acknowledged.iter().collect()
    }

    /// Returns the commits acknowledged since, without waiting.
    pub fn acknowledged(&self) -> Vec<Acknowledged> {
        self.acknowledged.try_iter().collect()
    }
}

impl Drop for Appender {
    fn drop(&mut self) {
        let ended = self.child.kill().and_then(|()| self.child.wait());
        ended.expect("the child process can be killed");
    }
}

/// Appends as fast as possible from several tasks, and prints the acknowledged commits, until one is refused.
#[expect(clippy::print_stdout, reason = "the test that started this process reads it")]
async fn append_until_refused(arguments: &str) {
    let (next, dir) = arguments.split_once(' ').expect("a number and a directory");
    let next = Arc::new(AtomicU64::new(next.parse().expect("a number")));
    let (log, _) = EventLog::open(options(Path::new(dir))).expect("the log opens");
    println!();
    let mut callers = tokio::task::JoinSet::new();
    for _ in 0..CALLERS {
        let (log, next) = (log.clone(), next.clone());
        callers.spawn(async move {
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                let Ok(appended) = log.append(commit(number)).await else { return };
                println!("acknowledged {number} {} {} 0", appended.first, appended.last);
            }
        });
    }
    callers.join_next().await;
}
