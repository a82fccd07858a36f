//! What a session's event asks of a room. The service commits both together, so that a session is
//! never scheduled in a room that another one has.

use super::room::{self, Room};
use super::session::{Event, State};
use crate::Uuid;

/// The room's id and what it must do, for an event of the session; `before` is the session just before it.
pub fn room_command(session: Uuid, before: &State, event: &Event) -> Option<(Uuid, room::Command)> {
    let filed = before.filed()?;
    match event {
        Event::Scheduled { room, from, until, .. } => {
            let attendees = u32::try_from(filed.outline.attendees.len()).unwrap_or(u32::MAX);
            let book = room::Command::Book { session, from: *from, until: *until, attendees };
            Some((Room::id(room), book))
        }
        Event::Postponed { .. } | Event::Cancelled { .. } => {
            let slot = filed.slot.as_ref()?;
            Some((Room::id(&slot.room), room::Command::Release { session }))
        }
        _ => None,
    }
}
