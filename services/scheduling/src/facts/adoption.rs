//! What adopting a timetable writes: the sessions, and what they share, in one commit.

use super::polling::decide_poll;
use super::{calendar, check_times, must_be_allowed, whereabouts};
use domain::calendar::WorkingCalendar;
use domain::scheduling::body::Body;
use domain::scheduling::diary::Diary;
use domain::scheduling::quota::Quota;
use domain::scheduling::room::Room;
use domain::scheduling::session::{Session, asking};
use domain::scheduling::timetable::adoption::{Commands, Shared, session_command};
use domain::scheduling::timetable::{self, Command, Rejection, Row, Timetable};
use domain::{Code, Line, Text, Uuid};
use proto::Invalid;
use service_kit::{CommandError, UnitOfWork};

fn refused(rejection: Rejection) -> CommandError {
    CommandError::rejected::<Timetable>(rejection)
}

/// Refuses whoever is not of the secretariat of each of these bodies.
pub(crate) async fn must_be_the_secretariat(
    unit: &mut UnitOfWork,
    bodies: &[Code],
) -> Result<(), CommandError> {
    for code in bodies {
        let body = unit.load::<Body>(Body::id(code)).await?;
        let unknown = || refused(Rejection::UnknownBody { body_code: code.clone() });
        timetable::check(body.version().ok_or_else(unknown)?, unit.issued()).map_err(refused)?;
    }
    Ok(())
}

/// Gives the chosen sessions what a timetable proposes, or all of those that do not have it yet.
pub(crate) async fn adopt(
    unit: &mut UnitOfWork,
    id: Uuid,
    chosen: &[Uuid],
    default_calendar: &WorkingCalendar,
) -> Result<(), CommandError> {
    let state = unit.load::<Timetable>(id).await?;
    let Some(known) = state.known() else {
        return unit.decide::<Timetable>(id, Command::Adopt { sessions: vec![], left: vec![] }).await;
    };
    must_be_the_secretariat(unit, &known.proposal.bodies).await?;
    let rows: Vec<&Row> = known.open(chosen).map_err(refused)?;
    let sessions = rows.iter().map(|row| row.session).collect();
    unit.decide::<Timetable>(id, Command::Adopt { sessions, left: vec![] }).await?;
    let mut shared = Shared::default();
    for row in rows {
        add(unit, row, &known.proposal.title, default_calendar, &mut shared).await?;
    }
    take(unit, shared).await
}

/// Gives one session what a timetable proposes.
pub(crate) async fn give(
    unit: &mut UnitOfWork,
    row: &Row,
    title: &Line,
    default_calendar: &WorkingCalendar,
) -> Result<(), CommandError> {
    let mut shared = Shared::default();
    add(unit, row, title, default_calendar, &mut shared).await?;
    take(unit, shared).await
}

/// Decides on a session, and adds what that requires of others.
async fn add(
    unit: &mut UnitOfWork,
    row: &Row,
    title: &Line,
    default_calendar: &WorkingCalendar,
    shared: &mut Shared,
) -> Result<(), CommandError> {
    let (session, now) = (row.session, unit.issued().at);
    let before = unit.load::<Session>(session).await?;
    let changed = || refused(Rejection::SessionChanged { session_id: session });
    let filed = before.filed().ok_or_else(changed)?;
    let reason = Text::parse(title.as_str()).map_err(|fault| Invalid::value(fault.to_string()))?;
    let command = session_command(row, filed, &reason).ok_or_else(changed)?;
    must_be_allowed(unit, session, &command).await?;
    let calendar = calendar(unit, default_calendar).await?;
    let command = asking(filed, &command, &calendar, now);
    check_times(filed, &command, &calendar, now)?;
    let body = unit.load::<Body>(Body::id(&filed.outline.body)).await?;
    let rules = body.version().map(|version| version.charter.meeting_rules).unwrap_or_default();
    unit.decide::<Session>(session, command.clone()).await?;
    decide_poll(unit, session, &command).await?;
    let there = whereabouts(unit, Some(filed), &command).await?;
    shared.add(session, &before, &command, &rules, &calendar, (now, &there));
    Ok(())
}

async fn take(unit: &mut UnitOfWork, shared: Shared) -> Result<(), CommandError> {
    let Commands { rooms, diaries, quotas } = shared.commands();
    for (room, commands) in rooms {
        unit.decide_each::<Room>(room, commands).await?;
    }
    for (diary, commands) in diaries {
        unit.decide_each::<Diary>(diary, commands).await?;
    }
    for (body, commands) in quotas {
        unit.decide_each::<Quota>(Quota::id(&body), commands).await?;
    }
    Ok(())
}
