//! Real power cuts: the disk as it is at one moment, while a log is written to it.
//!
//! The log lies in an ext4 in a file on an XFS, where a copy by reference takes one moment, whatever is
//! being written. The copy takes the place of the disk: what ext4 and the log had only in memory is gone,
//! the journal is replayed, and what was acknowledged before the copy began must be there. Then life goes
//! on in it, until the next cut.
//!
//! `FAULTS_CUTS` says how many cuts there are, `FAULTS_SEED` after how many commits each.
//! It needs root, loop devices, mkfs.xfs and mkfs.ext4; where they are missing it says so.

use super::mounts::{Mount, make_image, not_run, run};
use super::proof;
use super::workload::{Acknowledged, commit, options, runtime};
use crate::seed::{Random, command, seed, setting};
use event_log::EventLog;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{self, Receiver};
use std::time::Duration;
use std::{env, fs, thread};
use tempfile::TempDir;

const TEST: &str = "log::power_cut::a_power_cut_loses_nothing_acknowledged";
const CUTS: u64 = 3;
/// A new disk after so many cuts, so that there is always space on it.
const CUTS_OF_A_DISK: u64 = 10;
const OUTER_BYTES: u64 = 2 << 30;
const DISK_BYTES: u64 = 512 << 20;
const CALLERS: u64 = 24;
/// Tells the test, started again, where it appends and from which commit on.
const APPENDER: &str = "FAULTS_APPENDER";
/// So long an appender may be silent.
const SILENCE_MAX: Duration = Duration::from_secs(60);

#[test]
fn a_power_cut_loses_nothing_acknowledged() {
    if let Ok(arguments) = env::var(APPENDER) {
        return runtime().block_on(append_until_killed(&arguments));
    }
    let (seed, cuts) = (seed(), setting("FAULTS_CUTS", CUTS));
    let place = TempDir::new().expect("a directory");
    let machine = match Machine::new(place.path()) {
        Ok(machine) => machine,
        Err(why) => return not_run("power cuts on a real disk", &why),
    };
    let mut told = Vec::new();
    for cut in 0..cuts {
        if cut.is_multiple_of(CUTS_OF_A_DISK) {
            told.clear();
            machine.new_disk().expect("a disk");
        }
        if let Err(why) = machine.cut(&mut Random::new(seed, cut), (cut + 1) << 32, &mut told) {
            let command = command(TEST, &[("SEED", seed), ("CUTS", cuts)]);
            panic!("cut {cut}: {why:#}\nOnce more, though not at the same moments: {command}");
        }
    }
}

/// What can lose its power.
struct Machine {
    // The inner directory of the disk is below it, so this is dropped last.
    outer: Mount,
}

impl Machine {
    fn new(place: &Path) -> anyhow::Result<Machine> {
        let image = place.join("outer.img");
        make_image(&image, OUTER_BYTES, &["mkfs.xfs", "-q", "-m", "reflink=1"])?;
        let outer = Mount::image(&place.join("outer"), &image)?;
        let machine = Machine { outer };
        // Whatever this machine cannot do shows here, before anything is tried.
        machine.new_disk()?;
        machine.copy_disk()?;
        machine.start()?.unmount()?;
        Ok(machine)
    }

    fn file(&self, name: &str) -> PathBuf {
        self.outer.place().join(name)
    }

    fn new_disk(&self) -> anyhow::Result<()> {
        make_image(&self.file("disk.img"), DISK_BYTES, &["mkfs.ext4", "-q", "-F"])
    }

    fn copy_disk(&self) -> anyhow::Result<()> {
        run(Command::new("cp").arg("--reflink=always").args([self.file("disk.img"), self.file("cut.img")]))
    }

    /// Mounts the disk, which replays its journal.
    fn start(&self) -> anyhow::Result<Mount> {
        Mount::image(&self.file("disk"), &self.file("disk.img"))
    }

    /// Lets a log be written, cuts the power, and looks at what is there.
    fn cut(&self, random: &mut Random, next: u64, told: &mut Vec<Acknowledged>) -> anyhow::Result<()> {
        let disk = self.start()?;
        let mut appender = Appender::start(&disk.place().join("log"), next)?;
        appender.wait_for(1 + random.below(1500), told)?;
        thread::sleep(Duration::from_micros(random.below(3_000)));
        told.extend(appender.acknowledged());
        self.copy_disk()?;
        drop(appender);
        disk.unmount()?;
        fs::rename(self.file("cut.img"), self.file("disk.img"))?;
        let disk = self.start()?;
        proof::whole(&disk.place().join("log"), told).map_err(anyhow::Error::msg)?;
        disk.unmount()
    }
}

/// A process that appends until it is dropped.
struct Appender {
    child: Child,
    told: Receiver<Acknowledged>,
}

impl Appender {
    fn start(dir: &Path, next: u64) -> anyhow::Result<Appender> {
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
    fn wait_for(&mut self, commits: u64, told: &mut Vec<Acknowledged>) -> anyhow::Result<()> {
        for _ in 0..commits {
            told.push(self.told.recv_timeout(SILENCE_MAX)?);
        }
        Ok(())
    }

    /// What was acknowledged since and up to now.
    fn acknowledged(&self) -> Vec<Acknowledged> {
        self.told.try_iter().collect()
    }
}

impl Drop for Appender {
    fn drop(&mut self) {
        let ended = self.child.kill().and_then(|()| self.child.wait());
        ended.expect("a process of ours can be ended");
    }
}

/// Several callers append as fast as they can, and say what was acknowledged.
#[expect(clippy::print_stdout, reason = "the test that started this process reads it")]
async fn append_until_killed(arguments: &str) {
    let (next, dir) = arguments.split_once(' ').expect("a number and a directory");
    let next = std::sync::Arc::new(AtomicU64::new(next.parse().expect("a number")));
    let (log, _) = EventLog::open(options(Path::new(dir))).expect("the log opens");
    println!();
    let mut callers = tokio::task::JoinSet::new();
    for _ in 0..CALLERS {
        let (log, next) = (log.clone(), next.clone());
        callers.spawn(async move {
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                let appended = log.append(commit(number)).await.expect("it is appended");
                println!("told {number} {} {} 0", appended.first, appended.last);
            }
        });
    }
    callers.join_all().await;
}
