//! The space of the disk that is held in reserve: with less, the log takes nothing more.

use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long a look at the disk is believed.
const LOOK_INTERVAL: Duration = Duration::from_secs(1);

/// The reserve of the disk on which a directory lies.
#[derive(Debug)]
pub(crate) struct Reserve {
    dir: PathBuf,
    bytes: u64,
    /// When the disk was looked at, and what was free then.
    looked: Mutex<Option<(Instant, u64)>>,
}

/// Less is free than is held in reserve.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Short {
    pub(crate) free_bytes: u64,
    pub(crate) reserve_bytes: u64,
}

impl Reserve {
    pub(crate) fn new(dir: PathBuf, bytes: u64) -> Reserve {
        Reserve { dir, bytes, looked: Mutex::new(None) }
    }

    /// What is missing, as the disk was within the last second. A disk that cannot be looked at counts as
    /// empty: its failure shows in writing.
    pub(crate) fn short(&self) -> Option<Short> {
        let mut looked = self.looked.lock().unwrap_or_else(PoisonError::into_inner);
        let free_bytes = match *looked {
            Some((then, free)) if then.elapsed() < LOOK_INTERVAL => free,
            _ => {
                let disk = rustix::fs::statvfs(&self.dir);
                let free = disk.map_or(u64::MAX, |disk| disk.f_bavail.saturating_mul(disk.f_frsize));
                *looked = Some((Instant::now(), free));
                free
            }
        };
        (free_bytes < self.bytes).then_some(Short { free_bytes, reserve_bytes: self.bytes })
    }
}
