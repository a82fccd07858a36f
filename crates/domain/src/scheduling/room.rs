//! A room (会议室) and its bookings: one stream decides both, so that no two sessions are ever in a room at the
//! same time.

use super::authority::must_be_own;
use super::equipment::{Equipment, listed};
use crate::{Aggregate, Audience, Code, Issued, Line, Timestamp, Uuid, aggregate::id_of_code, rejections};
use std::collections::{BTreeMap, BTreeSet};

/// Pieces of equipment in a room, at most.
pub const EQUIPMENT_MAX: usize = 30;

/// The profile of a room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    /// Its short, unique name.
    pub code: Code,
    /// Its full name.
    pub name: Line,
    /// Number of seats.
    pub seats: u32,
    /// Equipment, such as a projector.
    pub equipment: Vec<Line>,
    /// Where it is; none when nobody has said it.
    pub site: Option<Code>,
}

impl Profile {
    /// What the room lacks of this, as a refusal lists it; empty when it has all of it.
    pub fn missing(&self, needed: &[Line]) -> String {
        let (needed, there) = (Equipment::from_iter(needed), Equipment::from_iter(&self.equipment));
        listed(needed.missing_from(&there))
    }
}

/// Commands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Registers a room, or replaces its profile; bookings stay.
    Register {
        /// The whole profile.
        profile: Profile,
        /// The departments for which whoever registers it answers: their own, and those below it.
        answered_for: BTreeSet<Code>,
    },
    /// Books the room for a session, replacing a booking that the session already has here.
    Book {
        /// The session.
        session: Uuid,
        /// The first moment.
        starts_at: Timestamp,
        /// The moment at which the room is free again.
        ends_at: Timestamp,
        /// Number of people who attend.
        attendees: u32,
        /// Equipment that they need.
        equipment: Vec<Line>,
    },
    /// Releases the session's booking; nothing happens when it has none here.
    Release {
        /// The session.
        session: Uuid,
    },
}

/// Events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// The room was registered, or its profile was replaced.
    Registered {
        /// The whole profile.
        profile: Profile,
        /// The department whose room it is; none when somebody registered it who speaks for none.
        department: Option<Code>,
    },
    /// The room was booked for the session.
    Booked {
        /// The session.
        session: Uuid,
        /// The first moment.
        starts_at: Timestamp,
        /// The moment at which the room is free again.
        ends_at: Timestamp,
    },
    /// The session's booking was released.
    Released {
        /// The session.
        session: Uuid,
    },
}

rejections! {
    /// Why a command on a room is refused.
    Rejection {
        NotFound("NOT_FOUND") { what: &'static str } = "the {what} does not exist",
        NotYourDepartment("NOT_YOUR_DEPARTMENT") { department_code: String, needed_codes: String } =
            "only {needed_codes} may do this; you speak for {department_code}",
        SeatsRequired("SEATS_REQUIRED") { room_code: Code } = "room {room_code} must have at least one seat",
        TooMuchEquipment("TOO_MUCH_EQUIPMENT") { given: usize, max: usize } =
            "{given} pieces of equipment are given; a room can list {max}",
        NotAnInterval("NOT_AN_INTERVAL") { starts_at: Timestamp, ends_at: Timestamp } =
            "a booking must end after it starts; one from {starts_at} to {ends_at} does not",
        RoomTooSmall("ROOM_TOO_SMALL") { room_code: Code, seats: u32, attendees: u32, suitable_codes: String } =
            "room {room_code} has {seats} seats; {attendees} people attend; rooms that suit: {suitable_codes}",
        RoomLacksEquipment("ROOM_LACKS_EQUIPMENT") { room_code: Code, missing: String, equipped_codes: String } =
            "room {room_code} has no {missing}; rooms that have all that is needed: {equipped_codes}",
        RoomTaken("ROOM_TAKEN") { room_code: Code, session_id: Uuid, starts_at: Timestamp, ends_at: Timestamp } =
            "room {room_code} is booked for session {session_id} from {starts_at} to {ends_at}",
    }
}

/// A room that does not exist.
const NOT_FOUND: Rejection = Rejection::NotFound { what: "room" };

/// The time for which a room is booked for a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Booking {
    /// The first moment.
    pub starts_at: Timestamp,
    /// The moment at which the room is free again.
    pub ends_at: Timestamp,
}

impl Booking {
    /// Whether the two have a moment in common; a booking that starts when the other ends does not overlap
    /// it.
    pub fn overlaps(&self, other: &Booking) -> bool {
        self.starts_at < other.ends_at && other.starts_at < self.ends_at
    }
}

/// What is known of one room.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum State {
    /// Never registered.
    #[default]
    Absent,
    /// Registered.
    Listed {
        /// Its profile.
        profile: Profile,
        /// The department whose room it is, if it is anybody's.
        department: Option<Code>,
        /// Its bookings by session; no two overlap.
        bookings: BTreeMap<Uuid, Booking>,
    },
}

impl State {
    /// The room's profile.
    pub fn profile(&self) -> Option<&Profile> {
        match self {
            State::Absent => None,
            State::Listed { profile, .. } => Some(profile),
        }
    }

    /// The department whose room it is, if it is anybody's.
    pub fn department(&self) -> Option<&Code> {
        match self {
            State::Absent => None,
            State::Listed { department, .. } => department.as_ref(),
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

    fn decide(state: &State, command: Command, issued: &Issued) -> Result<Vec<Event>, Rejection> {
        match command {
            Command::Register { profile, answered_for } => register(state, profile, &answered_for, issued),
            Command::Book { session, starts_at, ends_at, attendees, equipment } => {
                let State::Listed { profile, bookings, .. } = state else { return Err(NOT_FOUND) };
                profile.must_suit(attendees, &equipment)?;
                book(profile, bookings, session, Booking { starts_at, ends_at })
            }
            Command::Release { session } => {
                let State::Listed { bookings, .. } = state else { return Err(NOT_FOUND) };
                Ok(bookings
                    .contains_key(&session)
                    .then_some(Event::Released { session })
                    .into_iter()
                    .collect())
            }
        }
    }

    fn audience(_: &State) -> Audience<'_> {
        Audience::Everybody
    }

    fn evolve(mut state: State, event: &Event) -> State {
        match (&mut state, event) {
            (State::Absent, Event::Registered { profile, department }) => {
                let (profile, department) = (profile.clone(), department.clone());
                return State::Listed { profile, department, bookings: BTreeMap::new() };
            }
            (State::Listed { profile, .. }, Event::Registered { profile: now, .. }) => *profile = now.clone(),
            (State::Listed { bookings, .. }, Event::Booked { session, starts_at, ends_at }) => {
                bookings.insert(*session, Booking { starts_at: *starts_at, ends_at: *ends_at });
            }
            (State::Listed { bookings, .. }, Event::Released { session }) => {
                bookings.remove(session);
            }
            (State::Absent, Event::Booked { .. } | Event::Released { .. }) => {}
        }
        state
    }
}

/// Any clerk registers a new room, which is their department's from then on. What is known of one already is changed by its
/// department's own clerks, by those of the departments above it, and by operators.
fn register(
    state: &State,
    profile: Profile,
    answered_for: &BTreeSet<Code>,
    issued: &Issued,
) -> Result<Vec<Event>, Rejection> {
    if profile.seats == 0 {
        return Err(Rejection::SeatsRequired { room_code: profile.code });
    }
    if profile.equipment.len() > EQUIPMENT_MAX {
        return Err(Rejection::TooMuchEquipment { given: profile.equipment.len(), max: EQUIPMENT_MAX });
    }
    if state.profile() == Some(&profile) {
        return Ok(vec![]);
    }
    let department = match state {
        State::Absent => issued.by.department.clone(),
        State::Listed { department, .. } => {
            must_be_own(department.as_ref(), answered_for, issued).map_err(|needed_codes| {
                Rejection::NotYourDepartment { department_code: issued.by.spoken_for(), needed_codes }
            })?;
            department.clone()
        }
    };
    Ok(vec![Event::Registered { profile, department }])
}

impl Profile {
    /// Refuses a room that has too few seats, or not what is needed. Rooms that do suit are named by whoever knows them.
    pub fn must_suit(&self, attendees: u32, equipment: &[Line]) -> Result<(), Rejection> {
        let (room_code, seats) = (self.code.clone(), self.seats);
        if attendees > seats {
            return Err(Rejection::RoomTooSmall { room_code, seats, attendees, suitable_codes: codes(&[]) });
        }
        let missing = self.missing(equipment);
        if missing.is_empty() {
            return Ok(());
        }
        Err(Rejection::RoomLacksEquipment { room_code, missing, equipped_codes: codes(&[]) })
    }
}

impl Rejection {
    /// The same, and when it is of a room that does not suit, with those that do.
    pub fn naming(self, suitable: &[Code]) -> Rejection {
        match self {
            Rejection::RoomTooSmall { room_code, seats, attendees, .. } => {
                Rejection::RoomTooSmall { room_code, seats, attendees, suitable_codes: codes(suitable) }
            }
            Rejection::RoomLacksEquipment { room_code, missing, .. } => {
                Rejection::RoomLacksEquipment { room_code, missing, equipped_codes: codes(suitable) }
            }
            other => other,
        }
    }
}

fn codes(rooms: &[Code]) -> String {
    if rooms.is_empty() { "none".to_owned() } else { listed(rooms) }
}

fn book(
    profile: &Profile,
    bookings: &BTreeMap<Uuid, Booking>,
    session: Uuid,
    wanted: Booking,
) -> Result<Vec<Event>, Rejection> {
    let Booking { starts_at, ends_at } = wanted;
    let room_code = || profile.code.clone();
    if starts_at >= ends_at {
        return Err(Rejection::NotAnInterval { starts_at, ends_at });
    }
    let others = bookings.iter().filter(|(holder, _)| **holder != session);
    // The earliest of the conflicting ones, so that the answer does not depend on the order of ids.
    let conflicting =
        others.filter(|(_, taken)| taken.overlaps(&wanted)).min_by_key(|(_, taken)| taken.starts_at);
    if let Some((holder, taken)) = conflicting {
        return Err(Rejection::RoomTaken {
            room_code: room_code(),
            session_id: *holder,
            starts_at: taken.starts_at,
            ends_at: taken.ends_at,
        });
    }
    if bookings.get(&session) == Some(&wanted) {
        return Ok(vec![]);
    }
    Ok(vec![Event::Booked { session, starts_at, ends_at }])
}

#[cfg(test)]
mod tests;
