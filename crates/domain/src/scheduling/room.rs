//! A room (会议室) and its bookings: one stream decides both, so that no two sessions ever share it.

use crate::{Aggregate, Code, Issued, Line, Timestamp, Uuid, aggregate::id_of_code, rejections};
use std::collections::BTreeMap;

/// Pieces of equipment in a room, at most.
pub const EQUIPMENT_MAX: usize = 30;

/// What the directory says of a room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    /// Its short, unique name.
    pub code: Code,
    /// Its full name.
    pub name: Line,
    /// How many people sit in it.
    pub seats: u32,
    /// What is in it, such as a projector.
    pub equipment: Vec<Line>,
}

/// The wishes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Enters a room into the directory, or replaces what is said of it; bookings stay.
    Register(Profile),
    /// Keeps the room for a session from a moment up to, and not including, another. A booking that
    /// the session already has here is replaced.
    Book {
        /// The session.
        session: Uuid,
        /// The first moment.
        from: Timestamp,
        /// The moment at which the room is free again.
        until: Timestamp,
        /// How many people come.
        attendees: u32,
    },
    /// Gives the room back; success too when the session has no booking here.
    Release {
        /// The session.
        session: Uuid,
    },
}

/// The facts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// The directory says this of the room from now on.
    Registered {
        /// What it says.
        profile: Profile,
    },
    /// The room belongs to the session for this time.
    Booked {
        /// The session.
        session: Uuid,
        /// The first moment.
        from: Timestamp,
        /// The moment at which the room is free again.
        until: Timestamp,
    },
    /// The room no longer belongs to the session.
    Released {
        /// The session.
        session: Uuid,
    },
}

rejections! {
    /// Why the room is not to be had.
    Rejection {
        NotFound = "no room is registered under this code",
        NoSeats { room: Code } = "room {room} must have at least one seat",
        TooMuchEquipment { given: usize, max: usize } = "{given} pieces of equipment are given; a room takes {max}",
        NotAnInterval { from: Timestamp, until: Timestamp } = "a booking from {from} until {until} has no length",
        RoomTooSmall { room: Code, seats: u32, attendees: u32 } = "room {room} has {seats} seats; {attendees} attendees come",
        RoomTaken { room: Code, session: Uuid, from: Timestamp, until: Timestamp } = "room {room} is taken by session {session} from {from} until {until}",
    }
}

/// A time for which the room belongs to a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Booking {
    /// The first moment.
    pub from: Timestamp,
    /// The moment at which the room is free again.
    pub until: Timestamp,
}

impl Booking {
    /// Whether some moment belongs to both; one that begins when the other ends does not overlap.
    pub fn overlaps(&self, other: &Booking) -> bool {
        self.from < other.until && other.from < self.until
    }
}

/// What is known of one room.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum State {
    /// Never registered.
    #[default]
    Absent,
    /// In the directory.
    Listed {
        /// What the directory says.
        profile: Profile,
        /// Its bookings by session; no two overlap.
        bookings: BTreeMap<Uuid, Booking>,
    },
}

impl State {
    /// What the directory says of the room.
    pub fn profile(&self) -> Option<&Profile> {
        match self {
            State::Absent => None,
            State::Listed { profile, .. } => Some(profile),
        }
    }

    /// The session's booking.
    pub fn booking(&self, session: Uuid) -> Option<Booking> {
        match self {
            State::Absent => None,
            State::Listed { bookings, .. } => bookings.get(&session).copied(),
        }
    }
}

/// The room aggregate.
#[derive(Debug)]
pub struct Room;

impl Room {
    /// The id of the room with this code.
    pub fn id(code: &Code) -> Uuid {
        id_of_code(Self::CATEGORY, code.as_str())
    }
}

impl Aggregate for Room {
    const CATEGORY: &'static str = "scheduling.room";
    type Command = Command;
    type Event = Event;
    type Rejection = Rejection;
    type State = State;

    fn decide(state: &State, command: Command, _issued: &Issued) -> Result<Vec<Event>, Rejection> {
        match command {
            Command::Register(profile) => register(state, profile),
            Command::Book { session, from, until, attendees } => {
                let State::Listed { profile, bookings } = state else { return Err(Rejection::NotFound) };
                book(profile, bookings, session, Booking { from, until }, attendees)
            }
            Command::Release { session } => {
                let State::Listed { bookings, .. } = state else { return Err(Rejection::NotFound) };
                Ok(bookings
                    .contains_key(&session)
                    .then_some(Event::Released { session })
                    .into_iter()
                    .collect())
            }
        }
    }

    fn evolve(mut state: State, event: &Event) -> State {
        match (&mut state, event) {
            (State::Absent, Event::Registered { profile }) => {
                return State::Listed { profile: profile.clone(), bookings: BTreeMap::new() };
            }
            (State::Listed { profile, .. }, Event::Registered { profile: now }) => *profile = now.clone(),
            (State::Listed { bookings, .. }, Event::Booked { session, from, until }) => {
                bookings.insert(*session, Booking { from: *from, until: *until });
            }
            (State::Listed { bookings, .. }, Event::Released { session }) => {
                bookings.remove(session);
            }
            (State::Absent, Event::Booked { .. } | Event::Released { .. }) => {}
        }
        state
    }
}

fn register(state: &State, profile: Profile) -> Result<Vec<Event>, Rejection> {
    if profile.seats == 0 {
        return Err(Rejection::NoSeats { room: profile.code });
    }
    if profile.equipment.len() > EQUIPMENT_MAX {
        return Err(Rejection::TooMuchEquipment { given: profile.equipment.len(), max: EQUIPMENT_MAX });
    }
    if state.profile() == Some(&profile) {
        return Ok(vec![]);
    }
    Ok(vec![Event::Registered { profile }])
}

fn book(
    profile: &Profile,
    bookings: &BTreeMap<Uuid, Booking>,
    session: Uuid,
    wish: Booking,
    attendees: u32,
) -> Result<Vec<Event>, Rejection> {
    let Booking { from, until } = wish;
    let room = || profile.code.clone();
    if from >= until {
        return Err(Rejection::NotAnInterval { from, until });
    }
    if attendees > profile.seats {
        return Err(Rejection::RoomTooSmall { room: room(), seats: profile.seats, attendees });
    }
    let others = bookings.iter().filter(|(holder, _)| **holder != session);
    // The earliest of those in the way, so that the answer does not depend on the order of ids.
    let in_the_way = others.filter(|(_, taken)| taken.overlaps(&wish)).min_by_key(|(_, taken)| taken.from);
    if let Some((holder, taken)) = in_the_way {
        return Err(Rejection::RoomTaken {
            room: room(),
            session: *holder,
            from: taken.from,
            until: taken.until,
        });
    }
    if bookings.get(&session) == Some(&wish) {
        return Ok(vec![]);
    }
    Ok(vec![Event::Booked { session, from, until }])
}

#[cfg(test)]
mod tests;
