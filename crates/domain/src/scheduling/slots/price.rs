//! What speaks against a slot, in points that add up.

use super::{Busy, Cause, Diaries, RoomDiary, Wanted};
use crate::Code;
use crate::calendar::WorkingCalendar;
use crate::scheduling::session::RoleOnTopic;

/// Points for a department that decides and is missing.
const DECIDER_MISSING: u32 = 100;
/// Points when a substitute can take its place.
const SUBSTITUTED: u32 = 40;
/// Points for a department that is heard and is missing.
const ADVISER_MISSING: u32 = 30;
/// Points for a department that is informed and is missing.
const INFORMED_MISSING: u32 = 5;
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
pub(super) fn of(
    wanted: &Wanted,
    diaries: &Diaries,
    calendar: &WorkingCalendar,
    room: &RoomDiary,
    time: &Busy,
) -> Vec<Penalty> {
    let general = |reason, price| Penalty { reason, department: None, substitute: None, cause: None, price };
    let days = calendar.zone().days_between(wanted.from_at, time.starts_at);
    let attending = u32::try_from(wanted.attending.len()).unwrap_or(u32::MAX);
    let spare = room.seats.saturating_sub(attending) / SEATS_FOR_A_POINT;
    let late = general(Reason::Late, days.saturating_mul(DAY_LATER));
    let large = general(Reason::RoomLarge, spare);
    let mut penalties = missing(wanted, diaries, time);
    penalties.extend([late, large].into_iter().filter(|penalty| penalty.price > 0));
    penalties
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
pub(super) fn price_of(role: RoleOnTopic, is_substituted: bool) -> (Reason, u32) {
    match role {
        RoleOnTopic::Decides if is_substituted => (Reason::Substituted, SUBSTITUTED),
        RoleOnTopic::Decides => (Reason::DeciderMissing, DECIDER_MISSING),
        RoleOnTopic::Advises => (Reason::AdviserMissing, ADVISER_MISSING),
        RoleOnTopic::Informed => (Reason::InformedMissing, INFORMED_MISSING),
    }
}
