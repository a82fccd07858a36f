//! The rules of reconsidering: that what was decided on a topic is taken up again in the same sitting.

use super::choices::no_open_choice;
use super::proposals::no_open_ballot;
use super::speakers::no_point_pending;
use super::{Event, MotionKind, Outcome, Proceedings, Rejection, Topic};
use crate::Code;
use crate::deliberation::ballot::{Ballot, Choice};

impl Topic {
    /// The last ballot on the text that settled something and was not reconsidered.
    fn settling_ballot(&self) -> Option<&Ballot> {
        let settled = self.settled()?.ballot;
        self.ballots.iter().find(|ballot| ballot.number == settled)
    }

    /// Whether there is something on it that could be reconsidered.
    pub(super) fn has_something_to_reconsider(&self) -> bool {
        match &self.outcome {
            Some(Outcome::Rejected) => true,
            Some(_) => false,
            None => self.settled().is_some(),
        }
    }
}

/// The topic, if something on it may be reconsidered: its text was voted on, or it was rejected. What was adopted is a
/// resolution already.
pub(super) fn reconsidered(proceedings: &Proceedings, number: u32) -> Result<&Topic, Rejection> {
    let topic = proceedings.find_topic(number)?;
    if !proceedings.is_meeting() {
        return Err(Rejection::NotAMeeting);
    }
    if matches!(topic.outcome, Some(Outcome::Adopted { .. })) {
        return Err(Rejection::DecisionPublished { topic_number: number });
    }
    match topic.has_something_to_reconsider() {
        true => Ok(topic),
        false => Err(Rejection::NothingToReconsider { topic_number: number }),
    }
}

/// Refuses to reconsider while something is voted on, and what was decided to be reconsidered, or not to be, before.
pub(super) fn may_be_reconsidered(topic: &Topic) -> Result<(), Rejection> {
    no_point_pending(topic)?;
    no_open_ballot(topic)?;
    no_open_choice(topic)?;
    match topic.decided_motion(&MotionKind::Reconsider) {
        Some(known) => {
            Err(Rejection::ReconsideredBefore { motion_number: known.number, topic_number: topic.number })
        }
        None => Ok(()),
    }
}

/// Refuses a department that did not vote as it was decided. Where nobody knows how somebody voted, or there was no vote,
/// every seat may.
pub(super) fn voted_as_it_was_decided(topic: &Topic, department: &Code) -> Result<(), Rejection> {
    let Some((ballot, result)) = topic.settling_ballot().and_then(|held| Some((held, held.result?))) else {
        return Ok(());
    };
    if ballot.votes.is_empty() {
        return Ok(());
    }
    let prevailing = if result.passed { Choice::Yes } else { Choice::No };
    match ballot.votes.get(department).is_some_and(|vote| vote.choice == prevailing) {
        true => Ok(()),
        false => Err(Rejection::NotOnPrevailingSide {
            department_code: department.clone(),
            ballot_number: ballot.number,
            topic_number: topic.number,
        }),
    }
}

/// What it does that a topic is reconsidered: it has no outcome, and no ballot counts that was held on it so far.
pub(super) fn taken_up_again(topic: &Topic, motion: u32) -> Event {
    Event::TopicReconsidered { topic: topic.number, motion }
}
