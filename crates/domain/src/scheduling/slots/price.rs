//! What speaks against a slot, in points that add up.

use super::{Attending, Busy, Cause, Diaries, RoomDiary, Wanted, held};
use crate::calendar::WorkingCalendar;
use crate::scheduling::poll::Suitability;
use crate::scheduling::session::RoleOnTopic;
use crate::{Code, Timestamp};

/// Points for a department that decides and is missing.
pub(in crate::scheduling) const DECIDER_MISSING: u32 = 100;
/// Points when a substitute can take its place.
pub(in crate::scheduling) const SUBSTITUTED: u32 = 40;
/// Points for a department that is heard and is missing.
pub(in crate::scheduling) const ADVISER_MISSING: u32 = 30;
/// Points for a department that is informed and is missing.
pub(in crate::scheduling) const INFORMED_MISSING: u32 = 5;
/// A department that comes only if needed costs so many times less than one that is missing.
const IF_NEEDED_DIVISOR: u32 = 10;
/// Points for a room that is held for another session.
const ROOM_HELD: u32 = 20;
/// Points for a department that decides and is asked about the time for another session.
const DECIDER_HELD: u32 = 10;
/// Points for each day after the first that was looked at.
const DAY_LATER: u32 = 2;
/// Seats to spare that cost a point.
const SEATS_FOR_A_POINT: u32 = 5;

/// Why a slot costs something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Reason {
    /// A department that decides is missing.
    DeciderMissing,
    /// A department that decides is missing, and a substitute can take its place.
    Substituted,
    /// A department that is heard is missing.
    AdviserMissing,
    /// A department that is informed is missing.
    InformedMissing,
    /// It is later than it could be.
    Late,
    /// The room is larger than it need be.
    RoomLarge,
    /// It was announced for another time or room.
    Moved,
    /// It has neither room nor time.
    Unplaced,
    /// It has no quorum, or nobody in the chair, at the time for which it was announced.
    Undecidable,
    /// A department said that the time does not suit it.
    Unsuitable,
    /// A department said that the time suits it only if needed.
    IfNeeded,
    /// The room is held for another session, or a department that decides is asked about the time for one.
    Held,
}

/// What speaks against a slot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Penalty {
    /// Why.
    pub reason: Reason,
    /// The department that it is about.
    pub department: Option<Code>,
    /// The department that can take its place.
    pub substitute: Option<Code>,
    /// What keeps the department from coming.
    pub cause: Option<Cause>,
    /// When the calendar that says so was read, of several the one that was read first; none when none says so.
    pub read_at: Option<Timestamp>,
    /// Points; more are worse.
    pub price: u32,
}

/// What speaks against this time in this room.
pub(in crate::scheduling) fn of(
    wanted: &Wanted,
    diaries: &Diaries,
    calendar: &WorkingCalendar,
    room: &RoomDiary,
    time: &Busy,
) -> Vec<Penalty> {
    let late = Penalty::general(Reason::Late, late(wanted, calendar, time));
    let large = Penalty::general(Reason::RoomLarge, large(wanted, room.seats));
    let held = Penalty::general(Reason::Held, room_held(diaries, room, time));
    let mut penalties = missing(wanted, diaries, time);
    penalties.extend(asked_elsewhere(wanted, diaries, time));
    penalties.extend([held, late, large].into_iter().filter(|penalty| penalty.price > 0));
    penalties
}

/// What it costs to take this room at this time rather than another one.
pub(super) fn of_room(wanted: &Wanted, diaries: &Diaries, room: &RoomDiary, time: &Busy) -> u32 {
    large(wanted, room.seats).saturating_add(room_held(diaries, room, time))
}

fn room_held(diaries: &Diaries, room: &RoomDiary, time: &Busy) -> u32 {
    if diaries.holds.of_room(&room.code, time) { ROOM_HELD } else { 0 }
}

/// The departments that decide and are asked about this time for another session.
fn asked_elsewhere<'w>(
    wanted: &'w Wanted,
    diaries: &'w Diaries,
    time: &'w Busy,
) -> impl Iterator<Item = Penalty> + 'w {
    let held = wanted.attending.iter().filter(|one| one.role == RoleOnTopic::Decides);
    let held = held.filter(|one| diaries.holds.of_department(&one.department, time));
    held.map(|one| Penalty {
        department: Some(one.department.clone()),
        ..Penalty::general(Reason::Held, DECIDER_HELD)
    })
}

impl Penalty {
    /// One that is about no department.
    pub(in crate::scheduling) fn general(reason: Reason, price: u32) -> Penalty {
        Penalty { reason, department: None, substitute: None, cause: None, read_at: None, price }
    }
}

/// What it costs that a session is later than it could be.
pub(in crate::scheduling) fn late(wanted: &Wanted, calendar: &WorkingCalendar, time: &Busy) -> u32 {
    calendar.zone().days_between(wanted.from_at, time.starts_at).saturating_mul(DAY_LATER)
}

/// What it costs that a room has so many seats.
pub(in crate::scheduling) fn large(wanted: &Wanted, seats: u32) -> u32 {
    seats.saturating_sub(wanted.people) / SEATS_FOR_A_POINT
}

/// The departments that cannot come, or said that they would rather not.
pub fn missing(wanted: &Wanted, diaries: &Diaries, time: &Busy) -> Vec<Penalty> {
    let kept_by = |department: &Code| diaries.conflicts(department, *time).next();
    let penalty = |one: &Attending| {
        let kept = kept_by(&one.department);
        let cause = kept.map(|kept| kept.cause);
        let missing = || {
            let decides = one.role == RoleOnTopic::Decides;
            let is_free = |department: &&Code| kept_by(department).is_none();
            let substitute = one.substitutes.iter().filter(|_| decides).find(is_free).cloned();
            let (reason, price) = price_of(one.role, substitute.is_some());
            (reason, price, substitute)
        };
        let (reason, price, substitute) = match (cause, held::said(&wanted.asked, &one.department, time)) {
            (Some(_), _) => missing(),
            (None, Some(Suitability::No)) => {
                let (_, price, substitute) = missing();
                (Reason::Unsuitable, price, substitute)
            }
            (None, Some(Suitability::IfNeeded)) => {
                let (_, price) = price_of(one.role, false);
                (Reason::IfNeeded, price.div_ceil(IF_NEEDED_DIVISOR), None)
            }
            (None, Some(Suitability::Yes) | None) => return None,
        };
        let (department, read_at) = (Some(one.department.clone()), kept.and_then(|kept| kept.read_at));
        Some(Penalty { reason, department, substitute, cause, read_at, price })
    };
    wanted.attending.iter().filter_map(penalty).collect()
}

/// What it costs that a department with this role is missing.
fn price_of(role: RoleOnTopic, is_substituted: bool) -> (Reason, u32) {
    match role {
        RoleOnTopic::Decides if is_substituted => (Reason::Substituted, SUBSTITUTED),
        RoleOnTopic::Decides => (Reason::DeciderMissing, DECIDER_MISSING),
        RoleOnTopic::Advises => (Reason::AdviserMissing, ADVISER_MISSING),
        RoleOnTopic::Informed => (Reason::InformedMissing, INFORMED_MISSING),
    }
}
