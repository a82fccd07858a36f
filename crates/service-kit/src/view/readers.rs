//! The connections that a view's queries use.

use super::{ViewError, reader};
use crate::consumer::is_damage;
use crate::error::refusal;
use crate::limits::VIEW_READERS_MAX;
use proto::api::v1::Reason;
use rusqlite::Connection;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Semaphore;
use tonic::Status;

/// Which of the files that had a view's name: one that is damaged is replaced by another.
pub(super) type Generation = u64;

/// Connections that read a view's file: a few, opened when they are needed and kept.
pub(super) struct Readers {
    file: Arc<Path>,
    places: Semaphore,
    idle: Mutex<Idle>,
}

#[derive(Default)]
struct Idle {
    generation: Generation,
    connections: Vec<Connection>,
}

/// Work on a view's tables that failed, and in which file.
#[derive(Debug, thiserror::Error)]
#[error("{error}")]
pub(super) struct Failed {
    pub(super) generation: Generation,
    pub(super) error: ViewError,
}

impl Failed {
    /// What is wrong with the file, if it is damaged.
    pub(super) fn damage(&self) -> Option<&rusqlite::Error> {
        match &self.error {
            ViewError::Tables(error) if is_damage(error) => Some(error),
            _ => None,
        }
    }
}

impl Readers {
    pub(super) fn new(file: Arc<Path>) -> Readers {
        Readers { file, places: Semaphore::new(VIEW_READERS_MAX), idle: Mutex::default() }
    }

    pub(super) fn file(&self) -> &Path {
        &self.file
    }

    pub(super) fn generation(&self) -> Generation {
        self.idle().generation
    }

    /// The file has been replaced by another: what is connected to it is not used again.
    pub(super) fn begin_anew(&self) {
        let mut idle = self.idle();
        *idle = Idle { generation: idle.generation + 1, connections: Vec::new() };
    }

    /// Runs a query where waiting for the disk blocks nobody; returns it when the file is not of this generation any
    /// more.
    pub(super) async fn query<T, Q>(
        self: &Arc<Self>,
        generation: Generation,
        query: Q,
    ) -> Result<Result<rusqlite::Result<T>, Q>, Status>
    where
        T: Send + 'static,
        Q: FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    {
        let closing = |_| refusal(Reason::Unavailable, "the view is closing", []);
        let _place = self.places.acquire().await.map_err(closing)?;
        let readers = self.clone();
        let answered = tokio::task::spawn_blocking(move || {
            let Some(connected) = readers.connect(generation) else { return Err(query) };
            Ok(connected.and_then(|tables| {
                let answer = query(&tables);
                readers.put_back(generation, tables);
                answer
            }))
        });
        answered.await.map_err(|_| refusal(Reason::Internal, "the view's answer broke off", []))
    }

    /// A connection to the file of this generation.
    fn connect(&self, generation: Generation) -> Option<rusqlite::Result<Connection>> {
        let kept = self.idle().connections.pop();
        let connected = kept.map_or_else(|| reader(&self.file), Ok);
        (self.generation() == generation).then_some(connected)
    }

    fn put_back(&self, generation: Generation, connection: Connection) {
        let mut idle = self.idle();
        if idle.generation == generation {
            idle.connections.push(connection);
        }
    }

    fn idle(&self) -> MutexGuard<'_, Idle> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
