//! Ids of commands.

use uuid::Uuid;

/// A new command id, to be chosen before the first try and kept for its repeats. Ids sort by the moment of their
/// choice.
pub fn command_id() -> String {
    Uuid::now_v7().to_string()
}
