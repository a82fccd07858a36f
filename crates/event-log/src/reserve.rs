//! The disk reserve: the log refuses appends when less space is free.

use crate::limits::RESERVE_PARTS;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long a measurement of the free space is reused, unless a lot has been written since.
const CHECK_INTERVAL: Duration = Duration::from_secs(1);

/// The reserve of the disk that contains a directory.
#[derive(Debug)]
pub(crate) struct Reserve {
    dir: PathBuf,
    bytes: u64,
    /// When the free space was last measured, and what it was.
    measured: Mutex<Option<(Instant, u64)>>,
    /// Bytes of records written since then.
    written: AtomicU64,
}

/// Less space is free than the reserve.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Shortage {
    pub(crate) free_bytes: u64,
    pub(crate) reserve_bytes: u64,
}

impl Reserve {
    pub(crate) fn new(dir: PathBuf, bytes: u64) -> Reserve {
        Reserve { dir, bytes, measured: Mutex::new(None), written: AtomicU64::new(0) }
    }

    /// Accounts for `bytes` written.
    pub(crate) fn add_written(&self, bytes: u64) {
        self.written.fetch_add(bytes, Ordering::Relaxed);
    }

    /// Returns the shortage, if there is one. The measurement is at most a second old, and not older than a
    /// fraction of the reserve written since. A disk that cannot be measured counts as having enough space: if it
    /// has failed, writing to it will tell.
    pub(crate) fn shortage(&self) -> Option<Shortage> {
        let mut measured = self.measured.lock().unwrap_or_else(PoisonError::into_inner);
        let outdated = self.written.load(Ordering::Relaxed) > self.bytes / RESERVE_PARTS;
        let free_bytes = match *measured {
            Some((then, free)) if !outdated && then.elapsed() < CHECK_INTERVAL => free,
            _ => {
                let disk = rustix::fs::statvfs(&self.dir);
                let free = disk.map_or(u64::MAX, |disk| disk.f_bavail.saturating_mul(disk.f_frsize));
                *measured = Some((Instant::now(), free));
                self.written.store(0, Ordering::Relaxed);
                free
            }
        };
        (free_bytes < self.bytes).then_some(Shortage { free_bytes, reserve_bytes: self.bytes })
    }
}
