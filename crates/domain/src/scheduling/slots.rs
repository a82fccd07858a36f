//! When a session could take place (可选时段): every start in a window at which a room is free and a decision can be
//! taken, ranked by what speaks against it; and when there is none, the smallest set of obstacles whose removal opens
//! one.
//!
//! A start needs a free room with enough seats, as many departments that decide as the quorum says, one of those who may
//! be in the chair, and the body's notice. Everything else only costs.

mod obstacles;
mod price;
mod starts;

pub use obstacles::{Obstacle, Opening};
pub use price::{Penalty, Reason};
pub use starts::{START_MINUTES, WINDOW_DAYS_DEFAULT, WINDOW_DAYS_MAX, WORK_ENDS_HOUR};

use super::session::{RoleOnTopic, Slot};
use crate::calendar::WorkingCalendar;
use crate::{Code, Timestamp};
use std::collections::BTreeMap;

/// A stretch of time that is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Busy {
    /// The first moment.
    pub starts_at: Timestamp,
    /// The moment at which it is over.
    pub ends_at: Timestamp,
}

impl Busy {
    /// Whether the two have a moment in common.
    pub fn overlaps(&self, other: &Busy) -> bool {
        self.starts_at < other.ends_at && other.starts_at < self.ends_at
    }
}

/// A department that attends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attending {
    /// The department.
    pub department: Code,
    /// What it does at most, over all topics.
    pub role: RoleOnTopic,
    /// Whether it may be in the chair.
    pub may_chair: bool,
    /// Departments that take its place when it is not there.
    pub substitutes: Vec<Code>,
}

/// A room, and when it is taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoomDiary {
    /// The room.
    pub code: Code,
    /// Its seats.
    pub seats: u32,
    /// When it is taken.
    pub busy: Vec<Busy>,
}

/// Who is busy when.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Diaries {
    /// The rooms.
    pub rooms: Vec<RoomDiary>,
    /// The departments; one that is not here is free.
    pub departments: BTreeMap<Code, Vec<Busy>>,
}

/// What is looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// The first moment at which the session may start.
    pub from_at: Timestamp,
    /// The moment before which it must start.
    pub until_at: Timestamp,
    /// The first moment that the body's notice allows; none when it needs no notice.
    pub notice_until_at: Option<Timestamp>,
    /// How long it lasts.
    pub duration_minutes: u32,
    /// Whether it may start at any hour of any day.
    pub is_urgent: bool,
    /// The departments that attend.
    pub attending: Vec<Attending>,
    /// Departments that must be able to decide.
    pub quorum: u32,
}

/// A room and a time, and what speaks against it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suggestion {
    /// The room and the time.
    pub slot: Slot,
    /// What speaks against it.
    pub penalties: Vec<Penalty>,
}

impl Suggestion {
    /// The sum of its penalties.
    pub fn price(&self) -> u32 {
        self.penalties.iter().map(|penalty| penalty.price).sum()
    }
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// For each start that is possible, the room that costs least; the cheapest first, of equal ones the earliest.
    pub suggestions: Vec<Suggestion>,
    /// When no start is possible, what opens one with the fewest changes, at the earliest of such starts; none when
    /// there is no start in the window, or no room at all.
    pub opening: Option<Opening>,
}

/// Looks at every start in the window.
pub fn find(wanted: &Wanted, diaries: &Diaries, calendar: &WorkingCalendar) -> Found {
    let starts = starts::of(wanted, calendar);
    let mut suggestions: Vec<Suggestion> = starts
        .iter()
        .filter_map(|time| {
            let open =
                diaries.rooms.iter().filter(|room| obstacles::of(wanted, diaries, room, time).is_empty());
            let suggested = open.map(|room| Suggestion {
                slot: slot(room, time),
                penalties: price::of(wanted, diaries, calendar, room, time),
            });
            suggested.min_by_key(Suggestion::price)
        })
        .collect();
    suggestions.sort_by_key(|suggestion| (suggestion.price(), suggestion.slot.starts_at));
    let opening = if suggestions.is_empty() { opening(wanted, diaries, &starts) } else { None };
    Found { suggestions, opening }
}

/// The start and the room with the fewest obstacles.
fn opening(wanted: &Wanted, diaries: &Diaries, starts: &[Busy]) -> Option<Opening> {
    let places = starts.iter().flat_map(|time| diaries.rooms.iter().map(move |room| (time, room)));
    let openings = places.map(|(time, room)| Opening {
        slot: slot(room, time),
        obstacles: obstacles::of(wanted, diaries, room, time),
    });
    openings.min_by_key(|opening| opening.obstacles.len())
}

fn slot(room: &RoomDiary, time: &Busy) -> Slot {
    Slot { room: room.code.clone(), starts_at: time.starts_at, ends_at: time.ends_at }
}

impl Diaries {
    /// What a department has at this time.
    fn conflicts<'d>(&'d self, department: &Code, time: &'d Busy) -> impl Iterator<Item = &'d Busy> {
        self.departments.get(department).into_iter().flatten().filter(|busy| busy.overlaps(time))
    }

    fn is_free(&self, department: &Code, time: &Busy) -> bool {
        self.conflicts(department, time).next().is_none()
    }
}

#[cfg(test)]
mod tests;
