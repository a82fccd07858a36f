//! The append-only log: what was acknowledged is on the disk, in one order, each record bound to the one
//! before by its hash.
//!
//! One thread appends ([`EventLog::append`]): all that waits is written together and synced once. The
//! records lie in [sled](https://docs.rs/sled), in a form of ours ([`record`]) that finds damage by itself;
//! how far the log was acknowledged lies beside it, in two small files that are written in turn.
//! [`EventLog::open`] proves that nothing acknowledged is missing, or refuses.
//!
//! Over the records stands a hash tree ([`tree`]), so that an outsider who keeps nothing but a head can be
//! shown that a record is in the log and that the log only grew. Heads are signed ([`note`]) in a form that
//! tools of others read.
//!
//! The log knows streams, positions and bytes. What the bytes mean is its users' matter.

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
mod error;
mod index;
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
pub use open::{Cut, Opened};
pub use proof::{ConsistencyProof, InclusionProof};
pub use record::Record;
pub use restore::{RestoreError, Restoring};
pub use verify::Verified;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot, watch};
use uuid::Uuid;

/// A SHA-256.
pub type Hash = [u8; 32];

/// The end of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// The position of the last record; 0 when there is none. It is also the size of the tree.
    pub position: u64,
    /// Its hash; zeros when there is none.
    pub hash: Hash,
    /// The root of the tree over all records.
    pub root: Hash,
}

impl Head {
    /// The head of a log without records.
    pub const EMPTY: Head = Head { position: 0, hash: [0; 32], root: tree::EMPTY_ROOT };
}

/// Whether a log takes records. It can be read in every state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// It does.
    Writable,
    /// The disk has less free space than is held in reserve; it does again when there is space.
    ReadOnly {
        /// What is free.
        free_bytes: u64,
        /// What must stay free.
        reserve_bytes: u64,
    },
    /// The storage failed. The process should end and be started again.
    Failed(String),
}

/// Where a log lies and how it is kept.
#[derive(Debug, Clone)]
pub struct Options {
    /// Its directory; made when it is missing.
    pub dir: PathBuf,
    /// How much memory sled's cache may take, in bytes.
    pub cache_bytes: u64,
    /// How much space must stay free on the disk, in bytes; with less, appends are refused.
    pub reserve_bytes: u64,
    /// How long to wait for another process that has the log open.
    pub lock_wait: Duration,
    /// How many records are made durable together, about: a commit that has begun is not divided.
    pub append_batch_records_max: usize,
}

impl Options {
    /// A log in a directory, with 64 MiB of cache and 128 MiB of the disk held in reserve.
    pub fn new(dir: impl Into<PathBuf>) -> Options {
        Options {
            dir: dir.into(),
            cache_bytes: 64 << 20,
            reserve_bytes: 128 << 20,
            lock_wait: Duration::from_secs(5),
            append_batch_records_max: 1024,
        }
    }
}

/// An open log. Copies of it are the same log; it is closed by [`EventLog::close`], or when the last copy is
/// dropped.
#[derive(Debug, Clone)]
pub struct EventLog {
    requests: mpsc::Sender<writer::Request>,
    head: watch::Receiver<Head>,
    position: watch::Receiver<u64>,
    shared: Arc<store::Shared>,
}

impl EventLog {
    /// The last durable record.
    pub fn head(&self) -> Head {
        *self.head.borrow()
    }

    /// Follows the durable head, which only rises. The sender goes away when the log was closed or failed.
    pub fn watch(&self) -> watch::Receiver<Head> {
        self.head.clone()
    }

    /// Follows the position of the durable head alone, as [`EventLog::watch`] does the head.
    pub fn watch_position(&self) -> watch::Receiver<u64> {
        self.position.clone()
    }

    /// Why the storage failed, when it did. The process should then end and be started again.
    pub fn failure(&self) -> Option<String> {
        self.shared.failure()
    }

    /// Waits until the storage fails, which it mostly never does, and answers why.
    pub async fn failed(&self) -> String {
        self.shared.failed().await
    }

    /// Whether the log takes records. It is cheap to ask: the disk is looked at once a second at most.
    pub fn state(&self) -> State {
        match (self.shared.failure(), self.shared.reserve.short()) {
            (Some(reason), _) => State::Failed(reason),
            (None, Some(short)) => {
                State::ReadOnly { free_bytes: short.free_bytes, reserve_bytes: short.reserve_bytes }
            }
            (None, None) => State::Writable,
        }
    }

    /// The log's identity, given when it was made.
    pub fn log_id(&self) -> Uuid {
        self.shared.log_id
    }

    /// Where the log lies.
    pub fn dir(&self) -> &Path {
        &self.shared.dir
    }

    /// Finishes what was asked for before, and closes the files. Other copies are refused from then on.
    pub async fn close(self) {
        let (done, closed) = oneshot::channel();
        if self.requests.send(writer::Request::Close(done)).await.is_ok() {
            // An error says that the writer ended by itself, which closes the files as well.
            drop(closed.await);
        }
    }
}
