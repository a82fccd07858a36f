//! What a timetable means: where each session is, what speaks against that, by the words in which slots are explained, and
//! what keeps away those that found no place.

use super::board::{Board, MOVED, Place, UNDECIDABLE, UNPLACED, moved};
use super::quarter::{Planned, Quarter};
use crate::scheduling::equipment::Equipment;
use crate::scheduling::session::Slot;
use crate::scheduling::slots::obstacles::of_time;
use crate::scheduling::slots::{
    Busy, Cause, Diaries, Engagement, Found, Obstacle, Opening, Penalty, Reason, RoomDiary, Timeline, find,
    price,
};
use crate::{Code, Uuid};
use std::collections::BTreeMap;

/// What is proposed for one session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The session.
    pub session: Uuid,
    /// The room and time for which it is announced.
    pub announced: Option<Slot>,
    /// The room and time that it gets; none when it gets none.
    pub slot: Option<Slot>,
    /// Whether it was to stay where it is.
    pub is_pinned: bool,
    /// What speaks against where it is announced.
    pub before: Vec<Penalty>,
    /// What speaks against where it is to be.
    pub after: Vec<Penalty>,
    /// What stands in the way, when it gets no room and time.
    pub opening: Option<Opening>,
}

impl Entry {
    /// Whether the session gets another room or time.
    pub fn is_change(&self) -> bool {
        self.slot.is_some() && self.slot != self.announced
    }

    /// The sum of what speaks against where it is to be.
    pub fn price(&self) -> u32 {
        self.after.iter().map(|penalty| penalty.price).sum()
    }
}

/// The entries of a board, with what was announced as what was before.
pub(super) fn entries(quarter: &Quarter, before: &Board, after: &Board) -> Vec<Entry> {
    (0..quarter.sessions.len()).map(|at| entry(quarter, at, before, after)).collect()
}

fn entry(quarter: &Quarter, at: usize, before: &Board, after: &Board) -> Entry {
    let planned = &quarter.sessions[at];
    let slot = slot(quarter, at, after);
    let opening = if slot.is_none() { found(quarter, at, after).opening } else { None };
    Entry {
        session: planned.session,
        announced: planned.announced.clone(),
        slot,
        is_pinned: planned.is_pinned,
        before: penalties(quarter, at, before),
        after: penalties(quarter, at, after),
        opening,
    }
}

fn slot(quarter: &Quarter, at: usize, board: &Board) -> Option<Slot> {
    if board.places[at] == Place::Stay {
        return quarter.sessions[at].announced.clone();
    }
    let (time, room) = board.at(at)?;
    let room = quarter.diaries.rooms[usize::from(room?)].code.clone();
    Some(Slot { room, starts_at: time.starts_at, ends_at: time.ends_at })
}

/// What speaks against where a session is.
pub(super) fn penalties(quarter: &Quarter, at: usize, board: &Board) -> Vec<Penalty> {
    let planned = &quarter.sessions[at];
    let Some((time, room)) = board.at(at) else { return vec![Penalty::general(Reason::Unplaced, UNPLACED)] };
    let diaries = beside(quarter, at, board, Some(time));
    let nowhere = RoomDiary {
        code: planned.body.clone(),
        seats: 0,
        equipment: Equipment::default(),
        site: None,
        busy: Timeline::default(),
    };
    let room = room.map_or(&nowhere, |room| &quarter.diaries.rooms[usize::from(room)]);
    let mut penalties = price::of(&planned.wanted, &diaries, &quarter.calendar, room, &time);
    let slot = slot(quarter, at, board);
    if planned.announced.is_some() && slot != planned.announced {
        let people = u32::try_from(planned.wanted.attending.len()).unwrap_or(u32::MAX);
        let before =
            planned.announced.as_ref().map(|slot| Busy { starts_at: slot.starts_at, ends_at: slot.ends_at });
        let price = before.map_or(MOVED, |before| moved(people, before, time));
        penalties.push(Penalty::general(Reason::Moved, price));
    }
    if board.places[at] == Place::Stay && !is_decidable(planned, &diaries, quarter, &time) {
        penalties.push(Penalty::general(Reason::Undecidable, UNDECIDABLE));
    }
    penalties
}

/// Whether there is a quorum, and somebody in the chair.
fn is_decidable(planned: &Planned, diaries: &Diaries, quarter: &Quarter, time: &Busy) -> bool {
    let free_to_decide = planned
        .wanted
        .attending
        .iter()
        .map(|one| crate::scheduling::slots::Attending { is_bound: false, ..one.clone() });
    let wanted =
        crate::scheduling::slots::Wanted { attending: free_to_decide.collect(), ..planned.wanted.clone() };
    let found = of_time(&wanted, diaries, &quarter.calendar, time);
    !found.iter().any(|obstacle| matches!(obstacle, Obstacle::DepartmentBusy { .. }))
}

/// What a search for slots finds for a session, when the others are where they are.
pub(super) fn found(quarter: &Quarter, at: usize, board: &Board) -> Found {
    let planned = &quarter.sessions[at];
    let mut wanted = planned.wanted.clone();
    let groups: Vec<&(Code, crate::Date)> = quarter.places.keys().collect();
    let full = board.full().map(|group| groups[group]);
    let full =
        full.filter(|(body, quarter_on)| *body == planned.body && planned.counted_in != Some(*quarter_on));
    wanted.full_quarters.extend(full.filter(|_| planned.counts).map(|(_, quarter_on)| *quarter_on));
    find(&wanted, &beside(quarter, at, board, None), &quarter.calendar)
}

/// Who is busy beside one session: with what is there besides, and with the other sessions; only at one time, if it is given.
fn beside(quarter: &Quarter, at: usize, board: &Board, time: Option<Busy>) -> Diaries {
    let within = |engagement: &&Engagement| time.is_none_or(|time| engagement.time.overlaps(&time));
    let kept = |timeline: &Timeline| timeline.iter().filter(within).copied().collect::<Vec<_>>();
    let mut departments: BTreeMap<Code, Vec<Engagement>> = BTreeMap::new();
    for department in super::departments(quarter) {
        if let Some(diary) = quarter.diaries.departments.get(department) {
            departments.entry(department.clone()).or_insert_with(|| kept(diary));
        }
    }
    let mut rooms: Vec<(&RoomDiary, Vec<Engagement>)> =
        quarter.diaries.rooms.iter().map(|room| (room, kept(&room.busy))).collect();
    for (other, planned) in quarter.sessions.iter().enumerate().filter(|(other, _)| *other != at) {
        let Some((when, room)) = board.at(other) else { continue };
        if time.is_some_and(|time| !time.overlaps(&when)) {
            continue;
        }
        let site =
            room.and_then(|room| quarter.diaries.rooms.get(usize::from(room))).and_then(|room| room.site);
        for one in &planned.wanted.attending {
            let cause = if one.decides { Cause::Decision } else { Cause::Session };
            departments.entry(one.department.clone()).or_default().push(Engagement {
                time: when,
                cause,
                site,
                read_at: None,
            });
        }
        if let Some((_, taken)) = room.and_then(|room| rooms.get_mut(usize::from(room))) {
            taken.push(Engagement { time: when, cause: Cause::Session, site, read_at: None });
        }
    }
    let rooms = rooms
        .into_iter()
        .map(|(room, taken)| RoomDiary { busy: taken.into_iter().collect(), ..room.clone() });
    let departments = departments.into_iter().map(|(code, diary)| (code, diary.into_iter().collect()));
    let travel = quarter.diaries.travel.clone();
    Diaries { rooms: rooms.collect(), departments: departments.collect(), travel, ..Diaries::default() }
}
