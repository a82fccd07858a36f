//! Lists of items, as they are and as they were.

use super::super::enum_filter;
use super::span::Way;
use super::{OF_BODY, ROWS, UNDER, shown, span};
use domain::calendar::Zone;
use domain::resolution::action_item::Stage;
use domain::text::composed;
use domain::{Code, Date, Timestamp};
use proto::resolution::v1 as pb;
use proto::{Invalid, Wire as _};
use service_kit::list::{ListQuery, Page, date_filter, is_given, uuid_filter};
use service_kit::spans::{AsOf, Leads, Past};
use service_kit::{Rows, Scope, ScopedTables};
use std::collections::BTreeSet;

/// Neither accepted nor rescinded. In a grown log few are; what implies this says so, for the indexes of those.
const OPEN: &str = "stage <= 4";
const OPEN_STAGE_MAX: i32 = 4;
/// Past due while its clock runs, and neither claimed, accepted nor rescinded: stages 1 to 3 on the wire.
const LATE: &str = "stage <= 4 AND stage <= 3 AND paused_since IS NULL AND due_at < ?";
/// The same for the items of one stage, which are not sought by their due moments, so that none need be sorted.
const LATE_IN_STAGE: &str = "stage <= 3 AND paused_since IS NULL AND +due_at < ?";
/// Claimed, and not judged: stage 4 on the wire.
const CLAIMED: &str = "stage <= 4 AND stage = 4 AND claimed_at IS NOT NULL";
/// Underway, stage 3 on the wire, while the clock runs, and without a word from the lead since before a moment.
const SILENT: &str = "stage <= 4 AND stage = 3 AND paused_since IS NULL AND heard_at < ?";
/// Standing still while its lead has something to do: what is claimed waits for its judge instead.
const PAUSED: &str = "paused_since IS NOT NULL AND +stage <= 3";
const NOT_LATE: &str = "stage > 3 OR paused_since IS NOT NULL OR due_at >= ?";

/// The fields that say since when something has changed.
const SINCE: (&str, &str) = ("changed_since_at", "changed_since_position");
/// Changed after a position, and up to another one.
const CHANGED: &str = "rowid IN (SELECT item FROM item_spans WHERE since > ? AND since <= ?)";

/// The claimed items, those that wait longest first; and those underway, found by when their leads were last heard
/// from.
const BY_AGE: Rows = ROWS.selecting_each("SELECT rowid, * FROM items INDEXED BY claimed_by_age");
const UNDERWAY: Rows = ROWS.selecting_each("SELECT rowid, * FROM items INDEXED BY underway_by_age");

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
        let query = list.found(tables, past, &zone)?.query(past, at, &zone, tables.scope());
        query.run(tables, |row| Ok(shown(tables, row, past, at, &zone)?.unwrap_or_default()))
    })
}

/// A list of items that is asked for.
pub(crate) struct List {
    as_of: AsOf,
    since: AsOf,
    query: ListQuery,
    stage: Option<i32>,
    late: Option<bool>,
    silent_since: Option<Date>,
    latest_due_on: Option<Date>,
    /// Whether all that is asked for is open.
    are_open: bool,
    /// Whether their results do not hold.
    are_not_holding: bool,
    /// Whether a filter leaves few.
    is_narrow: bool,
    leads: Leads,
}

impl List {
    pub(crate) fn read(request: &pb::ListItemsRequest) -> Result<List, Invalid> {
        let as_of = AsOf::read(request.as_of_at, request.as_of_position)?;
        let since = AsOf::named(SINCE, request.changed_since_at, request.changed_since_position)?;
        let latest_due_on = date_filter("latest_due_on", &request.latest_due_on)?;
        let silent_since = date_filter("silent_since_on", &request.silent_since_on)?;
        let (stage, late) = (enum_filter::<Stage>("stage", request.stage)?, request.late);
        // Few of what a department ever led is open, and is found by that, not by its stage.
        let of_lead = is_given(&request.lead_code);
        let few = of_lead && (are_open(stage, late) || request.blocked == Some(true));
        let rows = if as_of.is_now() { ROWS } else { span::ROWS };
        let origins = origins::conditions(&request.session_id, &request.matter_id, &request.case_reference)?;
        let narrow = [
            &request.co_responsible_code,
            &request.resolution_id,
            &request.body_code,
            &request.id_prefix,
            &request.acceptor_code,
            &request.called_upon_code,
        ];
        let is_narrow = !origins.is_empty() || narrow.into_iter().any(is_given);
        let (order, size, token) = (&request.order_by, request.page_size, &request.page_token);
        let in_stage = if few || !as_of.is_now() { "+stage = ?" } else { "stage = ?" };
        let mut query =
            ListQuery::new(rows, &["number", "due_at", "claimed_at"], "rowid", order, size, token)?
                .filter_text("lead_code = ?", &request.lead_code)
                .filter_text(
                    "id IN (SELECT item FROM supporting WHERE department = ?)",
                    &request.co_responsible_code,
                )
                .filter_some(in_stage, stage)
                .filter_some("resolution = ?", uuid_filter("resolution_id", &request.resolution_id)?)
                .filter_text(OF_BODY, &request.body_code)
                .filter_some("due_on <= ?", latest_due_on.map(|date| date.to_string()))
                .filter_id_prefix("id", &request.id_prefix)?
                .filter_words("searched", "item_pairs", "text", request.text())?;
        let is_held = is_given(&request.holder_code);
        if is_held {
            query = query.filter_text("stage <= 4 AND holder_code = ?", &request.holder_code);
        }
        if few || is_held {
            query = query.sort_few_by("number");
        }
        let is_by_age = query.is_sorted_by("claimed_at");
        if is_by_age {
            query = query.filter::<i64>(CLAIMED, []);
        }
        let judged = to_judge(&request.acceptor_code, as_of).into_iter();
        let waiting = judged.chain(called_upon(&request.called_upon_code, as_of));
        for (condition, values) in waiting.chain(origins) {
            query = query.filter(condition, values);
        }
        // What is blocked, suspended or asked to be extended is open.
        let flags = [request.blocked, request.paused, request.extension_requested];
        let are_open = are_open(stage, late)
            || silent_since.is_some()
            || is_by_age
            || is_held
            || flags.contains(&Some(true));
        let (query, leads) = (only(query, request), Leads::named(&request.lead_code));
        let are_not_holding = request.not_holding == Some(true);
        Ok(List {
            as_of,
            since,
            query,
            stage,
            late,
            silent_since,
            latest_due_on,
            are_open,
            are_not_holding,
            is_narrow,
            leads,
        })
    }

    fn under(self, codes: Option<&BTreeSet<Code>>) -> List {
        let leads = self.leads.among(codes);
        List { query: self.query.filter_codes(UNDER, codes), leads, ..self }
    }

    /// Finds what changed since, and what is looked for by words, or is due by a day, first where that is few.
    fn found(mut self, tables: ScopedTables<'_>, past: Option<Past>, zone: &Zone) -> rusqlite::Result<List> {
        if let Some(since) = self.since.past(tables)? {
            self.query = self.query.filter(CHANGED, since.until(past)).sort_few();
            self.is_narrow = true;
        }
        self.is_narrow |= self.query.find_words(tables)?;
        if let Some(day) = self.latest_due_on.filter(|_| self.as_of.is_now()) {
            // What is due on a day by the zone of its time may be so on the next by another one's.
            let end = zone.end_of(day.tomorrow().unwrap_or(day)).as_microsecond();
            self.query.find_few(tables, "items", "due_at <= ?", end)?;
        }
        Ok(self)
    }

    /// How it is found in a past state.
    fn way(&self) -> Way {
        if self.are_open {
            return Way::Open;
        }
        if self.is_narrow {
            return Way::Filter;
        }
        if self.are_not_holding {
            return Way::NotHolding;
        }
        match &self.leads {
            Leads::One(code) => Way::LedBy(code.clone()),
            Leads::Few => Way::Leads,
            Leads::Any => Way::Stage(self.stage.and_then(|stage| Stage::from_wire(stage).ok())),
        }
    }

    /// The query for the present or a past state, which is looked at at a moment.
    pub(crate) fn query(self, past: Option<Past>, at: Timestamp, zone: &Zone, scope: &Scope) -> ListQuery {
        let way = self.way();
        let mut query = self.query;
        if let Some(date) = self.silent_since {
            query = query.filter(SILENT, [zone.start_of(date).as_microsecond()]).sort_few();
        }
        if past.is_none() && self.silent_since.is_some() {
            query = query.reading(UNDERWAY);
        } else if past.is_none() && query.is_sorted_by("claimed_at") {
            query = query.reading(BY_AGE);
        }
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
            None => query,
            Some(past) if scope.is_whole() => span::then(query, past, way),
            Some(past) => {
                let walked = span::then(query.clone(), past, way.clone());
                span::then(query, past, way.of_some()).or_walking(walked)
            }
        }
    }
}

/// The condition that a department was named to judge, with its values.
fn to_judge(code: &Option<String>, as_of: AsOf) -> Option<(&'static str, Vec<String>)> {
    let code = code_of(code)?;
    Some(match as_of.is_now() {
        true => ("acceptor_code = ?", vec![code]),
        false => (span::TO_JUDGE, vec![code.clone(), code]),
    })
}

/// A filter by a code, if it is given, as tables have it.
fn code_of(code: &Option<String>) -> Option<String> {
    let code = code.as_deref().filter(|code| !code.is_empty())?;
    Some(composed(code).into_owned())
}

/// The condition that a department is called upon, with its values.
fn called_upon(code: &Option<String>, as_of: AsOf) -> Option<(&'static str, Vec<String>)> {
    let code = code_of(code)?;
    Some(match as_of.is_now() {
        true => ("id IN (SELECT item FROM called_upon WHERE department = ?)", vec![code]),
        false => (span::CALLED_UPON, vec![code.clone(), code]),
    })
}

/// Whether what is in this stage, or late, is open.
fn are_open(stage: Option<i32>, late: Option<bool>) -> bool {
    stage.map_or(late == Some(true), |stage| stage <= OPEN_STAGE_MAX)
}

/// Keeps what is, or is not, as these flags of a request say.
fn only(query: ListQuery, request: &pb::ListItemsRequest) -> ListQuery {
    let flags = [
        (request.paused, PAUSED),
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
