//! How records are projected into a view's tables: a batch is one transaction, and a record that fails is set
//! aside.

use super::{View, ViewError};
use crate::checkpoint::Checkpoint;
use crate::consumer::{is_about_the_file, save_checkpoint};
use crate::set_aside::{self, Halted, panic_message};
use domain::StreamName;
use journal::Record;
use rusqlite::{Connection, Transaction};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

/// Projects records in one transaction, or sets them aside; `last` becomes the checkpoint. An error is about the
/// file; nothing was projected then.
pub(super) fn apply_batch<V: View>(
    tables: &mut Connection,
    halted: &mut Halted,
    records: &[Arc<Record>],
    last: Checkpoint,
) -> rusqlite::Result<()> {
    // Usually none of them fails, and no record needs a savepoint.
    match apply_all::<V>(tables, halted, records, last)? {
        true => Ok(()),
        false => apply_one_by_one::<V>(tables, halted, records, last),
    }
}

/// Projects all records; none, and answers false, when one of them fails.
fn apply_all<V: View>(
    tables: &mut Connection,
    halted: &mut Halted,
    records: &[Arc<Record>],
    last: Checkpoint,
) -> rusqlite::Result<bool> {
    let transaction = tables.transaction()?;
    for record in records {
        if let Some(reason) = halted.blocked_by(record) {
            halted.put(&transaction, V::NAME, record, &reason)?;
        } else if project::<V>(&transaction, record)?.is_err() {
            return Ok(false);
        }
    }
    commit(transaction, last)?;
    Ok(true)
}

/// Projects each record that does not fail, and leaves no trace of one that does.
fn apply_one_by_one<V: View>(
    tables: &mut Connection,
    halted: &mut Halted,
    records: &[Arc<Record>],
    last: Checkpoint,
) -> rusqlite::Result<()> {
    let transaction = tables.transaction()?;
    for record in records {
        let reason = match halted.blocked_by(record) {
            Some(reason) => Some(reason),
            None => project_alone::<V>(&transaction, record)?.err(),
        };
        if let Some(reason) = reason {
            halted.put(&transaction, V::NAME, record, &reason)?;
        }
    }
    commit(transaction, last)
}

fn commit(transaction: Transaction<'_>, last: Checkpoint) -> rusqlite::Result<()> {
    save_checkpoint(&transaction, last)?;
    transaction.commit()
}

/// Retries what was set aside of a stream, up to the first record that fails again; returns how many succeeded.
pub(super) fn retry_set_aside<V: View>(
    tables: &mut Connection,
    stream: &StreamName,
    records: &[Record],
) -> rusqlite::Result<usize> {
    let transaction = tables.transaction()?;
    let mut projected = 0;
    for position in set_aside::positions(&transaction, stream)? {
        let Some(record) = records.iter().find(|record| record.position == position) else { break };
        if project_alone::<V>(&transaction, record)?.is_err() {
            break;
        }
        set_aside::remove(&transaction, position)?;
        projected += 1;
    }
    transaction.commit()?;
    Ok(projected)
}

/// Projects one record within a savepoint: wholly, or not at all for the reason returned.
fn project_alone<V: View>(
    transaction: &Transaction<'_>,
    record: &Record,
) -> rusqlite::Result<Result<(), String>> {
    transaction.execute_batch("SAVEPOINT record")?;
    let outcome = project::<V>(transaction, record)?;
    if outcome.is_err() {
        transaction.execute_batch("ROLLBACK TO record")?;
    }
    transaction.execute_batch("RELEASE record")?;
    Ok(outcome)
}

/// Projects one record. The outer error is about the file, the inner one about the record.
fn project<V: View>(transaction: &Transaction<'_>, record: &Record) -> rusqlite::Result<Result<(), String>> {
    match catch_unwind(AssertUnwindSafe(|| V::apply(transaction, record))) {
        Ok(Ok(())) => Ok(Ok(())),
        Ok(Err(ViewError::Tables(error))) if is_about_the_file(&error) => Err(error),
        Ok(Err(error)) => Ok(Err(error.to_string())),
        Err(panic) => Ok(Err(panic_message(&*panic))),
    }
}
