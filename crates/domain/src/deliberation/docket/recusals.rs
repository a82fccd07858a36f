//! The rules of recusal (回避): it takes voice, vote, papers and the chair, and comes before the count.

use super::floor::may_speak_for;
use super::motions::lapsed_without;
use super::votes::may_vote_on;
use super::{Event, Proceedings, Rejection, Topic};
use crate::{Code, Issued, Text};

pub(super) fn record(
    proceedings: &Proceedings,
    number: u32,
    department: Code,
    reason: Text,
    current_version_only: bool,
    issued: &Issued,
) -> Result<Vec<Event>, Rejection> {
    let topic = proceedings.undecided(number)?;
    may_speak_for(proceedings, &department, issued)?;
    may_vote_on(proceedings, topic, &department)?;
    let version = current_version_only.then(|| topic.current_version());
    if version == Some(0) {
        return Err(Rejection::NoProposal { topic_number: number });
    }
    let is_of_version = topic.recused_from_version.contains(&department);
    if topic.recused.contains(&department) && (current_version_only || !is_of_version) {
        return Ok(vec![]);
    }
    before_the_count(topic)?;
    let speaks = topic.floor.speaker.as_ref().is_some_and(|speaker| speaker.department == department);
    let yielded = topic.floor.yielded(number, issued.at).filter(|_| speaks);
    let lapsed = lapsed_without(topic, &department);
    let recusal = Event::RecusalRecorded { topic: number, department, reason, version };
    Ok(yielded.into_iter().chain(lapsed).chain([recusal]).collect())
}

pub(super) fn withdraw(
    proceedings: &Proceedings,
    number: u32,
    department: Code,
    reason: Text,
    issued: &Issued,
) -> Result<Vec<Event>, Rejection> {
    let topic = proceedings.undecided(number)?;
    may_speak_for(proceedings, &department, issued)?;
    may_vote_on(proceedings, topic, &department)?;
    if !topic.recused.contains(&department) {
        return Ok(vec![]);
    }
    before_the_count(topic)?;
    Ok(vec![Event::RecusalWithdrawn { topic: number, department, reason }])
}

/// Refuses once the current version was voted on: the result says who had recused itself.
fn before_the_count(topic: &Topic) -> Result<(), Rejection> {
    match topic.counted() {
        Some(counted) => {
            Err(Rejection::BallotCounted { ballot_number: counted.ballot, topic_number: topic.number })
        }
        None => Ok(()),
    }
}
