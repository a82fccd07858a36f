//! The board on which sessions are moved: where each is, and what it costs there beside the others.
//!
//! Departments are bits, so that who is missing, whether there is a quorum, and what that costs are a few operations.

use super::quarter::Quarter;
use crate::scheduling::quota::quarter;
use crate::scheduling::session::{RoleOnTopic, Slot};
use crate::scheduling::slots::obstacles::of_room;
use crate::scheduling::slots::price::{
    self, ADVISER_MISSING, DECIDER_MISSING, INFORMED_MISSING, SUBSTITUTED,
};
use crate::scheduling::slots::{Attending, Busy, Cause, starts};
use crate::scheduling::travel::{Distances, Site};
use crate::{Code, Date};
use std::collections::BTreeMap;

/// Points for a session without room and time.
pub const UNPLACED: u32 = 10_000;
/// Points for one that stays where it was announced and cannot be decided there.
pub const UNDECIDABLE: u32 = 3_000;
/// Points for one that is moved at all.
pub const MOVED: u32 = 20;

/// A set of departments.
pub(super) type Set = [u64; super::quarter::DEPARTMENTS_MAX / 64];

fn union(one: &mut Set, other: &Set) {
    one.iter_mut().zip(other).for_each(|(word, more)| *word |= more);
}

fn common(one: &Set, other: &Set) -> Set {
    std::array::from_fn(|at| one[at] & other[at])
}

fn without(one: &Set, other: &Set) -> Set {
    std::array::from_fn(|at| one[at] & !other[at])
}

fn count(set: &Set) -> u32 {
    set.iter().map(|word| word.count_ones()).sum()
}

fn has(set: &Set, at: usize) -> bool {
    set[at / 64] >> (at % 64) & 1 == 1
}

/// Where a session is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// Nowhere.
    Off,
    /// Where it was announced.
    Stay,
    /// At one of its starts, in a room.
    At { start: u32, room: u16 },
}

/// A start that is possible beside what is there besides.
#[derive(Debug)]
pub(super) struct Start {
    pub(super) time: Busy,
    /// Who is busy with something else.
    busy: Set,
    /// The rooms that are free, by their places; never none.
    pub(super) rooms: Vec<u16>,
    /// What it costs by itself, apart from the room.
    price: u32,
    /// The count that it falls into.
    counted: Option<usize>,
}

/// Where a session was announced.
#[derive(Debug)]
struct Announced {
    time: Busy,
    room: Option<u16>,
    /// Who is busy with something else.
    busy: Set,
    /// What it costs by itself.
    price: u32,
    /// The count that it falls into.
    counted: Option<usize>,
}

/// A session on the board.
#[derive(Debug)]
pub(super) struct Piece {
    pub(super) starts: Vec<Start>,
    /// What each room costs.
    rooms: Vec<u32>,
    announced: Option<Announced>,
    pub(super) is_pinned: bool,
    attends: Set,
    deciding: Set,
    bound: Set,
    deciders: Set,
    advisers: Set,
    informed: Set,
    chairs: Set,
    substitutes: Vec<(usize, Set)>,
    quorum: u32,
    counted: Option<usize>,
}

/// Where all sessions are.
#[derive(Debug)]
pub(super) struct Board {
    pub(super) pieces: Vec<Piece>,
    pub(super) places: Vec<Place>,
    costs: Vec<u32>,
    /// Sessions in each count, and how many there may be.
    counts: Vec<(u32, u32)>,
    /// What was changed, to take it back.
    undo: Vec<(usize, Place, u32)>,
    /// Where the rooms are.
    sites: Vec<Option<Site>>,
    travel: Distances,
}

/// A session, when it is, and in which room.
type There = (usize, Busy, Option<u16>);

impl Board {
    /// Everything where it was announced.
    pub(super) fn of(quarter: &Quarter) -> Board {
        let names = Names::of(quarter);
        let groups: Vec<&(Code, Date)> = quarter.places.keys().collect();
        let pieces: Vec<Piece> =
            (0..quarter.sessions.len()).map(|at| piece(quarter, at, &names, &groups)).collect();
        let place = |piece: &Piece| if piece.announced.is_some() { Place::Stay } else { Place::Off };
        let places: Vec<Place> = pieces.iter().map(place).collect();
        let counts = quarter.places.values().map(|max| (0, *max)).collect();
        let (costs, undo) = (vec![0; pieces.len()], vec![]);
        let sites = quarter.diaries.rooms.iter().map(|room| room.site).collect();
        let travel = quarter.diaries.travel.clone();
        let mut board = Board { costs, pieces, places, counts, undo, sites, travel };
        for at in 0..board.pieces.len() {
            if let Some(group) = board.counted(at) {
                board.counts[group].0 += 1;
            }
        }
        // What is there already may be more than there may be by now.
        board.counts.iter_mut().for_each(|(taken, max)| *max = (*max).max(*taken));
        for at in 0..board.pieces.len() {
            board.costs[at] = board.cost(at).unwrap_or(UNPLACED);
        }
        board
    }

    pub(super) fn total(&self) -> u64 {
        self.costs.iter().map(|cost| u64::from(*cost)).sum()
    }

    /// The counts in which there is no place.
    pub(super) fn full(&self) -> impl Iterator<Item = usize> {
        (0..self.counts.len()).filter(|group| self.counts[*group].0 >= self.counts[*group].1)
    }

    /// When a session is, and in which room.
    pub(super) fn at(&self, session: usize) -> Option<(Busy, Option<u16>)> {
        self.there(session, self.places[session])
    }

    fn there(&self, session: usize, place: Place) -> Option<(Busy, Option<u16>)> {
        let piece = &self.pieces[session];
        match place {
            Place::Off => None,
            Place::Stay => piece.announced.as_ref().map(|announced| (announced.time, announced.room)),
            Place::At { start, room } => Some((piece.starts[start as usize].time, Some(room))),
        }
    }

    fn counted(&self, session: usize) -> Option<usize> {
        let piece = &self.pieces[session];
        match self.places[session] {
            Place::Off => piece.counted,
            Place::Stay => piece.announced.as_ref().and_then(|announced| announced.counted),
            Place::At { start, .. } => piece.starts[start as usize].counted,
        }
    }

    /// The other sessions at this time, or as near to it as the longest way is.
    fn beside(&self, session: usize, time: Busy) -> impl Iterator<Item = There> {
        let around = self.travel.around(time);
        (0..self.pieces.len()).filter(move |other| *other != session).filter_map(move |other| {
            let (when, room) = self.at(other)?;
            when.overlaps(&around).then_some((other, when, room))
        })
    }

    /// Whether two sessions exclude each other: at one time in one room, or as somebody who decides in one may not decide
    /// in the other then, nor so shortly before or after that there is no time for the way.
    fn exclude(&self, (one, time, room): There, (other, when, taken): There) -> bool {
        let at_once = time.overlaps(&when);
        if !at_once && !self.is_too_far((time, room), (when, taken)) {
            return false;
        }
        let (one, other) = (&self.pieces[one], &self.pieces[other]);
        at_once && room.is_some() && room == taken
            || count(&common(&one.bound, &other.deciding)) > 0
            || count(&common(&one.deciding, &other.bound)) > 0
    }

    fn is_too_far(&self, one: (Busy, Option<u16>), other: (Busy, Option<u16>)) -> bool {
        let stay = |(time, room): (Busy, Option<u16>)| {
            (time, room.and_then(|room| self.sites.get(usize::from(room)).copied().flatten()))
        };
        self.travel.too_long(stay(one), stay(other)).is_some()
    }

    /// The sessions that a session would exclude there.
    pub(super) fn in_the_way(&self, session: usize, place: Place) -> Vec<usize> {
        let Some((time, room)) = self.there(session, place) else { return vec![] };
        let others = self.beside(session, time);
        let excluded = others.filter(|other| self.exclude((session, time, room), *other));
        excluded.map(|(other, ..)| other).collect()
    }

    /// What a session costs where it is; none when it cannot be there.
    fn cost(&self, session: usize) -> Option<u32> {
        let piece = &self.pieces[session];
        let (time, room, busy, own) = match self.places[session] {
            Place::Off => return Some(UNPLACED),
            Place::Stay => {
                let Announced { time, room, busy, price, .. } = piece.announced.as_ref()?;
                (*time, *room, busy, *price)
            }
            Place::At { start, room } => {
                let start = &piece.starts[start as usize];
                let moved = piece.announced.as_ref().map_or(0, |before| {
                    let same = start.time == before.time && before.room == Some(room);
                    if same { 0 } else { moved(count(&piece.attends), before.time, start.time) }
                });
                (start.time, Some(room), &start.busy, start.price + piece.rooms[usize::from(room)] + moved)
            }
        };
        let stays = self.places[session] == Place::Stay;
        let mut missing = *busy;
        for beside in self.beside(session, time) {
            let (other, when, _) = beside;
            let both_stay = stays && self.places[other] == Place::Stay;
            if !both_stay && self.exclude((session, time, room), beside) {
                return None;
            }
            if when.overlaps(&time) {
                union(&mut missing, &self.pieces[other].attends);
            }
        }
        let undecidable = match piece.is_decidable(&missing) {
            true => 0,
            false if stays => UNDECIDABLE,
            false => return None,
        };
        Some(own + undecidable + piece.price_of(&missing))
    }

    /// Puts sessions elsewhere, and answers with what that costs more; none when one of them, or of those beside them,
    /// cannot be there. Either way [`Board::take_back`] undoes it.
    pub(super) fn put(&mut self, changes: &[(usize, Place)]) -> Option<i64> {
        let mut touched: Vec<usize> = changes.iter().map(|(session, _)| *session).collect();
        let mut note = |board: &Board| {
            for (session, _) in changes {
                if let Some((time, _)) = board.at(*session) {
                    touched.extend(board.beside(*session, time).map(|(other, ..)| other));
                }
            }
        };
        note(self);
        for (session, place) in changes {
            self.undo.push((*session, self.places[*session], self.costs[*session]));
            self.replace(*session, *place);
        }
        note(self);
        touched.sort_unstable();
        touched.dedup();
        if self.counts.iter().any(|(taken, max)| taken > max) {
            return None;
        }
        let mut more = 0;
        for session in touched {
            let cost = self.cost(session)?;
            more += i64::from(cost) - i64::from(self.costs[session]);
            self.undo.push((session, self.places[session], self.costs[session]));
            self.costs[session] = cost;
        }
        Some(more)
    }

    /// Where [`Board::take_back`] goes back to.
    pub(super) fn mark(&self) -> usize {
        self.undo.len()
    }

    /// Undoes what was put since a mark.
    pub(super) fn take_back(&mut self, mark: usize) {
        while self.undo.len() > mark {
            let Some((session, place, cost)) = self.undo.pop() else { return };
            self.replace(session, place);
            self.costs[session] = cost;
        }
    }

    /// Keeps what was put.
    pub(super) fn keep(&mut self) {
        self.undo.clear();
    }

    fn replace(&mut self, session: usize, place: Place) {
        if let Some(group) = self.counted(session) {
            self.counts[group].0 -= 1;
        }
        self.places[session] = place;
        if let Some(group) = self.counted(session) {
            self.counts[group].0 += 1;
        }
    }
}

impl Piece {
    /// Whether it has a room and a time already.
    pub(super) fn is_announced(&self) -> bool {
        self.announced.is_some()
    }

    /// Whether there is a quorum, and somebody in the chair, when these are missing.
    fn is_decidable(&self, missing: &Set) -> bool {
        let free = count(&without(&self.deciders, missing));
        let needed = self.quorum.min(count(&self.deciders));
        free >= needed && (count(&self.chairs) == 0 || count(&without(&self.chairs, missing)) > 0)
    }

    /// What it costs that these are missing.
    fn price_of(&self, missing: &Set) -> u32 {
        let missed = common(&self.deciders, missing);
        let substituted = self.substitutes.iter().filter(|(decider, substitutes)| {
            has(&missed, *decider) && count(&without(substitutes, missing)) > 0
        });
        let substituted = u32::try_from(substituted.count()).unwrap_or(u32::MAX);
        (count(&missed) - substituted) * DECIDER_MISSING
            + substituted * SUBSTITUTED
            + count(&common(&self.advisers, missing)) * ADVISER_MISSING
            + count(&common(&self.informed, missing)) * INFORMED_MISSING
    }
}

/// What it costs to move so many people: the more of them and the further, the more.
pub(super) fn moved(people: u32, before: Busy, after: Busy) -> u32 {
    let minutes = after.starts_at.duration_since(before.starts_at).as_mins().unsigned_abs();
    let hours = u64::from(people).saturating_mul(minutes) / 60;
    MOVED.saturating_add(u32::try_from(hours).unwrap_or(UNPLACED).min(UNPLACED / 2))
}

/// The place of each department among the bits.
struct Names<'q>(BTreeMap<&'q Code, usize>);

impl<'q> Names<'q> {
    fn of(quarter: &'q Quarter) -> Names<'q> {
        let mut names = BTreeMap::new();
        for department in super::departments(quarter) {
            let next = names.len();
            names.entry(department).or_insert(next);
        }
        Names(names)
    }

    fn set<'c>(&self, departments: impl IntoIterator<Item = &'c Code>) -> Set {
        let mut set = Set::default();
        for at in departments.into_iter().filter_map(|department| self.0.get(department)) {
            set[at / 64] |= 1 << (at % 64);
        }
        set
    }
}

fn piece(quarter: &Quarter, at: usize, names: &Names<'_>, groups: &[&(Code, Date)]) -> Piece {
    let planned = &quarter.sessions[at];
    let wanted = &planned.wanted;
    let those = |keep: &dyn Fn(&Attending) -> bool| {
        names.set(wanted.attending.iter().filter(|one| keep(one)).map(|one| &one.department))
    };
    let deciders = wanted.attending.iter().filter(|one| one.role == RoleOnTopic::Decides);
    let substitutes = deciders.filter(|one| !one.substitutes.is_empty());
    let substitutes = substitutes.map(|one| (names.0[&one.department], names.set(&one.substitutes)));
    let group = |quarter_on: Option<Date>| {
        let quarter_on = quarter_on.filter(|_| planned.counts)?;
        groups.iter().position(|group| **group == (planned.body.clone(), quarter_on))
    };
    let counted_at = |time: &Busy| group(Some(quarter_of(quarter, time)));
    let busy = |time: &Busy| names.set(names.0.keys().copied().filter(|name| is_busy(quarter, name, time)));
    let place_of = |slot: &Slot| {
        let room = quarter.diaries.rooms.iter().position(|room| room.code == slot.room);
        room.and_then(|room| u16::try_from(room).ok())
    };
    let large = |room: Option<u16>| {
        room.map_or(0, |room| price::large(wanted, quarter.diaries.rooms[usize::from(room)].seats))
    };
    let announced = planned.announced.as_ref().map(|slot| {
        let time = Busy { starts_at: slot.starts_at, ends_at: slot.ends_at };
        let room = place_of(slot);
        let price = price::late(wanted, &quarter.calendar, &time) + large(room);
        Announced { time, room, busy: busy(&time), price, counted: counted_at(&time) }
    });
    let times = starts::of(wanted, &quarter.calendar).into_iter();
    let possible = times.filter(|time| is_possible(quarter, at, time));
    let starts = possible.filter_map(|time| {
        let open = quarter
            .diaries
            .rooms
            .iter()
            .enumerate()
            .filter(|(_, room)| of_room(wanted, &quarter.diaries, room, &time).is_empty());
        let rooms: Vec<u16> = open.filter_map(|(room, _)| u16::try_from(room).ok()).collect();
        let price = price::late(wanted, &quarter.calendar, &time);
        let start = Start { busy: busy(&time), rooms, price, counted: counted_at(&time), time };
        (!start.rooms.is_empty()).then_some(start)
    });
    Piece {
        starts: starts.collect(),
        rooms: (0..quarter.diaries.rooms.len()).map(|room| large(u16::try_from(room).ok())).collect(),
        announced,
        is_pinned: planned.is_pinned,
        attends: those(&|_| true),
        deciding: those(&|one| one.decides),
        bound: those(&|one| one.is_bound),
        deciders: those(&|one| one.role == RoleOnTopic::Decides),
        advisers: those(&|one| one.role == RoleOnTopic::Advises),
        informed: those(&|one| one.role == RoleOnTopic::Informed),
        chairs: those(&|one| one.may_chair),
        substitutes: substitutes.collect(),
        quorum: wanted.quorum,
        counted: group(planned.counted_in),
    }
}

fn quarter_of(plan: &Quarter, time: &Busy) -> Date {
    quarter(&plan.calendar, time.starts_at)
}

fn is_busy(quarter: &Quarter, department: &Code, time: &Busy) -> bool {
    let diary = quarter.diaries.departments.get(department);
    diary.is_some_and(|diary| diary.overlapping(*time).next().is_some())
}

/// Whether a session could be at this time beside what is there besides.
fn is_possible(quarter: &Quarter, at: usize, time: &Busy) -> bool {
    let wanted = &quarter.sessions[at].wanted;
    let in_time = wanted.notice_until_at.is_none_or(|until_at| time.starts_at >= until_at);
    let is_full =
        !wanted.full_quarters.is_empty() && wanted.full_quarters.contains(&quarter_of(quarter, time));
    let decides_elsewhere = wanted.attending.iter().filter(|one| one.is_bound).any(|one| {
        let diary = quarter.diaries.departments.get(&one.department);
        diary.is_some_and(|diary| {
            diary.overlapping(*time).any(|engagement| engagement.cause == Cause::Decision)
        })
    });
    in_time && !is_full && !decides_elsewhere
}
