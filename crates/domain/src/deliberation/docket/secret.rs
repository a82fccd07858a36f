//! The rules of secret ballots: who casts a sealed vote, which votes are opened, and how the ballot ends.

use super::amendments;
use super::proceedings::count as number_of;
use super::votes::{Caster, ballot_on, caster, may_vote_on};
use super::{Event, Proceedings, Rejection, State, Topic};
use crate::deliberation::ballot::secret::SECRET_VOTES_MIN;
use crate::deliberation::ballot::{Ballot, OpenedVote};
use crate::{Code, Issued, Text};

impl State {
    /// The secret ballot that is open on a topic, if one is.
    pub fn open_secret_ballot(&self, topic: u32) -> Option<&Ballot> {
        let ballot = self.proceedings()?.topic(topic)?.open_ballot()?;
        ballot.rules.secret.then_some(ballot)
    }

    /// The sealed votes that the count of a topic's secret ballot needs opened: none without a quorum.
    pub fn votes_to_open(&self, topic: u32) -> Vec<&[u8]> {
        let found = self.proceedings().and_then(|known| Some((known, known.topic(topic)?)));
        let ballot = self.open_secret_ballot(topic);
        let Some(((proceedings, topic), ballot)) = found.zip(ballot) else { return vec![] };
        to_open(proceedings, topic, ballot)
    }
}

fn to_open<'b>(proceedings: &Proceedings, topic: &Topic, ballot: &'b Ballot) -> Vec<&'b [u8]> {
    let roll = proceedings.roll_of(topic, ballot);
    if ballot.cast(&roll) < roll.quorum {
        return vec![];
    }
    let sealed = roll.voters().filter_map(|seat| ballot.sealed.get(&seat.department));
    sealed.map(|vote| vote.sealed.as_slice()).collect()
}

/// Refuses a secret ballot where everybody would know how somebody voted.
pub(super) fn may_be_secret(proceedings: &Proceedings, topic: &Topic) -> Result<(), Rejection> {
    if !proceedings.is_meeting() {
        return Err(Rejection::SecretNeedsMeeting);
    }
    let seats = number_of(proceedings.roll(topic, &Default::default()).voters());
    if seats < SECRET_VOTES_MIN {
        let (topic_number, needed) = (topic.number, SECRET_VOTES_MIN);
        return Err(Rejection::TooFewForSecrecy { topic_number, seats, needed });
    }
    Ok(())
}

/// Casts a sealed vote. Nobody can tell whether it says something else than the one before, so it always replaces that.
pub(super) fn cast(
    proceedings: &Proceedings,
    number: u32,
    ballot: u32,
    department: Code,
    sealed: Vec<u8>,
    issued: &Issued,
) -> Result<Vec<Event>, Rejection> {
    let (topic, open) = secret_ballot_on(proceedings, number)?;
    may_vote_on(proceedings, topic, &department)?;
    let Caster { cast_by, .. } = caster(proceedings, topic, &open.cast_votes(), &department, false, issued)?;
    if open.number != ballot {
        return Err(Rejection::NoBallotOpen { topic_number: number });
    }
    Ok(vec![Event::VoteSealed { topic: number, ballot, department, sealed, cast_by }])
}

/// Counts a secret ballot. Without a quorum no vote is opened: the next ballot is not to know how this one stood.
pub(super) fn count(
    proceedings: &Proceedings,
    number: u32,
    mut opened: Vec<OpenedVote>,
) -> Result<Vec<Event>, Rejection> {
    let (topic, ballot) = secret_ballot_on(proceedings, number)?;
    let roll = proceedings.roll_of(topic, ballot);
    let (votes, readable) = (to_open(proceedings, topic, ballot).len(), opened.len());
    if votes != readable {
        return Err(Rejection::VotesUnreadable { topic_number: number, votes, readable });
    }
    opened.sort();
    let result = ballot.count_opened(&roll, &opened);
    let published = (!opened.is_empty()).then_some(Event::SecretVotesOpened {
        topic: number,
        ballot: ballot.number,
        votes: opened,
    });
    let closed = match ballot.amendment {
        Some(amendment) => amendments::counted(topic, amendment, result, roll.seats)?,
        None => vec![Event::BallotClosed { topic: number, result, roll: roll.seats }],
    };
    Ok(published.into_iter().chain(closed).collect())
}

/// Voids a secret ballot. Nobody knows how it stands, so nobody voids what they would have lost.
pub(super) fn void(proceedings: &Proceedings, number: u32, reason: Text) -> Result<Vec<Event>, Rejection> {
    let topic = proceedings.undecided(number)?;
    if topic.ballots.last().is_some_and(|last| last.voided.is_some()) {
        return Ok(vec![]);
    }
    let (_, ballot) = secret_ballot_on(proceedings, number)?;
    Ok(vec![Event::BallotVoided { topic: number, ballot: ballot.number, reason }])
}

fn secret_ballot_on(proceedings: &Proceedings, number: u32) -> Result<(&Topic, &Ballot), Rejection> {
    match ballot_on(proceedings, number)? {
        (_, ballot) if !ballot.rules.secret => Err(Rejection::BallotNotSecret { topic_number: number }),
        found => Ok(found),
    }
}
