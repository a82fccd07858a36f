//! File systems of our own, mounted for as long as a value lives.

use anyhow::{Context as _, ensure};
use std::path::{Path, PathBuf};
use std::process::Command;

/// A mounted file system. Dropping it unmounts it, and lets go of its loop device.
#[derive(Debug)]
pub struct Mount {
    place: PathBuf,
}

impl Mount {
    /// A file system in memory, of so many bytes.
    pub fn memory(place: &Path, bytes: u64) -> anyhow::Result<Mount> {
        Mount::new(place, &["-t", "tmpfs", "-o", &format!("size={bytes}"), "tmpfs"])
    }

    /// The file system in a file.
    pub fn image(place: &Path, image: &Path) -> anyhow::Result<Mount> {
        Mount::new(place, &["-o", "loop", &image.to_string_lossy()])
    }

    fn new(place: &Path, arguments: &[&str]) -> anyhow::Result<Mount> {
        std::fs::create_dir_all(place)?;
        run(Command::new("mount").args(arguments).arg(place))?;
        Ok(Mount { place: place.to_owned() })
    }

    /// Where it is mounted.
    pub fn place(&self) -> &Path {
        &self.place
    }

    /// Unmounts it, and fails when somebody still uses it.
    pub fn unmount(self) -> anyhow::Result<()> {
        let unmounted = run(Command::new("umount").arg(&self.place));
        if unmounted.is_ok() {
            std::mem::forget(self);
        }
        unmounted
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        // At once for who looks, and for good when the last file is closed.
        if let Err(fault) = run(Command::new("umount").arg("--lazy").arg(&self.place)) {
            eprintln!("{} stays mounted: {fault:#}", self.place.display());
        }
    }
}

/// Makes a file system in a file of so many bytes that take no space yet.
pub fn make_image(image: &Path, bytes: u64, make: &[&str]) -> anyhow::Result<()> {
    std::fs::File::create(image)?.set_len(bytes)?;
    run(Command::new(make[0]).args(&make[1..]).arg(image))
}

/// Runs a command that must succeed.
pub fn run(command: &mut Command) -> anyhow::Result<()> {
    let output = command.output().with_context(|| format!("{command:?}"))?;
    ensure!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr).trim());
    Ok(())
}

/// Says that something was not tried on this machine, and why.
pub fn not_run(what: &str, why: &anyhow::Error) {
    eprintln!("NOT RUN: {what}: {why:#}");
}
