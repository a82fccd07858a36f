//! An append-only log. Every acknowledged record is on disk, in one total order, and is chained to its
//! predecessor by a hash.
//!
//! A single thread appends ([`EventLog::append`]): all pending commits are written together and synced once, to a
//! file of their own, and acknowledged. Records are stored in [sled](https://docs.rs/sled), which takes them at once in
//! memory and is flushed in the background, in a format of our own ([`record`]) that detects damage. How far sled has
//! the log on the disk is stored next to it, in two small files written alternately. [`EventLog::open`] proves that no acknowledged record is missing, or refuses to open.
//!
//! A Merkle tree over the records ([`tree`]) lets an outsider who keeps nothing but a head verify that a
//! record is in the log and that the log has only grown. Heads are signed ([`note`]) in a standard format
//! that other tools can read.
//!
//! The log knows streams, positions and bytes. The meaning of the bytes is up to its users.

pub mod backup;
pub mod durable;
pub mod durable_file;
pub mod hex;
pub mod limits;
pub mod note;
pub mod record;
pub mod tree;

mod anchor;
mod append;
mod chunk;
mod commit_file;
mod error;
mod flusher;
mod index;
mod last_positions;
mod open;
mod proof;
mod read;
mod reserve;
mod restore;
mod store;
mod tiles;
mod verify;
mod writer;

#[cfg(test)]
mod tests;

pub use append::{Append, Appended, Expected, NewRecord, OrderedRecord};
pub use error::{AppendError, Damage, OpenError, ReadError};
pub use open::{Opened, TruncatedTail};
pub use proof::{ConsistencyProof, InclusionProof};
pub use record::Record;
pub use restore::{RestoreError, RestoreWriter};
pub use verify::Verified;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot, watch};
use uuid::Uuid;

/// A SHA-256 hash.
pub type Hash = [u8; 32];

/// The head of the log: its last record, and the root of the tree that ends with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// Position of the last record, which is also the size of the tree; 0 for an empty log.
    pub position: u64,
    /// Hash of the last record; all zeros for an empty log.
    pub hash: Hash,
    /// Root of the tree over all records.
    pub root: Hash,
}

impl Head {
    /// The head of an empty log.
    pub const EMPTY: Head = Head { position: 0, hash: [0; 32], root: tree::EMPTY_ROOT };

    /// Appends it as anchors and commit files have it: position (8, big-endian), hash, root.
    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.position.to_be_bytes());
        out.extend_from_slice(&self.hash);
        out.extend_from_slice(&self.root);
    }

    /// Reads what [`Head::write`] has written at the start of `bytes`; returns it, and the rest.
    pub(crate) fn read(bytes: &[u8]) -> Option<(Head, &[u8])> {
        let (position, rest) = bytes.split_first_chunk::<8>()?;
        let (hash, rest): (&Hash, _) = rest.split_first_chunk()?;
        let (root, rest): (&Hash, _) = rest.split_first_chunk()?;
        Some((Head { position: u64::from_be_bytes(*position), hash: *hash, root: *root }, rest))
    }
}

/// Whether the log accepts appends. It can be read in every state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// The log accepts appends.
    Writable,
    /// The disk has less free space than the reserve. The log becomes writable again once space is freed.
    ReadOnly {
        /// Free space on the disk, in bytes.
        free_bytes: u64,
        /// Space that must stay free, in bytes.
        reserve_bytes: u64,
    },
    /// The storage failed, for the given reason. The process should exit and be restarted.
    Failed(String),
}

/// Where a log is stored, and how.
#[derive(Debug, Clone)]
pub struct Options {
    /// Directory of the log; created if it is missing.
    pub dir: PathBuf,
    /// Size of sled's cache, in bytes.
    pub cache_bytes: u64,
    /// Disk space that must stay free, in bytes; appends are refused below it.
    pub reserve_bytes: u64,
    /// How long to wait for another process to close the log.
    pub lock_wait: Duration,
    /// Size of each of the two files that have what sled has not written yet, in bytes, at most. Opening a log after a
    /// crash adds up to both of them to sled.
    pub commit_file_bytes_max: u64,
    /// Approximate maximum number of records made durable by one sync; a commit is never split.
    pub append_batch_records_max: usize,
    /// Called by the writer after each group of records that it has made durable; it must not block.
    pub on_group: fn(Group),
}

/// Records that were made durable by one sync.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Group {
    /// Position of the last one.
    pub position: u64,
    /// How many they are.
    pub records: usize,
    /// Their size as stored, in bytes.
    pub bytes: u64,
    /// How long it took to write and sync them.
    pub duration: Duration,
}

impl Options {
    /// Options for a log in `dir`, with a 64 MiB cache, a 128 MiB disk reserve and commit files of 4 MiB.
    pub fn new(dir: impl Into<PathBuf>) -> Options {
        Options {
            dir: dir.into(),
            cache_bytes: 64 << 20,
            reserve_bytes: 128 << 20,
            lock_wait: Duration::from_secs(5),
            commit_file_bytes_max: 4 << 20,
            append_batch_records_max: 1024,
            on_group: |_| {},
        }
    }
}

/// An open log. Clones share the same log; it is closed by [`EventLog::close`] or when the last clone is dropped.
#[derive(Debug, Clone)]
pub struct EventLog {
    requests: mpsc::Sender<writer::Request>,
    head: watch::Receiver<Head>,
    position: watch::Receiver<u64>,
    shared: Arc<store::Shared>,
}

impl EventLog {
    /// Returns the durable head.
    pub fn head(&self) -> Head {
        *self.head.borrow()
    }

    /// Watches the durable head, which never moves back. The sender is dropped when the log is closed or has failed.
    pub fn watch(&self) -> watch::Receiver<Head> {
        self.head.clone()
    }

    /// Watches only the position of the durable head; otherwise like [`EventLog::watch`].
    pub fn watch_position(&self) -> watch::Receiver<u64> {
        self.position.clone()
    }

    /// Returns why the storage failed, if it has. The process should then exit and be restarted.
    pub fn failure(&self) -> Option<String> {
        self.shared.failure()
    }

    /// Waits until the storage fails and returns the reason. Usually never completes.
    pub async fn failed(&self) -> String {
        self.shared.failed().await
    }

    /// Returns whether the log accepts appends. This is cheap: the disk is checked at most once a second.
    pub fn state(&self) -> State {
        match (self.shared.failure(), self.shared.reserve.shortage()) {
            (Some(reason), _) => State::Failed(reason),
            (None, Some(shortage)) => {
                State::ReadOnly { free_bytes: shortage.free_bytes, reserve_bytes: shortage.reserve_bytes }
            }
            (None, None) => State::Writable,
        }
    }

    /// Returns the log's identity, assigned when it was created.
    pub fn log_id(&self) -> Uuid {
        self.shared.log_id
    }

    /// Returns the directory of the log.
    pub fn dir(&self) -> &Path {
        &self.shared.dir
    }

    /// Completes the requests received so far and closes the files. Any further use of other clones is refused.
    pub async fn close(self) {
        let (done, closed) = oneshot::channel();
        if self.requests.send(writer::Request::Close(done)).await.is_ok() {
            // An error means that the writer has already stopped, which closes the files as well.
            drop(closed.await);
        }
    }
}
