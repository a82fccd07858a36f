//! I/O errors: every call that changes or syncs a file is made to fail once, one after another.
//!
//! Each error is injected in a separate process, since a process must exit after a failed sync. The commits that
//! it acknowledged must be present for the next process.

use super::disk::{self, Fault, Kind};
use super::proof;
use super::scenarios;
use super::workload::{Acknowledged, runtime};
use event_log::AppendError;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::{env, thread};
use tempfile::TempDir;

const TEST: &str = "log::io_errors::an_error_at_any_call_loses_nothing";
/// Makes the test binary, started again, run the scenario with these arguments: the fault and the directory.
const CHILD_ARGUMENTS: &str = "FAULTS_IO_ERROR_CHILD";
/// Commits that a commit file has made durable before the writer notices that a flush in the background has failed.
const NOTICED_AFTER_MAX: usize = 2;
/// Time after which a child hangs and is killed by an alarm.
const CHILD_SECONDS_MAX: u32 = 60;

#[test]
fn an_error_at_any_call_loses_nothing() {
    if let Ok(arguments) = env::var(CHILD_ARGUMENTS) {
        return run_child(&arguments);
    }
    let temp = TempDir::new().expect("temporary directory");
    let faultless = run_in_child(&temp.path().join("faultless"), None);
    let [changes, syncs] = faultless.calls;
    assert!(faultless.broken.is_empty() && faultless.failed == 0, "{faultless:?}");
    let mut faults = Vec::new();
    for (kind, calls) in [(Kind::Change, changes), (Kind::Sync, syncs)] {
        for (errno, persists) in [(libc::EIO, false), (libc::ENOSPC, kind == Kind::Change)] {
            faults.extend((1..=calls).map(|number| Fault { kind, number, errno, persists }));
        }
    }
    assert!(changes > 40 && syncs > 40, "only {changes} changes and {syncs} syncs were recorded");
    let (next, broken, injected) = (AtomicUsize::new(0), Mutex::new(Vec::new()), AtomicUsize::new(0));
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                while let Some(fault) = faults.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let dir = TempDir::new_in(temp.path()).expect("a directory");
                    let report = run_in_child(dir.path(), Some(fault));
                    injected.fetch_add(usize::from(report.failed > 0), Ordering::Relaxed);
                    let after = proof::check_intact(&dir.path().join("log"), &report.acknowledged).err();
                    let problems: Vec<String> = report.broken.iter().cloned().chain(after).collect();
                    if !problems.is_empty() {
                        broken.lock().expect("no panic").push(format!("{fault:?}: {}", problems.join("; ")));
                    }
                }
            });
        }
    });
    let broken = broken.into_inner().expect("no panic");
    assert!(broken.is_empty(), "{} of {}:\n{}", broken.len(), faults.len(), broken.join("\n"));
    let injected = injected.into_inner();
    assert!(injected * 10 > faults.len() * 9, "only {injected} of {} faults were injected", faults.len());
}

/// What a child process reported.
#[derive(Debug, Default)]
struct Report {
    acknowledged: Vec<Acknowledged>,
    calls: [u64; 2],
    failed: u64,
    broken: Vec<String>,
}

fn run_in_child(root: &Path, fault: Option<&Fault>) -> Report {
    std::fs::create_dir_all(root).expect("a directory");
    let fault = fault.map_or("0 0 0 0".to_owned(), |fault| {
        format!("{} {} {} {}", fault.kind as u8, fault.number, fault.errno, u8::from(fault.persists))
    });
    let output = Command::new(env::current_exe().expect("this program"))
        .args([TEST, "--exact", "--nocapture", "--test-threads=1"])
        .env(CHILD_ARGUMENTS, format!("{fault} {}", root.display()))
        .output()
        .expect("the process starts");
    let mut report = Report::default();
    for line in String::from_utf8_lossy(&output.stdout).lines() {
        let (what, rest) = line.split_once(' ').unwrap_or((line, ""));
        let numbers: Vec<u64> = rest.split(' ').filter_map(|number| number.parse().ok()).collect();
        match (what, numbers.as_slice()) {
            ("acknowledged", [commit, first, last]) => {
                report.acknowledged.push(Acknowledged { commit: *commit, first: *first, last: *last });
            }
            ("recorded", [changes, syncs, failed]) => {
                (report.calls, report.failed) = ([*changes, *syncs], *failed);
            }
            ("broken", _) => report.broken.push(rest.to_owned()),
            _ => {}
        }
    }
    if !output.status.success() {
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        report.broken.push(format!("the process ended with {}: {stderr}", output.status));
    }
    report
}

/// Runs the scenario in this process, and prints what happened.
#[expect(clippy::print_stdout, reason = "the test that started this process reads it")]
fn run_child(arguments: &str) {
    // SAFETY: the call only makes the kernel end this process later.
    #[expect(unsafe_code, reason = "the standard library has no alarm")]
    unsafe {
        libc::alarm(CHILD_SECONDS_MAX)
    };
    let words: Vec<&str> = arguments.splitn(5, ' ').collect();
    let [kind, number, errno, persists, root] = words[..] else { panic!("{arguments}") };
    let kind = if kind == "0" { Kind::Change } else { Kind::Sync };
    let (number, errno) = (number.parse().expect("a number"), errno.parse().expect("a number"));
    let fault = Fault { kind, number, errno, persists: persists == "1" };
    let root = PathBuf::from(root).canonicalize().expect("a directory");
    let watching = disk::watch(&root, (number > 0).then_some(fault));
    let outcome = runtime().block_on(scenarios::short(&root.join("log")));
    let recorded = watching.finish();
    println!();
    for step in &recorded.steps {
        if let disk::Step::Acknowledged(Acknowledged { commit, first, last }) = step {
            println!("acknowledged {commit} {first} {last}");
        }
    }
    println!("recorded {} {} {}", recorded.changes, recorded.syncs, recorded.failed.len());
    for file in &recorded.synced_again {
        println!("broken {} was synced again after its sync had failed", file.display());
    }
    let in_background = recorded.failed.iter().all(|file| !file.to_string_lossy().contains("commit."));
    let allowed = if in_background { NOTICED_AFTER_MAX } else { 0 };
    if recorded.acknowledged_after_failed_sync > allowed {
        println!("broken a commit was acknowledged after a sync had failed");
    }
    if let Err(fault) = outcome {
        let other =
            fault.downcast_ref::<AppendError>().filter(|fault| !matches!(fault, AppendError::Storage(_)));
        if other.is_some() || fault.to_string() == scenarios::NOT_REFUSED || recorded.failed.is_empty() {
            println!("broken {fault:#}");
        }
    }
}
