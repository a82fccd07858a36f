//! The rules of outcomes: what makes a decision, and how else a topic ends.

use super::choices::no_open_choice;
use super::floor::debate_closed;
use super::motions::{self, no_motion_pending};
use super::proceedings::count;
use super::proposals::{no_open_ballot, nothing_pending};
use super::speakers::no_point_pending;
use super::{ACKNOWLEDGE_WORKING_DAYS, Event, ItemDue, Outcome, Proceedings, Rejection, State, Topic};
use crate::calendar::WorkingCalendar;
use crate::due;
use crate::{Code, Date, Issued, Text, Timestamp};

/// Adopts what was passed, when it can be carried out. Late adoption is allowed, and recorded as late.
pub(super) fn adopt(
    proceedings: &Proceedings,
    number: u32,
    declaratory: bool,
    calendar: &WorkingCalendar,
    issued: &Issued,
) -> Result<Vec<Event>, Rejection> {
    if matches!(proceedings.find_topic(number)?.outcome, Some(Outcome::Adopted { .. })) {
        return Ok(vec![]);
    }
    let topic = without_open_ballot(proceedings, number)?;
    nothing_pending(topic)?;
    let version = topic.current_version();
    let passed = topic.passed().ok_or(Rejection::NoPassedBallot { version, topic_number: number })?;
    if declaratory != topic.items.is_empty() {
        return Err(declared_wrongly(topic));
    }
    executable(topic)?;
    let decided_on = calendar.date_of(issued.at);
    let acknowledge_on = calendar.after_working_days(decided_on, ACKNOWLEDGE_WORKING_DAYS);
    let dues = topic.items.iter().filter_map(|item| item.draft.due);
    let adopted = Event::DecisionAdopted {
        topic: number,
        title: topic.title.clone(),
        version,
        ballot: passed.ballot,
        decided_on,
        acknowledge_by: due::acknowledge_by(dues, calendar.end_of(acknowledge_on), issued.at),
        declaratory,
        due_dates: due_dates(topic, decided_on, calendar, issued.at)?,
    };
    Ok(concluded(proceedings, topic, adopted, issued))
}

/// A decision says that nothing is to be done if, and only if, it has no items.
fn declared_wrongly(topic: &Topic) -> Rejection {
    match topic.items.len() {
        0 => Rejection::DecisionWithoutItems { topic_number: topic.number },
        items => Rejection::DeclaratoryWithItems { topic_number: topic.number, items },
    }
}

/// Its items say who does what by when, and how to tell that it is done.
pub(super) fn executable(topic: &Topic) -> Result<(), Rejection> {
    let missing = topic.items.iter().find_map(|item| Some((item.number, item.draft.missing()?)));
    match missing {
        Some((item_number, missing)) => {
            Err(Rejection::DecisionNotExecutable { topic_number: topic.number, item_number, missing })
        }
        None => Ok(()),
    }
}

/// The due dates, counted from the day of the decision, or its moment.
pub(super) fn due_dates(
    topic: &Topic,
    decided_on: Date,
    calendar: &WorkingCalendar,
    now: Timestamp,
) -> Result<Vec<ItemDue>, Rejection> {
    let ruled = topic.items.iter().filter_map(|item| Some((item.number, item.draft.due?)));
    ruled
        .map(|(item, rule)| {
            if let Some((days, max)) = rule.excess(decided_on) {
                return Err(Rejection::DueOutOfRange { days, max });
            }
            let (due_on, due_at) = rule.due(decided_on, now, calendar);
            if due_on < decided_on {
                return Err(Rejection::DueBeforeDecision {
                    item_number: item,
                    topic_number: topic.number,
                    due_on,
                    decided_on,
                });
            }
            Ok(ItemDue { item, due_on, due_at })
        })
        .collect()
}

pub(super) fn reject(
    proceedings: &Proceedings,
    number: u32,
    reason: Text,
    issued: &Issued,
) -> Result<Vec<Event>, Rejection> {
    if matches!(proceedings.find_topic(number)?.outcome, Some(Outcome::Rejected)) {
        return Ok(vec![]);
    }
    let topic = not_passed(proceedings, number)?;
    Ok(concluded(proceedings, topic, Event::TopicRejected { topic: number, reason }, issued))
}

/// A motion to defer a topic.
pub(super) struct Deferral {
    pub(super) topic: u32,
    pub(super) resume_on: Date,
    pub(super) moved_by: Code,
    pub(super) reason: Text,
}

pub(super) fn defer(
    proceedings: &Proceedings,
    deferral: Deferral,
    today: Date,
    issued: &Issued,
) -> Result<Vec<Event>, Rejection> {
    let Deferral { topic: number, resume_on, moved_by, reason } = deferral;
    if proceedings.find_topic(number)?.outcome == Some(Outcome::Deferred { resume_on }) {
        return Ok(vec![]);
    }
    let topic = not_passed(proceedings, number)?;
    let mut chairs = proceedings.agenda.constitution.chairs();
    if !proceedings.agenda.takes_part(&moved_by) && chairs.all(|chair| *chair != moved_by) {
        return Err(Rejection::NotAParticipant { department_code: moved_by });
    }
    if resume_on < today {
        return Err(Rejection::ResumesInThePast { resume_on, today });
    }
    may_be_deferred(topic)?;
    let deferrals = topic.deferrals + 1;
    let deferred = Event::TopicDeferred { topic: number, resume_on, moved_by, reason, deferrals };
    Ok(concluded(proceedings, topic, deferred, issued))
}

/// Refuses to defer a topic more often than its body allows.
pub(super) fn may_be_deferred(topic: &Topic) -> Result<(), Rejection> {
    let (deferrals, max) = (topic.deferrals, topic.deferrals_max());
    if deferrals >= max {
        return Err(Rejection::DeferralsExhausted { topic_number: topic.number, deferrals, max });
    }
    Ok(())
}

/// Refuses to refer a topic to the body before which it is.
pub(super) fn may_be_referred(proceedings: &Proceedings, referred_to: &Code) -> Result<(), Rejection> {
    match proceedings.agenda.body == *referred_to {
        true => Err(Rejection::ReferredToItself { body_code: referred_to.clone() }),
        false => Ok(()),
    }
}

pub(super) fn refer(
    proceedings: &Proceedings,
    number: u32,
    referred_to: Code,
    reason: Text,
    issued: &Issued,
) -> Result<Vec<Event>, Rejection> {
    let referred = Outcome::Referred { referred_to: referred_to.clone() };
    if proceedings.find_topic(number)?.outcome == Some(referred) {
        return Ok(vec![]);
    }
    let topic = not_passed(proceedings, number)?;
    may_be_referred(proceedings, &referred_to)?;
    Ok(concluded(proceedings, topic, Event::TopicReferred { topic: number, referred_to, reason }, issued))
}

pub(super) fn withdraw(
    proceedings: &Proceedings,
    number: u32,
    reason: Text,
    issued: &Issued,
) -> Result<Vec<Event>, Rejection> {
    if matches!(proceedings.find_topic(number)?.outcome, Some(Outcome::Withdrawn)) {
        return Ok(vec![]);
    }
    let topic = not_passed(proceedings, number)?;
    Ok(concluded(proceedings, topic, Event::TopicWithdrawn { topic: number, reason }, issued))
}

/// Closes the docket, and counts how its topics ended; one with sub-topics has ended when these have.
pub(super) fn close(state: &State, issued: &Issued) -> Result<Vec<Event>, Rejection> {
    if matches!(state, State::Closed(_)) {
        return Ok(vec![]);
    }
    let Proceedings { topics, agenda, .. } = state.open()?;
    let is_open = |topic: &&Topic| topic.outcome.is_none() && !agenda.has_sub_topics(topic.number);
    if let Some(open) = topics.iter().find(is_open) {
        return Err(Rejection::TopicUndecided { topic_number: open.number, title: open.title.clone() });
    }
    // Whether something is reconsidered is decided before.
    for topic in topics {
        no_open_ballot(topic)?;
        no_motion_pending(topic)?;
    }
    let ended = |outcome| {
        count(topics.iter().filter_map(|topic| topic.outcome.as_ref()).filter(|o| o.as_str() == outcome))
    };
    let lapsed = topics.iter().flat_map(motions::lapsed);
    let closed = Event::Closed {
        closed_at: issued.at,
        adopted: ended("adopted"),
        rejected: ended("rejected"),
        deferred: ended("deferred"),
        referred: ended("referred"),
        withdrawn: ended("withdrawn"),
        spent_seconds: topics.iter().map(|topic| topic.spent_seconds).fold(0, u64::saturating_add),
        digression_minutes: topics.iter().map(|topic| topic.digression_minutes).fold(0, u32::saturating_add),
    };
    Ok(lapsed.chain([closed]).collect())
}

/// The topic, if it may end without a decision: once a ballot has passed, nobody but its voters undoes it.
fn not_passed(proceedings: &Proceedings, number: u32) -> Result<&Topic, Rejection> {
    let topic = without_open_ballot(proceedings, number)?;
    not_passed_yet(topic)?;
    Ok(topic)
}

/// Refuses once a ballot has passed the current version, and while one is open on anything.
pub(super) fn not_passed_yet(topic: &Topic) -> Result<(), Rejection> {
    no_open_ballot(topic)?;
    no_open_choice(topic)?;
    nothing_passed(topic)
}

/// Refuses once a ballot has passed the current version: that is adopted, unless its voters reconsider it.
pub(super) fn nothing_passed(topic: &Topic) -> Result<(), Rejection> {
    match topic.passed() {
        Some(passed) => {
            Err(Rejection::BallotPassed { ballot_number: passed.ballot, topic_number: topic.number })
        }
        None => Ok(()),
    }
}

/// The topic, if it is undecided and no ballot on it is open.
fn without_open_ballot(proceedings: &Proceedings, number: u32) -> Result<&Topic, Rejection> {
    let topic = proceedings.undecided(number)?;
    no_open_ballot(topic)?;
    no_point_pending(topic)?;
    no_motion_pending(topic)?;
    no_open_choice(topic)?;
    Ok(topic)
}

/// An outcome, preceded by the end of the debate and of its motions, and followed by how late it came if the decision clock
/// had run out.
pub(super) fn concluded(
    proceedings: &Proceedings,
    topic: &Topic,
    outcome: Event,
    issued: &Issued,
) -> Vec<Event> {
    let debate = topic.is_in_debate().then(|| debate_closed(topic, issued.at));
    let late = proceedings.agenda.decide_by.filter(|&by| issued.at > by).map(|decide_by| {
        let seconds = u64::try_from(issued.at.duration_since(decide_by).as_secs()).unwrap_or(0);
        Event::DecidedLate { topic: topic.number, decide_by, late_minutes: seconds.div_ceil(60).max(1) }
    });
    let yielded = topic.floor.yielded(topic.number, issued.at);
    let lapsed = motions::lapsed(topic);
    yielded.into_iter().chain(lapsed).chain(debate).chain([outcome]).chain(late).collect()
}
