//! What stands in the way of a session at a time, in a room: the fewest things that would have to change.

use super::{Attending, Busy, Cause, Diaries, Engagement, RoomDiary, Wanted};
use crate::calendar::WorkingCalendar;
use crate::scheduling::quota::quarter;
use crate::scheduling::session::{RoleOnTopic, Slot};
use crate::{Code, Date, Line, Timestamp};

/// Something that stands in the way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Obstacle {
    /// The room is taken.
    RoomTaken {
        /// The room.
        room: Code,
        /// When, and by what.
        engagement: Engagement,
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
    /// The room lacks something that is needed.
    RoomLacksEquipment {
        /// The room.
        room: Code,
        /// What it lacks.
        piece: Line,
    },
    /// A department is busy without which there is no quorum, or nobody in the chair; or one that decides, decides elsewhere.
    DepartmentBusy {
        /// The department.
        department: Code,
        /// When, and with what.
        engagement: Engagement,
    },
    /// A department that decides, decides at another site so shortly before or after that there is no time for the way.
    TravelTime {
        /// The department.
        department: Code,
        /// When, and with what.
        engagement: Engagement,
        /// Where the way begins.
        from: Code,
        /// Where it ends.
        to: Code,
        /// How long it takes.
        minutes: u32,
    },
    /// The body needs more notice.
    Notice {
        /// The first moment that it allows.
        until_at: Timestamp,
    },
    /// The body has as many sessions in the quarter as it may have.
    QuarterFull {
        /// The first day of the quarter.
        quarter_on: Date,
    },
}

/// What an obstacle is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ObstacleKind {
    /// The room is taken.
    RoomTaken,
    /// The room has too few seats.
    RoomTooSmall,
    /// The room lacks something that is needed.
    RoomLacksEquipment,
    /// A department is busy without which there is no quorum, or nobody in the chair; or one that decides, decides elsewhere.
    DepartmentBusy,
    /// A department that decides, decides at another site so shortly before or after that there is no time for the way.
    TravelTime,
    /// The body needs more notice.
    Notice,
    /// The body has as many sessions in the quarter as it may have.
    QuarterFull,
}

/// An obstacle as it is written down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObstacleRecord {
    /// What it is.
    pub kind: ObstacleKind,
    /// The room that it is about.
    pub room: Option<Code>,
    /// The department that it is about.
    pub department: Option<Code>,
    /// From when on it is in the way.
    pub starts_at: Option<Timestamp>,
    /// When it is no longer in the way.
    pub ends_at: Option<Timestamp>,
    /// What takes the room or the department then.
    pub cause: Option<Cause>,
    /// When the calendar that says so was read, of several the one that was read first; none when none says so.
    pub read_at: Option<Timestamp>,
    /// The first day of the quarter that it is about.
    pub quarter_on: Option<Date>,
    /// The equipment that it is about.
    pub equipment: Option<Line>,
    /// Where the way begins that it is about.
    pub from_site: Option<Code>,
    /// Where that way ends.
    pub to_site: Option<Code>,
    /// How many minutes that way takes.
    pub travel_minutes: Option<u32>,
}

impl ObstacleRecord {
    /// The record of an obstacle.
    pub fn of(obstacle: &Obstacle) -> ObstacleRecord {
        let plain = |kind| ObstacleRecord {
            kind,
            room: None,
            department: None,
            starts_at: None,
            ends_at: None,
            cause: None,
            read_at: None,
            quarter_on: None,
            equipment: None,
            from_site: None,
            to_site: None,
            travel_minutes: None,
        };
        let during = |engagement: &Engagement, kind| ObstacleRecord {
            starts_at: Some(engagement.time.starts_at),
            ends_at: Some(engagement.time.ends_at),
            cause: Some(engagement.cause),
            read_at: engagement.read_at,
            ..plain(kind)
        };
        match obstacle {
            Obstacle::RoomTaken { room, engagement } => {
                ObstacleRecord { room: Some(room.clone()), ..during(engagement, ObstacleKind::RoomTaken) }
            }
            Obstacle::RoomTooSmall { room, .. } => {
                ObstacleRecord { room: Some(room.clone()), ..plain(ObstacleKind::RoomTooSmall) }
            }
            Obstacle::RoomLacksEquipment { room, piece } => ObstacleRecord {
                room: Some(room.clone()),
                equipment: Some(piece.clone()),
                ..plain(ObstacleKind::RoomLacksEquipment)
            },
            Obstacle::DepartmentBusy { department, engagement } => ObstacleRecord {
                department: Some(department.clone()),
                ..during(engagement, ObstacleKind::DepartmentBusy)
            },
            Obstacle::TravelTime { department, engagement, from, to, minutes } => ObstacleRecord {
                department: Some(department.clone()),
                from_site: Some(from.clone()),
                to_site: Some(to.clone()),
                travel_minutes: Some(*minutes),
                ..during(engagement, ObstacleKind::TravelTime)
            },
            Obstacle::Notice { until_at } => {
                ObstacleRecord { ends_at: Some(*until_at), ..plain(ObstacleKind::Notice) }
            }
            Obstacle::QuarterFull { quarter_on } => {
                ObstacleRecord { quarter_on: Some(*quarter_on), ..plain(ObstacleKind::QuarterFull) }
            }
        }
    }
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
pub(in crate::scheduling) fn of_room(
    wanted: &Wanted,
    diaries: &Diaries,
    room: &RoomDiary,
    time: &Busy,
) -> Vec<Obstacle> {
    let needed = wanted.people;
    let too_small = Obstacle::RoomTooSmall { room: room.code.clone(), seats: room.seats, needed };
    let taken = room.busy.overlapping(*time);
    let taken =
        taken.map(|engagement| Obstacle::RoomTaken { room: room.code.clone(), engagement: *engagement });
    let lacking = wanted.equipment.missing_from(&room.equipment);
    let lacking =
        lacking.map(|piece| Obstacle::RoomLacksEquipment { room: room.code.clone(), piece: piece.clone() });
    let ways = ways(wanted, diaries, room, time);
    (room.seats < needed).then_some(too_small).into_iter().chain(lacking).chain(taken).chain(ways).collect()
}

/// The ways of those who decide for which there is no time, from another session or to it.
fn ways(wanted: &Wanted, diaries: &Diaries, room: &RoomDiary, time: &Busy) -> Vec<Obstacle> {
    if room.site.is_none() {
        return vec![];
    }
    let around = diaries.travel.around(*time);
    let way = |one: &Attending, engagement: &Engagement| {
        let (from, to, minutes) =
            diaries.travel.too_long((engagement.time, engagement.site), (*time, room.site))?;
        let (from, to) = (diaries.travel.code(from).clone(), diaries.travel.code(to).clone());
        let (department, engagement) = (one.department.clone(), *engagement);
        Some(Obstacle::TravelTime { department, engagement, from, to, minutes })
    };
    let bound = wanted.attending.iter().filter(|one| one.is_bound);
    bound
        .flat_map(|one| {
            let near = diaries.conflicts(&one.department, around);
            near.filter(|engagement| excludes(one, engagement) && !engagement.time.overlaps(time))
                .filter_map(move |engagement| way(one, engagement))
        })
        .collect()
}

/// The fewest things that keep the session from taking place at this time in any room.
pub(in crate::scheduling) fn of_time(
    wanted: &Wanted,
    diaries: &Diaries,
    calendar: &WorkingCalendar,
    time: &Busy,
) -> Vec<Obstacle> {
    let early = wanted.notice_until_at.filter(|until_at| time.starts_at < *until_at);
    let notice = early.map(|until_at| Obstacle::Notice { until_at });
    let own = (!wanted.full_quarters.is_empty()).then(|| quarter(calendar, time.starts_at));
    let full = own.filter(|quarter_on| wanted.full_quarters.contains(quarter_on));
    let full = full.map(|quarter_on| Obstacle::QuarterFull { quarter_on });
    let named = |one: &Attending, engagement: &Engagement| Obstacle::DepartmentBusy {
        department: one.department.clone(),
        engagement: *engagement,
    };
    let mut found: Vec<Obstacle> = notice.into_iter().chain(full).collect();
    let mut loads = Vec::with_capacity(wanted.attending.len());
    for one in &wanted.attending {
        let mut engagements = 0;
        for engagement in diaries.conflicts(&one.department, *time) {
            if excludes(one, engagement) {
                found.push(named(one, engagement));
            } else {
                engagements += 1;
            }
        }
        loads.push(Load { one, engagements });
    }
    for one in must_come(wanted.quorum, &loads) {
        found.extend(remaining(one, diaries, time).map(|engagement| named(one, engagement)));
    }
    found
}

/// How much else a department has at a time.
#[derive(Clone, Copy)]
struct Load<'w> {
    one: &'w Attending,
    engagements: usize,
}

impl Load<'_> {
    fn is_busy(&self) -> bool {
        self.engagements > 0
    }

    fn decides(&self) -> bool {
        self.one.role == RoleOnTopic::Decides
    }
}

/// Whether scheduling refuses a session because one of its departments has this at the same time.
fn excludes(one: &Attending, engagement: &Engagement) -> bool {
    one.is_bound && engagement.cause == Cause::Decision
}

/// What else a department has at this time.
fn remaining<'d>(
    one: &'d Attending,
    diaries: &'d Diaries,
    time: &Busy,
) -> impl Iterator<Item = &'d Engagement> {
    diaries.conflicts(&one.department, *time).filter(move |engagement| !excludes(one, engagement))
}

/// The departments whose time must become free so that somebody is in the chair and there is a quorum: those who have
/// least to move.
fn must_come<'w>(quorum: u32, loads: &[Load<'w>]) -> Vec<&'w Attending> {
    let deciders = || loads.iter().filter(|load| load.decides());
    let chairs = || loads.iter().filter(|load| load.one.may_chair);
    let free = deciders().filter(|load| !load.is_busy()).count();
    let missing = (quorum as usize).min(deciders().count()).saturating_sub(free);
    let mut waiting: Vec<&Load<'w>> = deciders().filter(|load| load.is_busy()).collect();
    waiting.sort_by_key(|load| load.engagements);
    let cheapest = |besides: Option<&Load<'w>>| {
        let chair = besides.map(|load| &load.one.department);
        let others = waiting.iter().filter(|load| Some(&load.one.department) != chair);
        let counts = besides.is_some_and(Load::decides);
        let more = missing.saturating_sub(usize::from(counts));
        let mut chosen: Vec<Load<'w>> = besides.into_iter().copied().collect();
        chosen.extend(others.take(more).map(|load| **load));
        chosen
    };
    let chosen = if chairs().next().is_none() || chairs().any(|load| !load.is_busy()) {
        cheapest(None)
    } else {
        let with_each = chairs().map(|chair| cheapest(Some(chair)));
        with_each
            .min_by_key(|chosen| chosen.iter().map(|load| load.engagements).sum::<usize>())
            .unwrap_or_default()
    };
    chosen.into_iter().map(|load| load.one).collect()
}
