//! A disk that answers with an error: every call that changes or syncs a file fails once, one after another.
//!
//! Each is tried in a process of its own, as after a failed sync the process has to end. What it told its
//! caller must be there for the next one.

use super::disk::{self, Fault, Kind};
use super::lives;
use super::proof;
use super::workload::{Acknowledged, runtime};
use event_log::AppendError;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::{env, thread};
use tempfile::TempDir;

const TEST: &str = "log::io_errors::an_error_at_any_call_loses_nothing";
/// Tells the test, started again, in which directory it lives and which call fails.
const LIFE: &str = "FAULTS_LIFE";
/// After so long a life hangs and is ended by the system.
const LIFE_SECONDS_MAX: u32 = 60;

#[test]
fn an_error_at_any_call_loses_nothing() {
    if let Ok(life) = env::var(LIFE) {
        return live(&life);
    }
    let place = TempDir::new().expect("a directory");
    let untouched = start_life(&place.path().join("untouched"), None);
    let [changes, syncs] = untouched.calls;
    assert!(untouched.broken.is_empty() && untouched.failed == 0, "{untouched:?}");
    let mut faults = Vec::new();
    for (kind, calls) in [(Kind::Change, changes), (Kind::Sync, syncs)] {
        for (errno, stays) in [(libc::EIO, false), (libc::ENOSPC, kind == Kind::Change)] {
            faults.extend((1..=calls).map(|number| Fault { kind, number, errno, stays }));
        }
    }
    assert!(changes > 40 && syncs > 40, "{changes} changes and {syncs} syncs are no whole life");
    let (next, broken, happened) = (AtomicUsize::new(0), Mutex::new(Vec::new()), AtomicUsize::new(0));
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                while let Some(fault) = faults.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let dir = TempDir::new_in(place.path()).expect("a directory");
                    let life = start_life(dir.path(), Some(fault));
                    happened.fetch_add(usize::from(life.failed > 0), Ordering::Relaxed);
                    let after = proof::whole(&dir.path().join("log"), &life.told).err();
                    let found: Vec<String> = life.broken.iter().cloned().chain(after).collect();
                    if !found.is_empty() {
                        broken.lock().expect("no panic").push(format!("{fault:?}: {}", found.join("; ")));
                    }
                }
            });
        }
    });
    let broken = broken.into_inner().expect("no panic");
    assert!(broken.is_empty(), "{} of {}:\n{}", broken.len(), faults.len(), broken.join("\n"));
    let happened = happened.into_inner();
    assert!(happened * 10 > faults.len() * 9, "only {happened} of {} faults happened", faults.len());
}

/// What a life in another process told.
#[derive(Debug, Default)]
struct Life {
    told: Vec<Acknowledged>,
    calls: [u64; 2],
    failed: u64,
    broken: Vec<String>,
}

fn start_life(root: &Path, fault: Option<&Fault>) -> Life {
    std::fs::create_dir_all(root).expect("a directory");
    let fault = fault.map_or("0 0 0 0".to_owned(), |fault| {
        format!("{} {} {} {}", fault.kind as u8, fault.number, fault.errno, u8::from(fault.stays))
    });
    let output = Command::new(env::current_exe().expect("this program"))
        .args([TEST, "--exact", "--nocapture", "--test-threads=1"])
        .env(LIFE, format!("{fault} {}", root.display()))
        .output()
        .expect("it starts");
    let mut life = Life::default();
    for line in String::from_utf8_lossy(&output.stdout).lines() {
        let (what, rest) = line.split_once(' ').unwrap_or((line, ""));
        let numbers: Vec<u64> = rest.split(' ').filter_map(|number| number.parse().ok()).collect();
        match (what, numbers.as_slice()) {
            ("told", [commit, first, last]) => {
                life.told.push(Acknowledged { commit: *commit, first: *first, last: *last });
            }
            ("seen", [changes, syncs, failed]) => {
                (life.calls, life.failed) = ([*changes, *syncs], *failed);
            }
            ("broken", _) => life.broken.push(rest.to_owned()),
            _ => {}
        }
    }
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        life.broken.push(format!("the process ended with {}: {said}", output.status));
    }
    life
}

/// Lives in this process, and says what happened.
#[expect(clippy::print_stdout, reason = "the test that started this process reads it")]
fn live(arguments: &str) {
    // SAFETY: no more is asked of the system than to end this process later.
    #[expect(unsafe_code, reason = "the standard library has no alarm")]
    unsafe {
        libc::alarm(LIFE_SECONDS_MAX)
    };
    let words: Vec<&str> = arguments.splitn(5, ' ').collect();
    let [kind, number, errno, stays, root] = words[..] else { panic!("{arguments}") };
    let kind = if kind == "0" { Kind::Change } else { Kind::Sync };
    let (number, errno) = (number.parse().expect("a number"), errno.parse().expect("a number"));
    let fault = Fault { kind, number, errno, stays: stays == "1" };
    let root = PathBuf::from(root).canonicalize().expect("a directory");
    let watching = disk::watch(&root, (number > 0).then_some(fault));
    let ended = runtime().block_on(lives::short(&root.join("log")));
    let seen = watching.end();
    println!();
    for step in &seen.steps {
        if let disk::Step::Told(Acknowledged { commit, first, last }) = step {
            println!("told {commit} {first} {last}");
        }
    }
    println!("seen {} {} {}", seen.changes, seen.syncs, seen.failed.len());
    for file in &seen.synced_again {
        println!("broken {} was synced again after its sync had failed", file.display());
    }
    if seen.told_after_failed_sync {
        println!("broken a commit was acknowledged after a sync had failed");
    }
    if let Err(fault) = ended {
        let other =
            fault.downcast_ref::<AppendError>().filter(|fault| !matches!(fault, AppendError::Storage(_)));
        if other.is_some() || fault.to_string() == lives::PASSED_OVER || seen.failed.is_empty() {
            println!("broken {fault:#}");
        }
    }
}
