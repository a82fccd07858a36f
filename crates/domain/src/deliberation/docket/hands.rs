//! The rules of hands that were counted: how many, and not whose. Where the body's rule allows it, a clerk of the docket puts
//! the count down in place of votes by name.

use super::floor::{is_clerk_of_the_docket, may_put_down};
use super::proceedings::count;
use super::votes::{ballot_on, not_one_of_the_secretariat};
use super::{Event, Proceedings, Rejection, Topic};
use crate::Issued;
use crate::deliberation::ballot::{Ballot, Hands, Method};

/// Records how many hands were raised, in place of an earlier count; none at all takes it back.
pub(super) fn record(
    proceedings: &Proceedings,
    number: u32,
    hands: Hands,
    issued: &Issued,
) -> Result<Vec<Event>, Rejection> {
    let (topic, ballot) = ballot_on(proceedings, number)?;
    if !is_clerk_of_the_docket(proceedings, issued) {
        return Err(not_one_of_the_secretariat(proceedings, issued));
    }
    may_put_down(proceedings, Some(topic), issued)?;
    may_be_counted(proceedings, topic, ballot)?;
    let votes = ballot.votes.len();
    if votes > 0 {
        return Err(Rejection::VotesByName { topic_number: number, votes });
    }
    let roll = proceedings.roll_of(topic, ballot);
    let (counted, max) = (hands.all(), count(roll.voters().filter(|seat| seat.present)));
    if counted > max {
        return Err(Rejection::TooManyHands { topic_number: number, hands: counted, max });
    }
    if ballot.hands.unwrap_or_default() == hands {
        return Ok(vec![]);
    }
    Ok(vec![Event::HandsCounted { topic: number, ballot: ballot.number, hands }])
}

/// Refuses a count where it matters whose hand it was, or where the body's rule has none.
fn may_be_counted(proceedings: &Proceedings, topic: &Topic, ballot: &Ballot) -> Result<(), Rejection> {
    let topic_number = topic.number;
    if ballot.rules.secret {
        return Err(Rejection::BallotIsSecret { topic_number });
    }
    if !proceedings.is_meeting() {
        return Err(Rejection::NotAMeeting);
    }
    let constitution = &proceedings.agenda.constitution;
    if !constitution.rule.voting.hand_counts {
        return Err(Rejection::HandCountsNotAllowed);
    }
    let by_name = match ballot.rules.method {
        Method::SimpleMajority | Method::QualifiedMajority { .. } | Method::Consensus => None,
        _ => Some("method"),
    };
    let mut deciding =
        proceedings.agenda.deciding_on(topic_number).filter_map(|department| constitution.voter(department));
    let counts_vetoes = ballot.is_on_proposal();
    let of_seats = deciding.find_map(|voter| match (voter.weight, voter.veto && counts_vetoes) {
        (1, false) => None,
        (1, true) => Some("veto"),
        _ => Some("weight"),
    });
    match by_name.or(of_seats) {
        Some(field) => Err(Rejection::HandCountImpossible { topic_number, field }),
        None => Ok(()),
    }
}

/// Refuses that a clerk puts down a vote by name where hands were counted: it would count twice. A seat that casts its own voids
/// the count, and all are called by name.
pub(super) fn none_counted(topic: &Topic, ballot: &Ballot) -> Result<(), Rejection> {
    match ballot.hands {
        Some(hands) => Err(Rejection::HandsCounted { topic_number: topic.number, hands: hands.all() }),
        None => Ok(()),
    }
}
