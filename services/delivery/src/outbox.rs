//! What is on its way: how far each subscription was read, and its deliveries with their answers.
//!
//! It is kept in a file, and can be lost: each subscription goes on from the last note in the log then, and what was
//! delivered since that note is delivered again, with equal ids.

use crate::limits::DELIVERIES_KEPT;
use domain::delivery::subscription::{EventId, Known};
use domain::{StreamName, Timestamp, Uuid};
use proto::ledger::v1::CloudEvent;
use rusqlite::{Connection, OptionalExtension as _, Row, params};
use service_kit::{Kit, Position, Tasks};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// The name of the file.
const FILE: &str = "outbox.sqlite";

const TABLES: &str = "
CREATE TABLE IF NOT EXISTS switchboard (only INTEGER PRIMARY KEY CHECK (only = 1), position INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS holder (only INTEGER PRIMARY KEY CHECK (only = 1), id TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS lines (
    subscription_id TEXT PRIMARY KEY, position INTEGER NOT NULL, replays INTEGER NOT NULL, paused_until INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS deliveries (
    subscription_id TEXT NOT NULL, position INTEGER NOT NULL, number INTEGER NOT NULL,
    stream TEXT NOT NULL, type TEXT NOT NULL, subject TEXT NOT NULL,
    stage INTEGER NOT NULL, attempts INTEGER NOT NULL, tried_at INTEGER, next_at INTEGER, status INTEGER,
    answer TEXT NOT NULL,
    PRIMARY KEY (subscription_id, position, number)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS pending ON deliveries (subscription_id, stream, position, number) WHERE stage = 1;
";

/// How far a delivery has come; its numbers are those of the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    Pending = 1,
    Delivered = 2,
    GivenUp = 3,
}

/// A delivery that is due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Due {
    pub(crate) event: EventId,
    pub(crate) stream: StreamName,
    /// How often it was tried.
    pub(crate) attempts: u32,
}

/// What became of an attempt.
#[derive(Debug, Clone)]
pub(crate) struct Attempt {
    pub(crate) event: EventId,
    pub(crate) stage: Stage,
    pub(crate) attempts: u32,
    pub(crate) tried_at: Timestamp,
    /// When it is tried again, if it is.
    pub(crate) next_at: Option<Timestamp>,
    pub(crate) status: Option<u16>,
    pub(crate) answer: String,
}

/// The file. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Outbox {
    file: Arc<Mutex<Connection>>,
    tasks: Tasks,
}

/// Why the file could not be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OutboxError {
    #[error("the outbox: {0}")]
    Tables(#[from] rusqlite::Error),
    #[error("the process stops")]
    Stopping,
}

type Done<T> = Result<T, OutboxError>;

impl Outbox {
    /// Opens the file in the kit's folder. One that is damaged is removed: what it had is delivered again.
    pub(crate) fn open(kit: &Kit) -> Done<Outbox> {
        let path = kit.folder().join(FILE);
        let file = open(&path).or_else(|error| {
            tracing::warn!(%error, file = %path.display(), "the outbox is damaged, and begins again; what was delivered since the last note is delivered again");
            let _ = std::fs::remove_file(&path);
            open(&path)
        })?;
        Ok(Outbox { file: Arc::new(Mutex::new(file)), tasks: kit.tasks().clone() })
    }

    /// Works on the file, on a thread that may wait for the disk.
    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Done<T> {
        let file = self.file.clone();
        let working =
            self.tasks.spawn_blocking(move || work(&mut file.lock().unwrap_or_else(PoisonError::into_inner)));
        Ok(working.await.map_err(|_| OutboxError::Stopping)??)
    }

    /// Up to where what happened to subscriptions was carried out; none in a new file.
    pub(crate) async fn switched_up_to(&self) -> Done<Option<Position>> {
        self.run(|file| {
            let position = file.query_row("SELECT position FROM switchboard", [], |row| row.get::<_, i64>(0));
            Ok(position.optional()?.map(|position| position as u64))
        })
        .await
    }

    /// Saves up to where what happened to subscriptions was carried out.
    pub(crate) async fn save_switched(&self, position: Position) -> Done<()> {
        self.run(move |file| {
            file.execute("INSERT OR REPLACE INTO switchboard VALUES (1, ?1)", [position as i64]).map(drop)
        })
        .await
    }

    /// By what this file's process is known among the copies of the service.
    pub(crate) async fn holder(&self) -> Done<Uuid> {
        let new = Uuid::new_v4().to_string();
        let id = self.run(move |file| {
            file.execute("INSERT OR IGNORE INTO holder VALUES (1, ?1)", [new])?;
            file.query_row("SELECT id FROM holder", [], |row| row.get::<_, String>(0))
        });
        let id = id.await?;
        Uuid::try_parse(&id).map_err(|_| OutboxError::Tables(rusqlite::Error::InvalidQuery))
    }

    /// Takes over from another copy: each subscription goes on from the last note in the log, as what is in the file has
    /// been delivered by the other one, and what happens to subscriptions from where it was with that.
    pub(crate) async fn take_over(&self, switched: Option<Position>) -> Done<()> {
        self.run(move |file| {
            let change = file.transaction()?;
            change.execute_batch(
                "DELETE FROM deliveries WHERE stage = 1; DELETE FROM lines; DELETE FROM switchboard",
            )?;
            if let Some(position) = switched {
                change.execute("INSERT INTO switchboard VALUES (1, ?1)", [position as i64])?;
            }
            change.commit()
        })
        .await
    }

    /// Where a subscription is read on. A replay begins where it says, and what was on its way comes again.
    pub(crate) async fn begin(&self, id: Uuid, known: &Known, head: Position) -> Done<Position> {
        let (noted, replays) = (known.position, known.replays);
        self.run(move |file| {
            let id = id.to_string();
            let change = file.transaction()?;
            let kept = change
                .query_row("SELECT position, replays FROM lines WHERE subscription_id = ?1", [&id], |row| {
                    Ok((row.get::<_, i64>(0)? as u64, row.get::<_, u32>(1)?))
                })
                .optional()?;
            // A file from before records were lost has read what is no more.
            if let Some((position, _)) = kept.filter(|kept| kept.1 == replays && kept.0 <= head) {
                return Ok(position);
            }
            change.execute("DELETE FROM deliveries WHERE subscription_id = ?1 AND stage = 1", [&id])?;
            change.execute(
                "INSERT OR REPLACE INTO lines VALUES (?1, ?2, ?3, 0)",
                params![id, noted as i64, replays],
            )?;
            change.commit()?;
            Ok(noted)
        })
        .await
    }

    /// Takes in what a stretch of records has for a subscription, and that it was read up to here.
    pub(crate) async fn add(
        &self,
        id: Uuid,
        up_to: Position,
        events: Vec<(StreamName, CloudEvent)>,
        now: Timestamp,
    ) -> Done<()> {
        self.run(move |file| {
            let change = file.transaction()?;
            for (stream, event) in events {
                insert(&change, id, &stream, &event, now)?;
            }
            let line = params![id.to_string(), up_to as i64];
            change.execute("UPDATE lines SET position = ?2 WHERE subscription_id = ?1", line)?;
            change.commit()
        })
        .await
    }

    /// Has an event delivered, although it was before.
    pub(crate) async fn add_again(
        &self,
        id: Uuid,
        stream: StreamName,
        event: CloudEvent,
        now: Timestamp,
    ) -> Done<()> {
        self.run(move |file| insert(file, id, &stream, &event, now)).await
    }

    /// How many deliveries of a subscription wait, and how many of them were tried before.
    pub(crate) async fn waiting(&self, id: Uuid) -> Done<(u32, u32)> {
        let count = "SELECT COUNT(*), COUNT(*) FILTER (WHERE attempts > 0) FROM deliveries
                     WHERE subscription_id = ?1 AND stage = 1";
        self.run(move |file| file.query_row(count, [id.to_string()], |row| Ok((row.get(0)?, row.get(1)?))))
            .await
    }

    /// The deliveries that are due, at most `most`, of each thing its first, and the moment at which the next one is.
    pub(crate) async fn due(
        &self,
        id: Uuid,
        now: Timestamp,
        most: usize,
    ) -> Done<(Vec<Due>, Option<Timestamp>)> {
        self.run(move |file| {
            let mut first_of_each = file.prepare_cached(
                "SELECT position, number, stream, attempts, next_at FROM deliveries AS one
                 WHERE subscription_id = ?1 AND stage = 1 AND NOT EXISTS (
                     SELECT 1 FROM deliveries AS earlier
                     WHERE earlier.subscription_id = ?1 AND earlier.stage = 1 AND earlier.stream = one.stream
                       AND (earlier.position, earlier.number) < (one.position, one.number)
                 )
                 ORDER BY next_at, position, number",
            )?;
            let (mut due, mut next) = (Vec::new(), None);
            let mut rows = first_of_each.query([id.to_string()])?;
            while let Some(row) = rows.next()? {
                let at = row.get::<_, i64>(4)?;
                if at > now.as_microsecond() {
                    next = Timestamp::from_microsecond(at).ok();
                    break;
                }
                if due.len() == most {
                    break;
                }
                if let Some(stream) = StreamName::parse(&row.get::<_, String>(2)?) {
                    due.push(Due { event: event_id(row)?, stream, attempts: row.get(3)? });
                }
            }
            Ok((due, next))
        })
        .await
    }

    /// Saves what became of an attempt.
    pub(crate) async fn save(&self, id: Uuid, attempt: Attempt) -> Done<()> {
        self.run(move |file| {
            let Attempt { event, stage, attempts, tried_at, next_at, status, answer } = attempt;
            file.prepare_cached(
                "UPDATE deliveries SET stage = ?4, attempts = ?5, tried_at = ?6, next_at = ?7, status = ?8, answer = ?9
                 WHERE subscription_id = ?1 AND position = ?2 AND number = ?3",
            )?
            .execute(params![
                id.to_string(),
                event.position as i64,
                event.number,
                stage as u8,
                attempts,
                tried_at.as_microsecond(),
                next_at.map(Timestamp::as_microsecond),
                status,
                answer,
            ])?;
            Ok(())
        })
        .await
    }

    /// Has nothing delivered to the receiver before a moment, also not of what is yet to come.
    pub(crate) async fn pause(&self, id: Uuid, until: Timestamp) -> Done<()> {
        self.run(move |file| {
            let values = (id.to_string(), until.as_microsecond());
            let waiting =
                "UPDATE deliveries SET next_at = max(next_at, ?2) WHERE subscription_id = ?1 AND stage = 1";
            file.execute(waiting, values.clone())?;
            file.execute("UPDATE lines SET paused_until = ?2 WHERE subscription_id = ?1", values).map(drop)
        })
        .await
    }

    /// Has everything delivered at once that waits for another attempt.
    pub(crate) async fn retry(&self, id: Uuid) -> Done<()> {
        self.run(move |file| {
            let id = id.to_string();
            file.execute(
                "UPDATE deliveries SET next_at = 0 WHERE subscription_id = ?1 AND stage = 1",
                [&id],
            )?;
            file.execute("UPDATE lines SET paused_until = 0 WHERE subscription_id = ?1", [id]).map(drop)
        })
        .await
    }

    /// Removes a delivery that its subscriber may not see any more.
    pub(crate) async fn remove(&self, id: Uuid, event: EventId) -> Done<()> {
        let remove = "DELETE FROM deliveries WHERE subscription_id = ?1 AND position = ?2 AND number = ?3";
        let row = (id.to_string(), event.position as i64, event.number);
        self.run(move |file| file.execute(remove, row).map(drop)).await
    }

    /// Removes everything of a subscription that has ended.
    pub(crate) async fn forget(&self, id: Uuid) -> Done<()> {
        self.run(move |file| {
            file.execute("DELETE FROM deliveries WHERE subscription_id = ?1", [id.to_string()])?;
            file.execute("DELETE FROM lines WHERE subscription_id = ?1", [id.to_string()]).map(drop)
        })
        .await
    }

    /// Up to where everything was delivered or given up; what is older than is kept for lists goes.
    pub(crate) async fn settle(&self, id: Uuid) -> Done<Position> {
        self.run(move |file| {
            let id = id.to_string();
            file.execute(
                "DELETE FROM deliveries WHERE subscription_id = ?1 AND stage <> 1 AND position < (
                     SELECT position FROM deliveries WHERE subscription_id = ?1 AND stage <> 1
                     ORDER BY position DESC LIMIT 1 OFFSET ?2
                 )",
                params![id, DELIVERIES_KEPT],
            )?;
            let settled = "SELECT coalesce(
                (SELECT min(position) - 1 FROM deliveries WHERE subscription_id = ?1 AND stage = 1),
                (SELECT position FROM lines WHERE subscription_id = ?1), 0)";
            file.query_row(settled, [id], |row| row.get::<_, i64>(0)).map(|position| position.max(0) as u64)
        })
        .await
    }

    /// A page of deliveries, the newest first: at most `most` of those before one.
    pub(crate) async fn list<T: Send + 'static>(
        &self,
        id: Uuid,
        stage: Option<i32>,
        before: Option<EventId>,
        most: u32,
        read: fn(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Done<Vec<T>> {
        self.run(move |file| {
            let before = before.unwrap_or(EventId { position: i64::MAX as u64, number: u32::MAX });
            file.prepare_cached(
                "SELECT * FROM deliveries
                 WHERE subscription_id = ?1 AND (?2 IS NULL OR stage = ?2) AND (position, number) < (?3, ?4)
                 ORDER BY position DESC, number DESC LIMIT ?5",
            )?
            .query_map(params![id.to_string(), stage, before.position as i64, before.number, most], read)?
            .collect()
        })
        .await
    }
}

fn open(path: &Path) -> rusqlite::Result<Connection> {
    let file = Connection::open(path)?;
    file.busy_timeout(Duration::from_secs(5))?;
    file.execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL")?;
    file.execute_batch(TABLES)?;
    Ok(file)
}

/// Puts an event among those to be delivered.
fn insert(
    file: &Connection,
    id: Uuid,
    stream: &StreamName,
    event: &CloudEvent,
    now: Timestamp,
) -> rusqlite::Result<()> {
    let number = event.event_id.rsplit('/').next().and_then(|number| number.parse::<u32>().ok());
    file.prepare_cached(
        "INSERT OR REPLACE INTO deliveries VALUES (
             ?1, ?2, ?3, ?4, ?5, ?6, 1, 0, NULL,
             max(?7, coalesce((SELECT paused_until FROM lines WHERE subscription_id = ?1), 0)), NULL, ''
         )",
    )?
    .execute(params![
        id.to_string(),
        event.position as i64,
        number.unwrap_or(1),
        stream.to_string(),
        event.r#type,
        event.subject,
        now.as_microsecond(),
    ])?;
    Ok(())
}

/// The event of a row.
pub(crate) fn event_id(row: &Row<'_>) -> rusqlite::Result<EventId> {
    Ok(EventId { position: row.get::<_, i64>("position")? as u64, number: row.get("number")? })
}
