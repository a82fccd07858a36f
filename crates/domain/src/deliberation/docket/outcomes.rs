//! The rules of outcomes: what makes a decision, and how else a topic ends.

use super::floor::debate_closed;
use super::proceedings::count;
use super::proposals::nothing_pending;
use super::{
    ACKNOWLEDGE_WORKING_DAYS, DEFERRALS_MAX, Due, Event, Outcome, Proceedings, Rejection, State, Topic,
};
use crate::calendar::WorkingCalendar;
use crate::{Code, Date, Issued, Text};

/// Adopts what was passed, when it can be carried out. Late adoption is allowed, and recorded as late.
pub(super) fn adopt(
    proceedings: &Proceedings,
    no: u32,
    declaratory: bool,
    calendar: &WorkingCalendar,
    issued: &Issued,
) -> Result<Vec<Event>, Rejection> {
    if matches!(proceedings.known(no)?.outcome, Some(Outcome::Adopted { .. })) {
        return Ok(vec![]);
    }
    let topic = without_open_ballot(proceedings, no)?;
    nothing_pending(topic)?;
    let version = topic.current_version();
    let passed = topic.passed().ok_or(Rejection::NoPassedBallot { topic: no, version })?;
    executable(topic, declaratory)?;
    let decided_on = calendar.date_of(issued.at);
    let acknowledge_on = calendar.after_working_days(decided_on, ACKNOWLEDGE_WORKING_DAYS);
    let adopted = Event::DecisionAdopted {
        topic: no,
        title: topic.title.clone(),
        version,
        ballot: passed.ballot,
        decided_on,
        acknowledge_by: calendar.end_of(acknowledge_on),
        declaratory,
        dues: dues(topic, decided_on, calendar)?,
    };
    Ok(concluded(proceedings, topic, adopted, issued))
}

/// A decision says who does what by when and how one sees that it is done, or that nothing is to be done.
fn executable(topic: &Topic, declaratory: bool) -> Result<(), Rejection> {
    let items = topic.items.len();
    if declaratory && items > 0 {
        return Err(Rejection::DeclaratoryWithItems { topic: topic.no, items });
    }
    if !declaratory && items == 0 {
        return Err(Rejection::DecisionWithoutItems { topic: topic.no });
    }
    for item in &topic.items {
        if let Some(missing) = item.draft.missing() {
            return Err(Rejection::DecisionNotExecutable { topic: topic.no, item: item.no, missing });
        }
    }
    Ok(())
}

/// The due dates, counted from the day of the decision.
fn dues(topic: &Topic, decided_on: Date, calendar: &WorkingCalendar) -> Result<Vec<Due>, Rejection> {
    let ruled = topic.items.iter().filter_map(|item| Some((item.no, item.draft.due?)));
    ruled
        .map(|(item, rule)| {
            let due = rule.date(decided_on, calendar);
            if due < decided_on {
                return Err(Rejection::DueBeforeDecision { topic: topic.no, item, due, decided_on });
            }
            Ok(Due { item, due, due_at: calendar.end_of(due) })
        })
        .collect()
}

pub(super) fn reject(
    proceedings: &Proceedings,
    no: u32,
    reason: Text,
    issued: &Issued,
) -> Result<Vec<Event>, Rejection> {
    if matches!(proceedings.known(no)?.outcome, Some(Outcome::Rejected)) {
        return Ok(vec![]);
    }
    let topic = without_open_ballot(proceedings, no)?;
    if let Some(passed) = topic.passed() {
        return Err(Rejection::BallotPassed { topic: no, ballot: passed.ballot });
    }
    Ok(concluded(proceedings, topic, Event::TopicRejected { topic: no, reason }, issued))
}

/// What a motion to defer says.
pub(super) struct Deferral {
    pub(super) topic: u32,
    pub(super) until: Date,
    pub(super) by: Code,
    pub(super) reason: Text,
}

pub(super) fn defer(
    proceedings: &Proceedings,
    deferral: Deferral,
    today: Date,
    issued: &Issued,
) -> Result<Vec<Event>, Rejection> {
    let Deferral { topic: no, until, by, reason } = deferral;
    if proceedings.known(no)?.outcome == Some(Outcome::Deferred { until }) {
        return Ok(vec![]);
    }
    let topic = without_open_ballot(proceedings, no)?;
    if !proceedings.agenda.takes_part(&by) && proceedings.agenda.chair != by {
        return Err(Rejection::NotAParticipant { department: by });
    }
    if until < today {
        return Err(Rejection::DeferredIntoThePast { until, today });
    }
    let deferrals = topic.deferrals;
    if deferrals >= DEFERRALS_MAX {
        return Err(Rejection::DeferralsExhausted { topic: no, deferrals, max: DEFERRALS_MAX });
    }
    let deferred = Event::TopicDeferred { topic: no, until, by, reason, deferrals: deferrals + 1 };
    Ok(concluded(proceedings, topic, deferred, issued))
}

pub(super) fn refer(
    proceedings: &Proceedings,
    no: u32,
    to: Code,
    reason: Text,
    issued: &Issued,
) -> Result<Vec<Event>, Rejection> {
    if matches!(&proceedings.known(no)?.outcome, Some(Outcome::Referred { to: there }) if *there == to) {
        return Ok(vec![]);
    }
    let topic = without_open_ballot(proceedings, no)?;
    Ok(concluded(proceedings, topic, Event::TopicReferred { topic: no, to, reason }, issued))
}

pub(super) fn withdraw(
    proceedings: &Proceedings,
    no: u32,
    reason: Text,
    issued: &Issued,
) -> Result<Vec<Event>, Rejection> {
    if matches!(proceedings.known(no)?.outcome, Some(Outcome::Withdrawn)) {
        return Ok(vec![]);
    }
    let topic = without_open_ballot(proceedings, no)?;
    Ok(concluded(proceedings, topic, Event::TopicWithdrawn { topic: no, reason }, issued))
}

/// Closes the docket, and sums up what became of its topics.
pub(super) fn close(state: &State, issued: &Issued) -> Result<Vec<Event>, Rejection> {
    if matches!(state, State::Closed(_)) {
        return Ok(vec![]);
    }
    let topics = &state.open()?.topics;
    if let Some(open) = topics.iter().find(|topic| topic.outcome.is_none()) {
        return Err(Rejection::TopicUndecided { topic: open.no, title: open.title.clone() });
    }
    let ended =
        |word| count(topics.iter().filter_map(|topic| topic.outcome.as_ref()).filter(|o| o.word() == word));
    Ok(vec![Event::Closed {
        closed_at: issued.at,
        adopted: ended("adopted"),
        rejected: ended("rejected"),
        deferred: ended("deferred"),
        referred: ended("referred"),
        withdrawn: ended("withdrawn"),
        spent_seconds: topics.iter().map(|topic| topic.spent_seconds).fold(0, u64::saturating_add),
        digression_minutes: topics.iter().map(|topic| topic.digression_minutes).fold(0, u32::saturating_add),
    }])
}

/// The topic, undecided and with nothing being voted on.
fn without_open_ballot(proceedings: &Proceedings, no: u32) -> Result<&Topic, Rejection> {
    let topic = proceedings.undecided(no)?;
    match topic.open_ballot() {
        Some(open) => Err(Rejection::BallotStillOpen { topic: no, ballot: open.no }),
        None => Ok(topic),
    }
}

/// An outcome, with the end of the debate before it, and after it how late it came.
fn concluded(proceedings: &Proceedings, topic: &Topic, outcome: Event, issued: &Issued) -> Vec<Event> {
    let debate = topic.is_in_debate().then(|| debate_closed(topic, issued.at));
    let late = proceedings.agenda.decide_by.filter(|&by| issued.at > by).map(|decide_by| {
        let seconds = u64::try_from(issued.at.duration_since(decide_by).as_secs()).unwrap_or(0);
        Event::DecidedLate { topic: topic.no, decide_by, late_minutes: seconds.div_ceil(60).max(1) }
    });
    debate.into_iter().chain([outcome]).chain(late).collect()
}
