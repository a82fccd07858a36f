//! What stands in the way of a session at a time, in a room: the fewest things that would have to change.

use super::{Attending, Busy, Diaries, RoomDiary, Wanted};
use crate::scheduling::session::{RoleOnTopic, Slot};
use crate::{Code, Timestamp};

/// Something that stands in the way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Obstacle {
    /// The room is taken.
    RoomTaken {
        /// The room.
        room: Code,
        /// When.
        busy: Busy,
    },
    /// The room has too few seats.
    RoomTooSmall {
        /// The room.
        room: Code,
        /// Its seats.
        seats: u32,
        /// Seats that are needed.
        needed: u32,
    },
    /// A department without which there is no quorum, or nobody in the chair, is busy.
    DepartmentBusy {
        /// The department.
        department: Code,
        /// When.
        busy: Busy,
    },
    /// The body needs more notice.
    Notice {
        /// The first moment that it allows.
        until_at: Timestamp,
    },
}

/// A slot that opens when its obstacles are removed, and not while one of them is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opening {
    /// The room and the time.
    pub slot: Slot,
    /// What stands in the way.
    pub obstacles: Vec<Obstacle>,
}

/// What keeps the session from taking place in this room at this time.
pub(super) fn of_room(wanted: &Wanted, room: &RoomDiary, time: &Busy) -> Vec<Obstacle> {
    let needed = u32::try_from(wanted.attending.len()).unwrap_or(u32::MAX);
    let too_small = Obstacle::RoomTooSmall { room: room.code.clone(), seats: room.seats, needed };
    let taken = room.busy.iter().filter(|busy| busy.overlaps(time));
    let taken = taken.map(|busy| Obstacle::RoomTaken { room: room.code.clone(), busy: *busy });
    (room.seats < needed).then_some(too_small).into_iter().chain(taken).collect()
}

/// The fewest things that keep the session from taking place at this time in any room.
pub(super) fn of_time(wanted: &Wanted, diaries: &Diaries, time: &Busy) -> Vec<Obstacle> {
    let early = wanted.notice_until_at.filter(|until_at| time.starts_at < *until_at);
    let notice = early.map(|until_at| Obstacle::Notice { until_at });
    let busy = must_come(wanted, diaries, time).into_iter().flat_map(|department| {
        let named = |busy: &Busy| Obstacle::DepartmentBusy { department: department.clone(), busy: *busy };
        diaries.conflicts(department, time).map(named).collect::<Vec<_>>()
    });
    notice.into_iter().chain(busy).collect()
}

/// The departments whose time must become free so that somebody is in the chair and there is a quorum: those who have
/// least to move.
fn must_come<'w>(wanted: &'w Wanted, diaries: &Diaries, time: &Busy) -> Vec<&'w Code> {
    let conflicts = |one: &&Attending| diaries.conflicts(&one.department, time).count();
    let busy = |one: &&Attending| conflicts(one) > 0;
    let deciders = || wanted.attending.iter().filter(|one| one.role == RoleOnTopic::Decides);
    let chairs = || wanted.attending.iter().filter(|one| one.may_chair);
    let free = deciders().filter(|one| !busy(one)).count();
    let missing = (wanted.quorum as usize).min(deciders().count()).saturating_sub(free);
    let mut waiting: Vec<&'w Attending> = deciders().filter(busy).collect();
    waiting.sort_by_key(conflicts);
    let cheapest = |besides: Option<&'w Attending>| {
        let others = waiting.iter().filter(move |one| Some(**one) != besides);
        let counts = besides.is_some_and(|one| one.role == RoleOnTopic::Decides);
        let more = missing.saturating_sub(usize::from(counts));
        let mut chosen: Vec<&'w Attending> = besides.into_iter().collect();
        chosen.extend(others.take(more));
        chosen
    };
    let chosen = if chairs().next().is_none() || chairs().any(|one| !busy(&one)) {
        cheapest(None)
    } else {
        let with_each = chairs().map(|chair| cheapest(Some(chair)));
        with_each.min_by_key(|chosen| chosen.iter().map(conflicts).sum::<usize>()).unwrap_or_default()
    };
    chosen.into_iter().map(|one| &one.department).collect()
}
