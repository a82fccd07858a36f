//! What a wish for a session asks of a room. The service commits both together, so that a session is
//! never scheduled in a room that another one has.

use super::room::{self, Room};
use super::session::{Command, State};
use crate::Uuid;

/// The room's id and what it must do in the commit that fulfils the wish; `before` is the session that
/// the wish is decided on.
pub fn room_command(session: Uuid, before: &State, wish: &Command) -> Option<(Uuid, room::Command)> {
    let filed = before.filed()?;
    match wish {
        Command::Schedule { room, from } => {
            let until = filed.end_when_from(*from);
            let attendees = u32::try_from(filed.outline.attendees.len()).unwrap_or(u32::MAX);
            let book = room::Command::Book { session, from: *from, until, attendees };
            Some((Room::id(room), book))
        }
        Command::Postpone { .. } | Command::Cancel { .. } => {
            let slot = filed.slot.as_ref()?;
            Some((Room::id(&slot.room), room::Command::Release { session }))
        }
        _ => None,
    }
}
