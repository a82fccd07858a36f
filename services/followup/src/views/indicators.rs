//! The indicators, computed from what the log has of sessions, meetings and decisions.
//!
//! The baselines are what was reported of joint sessions in general, 2018 to 2023.

use super::DAY_MICROS;
use domain::Timestamp;
use proto::followup::v1::Indicator;
use rusqlite::types::Value;
use service_kit::{Rows, ScopedTables};

const HOUR_MICROS: i64 = 60 * 60 * 1_000_000;
/// Days in the year that session hours are counted for.
const YEAR_DAYS: i64 = 365;

/// Sessions are counted for those whom they concern and for the stewards of their body, and so is what became of them.
const SESSIONS: Rows = Rows::of_those_concerned(
    "SELECT id FROM sessions",
    "id IN (SELECT session FROM concerned WHERE department IN (SELECT value FROM json_each(?, '$.departments'))
         UNION ALL SELECT session FROM sessions_of_body WHERE body_code IN (SELECT value FROM json_each(?, '$.bodies')))",
);
const MEETINGS: Rows = SESSIONS.selecting("SELECT id FROM meetings");
const DECISIONS: Rows = Rows::of_those_concerned(
    "SELECT count(*) FROM decisions JOIN sessions ON sessions.id = decisions.docket",
    "docket IN (SELECT session FROM concerned WHERE department IN (SELECT value FROM json_each(?, '$.departments'))
         UNION ALL SELECT session FROM sessions_of_body WHERE body_code IN (SELECT value FROM json_each(?, '$.bodies')))",
);
/// Of their time, departments see what they spent, in hours.
const ATTENDANCES: Rows = Rows::of_those_concerned(
    "SELECT sum((closed_at - opened_at) * 1.0 / ?) FROM attended JOIN meetings ON meetings.id = attended.meeting",
    "department IN (SELECT value FROM json_each(?, '$.departments'))",
);
const DEPARTMENTS: Rows = Rows::of_those_concerned(
    "SELECT count(*) FROM departments",
    "code IN (SELECT value FROM json_each(?, '$.departments'))",
);
const CLOSED: &str = "closed_at IS NOT NULL";

/// The query for the indicators, always all of them and in this order.
pub(crate) fn indicators(
    now: Timestamp,
) -> impl FnOnce(ScopedTables<'_>) -> rusqlite::Result<Vec<Indicator>> + Send + 'static {
    move |tables| {
        Ok(vec![
            effective_session_ratio(tables)?,
            topics_per_session(tables)?,
            off_topic_ratio(tables)?,
            session_hours_per_person(tables, now)?,
            decision_lead_time(tables)?,
            sessions_convened(tables)?,
            sessions_avoided(tables)?,
            idle_attendance(tables)?,
        ])
    }
}

fn effective_session_ratio(tables: ScopedTables<'_>) -> rusqlite::Result<Indicator> {
    let effective = figure(
        tables,
        &MEETINGS.selecting("SELECT count(*) FROM meetings"),
        "closed_at IS NOT NULL AND bounded = topics AND outcomes = topics
             AND EXISTS (SELECT 1 FROM decisions WHERE docket = meetings.id)
             AND NOT EXISTS (SELECT 1 FROM decisions WHERE docket = meetings.id AND NOT executable)",
        &[],
    )?;
    let concluded = figure(tables, &MEETINGS.selecting("SELECT count(*) FROM meetings"), CLOSED, &[])?;
    let meaning = "concluded sessions with a timebox and an outcome for every topic, that decided something, \
                   and whose every decision can be executed";
    Ok(Indicator {
        baseline: Some(38.0),
        ..percentage("effective_session_ratio", (effective, meaning), (concluded, "concluded sessions"))
    })
}

fn topics_per_session(tables: ScopedTables<'_>) -> rusqlite::Result<Indicator> {
    let topics =
        figure(tables, &SESSIONS.selecting("SELECT sum(topics) FROM sessions"), "convened = 1", &[])?;
    let sessions = figure(tables, &SESSIONS.selecting("SELECT count(*) FROM sessions"), "convened = 1", &[])?;
    let (topics, sessions) = ((topics, "topics of convened sessions"), (sessions, "convened sessions"));
    Ok(Indicator { baseline: Some(5.7), ..ratio("topics_per_session", "topics", topics, sessions) })
}

fn off_topic_ratio(tables: ScopedTables<'_>) -> rusqlite::Result<Indicator> {
    let off = MEETINGS.selecting("SELECT sum(digression_minutes) FROM meetings");
    let spent = MEETINGS.selecting("SELECT sum(spent_seconds) / 60.0 FROM meetings");
    let (off, spent) = (figure(tables, &off, CLOSED, &[])?, figure(tables, &spent, CLOSED, &[])?);
    let off = (off, "minutes off topic in concluded sessions");
    let spent = (spent, "minutes spent on their topics");
    Ok(Indicator { baseline: Some(40.0), ..percentage("off_topic_ratio", off, spent) })
}

/// A department that attends is one person's time; the figure is that of the last year.
fn session_hours_per_person(tables: ScopedTables<'_>, now: Timestamp) -> rusqlite::Result<Indicator> {
    let hours = figure(
        tables,
        &ATTENDANCES,
        "closed_at > ? AND opened_at IS NOT NULL",
        &[HOUR_MICROS, now.as_microsecond() - YEAR_DAYS * DAY_MICROS],
    )?;
    let departments = figure(tables, &DEPARTMENTS, "TRUE", &[])?;
    let hours = (
        hours,
        "hours of delegates, one of each department present, in sessions concluded in the last 365 days",
    );
    let departments = (departments, "departments in the directory, each counted as one person");
    Ok(Indicator {
        baseline: Some(120.0),
        ..ratio("session_hours_per_person", "hours a year", hours, departments)
    })
}

fn decision_lead_time(tables: ScopedTables<'_>) -> rusqlite::Result<Indicator> {
    let days = DECISIONS.selecting(
        "SELECT sum(adopted_at - requested_at) * 1.0 / ? FROM decisions
         JOIN sessions ON sessions.id = decisions.docket",
    );
    let days = figure(tables, &days, "TRUE", &[DAY_MICROS])?;
    let decisions = figure(tables, &DECISIONS, "TRUE", &[])?;
    let days = (days, "days from the request of a session to its decisions");
    Ok(Indicator {
        baseline: Some(3.5),
        ..ratio("decision_lead_time", "days", days, (decisions, "decisions adopted"))
    })
}

fn sessions_convened(tables: ScopedTables<'_>) -> rusqlite::Result<Indicator> {
    let convened = figure(tables, &SESSIONS.selecting("SELECT count(*) FROM sessions"), "convened = 1", &[])?;
    Ok(count("sessions_convened", "sessions", convened, "sessions that departments met in"))
}

fn sessions_avoided(tables: ScopedTables<'_>) -> rusqlite::Result<Indicator> {
    let avoided = figure(tables, &SESSIONS.selecting("SELECT count(*) FROM sessions"), "avoided = 1", &[])?;
    let meaning = "sessions converted to a countersign or merged into another";
    Ok(count("sessions_avoided", "sessions", avoided, meaning))
}

fn idle_attendance(tables: ScopedTables<'_>) -> rusqlite::Result<Indicator> {
    let idle = figure(tables, &SESSIONS.selecting("SELECT sum(idle) FROM sessions"), "convened = 1", &[])?;
    Ok(count("idle_attendance", "attendances", idle, "attendances of convened sessions without a role"))
}

/// One number; 0 where there is nothing to add up.
fn figure(tables: ScopedTables<'_>, rows: &Rows, condition: &str, values: &[i64]) -> rusqlite::Result<f64> {
    let values = values.iter().copied().map(Value::from);
    let found = tables.first(rows, condition, values, |row| row.get::<_, Option<f64>>(0))?;
    Ok(found.flatten().unwrap_or_default())
}

type Counted = (f64, &'static str);

fn ratio(name: &str, unit: &str, numerator: Counted, denominator: Counted) -> Indicator {
    Indicator {
        name: name.to_owned(),
        value: (denominator.0 > 0.0).then(|| numerator.0 / denominator.0),
        unit: unit.to_owned(),
        baseline: None,
        numerator: numerator.0,
        numerator_meaning: numerator.1.to_owned(),
        denominator: denominator.0,
        denominator_meaning: denominator.1.to_owned(),
    }
}

fn percentage(name: &str, numerator: Counted, denominator: Counted) -> Indicator {
    let ratio = ratio(name, "%", numerator, denominator);
    Indicator { value: ratio.value.map(|value| value * 100.0), ..ratio }
}

fn count(name: &str, unit: &str, number: f64, meaning: &'static str) -> Indicator {
    Indicator { value: Some(number), ..ratio(name, unit, (number, meaning), (0.0, "")) }
}
