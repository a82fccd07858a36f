//! The file of a consumer of the journal: how far it has come, which records it has set aside, and for a view
//! its tables. It holds nothing that cannot be computed again.

mod damage;

pub use damage::Unusable;
pub(crate) use damage::{is_damage, move_aside, open_or_begin_anew};

use crate::checkpoint::Checkpoint;
use crate::limits::{VIEW_CACHE_KIB, VIEW_STATEMENTS_KEPT_MAX, VIEW_WAL_PAGES_MAX};
use crate::set_aside;
use domain::Uuid;
use rusqlite::{Connection, OptionalExtension as _, ffi};
use sha2::{Digest as _, Sha256};
use std::path::Path;
use std::time::Duration;

/// What every such file has besides the consumer's own tables.
const TABLES: &str =
    "CREATE TABLE checkpoint (schema TEXT NOT NULL, position INTEGER NOT NULL, command_id TEXT NOT NULL);";

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
    if known.as_deref() != Some(&digest(schema)) {
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
    reset(&fresh, schema)?;
    layout(&fresh)
}

/// Drops everything and recreates the tables, empty.
pub(crate) fn reset(tables: &Connection, schema: &str) -> rusqlite::Result<()> {
    clear(tables)?;
    tables.execute_batch(schema)?;
    tables.execute_batch(TABLES)?;
    tables.execute_batch(set_aside::TABLE)?;
    tables.execute("INSERT INTO checkpoint VALUES (?1, 0, '')", [digest(schema)]).map(drop)
}

/// What distinguishes one schema from another, the tables of this file included.
fn digest(schema: &str) -> String {
    let all = [schema, TABLES, set_aside::TABLE].concat();
    Sha256::digest(all).iter().map(|byte| format!("{byte:02x}")).collect()
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

/// How far the consumer has come; none when it has not begun.
pub(crate) fn checkpoint(tables: &Connection) -> rusqlite::Result<Option<Checkpoint>> {
    tables.query_row("SELECT position, command_id FROM checkpoint", [], |row| {
        let position = row.get::<_, i64>(0)? as u64;
        let command_id = Uuid::try_parse(&row.get::<_, String>(1)?).unwrap_or_default();
        Ok((position > 0).then_some(Checkpoint { position, command_id }))
    })
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
