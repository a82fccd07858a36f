//! File systems that are mounted as long as a value lives.

use anyhow::{Context as _, ensure};
use std::path::{Path, PathBuf};
use std::process::Command;
use tests::until_blocking;

/// A mounted file system. Dropping it unmounts it and releases its loop device.
#[derive(Debug)]
pub struct Mount {
    mount_point: PathBuf,
}

impl Mount {
    /// Mounts an in-memory file system of this size.
    pub fn memory(mount_point: &Path, bytes: u64) -> anyhow::Result<Mount> {
        Mount::new(mount_point, &["-t", "tmpfs", "-o", &format!("size={bytes}"), "tmpfs"])
    }

    /// Mounts the file system in a file.
    pub fn image(mount_point: &Path, image: &Path) -> anyhow::Result<Mount> {
        Mount::new(mount_point, &["-o", "loop", &image.to_string_lossy()])
    }

    fn new(mount_point: &Path, arguments: &[&str]) -> anyhow::Result<Mount> {
        std::fs::create_dir_all(mount_point)?;
        run(Command::new("mount").args(arguments).arg(mount_point))?;
        Ok(Mount { mount_point: mount_point.to_owned() })
    }

    /// Returns the mount point.
    pub fn mount_point(&self) -> &Path {
        &self.mount_point
    }

    /// Unmounts it; panics if it stays in use.
    ///
    /// Files may outlive their log shortly: sled closes them on threads of its own, and a process that another
    /// test is just starting holds copies of every open file until it is executed.
    pub fn unmount(self) -> anyhow::Result<()> {
        let mut umount = Command::new("umount");
        umount.arg(&self.mount_point);
        until_blocking("the end of its use", || run(&mut umount).ok());
        std::mem::forget(self);
        Ok(())
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        // It disappears immediately, and is released when the last file is closed.
        if let Err(fault) = run(Command::new("umount").arg("--lazy").arg(&self.mount_point)) {
            eprintln!("{} is still mounted: {fault:#}", self.mount_point.display());
        }
    }
}

/// Creates a file system in a sparse file of this size.
pub fn make_image(image: &Path, bytes: u64, mkfs: &[&str]) -> anyhow::Result<()> {
    std::fs::File::create(image)?.set_len(bytes)?;
    run(Command::new(mkfs[0]).args(&mkfs[1..]).arg(image))
}

/// Runs a command; fails if the command does.
pub fn run(command: &mut Command) -> anyhow::Result<()> {
    let output = command.output().with_context(|| format!("{command:?}"))?;
    ensure!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr).trim());
    Ok(())
}

/// Prints that a test was skipped on this machine, and why.
pub fn not_run(what: &str, why: &anyhow::Error) {
    eprintln!("NOT RUN: {what}: {why:#}");
}
