//! The disk reserve: the log refuses appends when less space is free, or would be once they are written.

use crate::limits::{CLOSE_BYTES_MAX, DISK_BYTES_PER_BYTE_MAX};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};

/// The reserve of the disk that contains a directory.
#[derive(Debug)]
pub(crate) struct Reserve {
    dir: PathBuf,
    bytes: u64,
    /// The space that was free when the present group began.
    free: AtomicU64,
    /// Bytes of records that sled does not have on the disk yet.
    unflushed: AtomicU64,
    /// Bytes by which the commit files will grow yet.
    growth: AtomicU64,
}

/// Less space is free than the reserve.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Shortage {
    pub(crate) free_bytes: u64,
    pub(crate) reserve_bytes: u64,
}

impl Reserve {
    pub(crate) fn new(dir: PathBuf, bytes: u64) -> Reserve {
        Reserve {
            dir,
            bytes,
            free: AtomicU64::new(0),
            unflushed: AtomicU64::new(0),
            growth: AtomicU64::new(0),
        }
    }

    /// Begins a group of records: measures the free space, which others use as well.
    pub(crate) fn begin_group(&self) {
        self.free.store(self.measure(), Ordering::Relaxed);
    }

    /// Accounts for a record of the group.
    pub(crate) fn add_staged(&self, bytes: u64) {
        self.unflushed.fetch_add(bytes, Ordering::Relaxed);
    }

    /// Accounts for the commit files, which will grow by so many bytes yet.
    pub(crate) fn set_growth(&self, bytes: u64) {
        self.growth.store(bytes, Ordering::Relaxed);
    }

    /// Returns the bytes of records that sled does not have on the disk yet.
    pub(crate) fn unflushed(&self) -> u64 {
        self.unflushed.load(Ordering::Relaxed)
    }

    /// Accounts for a flush: sled has so many bytes of records more on the disk.
    pub(crate) fn flushed(&self, bytes: u64) {
        self.unflushed.fetch_sub(bytes, Ordering::Relaxed);
    }

    /// Returns the shortage that there could be once everything staged, and so many bytes of records more, are written, and
    /// the log is closed.
    pub(crate) fn shortage_with(&self, bytes: u64) -> Option<Shortage> {
        let coming = self.unflushed() + bytes;
        let free = self.free.load(Ordering::Relaxed);
        let coming = coming.saturating_mul(DISK_BYTES_PER_BYTE_MAX) + self.growth.load(Ordering::Relaxed);
        let coming = coming.saturating_add(CLOSE_BYTES_MAX);
        self.compare(free.saturating_sub(coming))
    }

    /// Returns the present shortage.
    pub(crate) fn shortage(&self) -> Option<Shortage> {
        self.compare(self.measure())
    }

    fn compare(&self, free_bytes: u64) -> Option<Shortage> {
        (free_bytes < self.bytes).then_some(Shortage { free_bytes, reserve_bytes: self.bytes })
    }

    /// A disk that cannot be measured counts as having enough space: if it has failed, writing to it will tell.
    fn measure(&self) -> u64 {
        let disk = rustix::fs::statvfs(&self.dir);
        disk.map_or(u64::MAX, |disk| disk.f_bavail.saturating_mul(disk.f_frsize))
    }
}
