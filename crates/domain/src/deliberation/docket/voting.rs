//! The rules of voting: when a ballot may be opened, and when it is counted.

use super::amendments;
use super::choices::no_open_choice;
use super::floor::must_belong_to;
use super::motions::{self, no_motion_pending};
use super::outcomes::{due_dates, executable};
use super::proceedings::count;
use super::proposals::{binds_nobody_unasked, no_open_ballot, not_voted_on, nothing_pending};
use super::reminders;
use super::secret;
use super::speakers::{no_point_pending, nobody_speaks};
use super::votes::takes_part_now;
use super::{BALLOTS_MAX, Event, Mode, Proceedings, Rejection, State, Topic, TopicStage};
use crate::calendar::WorkingCalendar;
use crate::decision_rule::{DecisionRule, Method};
use crate::deliberation::ballot::{Ballot, Choice, Rules, Tie};
use crate::{Issued, Timestamp};
use jiff::SignedDuration;

/// Hours that a countersign leaves at least to object to a text, where who does not answer agrees.
pub const SILENCE_HOURS_MIN: u32 = 24;

pub(super) fn open_ballot(
    proceedings: &Proceedings,
    number: u32,
    version: u32,
    calendar: &WorkingCalendar,
    issued: &Issued,
) -> Result<Vec<Event>, Rejection> {
    let topic = proceedings.undecided(number)?;
    if let Some(open) = topic.open_ballot() {
        if open.is_on_proposal() && open.version == version {
            return Ok(vec![]);
        }
        return Err(Rejection::BallotStillOpen { ballot_number: open.number, topic_number: number });
    }
    may_be_opened(proceedings, topic, version, calendar, issued)?;
    let ballot = Ballot::new(proceedings.ballots + 1, version, rules(proceedings));
    if ballot.rules.secret {
        secret::may_be_secret(proceedings, topic)?;
    }
    let remind_at = reminders::for_another(proceedings, issued.at);
    Ok(vec![reminding(opened(number, &ballot), remind_at)])
}

/// That a ballot is opened.
pub(super) fn opened(topic: u32, ballot: &Ballot) -> Event {
    let Rules { method, abstention, tie, majority_of, secret } = ballot.rules;
    let Ballot { number: ballot, version, motion, amendment, .. } = *ballot;
    Event::BallotOpened {
        topic,
        ballot,
        version,
        method,
        abstention,
        tie,
        majority_of,
        secret,
        motion,
        amendment,
        remind_at: None,
    }
}

/// The same ballot, with the moment at which the clock reminds those that have not answered.
fn reminding(mut opened: Event, at: Option<Timestamp>) -> Event {
    if let Event::BallotOpened { remind_at, .. } = &mut opened {
        *remind_at = at;
    }
    opened
}

/// What the body's rule says of a ballot.
fn rules(proceedings: &Proceedings) -> Rules {
    let DecisionRule { method, abstention, tie, voting, .. } = proceedings.agenda.constitution.rule;
    Rules { method, abstention, tie, majority_of: voting.majority_of, secret: voting.secret_ballots }
}

/// Refuses a ballot that is not on the current version, or on what cannot be decided now.
fn may_be_opened(
    proceedings: &Proceedings,
    topic: &Topic,
    version: u32,
    calendar: &WorkingCalendar,
    issued: &Issued,
) -> Result<(), Rejection> {
    let number = topic.number;
    if proceedings.is_meeting() && topic.stage == TopicStage::Waiting {
        return Err(Rejection::TopicNotOpened { topic_number: number });
    }
    still_signing(proceedings, issued)?;
    no_point_pending(topic)?;
    nobody_speaks(topic)?;
    no_motion_pending(topic)?;
    let current = topic.current_version();
    if current == 0 {
        return Err(Rejection::NoProposal { topic_number: number });
    }
    if version != current {
        return Err(Rejection::VersionNotCurrent { version, current_version: current });
    }
    nothing_pending(topic)?;
    executable(topic)?;
    // What has passed by now cannot be adopted, and its items are settled by the vote.
    due_dates(topic, calendar.date_of(issued.at), calendar, issued.at)?;
    binds_nobody_unasked(proceedings, topic)?;
    no_open_choice(topic)?;
    may_be_voted_on(proceedings, topic)?;
    leaves_time_to_object(proceedings, issued)?;
    if proceedings.agenda.deciding_on(number).next().is_none() {
        return Err(Rejection::NoDecidingDepartment { topic_number: number });
    }
    let topics = proceedings.topics.iter();
    let on_texts = topics.flat_map(|topic| &topic.ballots).filter(|ballot| ballot.is_on_proposal());
    if on_texts.count() >= BALLOTS_MAX as usize {
        return Err(Rejection::BallotsExhausted { max: BALLOTS_MAX });
    }
    Ok(())
}

/// Refuses to ask for silence by a deadline so near that who does not answer may not have been asked.
fn leaves_time_to_object(proceedings: &Proceedings, issued: &Issued) -> Result<(), Rejection> {
    let agenda = &proceedings.agenda;
    match agenda.mode {
        Mode::Countersign { sign_by } if agenda.constitution.rule.method == Method::Silence => {
            let hours_min = SILENCE_HOURS_MIN;
            let is_enough = sign_by.duration_since(issued.at) >= SignedDuration::from_hours(hours_min.into());
            if is_enough { Ok(()) } else { Err(Rejection::SilenceTooShort { sign_by, hours_min }) }
        }
        _ => Ok(()),
    }
}

/// A version is voted on as often as the body's rule says, once as a rule, and never again when it has passed. Without
/// a quorum nothing was decided: that ballot does not count.
fn may_be_voted_on(proceedings: &Proceedings, topic: &Topic) -> Result<(), Rejection> {
    let max = proceedings.agenda.constitution.rule.ballots_per_version;
    match topic.passed() {
        None if topic.settling_ballots() < max => Ok(()),
        _ => not_voted_on(topic),
    }
}

/// Records that nobody objects: a ballot that passes without votes. Whoever states that it opposes the topic objects.
pub(super) fn record_general_consent(
    proceedings: &Proceedings,
    number: u32,
    version: u32,
    calendar: &WorkingCalendar,
    issued: &Issued,
) -> Result<Vec<Event>, Rejection> {
    let topic = proceedings.undecided(number)?;
    if !proceedings.is_meeting() {
        return Err(Rejection::NotAMeeting);
    }
    let passed = topic.passed().filter(|result| result.method == Method::GeneralConsent);
    if passed.is_some_and(|result| result.version == version) {
        return Ok(vec![]);
    }
    no_open_ballot(topic)?;
    may_be_opened(proceedings, topic, version, calendar, issued)?;
    let voting = proceedings.agenda.constitution.rule.voting;
    if voting.excludes_general_consent || voting.secret_ballots {
        return Err(Rejection::GeneralConsentExcluded);
    }
    let rules = Rules { method: Method::GeneralConsent, ..rules(proceedings) };
    let ballot = Ballot::new(proceedings.ballots + 1, version, rules);
    let roll = proceedings.roll(topic, &ballot.votes);
    if let Some(objecting) = roll.voters().find(|seat| seat.objected) {
        let department_code = objecting.department.clone();
        return Err(Rejection::Objected { department_code, topic_number: number });
    }
    let result = ballot.count(&roll, None);
    if !result.is_quorate() {
        let (present, needed, departments) = (result.cast, result.quorum, result.eligible);
        return Err(Rejection::NoQuorum { present, needed, departments });
    }
    Ok(vec![opened(number, &ballot), Event::BallotClosed { topic: number, result, roll: roll.seats }])
}

/// Counts the open ballot. A countersign is counted early only when every department has signed. A tie that the chair
/// decides waits for the casting vote, which only the chair's own people give; when the chair is not there or has
/// recused itself, nobody breaks it, and it fails.
pub(super) fn close_ballot(
    proceedings: &Proceedings,
    number: u32,
    casting_vote: Option<Choice>,
    issued: &Issued,
) -> Result<Vec<Event>, Rejection> {
    let topic = proceedings.votable(number)?;
    let ballot = match (topic.open_ballot(), topic.ballots.last()) {
        (Some(open), _) => open,
        // It has already been counted: nothing to do.
        (None, Some(last)) if last.result.is_some() => return Ok(vec![]),
        (None, _) => return Err(Rejection::NoBallotOpen { topic_number: number }),
    };
    if ballot.rules.secret {
        return Err(Rejection::BallotIsSecret { topic_number: number });
    }
    let roll = proceedings.roll_of(topic, ballot);
    let result = ballot.count(&roll, casting_vote);
    if let Some(motion) = ballot.motion {
        return motions::counted(proceedings, topic, motion, result, roll.seats, issued);
    }
    if let Some(amendment) = ballot.amendment {
        return amendments::counted(topic, amendment, result, roll.seats);
    }
    if let Mode::Countersign { sign_by } = proceedings.agenda.mode {
        let missing = count(roll.voters().filter(|seat| !seat.voted));
        if issued.at < sign_by && missing > 0 {
            return Err(Rejection::MissingVotes { missing, sign_by });
        }
    }
    if result.tied && ballot.rules.tie == Tie::ChairDecides && result.is_quorate() {
        let chair = proceedings.chair(Some(topic));
        let able = takes_part_now(proceedings, topic, chair);
        match result.casting_vote {
            None if able.is_ok() => {
                return Err(Rejection::CastingVoteRequired { yes_votes: result.yes, no_votes: result.no });
            }
            None => {}
            Some(_) => {
                must_belong_to(chair, issued)?;
                able?;
            }
        }
    }
    Ok(vec![Event::BallotClosed { topic: number, result, roll: roll.seats }])
}

/// Counts every open ballot of a countersign whose deadline has passed; a tie then fails, as nobody broke it in
/// time.
pub(super) fn check_deadlines(state: &State, issued: &Issued) -> Vec<Event> {
    let (State::Open(proceedings), Some(sign_by)) = (state, state.next_deadline()) else {
        return vec![];
    };
    if issued.at < sign_by {
        return vec![];
    }
    let open = proceedings.topics.iter().filter_map(|topic| Some((topic, topic.open_ballot()?)));
    open.map(|(topic, ballot)| {
        let roll = proceedings.roll(topic, &ballot.votes);
        let result = ballot.count(&roll, None);
        Event::BallotClosed { topic: topic.number, result, roll: roll.seats }
    })
    .collect()
}

/// Refuses what comes after a countersign's deadline.
pub(super) fn still_signing(proceedings: &Proceedings, issued: &Issued) -> Result<(), Rejection> {
    match signing_over(proceedings, issued.at) {
        Some(sign_by) => Err(Rejection::CountersignOver { sign_by }),
        None => Ok(()),
    }
}

/// The moment until which a countersign could be signed, where that is over.
pub(super) fn signing_over(proceedings: &Proceedings, at: Timestamp) -> Option<Timestamp> {
    match proceedings.agenda.mode {
        Mode::Countersign { sign_by } if at >= sign_by => Some(sign_by),
        _ => None,
    }
}
