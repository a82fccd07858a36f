//! Follow-ups, a row each, with the rungs of its ladder that are still to come.

mod row;
pub(super) mod span;

pub(super) use row::ChangingRow;

use super::board::{Account, Counted, chosen, column};
use super::{board, notice};
use domain::calendar::Zone;
use domain::followup::follow_up::{Event, FollowUp, Stage, Subject};
use domain::followup::ladder::Rung;
use domain::text::composed;
use domain::{Code, Date, Timestamp, Uuid};
use proto::followup::v1 as pb;
use proto::{Invalid, Wire};
use row::{Pending, write_rungs};
use rusqlite::types::Type;
use rusqlite::{Row, Transaction, params};
use service_kit::events::decode;
use service_kit::list::{ListQuery, Page, date_filter, is_given, sort_key, uuid_filter};
use service_kit::row::{moment, timestamp, uuid};
use service_kit::scope::as_json;
use service_kit::spans::{AsOf, Leads, Past, position_of};
use service_kit::timer::Deadline;
use service_kit::view::ViewError;
use service_kit::{Record, Rows, Scope, ScopedTables};
use span::Way;
use std::collections::BTreeSet;

pub(super) fn project(tables: &Transaction<'_>, record: &Record) -> Result<(), ViewError> {
    let id = record.stream.id.to_string();
    for event in decode::<FollowUp>(record)? {
        if let Event::Planned { subject, rungs, .. } = &event {
            insert_follow_up(tables, record, subject, rungs)?;
            continue;
        }
        let Some(before) = ChangingRow::read(tables, &id)? else { continue };
        let mut row = before.clone();
        row.apply(&event);
        row.write(tables, record, &before)?;
        if let Event::ContestResolved { lead, .. } = &event {
            leads_now(tables, &row, lead)?;
        }
        notice::insert_notice(tables, record, &row, &event)?;
    }
    Ok(())
}

/// Whoever leads it supports it no longer.
fn leads_now(tables: &Transaction<'_>, row: &ChangingRow, lead: &Code) -> rusqlite::Result<()> {
    let given = params![row.rowid(), lead.as_str()];
    tables
        .prepare_cached(
            "UPDATE follow_ups
             SET co_responsible_codes = trim(replace(' ' || co_responsible_codes || ' ', ' ' || ?2 || ' ', ' '))
             WHERE rowid = ?1 AND EXISTS (SELECT 1 FROM supporting WHERE department = ?2 AND follow_up = ?1)",
        )?
        .execute(given)?;
    let ended = "DELETE FROM supporting WHERE follow_up = ?1 AND department = ?2";
    tables.prepare_cached(ended)?.execute(given).map(drop)
}

fn insert_follow_up(
    tables: &Transaction<'_>,
    record: &Record,
    subject: &Subject,
    rungs: &[Rung],
) -> rusqlite::Result<()> {
    let co_responsible: Vec<&str> = subject.co_responsible.iter().map(Code::as_str).collect();
    let mut rungs: Vec<Pending> = rungs.iter().map(Pending::from).collect();
    rungs.sort_unstable();
    let (next, stage) = (rungs.first(), wire(Stage::Open));
    tables
        .prepare_cached(
            "INSERT INTO follow_ups (id, resolution, number, written, title, lead_code, co_responsible_codes,
                 due_on, due_at, acknowledge_by, time_zone, stage, rungs, next_notice_at, next_rung, body_code,
                 first_due_on, planned)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?8, ?17)",
        )?
        .execute(params![
            record.stream.id.to_string(),
            subject.resolution.to_string(),
            sort_key(subject.number.as_str()),
            subject.number.as_str(),
            subject.title.as_str(),
            subject.lead.as_str(),
            co_responsible.join(" "),
            subject.due_on.to_string(),
            subject.due_at.as_microsecond(),
            subject.acknowledge_by.as_microsecond(),
            subject.zone.name(),
            stage,
            write_rungs(&rungs),
            next.map(|rung| rung.due_at),
            next.map(|rung| rung.number),
            subject.body.as_ref().map(Code::as_str),
            position_of(record),
        ])?;
    let follow_up = tables.last_insert_rowid();
    let mut insert_supporting =
        tables.prepare_cached("INSERT OR IGNORE INTO supporting (department, follow_up) VALUES (?1, ?2)")?;
    for department in co_responsible {
        insert_supporting.execute(params![department, follow_up])?;
    }
    span::keep(tables, record, follow_up)?;
    let body = subject.body.as_ref().map(Code::as_str).unwrap_or_default();
    let (account, due_at) = (Account { lead: subject.lead.as_str(), body }, subject.due_at.as_microsecond());
    board::count(tables, position_of(record), None, Counted { account, due_at, stage, ..Counted::default() })
}

fn zone(name: &str) -> rusqlite::Result<Zone> {
    Zone::named(name).map_err(|fault| rusqlite::Error::FromSqlConversionFailure(0, Type::Text, fault.into()))
}

/// Calendar days since a moment, in the follow-up's zone.
fn days_since(row: &Row<'_>, micros: i64, now: Timestamp) -> rusqlite::Result<u32> {
    let since = Timestamp::from_microsecond(micros).unwrap_or(now);
    Ok(zone(&row.get::<_, String>("time_zone")?)?.days_between(since, now))
}

fn wire(stage: Stage) -> i32 {
    stage.to_wire()
}

/// A follow-up is seen by those whom its item concerns.
const ROWS: Rows = Rows::of_those_concerned(
    "SELECT rowid, * FROM follow_ups",
    concat!("rowid IN (", follow_ups_concerning!(), ")"),
)
.shown_by_row(follow_ups_concerning!(), follow_up_concerns!("listed"));

/// Led by one of some departments, waiting for a department.
pub(super) const UNDER: &str = "lead_code IN (SELECT value FROM json_each(?))";
/// Escalated to the leadership, without an instruction since; of departments or bodies that leaders answer for.
const AWAITS_LEADERS: &str = "escalated_to = 2 AND NOT instructed
     AND (lead_code IN (SELECT value FROM json_each(?)) OR body_code IN (SELECT value FROM json_each(?)))";
/// The fields that say since when something has changed.
pub(super) const SINCE: (&str, &str) = ("changed_since_at", "changed_since_position");
/// Changed after a position, and up to another one.
pub(super) const CHANGED: &str =
    "rowid IN (SELECT follow_up FROM follow_up_spans WHERE since > ? AND since <= ?)";
const CALLED_UPON: &str = "rowid IN (SELECT follow_up FROM called_upon WHERE department = ?)";

/// The rungs that come first, each for its follow-up.
pub(crate) fn next_deadlines(tables: ScopedTables<'_>, most: u32) -> rusqlite::Result<Vec<Deadline>> {
    let read = |row: &Row<'_>| {
        Ok(Deadline {
            at: timestamp(row, "next_notice_at")?,
            id: uuid(row, "id")?,
            number: row.get("next_rung")?,
        })
    };
    tables.all(&ROWS, "next_notice_at IS NOT NULL", "next_notice_at, rowid", [], most, read)
}

/// The query for the follow-ups of which something comes until a moment, by what comes first.
pub(crate) fn coming(
    request: &pb::ListUpcomingNoticesRequest,
    now: Timestamp,
    until: Timestamp,
) -> Result<
    impl FnOnce(ScopedTables<'_>) -> rusqlite::Result<Page<pb::FollowUp>> + Send + 'static + use<>,
    Invalid,
> {
    let (size, token) = (request.page_size, &request.page_token);
    let query = ListQuery::new(ROWS, &["next_notice_at"], "rowid", "", size, token)?
        .filter_text("lead_code = ?", &request.lead_code)
        .filter("next_notice_at IS NOT NULL AND next_notice_at <= ?", [until.as_microsecond()]);
    Ok(move |tables: ScopedTables<'_>| query.run(tables, |row| follow_up(row, now)))
}

/// The open follow-ups, of one body or with none of all, that come after a row, at most `most` of them; each with its row.
pub(crate) fn open_follow_ups(
    tables: ScopedTables<'_>,
    body: Option<&Code>,
    after: i64,
    most: u32,
) -> rusqlite::Result<Vec<(i64, Uuid)>> {
    let (condition, values) = match body {
        Some(body) => {
            ("open AND body_code = ? AND rowid > ?", vec![body.as_str().to_owned().into(), after.into()])
        }
        None => ("open AND rowid > ?", vec![after.into()]),
    };
    let read = |row: &Row<'_>| Ok((row.get("rowid")?, uuid(row, "id")?));
    tables.all(&ROWS, condition, "rowid", values, most, read)
}

/// A page of follow-ups, and the moment that they are of.
pub(crate) type Listed = (Page<pb::FollowUp>, Timestamp);

/// The query for follow-ups.
pub fn follow_ups(
    request: &pb::ListFollowUpsRequest,
    now: Timestamp,
    zone: &Zone,
) -> Result<impl FnOnce(ScopedTables<'_>) -> rusqlite::Result<Listed> + Send + 'static + use<>, Invalid> {
    follow_ups_under(request, &Reach::default(), now, zone)
}

/// The departments that a request names by another one: computed from the hierarchy and the bodies, as they are now.
#[derive(Debug, Default)]
pub(crate) struct Reach {
    /// Those that lead what is asked for; with none, any may.
    pub(crate) under: Option<BTreeSet<Code>>,
    /// Those that lead it, or whose body decided it, where it is to wait for leaders.
    pub(crate) leader: Option<(BTreeSet<Code>, BTreeSet<Code>)>,
}

/// The same, as far as these departments go.
pub(crate) fn follow_ups_under(
    request: &pb::ListFollowUpsRequest,
    reach: &Reach,
    now: Timestamp,
    zone: &Zone,
) -> Result<impl FnOnce(ScopedTables<'_>) -> rusqlite::Result<Listed> + Send + 'static + use<>, Invalid> {
    let (list, zone) = (List::read(request)?.within(reach), zone.clone());
    Ok(move |tables: ScopedTables<'_>| {
        let past = list.as_of.past(tables)?;
        let at = Past::moment(past, now);
        let page = list
            .found(tables, past, &zone)?
            .query(past, at, &zone, tables.scope())
            .run(tables, |row| follow_up(row, at))?;
        Ok((page, at))
    })
}

/// A list of follow-ups that is asked for.
pub(crate) struct List {
    as_of: AsOf,
    since: AsOf,
    query: ListQuery,
    /// Whether a filter leaves few.
    is_narrow: bool,
    leads: Leads,
    columns: Vec<pb::BoardColumn>,
    due_from: Option<Date>,
    due_until: Option<Date>,
}

impl List {
    pub(crate) fn read(request: &pb::ListFollowUpsRequest) -> Result<List, Invalid> {
        let as_of = AsOf::read(request.as_of_at, request.as_of_position)?;
        let since = AsOf::named(SINCE, request.changed_since_at, request.changed_since_position)?;
        let rows = if as_of.is_now() { ROWS } else { span::ROWS };
        let (order, size, token) = (&request.order_by, request.page_size, &request.page_token);
        let resolution = uuid_filter("resolution_id", &request.resolution_id)?;
        let origins = origins::conditions(&request.session_id, &request.matter_id, &request.case_reference)?;
        let narrow = [&request.body_code, &request.called_upon_code];
        let is_narrow = resolution.is_some() || !origins.is_empty() || narrow.into_iter().any(is_given);
        let leads = Leads::named(&request.lead_code);
        let mut query = ListQuery::new(rows, &["due_at", "number"], "rowid", order, size, token)?
            .filter_text("lead_code = ?", &request.lead_code)
            .filter_some("resolution = ?", resolution)
            .filter_text("body_code = ?", &request.body_code);
        for (condition, values) in called_upon(&request.called_upon_code, as_of).into_iter().chain(origins) {
            query = query.filter(condition, values);
        }
        let columns = chosen("columns", &request.columns)?;
        let apart = columns.iter().filter(|column| **column != pb::BoardColumn::WasLate).count();
        if apart > 1 && is_over(&columns) {
            // What is over is in no other column, but that it was late.
            query = query.filter::<i64>("FALSE", []);
        }
        if leads != Leads::Any && are_open(&columns) {
            // Few of what a department ever led is open.
            query = query.sort_few_by("number");
        }
        let due_from = date_filter("due_from", &request.due_from)?;
        let due_until = date_filter("due_until", &request.due_until)?;
        Ok(List { as_of, since, query, is_narrow, leads, columns, due_from, due_until })
    }

    fn within(mut self, reach: &Reach) -> List {
        let leads = self.leads.among(reach.under.as_ref());
        let mut query = self.query.filter_codes(UNDER, reach.under.as_ref());
        if let Some((departments, bodies)) = &reach.leader {
            query = query.filter(AWAITS_LEADERS, [as_json(departments), as_json(bodies)]);
            // Few are open and escalated.
            self.columns.push(pb::BoardColumn::Escalated);
        }
        List { query, leads, ..self }
    }

    /// Finds what changed since, and what is due by a day, first where that is few.
    fn found(mut self, tables: ScopedTables<'_>, past: Option<Past>, zone: &Zone) -> rusqlite::Result<List> {
        if let Some(since) = self.since.past(tables)? {
            self.query = self.query.filter(CHANGED, since.until(past)).sort_few();
            self.is_narrow = true;
        }
        if let Some(day) = self.due_until.filter(|_| self.as_of.is_now()) {
            self.query.find_few(tables, "follow_ups", "due_at <= ?", zone.end_of(day).as_microsecond())?;
        }
        Ok(self)
    }

    /// How it is found in a past state.
    fn way(&self) -> Way {
        if are_open(&self.columns) {
            return Way::Open;
        }
        if self.is_narrow {
            return Way::Filter;
        }
        match &self.leads {
            Leads::One(code) => Way::LedBy(code.clone()),
            Leads::Few => Way::Leads,
            Leads::Any => Way::Column(self.columns.first().copied()),
        }
    }

    /// The query for the present or a past state, which is looked at at a moment.
    pub(crate) fn query(self, past: Option<Past>, at: Timestamp, zone: &Zone, scope: &Scope) -> ListQuery {
        let way = self.way();
        let (from, until) =
            (self.due_from.map(|from| zone.start_of(from)), self.due_until.map(|until| zone.end_of(until)));
        let query = self
            .query
            .filter_some("due_at >= ?", from.map(Timestamp::as_microsecond))
            .filter_some("due_at <= ?", until.map(Timestamp::as_microsecond));
        let query = self.columns.into_iter().fold(query, |query, chosen| {
            let (condition, values) = column(chosen, at, zone);
            query.filter(condition, values)
        });
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

/// The condition that a department is called upon, with its values.
pub(super) fn called_upon(code: &Option<String>, as_of: AsOf) -> Option<(&'static str, Vec<String>)> {
    let code = composed(code.as_deref().filter(|code| !code.is_empty())?).into_owned();
    Some(match as_of.is_now() {
        true => (CALLED_UPON, vec![code]),
        false => (span::CALLED_UPON, vec![code.clone(), code.clone(), code]),
    })
}

fn is_over(columns: &[pb::BoardColumn]) -> bool {
    columns.iter().any(|column| [pb::BoardColumn::Done, pb::BoardColumn::Cancelled].contains(column))
}

/// Whether what is in all of these columns is open.
fn are_open(columns: &[pb::BoardColumn]) -> bool {
    !is_over(columns) && columns.iter().any(|column| *column != pb::BoardColumn::WasLate)
}

fn follow_up(row: &Row<'_>, now: Timestamp) -> rusqlite::Result<pb::FollowUp> {
    let (stage, due_at): (i32, i64) = (row.get("stage")?, row.get("due_at")?);
    let late = row.get("runs")? && due_at < now.as_microsecond();
    let co_responsible: String = row.get("co_responsible_codes")?;
    let subject = pb::FollowUpSubject {
        resolution_id: row.get("resolution")?,
        number: row.get("written")?,
        title: row.get("title")?,
        lead_code: row.get("lead_code")?,
        co_responsible_codes: co_responsible.split_whitespace().map(str::to_owned).collect(),
        due_on: row.get("due_on")?,
        due_at: moment(due_at),
        acknowledge_by: moment(row.get("acknowledge_by")?),
    };
    Ok(pb::FollowUp {
        item_id: row.get("id")?,
        subject: Some(subject),
        stage,
        acknowledged: row.get("acknowledged")?,
        help_from_code: row.get("help_from_code")?,
        late,
        days_late: if late { days_since(row, due_at, now)? } else { 0 },
        escalated_to: row.get("escalated_to")?,
        extensions: row.get("extensions")?,
        next_notice_at: row.get::<_, Option<i64>>("next_notice_at")?.and_then(moment),
        acceptor_code: row.get("acceptor_code")?,
        first_due_on: row.get("first_due_on")?,
        highest_escalation: row.get("highest_escalation")?,
        paused: row.get("held")?,
        body_code: row.get("body_code")?,
        instructed: row.get("instructed")?,
    })
}
