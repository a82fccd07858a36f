//! What a poll must know of its session, and the session of its poll.

use super::{Aim, decide_beside_its_poll};
use domain::calendar::WorkingCalendar;
use domain::scheduling::authority;
use domain::scheduling::body::Body;
use domain::scheduling::poll::{Asked, Command, Known, Poll, placing, poll_command};
use domain::scheduling::session::{self, Filed, Session, Slot, Stage};
use domain::{Code, Text, Timestamp, Uuid};
use service_kit::{CommandError, UnitOfWork};

/// Why a session is moved that departments were asked about, where nobody says so.
const ASKED: &str = "按时间征询结果调整。As departments were asked.";

/// Ends the poll of a session that a command places otherwise, or changes.
pub(crate) async fn decide_poll(
    unit: &mut UnitOfWork,
    session: Uuid,
    command: &session::Command,
) -> Result<(), CommandError> {
    let Some(end) = poll_command(command) else { return Ok(()) };
    // Few sessions have one.
    if unit.load::<Poll>(session).await?.running().is_none() {
        return Ok(());
    }
    unit.decide::<Poll>(session, end).await
}

/// Refuses a command on the poll of a session that its body does not allow to whoever issued it.
pub(crate) async fn must_be_allowed(
    unit: &mut UnitOfWork,
    session: Uuid,
    command: &Command,
) -> Result<(), CommandError> {
    let state = unit.load::<Session>(session).await?;
    let filed = state.filed().ok_or_else(|| not_found("session"))?;
    let body = unit.load::<Body>(Body::id(&filed.outline.body)).await?;
    authority::check_poll(&state, &body, command, unit.issued()).map_err(CommandError::rejected::<Session>)
}

fn not_found(what: &'static str) -> CommandError {
    CommandError::rejected::<Session>(session::Rejection::NotFound { what })
}

/// The session that departments are asked about.
pub(crate) async fn polled(unit: &mut UnitOfWork, session: Uuid) -> Result<Filed, CommandError> {
    let state = unit.load::<Session>(session).await?;
    state.filed().cloned().ok_or_else(|| not_found("session"))
}

/// The room and the time that a start in a room would be for a session.
pub(crate) fn slot(filed: &Filed, room: Code, starts_at: Timestamp) -> Slot {
    Slot { room, starts_at, ends_at: filed.ends_at(starts_at) }
}

/// The room and the time that a session has now.
pub(crate) fn present(filed: &Filed) -> Option<Slot> {
    filed.appointment().filter(|_| filed.stage() == Stage::Scheduled).map(|held| held.slot.clone())
}

/// Whom a poll is about that a proposal of another time begins, and until when they may answer: before the session would
/// start, as it is scheduled or as it is proposed. None when the session is not scheduled.
pub(crate) fn begins(filed: &Filed, proposed: &Slot) -> Option<(Asked, Timestamp)> {
    let present = present(filed)?;
    Some((Asked::of(filed), present.starts_at.min(proposed.starts_at)))
}

/// The room that a proposal means when it names none.
pub(crate) fn usual_room(filed: &Filed, poll: Option<&Known>) -> Option<Code> {
    let asked = || poll?.times.first().map(|time| time.slot.room.clone());
    present(filed).map(|slot| slot.room).or_else(asked)
}

/// Refuses a time that the session could not be given now: departments are not asked about what cannot be.
pub(crate) async fn must_fit(
    unit: &mut UnitOfWork,
    session: Uuid,
    slot: &Slot,
    default_calendar: &WorkingCalendar,
) -> Result<(), CommandError> {
    let command = placing(&polled(unit, session).await?, slot, &asked());
    decide_beside_its_poll(unit, Aim::Try, session, &command, session, default_calendar).await
}

fn asked() -> Text {
    Text::parse(ASKED).expect("a text")
}

/// Takes a time of a poll, and gives it to the session.
pub(crate) async fn adopt(
    unit: &mut UnitOfWork,
    session: Uuid,
    number: u32,
    reason: Option<&Text>,
    default_calendar: &WorkingCalendar,
) -> Result<(), CommandError> {
    unit.decide::<Poll>(session, Command::Adopt { number }).await?;
    let poll = unit.load::<Poll>(session).await?;
    let time = poll.known().and_then(|known| known.time(number)).ok_or_else(|| not_found("poll"))?;
    let filed = polled(unit, session).await?;
    let reason = reason.or(time.reason.as_ref()).cloned().unwrap_or_else(asked);
    let command = placing(&filed, &time.slot, &reason);
    decide_beside_its_poll(unit, Aim::Write, session, &command, session, default_calendar).await
}
