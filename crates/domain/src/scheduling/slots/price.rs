//! What speaks against a slot, in points that add up.

use super::{Busy, Cause, Diaries, RoomDiary, Wanted};
use crate::Code;
use crate::calendar::WorkingCalendar;
use crate::scheduling::session::RoleOnTopic;

/// Points for a department that decides and is missing.
pub(in crate::scheduling) const DECIDER_MISSING: u32 = 100;
/// Points when a substitute can take its place.
pub(in crate::scheduling) const SUBSTITUTED: u32 = 40;
/// Points for a department that is heard and is missing.
pub(in crate::scheduling) const ADVISER_MISSING: u32 = 30;
/// Points for a department that is informed and is missing.
pub(in crate::scheduling) const INFORMED_MISSING: u32 = 5;
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
    let mut penalties = missing(wanted, diaries, time);
    penalties.extend([late, large].into_iter().filter(|penalty| penalty.price > 0));
    penalties
}

impl Penalty {
    /// One that is about no department.
    pub(in crate::scheduling) fn general(reason: Reason, price: u32) -> Penalty {
        Penalty { reason, department: None, substitute: None, cause: None, price }
    }
}

/// What it costs that a session is later than it could be.
pub(in crate::scheduling) fn late(wanted: &Wanted, calendar: &WorkingCalendar, time: &Busy) -> u32 {
    calendar.zone().days_between(wanted.from_at, time.starts_at).saturating_mul(DAY_LATER)
}

/// What it costs that a room has so many seats.
pub(in crate::scheduling) fn large(wanted: &Wanted, seats: u32) -> u32 {
    let attending = u32::try_from(wanted.attending.len()).unwrap_or(u32::MAX);
    seats.saturating_sub(attending) / SEATS_FOR_A_POINT
}

/// The departments that cannot come.
fn missing(wanted: &Wanted, diaries: &Diaries, time: &Busy) -> Vec<Penalty> {
    let kept_by = |department: &Code| diaries.conflicts(department, *time).next().map(|kept| kept.cause);
    let busy = wanted.attending.iter().filter_map(|one| Some((one, kept_by(&one.department)?)));
    let penalty = busy.map(|(one, cause)| {
        let decides = one.role == RoleOnTopic::Decides;
        let is_free = |department: &&Code| kept_by(department).is_none();
        let substitute = one.substitutes.iter().find(is_free).filter(|_| decides).cloned();
        let (reason, price) = price_of(one.role, substitute.is_some());
        Penalty { reason, department: Some(one.department.clone()), substitute, cause: Some(cause), price }
    });
    penalty.collect()
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
