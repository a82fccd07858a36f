//! Ids of commands, and the secrets of voters.

use uuid::Uuid;

/// A new command id, to be chosen before the first try and kept for its repeats. Ids sort by the moment of their
/// choice.
pub fn command_id() -> String {
    Uuid::now_v7().to_string()
}

/// What only a voter knows, of a secret vote: it has nothing in it but chance.
pub fn voter_secret() -> String {
    Uuid::new_v4().to_string()
}
