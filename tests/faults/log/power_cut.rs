//! Real power cuts: snapshots of a disk while a log is written to it.
//!
//! The log is on an ext4 file system in a file on XFS, where a reflink copy is an atomic snapshot. The copy
//! replaces the disk: whatever ext4 and the log had only in memory is lost, the ext4 journal is replayed, and
//! everything acknowledged before the copy must be present. The test then continues on it until the next cut.
//!
//! `FAULTS_CUTS` is the number of cuts, and `FAULTS_SEED` determines after how many commits they happen. The test
//! needs root, loop devices, mkfs.xfs and mkfs.ext4; it is skipped with a message where they are missing.

use super::appender::Appender;
use super::mounts::{Mount, make_image, not_run, run};
use super::proof;
use super::workload::Acknowledged;
use crate::seed::{Random, command, seed, setting};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;
use tempfile::TempDir;
use tests::let_pass_blocking;

const TEST: &str = "a_real_power_cut_loses_nothing_acknowledged";
const CUTS: u64 = 3;
/// Number of cuts after which the disk is recreated, so that it never fills up.
const CUTS_OF_A_DISK: u64 = 10;
const OUTER_BYTES: u64 = 2 << 30;
const DISK_BYTES: u64 = 512 << 20;

#[test]
fn a_real_power_cut_loses_nothing_acknowledged() {
    let (seed, cuts) = (seed(), setting("FAULTS_CUTS", CUTS));
    let temp = TempDir::new().expect("temporary directory");
    let machine = match Machine::new(temp.path()) {
        Ok(machine) => machine,
        Err(why) => return not_run("power cuts on a real disk", &why),
    };
    let mut acknowledged = Vec::new();
    for cut in 0..cuts {
        if cut.is_multiple_of(CUTS_OF_A_DISK) {
            acknowledged.clear();
            machine.new_disk().expect("a disk");
        }
        if let Err(why) = machine.cut(&mut Random::new(seed, cut), (cut + 1) << 32, &mut acknowledged) {
            let command = command(TEST, &[("SEED", seed), ("CUTS", cuts)]);
            panic!("cut {cut}: {why:#}\nTo repeat it, though with different timing: {command}");
        }
    }
}

/// A machine whose power can be cut.
struct Machine {
    // The disk is mounted inside it, so it is dropped last.
    outer: Mount,
}

impl Machine {
    fn new(temp: &Path) -> anyhow::Result<Machine> {
        let image = temp.join("outer.img");
        make_image(&image, OUTER_BYTES, &["mkfs.xfs", "-q", "-m", "reflink=1"])?;
        let outer = Mount::image(&temp.join("outer"), &image)?;
        let machine = Machine { outer };
        // Fails here if this machine lacks something, before any test starts.
        machine.new_disk()?;
        machine.copy_disk()?;
        machine.start()?.unmount()?;
        Ok(machine)
    }

    fn file(&self, name: &str) -> PathBuf {
        self.outer.mount_point().join(name)
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

    /// Writes to a log, cuts the power, and checks the log.
    fn cut(
        &self,
        random: &mut Random,
        next: u64,
        acknowledged: &mut Vec<Acknowledged>,
    ) -> anyhow::Result<()> {
        let disk = self.start()?;
        let appender = Appender::start(&disk.mount_point().join("log"), next)?;
        appender.wait_for(1 + random.below(1500), acknowledged)?;
        let_pass_blocking(Duration::from_micros(random.below(3_000)));
        acknowledged.extend(appender.acknowledged());
        self.copy_disk()?;
        drop(appender);
        disk.unmount()?;
        fs::rename(self.file("cut.img"), self.file("disk.img"))?;
        let disk = self.start()?;
        proof::check_intact(&disk.mount_point().join("log"), acknowledged).map_err(anyhow::Error::msg)?;
        disk.unmount()
    }
}
