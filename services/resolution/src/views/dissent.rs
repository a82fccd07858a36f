//! Votes against a version, and of the ballot that carried it: the dissent of its resolution, with the reasons that the
//! votes have. They are nowhere else, so that whoever gave one can have it erased.

use domain::Code;
use domain::deliberation::ballot::{BallotResult, Seat, against};
use domain::deliberation::docket::Event;
use domain::scheduling::body::charter;
use proto::resolution::v1 as pb;
use rusqlite::{Row, Transaction, params};
use service_kit::{Rows, ScopedTables};
use std::collections::BTreeSet;

/// Seats of one ballot, at most: as many as a body has.
const SEATS_MAX: u32 = 64;
const _: () = assert!(SEATS_MAX as usize == charter::SEATS_MAX);

/// Reasons are read by those who may see the docket.
const ROWS: Rows = Rows::of_those_concerned(
    "SELECT department, partly, reason FROM dissents",
    "(docket, topic) IN (SELECT docket, topic FROM participants
             WHERE department IN (SELECT value FROM json_each(?, '$.departments'))
                 AND sees)
         OR docket IN (SELECT docket FROM dockets WHERE body_code IN (SELECT value FROM json_each(?, '$.bodies')))",
);
const RECUSED: Rows = Rows::of_everybody("SELECT department FROM recused");

pub(super) fn project(tables: &Transaction<'_>, docket: &str, event: &Event) -> rusqlite::Result<()> {
    match event {
        Event::VoteCast { topic, ballot, department, choice, split, reason, .. } => {
            forget(tables, docket, *ballot, Some(department))?;
            let Some(partly) = against(*choice, split) else { return Ok(()) };
            tables
                .prepare_cached(
                    "INSERT INTO dissents (docket, ballot, topic, department, partly, reason)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                )?
                .execute(params![
                    docket,
                    ballot,
                    topic,
                    department.as_str(),
                    partly,
                    reason.as_ref().map(|reason| reason.as_str()),
                ])
                .map(drop)
        }
        Event::BallotClosed { topic, result, roll } => close(tables, docket, *topic, result, roll),
        _ => Ok(()),
    }
}

/// What was voted and does not count any more, as the seat recused itself, is no dissent; nor is what failed, or was about a
/// motion or an amendment.
fn close(
    tables: &Transaction<'_>,
    docket: &str,
    topic: u32,
    result: &BallotResult,
    roll: &[Seat],
) -> rusqlite::Result<()> {
    if !result.passed || !result.is_on_proposal() {
        return forget(tables, docket, result.ballot, None);
    }
    for seat in roll.iter().filter(|seat| !seat.voted) {
        forget(tables, docket, result.ballot, Some(&seat.department))?;
    }
    let mut insert = tables
        .prepare_cached("INSERT OR IGNORE INTO recused (docket, topic, department) VALUES (?1, ?2, ?3)")?;
    for seat in roll.iter().filter(|seat| seat.recused) {
        insert.execute(params![docket, topic, seat.department.as_str()])?;
    }
    Ok(())
}

/// Deletes the vote of a department, or all, in a ballot.
fn forget(
    tables: &Transaction<'_>,
    docket: &str,
    ballot: u32,
    department: Option<&Code>,
) -> rusqlite::Result<()> {
    tables
        .prepare_cached(
            "DELETE FROM dissents WHERE docket = ?1 AND ballot = ?2 AND department = coalesce(?3, department)",
        )?
        .execute(params![docket, ballot, department.map(Code::as_str)])
        .map(drop)
}

/// The dissent of a decision, as somebody sees it: nothing of it for those who recused themselves.
pub(super) fn of_decision(
    tables: ScopedTables<'_>,
    docket: &str,
    topic: u32,
) -> rusqlite::Result<Vec<pb::Dissent>> {
    let named = || [docket.to_owned().into(), i64::from(topic).into()];
    let condition = "docket = ? AND topic = ?";
    let code = |row: &Row<'_>| Ok(Code::parse(&row.get::<_, String>(0)?).ok());
    let recused = tables.all(&RECUSED, condition, "department", named(), SEATS_MAX, code)?;
    if tables.scope().is_recused(&recused.into_iter().flatten().collect::<BTreeSet<Code>>()) {
        return Ok(vec![]);
    }
    tables.all(&ROWS, condition, "department", named(), SEATS_MAX, |row| {
        Ok(pb::Dissent { department_code: row.get(0)?, partly: row.get(1)?, reason: row.get(2)? })
    })
}
