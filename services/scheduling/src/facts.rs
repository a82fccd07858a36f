//! What a decision must know of other aggregates, looked up inside its own commit.

pub(crate) mod adoption;
pub(crate) mod polling;

use domain::calendar::WorkingCalendar;
use domain::constitution::Constitution;
use domain::directory::calendar::Calendar;
use domain::directory::department::Department;
use domain::directory::hierarchy::Hierarchy;
use domain::process::carry_out;
use domain::resolution::action_item::ActionItem;
use domain::scheduling::agenda::matter_commands;
use domain::scheduling::authority;
use domain::scheduling::body::{Body, MeetingRules, Version};
use domain::scheduling::booking::{left_room, room_command};
use domain::scheduling::diary::{Diary, diary_commands};
use domain::scheduling::emergency::{self, Emergency, EndCause, alarm};
use domain::scheduling::matter::Matter;
use domain::scheduling::quota::{self, Quota, quarter, quota_command};
use domain::scheduling::room::Room;
use domain::scheduling::session::{
    Attendee, Command, DepartmentRole, Filed, Kind, Session, Stage, State, Topic, asking, check_notice,
    check_start, check_working_time,
};
use domain::scheduling::travel::{Travel, Whereabouts};
use domain::{Code, Text, Timestamp, Uuid};
use proto::record::EventCodec;
use proto::{Invalid, Violation};
use service_kit::{CommandError, UnitOfWork};
use std::collections::BTreeSet;

/// A department that a request names, and the path of the field that names it.
pub(crate) type Named = (String, Code);

/// The departments that attendees name.
pub(crate) fn attending(within: &str, attendees: &[Attendee]) -> Vec<Named> {
    let path = |at| format!("{within}attendees[{at}].department_code");
    attendees.iter().enumerate().map(|(at, attendee)| (path(at), attendee.department.clone())).collect()
}

/// Refuses departments that are not in the directory, all of them at once.
pub(crate) async fn must_be_listed(unit: &mut UnitOfWork, named: &[Named]) -> Result<(), CommandError> {
    let mut violations = Vec::new();
    for (field, code) in named {
        if unit.load::<Department>(Department::id(code)).await?.profile().is_none() {
            let description = format!("names department {code}, which is not in the directory");
            violations.push(Violation { field: field.clone(), description });
        }
    }
    if violations.is_empty() { Ok(()) } else { Err(Invalid { violations }.into()) }
}

/// The departments for which whoever issued the command answers: their own, and those below it.
pub(crate) async fn answered_for(unit: &mut UnitOfWork) -> Result<BTreeSet<Code>, CommandError> {
    let Some(own) = unit.issued().by.department.clone() else { return Ok(BTreeSet::new()) };
    Ok(unit.load::<Hierarchy>(Hierarchy::realm_id()).await?.downwards(&own))
}

/// Refuses a command that the body of the session, as it is now, does not allow to whoever issued it.
pub(crate) async fn must_be_allowed(
    unit: &mut UnitOfWork,
    session: Uuid,
    command: &Command,
) -> Result<(), CommandError> {
    let state = unit.load::<Session>(session).await?;
    let code = match (command, state.filed()) {
        (Command::Request { outline, .. } | Command::Alarm { outline, .. }, None) => outline.body.clone(),
        (_, Some(filed)) => filed.outline.body.clone(),
        (_, None) => return Ok(()),
    };
    let body = unit.load::<Body>(Body::id(&code)).await?;
    authority::check(&state, &body, command, unit.issued()).map_err(CommandError::rejected::<Session>)
}

/// Refuses a session that is requested to carry out an item which is not the caller's to have carried out.
pub(crate) async fn must_be_carried_out(
    unit: &mut UnitOfWork,
    command: &Command,
) -> Result<(), CommandError> {
    let Command::Request { outline, .. } = command else { return Ok(()) };
    let Some(item) = outline.carries_out else { return Ok(()) };
    let item = unit.load::<ActionItem>(item).await?;
    carry_out::check(&item, unit.issued()).map_err(CommandError::rejected::<Session>)
}

/// Decides a command on a session, together with what it requires of its room, of the diaries of those that decide, of its
/// matters, of the count of its body's sessions, and of its poll. The ids of new matters follow from the seed.
pub(crate) async fn decide_session(
    unit: &mut UnitOfWork,
    session: Uuid,
    command: &Command,
    seed: Uuid,
    default_calendar: &WorkingCalendar,
) -> Result<(), CommandError> {
    decide_beside_its_poll(unit, Aim::Write, session, command, seed, default_calendar).await?;
    polling::decide_poll(unit, session, command).await
}

/// What becomes of what is decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Aim {
    /// It is appended with the unit.
    Write,
    /// Nothing: it is only refused, if it would be.
    Try,
}

/// Decides on one aggregate, with this aim.
async fn decide<A: EventCodec>(
    unit: &mut UnitOfWork,
    aim: Aim,
    id: Uuid,
    command: A::Command,
) -> Result<(), CommandError> {
    if aim == Aim::Write {
        return unit.decide::<A>(id, command).await;
    }
    let state = unit.load::<A>(id).await?;
    A::decide(&state, command, unit.issued()).map(drop).map_err(CommandError::rejected::<A>)
}

/// Decides a command on a session with everything but what its poll makes of it, which is left to the caller.
async fn decide_beside_its_poll(
    unit: &mut UnitOfWork,
    aim: Aim,
    session: Uuid,
    command: &Command,
    seed: Uuid,
    default_calendar: &WorkingCalendar,
) -> Result<(), CommandError> {
    let command = &with_answers_asked_for(unit, session, command, default_calendar).await?;
    decide::<Session>(unit, aim, session, command.clone()).await?;
    // Loaded after the decision: if the session has changed meanwhile, the commit fails on the session's stream and is
    // decided again, and no other slot's room is touched.
    let before = unit.load::<Session>(session).await?;
    let issued = unit.issued().clone();
    let left = left_room(session, &before, command);
    for (room, command) in left.into_iter().chain(room_command(session, &before, command, issued.at)) {
        decide::<Room>(unit, aim, room, command).await?;
    }
    decide_emergency(unit, aim, session, &before, command).await?;
    let there = whereabouts(unit, before.filed(), command).await?;
    let diaries = before.filed().map(|filed| diary_commands(session, filed, command, &there, issued.at));
    for (diary, command) in diaries.unwrap_or_default() {
        decide::<Diary>(unit, aim, diary, command).await?;
    }
    for (matter, command) in matter_commands(session, &before, command, seed, issued.by.department.as_ref()) {
        decide::<Matter>(unit, aim, matter, command).await?;
    }
    keep_to_the_calendar(unit, aim, session, &before, command, default_calendar).await
}

/// Where a session takes place by a command that gives it a room, or that says who decides in it, or when.
async fn whereabouts(
    unit: &mut UnitOfWork,
    before: Option<&Filed>,
    command: &Command,
) -> Result<Whereabouts, CommandError> {
    let room = match command {
        Command::Schedule { room, .. } | Command::Move { room, .. } => Some(room),
        Command::AddTopic { .. } | Command::Convene { .. } => {
            before.and_then(Filed::appointment).map(|appointment| &appointment.slot.room)
        }
        _ => None,
    };
    let Some(room) = room else { return Ok(Whereabouts::default()) };
    let room = unit.load::<Room>(Room::id(room)).await?;
    let Some(site) = room.profile().and_then(|profile| profile.site.as_ref()) else {
        return Ok(Whereabouts::default());
    };
    Ok(unit.load::<Travel>(Travel::realm_id()).await?.around(Some(site)))
}

/// The same command; one that gives a session a time says until when it asks for answers.
async fn with_answers_asked_for(
    unit: &mut UnitOfWork,
    session: Uuid,
    command: &Command,
    default_calendar: &WorkingCalendar,
) -> Result<Command, CommandError> {
    if !matches!(command, Command::Schedule { .. } | Command::Move { .. }) {
        return Ok(command.clone());
    }
    let calendar = calendar(unit, default_calendar).await?;
    let now = unit.issued().at;
    let state = unit.load::<Session>(session).await?;
    Ok(state.filed().map_or_else(|| command.clone(), |filed| asking(filed, command, &calendar, now)))
}

/// Starts the clock of an emergency that is requested by hand, and stops that of one that does not take place.
pub(crate) async fn decide_emergency(
    unit: &mut UnitOfWork,
    aim: Aim,
    session: Uuid,
    before: &State,
    command: &Command,
) -> Result<(), CommandError> {
    let command = match (command, before.filed()) {
        (Command::Request { outline, .. }, None) if outline.kind == Kind::Emergency => {
            let body = unit.load::<Body>(Body::id(&outline.body)).await?;
            body.version().and_then(|version| alarm::of_request(command, version))
        }
        (Command::Cancel { .. } | Command::Merge { .. }, Some(filed))
            if filed.outline.kind == Kind::Emergency =>
        {
            Some(emergency::Command::End { cause: EndCause::Cancelled })
        }
        _ => None,
    };
    match command {
        Some(command) => decide::<Emergency>(unit, aim, session, command).await,
        None => Ok(()),
    }
}

/// Counts the session among those of its body in the quarter, or no longer; and refuses a start at too short a notice.
async fn keep_to_the_calendar(
    unit: &mut UnitOfWork,
    aim: Aim,
    session: Uuid,
    before: &State,
    command: &Command,
    default_calendar: &WorkingCalendar,
) -> Result<(), CommandError> {
    let (Some(filed), true) = (before.filed(), concerns_the_calendar(command)) else { return Ok(()) };
    let body = &filed.outline.body;
    let calendar = calendar(unit, default_calendar).await?;
    check_times(filed, command, &calendar, unit.issued().at)?;
    let defined = unit.load::<Body>(Body::id(body)).await?;
    let rules = defined.version().map(|version| version.charter.meeting_rules).unwrap_or_default();
    match quota_command(session, filed, command, &rules, &calendar) {
        Some(command) => decide::<Quota>(unit, aim, Quota::id(body), command).await,
        None => Ok(()),
    }
}

/// Refuses a start that nobody means, at too short a notice, or outside of working hours.
fn check_times(
    filed: &Filed,
    command: &Command,
    calendar: &WorkingCalendar,
    now: Timestamp,
) -> Result<(), CommandError> {
    if let Some(start) = wanted_start(filed, command) {
        check_start(start, calendar, now).map_err(CommandError::rejected::<Session>)?;
    }
    if let Some(start) = scheduled_start(filed, command) {
        check_notice(filed, start, calendar, now).map_err(CommandError::rejected::<Session>)?;
        check_working_time(filed, start, calendar).map_err(CommandError::rejected::<Session>)?;
    }
    Ok(())
}

/// The start that a command wants and the session has not had before. A request for a day that is over is found to be at too
/// short a notice, and never scheduled.
fn wanted_start(before: &Filed, command: &Command) -> Option<Timestamp> {
    match command {
        Command::Schedule { .. } | Command::Move { .. } => scheduled_start(before, command),
        Command::Revise { earliest_start_at, .. } => {
            Some(*earliest_start_at).filter(|start| before.outline.earliest_start_at != *start)
        }
        _ => None,
    }
}

/// The start that a session gets by being scheduled or moved; none when it has it already, or cannot get it.
fn scheduled_start(before: &Filed, command: &Command) -> Option<Timestamp> {
    let had = before.appointment().map(|appointment| appointment.slot.starts_at);
    match (command, before.stage()) {
        (Command::Schedule { starts_at, .. }, Stage::Admitted) => Some(*starts_at),
        (Command::Move { starts_at, .. }, Stage::Scheduled) => Some(*starts_at).filter(|to| had != Some(*to)),
        _ => None,
    }
}

/// Whether a command may change the quarter in which a session counts.
fn concerns_the_calendar(command: &Command) -> bool {
    use Command::{Admit, Cancel, ConvertToCountersign, Move, Revise, Schedule};
    matches!(
        command,
        Admit | Schedule { .. } | Move { .. } | Cancel { .. } | ConvertToCountersign { .. } | Revise { .. }
    )
}

/// The realm's calendar.
pub(crate) async fn calendar(
    unit: &mut UnitOfWork,
    default_calendar: &WorkingCalendar,
) -> Result<WorkingCalendar, CommandError> {
    Ok(unit.load::<Calendar>(Calendar::realm_id()).await?.in_force(default_calendar).clone())
}

/// The rules of the body that a matter is before; none when there is no such matter, or body.
pub(crate) async fn meeting_rules_of_matter(
    unit: &mut UnitOfWork,
    matter: Uuid,
) -> Result<Option<MeetingRules>, CommandError> {
    let state = unit.load::<Matter>(matter).await?;
    let Some(known) = state.known() else { return Ok(None) };
    let body = unit.load::<Body>(Body::id(&known.body)).await?;
    Ok(body.version().map(|version| version.charter.meeting_rules))
}

/// The department in the chair of a body; none when the body is not defined.
pub(crate) async fn chair(unit: &mut UnitOfWork, body: &Code) -> Result<Option<Code>, CommandError> {
    let defined = unit.load::<Body>(Body::id(body)).await?;
    Ok(defined.version().map(|version| version.in_effect().chair))
}

/// The body of a session as it is now, and the realm's calendar.
struct Circumstances {
    filed: Filed,
    version: Version,
    calendar: WorkingCalendar,
}

impl Circumstances {
    /// None when there is no session, or no body of it: the command is refused for that.
    async fn of(
        unit: &mut UnitOfWork,
        default_calendar: &WorkingCalendar,
        session: Uuid,
    ) -> Result<Option<Circumstances>, CommandError> {
        let calendar = calendar(unit, default_calendar).await?;
        let state = unit.load::<Session>(session).await?;
        let Some(filed) = state.filed().cloned() else { return Ok(None) };
        let body = unit.load::<Body>(Body::id(&filed.outline.body)).await?;
        Ok(body.version().cloned().map(|version| Circumstances { filed, version, calendar }))
    }

    fn constitution(&self, at: Timestamp) -> Constitution {
        constitution_of(&self.version, &self.filed, &self.calendar, at)
    }
}

/// What a session is decided by, by this version of its body, when it is convened at this moment.
pub(crate) fn constitution_of(
    version: &Version,
    filed: &Filed,
    calendar: &WorkingCalendar,
    at: Timestamp,
) -> Constitution {
    let mut constitution = version.constitution(filed.outline.class, calendar.date_of(at));
    let is_second_call = filed.second_call_at.is_some_and(|from| at >= from);
    if let Some(second_call) = constitution.rule.second_call.filter(|_| is_second_call) {
        constitution.rule.quorum = second_call.quorum;
    }
    constitution
}

/// What a session is decided by when it is held, now or, if it is a second call, when that may be.
pub(crate) fn constitution_when_held(
    version: &Version,
    filed: &Filed,
    calendar: &WorkingCalendar,
    now: Timestamp,
) -> Constitution {
    constitution_of(version, filed, calendar, filed.second_call_at.map_or(now, |from| from.max(now)))
}

/// What a session that is convened now is decided by; none when there is no such session.
pub(crate) async fn constitution(
    unit: &mut UnitOfWork,
    default_calendar: &WorkingCalendar,
    session: Uuid,
) -> Result<Option<Constitution>, CommandError> {
    let now = unit.issued().at;
    let circumstances = Circumstances::of(unit, default_calendar, session).await?;
    Ok(circumstances.map(|circumstances| circumstances.constitution(now)))
}

/// The command that screens a session: against the rules of its body as they are now, with the number of other
/// sessions that the body has in the quarter of this one's earliest start. All of them count, whoever screens. None when
/// there is no such session.
pub(crate) async fn screening(
    unit: &mut UnitOfWork,
    default_calendar: &WorkingCalendar,
    session: Uuid,
) -> Result<Option<Command>, CommandError> {
    let Some(circumstances) = Circumstances::of(unit, default_calendar, session).await? else {
        return Ok(None);
    };
    let Circumstances { filed, version, calendar } = circumstances;
    let counted = unit.load::<Quota>(Quota::id(&filed.outline.body)).await?;
    Ok(Some(screening_of(session, &filed, &version, &counted, calendar)))
}

/// The command that adds a topic to a session, with who has which role on it, and why it comes late. None when there is no such
/// session.
pub(crate) async fn added_topic(
    unit: &mut UnitOfWork,
    default_calendar: &WorkingCalendar,
    session: Uuid,
    (topic, roles, reason): (Topic, Vec<DepartmentRole>, Text),
) -> Result<Option<Command>, CommandError> {
    let Some(circumstances) = Circumstances::of(unit, default_calendar, session).await? else {
        return Ok(None);
    };
    let Circumstances { filed, version, calendar } = circumstances;
    let deciders_min = deciders_min(&filed, &version, &calendar);
    let before = filed.outline.topics.last().map(|topic| filed.outline.roles_on(topic.number));
    let roles = if roles.is_empty() { before.unwrap_or_default() } else { roles };
    Ok(Some(Command::AddTopic { topic, roles, reason, calendar, deciders_min }))
}

/// How many departments must decide on a topic of a session, so that it can be decided.
fn deciders_min(filed: &Filed, version: &Version, calendar: &WorkingCalendar) -> u32 {
    constitution_of(version, filed, calendar, filed.outline.earliest_start_at).quorum(0, 0)
}

/// The command that screens a session against this version of its body, of which so many sessions are counted.
pub(crate) fn screening_of(
    session: Uuid,
    filed: &Filed,
    version: &Version,
    counted: &quota::State,
    calendar: WorkingCalendar,
) -> Command {
    let start = filed.outline.earliest_start_at;
    Command::Screen {
        rules: version.charter.meeting_rules,
        sessions_this_quarter: counted.others(session, quarter(&calendar, start)),
        deciders_min: deciders_min(filed, version, &calendar),
        calendar,
    }
}
