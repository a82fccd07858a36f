//! What the indicators are computed from: sessions, meetings, decisions, and the size of the directory.

use domain::Code;
use domain::deliberation::docket::{self, Agenda, Docket, Mode, Participant, RoleOnTopic};
use domain::directory::department::{self, Department};
use domain::scheduling::cost::HourlyRate;
use domain::scheduling::session::{self, Attendee, Session, person_minutes, topics_to_decide};
use rusqlite::{ToSql, Transaction, params};
use service_kit::Record;
use service_kit::events::decode;
use service_kit::spans::{FOREVER, position_of};
use service_kit::view::ViewError;

pub(super) fn project_department(tables: &Transaction<'_>, record: &Record) -> Result<(), ViewError> {
    for event in decode::<Department>(record)? {
        let department::Event::Registered { profile } = event;
        tables
            .prepare_cached("INSERT OR IGNORE INTO departments (code, registered_since) VALUES (?1, ?2)")?
            .execute(params![profile.code.as_str(), position_of(record)])?;
    }
    Ok(())
}

pub(super) fn project_session(tables: &Transaction<'_>, record: &Record) -> Result<(), ViewError> {
    use session::Event;
    let id = record.stream.id.to_string();
    let (at, since) = (record.envelope.time.as_microsecond(), position_of(record));
    for event in decode::<Session>(record)? {
        match event {
            Event::Requested { outline, requester, chair } => {
                tables
                    .prepare_cached(
                        "INSERT INTO sessions (id, body_code, requested_at, person_minutes) VALUES (?1, ?2, ?3, ?4)",
                    )?
                    .execute(params![id, outline.body.as_str(), at, outline.person_minutes()])?;
                keep_topics(tables, &id, since, outline.topics_to_decide().count())?;
                insert_concerned(tables, &id, since, [&chair].into_iter().chain(&requester), true)?;
                insert_concerned(tables, &id, since, attending(&outline.attendees), false)?;
            }
            Event::Revised { topics, attendees, duration_minutes, .. } => {
                keep_agenda(tables, &id, since, topics_to_decide(&topics).count(), &attendees)?;
                let minutes = person_minutes(duration_minutes, &attendees);
                set(tables, "sessions SET person_minutes = ?2 WHERE id = ?1", &[&id, &minutes])?;
            }
            Event::TopicsAbsorbed { from, topics, attendees, duration_minutes, .. } => {
                keep_agenda(tables, &id, since, topics_to_decide(&topics).count(), &attendees)?;
                let minutes = person_minutes(duration_minutes, &attendees);
                absorb(tables, &id, &from.to_string(), minutes)?;
            }
            Event::TopicAdded { .. } => {
                let add = "INSERT OR REPLACE INTO session_topics (session, since, topics)
                     SELECT session, ?2, topics + 1 FROM session_topics WHERE session = ?1 ORDER BY since DESC LIMIT 1";
                tables.prepare_cached(add)?.execute(params![id, since])?;
            }
            Event::Screened { rules, .. } => keep_rate(tables, &id, since, rules.hourly_rate)?,
            Event::Convened { .. } => {
                set(
                    tables,
                    "sessions SET convened_at = coalesce(convened_at, ?2),
                         convened_since = coalesce(convened_since, ?3) WHERE id = ?1",
                    &[&id, &at, &since],
                )?;
            }
            _ => {}
        }
    }
    Ok(())
}

/// What a session is about now, and who attends it.
fn keep_agenda(
    tables: &Transaction<'_>,
    id: &str,
    since: i64,
    topics: usize,
    attendees: &[Attendee],
) -> rusqlite::Result<()> {
    keep_topics(tables, id, since, topics)?;
    let attended = "concerned SET until = ?2 WHERE session = ?1 AND NOT always AND until = ?3";
    set(tables, attended, &[&id, &since, &FOREVER])?;
    insert_concerned(tables, id, since, attending(attendees), false)
}

/// A merger spares what the one would have cost, less what the other costs more.
fn absorb(tables: &Transaction<'_>, id: &str, from: &str, minutes: u32) -> rusqlite::Result<()> {
    let spared = "sessions SET merged_into = ?1,
             spared_minutes = max(0, person_minutes - (?3 - (SELECT person_minutes FROM sessions WHERE id = ?1)))
         WHERE id = ?2";
    set(tables, spared, &[&id, &from, &minutes])?;
    set(tables, "sessions SET merged_into = ?1 WHERE merged_into = ?2", &[&id, &from])?;
    set(tables, "sessions SET person_minutes = ?2 WHERE id = ?1", &[&id, &minutes])
}

fn attending(attendees: &[Attendee]) -> impl Iterator<Item = &Code> {
    attendees.iter().map(|attendee| &attendee.department)
}

fn keep_topics(tables: &Transaction<'_>, id: &str, since: i64, topics: usize) -> rusqlite::Result<()> {
    let keep = "INSERT OR REPLACE INTO session_topics (session, since, topics) VALUES (?1, ?2, ?3)";
    tables.prepare_cached(keep)?.execute(params![id, since, topics as i64]).map(drop)
}

/// What an hour of one person costs from now on.
fn keep_rate(
    tables: &Transaction<'_>,
    id: &str,
    since: i64,
    rate: Option<HourlyRate>,
) -> rusqlite::Result<()> {
    let keep = "INSERT OR REPLACE INTO session_rates (session, since, currency, minor_units, units_in_one)
         VALUES (?1, ?2, ?3, ?4, ?5)";
    let currency = rate.as_ref().map(|rate| rate.currency.as_str());
    let units_in_one = rate.as_ref().map(|rate| rate.currency.units_in_one());
    let minor_units = rate.as_ref().map(|rate| rate.minor_units);
    tables.prepare_cached(keep)?.execute(params![id, since, currency, minor_units, units_in_one]).map(drop)
}

/// Notes the departments that are not noted already.
fn insert_concerned<'c>(
    tables: &Transaction<'_>,
    id: &str,
    since: i64,
    departments: impl Iterator<Item = &'c Code>,
    always: bool,
) -> rusqlite::Result<()> {
    let mut insert = tables.prepare_cached(
        "INSERT OR REPLACE INTO concerned (session, department, always, since, until)
         SELECT ?1, ?2, ?3, ?4, ?5 WHERE NOT EXISTS
             (SELECT 1 FROM concerned WHERE session = ?1 AND department = ?2 AND until = ?5)",
    )?;
    for department in departments {
        insert.execute(params![id, department.as_str(), always, since, FOREVER])?;
    }
    Ok(())
}

pub(super) fn project_docket(tables: &Transaction<'_>, record: &Record) -> Result<(), ViewError> {
    let id = record.stream.id.to_string();
    let (at, since) = (record.envelope.time.as_microsecond(), position_of(record));
    for event in decode::<Docket>(record)? {
        project_attendance(tables, &id, at, &event)?;
        for department in acting(&event, record.envelope.actor.department.as_ref()) {
            tables
                .prepare_cached("INSERT OR IGNORE INTO acted (meeting, department) VALUES (?1, ?2)")?
                .execute([id.as_str(), department.as_str()])?;
        }
        project_outcome(tables, &id, (at, since), &event)?;
    }
    Ok(())
}

/// Who is there.
fn project_attendance(
    tables: &Transaction<'_>,
    id: &str,
    at: i64,
    event: &docket::Event,
) -> rusqlite::Result<()> {
    use docket::Event;
    let is_there = "SELECT 1 FROM presences WHERE meeting = ?1 AND department = ?2 AND ends_at IS NULL";
    match event {
        Event::Prepared { agenda } if agenda.mode == Mode::Meeting => insert_meeting(tables, id, agenda),
        Event::TopicAdded { added, .. } => set(
            tables,
            "meetings SET topics = topics + 1, bounded = bounded + ?2 WHERE id = ?1",
            &[&id, &(added.timebox_minutes > 0)],
        ),
        // Another delegate may come in the place of one that is there.
        Event::ArrivalRecorded { department, .. } => {
            let arrive = format!(
                "INSERT OR IGNORE INTO presences SELECT ?1, ?2, ?3, NULL WHERE NOT EXISTS ({is_there})"
            );
            tables.prepare_cached(&arrive)?.execute(params![id, department.as_str(), at]).map(drop)
        }
        Event::DepartureRecorded { department } => set(
            tables,
            "presences SET ends_at = ?3 WHERE meeting = ?1 AND department = ?2 AND ends_at IS NULL",
            &[&id, &department.as_str(), &at],
        ),
        // Nobody spent time in a meeting that did not take place.
        Event::Adjourned { .. } => {
            tables.prepare_cached("DELETE FROM presences WHERE meeting = ?1")?.execute([id]).map(drop)
        }
        _ => Ok(()),
    }
}

/// The departments that an event shows to have done something in a meeting: led it, said something, submitted something,
/// voted, or got something to do.
fn acting<'e>(event: &'e docket::Event, issuer: Option<&'e Code>) -> Vec<&'e Code> {
    use docket::Event;
    match event {
        Event::Opened { .. } | Event::TopicOpened { .. } | Event::ProposalSubmitted { .. } => {
            issuer.into_iter().collect()
        }
        Event::StatementRecorded { department, .. }
        | Event::AmendmentSubmitted { department, .. }
        | Event::ItemAccepted { department, .. }
        | Event::MotionMoved { department, .. }
        | Event::MotionSeconded { department, .. }
        | Event::AmendmentSeconded { department, .. }
        | Event::ChoiceCast { department, .. } => vec![department],
        Event::VoteCast { department, cast_by, .. } | Event::VoteSealed { department, cast_by, .. } => {
            std::iter::once(department).chain(cast_by).collect()
        }
        Event::ItemDrafted { item } | Event::ItemRevised { item } => {
            item.draft.lead.iter().chain(&item.draft.co_responsible).collect()
        }
        // Where hands were counted, or silence agreed, nobody knows who of those that were there.
        Event::BallotClosed { result, roll, .. } => {
            let voted = roll.iter().filter(|seat| seat.voted).count();
            let unnamed = result.cast as usize > voted;
            roll.iter()
                .filter(|seat| unnamed && seat.present && !seat.recused)
                .map(|seat| &seat.department)
                .collect()
        }
        _ => vec![],
    }
}

/// What came of it.
fn project_outcome(
    tables: &Transaction<'_>,
    id: &str,
    (at, since): (i64, i64),
    event: &docket::Event,
) -> rusqlite::Result<()> {
    use docket::Event;
    match event {
        Event::Opened { opened_at, .. } => {
            set(tables, "meetings SET opened_at = ?2 WHERE id = ?1", &[&id, &opened_at.as_microsecond()])
        }
        Event::DecisionAdopted { topic, declaratory, due_dates, .. } => {
            let executable = *declaratory || !due_dates.is_empty();
            let before =
                "decisions SET adopted_until = ?3 WHERE docket = ?1 AND topic = ?2 AND adopted_until = ?4";
            set(tables, before, &[&id, topic, &since, &FOREVER])?;
            tables
                .prepare_cached(
                    "INSERT OR REPLACE INTO decisions
                         (docket, topic, adopted_at, executable, adopted_since, adopted_until)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                )?
                .execute(params![id, topic, at, executable, since, FOREVER])
                .map(drop)
        }
        Event::Closed {
            closed_at,
            adopted,
            rejected,
            deferred,
            referred,
            withdrawn,
            spent_seconds,
            digression_minutes,
        } => {
            let closed_at = closed_at.as_microsecond();
            if adopted + rejected > 0 {
                set(
                    tables,
                    "sessions SET avoided_at = ?2, avoided_since = ?3, spared_minutes = person_minutes, spared_at = ?2,
                         spared_since = ?3
                     WHERE id = ?1 AND NOT EXISTS (SELECT 1 FROM meetings WHERE meetings.id = ?1)",
                    &[&id, &closed_at, &since],
                )?;
                let merged = "sessions SET spared_at = ?2, spared_since = ?3
                     WHERE merged_into = ?1 AND spared_at IS NULL";
                set(tables, merged, &[&id, &closed_at, &since])?;
            }
            set(
                tables,
                "meetings SET closed_at = ?2, outcomes = ?3, spent_seconds = ?4, digression_minutes = ?5,
                     closed_since = ?6
                 WHERE id = ?1",
                &[
                    &id,
                    &closed_at,
                    &(adopted + rejected + deferred + referred + withdrawn),
                    &(*spent_seconds as i64),
                    digression_minutes,
                    &since,
                ],
            )
        }
        _ => Ok(()),
    }
}

fn insert_meeting(tables: &Transaction<'_>, id: &str, agenda: &Agenda) -> rusqlite::Result<()> {
    let topics = agenda.topics_to_decide().count();
    let bounded = agenda.topics_to_decide().filter(|topic| topic.timebox_minutes > 0).count();
    tables
        .prepare_cached(
            "INSERT OR REPLACE INTO meetings (id, body_code, topics, bounded) VALUES (?1, ?2, ?3, ?4)",
        )?
        .execute(params![id, agenda.body.as_str(), topics as i64, bounded as i64])?;
    tables.prepare_cached("DELETE FROM roles WHERE meeting = ?1")?.execute([id])?;
    let mut insert =
        tables.prepare_cached("INSERT OR IGNORE INTO roles (meeting, department) VALUES (?1, ?2)")?;
    let has_role = |participant: &&Participant| {
        participant.roles.iter().any(|given| given.role != RoleOnTopic::Informed)
    };
    for participant in agenda.participants.iter().filter(has_role) {
        insert.execute([id, participant.department.as_str()])?;
    }
    Ok(())
}

fn set(tables: &Transaction<'_>, update: &str, values: &[&dyn ToSql]) -> rusqlite::Result<()> {
    tables.prepare_cached(&format!("UPDATE {update}"))?.execute(values).map(drop)
}
