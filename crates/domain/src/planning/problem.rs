//! What is planned: rooms, grains of time, and meetings with those who attend them.

/// Meetings in one problem, at most.
pub const MEETINGS_MAX: usize = 2_000;

/// Rooms in one problem, at most.
pub const ROOMS_MAX: usize = 200;

/// Grains in one problem, at most.
pub const GRAINS_MAX: usize = 10_000;

/// A room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Room {
    /// Persons that it seats.
    pub capacity: u32,
}

/// A meeting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Meeting {
    /// Its length in grains; at least one.
    pub grains: u32,
    /// Persons who must be there, by number; nobody twice.
    pub required: Vec<u32>,
    /// Persons who would be there, by number; nobody twice, and nobody who is required.
    pub preferred: Vec<u32>,
}

impl Meeting {
    /// Persons who come, required or not.
    pub fn attendees(&self) -> u32 {
        (self.required.len() + self.preferred.len()) as u32
    }
}

/// Where a meeting is put.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Placement {
    /// Its first grain.
    pub start: u32,
    /// Its room, by its place in [`Problem::rooms`].
    pub room: u32,
}

/// Rooms, time and meetings, known to fit each other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    rooms: Vec<Room>,
    days: Vec<u32>,
    meetings: Vec<Meeting>,
}

/// Why something is not a problem.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Flaw {
    /// There is no room, or there are too many.
    #[error("{given} rooms are given; from 1 to {ROOMS_MAX} can be planned")]
    Rooms {
        /// Rooms that are given.
        given: usize,
    },
    /// There is no time, or too much.
    #[error("{given} grains of time are given; from 1 to {GRAINS_MAX} can be planned")]
    Grains {
        /// Grains that are given.
        given: usize,
    },
    /// There is no meeting, or there are too many.
    #[error("{given} meetings are given; from 1 to {MEETINGS_MAX} can be planned")]
    Meetings {
        /// Meetings that are given.
        given: usize,
    },
    /// A meeting lasts no time, or longer than there is.
    #[error("meeting {meeting} lasts {given} grains; it must be from 1 to {max}")]
    Length {
        /// The meeting, by its place.
        meeting: usize,
        /// Its grains.
        given: u32,
        /// Grains that there are.
        max: usize,
    },
    /// A person is named twice in one meeting.
    #[error("meeting {meeting} names person {person} twice")]
    Twice {
        /// The meeting, by its place.
        meeting: usize,
        /// The person.
        person: u32,
    },
}

impl Problem {
    /// A problem of these rooms, of grains that lie in these days, and of these meetings.
    pub fn new(rooms: Vec<Room>, days: Vec<u32>, meetings: Vec<Meeting>) -> Result<Problem, Flaw> {
        if !(1..=ROOMS_MAX).contains(&rooms.len()) {
            return Err(Flaw::Rooms { given: rooms.len() });
        }
        if !(1..=GRAINS_MAX).contains(&days.len()) {
            return Err(Flaw::Grains { given: days.len() });
        }
        if !(1..=MEETINGS_MAX).contains(&meetings.len()) {
            return Err(Flaw::Meetings { given: meetings.len() });
        }
        for (at, meeting) in meetings.iter().enumerate() {
            if meeting.grains == 0 || meeting.grains as usize > days.len() {
                return Err(Flaw::Length { meeting: at, given: meeting.grains, max: days.len() });
            }
            let mut persons: Vec<u32> = meeting.required.iter().chain(&meeting.preferred).copied().collect();
            persons.sort_unstable();
            if let Some(twice) = persons.windows(2).find(|pair| pair[0] == pair[1]) {
                return Err(Flaw::Twice { meeting: at, person: twice[0] });
            }
        }
        Ok(Problem { rooms, days, meetings })
    }

    /// The rooms.
    pub fn rooms(&self) -> &[Room] {
        &self.rooms
    }

    /// The day of each grain.
    pub fn days(&self) -> &[u32] {
        &self.days
    }

    /// The meetings.
    pub fn meetings(&self) -> &[Meeting] {
        &self.meetings
    }
}
