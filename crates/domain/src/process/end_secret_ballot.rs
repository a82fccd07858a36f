//! When a secret ballot ends, counted or voided, its key is given up.

use crate::Uuid;
use crate::deliberation::docket::Event;
use crate::ledger::erasure::{Command, Erasures};

/// This process manager's name.
pub const NAME: &str = "end_secret_ballot";

/// The name under which the key of a secret ballot is kept.
pub fn key_name(docket_id: Uuid, ballot: u32) -> String {
    format!("ballot/{docket_id}/{ballot}")
}

/// The number of the secret ballot that an event ends; none when it ends none.
pub fn ended_by(event: &Event) -> Option<u32> {
    match event {
        Event::BallotClosed { result, .. } if result.secret => Some(result.ballot),
        Event::BallotVoided { ballot, .. } => Some(*ballot),
        _ => None,
    }
}

/// The command that follows from a docket's event, when the votes of its ballot are sealed with these keys.
pub fn react(docket_id: Uuid, event: &Event, key_ids: Vec<Uuid>) -> Vec<(Uuid, Command)> {
    let given_up = |ballot_number| Command::GiveUpBallotKey { docket_id, ballot_number, key_ids };
    ended_by(event).map(|ballot| (Erasures::realm_id(), given_up(ballot))).into_iter().collect()
}
