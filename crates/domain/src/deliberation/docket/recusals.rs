//! The rules of recusal (回避): it takes voice, vote, papers and the chair, and comes before the count.

use super::choices::no_open_choice;
use super::floor::{is_put_down, may_speak_for, nothing_of_its_own, said_in_the_room};
use super::motions::lapsed_without;
use super::proposals::no_open_ballot;
use super::votes::may_vote_on;
use super::{Event, Proceedings, Rejection, Topic};
use crate::deliberation::ballot::Vote;
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
    may_speak_for(proceedings, Some(topic), &department, issued)?;
    may_vote_on(proceedings, topic, &department)?;
    let put_down_by_clerk = is_put_down(proceedings, &department, issued);
    let version = current_version_only.then(|| topic.current_version());
    if version == Some(0) {
        return Err(Rejection::NoProposal { topic_number: number });
    }
    let is_of_version = topic.recused_from_version.contains(&department);
    let takes_over = !put_down_by_clerk && topic.recusals_put_down.contains(&department);
    if topic.recused.contains(&department) && (current_version_only || !is_of_version) && !takes_over {
        return Ok(vec![]);
    }
    nothing_of_its_own(proceedings, &department, has_spoken_itself(topic, &department), issued)?;
    if put_down_by_clerk {
        said_in_the_room(proceedings, &department, issued)?;
        no_open_ballot(topic)?;
        no_open_choice(topic)?;
    }
    before_the_count(topic)?;
    let speaks = topic.floor.speaker.as_ref().is_some_and(|speaker| speaker.department == department);
    let yielded = topic.floor.yielded(number, issued.at).filter(|_| speaks);
    let lapsed = lapsed_without(topic, &department);
    let recusal = Event::RecusalRecorded { topic: number, department, reason, version, put_down_by_clerk };
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
    may_speak_for(proceedings, Some(topic), &department, issued)?;
    may_vote_on(proceedings, topic, &department)?;
    if !topic.recused.contains(&department) {
        return Ok(vec![]);
    }
    let is_its_own = !topic.recusals_put_down.contains(&department);
    nothing_of_its_own(proceedings, &department, is_its_own, issued)?;
    before_the_count(topic)?;
    let put_down_by_clerk = is_put_down(proceedings, &department, issued);
    Ok(vec![Event::RecusalWithdrawn { topic: number, department, reason, put_down_by_clerk }])
}

/// Whether a department takes part in the topic by what it said or did itself: it spoke or moved something, answered what is asked
/// now, or withdrew its recusal. Whoever would recuse it takes that away.
fn has_spoken_itself(topic: &Topic, department: &Code) -> bool {
    let stated = topic.own_statement(department).is_some();
    let of_it = |mover: &Code, put_down_by_clerk: bool| mover == department && !put_down_by_clerk;
    let moved = topic
        .motions
        .iter()
        .any(|known| known.stage.is_open() && of_it(&known.department, known.put_down_by_clerk));
    let amends = topic
        .amendments
        .iter()
        .any(|known| known.stage.is_open() && of_it(&known.department, known.put_down_by_clerk));
    stated
        || moved
        || amends
        || topic.takes_part_again.contains(department)
        || has_answered_itself(topic, department)
}

/// Whether a department has itself answered what is asked on the topic now.
fn has_answered_itself(topic: &Topic, department: &Code) -> bool {
    let voted = topic.open_ballot().is_some_and(|open| {
        open.votes.get(department).is_some_and(Vote::is_cast_by_the_seat)
            || open.sealed.contains_key(department)
    });
    let chosen = topic
        .open_choice()
        .is_some_and(|open| open.votes().get(department).is_some_and(Vote::is_cast_by_the_seat));
    voted || chosen
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
