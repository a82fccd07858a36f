//! A plan that is being changed: what each meeting costs where it is, and what other places would cost.
//!
//! Two meetings cost each other something only when they are near in time, so that a meeting's cost is counted over
//! those that start near its grains. The cost of each is kept, and follows when a neighbour moves.

use super::numbers::Numbers;
use super::pairs::Shared;
use super::prices::Prices;
use super::problem::{Placement, Problem};
use super::score::{AT_ONCE, NO_BREAK, STABLE_GRAINS, Score};
use std::collections::BTreeMap;

/// No meeting.
const NONE: u32 = u32::MAX;

/// What hard and medium points cost, in soft points.
#[derive(Debug, Clone, Copy)]
pub(super) struct Weights {
    /// A hard point that a meeting has by itself, by its start or its room.
    pub(super) alone: i64,
    /// A hard point between two meetings.
    pub(super) hard: i64,
    /// A medium point.
    pub(super) medium: i64,
}

impl Weights {
    fn alone(self, score: Score) -> i64 {
        -(score.hard * self.alone + score.medium * self.medium + score.soft)
    }
}

/// What two meetings cost each other. Small, so that those of many meetings are near at hand.
#[derive(Debug, Clone, Copy)]
struct PairCost {
    /// For each grain that they share.
    at_once: i32,
    /// When they are near each other in different rooms.
    apart: i32,
}

/// A meeting, and where it goes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Move {
    /// The meeting, by its place.
    pub(super) meeting: usize,
    /// Where it goes.
    pub(super) to: Placement,
}

/// Grains of a room.
#[derive(Debug, Clone, Copy)]
pub(super) struct Window {
    /// The room, and the first of them.
    pub(super) at: Placement,
    /// How many.
    pub(super) grains: u32,
}

/// A plan that is being changed.
#[derive(Debug)]
pub(super) struct Layout {
    plan: Vec<Placement>,
    grains: Vec<u32>,
    longest: u32,
    rooms: usize,
    starts: usize,
    /// What each meeting costs where it is: by itself, and with each other one.
    costs: Vec<i64>,
    /// What each start costs a meeting of each length, one length after another.
    start_costs: Vec<i64>,
    /// For each meeting, where in `start_costs` those of its length begin.
    start_costs_of: Vec<usize>,
    /// What each room costs each meeting.
    room_costs: Vec<i64>,
    pair_costs: Vec<PairCost>,
    same_room: i64,
    /// For each grain, the first of the meetings that start in it.
    first: Vec<u32>,
    /// For each meeting, the next one that starts with it.
    next: Vec<u32>,
    /// For each meeting, the one before it among those that start with it.
    previous: Vec<u32>,
    /// A bit for each grain in which a meeting starts.
    started: Vec<u64>,
}

impl Layout {
    /// Every meeting somewhere.
    pub(super) fn random(problem: &Problem, weights: Weights, numbers: &mut Numbers) -> Layout {
        let meetings = problem.meetings();
        let (rooms, starts) = (problem.rooms().len(), problem.days().len());
        let mut somewhere =
            || Placement { start: numbers.below(starts) as u32, room: numbers.below(rooms) as u32 };
        let (start_costs, start_costs_of) = start_costs(problem, weights);
        let mut layout = Layout {
            plan: meetings.iter().map(|_| somewhere()).collect(),
            grains: meetings.iter().map(|meeting| meeting.grains).collect(),
            longest: meetings.iter().map(|meeting| meeting.grains).max().unwrap_or(1),
            rooms,
            starts,
            costs: vec![0; meetings.len()],
            start_costs,
            start_costs_of,
            room_costs: room_costs(problem, weights),
            pair_costs: pair_costs(problem, weights),
            same_room: weights.hard,
            first: vec![NONE; starts],
            next: vec![NONE; meetings.len()],
            previous: vec![NONE; meetings.len()],
            started: vec![0; starts / 64 + 1],
        };
        for meeting in 0..meetings.len() {
            let shared = layout.share_cost(meeting, 1);
            layout.costs[meeting] = layout.own_cost(meeting, layout.plan[meeting]) + shared;
            layout.link(meeting);
        }
        layout
    }

    /// The plan as it is now.
    pub(super) fn plan(&self) -> &[Placement] {
        &self.plan
    }

    /// Puts every meeting where a plan has it.
    pub(super) fn restore(&mut self, plan: &[Placement]) {
        for (meeting, to) in plan.iter().enumerate() {
            self.place(Move { meeting, to: *to });
        }
    }

    /// Where a meeting is.
    pub(super) fn at(&self, meeting: usize) -> Placement {
        self.plan[meeting]
    }

    /// How many grains there are to start in.
    pub(super) fn starts(&self) -> u32 {
        self.starts as u32
    }

    /// How long a meeting is.
    pub(super) fn grains(&self, meeting: usize) -> u32 {
        self.grains[meeting]
    }

    /// The first grain after all meetings.
    pub(super) fn end(&self) -> u32 {
        self.plan.iter().zip(&self.grains).map(|(at, grains)| at.start + grains).max().unwrap_or(0)
    }

    /// Whether the plan costs at most `limit` more with these meetings, all different, in these places.
    pub(super) fn is_within(&self, moves: &[Move], limit: i64) -> bool {
        let mut left = limit;
        for (nth, one) in moves.iter().enumerate() {
            left += self.costs[one.meeting] - self.own_cost(one.meeting, one.to);
            for other in &moves[..nth] {
                let (here, there) = (self.plan[one.meeting], self.plan[other.meeting]);
                left -= self.cost_between(one.meeting, here, other.meeting, there);
                left -= self.cost_between(one.meeting, one.to, other.meeting, other.to);
            }
        }
        // Neighbours only cost: once nothing is left, it is decided.
        for one in moves {
            if left < 0 {
                return false;
            }
            self.each_near(one.meeting, one.to, |other, between| {
                if moves.iter().all(|moved| moved.meeting != other) {
                    left -= between;
                }
                left >= 0
            });
        }
        left >= 0
    }

    /// Moves a meeting there.
    pub(super) fn place(&mut self, Move { meeting, to }: Move) {
        self.unlink(meeting);
        self.share_cost(meeting, -1);
        self.plan[meeting] = to;
        let shared = self.share_cost(meeting, 1);
        self.costs[meeting] = self.own_cost(meeting, to) + shared;
        self.link(meeting);
    }

    /// Adds moves of all that lies in a window to where another one begins. False when a meeting lies only partly in
    /// it, would start after the last grain, or would be one too many.
    pub(super) fn shift(&self, window: Window, to: Placement, max: usize, moves: &mut Vec<Move>) -> bool {
        let Window { at: Placement { start: from, room }, grains } = window;
        let end = from + grains;
        for start in from.saturating_sub(self.longest)..end.min(self.starts as u32) {
            for meeting in self.starting_in(start as usize) {
                let meeting_end = start + self.grains[meeting];
                if self.plan[meeting].room != room || meeting_end <= from {
                    continue;
                }
                if start < from || meeting_end > end || moves.len() == max {
                    return false;
                }
                let there = Placement { start: to.start + (start - from), room: to.room };
                if there.start as usize >= self.starts {
                    return false;
                }
                moves.push(Move { meeting, to: there });
            }
        }
        true
    }

    /// What a meeting costs by itself there.
    fn own_cost(&self, meeting: usize, there: Placement) -> i64 {
        self.start_costs[self.start_costs_of[meeting] + there.start as usize]
            + self.room_costs[meeting * self.rooms + there.room as usize]
    }

    /// What two meetings cost each other, in these places.
    fn cost_between(&self, one: usize, there: Placement, other: usize, elsewhere: Placement) -> i64 {
        let first_end = (there.start + self.grains[one]).min(elsewhere.start + self.grains[other]);
        let gap = i64::from(there.start.max(elsewhere.start)) - i64::from(first_end);
        if gap > STABLE_GRAINS {
            return 0;
        }
        let pair = self.pair_costs[one * self.plan.len() + other];
        let same_room = there.room == elsewhere.room;
        let mut cost = if gap == 0 { NO_BREAK } else { 0 };
        if gap < 0 {
            cost -= gap * (i64::from(pair.at_once) + if same_room { self.same_room } else { 0 });
        }
        if !same_room && there.start != elsewhere.start {
            cost += i64::from(pair.apart);
        }
        cost
    }

    /// Calls with every other meeting that is near there, and what the two cost each other, until told to stop.
    fn each_near(&self, meeting: usize, there: Placement, mut goes_on: impl FnMut(usize, i64) -> bool) {
        let margin = STABLE_GRAINS as u32;
        let from = there.start.saturating_sub(self.longest + margin) as usize;
        let to = self.starts.min((there.start + self.grains[meeting] + margin + 1) as usize);
        let mut word = from / 64;
        let mut bits = self.started[word] & (u64::MAX << (from % 64));
        loop {
            while bits != 0 {
                let grain = word * 64 + bits.trailing_zeros() as usize;
                bits &= bits - 1;
                if grain >= to {
                    return;
                }
                for other in self.starting_in(grain).filter(|other| *other != meeting) {
                    if !goes_on(other, self.cost_between(meeting, there, other, self.plan[other])) {
                        return;
                    }
                }
            }
            word += 1;
            if word * 64 >= to {
                return;
            }
            bits = self.started[word];
        }
    }

    fn starting_in(&self, grain: usize) -> impl Iterator<Item = usize> {
        let known = |meeting: u32| (meeting != NONE).then_some(meeting as usize);
        std::iter::successors(known(self.first[grain]), move |meeting| known(self.next[*meeting]))
    }

    /// Adds to its neighbours' costs, or takes from them, what a meeting costs them; returns all that it costs them.
    fn share_cost(&mut self, meeting: usize, sign: i64) -> i64 {
        let mut costs = std::mem::take(&mut self.costs);
        let mut all = 0;
        self.each_near(meeting, self.plan[meeting], |other, between| {
            costs[other] += sign * between;
            all += between;
            true
        });
        self.costs = costs;
        all
    }

    fn link(&mut self, meeting: usize) {
        let grain = self.plan[meeting].start as usize;
        let after = self.first[grain];
        self.next[meeting] = after;
        self.previous[meeting] = NONE;
        if after != NONE {
            self.previous[after as usize] = meeting as u32;
        }
        self.first[grain] = meeting as u32;
        self.started[grain / 64] |= 1 << (grain % 64);
    }

    fn unlink(&mut self, meeting: usize) {
        let grain = self.plan[meeting].start as usize;
        let (before, after) = (self.previous[meeting], self.next[meeting]);
        if before == NONE {
            self.first[grain] = after;
        } else {
            self.next[before as usize] = after;
        }
        if after != NONE {
            self.previous[after as usize] = before;
        }
        if self.first[grain] == NONE {
            self.started[grain / 64] &= !(1 << (grain % 64));
        }
    }
}

/// What each start costs a meeting of each length, and where those of each meeting begin.
fn start_costs(problem: &Problem, weights: Weights) -> (Vec<i64>, Vec<usize>) {
    let prices = Prices::of(problem);
    let starts = 0..problem.days().len() as u32;
    let (mut costs, mut begins) = (Vec::new(), BTreeMap::new());
    let mut of_meeting = |meeting: usize| {
        *begins.entry(problem.meetings()[meeting].grains).or_insert_with(|| {
            let begin = costs.len();
            costs.extend(starts.clone().map(|start| weights.alone(prices.start(meeting, start))));
            begin
        })
    };
    let begins_of = (0..problem.meetings().len()).map(&mut of_meeting).collect();
    (costs, begins_of)
}

/// What each room costs each meeting.
fn room_costs(problem: &Problem, weights: Weights) -> Vec<i64> {
    let prices = Prices::of(problem);
    let of_room = |meeting, room| weights.alone(prices.room(meeting, room));
    let rooms = 0..problem.rooms().len() as u32;
    (0..problem.meetings().len())
        .flat_map(|meeting| rooms.clone().map(move |room| of_room(meeting, room)))
        .collect()
}

fn pair_costs(problem: &Problem, weights: Weights) -> Vec<PairCost> {
    let small = |cost: i64| i32::try_from(cost).unwrap_or(i32::MAX);
    let between = |one, other| {
        let shared = Shared::between(one, other);
        let at_once = shared.required * weights.hard + shared.torn * weights.medium + AT_ONCE;
        PairCost { at_once: small(at_once), apart: small(shared.persons) }
    };
    let meetings = problem.meetings();
    meetings.iter().flat_map(|one| meetings.iter().map(move |other| between(one, other))).collect()
}
