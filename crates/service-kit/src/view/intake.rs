//! How records come into a view's tables: many in one transaction, and one that cannot come in alone.

use super::{View, ViewError};
use crate::checkpoint::Checkpoint;
use crate::consumer::{is_about_the_file, reach};
use crate::set_aside::{self, Halted, said};
use domain::StreamName;
use journal::{Position, Record};
use rusqlite::{Connection, Transaction};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Takes records in, in one transaction, or sets them aside; answers the position of the last. An error
/// speaks of the file; nothing was taken in then.
pub(super) fn take_in<V: View>(
    tables: &mut Connection,
    halted: &mut Halted,
    records: &[Record],
) -> rusqlite::Result<Position> {
    // Mostly all of them can be taken in, and no record needs a savepoint.
    if let Some(reached) = all::<V>(tables, halted, records)? {
        return Ok(reached);
    }
    one_by_one::<V>(tables, halted, records)
}

/// Takes all records in; nothing, when one of them cannot be.
fn all<V: View>(
    tables: &mut Connection,
    halted: &mut Halted,
    records: &[Record],
) -> rusqlite::Result<Option<Position>> {
    let transaction = tables.transaction()?;
    for record in records {
        if let Some(reason) = halted.behind(record) {
            halted.put(&transaction, V::NAME, record, &reason)?;
        } else if attempt::<V>(&transaction, record)?.is_err() {
            return Ok(None);
        }
    }
    end(transaction, records).map(Some)
}

/// Takes in each record that can be, and leaves nothing behind of one that cannot.
fn one_by_one<V: View>(
    tables: &mut Connection,
    halted: &mut Halted,
    records: &[Record],
) -> rusqlite::Result<Position> {
    let transaction = tables.transaction()?;
    for record in records {
        let reason = match halted.behind(record) {
            Some(reason) => Some(reason),
            None => alone::<V>(&transaction, record)?.err(),
        };
        if let Some(reason) = reason {
            halted.put(&transaction, V::NAME, record, &reason)?;
        }
    }
    end(transaction, records)
}

fn end(transaction: Transaction<'_>, records: &[Record]) -> rusqlite::Result<Position> {
    let Some(last) = records.last() else { return Ok(0) };
    reach(&transaction, Checkpoint::from(last))?;
    transaction.commit()?;
    Ok(last.position)
}

/// Tries to take in what was set aside of a stream, as far as that goes, and answers how many records were.
pub(super) fn try_again<V: View>(
    tables: &mut Connection,
    stream: &StreamName,
    records: &[Record],
) -> rusqlite::Result<usize> {
    let transaction = tables.transaction()?;
    let mut taken = 0;
    for position in set_aside::positions(&transaction, stream)? {
        let Some(record) = records.iter().find(|record| record.position == position) else { break };
        if alone::<V>(&transaction, record)?.is_err() {
            break;
        }
        set_aside::take_back(&transaction, position)?;
        taken += 1;
    }
    transaction.commit()?;
    Ok(taken)
}

/// Takes one record in behind a savepoint: whole, or not at all for the reason given.
fn alone<V: View>(transaction: &Transaction<'_>, record: &Record) -> rusqlite::Result<Result<(), String>> {
    transaction.execute_batch("SAVEPOINT record")?;
    let outcome = attempt::<V>(transaction, record)?;
    if outcome.is_err() {
        transaction.execute_batch("ROLLBACK TO record")?;
    }
    transaction.execute_batch("RELEASE record")?;
    Ok(outcome)
}

/// Tries to take one record in. The outer error speaks of the file, the inner one of the record.
fn attempt<V: View>(transaction: &Transaction<'_>, record: &Record) -> rusqlite::Result<Result<(), String>> {
    match catch_unwind(AssertUnwindSafe(|| V::apply(transaction, record))) {
        Ok(Ok(())) => Ok(Ok(())),
        Ok(Err(ViewError::Tables(error))) if is_about_the_file(&error) => Err(error),
        Ok(Err(error)) => Ok(Err(error.to_string())),
        Err(panic) => Ok(Err(said(&*panic))),
    }
}
