//! The rules of votes: who casts a seat's vote, and how it may be split.

use super::floor::{
    is_clerk_of_the_docket, may_put_down, must_belong_to, not_one_of, not_recused, nothing_of_its_own,
};
use super::mandates::{may_carry, stand_ins};
use super::voting::still_signing;
use super::{Event, Proceedings, Rejection, RoleOnTopic, Stance, Statement, Topic, hands};
use crate::deliberation::ballot::{Ballot, Choice, Vote, VotePart, Votes};
use crate::{Code, Issued, Text};
use std::collections::BTreeSet;

/// A vote as it is put down in a roll call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RollCallVote {
    /// The department.
    pub department: Code,
    /// How it votes.
    pub choice: Choice,
}

/// What is put into the ballot for a seat.
pub(super) struct Paper {
    pub(super) department: Code,
    pub(super) choice: Choice,
    pub(super) split: Vec<VotePart>,
    pub(super) reason: Option<Text>,
}

pub(super) fn cast(
    proceedings: &Proceedings,
    number: u32,
    paper: Paper,
    issued: &Issued,
) -> Result<Vec<Event>, Rejection> {
    let (topic, ballot) = open_ballot_on(proceedings, number)?;
    Ok(vote(proceedings, topic, ballot, paper, issued)?.into_iter().collect())
}

/// Puts a show of hands down, all of it or nothing.
pub(super) fn call(
    proceedings: &Proceedings,
    number: u32,
    votes: Vec<RollCallVote>,
    issued: &Issued,
) -> Result<Vec<Event>, Rejection> {
    let (topic, ballot) = open_ballot_on(proceedings, number)?;
    if !is_clerk_of_the_docket(proceedings, issued) {
        return Err(not_one_of_the_secretariat(proceedings, issued));
    }
    may_put_down(proceedings, Some(topic), issued)?;
    let mut seen = BTreeSet::new();
    if let Some(twice) = votes.iter().find(|vote| !seen.insert(&vote.department)) {
        return Err(Rejection::DuplicateParticipant { department_code: twice.department.clone() });
    }
    // What one department may carry is measured with the votes of this call.
    let mut ballot = ballot.clone();
    let mut events = Vec::new();
    for RollCallVote { department, choice } in votes {
        let paper = Paper { department, choice, split: vec![], reason: None };
        let Some(event) = vote(proceedings, topic, &ballot, paper, issued)? else { continue };
        if let Event::VoteCast { department, choice, cast_by, put_down_by_clerk, .. } = &event {
            let cast = Vote {
                choice: *choice,
                split: vec![],
                reason: None,
                cast_by: cast_by.clone(),
                put_down_by_clerk: *put_down_by_clerk,
            };
            ballot.votes.insert(department.clone(), cast);
        }
        events.push(event);
    }
    Ok(events)
}

/// The refusal of whoever is no clerk of the docket.
pub(super) fn not_one_of_the_secretariat(proceedings: &Proceedings, issued: &Issued) -> Rejection {
    not_one_of(&proceedings.agenda.constitution.secretariat, issued)
}

/// One vote; none when it is unchanged.
fn vote(
    proceedings: &Proceedings,
    topic: &Topic,
    ballot: &Ballot,
    paper: Paper,
    issued: &Issued,
) -> Result<Option<Event>, Rejection> {
    let Paper { department, choice, split, reason } = paper;
    if !issued.by.speaks_for(&department) {
        hands::none_counted(topic, ballot)?;
    }
    may_vote_on(proceedings, topic, &department)?;
    let by_clerk = is_clerk_of_the_docket(proceedings, issued);
    if ballot.rules.method.counts_silence() {
        nothing_of_its_own(proceedings, &department, objects_itself(topic, &department), issued)?;
    }
    let same = |cast: &Vote| cast.choice == choice && cast.split == split && reason.is_none();
    if by_clerk && cast_itself(&ballot.votes, &department, issued).is_some_and(same) {
        return Ok(None);
    }
    let Caster { cast_by, put_down_by_clerk } =
        caster(proceedings, topic, &ballot.votes, &department, by_clerk, issued)?;
    still_signing(proceedings, issued)?;
    check_split(proceedings, &department, choice, &split)?;
    let vote = Vote { choice, split, reason, cast_by, put_down_by_clerk };
    if ballot.votes.get(&department) == Some(&vote) {
        return Ok(None);
    }
    let Vote { choice, split, reason, cast_by, put_down_by_clerk } = vote;
    let (topic, ballot) = (topic.number, ballot.number);
    Ok(Some(Event::VoteCast { topic, ballot, department, choice, split, reason, cast_by, put_down_by_clerk }))
}

/// Whether a department has itself said that it opposes the topic, or voted no when a text was voted on last.
fn objects_itself(topic: &Topic, department: &Code) -> bool {
    let opposes = |statement: &Statement| statement.stance == Stance::Oppose;
    topic.own_statement(department).is_some_and(opposes) || topic.voted_no.contains(department)
}

/// Who casts the vote of a seat.
pub(super) struct Caster {
    /// The department that does, when it is another one.
    pub(super) cast_by: Option<Code>,
    /// Whether a clerk of the docket puts it down.
    pub(super) put_down_by_clerk: bool,
}

/// Who casts the vote: the department itself; a stand-in, when it is not there; or, in a meeting, a clerk of the docket,
/// if it is cast by one, who puts down what either of them does. What a seat has cast itself, it alone changes.
pub(super) fn caster(
    proceedings: &Proceedings,
    topic: &Topic,
    votes: &Votes,
    department: &Code,
    by_clerk: bool,
    issued: &Issued,
) -> Result<Caster, Rejection> {
    let own = issued.by.speaks_for(department);
    let is_clerk = proceedings.is_meeting() && by_clerk;
    if is_clerk && !own {
        may_put_down(proceedings, Some(topic), issued)?;
    }
    if own || is_clerk && proceedings.counts_as_present(department) {
        takes_part_now(proceedings, topic, department)?;
        if cast_itself(votes, department, issued).is_some() {
            let department_code = department.clone();
            return Err(Rejection::VoteByAnother { cast_by_code: department.clone(), department_code });
        }
        let put_down_by_clerk = is_clerk && !own;
        return Ok(Caster { cast_by: None, put_down_by_clerk });
    }
    let stand_ins = stand_ins(proceedings, topic, department);
    let stand_in = match is_clerk {
        true => stand_ins.into_iter().find(|code| may_carry(proceedings, votes, department, code).is_ok()),
        false => stand_ins.into_iter().find(|code| issued.by.speaks_for(code)),
    };
    let Some(stand_in) = stand_in else {
        if is_clerk {
            takes_part_now(proceedings, topic, department)?;
        }
        must_belong_to(department, issued)?;
        return Ok(Caster { cast_by: None, put_down_by_clerk: false });
    };
    not_recused(topic, department)?;
    may_carry(proceedings, votes, department, stand_in)?;
    if let Some(vote) = votes.get(department)
        && vote.cast_by.as_ref() != Some(stand_in)
    {
        let cast_by_code = vote.cast_by.clone().unwrap_or_else(|| department.clone());
        return Err(Rejection::VoteByAnother { department_code: department.clone(), cast_by_code });
    }
    Ok(Caster { cast_by: Some(stand_in.clone()), put_down_by_clerk: is_clerk })
}

/// The vote that a seat cast itself, when it is another that casts it now.
fn cast_itself<'v>(votes: &'v Votes, department: &Code, issued: &Issued) -> Option<&'v Vote> {
    let vote = votes.get(department).filter(|vote| vote.is_cast_by_the_seat());
    vote.filter(|_| !issued.by.speaks_for(department))
}

/// Refuses parts that are no split of the seat's weight: each has another choice, and something is left for the first.
fn check_split(
    proceedings: &Proceedings,
    department: &Code,
    choice: Choice,
    split: &[VotePart],
) -> Result<(), Rejection> {
    let weight = proceedings.agenda.constitution.voter(department).map_or(1, |voter| voter.weight);
    let split_weight = split.iter().map(|part| part.weight).fold(0, u32::saturating_add);
    let choices = split.iter().map(|part| part.choice).chain([choice]);
    let distinct =
        choices.clone().enumerate().all(|(at, one)| !choices.clone().skip(at + 1).any(|other| other == one));
    if split_weight < weight && distinct && split.iter().all(|part| part.weight > 0) {
        return Ok(());
    }
    Err(Rejection::SplitTooHeavy { department_code: department.clone(), weight, split_weight })
}

/// Refuses a department that has recused itself from the topic, or is not there.
pub(super) fn takes_part_now(
    proceedings: &Proceedings,
    topic: &Topic,
    department: &Code,
) -> Result<(), Rejection> {
    not_recused(topic, department)?;
    if !proceedings.counts_as_present(department) {
        return Err(Rejection::NotPresent { department_code: department.clone() });
    }
    Ok(())
}

/// Refuses departments that do not decide on the topic.
pub(super) fn may_vote_on(
    proceedings: &Proceedings,
    topic: &Topic,
    department: &Code,
) -> Result<(), Rejection> {
    match proceedings.agenda.role_on(topic.number, department) {
        Some(RoleOnTopic::Decides) => Ok(()),
        _ => Err(Rejection::NotEntitledToVote {
            department_code: department.clone(),
            topic_number: topic.number,
        }),
    }
}

/// The ballot in which everybody may know who votes how.
fn open_ballot_on(proceedings: &Proceedings, number: u32) -> Result<(&Topic, &Ballot), Rejection> {
    match ballot_on(proceedings, number)? {
        (_, ballot) if ballot.rules.secret => Err(Rejection::BallotIsSecret { topic_number: number }),
        found => Ok(found),
    }
}

pub(super) fn ballot_on(proceedings: &Proceedings, number: u32) -> Result<(&Topic, &Ballot), Rejection> {
    let topic = proceedings.votable(number)?;
    let ballot = topic.open_ballot().ok_or(Rejection::NoBallotOpen { topic_number: number })?;
    Ok((topic, ballot))
}
