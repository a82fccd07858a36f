//! The board of some of the items: those of a body, a resolution, a session, a matter or a case, or those that wait for a
//! department. They are counted when it is asked for.

use super::super::condition::Condition;
use super::super::follow_up::called_upon;
use super::{Board, counts, due_soon_until, row};
use domain::Timestamp;
use domain::calendar::Zone;
use domain::text::composed;
use proto::Invalid;
use proto::followup::v1::GetBoardRequest;
use rusqlite::types::Value;
use service_kit::list::{ListQuery, uuid_filter};
use service_kit::spans::{AsOf, Past, THEN};
use service_kit::{Rows, ScopedTables};

macro_rules! counting {
    () => {
        "SELECT lead_code, coalesce(sum(open), 0) AS open,
         coalesce(sum(open AND runs AND due_at >= ? AND due_at <= ?), 0) AS due_soon,
         coalesce(sum(open AND runs AND due_at < ?), 0) AS late,
         coalesce(sum(blocked), 0) AS blocked, coalesce(sum(escalated), 0) AS escalated,
         coalesce(sum(unacknowledged), 0) AS unacknowledged, coalesce(sum(claimed), 0) AS claimed,
         coalesce(sum(extended), 0) AS extended, coalesce(sum(done), 0) AS done,
         coalesce(sum(held), 0) AS held, coalesce(sum(cancelled), 0) AS cancelled,
         coalesce(sum(was_late), 0) AS was_late
     FROM "
    };
}

/// A department's counts, which it sees, and those above it.
pub(super) const ROWS: Rows = super::ROWS.selecting(concat!(counting!(), "follow_ups"));

/// The same of follow-ups as they were.
pub(super) const PAST_ROWS: Rows = super::ROWS.selecting(concat!(counting!(), past_follow_ups!()));

/// The conditions on the items, each with its values; none where all are asked for.
pub(super) fn conditions(
    request: &GetBoardRequest,
    as_of: AsOf,
) -> Result<Vec<(&'static str, Vec<String>)>, Invalid> {
    let text = |text: &Option<String>| {
        text.as_deref().filter(|text| !text.is_empty()).map(|text| vec![composed(text).into_owned()])
    };
    let resolution = uuid_filter("resolution_id", &request.resolution_id)?.map(|id| vec![id]);
    let own = [("body_code = ?", text(&request.body_code)), ("resolution = ?", resolution)];
    let own = own.into_iter().filter_map(|(condition, values)| Some((condition, values?)));
    let own = own.chain(called_upon(&request.called_upon_code, as_of));
    let origins = origins::conditions(&request.session_id, &request.matter_id, &request.case_reference)?;
    Ok(own.chain(origins).collect())
}

/// Which items are counted.
pub(super) struct Narrowed<'n> {
    /// The past state that is asked for, if it is not the present.
    pub(super) past: Option<Past>,
    /// The conditions on them.
    pub(super) by: &'n [(&'static str, Vec<String>)],
    /// The departments that lead them.
    pub(super) under: &'n Condition,
}

impl Narrowed<'_> {
    /// A page of the board at a moment, and the totals.
    pub(super) fn board(
        &self,
        tables: ScopedTables<'_>,
        mut rows: ListQuery,
        at: Timestamp,
        zone: &Zone,
    ) -> rusqlite::Result<Board> {
        let moments = [at.as_microsecond(), due_soon_until(at, zone), at.as_microsecond()];
        let mut totals = self.under.clone();
        if let Some(past) = self.past {
            rows = rows.filter(THEN, past.then());
            totals = totals.and(THEN, past.then());
        }
        for (condition, values) in self.by {
            rows = rows.filter(condition, values.clone());
            totals = totals.and(condition, values.iter().cloned().map(Value::from));
        }
        let counted = if self.past.is_some() { PAST_ROWS } else { ROWS };
        let totals = totals.first(tables, &counted, moments, counts)?.unwrap_or_default();
        Ok((rows.selecting_with(moments).run(tables, row)?, totals, at))
    }
}
