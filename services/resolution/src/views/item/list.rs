//! Lists of items, as they are and as they were.

use super::super::enum_filter;
use super::{OF_BODY, ROWS, UNDER, shown, span};
use domain::calendar::Zone;
use domain::resolution::action_item::Stage;
use domain::{Code, Date, Timestamp};
use proto::Invalid;
use proto::resolution::v1 as pb;
use service_kit::ScopedTables;
use service_kit::list::{ListQuery, Page, uuid_filter};
use service_kit::serve::read;
use service_kit::spans::{AsOf, Past};
use std::collections::BTreeSet;

/// Neither accepted nor rescinded. In a grown log few are; what implies this says so, for the indexes of those.
const OPEN: &str = "stage <= 4";
const OPEN_STAGE_MAX: i32 = 4;
/// Past due while its clock runs, and neither claimed, accepted nor rescinded: stages 1 to 3 on the wire.
const LATE: &str = "stage <= 4 AND stage <= 3 AND paused_since IS NULL AND due_at < ?";
/// The same for the items of one stage, which are not sought by their due moments, so that none need be sorted.
const LATE_IN_STAGE: &str = "stage <= 3 AND paused_since IS NULL AND +due_at < ?";
const NOT_LATE: &str = "stage > 3 OR paused_since IS NOT NULL OR due_at >= ?";

/// The query for items.
pub fn items(
    request: &pb::ListItemsRequest,
    now: Timestamp,
    zone: &Zone,
) -> Result<impl FnOnce(ScopedTables<'_>) -> rusqlite::Result<Page<pb::Item>> + Send + 'static + use<>, Invalid>
{
    items_under(request, None, now, zone)
}

/// The same for the items that these departments lead; with none, for all.
pub(crate) fn items_under(
    request: &pb::ListItemsRequest,
    under: Option<&BTreeSet<Code>>,
    now: Timestamp,
    zone: &Zone,
) -> Result<impl FnOnce(ScopedTables<'_>) -> rusqlite::Result<Page<pb::Item>> + Send + 'static + use<>, Invalid>
{
    let (list, zone) = (List::read(request)?.under(under), zone.clone());
    Ok(move |tables: ScopedTables<'_>| {
        let past = list.as_of.past(tables)?;
        let at = Past::moment(past, now);
        let query = list.query(past, at);
        query.run(tables, |row| Ok(shown(tables, row, past, at, &zone)?.unwrap_or_default()))
    })
}

/// A list of items that is asked for.
pub(crate) struct List {
    as_of: AsOf,
    query: ListQuery,
    stage: Option<i32>,
    late: Option<bool>,
}

impl List {
    pub(crate) fn read(request: &pb::ListItemsRequest) -> Result<List, Invalid> {
        let as_of = AsOf::read(request.as_of_at, request.as_of_position)?;
        let latest_due_on = request.latest_due_on.clone().filter(|date| !date.is_empty());
        let latest_due_on: Option<Date> = read("latest_due_on", latest_due_on)?;
        let (stage, late) = (enum_filter::<Stage>("stage", request.stage)?, request.late);
        // Few of what a department ever led is open, and is found by that, not by its stage.
        let of_lead = request.lead_code.as_ref().is_some_and(|code| !code.is_empty());
        let few = of_lead && (are_open(stage, late) || request.blocked == Some(true));
        let rows = if as_of.is_now() { ROWS } else { span::ROWS };
        let called_upon = match as_of.is_now() {
            true => "id IN (SELECT item FROM called_upon WHERE department = ?)",
            false => span::CALLED_UPON,
        };
        let (order, size, token) = (&request.order_by, request.page_size, &request.page_token);
        let unique = if as_of.is_now() { "rowid" } else { span::unique(order) };
        let in_stage = if few || !as_of.is_now() { "+stage = ?" } else { "stage = ?" };
        let mut query = ListQuery::new(rows, &["number", "due_at"], unique, order, size, token)?
            .filter_text("lead_code = ?", &request.lead_code)
            .filter_text(
                "id IN (SELECT item FROM supporting WHERE department = ?)",
                &request.co_responsible_code,
            )
            .filter_text("acceptor_code = ?", &request.acceptor_code)
            .filter_text(called_upon, &request.called_upon_code)
            .filter_some(in_stage, stage)
            .filter_some("resolution = ?", uuid_filter("resolution_id", &request.resolution_id)?)
            .filter_text(OF_BODY, &request.body_code)
            .filter_some("due_on <= ?", latest_due_on.map(|date| date.to_string()))
            .filter_id_prefix("id", &request.id_prefix)?
            .filter_words("searched", "text", request.text())?;
        if few {
            query = query.sort_few_by("number");
        }
        for (condition, values) in
            origins::conditions(&request.session_id, &request.matter_id, &request.case_reference)?
        {
            query = query.filter(condition, values);
        }
        Ok(List { as_of, query: only(query, request), stage, late })
    }

    fn under(self, codes: Option<&BTreeSet<Code>>) -> List {
        List { query: self.query.filter_codes(UNDER, codes), ..self }
    }

    /// The query for the present or a past state, which is looked at at a moment.
    pub(crate) fn query(self, past: Option<Past>, at: Timestamp) -> ListQuery {
        let mut query = self.query;
        if self.stage.is_some_and(|stage| stage <= OPEN_STAGE_MAX) {
            query = query.filter::<i64>(OPEN, []);
        }
        if let Some(late) = self.late {
            let condition = match (late, self.stage) {
                (true, None) => LATE,
                (true, Some(_)) => LATE_IN_STAGE,
                (false, _) => NOT_LATE,
            };
            query = query.filter(condition, [at.as_microsecond()]);
        }
        match past {
            Some(past) => span::then(query, past, are_open(self.stage, self.late)),
            None => query,
        }
    }
}

/// Whether what is in this stage, or late, is open.
fn are_open(stage: Option<i32>, late: Option<bool>) -> bool {
    stage.map_or(late == Some(true), |stage| stage <= OPEN_STAGE_MAX)
}

/// Keeps what is, or is not, as these flags of a request say.
fn only(query: ListQuery, request: &pb::ListItemsRequest) -> ListQuery {
    let flags = [
        (request.paused, "paused_since IS NOT NULL"),
        (request.extension_requested, "extension_due_on IS NOT NULL"),
        (request.not_holding, "holds IS 0"),
    ];
    let query = flags.into_iter().fold(query, |query, (asked, condition)| match asked {
        Some(true) => query.filter::<i64>(condition, []),
        Some(false) => query.filter::<i64>(&format!("NOT ({condition})"), []),
        None => query,
    });
    match request.blocked {
        Some(true) => query.filter::<i64>("blocked_reason IS NOT NULL", []),
        Some(false) => query.filter::<i64>("blocked_reason IS NULL", []),
        None => query,
    }
}
