//! The connections that a view's queries use.

mod turns;
mod waited_for;

use super::{ViewError, reader};
use crate::consumer::is_damage;
use crate::error::refusal;
use crate::identity::Caller;
use proto::api::v1::Reason;
use rusqlite::Connection;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tonic::Status;
use turns::Turns;
use waited_for::WaitedFor;

/// Which of the files that had a view's name: one that is damaged is replaced by another.
pub(super) type Generation = u64;

/// Connections that read a view's file: a few, opened when they are needed and kept.
pub(super) struct Readers {
    file: Arc<Path>,
    turns: Turns,
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
        Readers { file, turns: Turns::new(), idle: Mutex::default() }
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

    /// Runs a query of this task's caller where waiting for the disk blocks nobody, when it is the caller's turn;
    /// returns it when the file is not of this generation any more. A query that nobody waits for any longer is
    /// interrupted.
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
        let turn = self.turns.take(Caller::of_this_call()).await.map_err(closing)?;
        let (readers, waited_for) = (self.clone(), WaitedFor::default());
        let waiting = waited_for.waiting();
        let answered = tokio::task::spawn_blocking(move || {
            // The reader is free when the query ends, which may be after its caller has left.
            let _turn = turn;
            let Some(connected) = readers.connect(generation) else { return Err(query) };
            Ok(connected.and_then(|mut tables| {
                let answer = waiting.run(&mut tables, query);
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
