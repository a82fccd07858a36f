//! A process that appends to a log as fast as it can, and tells what was acknowledged.

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

const TEST: &str = "log::appender::an_appender_appends_when_it_is_started_as_one";
const CALLERS: u64 = 24;
/// Tells this program, started again, where it appends and from which commit on.
const APPENDER: &str = "FAULTS_APPENDER";
/// So long an appender may be silent.
const SILENCE_MAX: Duration = Duration::from_secs(60);

#[test]
fn an_appender_appends_when_it_is_started_as_one() {
    match env::var(APPENDER) {
        Ok(arguments) => runtime().block_on(append_until_refused(&arguments)),
        Err(_) => {
            let dir = tempfile::TempDir::new().expect("a directory");
            let appender = Appender::start(&dir.path().join("log"), 0).expect("it starts");
            let mut told = Vec::new();
            appender.wait_for(100, &mut told).expect("it appends");
            assert_eq!(told.len(), 100);
        }
    }
}

/// A process that appends until it is dropped.
pub struct Appender {
    child: Child,
    told: Receiver<Acknowledged>,
}

impl Appender {
    /// Starts it; the first commit has this number.
    pub fn start(dir: &Path, next: u64) -> anyhow::Result<Appender> {
        let mut child = Command::new(env::current_exe()?)
            .args([TEST, "--exact", "--nocapture", "--test-threads=1"])
            .env(APPENDER, format!("{next} {}", dir.display()))
            .stdout(Stdio::piped())
            .spawn()?;
        let lines = BufReader::new(child.stdout.take().expect("it is piped")).lines();
        let (sender, told) = mpsc::channel();
        thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                let Some(rest) = line.strip_prefix("told ") else { continue };
                let numbers: Vec<u64> = rest.split(' ').filter_map(|number| number.parse().ok()).collect();
                // A line that the kill cut off tells nothing.
                let [commit, first, last, 0] = numbers[..] else { continue };
                if sender.send(Acknowledged { commit, first, last }).is_err() {
                    return;
                }
            }
        });
        Ok(Appender { child, told })
    }

    /// Waits until so many commits were acknowledged.
    pub fn wait_for(&self, commits: u64, told: &mut Vec<Acknowledged>) -> anyhow::Result<()> {
        for _ in 0..commits {
            told.push(self.told.recv_timeout(SILENCE_MAX)?);
        }
        Ok(())
    }

    /// What was acknowledged since, until it ended by itself.
    pub fn acknowledged_to_the_end(&self) -> Vec<Acknowledged> {
        self.told.iter().collect()
    }

    /// What was acknowledged since and up to now.
    pub fn acknowledged(&self) -> Vec<Acknowledged> {
        self.told.try_iter().collect()
    }
}

impl Drop for Appender {
    fn drop(&mut self) {
        let ended = self.child.kill().and_then(|()| self.child.wait());
        ended.expect("a process of ours can be ended");
    }
}

/// Several callers append as fast as they can, and say what was acknowledged, until one is refused.
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
                println!("told {number} {} {} 0", appended.first, appended.last);
            }
        });
    }
    callers.join_next().await;
}
