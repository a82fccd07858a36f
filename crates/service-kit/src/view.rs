//! How a view is kept: SQL tables made for the queries asked, lagging the journal by moments, rebuilt from it
//! whenever they are missing, older than their schema, or of another journal.

mod difference;
mod following;
mod in_memory;
mod keeper;
mod projector;
mod readers;
mod replay;

pub use crate::consumer::Unusable;
pub use difference::Difference;
pub use in_memory::InMemory;
pub use replay::{Compared, Progress, RegisteredView};

use crate::Kit;
use crate::checkpoint::Past;
use crate::consumer::{self, checkpoint};
use crate::error::refusal;
use crate::feed::ConsumerProgress;
use crate::limits::VIEW_TIMEOUT;
use crate::list;
use crate::scope::{Scope, ScopedTables};
use crate::traces::TracedConsumer;
use following::Following;
use journal::{Journal, Position, ReadError, Record};
use keeper::{Keeper, Tables};
use proto::api::v1::Reason;
use readers::{Failed, Generation, Readers};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, Transaction};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::{Mutex as AsyncMutex, mpsc, watch};
use tonic::Status;

/// What a view makes of the log. Its tables hold nothing that cannot be computed again.
pub trait View: Send + Sync + 'static {
    /// The name of its file.
    const NAME: &'static str;
    /// `CREATE TABLE …`; a change of this text rebuilds the tables.
    const SCHEMA: &'static str;
    /// The categories of streams whose records it projects.
    const CATEGORIES: &'static [&'static str];
    /// Projects one committed record of these categories into the tables. Records come in order, each once. A
    /// record that this fails or panics on is set aside with all later ones of its stream; see
    /// [`crate::set_aside`].
    fn apply(tables: &Transaction<'_>, record: &Record) -> Result<(), ViewError>;
}

/// Why a view could not be kept, or a record not be projected into it.
#[derive(Debug, thiserror::Error)]
pub enum ViewError {
    /// The tables refused.
    #[error("{0}")]
    Tables(#[from] rusqlite::Error),
    /// The record could not be read.
    #[error("{0}")]
    Record(#[from] crate::CommandError),
    /// A value in the tables cannot be read.
    #[error("{0}")]
    Value(#[from] serde_json::Error),
    /// The log could not be replayed.
    #[error("{0}")]
    Replay(String),
    /// Its file cannot be used.
    #[error("{0}")]
    File(#[from] Unusable),
    /// The system has no thread for it.
    #[error("its thread cannot be started: {0}")]
    Thread(std::io::Error),
}

/// A view that is being kept, and can be queried. Cheap to clone.
#[derive(Clone)]
pub struct ViewStore {
    readers: Arc<Readers>,
    failures: mpsc::UnboundedSender<Failed>,
    position: watch::Receiver<Position>,
    /// The last position at which its tables changed.
    changed: watch::Receiver<Position>,
    /// The last erasure up to which its tables hold nothing that was erased.
    clean: watch::Receiver<Position>,
    journal: Arc<dyn Journal>,
    /// The head that the journal last answered with, and when it was asked.
    head: Arc<AsyncMutex<(Instant, Position)>>,
    committed: watch::Receiver<Position>,
    /// How far the process managers of the view's service have come.
    reactions: Arc<[watch::Receiver<Position>]>,
}

impl ViewStore {
    /// Opens the view's file in the kit's folder, and keeps it up to date until the kit stops. `reactions` are
    /// the progress of the service's process managers, whose consequences its queries wait for.
    ///
    /// A file that is damaged, now or later, is moved aside and rebuilt.
    ///
    /// # Errors
    /// The system refuses the file, or a thread.
    pub fn spawn<V: View>(
        kit: &Kit,
        reactions: Vec<watch::Receiver<Position>>,
    ) -> Result<ViewStore, ViewError> {
        let file: Arc<Path> = kit.folder().join(format!("{}.sqlite", V::NAME)).into();
        let tables = consumer::open_or_begin_anew(&file, V::SCHEMA)?;
        kit.register_consumer(V::NAME, &file);
        let saved = checkpoint(&tables).ok().flatten().map_or(0, |at| at.position);
        let (progress, position) = ConsumerProgress::new(saved);
        kit.register_follower(V::NAME, position.clone());
        kit.register_view(RegisteredView::of::<V>(file.clone(), position.clone()));
        let progress = Arc::new(progress);
        let (changes, changed) = watch::channel(saved);
        let (cleaned, clean) = watch::channel(0);
        kit.register_clean_view(clean.clone());
        let erased = kit.journal().keys().erased();
        let (failures, failed) = mpsc::unbounded_channel();
        let readers = Arc::new(Readers::new(file));
        let traced = TracedConsumer::new(V::NAME, kit.clock().clone());
        let (known, failures_of) = (progress.clone(), failures.clone());
        let tables = Tables::new::<V>(tables, readers.clone(), known, changes, cleaned, failures_of, traced);
        let keeper = Keeper::start(V::NAME, tables).map_err(ViewError::Thread)?;
        let following = Following { feed: kit.feed().clone(), keeper, progress, erased, failed };
        kit.tasks().spawn(following.run::<V>(kit.stop().clone()));
        Ok(ViewStore {
            readers,
            failures,
            position,
            changed,
            clean,
            journal: kit.journal().clone(),
            head: Arc::new(AsyncMutex::new((Instant::now(), 0))),
            committed: kit.journal().committed(),
            reactions: reactions.into(),
        })
    }

    /// The last position that the view has projected.
    pub fn position(&self) -> watch::Receiver<Position> {
        self.position.clone()
    }

    /// The last position at which the view's tables changed.
    pub fn changed(&self) -> watch::Receiver<Position> {
        self.changed.clone()
    }

    /// Waits until the view has reached `at_least`, and what the service's process managers made of everything
    /// up to there. Answers with the position that it has then. A position that no record has is refused at once.
    pub async fn wait_until_caught_up(&self, at_least: Position) -> Result<Position, Status> {
        self.refuse_beyond_head(at_least).await?;
        let waiting = async {
            let mut target = at_least;
            if at_least > 0 {
                for reaction in &*self.reactions {
                    let _ = reaction.clone().wait_for(|&position| position >= at_least).await;
                }
                // A reaction is done with a record when its own commands are committed.
                if !self.reactions.is_empty() {
                    target = target.max(*self.committed.borrow());
                }
            }
            let erased = *self.journal.keys().erased().borrow();
            self.clean.clone().wait_for(|&clean| clean >= erased).await?;
            self.position.clone().wait_for(|&position| position >= target).await.map(|position| *position)
        };
        match tokio::time::timeout(VIEW_TIMEOUT, waiting).await {
            Ok(Ok(position)) => Ok(position),
            _ => Err(self.not_caught_up(at_least)),
        }
    }

    /// Refuses a position that no record has. What is not committed here yet may still be known elsewhere.
    async fn refuse_beyond_head(&self, at_least: Position) -> Result<(), Status> {
        if at_least <= *self.committed.borrow() {
            return Ok(());
        }
        match self.head().await {
            Ok(head) if at_least > head => Err(refusal(
                Reason::BeyondHead,
                format!("at_least_position is {at_least}; the log has no record beyond {head}"),
                [("at_least_position", at_least.to_string()), ("head", head.to_string())],
            )),
            // What cannot be asked now may be there; the wait for it is limited.
            Ok(_) | Err(_) => Ok(()),
        }
    }

    /// The journal's head at some moment of this call. Callers at the same time ask once.
    async fn head(&self) -> Result<Position, ReadError> {
        let called_at = Instant::now();
        let mut last = self.head.lock().await;
        if last.0 <= called_at {
            let asked_at = Instant::now();
            *last = (asked_at, self.journal.head().await?);
        }
        Ok(last.1)
    }

    fn not_caught_up(&self, at_least: Position) -> Status {
        let position = *self.position.borrow();
        refusal(
            Reason::ViewNotCaughtUp,
            format!(
                "the view is at position {position}; it did not reach {at_least} and what follows from it within {} s; \
                 try again",
                VIEW_TIMEOUT.as_secs()
            ),
            [("at_least_position", at_least.to_string()), ("position", position.to_string())],
        )
    }

    /// Queries what is within a scope, once the view has caught up with `at_least`; see
    /// [`ViewStore::wait_until_caught_up`]. Answers with the position that it had before the query, so the result is at
    /// least that new.
    pub async fn query<T: Send + 'static>(
        &self,
        scope: Scope,
        at_least: Position,
        query: impl FnOnce(ScopedTables<'_>) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<(T, Position), Status> {
        let mut query = move |tables: &Connection| query(ScopedTables::new(tables, &scope));
        loop {
            let generation = self.readers.generation();
            let position = self.wait_until_caught_up(at_least).await?;
            match self.readers.query(generation, query).await? {
                Ok(Ok(answer)) => return Ok((answer, position)),
                Ok(Err(error)) => return Err(self.query_failed(generation, error)),
                // The view is being rebuilt, and has that position no longer.
                Err(unasked) => query = unasked,
            }
        }
    }

    fn query_failed(&self, generation: Generation, error: rusqlite::Error) -> Status {
        if let Some(invalid) = list::page_token::refusal(&error) {
            return invalid.clone().into();
        }
        if consumer::is_damage(&error) {
            let _ = self.failures.send(Failed { generation, error: error.into() });
            let rebuilt = "the view's file is damaged; it is being rebuilt; try again";
            return refusal(Reason::Unavailable, rebuilt, []);
        }
        tracing::error!(%error, "a view could not answer");
        refusal(Reason::Internal, "the view could not answer; its log has the reason", [])
    }
}

/// A connection that reads a file, if it is there.
fn reader(file: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let tables = Connection::open_with_flags(file, flags)?;
    tables.busy_timeout(Duration::from_secs(5))?;
    // The file may be moved aside meanwhile: this connection must not tidy up after another that has its name.
    tables.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    tables.execute_batch("PRAGMA query_only = ON")?;
    Ok(tables)
}

/// What each consumer in a folder knows of the journal, by its file, without opening it for updates.
pub fn pasts(folder: &Path) -> Vec<(PathBuf, Past)> {
    let mut found = Vec::new();
    let files = folder.read_dir().into_iter().flatten().flatten().map(|entry| entry.path());
    for file in files.filter(|file| file.extension().is_some_and(|ending| ending == "sqlite")) {
        // What cannot be read is rebuilt and shows nothing.
        if let Ok(past) = reader(&file).and_then(|tables| consumer::past(&tables)) {
            found.push((file, past));
        }
    }
    found
}
