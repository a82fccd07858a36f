//! Ids of commands.

/// A new command id.
pub fn command_id() -> String {
    domain::Uuid::now_v7().to_string()
}
