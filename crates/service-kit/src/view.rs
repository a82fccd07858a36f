//! How a read model is kept: SQL tables made for the questions asked, behind the journal by moments,
//! rebuilt from it whenever they are missing, older than their schema, or of another journal.

mod difference;
mod intake;
mod replay;
mod service;

pub use difference::Difference;
pub use replay::{Compared, Kept, Progress};
pub use service::{NAME, ViewsOfThisProcess, build};

use crate::Kit;
use crate::checkpoint::Checkpoint;
use crate::checkpoint::{Resumed, resume};
use crate::consumer::{self, checkpoint};
use crate::limits::{VIEW_BATCH_RECORDS_MAX, VIEW_READERS_MAX, VIEW_TIMEOUT};
use crate::set_aside::Halted;
use futures::StreamExt as _;
use journal::{Journal, Position, ReadError, Record, Subscription};
use rusqlite::{Connection, Transaction};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::{Semaphore, watch};
use tonic::Status;

/// What a read model makes of the log. Its tables hold nothing that cannot be computed again.
pub trait View: Send + Sync + 'static {
    /// The name of its file.
    const NAME: &'static str;
    /// `CREATE TABLE …`; a change of this text rebuilds the tables.
    const SCHEMA: &'static str;
    /// Takes one committed record into the tables. Records of other contexts come too; records come
    /// in order, each once. A record that this fails on, or panics over, is set aside with all later ones of
    /// its stream; see [`crate::set_aside`].
    fn apply(tables: &Transaction<'_>, record: &Record) -> Result<(), ViewError>;
}

/// Why a record could not be taken into a view.
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

/// A read model that is being kept, and can be asked. Cheap to clone.
#[derive(Clone)]
pub struct ViewStore {
    file: Arc<PathBuf>,
    readers: Arc<Semaphore>,
    idle: Arc<Mutex<Vec<Connection>>>,
    position: watch::Receiver<Position>,
}

impl ViewStore {
    /// Opens the view's file in the kit's folder, and keeps it up to date until the kit stops.
    pub fn keep<V: View>(kit: &Kit) -> Result<ViewStore, ViewError> {
        let (journal, stop) = (kit.journal().clone(), kit.stop().clone());
        let file = kit.folder().join(format!("{}.sqlite", V::NAME));
        let tables = consumer::open(&file, V::SCHEMA)?;
        kit.register_consumer(V::NAME, &file);
        let (moved, position) = watch::channel(checkpoint(&tables)?.map_or(0, |at| at.position));
        let store = ViewStore {
            file: Arc::new(file),
            readers: Arc::new(Semaphore::new(VIEW_READERS_MAX)),
            idle: Arc::default(),
            position,
        };
        kit.keep_in_mind(Kept::of::<V>(store.file.clone()));
        tokio::spawn(async move {
            let following = follow::<V>(journal, tables, moved);
            tokio::select! {
                () = stop.cancelled() => {}
                () = following => tracing::error!(view = V::NAME, "the view stands still"),
            }
        });
        Ok(store)
    }

    /// The last position that the view has taken in.
    pub fn position(&self) -> watch::Receiver<Position> {
        self.position.clone()
    }

    /// Asks the view once it has reached `at_least`. Answers with the position it had before the
    /// question was asked, so what the answer tells is at least that new.
    pub async fn query<T: Send + 'static>(
        &self,
        at_least: Position,
        ask: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<(T, Position), Status> {
        let mut reached = self.position.clone();
        let waiting = tokio::time::timeout(VIEW_TIMEOUT, reached.wait_for(|&position| position >= at_least));
        let position = match waiting.await {
            Ok(Ok(position)) => *position,
            _ => {
                let has = *self.position.borrow();
                return Err(Status::unavailable(format!(
                    "the view is at position {has} and did not reach {at_least} within {} s; ask again",
                    VIEW_TIMEOUT.as_secs()
                )));
            }
        };
        let _turn = self.readers.acquire().await.map_err(|_| Status::unavailable("the view is closing"))?;
        let (file, idle) = (self.file.clone(), self.idle.clone());
        let answered = tokio::task::spawn_blocking(move || {
            let kept = idle.lock().ok().and_then(|mut idle| idle.pop());
            let tables = kept.map_or_else(|| reader(&file), Ok)?;
            let answer = ask(&tables);
            if let Ok(mut idle) = idle.lock() {
                idle.push(tables);
            }
            answer
        });
        match answered.await {
            Ok(Ok(answer)) => Ok((answer, position)),
            Ok(Err(error)) => {
                tracing::error!(%error, "a view could not answer");
                Err(Status::internal("the view could not answer; its log has the reason"))
            }
            Err(_) => Err(Status::internal("the view's answer broke off")),
        }
    }
}

fn reader(file: &Path) -> rusqlite::Result<Connection> {
    let tables = Connection::open(file)?;
    tables.busy_timeout(Duration::from_secs(5))?;
    tables.execute_batch("PRAGMA query_only = ON")?;
    Ok(tables)
}

/// How far each read model in a folder has come, by its file, without opening it for keeping.
pub fn checkpoints(folder: &Path) -> Vec<(PathBuf, Checkpoint)> {
    let mut found = Vec::new();
    let files = folder.read_dir().into_iter().flatten().flatten().map(|entry| entry.path());
    for file in files.filter(|file| file.extension().is_some_and(|ending| ending == "sqlite")) {
        // What cannot be read, or has another schema, is made anew and shows nothing.
        if let Ok(Some(at)) = reader(&file).and_then(|tables| checkpoint(&tables)) {
            found.push((file, at));
        }
    }
    found
}

/// A view on its way along the journal.
struct Following {
    tables: Connection,
    halted: Halted,
    /// Whether what an earlier process has set aside was tried again.
    tried_again: bool,
    moved: watch::Sender<Position>,
}

/// Why a view subscribes anew.
#[derive(Debug, thiserror::Error)]
enum Interrupted {
    #[error("its file: {0}")]
    File(#[from] rusqlite::Error),
    #[error("{0}")]
    Journal(#[from] ReadError),
    /// The tables are gone with the task that had them.
    #[error("a task broke off")]
    Broken,
}

/// Follows the journal for ever; returns only when the tables were lost.
async fn follow<V: View>(journal: Arc<dyn Journal>, tables: Connection, moved: watch::Sender<Position>) {
    let mut view = Some(Following { tables, halted: Halted::default(), tried_again: false, moved });
    loop {
        match go_on::<V>(&*journal, &mut view).await {
            Ok(()) => tracing::debug!(view = V::NAME, "the subscription ended; subscribing again"),
            Err(Interrupted::Broken) => return,
            Err(error) => tracing::warn!(view = V::NAME, %error, "the view waits; trying again"),
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
}

async fn go_on<V: View>(journal: &dyn Journal, view: &mut Option<Following>) -> Result<(), Interrupted> {
    let at = with(view, |view| checkpoint(&view.tables)).await?;
    match resume(journal, at).await? {
        Resumed::Behind(records) => {
            with(view, |view| {
                view.halted = Halted::read(&view.tables)?;
                Ok(())
            })
            .await?;
            try_again::<V>(journal, view).await?;
            take_all_in::<V>(records, view).await
        }
        Resumed::OtherJournal => {
            tracing::warn!(view = V::NAME, "the journal is not the one this view followed; building it anew");
            with(view, |view| consumer::renew(&view.tables, V::SCHEMA)).await
        }
    }
}

async fn take_all_in<V: View>(
    records: Subscription,
    view: &mut Option<Following>,
) -> Result<(), Interrupted> {
    let mut batches = records.ready_chunks(VIEW_BATCH_RECORDS_MAX);
    while let Some(batch) = batches.next().await {
        let records: Vec<Arc<Record>> = batch.into_iter().collect::<Result<_, _>>()?;
        with(view, move |view| {
            let reached = intake::take_in::<V>(&mut view.tables, &mut view.halted, &records)?;
            view.moved.send_replace(reached);
            Ok(())
        })
        .await?;
    }
    Ok(())
}

/// Tries, once in a process, to take in what an earlier one has set aside.
async fn try_again<V: View>(journal: &dyn Journal, view: &mut Option<Following>) -> Result<(), Interrupted> {
    let halted = with(view, |view| Ok((!view.tried_again).then(|| view.halted.streams()))).await?;
    for (stream, first) in halted.into_iter().flatten() {
        let records = journal.read(&stream, first - 1).await?;
        with(view, move |view| {
            let taken = intake::try_again::<V>(&mut view.tables, &stream, &records)?;
            tracing::info!(view = V::NAME, %stream, taken, "records that were set aside were tried again");
            view.halted = Halted::read(&view.tables)?;
            Ok(())
        })
        .await?;
    }
    with(view, |view| {
        view.tried_again = true;
        Ok(())
    })
    .await
}

/// Works on the tables where waiting for the disk holds nobody up.
async fn with<T: Send + 'static>(
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
