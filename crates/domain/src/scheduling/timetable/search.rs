//! The search: sessions are placed one by one, and then moved step by step; what makes the timetable worse is accepted less
//! and less. What it finds follows from the quarter, the seed and the number of steps.

use super::board::{Board, Place};
use super::quarter::Quarter;
use crate::planning::cooling::Cooling;
use crate::planning::numbers::Numbers;

/// Steps of one search, at most.
pub const STEPS_MAX: u64 = 2_000_000;
/// Steps when nobody says how many.
pub const STEPS_DEFAULT: u64 = 40_000;

/// The first temperature, in points.
const HOT: f64 = 300.0;
/// It has two to this power of temperatures.
const STAGES_LOG2: u32 = 6;
/// Starts that are tried when a session is placed for the first time, at most.
const FIRST_TRIES_MAX: usize = 200;
/// Places that are tried for a session which another one has put off the board.
const TRIES: usize = 12;
/// Sessions that one move may put off the board, at most.
const PUT_OFF_MAX: usize = 2;
/// Starts by which a session is nudged, at most.
const NUDGE_STARTS: usize = 6;

/// Where each session of a quarter is put.
pub(super) fn search(quarter: &Quarter, board: &mut Board, seed: u64, steps: u64) {
    let mut numbers = Numbers::new(seed);
    place_all(board);
    let movable: Vec<usize> = (0..board.pieces.len()).filter(|at| !board.pieces[*at].is_pinned).collect();
    if movable.is_empty() || quarter.diaries.rooms.is_empty() {
        return;
    }
    let mut best = (board.total(), board.places.clone());
    let mut cooling = Cooling::new(HOT, STAGES_LOG2);
    // The last quarter of the steps only improves.
    let stage = steps * 3 / 4 / (1 << STAGES_LOG2);
    for _ in 0..1_u32 << STAGES_LOG2 {
        for _ in 0..stage {
            let limit = cooling.limit(&mut numbers);
            step(board, &movable, &mut numbers, limit);
            keep_best(board, &mut best);
        }
        cooling.cool();
    }
    restore(board, &best.1);
    for _ in 0..steps / 4 {
        step(board, &movable, &mut numbers, 0);
        keep_best(board, &mut best);
    }
    restore(board, &best.1);
}

fn keep_best(board: &Board, best: &mut (u64, Vec<Place>)) {
    let total = board.total();
    if total < best.0 {
        *best = (total, board.places.clone());
    }
}

/// Puts everything where it was.
fn restore(board: &mut Board, places: &[Place]) {
    let all: Vec<(usize, Place)> = places.iter().copied().enumerate().collect();
    // What was there at once can be there again.
    let _ = board.put(&all);
    board.keep();
}

/// Places what has no place yet, those first that have the fewest starts.
fn place_all(board: &mut Board) {
    let mut waiting: Vec<usize> =
        (0..board.pieces.len()).filter(|at| board.places[*at] == Place::Off).collect();
    waiting.sort_by_key(|at| board.pieces[*at].starts.len());
    for session in waiting {
        let starts = board.pieces[session].starts.len();
        let every = starts / FIRST_TRIES_MAX + 1;
        let tries: Vec<Place> =
            (0..starts).step_by(every).flat_map(|start| rooms_at(board, session, start)).collect();
        let best = tries.into_iter().filter_map(|place| Some((tried(board, session, place)?, place)));
        if let Some((_, place)) = best.min_by_key(|(more, _)| *more) {
            let _ = board.put(&[(session, place)]);
            board.keep();
        }
    }
}

fn rooms_at(board: &Board, session: usize, start: usize) -> Vec<Place> {
    let rooms = &board.pieces[session].starts[start].rooms;
    rooms.iter().map(|room| Place::At { start: start as u32, room: *room }).collect()
}

/// What a place would cost more.
fn tried(board: &mut Board, session: usize, place: Place) -> Option<i64> {
    let mark = board.mark();
    let more = board.put(&[(session, place)]);
    board.take_back(mark);
    more
}

/// One move: a session goes elsewhere, and what is in its way finds another place, or none. It is kept when it costs no more
/// than the limit.
fn step(board: &mut Board, movable: &[usize], numbers: &mut Numbers, limit: i64) {
    let session = numbers.of(movable);
    let Some(place) = drawn(board, session, numbers) else { return };
    let put_off = board.in_the_way(session, place);
    if put_off.len() > PUT_OFF_MAX || put_off.iter().any(|other| board.pieces[*other].is_pinned) {
        return;
    }
    let mut changes = vec![(session, place)];
    changes.extend(put_off.iter().map(|other| (*other, Place::Off)));
    let mark = board.mark();
    let Some(mut more) = board.put(&changes) else { return board.take_back(mark) };
    for other in put_off {
        let tries: Vec<Place> = (0..TRIES).filter_map(|_| drawn(board, other, numbers)).collect();
        let found = tries.into_iter().filter_map(|place| Some((tried(board, other, place)?, place)));
        if let Some((less, place)) = found.min_by_key(|(less, _)| *less) {
            let _ = board.put(&[(other, place)]);
            more += less;
        }
    }
    if more <= limit { board.keep() } else { board.take_back(mark) }
}

/// Some place for a session; none when it would be the same.
fn drawn(board: &Board, session: usize, numbers: &mut Numbers) -> Option<Place> {
    let piece = &board.pieces[session];
    let (now, starts) = (board.places[session], piece.starts.len());
    let kind = numbers.below(8);
    if kind == 0 && now != Place::Stay && piece.is_announced() {
        return Some(Place::Stay);
    }
    if starts == 0 {
        return None;
    }
    let start = match now {
        Place::At { start, .. } if kind < 4 => {
            let by = numbers.below(2 * NUDGE_STARTS + 1);
            (start as usize + by).saturating_sub(NUDGE_STARTS).min(starts - 1)
        }
        _ => numbers.below(starts),
    };
    let room = numbers.of(&piece.starts[start].rooms);
    let place = Place::At { start: start as u32, room };
    (place != now).then_some(place)
}
