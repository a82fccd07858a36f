//! The rules of voting: when a ballot opens, who casts, when it is counted.

use super::floor::{is_of, speaks_for};
use super::proposals::nothing_pending;
use super::{BALLOTS_MAX, Event, Mode, Proceedings, Rejection, RoleOnTopic, Stage, State, Topic};
use crate::deliberation::ballot::{Ballot, Choice, Method, Rules, Tie, Vote};
use crate::{Code, Issued, Text, Timestamp};

pub(super) fn open_ballot(
    proceedings: &Proceedings,
    no: u32,
    version: u32,
    rules: Rules,
    issued: &Issued,
) -> Result<Vec<Event>, Rejection> {
    let topic = proceedings.undecided(no)?;
    if let Some(open) = topic.open_ballot() {
        if (open.version, open.rules) == (version, rules) {
            return Ok(vec![]);
        }
        return Err(Rejection::BallotStillOpen { topic: no, ballot: open.no });
    }
    if proceedings.is_meeting() && topic.stage == Stage::Waiting {
        return Err(Rejection::TopicNotOpen { topic: no });
    }
    still_running(proceedings, issued)?;
    let current = topic.current_version();
    if current == 0 {
        return Err(Rejection::NoProposal { topic: no });
    }
    if version != current {
        return Err(Rejection::VersionOutdated { version, current });
    }
    nothing_pending(topic)?;
    check_share(rules.method)?;
    if proceedings.agenda.deciding_on(no).next().is_none() {
        return Err(Rejection::NobodyDecides { topic: no });
    }
    if proceedings.ballots >= BALLOTS_MAX {
        return Err(Rejection::TooManyBallots { max: BALLOTS_MAX });
    }
    let Rules { method, abstention, tie } = rules;
    let ballot = proceedings.ballots + 1;
    Ok(vec![Event::BallotOpened { topic: no, ballot, version, method, abstention, tie }])
}

/// A share that a minority could reach, or that nobody could, is no qualified majority.
fn check_share(method: Method) -> Result<(), Rejection> {
    match method {
        Method::QualifiedMajority { numerator, denominator }
            if u64::from(numerator) * 2 <= u64::from(denominator) || numerator > denominator =>
        {
            Err(Rejection::ShareOutOfRange { numerator, denominator })
        }
        _ => Ok(()),
    }
}

pub(super) fn cast_vote(
    proceedings: &Proceedings,
    no: u32,
    department: Code,
    choice: Choice,
    reason: Option<Text>,
    issued: &Issued,
) -> Result<Vec<Event>, Rejection> {
    let (topic, ballot) = ballot_on(proceedings, no)?;
    votes_for(proceedings, &department, issued)?;
    entitled(proceedings, topic, &department)?;
    if topic.recused.contains(&department) {
        return Err(Rejection::HasRecused { department, topic: no });
    }
    if !proceedings.is_there(&department) {
        return Err(Rejection::NotPresent { department });
    }
    still_running(proceedings, issued)?;
    let vote = Vote { choice, reason };
    if ballot.votes.get(&department) == Some(&vote) {
        return Ok(vec![]);
    }
    Ok(vec![Event::VoteCast { topic: no, ballot: ballot.no, department, choice, reason: vote.reason }])
}

pub(super) fn recuse(
    proceedings: &Proceedings,
    no: u32,
    department: Code,
    reason: Text,
    issued: &Issued,
) -> Result<Vec<Event>, Rejection> {
    let topic = proceedings.undecided(no)?;
    speaks_for(&department, issued)?;
    entitled(proceedings, topic, &department)?;
    if topic.recused.contains(&department) {
        return Ok(vec![]);
    }
    Ok(vec![Event::Recused { topic: no, department, reason }])
}

/// Counts the open ballot. A countersign is counted early only when everybody has signed; a tie that the
/// chair decides is counted only with the casting vote, which is the chair's department's alone.
pub(super) fn close_ballot(
    proceedings: &Proceedings,
    no: u32,
    casting_vote: Option<Choice>,
    issued: &Issued,
) -> Result<Vec<Event>, Rejection> {
    let topic = proceedings.undecided(no)?;
    let ballot = match (topic.open_ballot(), topic.ballots.last()) {
        (Some(open), _) => open,
        // It was counted before: already so.
        (None, Some(_)) => return Ok(vec![]),
        (None, None) => return Err(Rejection::NoBallotOpen { topic: no }),
    };
    let electorate = proceedings.electorate(topic);
    let result = ballot.count(electorate, casting_vote);
    if let Mode::Countersign { deadline } = proceedings.agenda.mode {
        let missing = electorate.eligible.saturating_sub(electorate.recused).saturating_sub(result.cast);
        if issued.at < deadline && missing > 0 {
            return Err(Rejection::VoicesMissing { missing, deadline });
        }
    }
    if result.tied && ballot.rules.tie == Tie::ChairDecides && result.is_quorate() {
        match result.casting_vote {
            None => return Err(Rejection::CastingVoteNeeded { yes: result.yes, no: result.no }),
            Some(_) => votes_for(proceedings, &proceedings.agenda.chair, issued)?,
        }
    }
    Ok(vec![Event::BallotClosed { topic: no, result }])
}

/// Counts every ballot of a countersign that has run out; a tie then fails, as nobody broke it in time.
pub(super) fn note_the_hour(state: &State, issued: &Issued) -> Vec<Event> {
    let (State::Open(proceedings), Some(deadline)) = (state, state.next_deadline()) else {
        return vec![];
    };
    if issued.at < deadline {
        return vec![];
    }
    let open = proceedings.topics.iter().filter_map(|topic| Some((topic, topic.open_ballot()?)));
    open.map(|(topic, ballot)| Event::BallotClosed {
        topic: topic.no,
        result: ballot.count(proceedings.electorate(topic), None),
    })
    .collect()
}

fn ballot_on(proceedings: &Proceedings, no: u32) -> Result<(&Topic, &Ballot), Rejection> {
    let topic = proceedings.undecided(no)?;
    let ballot = topic.open_ballot().ok_or(Rejection::NoBallotOpen { topic: no })?;
    Ok((topic, ballot))
}

/// Refuses whoever does not vote for the department. In a meeting a clerk may put down the show of hands; a
/// countersign is the department's own signature.
fn votes_for(proceedings: &Proceedings, department: &Code, issued: &Issued) -> Result<(), Rejection> {
    if proceedings.is_meeting() { speaks_for(department, issued) } else { is_of(department, issued) }
}

fn entitled(proceedings: &Proceedings, topic: &Topic, department: &Code) -> Result<(), Rejection> {
    match proceedings.agenda.role_on(topic.no, department) {
        Some(RoleOnTopic::Decides) => Ok(()),
        _ => Err(Rejection::NotEntitled { department: department.clone(), topic: topic.no }),
    }
}

/// Refuses what comes after a countersign's deadline.
fn still_running(proceedings: &Proceedings, issued: &Issued) -> Result<(), Rejection> {
    match over(proceedings.agenda.mode, issued.at) {
        Some(deadline) => Err(Rejection::CountersignOver { deadline }),
        None => Ok(()),
    }
}

fn over(mode: Mode, at: Timestamp) -> Option<Timestamp> {
    match mode {
        Mode::Countersign { deadline } if at >= deadline => Some(deadline),
        _ => None,
    }
}
