//! When a secret ballot ends, counted or voided, its key is given up; and so is that of a choice among options of which
//! something was sealed.

use crate::Uuid;
use crate::deliberation::docket::Event;
use crate::ledger::erasure::{Command, Erasures};

/// This process manager's name.
pub const NAME: &str = "end_secret_ballot";

/// What has a key of its own, on a docket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keyed {
    /// A secret ballot.
    Ballot {
        /// Its number within the docket.
        ballot: u32,
    },
    /// A choice among options.
    Choice {
        /// The number of the topic.
        topic: u32,
        /// The choice's number within the topic.
        choice: u32,
    },
}

impl Keyed {
    /// The name under which its key is kept.
    pub fn key_name(self, docket_id: Uuid) -> String {
        match self {
            Keyed::Ballot { ballot } => format!("ballot/{docket_id}/{ballot}"),
            Keyed::Choice { topic, choice } => format!("choice/{docket_id}/{topic}/{choice}"),
        }
    }

    /// Its number, and that of the topic of a choice.
    pub fn numbers(self) -> (u32, Option<u32>) {
        match self {
            Keyed::Ballot { ballot } => (ballot, None),
            Keyed::Choice { topic, choice } => (choice, Some(topic)),
        }
    }
}

/// What an event ends that has a key; none when it ends nothing like that.
pub fn ended_by(event: &Event) -> Option<Keyed> {
    match event {
        Event::BallotClosed { result, .. } if result.secret => Some(Keyed::Ballot { ballot: result.ballot }),
        Event::BallotVoided { ballot, .. } => Some(Keyed::Ballot { ballot: *ballot }),
        Event::ChoiceClosed { topic, choice, sealed: true, .. }
        | Event::ChoiceVoided { topic, choice, .. } => Some(Keyed::Choice { topic: *topic, choice: *choice }),
        _ => None,
    }
}

/// The command that follows from a docket's event, when something was sealed with these keys.
pub fn react(docket_id: Uuid, event: &Event, key_ids: Vec<Uuid>) -> Vec<(Uuid, Command)> {
    let given_up = |ended: Keyed| {
        let (ballot_number, topic_number) = ended.numbers();
        Command::GiveUpBallotKey { docket_id, ballot_number, topic_number, key_ids }
    };
    ended_by(event).map(|ended| (Erasures::realm_id(), given_up(ended))).into_iter().collect()
}
