//! How a view is kept: SQL tables made for the queries asked, lagging the journal by moments, rebuilt from it
//! whenever they are missing, older than their schema, or of another journal.

mod difference;
mod projector;
mod replay;

pub use difference::Difference;
pub use replay::{Compared, Progress, RegisteredView};

use crate::Kit;
use crate::checkpoint::{Past, Resumed, resume};
use crate::consumer::{self, advance_checkpoint, checkpoint};
use crate::error::refusal;
use crate::feed::{Batch, ConsumerProgress, Feed, Reading};
use crate::limits::{CHECKPOINT_LAG_MAX, VIEW_READERS_MAX, VIEW_TIMEOUT};
use crate::list;
use crate::set_aside::Halted;
use journal::{Journal, Position, ReadError, Record};
use proto::api::v1::Reason;
use rusqlite::{Connection, Transaction};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::sync::{Mutex as AsyncMutex, Semaphore, watch};
use tonic::Status;
use uuid::Uuid;

/// What a view makes of the log. Its tables hold nothing that cannot be computed again.
pub trait View: Send + Sync + 'static {
    /// The name of its file.
    const NAME: &'static str;
    /// `CREATE TABLE …`; a change of this text rebuilds the tables.
    const SCHEMA: &'static str;
    /// The categories of streams whose records it projects.
    const CATEGORIES: &'static [&'static str];
    /// Projects one committed record of these categories into the tables. Records come in order, each once. A record that this fails or panics on is set aside with all later ones of its stream; see
    /// [`crate::set_aside`].
    fn apply(tables: &Transaction<'_>, record: &Record) -> Result<(), ViewError>;
}

/// Why a record could not be projected into a view.
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
}

/// A view that is being kept, and can be queried. Cheap to clone.
#[derive(Clone)]
pub struct ViewStore {
    file: Arc<PathBuf>,
    readers: Arc<Semaphore>,
    idle: Arc<Mutex<Vec<Connection>>>,
    position: watch::Receiver<Position>,
    /// The last position at which its tables changed.
    changed: watch::Receiver<Position>,
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
    pub fn spawn<V: View>(
        kit: &Kit,
        reactions: Vec<watch::Receiver<Position>>,
    ) -> Result<ViewStore, ViewError> {
        let (feed, stop) = (kit.feed().clone(), kit.stop().clone());
        let file = kit.folder().join(format!("{}.sqlite", V::NAME));
        let tables = consumer::open(&file, V::SCHEMA)?;
        kit.register_consumer(V::NAME, &file);
        let saved = checkpoint(&tables)?.map_or(0, |at| at.position);
        let (progress, position) = ConsumerProgress::new(saved);
        kit.register_follower(V::NAME, position.clone());
        let (changes, changed) = watch::channel(saved);
        let store = ViewStore {
            file: Arc::new(file),
            readers: Arc::new(Semaphore::new(VIEW_READERS_MAX)),
            idle: Arc::default(),
            position,
            changed,
            journal: kit.journal().clone(),
            head: Arc::new(AsyncMutex::new((Instant::now(), 0))),
            committed: kit.journal().committed(),
            reactions: reactions.into(),
        };
        kit.register_view(RegisteredView::of::<V>(store.file.clone()));
        let (progress, halted, retried) = (Arc::new(progress), Halted::default(), false);
        let mut view = Some(Following { tables, halted, retried, saved, progress, changes });
        tokio::spawn(async move {
            tokio::select! {
                () = stop.cancelled() => {}
                () = follow::<V>(&feed, &mut view) => {
                    tracing::error!(view = V::NAME, "the view is no longer updated");
                }
            }
            if let Some(Err(error)) = view.as_mut().map(Following::save_progress) {
                tracing::debug!(view = V::NAME, %error, "its last progress was not saved");
            }
        });
        Ok(store)
    }

    /// The last position that the view has projected.
    pub fn position(&self) -> watch::Receiver<Position> {
        self.position.clone()
    }

    /// The last position at which the view's tables changed.
    pub(crate) fn changed(&self) -> watch::Receiver<Position> {
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

    /// Queries the view once it has caught up with `at_least`; see [`ViewStore::wait_until_caught_up`]. Answers with
    /// the position that it had before the query, so the result is at least that new.
    pub async fn query<T: Send + 'static>(
        &self,
        at_least: Position,
        query: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<(T, Position), Status> {
        let position = self.wait_until_caught_up(at_least).await?;
        Ok((self.read(query).await?, position))
    }

    /// Queries the view as it is.
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        query: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, Status> {
        let closing = |_| refusal(Reason::Unavailable, "the view is closing", []);
        let _permit = self.readers.acquire().await.map_err(closing)?;
        let (file, idle) = (self.file.clone(), self.idle.clone());
        let answered = tokio::task::spawn_blocking(move || {
            let kept = idle.lock().ok().and_then(|mut idle| idle.pop());
            let tables = kept.map_or_else(|| reader(&file), Ok)?;
            let answer = query(&tables);
            if let Ok(mut idle) = idle.lock() {
                idle.push(tables);
            }
            answer
        });
        match answered.await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(error)) => Err(query_failed(&error)),
            Err(_) => Err(refusal(Reason::Internal, "the view's answer broke off", [])),
        }
    }
}

fn query_failed(error: &rusqlite::Error) -> Status {
    if let Some(invalid) = list::page_token_refusal(error) {
        return invalid.clone().into();
    }
    tracing::error!(%error, "a view could not answer");
    refusal(Reason::Internal, "the view could not answer; its log has the reason", [])
}

fn reader(file: &Path) -> rusqlite::Result<Connection> {
    let tables = Connection::open(file)?;
    tables.busy_timeout(Duration::from_secs(5))?;
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

/// A view and its place in the journal.
struct Following {
    tables: Connection,
    halted: Halted,
    /// Whether what an earlier process has set aside was retried.
    retried: bool,
    /// The checkpoint in the file.
    saved: Position,
    progress: Arc<ConsumerProgress>,
    changes: watch::Sender<Position>,
}

impl Following {
    fn apply<V: View>(&mut self, batch: &Batch) -> rusqlite::Result<()> {
        projector::apply_batch::<V>(&mut self.tables, &mut self.halted, &batch.records, batch.last)?;
        self.saved = batch.last.position;
        self.progress.finish(batch);
        self.changes.send_replace(batch.last.position);
        Ok(())
    }

    /// Saves how far it has come over records that do not concern it.
    fn save_progress(&mut self) -> rusqlite::Result<()> {
        let further = self.progress.settled().filter(|at| at.position > self.saved);
        let Some(at) = further else { return Ok(()) };
        advance_checkpoint(&self.tables, at)?;
        self.saved = at.position;
        Ok(())
    }

    fn give_up<V: View>(&mut self, accepted: &[Uuid]) -> rusqlite::Result<()> {
        consumer::give_up(&self.tables, V::SCHEMA, accepted)?;
        self.saved = 0;
        Ok(())
    }
}

/// Why a view subscribes again.
#[derive(Debug, thiserror::Error)]
enum Interrupted {
    #[error("its file: {0}")]
    File(#[from] rusqlite::Error),
    #[error("{0}")]
    Journal(#[from] ReadError),
    /// The tables were lost with the task that held them.
    #[error("a task broke off")]
    Broken,
}

/// Follows the journal forever; returns only when the tables were lost.
async fn follow<V: View>(feed: &Feed, view: &mut Option<Following>) {
    loop {
        match consume::<V>(feed, view).await {
            Ok(()) => tracing::debug!(view = V::NAME, "the subscription ended; subscribing again"),
            Err(Interrupted::Broken) => return,
            Err(error) => tracing::warn!(view = V::NAME, %error, "the view waits; trying again"),
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
}

async fn consume<V: View>(feed: &Feed, view: &mut Option<Following>) -> Result<(), Interrupted> {
    let (past, progress) =
        on_blocking_thread(view, |view| Ok((consumer::past(&view.tables)?, view.progress.clone()))).await?;
    match resume(feed.journal(), &past).await? {
        Resumed::After(records, accepted) => {
            on_blocking_thread(view, move |view| {
                consumer::save_accepted(&view.tables, &accepted)?;
                view.halted = Halted::read(&view.tables)?;
                Ok(())
            })
            .await?;
            retry_set_aside::<V>(feed.journal(), view).await?;
            let at = past.checkpoint;
            apply_all::<V>(Reading::new(feed, V::CATEGORIES, &progress, at, records), view).await
        }
        Resumed::GivenUp(accepted) => {
            tracing::warn!(
                view = V::NAME,
                "records that this view has projected are lost, which was accepted; rebuilding it"
            );
            on_blocking_thread(view, move |view| view.give_up::<V>(&accepted)).await
        }
    }
}

async fn apply_all<V: View>(mut reading: Reading, view: &mut Option<Following>) -> Result<(), Interrupted> {
    let mut lag = tokio::time::interval(CHECKPOINT_LAG_MAX);
    loop {
        tokio::select! {
            batch = reading.next() => match batch? {
                Some(batch) => on_blocking_thread(view, move |view| view.apply::<V>(&batch)).await?,
                None => return on_blocking_thread(view, Following::save_progress).await,
            },
            _ = lag.tick() => on_blocking_thread(view, Following::save_progress).await?,
        }
    }
}

/// Retries, once in a process, what an earlier one has set aside.
async fn retry_set_aside<V: View>(
    journal: &dyn Journal,
    view: &mut Option<Following>,
) -> Result<(), Interrupted> {
    let halted = on_blocking_thread(view, |view| Ok((!view.retried).then(|| view.halted.streams()))).await?;
    for (stream, first) in halted.into_iter().flatten() {
        let records = journal.read(&stream, first - 1).await?;
        on_blocking_thread(view, move |view| {
            let taken = projector::retry_set_aside::<V>(&mut view.tables, &stream, &records)?;
            tracing::info!(view = V::NAME, %stream, taken, "records that were set aside were retried");
            view.halted = Halted::read(&view.tables)?;
            Ok(())
        })
        .await?;
    }
    on_blocking_thread(view, |view| {
        view.retried = true;
        Ok(())
    })
    .await
}

/// Works on the tables on a thread where waiting for the disk blocks nobody.
async fn on_blocking_thread<T: Send + 'static>(
    view: &mut Option<Following>,
    work: impl FnOnce(&mut Following) -> rusqlite::Result<T> + Send + 'static,
) -> Result<T, Interrupted> {
    let mut at_work = view.take().ok_or(Interrupted::Broken)?;
    let working = tokio::task::spawn_blocking(move || {
        let outcome = work(&mut at_work);
        (at_work, outcome)
    });
    let Ok((back, outcome)) = working.await else { return Err(Interrupted::Broken) };
    *view = Some(back);
    Ok(outcome?)
}
