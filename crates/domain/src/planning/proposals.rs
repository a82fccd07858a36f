//! What the search tries next: a few kinds of moves, each drawn at random.

use super::layout::{Layout, Move, Window};
use super::numbers::Numbers;
use super::problem::{Placement, Problem};

/// Grains by which a meeting is nudged, at most.
const NUDGE_GRAINS: usize = 6;

/// Meetings that one exchange moves, at most.
const EXCHANGED_MAX: usize = 8;

/// Grains that an exchange takes in beyond the longer of two meetings, at most.
const MARGIN_GRAINS: usize = 20;

/// A kind of move.
#[derive(Debug, Clone, Copy)]
enum Kind {
    /// A little earlier or later, in the same room.
    Nudge,
    /// A little earlier or later, in any room that fits.
    NudgeAcross,
    /// At the same time in another room.
    ChangeRoom,
    /// Anywhere.
    Relocate,
    /// Two meetings change places.
    Swap,
    /// Two meetings at the same time change rooms.
    SwapRooms,
    /// Two meetings change times.
    SwapStarts,
    /// All that lies in a stretch of one room and all in another change places.
    Exchange,
}

/// The kinds, as often as they are tried.
const MIX: [(Kind, usize); 8] = [
    (Kind::Nudge, 4),
    (Kind::NudgeAcross, 2),
    (Kind::ChangeRoom, 2),
    (Kind::Relocate, 8),
    (Kind::Swap, 8),
    (Kind::SwapRooms, 4),
    (Kind::SwapStarts, 4),
    (Kind::Exchange, 4),
];

/// Where each meeting could be.
#[derive(Debug)]
pub(super) struct Proposals {
    kinds: Vec<Kind>,
    /// For each meeting, the starts with which it ends on the same day; all when there is none.
    starts: Vec<Vec<u32>>,
    /// For each meeting, the rooms that seat it; the largest when there is none.
    rooms: Vec<Vec<u32>>,
    /// The grains in use: later ones are hardly worth a try.
    horizon: u32,
    all_starts: u32,
}

impl Proposals {
    /// Those for this problem.
    pub(super) fn of(problem: &Problem) -> Proposals {
        let kinds = MIX.iter().flat_map(|(kind, often)| std::iter::repeat_n(*kind, *often));
        let all_starts = problem.days().len() as u32;
        Proposals {
            kinds: kinds.collect(),
            starts: problem.meetings().iter().map(|meeting| starts(problem.days(), meeting.grains)).collect(),
            rooms: problem.meetings().iter().map(|meeting| rooms(problem, meeting.attendees())).collect(),
            horizon: all_starts,
            all_starts,
        }
    }

    /// From now on tries only one start after these grains.
    pub(super) fn stay_within(&mut self, grains: u32) {
        self.horizon = grains;
    }

    /// Draws the next moves; none when what was drawn leads nowhere.
    pub(super) fn draw(&self, layout: &Layout, numbers: &mut Numbers, moves: &mut Vec<Move>) {
        moves.clear();
        let meeting = numbers.below(self.rooms.len());
        let other = numbers.below(self.rooms.len());
        let kind = numbers.of(&self.kinds);
        let here = layout.at(meeting);
        let to = match kind {
            Kind::Nudge => Placement { start: self.nudged(here.start, numbers), ..here },
            Kind::NudgeAcross => {
                Placement { start: self.nudged(here.start, numbers), room: self.room(meeting, numbers) }
            }
            Kind::ChangeRoom => Placement { room: self.room(meeting, numbers), ..here },
            Kind::Relocate => {
                Placement { start: self.start(meeting, numbers), room: self.room(meeting, numbers) }
            }
            _ if meeting == other => return,
            Kind::Swap => return swap(layout, meeting, other, moves),
            Kind::SwapRooms => return swap_rooms(layout, meeting, other, moves),
            Kind::SwapStarts => return swap_starts(layout, meeting, other, moves),
            Kind::Exchange => return exchange(layout, meeting, other, numbers, moves),
        };
        moves.push(Move { meeting, to });
    }

    fn room(&self, meeting: usize, numbers: &mut Numbers) -> u32 {
        numbers.of(&self.rooms[meeting])
    }

    fn start(&self, meeting: usize, numbers: &mut Numbers) -> u32 {
        let starts = &self.starts[meeting];
        // And the first one after them: there it is alone.
        let near = starts.partition_point(|start| *start < self.horizon) + 1;
        starts[numbers.below(near.min(starts.len()))]
    }

    fn nudged(&self, start: u32, numbers: &mut Numbers) -> u32 {
        let by = 1 + numbers.below(NUDGE_GRAINS) as u32;
        let moved = if numbers.below(2) == 0 { start.saturating_sub(by) } else { start + by };
        moved.min(self.all_starts - 1)
    }
}

/// The starts with which a meeting ends on the same day; all when there is none.
fn starts(days: &[u32], grains: u32) -> Vec<u32> {
    let all = 0..days.len() as u32;
    let on_one_day = |start: &u32| days.get((start + grains - 1) as usize) == Some(&days[*start as usize]);
    let some: Vec<u32> = all.clone().filter(on_one_day).collect();
    if some.is_empty() { all.collect() } else { some }
}

/// The rooms that seat a meeting; the largest ones when none does.
fn rooms(problem: &Problem, attendees: u32) -> Vec<u32> {
    let largest = problem.rooms().iter().map(|room| room.capacity).max().unwrap_or(0);
    let needed = attendees.min(largest);
    let all = 0..problem.rooms().len() as u32;
    all.filter(|room| problem.rooms()[*room as usize].capacity >= needed).collect()
}

/// The two change places. When the one follows the other in a room, they change their order.
fn swap(layout: &Layout, one: usize, other: usize, moves: &mut Vec<Move>) {
    let (here, there) = (layout.at(one), layout.at(other));
    let end = here.start + layout.grains(one);
    let follows = here.room == there.room && (end..end + layout.grains(one)).contains(&there.start);
    let end_of_both = there.start + layout.grains(other);
    let to = if follows {
        Placement { start: end_of_both.saturating_sub(layout.grains(one)), ..there }
    } else {
        there
    };
    if to.start < layout.starts() {
        moves.extend([Move { meeting: one, to }, Move { meeting: other, to: here }]);
    }
}

/// The two, which overlap in different rooms, change rooms.
fn swap_rooms(layout: &Layout, one: usize, other: usize, moves: &mut Vec<Move>) {
    let (here, there) = (layout.at(one), layout.at(other));
    let overlap =
        here.start < there.start + layout.grains(other) && there.start < here.start + layout.grains(one);
    if overlap && here.room != there.room {
        let to_there = Placement { room: there.room, ..here };
        let to_here = Placement { room: here.room, ..there };
        moves.extend([Move { meeting: one, to: to_there }, Move { meeting: other, to: to_here }]);
    }
}

/// The two, which are in different rooms, change times.
fn swap_starts(layout: &Layout, one: usize, other: usize, moves: &mut Vec<Move>) {
    let (here, there) = (layout.at(one), layout.at(other));
    if here.room != there.room && here.start != there.start {
        let then = Placement { start: there.start, ..here };
        let now = Placement { start: here.start, ..there };
        moves.extend([Move { meeting: one, to: then }, Move { meeting: other, to: now }]);
    }
}

/// All that lies in the grains of the one's room and all that lies in as many of the other's change places. The grains
/// are at least those of the longer one; so a long meeting gives way to some short ones.
fn exchange(layout: &Layout, one: usize, other: usize, numbers: &mut Numbers, moves: &mut Vec<Move>) {
    let (here, there) = (layout.at(one), layout.at(other));
    let longer = layout.grains(one).max(layout.grains(other));
    let margin = if numbers.below(2) == 0 { 0 } else { numbers.below(MARGIN_GRAINS + 1) as u32 };
    let grains = longer + margin;
    let overlap = here.start < there.start + grains && there.start < here.start + grains;
    if here.room == there.room && overlap {
        return;
    }
    let ours = Window { at: here, grains };
    let theirs = Window { at: there, grains };
    let is_whole =
        layout.shift(ours, there, EXCHANGED_MAX, moves) && layout.shift(theirs, here, EXCHANGED_MAX, moves);
    if !is_whole {
        moves.clear();
    }
}
