//! A disk that really refuses to write, and works again when the process is started anew.
//!
//! An ext4 lies in a file in memory that may not grow any more, so that what ext4 hands on is refused and the
//! sync fails. The system goes on holding in memory what it could not write, as if it were written; a log
//! that is opened again and believes it acknowledges more on top of nothing. Here the power is cut then, and
//! what only the memory held is gone.
//!
//! A loop device that has no more space tells success for a write of which it took a part, so this disk also
//! loses the group before the one that it refuses. No log can keep that; it must say so.

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

const TEST: &str = "what_could_not_be_written_is_not_taken_for_written_after_a_restart";
const FAILURES: u64 = 3;
/// What ext4 needs for itself lies in the first bytes of its file.
const OWN_BYTES: usize = 10 << 20;
/// What the file may take at first.
const SPACE_BYTES: u64 = 24 << 20;
const MORE_SPACE_BYTES: u64 = 160 << 20;
const DISK_BYTES: u64 = 128 << 20;

#[test]
fn what_could_not_be_written_is_not_taken_for_written_after_a_restart() {
    let (seed, place) = (seed(), TempDir::new().expect("a directory"));
    for number in 0..FAILURES {
        let outer = match Mount::memory(&place.path().join("outer"), SPACE_BYTES) {
            Ok(outer) => outer,
            Err(why) => return not_run("a disk that really fails", &why),
        };
        let disk = match new_disk(&outer) {
            Ok(disk) => disk,
            Err(why) => return not_run("a disk that really fails", &why),
        };
        if let Err(why) = fail(&outer, disk, &mut Random::new(seed, number)) {
            panic!(
                "failure {number}: {why:#}\nOnce more, though not at the same moments: {}",
                command(TEST, &[("SEED", seed)])
            );
        }
    }
}

/// An ext4 that has all its own places from the beginning, so that only what is written to files can fail.
fn new_disk(outer: &Mount) -> anyhow::Result<Mount> {
    let image = outer.place().join("disk.img");
    let journal = "size=4,location=512";
    make_image(&image, DISK_BYTES, &["mkfs.ext4", "-q", "-F", "-b", "4096", "-N", "256", "-J", journal])?;
    // Written once more, zeros take space too.
    let file = File::options().read(true).write(true).open(&image)?;
    let mut bytes = vec![0; OWN_BYTES];
    file.read_exact_at(&mut bytes, 0)?;
    file.write_all_at(&bytes, 0)?;
    Mount::image(&outer.place().join("disk"), &image)
}

fn fail(outer: &Mount, disk: Mount, random: &mut Random) -> anyhow::Result<()> {
    let log = disk.place().join("log");
    fs::write(outer.place().join("other"), vec![1; random.below(SPACE_BYTES / 4) as usize])?;
    let appender = Appender::start(&log, 0)?;
    let mut told = appender.acknowledged_to_the_end();
    drop(appender);
    ensure!(told.len() > 100, "the disk failed after {} commits already", told.len());

    let size = format!("remount,size={MORE_SPACE_BYTES}");
    run(Command::new("mount").args(["-o", &size]).arg(outer.place()))?;
    let appender = Appender::start(&log, 1 << 32)?;
    let went_on = appender.wait_for(20, &mut told).is_ok();
    drop(appender);
    cut_power(outer, disk, |disk| match proof::look(&disk.join("log"), &told) {
        Ok(Found::Named(why)) if went_on => bail!("it acknowledged more, and then: {why}"),
        found => found.map(drop).map_err(anyhow::Error::msg),
    })
}

/// Looks at the disk without what the system holds of it in memory.
fn cut_power(
    outer: &Mount,
    disk: Mount,
    look: impl FnOnce(&Path) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let cut = outer.place().join("cut.img");
    fs::copy(outer.place().join("disk.img"), &cut)?;
    disk.unmount()?;
    let disk = Mount::image(&outer.place().join("disk"), &cut)?;
    look(disk.place())?;
    disk.unmount()
}
