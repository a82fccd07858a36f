//! State shared by the writer and the readers.

use crate::ReadError;
use crate::index::Index;
use crate::reserve::Reserve;
use crate::tiles::Tiles;
use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};
use std::thread;
use std::time::{Duration, Instant};
use tokio::sync::watch;
use uuid::Uuid;

/// The open files.
#[derive(Debug)]
pub(crate) struct Store {
    pub(crate) records: sled::Tree,
    pub(crate) index: Index,
    pub(crate) tiles: Tiles,
    pub(crate) db: sled::Db,
}

/// The store while it is open, and the reason of its failure if it has failed.
#[derive(Debug)]
pub(crate) struct Shared {
    store: RwLock<Option<Arc<Store>>>,
    failure: watch::Sender<Option<String>>,
    pub(crate) reserve: Reserve,
    pub(crate) log_id: Uuid,
    pub(crate) dir: PathBuf,
}

/// How long closing waits for readers that are still active.
const READERS_WAIT_MAX: Duration = Duration::from_secs(5);

impl Shared {
    pub(crate) fn new(store: Arc<Store>, log_id: Uuid, dir: PathBuf, reserve: Reserve) -> Shared {
        Shared { store: RwLock::new(Some(store)), failure: watch::Sender::new(None), reserve, log_id, dir }
    }

    /// Returns the store, unless the log is closed.
    pub(crate) fn store(&self) -> Result<Arc<Store>, ReadError> {
        self.store.read().unwrap_or_else(PoisonError::into_inner).clone().ok_or(ReadError::Closed)
    }

    /// Records that the storage has failed; the first reason is kept.
    pub(crate) fn fail(&self, reason: String) {
        tracing::error!(reason, "the log's storage failed; it accepts no more appends");
        self.failure.send_if_modified(|failure| {
            let first = failure.is_none();
            failure.get_or_insert(reason);
            first
        });
    }

    pub(crate) fn failure(&self) -> Option<String> {
        self.failure.borrow().clone()
    }

    /// Waits until the storage has failed, and returns the reason.
    pub(crate) async fn failed(&self) -> String {
        let mut failure = self.failure.subscribe();
        let failed = failure.wait_for(Option::is_some).await;
        match failed.ok().and_then(|failure| failure.clone()) {
            Some(reason) => reason,
            // Unreachable: the sender lives as long as `self`.
            None => std::future::pending().await,
        }
    }

    /// Closes the files once the readers are done.
    #[expect(
        clippy::disallowed_methods,
        reason = "closing may block, and readers do not say when they are done"
    )]
    pub(crate) fn release(&self) {
        let store = self.store.write().unwrap_or_else(PoisonError::into_inner).take();
        let Some(mut store) = store else { return };
        let started = Instant::now();
        while started.elapsed() < READERS_WAIT_MAX {
            match Arc::try_unwrap(store) {
                Ok(unshared) => return drop(unshared),
                Err(shared) => store = shared,
            }
            thread::sleep(Duration::from_millis(1));
        }
    }
}
