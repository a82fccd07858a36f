//! The indicators, computed from what the log has of sessions, meetings and decisions. What was adopted elsewhere has no
//! session, and is in none of them.
//!
//! The baselines are what was reported of joint sessions in general, 2018 to 2023.

mod asked;
mod money;

pub(crate) use asked::Asked;

use super::DAY_MICROS;
use domain::Timestamp;
use proto::followup::v1::Indicator;
use service_kit::{Rows, ScopedTables};

const HOUR_MICROS: i64 = 60 * 60 * 1_000_000;

/// Sessions are counted for those whom they concern and for the stewards of their body, and so is what became of them.
const SESSIONS: Rows = Rows::of_those_concerned(
    "SELECT count(*) FROM sessions",
    "id IN (SELECT session FROM concerned WHERE department IN (SELECT value FROM json_each(?, '$.departments'))
             AND until = 9223372036854775807
         UNION ALL SELECT id FROM sessions WHERE body_code IN (SELECT value FROM json_each(?, '$.bodies')))",
);
const MEETINGS: Rows = SESSIONS.selecting("SELECT count(*) FROM meetings");
const DECISIONS: Rows = Rows::of_those_concerned(
    "SELECT count(*) FROM decisions JOIN sessions ON sessions.id = decisions.docket",
    "docket IN (SELECT session FROM concerned WHERE department IN (SELECT value FROM json_each(?, '$.departments'))
             AND until = 9223372036854775807
         UNION ALL SELECT id FROM sessions WHERE body_code IN (SELECT value FROM json_each(?, '$.bodies')))",
);
/// Of their time, departments see what they spent, in hours: while they were there and the docket was open.
const PRESENCES: Rows = Rows::of_those_concerned(
    "SELECT sum(max(0, min(coalesce(ends_at, closed_at), closed_at) - max(starts_at, opened_at))) * 1.0 / ?
      FROM presences JOIN meetings ON meetings.id = presences.meeting",
    "department IN (SELECT value FROM json_each(?, '$.departments'))",
);
const ATTENDANCES: Rows = PRESENCES.selecting(
    "SELECT count(DISTINCT meeting || ' ' || department) FROM presences
      JOIN meetings ON meetings.id = presences.meeting",
);
const DEPARTMENTS: Rows = Rows::of_those_concerned(
    "SELECT count(*) FROM departments",
    "code IN (SELECT value FROM json_each(?, '$.departments'))",
);

/// The query for the indicators, always all of them and in this order, with those in money for each currency in which a body says
/// what an hour costs; and the moment that they are of.
pub(crate) fn indicators(
    asked: Asked,
) -> impl FnOnce(ScopedTables<'_>) -> rusqlite::Result<(Vec<Indicator>, Timestamp)> + Send + 'static {
    move |tables| {
        let asked = &asked.resolved(tables)?;
        let mut indicators = vec![
            effective_session_ratio(tables, asked)?,
            topics_per_session(tables, asked)?,
            off_topic_ratio(tables, asked)?,
            session_hours_per_person(tables, asked)?,
            decision_lead_time(tables, asked)?,
            sessions_convened(tables, asked)?,
            sessions_avoided(tables, asked)?,
            person_hours_avoided(tables, asked)?,
        ];
        indicators.extend(idle_attendance(tables, asked)?);
        indicators.extend(money::indicators(tables, asked)?);
        Ok((indicators, asked.now()))
    }
}

/// Bounded before, focused during, and executable after.
fn effective_session_ratio(tables: ScopedTables<'_>, asked: &Asked) -> rusqlite::Result<Indicator> {
    let effective = asked.meetings().and(
        "bounded = topics AND outcomes = topics AND digression_minutes * 60 * 2 <= spent_seconds
             AND EXISTS (SELECT 1 FROM decisions WHERE docket = meetings.id)
             AND NOT EXISTS (SELECT 1 FROM decisions
                 WHERE docket = meetings.id AND NOT executable AND adopted_until > ?)",
        [asked.position().into()],
    );
    let effective = effective.figure(tables, &MEETINGS, [])?;
    let concluded = asked.meetings().figure(tables, &MEETINGS, [])?;
    let meaning = "concluded sessions with a timebox and an outcome for every topic, that were off topic for half of \
                   their time at most, decided something, and whose every decision can be executed";
    Ok(Indicator {
        baseline: Some(38.0),
        ..percentage("effective_session_ratio", (effective, meaning), (concluded, "concluded sessions"))
    })
}

fn topics_per_session(tables: ScopedTables<'_>, asked: &Asked) -> rusqlite::Result<Indicator> {
    let convened = asked.convened();
    let sum = SESSIONS.selecting(
        "SELECT sum((SELECT topics FROM session_topics AS kept
              WHERE kept.session = sessions.id AND kept.since <= ? ORDER BY kept.since DESC LIMIT 1))
         FROM sessions",
    );
    let topics = (convened.clone().figure(tables, &sum, [asked.position()])?, "topics of convened sessions");
    let sessions = (convened.figure(tables, &SESSIONS, [])?, "convened sessions");
    Ok(Indicator { baseline: Some(5.7), ..ratio("topics_per_session", "topics", topics, sessions) })
}

fn off_topic_ratio(tables: ScopedTables<'_>, asked: &Asked) -> rusqlite::Result<Indicator> {
    let off = MEETINGS.selecting("SELECT sum(digression_minutes) FROM meetings");
    let spent = MEETINGS.selecting("SELECT sum(spent_seconds) / 60.0 FROM meetings");
    let off = (asked.meetings().figure(tables, &off, [])?, "minutes off topic in concluded sessions");
    let spent = (asked.meetings().figure(tables, &spent, [])?, "minutes spent on their topics");
    Ok(Indicator { baseline: Some(40.0), ..percentage("off_topic_ratio", off, spent) })
}

/// A department that is there is one person's time.
fn session_hours_per_person(tables: ScopedTables<'_>, asked: &Asked) -> rusqlite::Result<Indicator> {
    let hours = asked.presences().figure(tables, &PRESENCES, [HOUR_MICROS])?;
    let departments = asked.departments().figure(tables, &DEPARTMENTS, [])?;
    let (unit, meaning, baseline) = match asked.has_period() {
        true => (
            "hours",
            "hours of delegates, one of each department, while they were there, in sessions concluded in the period",
            None,
        ),
        false => (
            "hours a year",
            "hours of delegates, one of each department, while they were there, in sessions concluded in the last 365 \
             days",
            Some(120.0),
        ),
    };
    let departments = (departments, "departments in the directory, each counted as one person");
    Ok(Indicator { baseline, ..ratio("session_hours_per_person", unit, (hours, meaning), departments) })
}

fn decision_lead_time(tables: ScopedTables<'_>, asked: &Asked) -> rusqlite::Result<Indicator> {
    let adopted = asked.decisions();
    let sum = DECISIONS.selecting(
        "SELECT sum(adopted_at - requested_at) * 1.0 / ? FROM decisions
         JOIN sessions ON sessions.id = decisions.docket",
    );
    let days = adopted.clone().figure(tables, &sum, [DAY_MICROS])?;
    let decisions = adopted.figure(tables, &DECISIONS, [])?;
    let days = (days, "days from the request of a session to its decisions");
    Ok(Indicator {
        baseline: Some(3.5),
        ..ratio("decision_lead_time", "days", days, (decisions, "decisions adopted"))
    })
}

fn sessions_convened(tables: ScopedTables<'_>, asked: &Asked) -> rusqlite::Result<Indicator> {
    let convened = asked.convened().figure(tables, &SESSIONS, [])?;
    Ok(count("sessions_convened", "sessions", convened, "sessions that departments met in"))
}

fn sessions_avoided(tables: ScopedTables<'_>, asked: &Asked) -> rusqlite::Result<Indicator> {
    let avoided = asked.avoided().figure(tables, &SESSIONS, [])?;
    let meaning = "sessions converted to a countersign that adopted or rejected something";
    Ok(count("sessions_avoided", "sessions", avoided, meaning))
}

/// The time of people that nobody spent, as it was expected before.
fn person_hours_avoided(tables: ScopedTables<'_>, asked: &Asked) -> rusqlite::Result<Indicator> {
    let spared = SESSIONS.selecting("SELECT sum(spared_minutes) / 60.0 FROM sessions");
    let hours = asked.spared().figure(tables, &spared, [])?;
    let meaning = "person-hours that were expected of sessions in whose place a countersign decided, or the session that they \
                   were merged into, less what that one took longer";
    Ok(count("person_hours_avoided", "hours", hours, meaning))
}

/// How often somebody was there for nothing, and the hours that it took.
fn idle_attendance(tables: ScopedTables<'_>, asked: &Asked) -> rusqlite::Result<[Indicator; 2]> {
    let attendances = asked.idle().figure(tables, &ATTENDANCES, [])?;
    let hours = asked.idle().figure(tables, &PRESENCES, [HOUR_MICROS])?;
    let meaning = "attendances of concluded sessions by departments that decide or advise, without a statement, a vote or \
                   an item";
    let cost = "hours of delegates, one of each department, while they were there, in such attendances";
    Ok([
        count("idle_attendance", "attendances", attendances, meaning),
        count("idle_attendance_hours", "hours", hours, cost),
    ])
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
