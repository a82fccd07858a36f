//! The board of some of the items: those of a resolution, a session, a matter or a case, those that wait for a department, or
//! those that changed lately. They are few, and counted when it is asked for.

use super::super::follow_up::called_upon;
use proto::Invalid;
use proto::followup::v1::GetBoardRequest;
use service_kit::Rows;
use service_kit::list::uuid_filter;
use service_kit::spans::AsOf;

/// Follow-ups with what depends on the clock; its values are now, the end of the days ahead, and now.
macro_rules! follow_ups_at {
    ($($from:tt)*) => {
        concat!(
            "(SELECT rowid, *, open AND runs AND due_at >= ? AND due_at <= ? AS due_soon,
                 open AND runs AND due_at < ? AS late
              FROM ",
            $($from)*,
            ")"
        )
    };
}

/// A department's counts, which it sees, and those above it.
pub(super) const ROWS: Rows = super::ROWS.selecting(of_each!(follow_ups_at!("follow_ups")));
pub(super) const TOTALS: Rows = super::ROWS.selecting(of_all!(follow_ups_at!("follow_ups")));

/// The same of follow-ups as they were.
pub(super) const PAST_ROWS: Rows = super::ROWS.selecting(of_each!(follow_ups_at!(past_follow_ups!())));
pub(super) const PAST_TOTALS: Rows = super::ROWS.selecting(of_all!(follow_ups_at!(past_follow_ups!())));

/// The conditions on the items, each with its values; none where all are asked for, or all of a body, which are counted already.
pub(super) fn conditions(
    request: &GetBoardRequest,
    as_of: AsOf,
) -> Result<Vec<(&'static str, Vec<String>)>, Invalid> {
    let resolution = uuid_filter("resolution_id", &request.resolution_id)?;
    let own = resolution.map(|id| ("resolution = ?", vec![id])).into_iter();
    let own = own.chain(called_upon(&request.called_upon_code, as_of));
    let origins = origins::conditions(&request.session_id, &request.matter_id, &request.case_reference)?;
    Ok(own.chain(origins).collect())
}
