//! A real disk that refuses writes, and works again after the process was restarted.
//!
//! An ext4 file system is in a file on a tmpfs that is full, so its writeback is refused and the sync fails. The
//! kernel keeps the pages that it could not write, marked clean; a log that is reopened and trusts them would
//! acknowledge more on top of data that is not on disk. The test then cuts the power, which discards everything
//! that was only in memory.
//!
//! A loop device without space reports success for a partial write, so this disk also loses the group before the
//! one it refuses. No log can prevent that, but it must report the loss.

use super::appender::Appender;
use super::mounts::{Mount, make_image, not_run, run};
use super::proof::{self, Found};
use crate::seed::{Random, command, seed};
use anyhow::{bail, ensure};
use std::fs::{self, File};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::process::Command;
use tempfile::TempDir;

const TEST: &str = "unwritten_pages_are_not_trusted_after_a_restart";
const FAILURES: u64 = 3;
/// ext4's own metadata is in the first bytes of its file.
const OWN_BYTES: usize = 10 << 20;
/// Initial size of the tmpfs.
const SPACE_BYTES: u64 = 24 << 20;
const MORE_SPACE_BYTES: u64 = 160 << 20;
const DISK_BYTES: u64 = 128 << 20;

#[test]
fn unwritten_pages_are_not_trusted_after_a_restart() {
    let (seed, temp) = (seed(), TempDir::new().expect("temporary directory"));
    for number in 0..FAILURES {
        let outer = match Mount::memory(&temp.path().join("outer"), SPACE_BYTES) {
            Ok(outer) => outer,
            Err(why) => return not_run("a failing disk", &why),
        };
        let disk = match new_disk(&outer) {
            Ok(disk) => disk,
            Err(why) => return not_run("a failing disk", &why),
        };
        if let Err(why) = fail(&outer, disk, &mut Random::new(seed, number)) {
            panic!(
                "failure {number}: {why:#}\nTo repeat it, though with different timing: {}",
                command(TEST, &[("SEED", seed)])
            );
        }
    }
}

/// Creates an ext4 file system whose metadata blocks are allocated in advance, so that only file data can fail.
fn new_disk(outer: &Mount) -> anyhow::Result<Mount> {
    let image = outer.mount_point().join("disk.img");
    let journal = "size=4,location=512";
    make_image(&image, DISK_BYTES, &["mkfs.ext4", "-q", "-F", "-b", "4096", "-N", "256", "-J", journal])?;
    // Rewriting allocates space for zeros too.
    let file = File::options().read(true).write(true).open(&image)?;
    let mut bytes = vec![0; OWN_BYTES];
    file.read_exact_at(&mut bytes, 0)?;
    file.write_all_at(&bytes, 0)?;
    Mount::image(&outer.mount_point().join("disk"), &image)
}

fn fail(outer: &Mount, disk: Mount, random: &mut Random) -> anyhow::Result<()> {
    let log = disk.mount_point().join("log");
    fs::write(outer.mount_point().join("other"), vec![1; random.below(SPACE_BYTES / 4) as usize])?;
    let appender = Appender::start(&log, 0)?;
    let mut acknowledged = appender.acknowledged_to_the_end();
    drop(appender);
    ensure!(acknowledged.len() > 100, "the disk failed after only {} commits", acknowledged.len());

    let size = format!("remount,size={MORE_SPACE_BYTES}");
    run(Command::new("mount").args(["-o", &size]).arg(outer.mount_point()))?;
    let appender = Appender::start(&log, 1 << 32)?;
    let acknowledged_more = appender.wait_for(20, &mut acknowledged).is_ok();
    drop(appender);
    cut_power(outer, disk, |disk| match proof::check(&disk.join("log"), &acknowledged) {
        Ok(Found::Reported(why)) if acknowledged_more => {
            bail!("it acknowledged further commits, and then: {why}")
        }
        found => found.map(drop).map_err(anyhow::Error::msg),
    })
}

/// Checks the disk without the kernel's cached pages.
fn cut_power(
    outer: &Mount,
    disk: Mount,
    check: impl FnOnce(&Path) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let cut = outer.mount_point().join("cut.img");
    fs::copy(outer.mount_point().join("disk.img"), &cut)?;
    disk.unmount()?;
    let disk = Mount::image(&outer.mount_point().join("disk"), &cut)?;
    check(disk.mount_point())?;
    disk.unmount()
}
