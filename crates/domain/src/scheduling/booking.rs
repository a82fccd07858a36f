//! What a command on a session requires of a room. The service commits both together, so that a session is
//! never scheduled in a room that is booked for another one.

use super::room::{self, Room};
use super::session::{Command, State};
use crate::Uuid;

/// The room's id and the command on it that belongs in the same commit; `before` is the session on which the
/// command is decided.
pub fn room_command(session: Uuid, before: &State, command: &Command) -> Option<(Uuid, room::Command)> {
    let filed = before.filed()?;
    match command {
        Command::Schedule { room, starts_at } => {
            let ends_at = filed.ends_at(*starts_at);
            let attendees = u32::try_from(filed.outline.attendees.len()).unwrap_or(u32::MAX);
            let book = room::Command::Book { session, starts_at: *starts_at, ends_at, attendees };
            Some((Room::id(room), book))
        }
        Command::Postpone { .. } | Command::Cancel { .. } => {
            let appointment = filed.appointment()?;
            Some((Room::id(&appointment.slot.room), room::Command::Release { session }))
        }
        _ => None,
    }
}
