//! What a command on a session requires of a room. The service commits both together, so that a session is
//! never scheduled in a room that is booked for another one.

use super::room::{self, Room};
use super::session::{Command, Slot, Stage, State};
use crate::{Timestamp, Uuid};

/// The room's id and the command on it that belongs in the same commit; `before` is the session on which the
/// command is decided, `now` the moment at which it is. A session that is convened early or late needs its room for that
/// time; one that has ended needs it no longer.
pub fn room_command(
    session: Uuid,
    before: &State,
    command: &Command,
    now: Timestamp,
) -> Option<(Uuid, room::Command)> {
    let filed = before.filed()?;
    let attendees = filed.outline.people();
    match command {
        Command::Schedule { room, starts_at, .. } | Command::Move { room, starts_at, .. } => {
            let ends_at = filed.ends_at(*starts_at);
            let equipment = filed.outline.equipment.clone();
            let book = room::Command::Book { session, starts_at: *starts_at, ends_at, attendees, equipment };
            Some((Room::id(room), book))
        }
        Command::Convene { .. } if filed.stage() == Stage::Scheduled => {
            let Slot { room, starts_at, ends_at } = &filed.appointment()?.slot;
            let (starts_at, ends_at) = (now.min(*starts_at), filed.ends_at(now).max(*ends_at));
            // What the room has was looked at when it was chosen: nobody is sent home because a projector is.
            let equipment = vec![];
            Some((Room::id(room), room::Command::Book { session, starts_at, ends_at, attendees, equipment }))
        }
        Command::Postpone { .. } | Command::Cancel { .. } | Command::Adjourn { .. } | Command::Conclude => {
            let appointment = filed.appointment()?;
            Some((Room::id(&appointment.slot.room), room::Command::Release { session }))
        }
        _ => None,
    }
}

/// The room that a session leaves for another one, and the command on it that belongs in the same commit.
pub fn left_room(session: Uuid, before: &State, command: &Command) -> Option<(Uuid, room::Command)> {
    let Command::Move { room, .. } = command else { return None };
    let left = &before.filed()?.appointment()?.slot.room;
    (left != room).then(|| (Room::id(left), room::Command::Release { session }))
}
