//! Targets, a row for each state that one was in, and how far their items have come.

use super::enum_filter;
use domain::calendar::WorkingCalendar;
use domain::resolution::target::{Event, Goal, Phase, PhasedTarget, Progress, Target, Terms};
use domain::{Code, Date, Text, Timestamp, Uuid};
use prost::Message as _;
use proto::resolution::v1 as pb;
use proto::{Invalid, Wire as _};
use rusqlite::types::{Type, Value};
use rusqlite::{Row, Transaction, params};
use service_kit::events::decode;
use service_kit::list::{ListQuery, Page};
use service_kit::row::message;
use service_kit::spans::{AsOf, FOREVER, Past, THEN, position_of};
use service_kit::view::ViewError;
use service_kit::{Record, Rows, ScopedTables};
use std::collections::BTreeSet;

/// How many stretches a burn-up has.
const STRETCHES: i64 = 24;

/// A department sees its own targets and those of the departments below it; the stewards of a body those on its items.
const ROWS: Rows = Rows::of_those_concerned(
    "SELECT rowid, * FROM target_states",
    "department_code IN (SELECT value FROM json_each(?, '$.departments'))
         OR body_code IN (SELECT value FROM json_each(?, '$.bodies'))",
);
/// What the items of a target come to. Stage 5 on the wire is accepted, stage 6 rescinded. A promise is over at its last moment,
/// unless the clock has stood still since before, for then it is still to move.
const PROGRESS: Rows = Rows::of_those_concerned(
    concat!(
        "SELECT count(*), coalesce(sum(stage = 5), 0),
             coalesce(sum(first_due_at <= ? AND (first_done_at IS NOT NULL OR paused_since IS NULL
                 OR paused_since > first_due_at)), 0),
             coalesce(sum(first_due_at <= ? AND first_done_at <= first_due_at), 0)
         FROM ",
        past_items!(
            "spans.due_at",
            "item_spans AS spans INDEXED BY spans_of_promise CROSS JOIN items ON items.rowid = spans.item"
        )
    ),
    "lead_code IN (SELECT value FROM json_each(?, '$.departments'))
         OR body_code IN (SELECT value FROM json_each(?, '$.bodies'))",
);
const IN_SCOPE: &str = "lead_code = ? AND stage <> 6 AND first_due_at >= ? AND first_due_at <= ?
    AND since <= ? AND until > ?";

pub(super) fn project(tables: &Transaction<'_>, record: &Record) -> Result<(), ViewError> {
    let (id, since) = (record.stream.id.to_string(), position_of(record));
    for event in decode::<PhasedTarget>(record)? {
        match event {
            Event::Set { terms, .. } => {
                let first = Goal { goal: terms.goal, ends_on: terms.ends_on };
                insert(tables, &id, since, &Target { terms, first, changes: 0, withdrawn: None })?;
            }
            Event::Changed { goal, ends_on, .. } => {
                let Some(before) = end_last(tables, &id, since)? else { continue };
                let terms = Terms { goal, ends_on, ..before.terms };
                insert(tables, &id, since, &Target { terms, changes: before.changes + 1, ..before })?;
            }
            Event::Withdrawn { reason } => {
                let Some(before) = end_last(tables, &id, since)? else { continue };
                insert(tables, &id, since, &Target { withdrawn: Some(reason), ..before })?;
            }
        }
    }
    Ok(())
}

/// Ends the last state of a target, and answers with it.
fn end_last(tables: &Transaction<'_>, id: &str, since: i64) -> rusqlite::Result<Option<Target>> {
    let last = "SELECT * FROM target_states WHERE id = ?1 AND until = ?2";
    let mut last = tables.prepare_cached(last)?;
    let found = last.query_map(params![id, FOREVER], read)?.next().transpose()?;
    tables
        .prepare_cached("UPDATE target_states SET until = ?2 WHERE id = ?1 AND until = ?3")?
        .execute(params![id, since, FOREVER])?;
    Ok(found)
}

fn insert(tables: &Transaction<'_>, id: &str, since: i64, target: &Target) -> rusqlite::Result<()> {
    let terms: pb::TargetTerms = target.terms.to_wire();
    tables
        .prepare_cached(
            "INSERT INTO target_states (id, since, until, department_code, body_code, phase, ends_on, terms,
                 first_goal, first_ends_on, changes, withdrawn_reason)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
        )?
        .execute(params![
            id,
            since,
            FOREVER,
            terms.department_code,
            terms.body_code,
            terms.phase,
            terms.ends_on,
            terms.encode_to_vec(),
            target.first.goal,
            target.first.ends_on.to_string(),
            target.changes,
            target.withdrawn.as_ref().map(Text::as_str),
        ])
        .map(drop)
}

fn read(row: &Row<'_>) -> rusqlite::Result<Target> {
    let unreadable = |fault: Invalid| rusqlite::Error::FromSqlConversionFailure(0, Type::Blob, fault.into());
    let terms: pb::TargetTerms = message(row, "terms")?;
    let ends_on: String = row.get("first_ends_on")?;
    let withdrawn: Option<String> = row.get("withdrawn_reason")?;
    Ok(Target {
        terms: Terms::from_wire(terms).map_err(unreadable)?,
        first: Goal { goal: row.get("first_goal")?, ends_on: Date::from_wire(ends_on).map_err(unreadable)? },
        changes: row.get("changes")?,
        withdrawn: withdrawn.map(Text::from_wire).transpose().map_err(unreadable)?,
    })
}

/// What the items of a target came to in a state of the log.
fn progress(
    tables: ScopedTables<'_>,
    terms: &Terms,
    past: Past,
    calendar: &WorkingCalendar,
) -> rusqlite::Result<Progress> {
    let at: Value = past.at.as_microsecond().into();
    let of_body = if terms.body.is_some() { " AND body_code = ?" } else { "" };
    let condition = format!("{IN_SCOPE}{of_body}");
    let values = [
        at.clone(),
        at,
        terms.department.as_str().to_owned().into(),
        calendar.start_of(terms.starts_on).as_microsecond().into(),
        calendar.end_of(terms.ends_on).as_microsecond().into(),
        past.position.into(),
        past.position.into(),
    ];
    let body = terms.body.as_ref().map(|body| Value::from(body.as_str().to_owned()));
    let found = tables.first(&PROGRESS, &condition, values.into_iter().chain(body), |row| {
        Ok(Progress { scope: row.get(0)?, done: row.get(1)?, promised: row.get(2)?, kept: row.get(3)? })
    })?;
    Ok(found.unwrap_or_default())
}

/// The state of the log on the last moment of a day, or the one that is asked for where that comes first; and whether the
/// day is over.
fn until(
    tables: ScopedTables<'_>,
    ends_on: Date,
    past: Past,
    calendar: &WorkingCalendar,
) -> rusqlite::Result<(Past, bool)> {
    let at = calendar.end_of(ends_on);
    if at >= past.at {
        return Ok((past, false));
    }
    Ok((moment(tables, at, past)?, true))
}

/// The state of the log at a moment that is before the one that is asked for.
fn moment(tables: ScopedTables<'_>, at: Timestamp, past: Past) -> rusqlite::Result<Past> {
    let then = AsOf::Moment(at).past(tables)?.unwrap_or(past);
    Ok(Past { position: then.position.min(past.position), at })
}

/// How far a target has come in a state of the log.
pub(crate) fn judged(
    tables: ScopedTables<'_>,
    id: &str,
    target: &Target,
    past: Past,
    calendar: &WorkingCalendar,
) -> rusqlite::Result<pb::Target> {
    let terms = &target.terms;
    let (end, is_over) = until(tables, terms.ends_on, past, calendar)?;
    let reached = progress(tables, terms, end, calendar)?;
    let value = terms.measure.value(reached);
    let stage = match (&target.withdrawn, value) {
        (Some(_), _) => pb::TargetStage::Withdrawn,
        (None, Some(value)) if value >= terms.goal => pb::TargetStage::Reached,
        (None, Some(_)) if is_over => pb::TargetStage::Missed,
        (None, None) if is_over => pb::TargetStage::Unmeasured,
        (None, _) => pb::TargetStage::Open,
    };
    let first = Terms { goal: target.first.goal, ends_on: target.first.ends_on, ..terms.clone() };
    let first_reached = match first.ends_on == terms.ends_on {
        true => is_over.then_some(reached),
        false => match until(tables, first.ends_on, past, calendar)? {
            (end, true) => Some(progress(tables, &first, end, calendar)?),
            (_, false) => None,
        },
    };
    let first_missed = first_reached
        .is_some_and(|reached| first.measure.value(reached).is_some_and(|value| value < first.goal));
    Ok(pb::Target {
        target_id: id.to_owned(),
        terms: Some(terms.to_wire()),
        stage: stage.into(),
        value,
        scope: reached.scope,
        done: reached.done,
        first_goal: first.goal,
        first_ends_on: first.ends_on.to_wire(),
        first_missed,
        change_count: target.changes,
        withdrawn_reason: target.withdrawn.as_ref().map(|reason| reason.to_wire()),
    })
}

/// The query for one target with its burn-up; the answer lacks the view's position.
pub(crate) fn target(
    id: Uuid,
    as_of: AsOf,
    now: Timestamp,
    calendar: WorkingCalendar,
) -> impl FnOnce(ScopedTables<'_>) -> rusqlite::Result<Option<pb::GetTargetResponse>> + Send + 'static {
    move |tables| {
        let past = as_of.past(tables)?.unwrap_or(Past::present(now));
        let values = [id.to_string().into()].into_iter().chain(past.then());
        let condition = format!("id = ? AND {THEN}");
        let Some(target) = tables.first(&ROWS, &condition, values, read)? else { return Ok(None) };
        let shown = judged(tables, &id.to_string(), &target, past, &calendar)?;
        let mut points = Vec::new();
        for at in moments(&target.terms, past.at, &calendar) {
            let then = moment(tables, at, past)?;
            let come = progress(tables, &target.terms, then, &calendar)?;
            points.push(pb::TargetPoint {
                measured_at: at.to_wire(),
                scope: come.scope,
                done: come.done,
                value: target.terms.measure.value(come),
            });
        }
        Ok(Some(pb::GetTargetResponse { target: Some(shown), points, position: 0 }))
    }
}

/// The ends of equal stretches of the days of a target that are over, and the present while it runs.
fn moments(terms: &Terms, now: Timestamp, calendar: &WorkingCalendar) -> Vec<Timestamp> {
    let (start, end) = (calendar.start_of(terms.starts_on), calendar.end_of(terms.ends_on));
    let (first, last) = (start.as_microsecond(), end.as_microsecond());
    let ends = (1..=STRETCHES).map(|nth| first + (last - first) / STRETCHES * nth);
    let ends = ends.filter_map(|micros| Timestamp::from_microsecond(micros).ok());
    let mut moments: Vec<Timestamp> = ends.filter(|at| *at < now).collect();
    moments.extend((start..end).contains(&now).then_some(now));
    moments
}

/// A page of targets, and the moment that they are of.
type Listed = (Page<pb::Target>, Timestamp);

/// The query for targets, of these departments; with none, of all.
pub(crate) fn targets(
    request: &pb::ListTargetsRequest,
    under: Option<&BTreeSet<Code>>,
    now: Timestamp,
    calendar: WorkingCalendar,
) -> Result<impl FnOnce(ScopedTables<'_>) -> rusqlite::Result<Listed> + Send + 'static + use<>, Invalid> {
    let as_of = AsOf::read(request.as_of_at, request.as_of_position)?;
    let phase = enum_filter::<Phase>("phase", request.phase)?;
    let (order, size, token) = (&request.order_by, request.page_size, &request.page_token);
    let query = ListQuery::new(ROWS, &["department_code", "ends_on"], "rowid", order, size, token)?
        .filter_text("department_code = ?", &request.department_code)
        .filter_codes("department_code IN (SELECT value FROM json_each(?))", under)
        .filter_some("phase = ?", phase)
        .filter_id_prefix("id", &request.id_prefix)?;
    let missed = request.missed;
    Ok(move |tables: ScopedTables<'_>| {
        let past = as_of.past(tables)?.unwrap_or(Past::present(now));
        let query = query.filter(THEN, past.then());
        let mut page = query.run(tables, |row| {
            let id: String = row.get("id")?;
            judged(tables, &id, &read(row)?, past, &calendar)
        })?;
        if let Some(missed) = missed {
            page.rows.retain(|target| {
                (target.stage() == pb::TargetStage::Missed || target.first_missed) == missed
            });
        }
        Ok((page, past.at))
    })
}
