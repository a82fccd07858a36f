//! From admission to the session itself: room and time, convening, the end.

use super::{
    CONVENE_EARLY, Event, Filed, Forum, Kind, Progress, Rejection, Rule, Slot, Stage, must_be_ahead,
};
use crate::calendar::WorkingCalendar;
use crate::constitution::Constitution;
use crate::scheduling::body::MeetingRules;
use crate::scheduling::slots::WORK_ENDS_HOUR;
use crate::{Code, Date, Issued, Text, Timestamp};
use jiff::SignedDuration;

pub(super) fn schedule(
    filed: &Filed,
    room: Code,
    starts_at: Timestamp,
    answer_by: Option<Timestamp>,
    issued: &Issued,
) -> Result<Vec<Event>, Rejection> {
    let ends_at = filed.ends_at(starts_at);
    let slot = Slot { room, starts_at, ends_at };
    if matches!(&filed.progress, Progress::Scheduled(appointment) if appointment.slot == slot) {
        return Ok(vec![]);
    }
    filed.must_be(&[Stage::Admitted], "scheduled", "admitted")?;
    Ok(vec![given(filed, slot, answer_by, issued)?])
}

/// A scheduled session is postponed and scheduled again at once: it is never without a room.
pub(super) fn relocate(
    filed: &Filed,
    room: Code,
    starts_at: Timestamp,
    answer_by: Option<Timestamp>,
    reason: Text,
    issued: &Issued,
) -> Result<Vec<Event>, Rejection> {
    let slot = Slot { room, starts_at, ends_at: filed.ends_at(starts_at) };
    filed.must_be(&[Stage::Scheduled], "moved", "scheduled")?;
    if filed.appointment().is_some_and(|appointment| appointment.slot == slot) {
        return Ok(vec![]);
    }
    Ok(vec![Event::Postponed { reason }, given(filed, slot, answer_by, issued)?])
}

/// The session gets this room and time, and whoever is invited is asked to answer by a moment.
fn given(
    filed: &Filed,
    slot: Slot,
    answer_by: Option<Timestamp>,
    issued: &Issued,
) -> Result<Event, Rejection> {
    let (starts_at, ends_at) = (slot.starts_at, slot.ends_at);
    let earliest_start_at = filed.outline.earliest_start_at;
    if starts_at < earliest_start_at {
        return Err(Rejection::BeforeEarliestStart { starts_at, earliest_start_at });
    }
    if starts_at < issued.at {
        return Err(Rejection::StartsInThePast { starts_at, now: issued.at });
    }
    let is_urgent = filed.outline.kind == Kind::Emergency;
    if let Some(second_call_at) = filed.second_call_at.filter(|&from| starts_at < from && !is_urgent) {
        return Err(Rejection::SecondCallTooEarly { starts_at, second_call_at });
    }
    if let Some(answer_by) = answer_by {
        must_be_ahead("answer_by", answer_by, issued)?;
        if answer_by > starts_at {
            return Err(Rejection::AnswersTooLate { answer_by, starts_at });
        }
    }
    let invited = filed.outline.departments().cloned().collect();
    Ok(Event::Scheduled { room: slot.room, starts_at, ends_at, invited, answer_by })
}

/// Days of notice that an invitation to the session needs, as the body counts them. An emergency needs none, and neither does the next
/// call of a session that was adjourned, as all were invited before, or one for which the rule was overridden.
pub fn notice_days(filed: &Filed) -> u32 {
    let is_exempt = filed.outline.kind == Kind::Emergency || filed.is_next_call;
    if is_exempt || filed.override_of(Rule::Notice).is_some() {
        return 0;
    }
    filed.screening.as_ref().map_or(0, |screening| screening.rules.notice_days_min)
}

/// The first day that is long enough after the invitation.
pub fn first_day_after_notice(filed: &Filed, calendar: &WorkingCalendar, invited_on: Date) -> Date {
    rules(filed).after_days(calendar, invited_on, notice_days(filed))
}

/// The rules that it was screened against.
pub(super) fn rules(filed: &Filed) -> MeetingRules {
    filed.screening.as_ref().map(|screening| screening.rules).unwrap_or_default()
}

/// Refuses an invitation at too short a notice. It is measured again when the session is scheduled, from that day to the
/// start: what was in time for the request may not be so for the invitation.
pub fn check_notice(
    filed: &Filed,
    starts_at: Timestamp,
    calendar: &WorkingCalendar,
    now: Timestamp,
) -> Result<(), Rejection> {
    let limit = notice_days(filed);
    let rules = rules(filed);
    let measure = rules.days_between(calendar, calendar.date_of(now), calendar.date_of(starts_at));
    if measure >= limit {
        return Ok(());
    }
    Err(Rejection::RuleBroken { rule: Rule::Notice, measure, limit })
}

/// How far ahead a session may start, at most.
pub const START_AHEAD_DAYS_MAX: u32 = 731;

/// Refuses a start on a day that is over, or years ahead: nobody means that.
pub fn check_start(
    starts_at: Timestamp,
    calendar: &WorkingCalendar,
    now: Timestamp,
) -> Result<(), Rejection> {
    let today = calendar.date_of(now);
    if calendar.date_of(starts_at) < today {
        return Err(Rejection::StartsInThePast { starts_at, now });
    }
    let latest_start_at = latest_start_at(calendar, now);
    if starts_at > latest_start_at {
        return Err(Rejection::StartsTooFarAhead { starts_at, latest_start_at });
    }
    Ok(())
}

/// The last moment at which a session may start.
pub fn latest_start_at(calendar: &WorkingCalendar, now: Timestamp) -> Timestamp {
    calendar.end_of(calendar.after_days(calendar.date_of(now), START_AHEAD_DAYS_MAX))
}

/// Refuses a time outside of working hours, or on a day that is no working day. An emergency is exempt, and so is a session
/// for which the rule was overridden; one that is longer than a working day begins with it.
pub fn check_working_time(
    filed: &Filed,
    starts_at: Timestamp,
    calendar: &WorkingCalendar,
) -> Result<(), Rejection> {
    if filed.outline.kind == Kind::Emergency || filed.override_of(Rule::WorkingTime).is_some() {
        return Ok(());
    }
    let measure = minutes_off_work(starts_at, filed.ends_at(starts_at), calendar);
    if measure == 0 {
        Ok(())
    } else {
        Err(Rejection::RuleBroken { rule: Rule::WorkingTime, measure, limit: 0 })
    }
}

fn minutes_off_work(starts_at: Timestamp, ends_at: Timestamp, calendar: &WorkingCalendar) -> u32 {
    let date = calendar.date_of(starts_at);
    let (begins_at, closes_at) = (calendar.work_begins(date), calendar.zone().at_hour(date, WORK_ENDS_HOUR));
    let minutes = |from: Timestamp, until: Timestamp| {
        u32::try_from(until.duration_since(from).as_mins().max(0)).unwrap_or(u32::MAX)
    };
    if !calendar.is_working_day(date) {
        return minutes(starts_at, ends_at).max(1);
    }
    let early = minutes(starts_at, begins_at.min(ends_at));
    let late = if starts_at == begins_at { 0 } else { minutes(closes_at.max(starts_at), ends_at) };
    early.saturating_add(late)
}

pub(super) fn cancel(filed: &Filed, reason: Text) -> Result<Vec<Event>, Rejection> {
    if filed.stage() == Stage::Cancelled {
        return Ok(vec![]);
    }
    filed.must_be(
        &[Stage::Requested, Stage::Screened, Stage::Returned, Stage::Admitted, Stage::Scheduled],
        "cancelled",
        "not yet convened",
    )?;
    Ok(vec![Event::Cancelled { reason }])
}

pub(super) fn convene(
    filed: &Filed,
    constitution: Constitution,
    issued: &Issued,
) -> Result<Vec<Event>, Rejection> {
    match &filed.progress {
        Progress::Deciding(Forum::Meeting(_)) => Ok(vec![]),
        Progress::Scheduled(appointment) => {
            let Slot { room, starts_at, .. } = &appointment.slot;
            // Fewer may be enough for a next call: nobody begins it before the others can be there.
            let early = if filed.is_next_call { SignedDuration::ZERO } else { CONVENE_EARLY };
            let opens_at = starts_at.checked_sub(early).unwrap_or(Timestamp::MIN);
            if issued.at < opens_at {
                return Err(Rejection::TooEarly { starts_at: *starts_at, opens_at });
            }
            Ok(vec![Event::Convened { room: Some(room.clone()), constitution }])
        }
        Progress::Admitted if filed.outline.kind == Kind::Emergency => {
            Ok(vec![Event::Convened { room: None, constitution }])
        }
        _ => Err(filed.wrong_stage("convened", "scheduled, or admitted in an emergency")),
    }
}

/// A meeting without a quorum did not take place: the session waits to be scheduled again.
pub(super) fn adjourn(filed: &Filed, reason: Text, issued: &Issued) -> Result<Vec<Event>, Rejection> {
    filed.must_be(&[Stage::Convened], "adjourned", "convened")?;
    let second_call_at = second_call_at(filed, issued.at);
    Ok(vec![Event::Adjourned { reason, adjournments: filed.adjournments.saturating_add(1), second_call_at }])
}

/// The moment from which fewer are enough: so long after the start of the call that had no quorum, or after now when that is
/// later, as the body says. A call that ends before it began leaves the others their time.
fn second_call_at(filed: &Filed, now: Timestamp) -> Option<Timestamp> {
    let second_call = filed.constitution.as_ref()?.rule.second_call?;
    let started_at = filed.appointment().map_or(now, |appointment| appointment.slot.starts_at.max(now));
    let wait = SignedDuration::from_mins(i64::from(second_call.after_minutes));
    Some(started_at.checked_add(wait).unwrap_or(Timestamp::MAX))
}

pub(super) fn conclude(filed: &Filed) -> Result<Vec<Event>, Rejection> {
    if filed.stage() == Stage::Concluded {
        return Ok(vec![]);
    }
    filed.must_be(
        &[Stage::Convened, Stage::Countersigning],
        "concluded",
        "convened or converted to a countersign",
    )?;
    Ok(vec![Event::Concluded])
}
