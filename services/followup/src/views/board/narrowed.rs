//! The board of some of the items: those of a body, a resolution, a session, a matter or a case, or those that wait for a
//! department. They are counted when it is asked for.

use super::super::condition::Condition;
use super::super::follow_up::CALLED_UPON;
use super::{Board, counts, due_soon_until, row};
use domain::Timestamp;
use domain::calendar::Zone;
use domain::text::composed;
use proto::Invalid;
use proto::followup::v1::GetBoardRequest;
use rusqlite::types::Value;
use service_kit::list::{ListQuery, uuid_filter};
use service_kit::{Rows, ScopedTables};

/// A department's counts, which it sees, and those above it.
pub(super) const ROWS: Rows = super::ROWS.selecting(
    "SELECT lead_code, coalesce(sum(open), 0) AS open,
         coalesce(sum(open AND runs AND due_at >= ? AND due_at <= ?), 0) AS due_soon,
         coalesce(sum(open AND runs AND due_at < ?), 0) AS late,
         coalesce(sum(blocked), 0) AS blocked, coalesce(sum(escalated), 0) AS escalated,
         coalesce(sum(unacknowledged), 0) AS unacknowledged, coalesce(sum(claimed), 0) AS claimed,
         coalesce(sum(extended), 0) AS extended, coalesce(sum(done), 0) AS done,
         coalesce(sum(held), 0) AS held, coalesce(sum(cancelled), 0) AS cancelled,
         coalesce(sum(was_late), 0) AS was_late
     FROM follow_ups",
);

/// The conditions on the items, each with its values; none where all are asked for.
pub(super) fn conditions(request: &GetBoardRequest) -> Result<Vec<(&'static str, Vec<String>)>, Invalid> {
    let text = |text: &Option<String>| {
        text.as_deref().filter(|text| !text.is_empty()).map(|text| vec![composed(text).into_owned()])
    };
    let resolution = uuid_filter("resolution_id", &request.resolution_id)?.map(|id| vec![id]);
    let own = [
        ("body_code = ?", text(&request.body_code)),
        ("resolution = ?", resolution),
        (CALLED_UPON, text(&request.called_upon_code)),
    ];
    let own = own.into_iter().filter_map(|(condition, values)| Some((condition, values?)));
    let origins = origins::conditions(&request.session_id, &request.matter_id, &request.case_reference)?;
    Ok(own.chain(origins).collect())
}

/// Refuses these filters for a past board, whose items are not kept one by one.
pub(super) fn must_be_none(request: &GetBoardRequest) -> Result<(), Invalid> {
    let filters = [
        ("body_code", &request.body_code),
        ("resolution_id", &request.resolution_id),
        ("session_id", &request.session_id),
        ("matter_id", &request.matter_id),
        ("case_reference", &request.case_reference),
        ("called_upon_code", &request.called_upon_code),
    ];
    match filters.into_iter().find(|(_, given)| given.as_ref().is_some_and(|given| !given.is_empty())) {
        Some((field, _)) => {
            Err(Invalid::field(field, "is given for a past board; only under_code is accepted there"))
        }
        None => Ok(()),
    }
}

/// A page of the board, and the totals.
pub(super) fn board(
    tables: ScopedTables<'_>,
    mut rows: ListQuery,
    narrowed_by: &[(&'static str, Vec<String>)],
    under: &Condition,
    now: Timestamp,
    zone: &Zone,
) -> rusqlite::Result<Board> {
    let moments = [now.as_microsecond(), due_soon_until(now, zone), now.as_microsecond()];
    let mut totals = under.clone();
    for (condition, values) in narrowed_by {
        rows = rows.filter(condition, values.clone());
        totals = totals.and(condition, values.iter().cloned().map(Value::from));
    }
    let totals = totals.first(tables, &ROWS, moments, counts)?.unwrap_or_default();
    Ok((rows.selecting_with(moments).run(tables, row)?, totals, now))
}
