//! How a read model is kept: SQL tables made for the questions asked, behind the journal by moments,
//! rebuilt from it whenever they are missing, older than their schema, or of another journal.

mod difference;
mod replay;
mod service;

pub use difference::Difference;
pub use replay::{Compared, Kept, Progress};
pub use service::{NAME, ViewsOfThisProcess, build};

use crate::Kit;
use crate::checkpoint::{Checkpoint, Resumed, resume};
use crate::limits::{VIEW_BATCH_RECORDS_MAX, VIEW_READERS_MAX, VIEW_TIMEOUT};
use domain::Uuid;
use futures::StreamExt as _;
use journal::{Journal, Position, Record};
use rusqlite::{Connection, OptionalExtension as _, Transaction};
use sha2::{Digest as _, Sha256};
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
    /// in order, each once. An error stops this view, and is logged with the record's position.
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
        let tables = open::<V>(&file)?;
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
                error = following => {
                    tracing::error!(view = V::NAME, %error, "the view stands still");
                }
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

fn open<V: View>(file: &Path) -> Result<Connection, ViewError> {
    let schema = schema_digest::<V>();
    let tables = Connection::open(file)?;
    tables.busy_timeout(Duration::from_secs(5))?;
    // Losing the last moments of a view is harmless: it is behind its checkpoint then, and goes on.
    tables.execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL")?;
    let known: Option<String> = tables
        .query_row("SELECT schema FROM checkpoint", [], |row| row.get(0))
        .optional()
        .unwrap_or_default();
    if known.as_deref() != Some(&schema) {
        renew::<V>(&tables, &schema)?;
    }
    Ok(tables)
}

fn schema_digest<V: View>() -> String {
    Sha256::digest(V::SCHEMA).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Drops everything and makes the tables anew, empty.
fn renew<V: View>(tables: &Connection, schema: &str) -> rusqlite::Result<()> {
    clear(tables)?;
    tables.execute_batch(V::SCHEMA)?;
    tables.execute_batch(
        "CREATE TABLE checkpoint (schema TEXT NOT NULL, position INTEGER NOT NULL, commit_id TEXT NOT NULL)",
    )?;
    tables.execute("INSERT INTO checkpoint VALUES (?1, 0, '')", [schema]).map(drop)
}

fn clear(tables: &Connection) -> rusqlite::Result<()> {
    tables.execute_batch("PRAGMA foreign_keys = OFF")?;
    let names: Vec<(String, String)> = tables
        .prepare(
            "SELECT type, name FROM sqlite_schema
             WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite_%' AND name NOT GLOB '*_fts_*'",
        )?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<rusqlite::Result<_>>()?;
    for (kind, name) in names {
        tables.execute_batch(&format!("DROP {kind} IF EXISTS \"{name}\""))?;
    }
    Ok(())
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

fn checkpoint(tables: &Connection) -> rusqlite::Result<Option<Checkpoint>> {
    tables.query_row("SELECT position, commit_id FROM checkpoint", [], |row| {
        let position = row.get::<_, i64>(0)? as u64;
        let commit_id = Uuid::try_parse(&row.get::<_, String>(1)?).unwrap_or_default();
        Ok((position > 0).then_some(Checkpoint { position, commit_id }))
    })
}

async fn follow<V: View>(
    journal: Arc<dyn Journal>,
    mut tables: Connection,
    moved: watch::Sender<Position>,
) -> ViewError {
    loop {
        let at = match checkpoint(&tables) {
            Ok(at) => at,
            Err(error) => return error.into(),
        };
        match resume(&*journal, at).await {
            Ok(Resumed::Behind(records)) => {
                let mut batches = records.ready_chunks(VIEW_BATCH_RECORDS_MAX);
                while let Some(batch) = batches.next().await {
                    let records: Result<Vec<Record>, _> = batch.into_iter().collect();
                    let Ok(records) = records else { break };
                    let applied = tokio::task::spawn_blocking(move || {
                        let reached = take_in::<V>(&mut tables, &records);
                        (tables, reached)
                    });
                    let Ok((back, reached)) = applied.await else {
                        return ViewError::Record(crate::CommandError::Broken("a view broke off".into()));
                    };
                    tables = back;
                    match reached {
                        Ok(position) => drop(moved.send_replace(position)),
                        Err(error) => return error,
                    }
                }
                tracing::debug!(view = V::NAME, "the subscription ended; subscribing again");
            }
            Ok(Resumed::OtherJournal) => {
                tracing::warn!(
                    view = V::NAME,
                    "the journal is not the one this view followed; building it anew"
                );
                let renewed = renew::<V>(&tables, &schema_digest::<V>());
                if let Err(error) = renewed {
                    return error.into();
                }
            }
            Err(error) => tracing::warn!(view = V::NAME, %error, "cannot follow the journal; trying again"),
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
}

fn take_in<V: View>(tables: &mut Connection, records: &[Record]) -> Result<Position, ViewError> {
    let transaction = tables.transaction()?;
    let mut reached = 0;
    for record in records {
        V::apply(&transaction, record).inspect_err(
            |error| tracing::error!(view = V::NAME, position = record.position, %error, "record"),
        )?;
        reached = record.position;
        transaction
            .prepare_cached("UPDATE checkpoint SET position = ?1, commit_id = ?2")?
            .execute((record.position as i64, record.envelope.commit_id.to_string()))?;
    }
    transaction.commit()?;
    Ok(reached)
}
