//! The rules of voting: when a ballot may be opened, who votes, when it is counted.

use super::floor::{may_speak_for, must_belong_to, not_recused};
use super::outcomes::executable;
use super::proposals::{not_voted_on, nothing_pending};
use super::{BALLOTS_MAX, Event, Mode, Proceedings, Rejection, RoleOnTopic, State, Topic, TopicStage};
use crate::decision_rule::DecisionRule;
use crate::deliberation::ballot::{Ballot, Choice, Tie, Vote};
use crate::{Code, Issued, Text};

pub(super) fn open_ballot(
    proceedings: &Proceedings,
    number: u32,
    version: u32,
    issued: &Issued,
) -> Result<Vec<Event>, Rejection> {
    let topic = proceedings.undecided(number)?;
    if let Some(open) = topic.open_ballot() {
        if open.version == version {
            return Ok(vec![]);
        }
        return Err(Rejection::BallotStillOpen { ballot_number: open.number, topic_number: number });
    }
    if proceedings.is_meeting() && topic.stage == TopicStage::Waiting {
        return Err(Rejection::TopicNotOpened { topic_number: number });
    }
    still_signing(proceedings, issued)?;
    let current = topic.current_version();
    if current == 0 {
        return Err(Rejection::NoProposal { topic_number: number });
    }
    if version != current {
        return Err(Rejection::VersionNotCurrent { version, current_version: current });
    }
    nothing_pending(topic)?;
    executable(topic)?;
    may_be_voted_on(proceedings, topic)?;
    if proceedings.agenda.deciding_on(number).next().is_none() {
        return Err(Rejection::NoDecidingDepartment { topic_number: number });
    }
    if proceedings.ballots >= BALLOTS_MAX {
        return Err(Rejection::BallotsExhausted { max: BALLOTS_MAX });
    }
    let DecisionRule { method, abstention, tie, .. } = proceedings.agenda.constitution.rule;
    let ballot = proceedings.ballots + 1;
    Ok(vec![Event::BallotOpened { topic: number, ballot, version, method, abstention, tie }])
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

pub(super) fn cast_vote(
    proceedings: &Proceedings,
    number: u32,
    department: Code,
    choice: Choice,
    reason: Option<Text>,
    issued: &Issued,
) -> Result<Vec<Event>, Rejection> {
    let (topic, ballot) = ballot_on(proceedings, number)?;
    may_vote_for(proceedings, &department, issued)?;
    may_vote_on(proceedings, topic, &department)?;
    takes_part_now(proceedings, topic, &department)?;
    still_signing(proceedings, issued)?;
    let vote = Vote { choice, reason };
    if ballot.votes.get(&department) == Some(&vote) {
        return Ok(vec![]);
    }
    Ok(vec![Event::VoteCast {
        topic: number,
        ballot: ballot.number,
        department,
        choice,
        reason: vote.reason,
    }])
}

pub(super) fn record_recusal(
    proceedings: &Proceedings,
    number: u32,
    department: Code,
    reason: Text,
    issued: &Issued,
) -> Result<Vec<Event>, Rejection> {
    let topic = proceedings.undecided(number)?;
    may_speak_for(proceedings, &department, issued)?;
    may_vote_on(proceedings, topic, &department)?;
    if topic.recused.contains(&department) {
        return Ok(vec![]);
    }
    if let Some(counted) = topic.counted() {
        return Err(Rejection::BallotCounted { ballot_number: counted.ballot, topic_number: number });
    }
    Ok(vec![Event::RecusalRecorded { topic: number, department, reason }])
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
    let topic = proceedings.undecided(number)?;
    let ballot = match (topic.open_ballot(), topic.ballots.last()) {
        (Some(open), _) => open,
        // It has already been counted: nothing to do.
        (None, Some(_)) => return Ok(vec![]),
        (None, None) => return Err(Rejection::NoBallotOpen { topic_number: number }),
    };
    let electorate = proceedings.electorate(topic);
    let result = ballot.count(&electorate, casting_vote);
    if let Mode::Countersign { sign_by } = proceedings.agenda.mode {
        let missing = result.eligible.saturating_sub(result.recused).saturating_sub(result.cast);
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
    Ok(vec![Event::BallotClosed { topic: number, result }])
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
    open.map(|(topic, ballot)| Event::BallotClosed {
        topic: topic.number,
        result: ballot.count(&proceedings.electorate(topic), None),
    })
    .collect()
}

/// Refuses a department that has recused itself from the topic, or is not there.
fn takes_part_now(proceedings: &Proceedings, topic: &Topic, department: &Code) -> Result<(), Rejection> {
    not_recused(topic, department)?;
    if !proceedings.counts_as_present(department) {
        return Err(Rejection::NotPresent { department_code: department.clone() });
    }
    Ok(())
}

fn ballot_on(proceedings: &Proceedings, number: u32) -> Result<(&Topic, &Ballot), Rejection> {
    let topic = proceedings.undecided(number)?;
    let ballot = topic.open_ballot().ok_or(Rejection::NoBallotOpen { topic_number: number })?;
    Ok((topic, ballot))
}

/// Refuses whoever may not vote for the department. In a meeting a clerk may record the show of hands; a
/// countersign is signed by the department itself.
fn may_vote_for(proceedings: &Proceedings, department: &Code, issued: &Issued) -> Result<(), Rejection> {
    if proceedings.is_meeting() {
        may_speak_for(proceedings, department, issued)
    } else {
        must_belong_to(department, issued)
    }
}

/// Refuses departments that do not decide on the topic.
fn may_vote_on(proceedings: &Proceedings, topic: &Topic, department: &Code) -> Result<(), Rejection> {
    match proceedings.agenda.role_on(topic.number, department) {
        Some(RoleOnTopic::Decides) => Ok(()),
        _ => Err(Rejection::NotEntitledToVote {
            department_code: department.clone(),
            topic_number: topic.number,
        }),
    }
}

/// Refuses what comes after a countersign's deadline.
fn still_signing(proceedings: &Proceedings, issued: &Issued) -> Result<(), Rejection> {
    match proceedings.agenda.mode {
        Mode::Countersign { sign_by } if issued.at >= sign_by => Err(Rejection::CountersignOver { sign_by }),
        _ => Ok(()),
    }
}
