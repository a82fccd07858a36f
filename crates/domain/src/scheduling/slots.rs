//! When a session could take place (可选时段): every start in a window at which a room is free and a decision can be
//! taken, ranked by what speaks against it; and when there is none, the smallest set of obstacles whose removal opens
//! one.
//!
//! A start needs a free room with enough seats and the equipment, as many departments that decide as the quorum says, one of those who may
//! be in the chair, the body's notice, and a place in the quarter; and nobody who decides may decide elsewhere then, or be on their way, by the
//! rule that scheduling holds to (see [`diary`](super::diary)). Everything else only costs.

mod away;
mod held;
pub(super) mod obstacles;
pub(super) mod price;
pub(super) mod starts;
mod timeline;
mod wanted;

pub use away::{MemberDiary, members_away};
pub use held::{AskedTime, Holds};
pub use obstacles::{Obstacle, ObstacleKind, ObstacleRecord, Opening};
pub use price::{Penalty, Reason, missing};
pub use starts::{START_MINUTES, WINDOW_DAYS_DEFAULT, WINDOW_DAYS_MAX, WORK_ENDS_HOUR};
pub use timeline::{Busy, Cause, Engagement, Timeline};
pub use wanted::{Setting, Wanted, quorum};

use super::equipment::Equipment;
use super::session::{RoleOnTopic, Slot};
use super::travel::{Distances, Site};
use crate::Code;
use crate::calendar::WorkingCalendar;
use std::collections::BTreeMap;

/// A department that attends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attending {
    /// The department.
    pub department: Code,
    /// What it does at most, over all topics.
    pub role: RoleOnTopic,
    /// Whether it may be in the chair.
    pub may_chair: bool,
    /// Whether it may not decide elsewhere at the same time.
    pub is_bound: bool,
    /// Whether its diary has the session: it decides on a topic.
    pub decides: bool,
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
    /// What it has.
    pub equipment: Equipment,
    /// Where it is; none when nothing needs time from there.
    pub site: Option<Site>,
    /// When it is taken.
    pub busy: Timeline,
}

/// Who is busy when.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Diaries {
    /// The rooms.
    pub rooms: Vec<RoomDiary>,
    /// The departments; one that is not here is free.
    pub departments: BTreeMap<Code, Timeline>,
    /// What is held for other sessions, and gives way.
    pub holds: Holds,
    /// How long it takes between sites.
    pub travel: Distances,
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
    let suggested = starts.iter().filter_map(|time| suggestion(wanted, diaries, calendar, time));
    let mut suggestions: Vec<Suggestion> = suggested.collect();
    suggestions.sort_by_key(|suggestion| (suggestion.price(), suggestion.slot.starts_at));
    let opening = if suggestions.is_empty() { opening(wanted, diaries, calendar, &starts) } else { None };
    Found { suggestions, opening }
}

/// The room that costs least at this time; none when the session cannot take place then.
fn suggestion(
    wanted: &Wanted,
    diaries: &Diaries,
    calendar: &WorkingCalendar,
    time: &Busy,
) -> Option<Suggestion> {
    if !obstacles::of_time(wanted, diaries, calendar, time).is_empty() {
        return None;
    }
    let open = diaries.rooms.iter().filter(|room| obstacles::of_room(wanted, diaries, room, time).is_empty());
    let room = open.min_by_key(|room| (price::of_room(wanted, diaries, room, time), room.seats))?;
    Some(Suggestion { slot: slot(room, time), penalties: price::of(wanted, diaries, calendar, room, time) })
}

/// The start and the room with the fewest obstacles.
fn opening(
    wanted: &Wanted,
    diaries: &Diaries,
    calendar: &WorkingCalendar,
    starts: &[Busy],
) -> Option<Opening> {
    let openings = starts.iter().filter_map(|time| {
        let rooms = diaries.rooms.iter().map(|room| (obstacles::of_room(wanted, diaries, room, time), room));
        let (mut found, room) = rooms.min_by_key(|(found, room)| (found.len(), room.seats))?;
        found.extend(obstacles::of_time(wanted, diaries, calendar, time));
        Some(Opening { slot: slot(room, time), obstacles: found })
    });
    openings.min_by_key(|opening| opening.obstacles.len())
}

fn slot(room: &RoomDiary, time: &Busy) -> Slot {
    Slot { room: room.code.clone(), starts_at: time.starts_at, ends_at: time.ends_at }
}

impl Diaries {
    /// What a department has at this time.
    fn conflicts(&self, department: &Code, time: Busy) -> impl Iterator<Item = &Engagement> {
        self.departments.get(department).into_iter().flat_map(move |diary| diary.overlapping(time))
    }
}

#[cfg(test)]
mod tests;
