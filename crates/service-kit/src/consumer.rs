//! The file of a consumer of the journal: how far it has come, which records it has set aside, and for a view
//! its tables. It holds nothing that cannot be computed again.

mod damage;

pub use damage::Unusable;
pub(crate) use damage::{is_damage, move_aside, open_or_begin_anew, remove};

use crate::checkpoint::{Checkpoint, Past};
use crate::limits::{VIEW_CACHE_KIB, VIEW_STATEMENTS_KEPT_MAX, VIEW_WAL_PAGES_MAX};
use crate::set_aside;
use data_encoding::HEXLOWER;
use domain::Uuid;
use journal::Position;
use rusqlite::{Connection, OptionalExtension as _, ffi};
use sha2::{Digest as _, Sha256};
use std::path::Path;
use std::time::Duration;

/// What every such file has besides the consumer's own tables.
const TABLES: &str =
    "CREATE TABLE checkpoint (schema TEXT NOT NULL, position INTEGER NOT NULL, command_id TEXT NOT NULL);";

/// What outlives the other tables: how far the consumer had come when it began anew, and which acceptances of lost
/// records it knows, separated by spaces.
const WITNESS: &str = "CREATE TABLE IF NOT EXISTS witness (
    only INTEGER PRIMARY KEY CHECK (only = 1), position INTEGER NOT NULL, command_id TEXT NOT NULL, accepted TEXT NOT NULL
)";

/// The last erasure before which the file was begun: nothing that was erased up to there was ever in it. It outlives
/// the other tables too.
const ERASED: &str = "CREATE TABLE IF NOT EXISTS erased (
    only INTEGER PRIMARY KEY CHECK (only = 1), position INTEGER NOT NULL
)";

/// Opens the file; recreates its tables when they are missing or of another schema.
pub(crate) fn open(file: &Path, schema: &str) -> rusqlite::Result<Connection> {
    let tables = Connection::open(file)?;
    tables.busy_timeout(Duration::from_secs(5))?;
    // Losing the last moments is harmless: the consumer repeats what came after its checkpoint.
    tables.execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL")?;
    tables.pragma_update(None, "cache_size", -VIEW_CACHE_KIB)?;
    tables.pragma_update(None, "wal_autocheckpoint", VIEW_WAL_PAGES_MAX)?;
    tables.set_prepared_statement_cache_capacity(VIEW_STATEMENTS_KEPT_MAX);
    let known: Option<String> = tables
        .query_row("SELECT schema FROM checkpoint", [], |row| row.get(0))
        .optional()
        .unwrap_or_default();
    if tables.is_readonly("main")? {
        return Err(rusqlite::Error::SqliteFailure(ffi::Error::new(ffi::SQLITE_READONLY), None));
    }
    tables.execute_batch(WITNESS)?;
    tables.execute_batch(ERASED)?;
    if known.as_deref() != Some(&digest(schema)) {
        let known = past(&tables)?;
        save_witness(&tables, known.last(), &known.accepted)?;
        reset(&tables, schema)?;
    } else if layout(&tables)? != expected_layout(schema)? {
        return Err(rusqlite::Error::SqliteFailure(ffi::Error::new(ffi::SQLITE_CORRUPT), None));
    }
    Ok(tables)
}

/// The tables and indexes, as the file describes them: where that is damaged, every record would fail.
fn layout(tables: &Connection) -> rusqlite::Result<Vec<String>> {
    tables
        .prepare("SELECT concat(type, ' ', name, ' ', tbl_name, ' ', sql) FROM sqlite_schema ORDER BY 1")?
        .query_map([], |row| row.get(0))?
        .collect()
}

fn expected_layout(schema: &str) -> rusqlite::Result<Vec<String>> {
    let fresh = Connection::open_in_memory()?;
    fresh.execute_batch(WITNESS)?;
    fresh.execute_batch(ERASED)?;
    reset(&fresh, schema)?;
    layout(&fresh)
}

/// Begins anew, in another history with these acceptances.
pub(crate) fn give_up(tables: &Connection, schema: &str, accepted: &[Uuid]) -> rusqlite::Result<()> {
    reset(tables, schema)?;
    save_witness(tables, None, accepted)
}

/// Drops everything but the witness, and recreates the tables, empty.
fn reset(tables: &Connection, schema: &str) -> rusqlite::Result<()> {
    clear(tables)?;
    tables.execute_batch(schema)?;
    tables.execute_batch(TABLES)?;
    tables.execute_batch(set_aside::TABLE)?;
    tables.execute("INSERT INTO checkpoint VALUES (?1, 0, '')", [digest(schema)]).map(drop)
}

/// What distinguishes one schema from another, the tables of this file included.
fn digest(schema: &str) -> String {
    let all = [schema, TABLES, set_aside::TABLE].concat();
    HEXLOWER.encode(&Sha256::digest(all))
}

fn clear(tables: &Connection) -> rusqlite::Result<()> {
    tables.execute_batch("PRAGMA foreign_keys = OFF")?;
    let names: Vec<(String, String)> = tables
        .prepare(
            "SELECT type, name FROM sqlite_schema
             WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite_%' AND name NOT GLOB '*_fts_*'
               AND name NOT IN ('witness', 'erased')",
        )?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<rusqlite::Result<_>>()?;
    for (kind, name) in names {
        tables.execute_batch(&format!("DROP {kind} IF EXISTS \"{name}\""))?;
    }
    Ok(())
}

/// How far the consumer has come; none when it has not begun.
pub(crate) fn checkpoint(tables: &Connection) -> rusqlite::Result<Option<Checkpoint>> {
    tables.query_row("SELECT position, command_id FROM checkpoint", [], |row| {
        let position = row.get::<_, i64>(0)? as u64;
        let command_id = Uuid::try_parse(&row.get::<_, String>(1)?).unwrap_or_default();
        Ok((position > 0).then_some(Checkpoint { position, command_id }))
    })
}

/// What the consumer knows of the journal. A file of another version may know less.
pub(crate) fn past(tables: &Connection) -> rusqlite::Result<Past> {
    let checkpoint = match has_table(tables, "checkpoint")? {
        true => checkpoint(tables)?,
        false => None,
    };
    let nothing = Past { checkpoint, ..Past::default() };
    if !has_table(tables, "witness")? {
        return Ok(nothing);
    }
    let witness = tables
        .query_row("SELECT position, command_id, accepted FROM witness", [], |row| {
            Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?, row.get::<_, String>(2)?))
        })
        .optional()?;
    let Some((position, command_id, accepted)) = witness else { return Ok(nothing) };
    let command_id = Uuid::try_parse(&command_id).unwrap_or_default();
    let witnessed = (position > 0).then_some(Checkpoint { position: position as u64, command_id });
    let accepted = accepted.split_whitespace().filter_map(|id| Uuid::try_parse(id).ok()).collect();
    Ok(Past { checkpoint, witnessed, accepted })
}

fn has_table(tables: &Connection, name: &str) -> rusqlite::Result<bool> {
    let found = "SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?1)";
    tables.query_row(found, [name], |row| row.get(0))
}

/// Saves which acceptances the history has, if that is new.
pub(crate) fn save_accepted(tables: &Connection, accepted: &[Uuid]) -> rusqlite::Result<()> {
    let known = past(tables)?;
    match known.accepted == accepted {
        true => Ok(()),
        false => save_witness(tables, known.witnessed, accepted),
    }
}

/// Saves what outlives the other tables.
pub(crate) fn save_witness(
    tables: &Connection,
    last: Option<Checkpoint>,
    accepted: &[Uuid],
) -> rusqlite::Result<()> {
    let (position, command_id) = last.map_or((0, Uuid::nil()), |at| (at.position, at.command_id));
    let accepted: Vec<String> = accepted.iter().map(Uuid::to_string).collect();
    let row = (position as i64, command_id.to_string(), accepted.join(" "));
    tables.execute("INSERT OR REPLACE INTO witness VALUES (1, ?1, ?2, ?3)", row).map(drop)
}

/// The last erasure before which the file was begun.
pub(crate) fn erased_up_to(tables: &Connection) -> rusqlite::Result<Position> {
    let position =
        tables.query_row("SELECT position FROM erased", [], |row| row.get::<_, i64>(0)).optional()?;
    Ok(position.map_or(0, |position| position as u64))
}

/// Saves the last erasure before which the file was begun.
pub(crate) fn save_erased_up_to(tables: &Connection, position: Position) -> rusqlite::Result<()> {
    tables.execute("INSERT OR REPLACE INTO erased VALUES (1, ?1)", [position as i64]).map(drop)
}

/// Saves how far the consumer has come.
pub(crate) fn save_checkpoint(tables: &Connection, at: Checkpoint) -> rusqlite::Result<()> {
    tables
        .prepare_cached("UPDATE checkpoint SET position = ?1, command_id = ?2")?
        .execute((at.position as i64, at.command_id.to_string()))
        .map(drop)
}

/// Saves that the consumer has come further, if it has. Two copies on one file do not set each other back.
pub(crate) fn advance_checkpoint(tables: &Connection, at: Checkpoint) -> rusqlite::Result<()> {
    tables
        .prepare_cached("UPDATE checkpoint SET position = ?1, command_id = ?2 WHERE position < ?1")?
        .execute((at.position as i64, at.command_id.to_string()))
        .map(drop)
}

/// Whether an error is about the file and its disk, and not about what was to be written there.
pub(crate) fn is_about_the_file(error: &rusqlite::Error) -> bool {
    use rusqlite::ErrorCode as Code;
    matches!(
        error.sqlite_error_code(),
        Some(
            Code::SystemIoFailure
                | Code::DiskFull
                | Code::CannotOpen
                | Code::OutOfMemory
                | Code::DatabaseBusy
                | Code::DatabaseLocked
                | Code::DatabaseCorrupt
                | Code::NotADatabase
                | Code::ReadOnly
                | Code::PermissionDenied
                | Code::FileLockingProtocolFailed
                | Code::NoLargeFileSupport
                | Code::OperationAborted
                | Code::OperationInterrupted
        )
    )
}
