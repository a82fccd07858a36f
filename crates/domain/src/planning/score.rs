//! What a plan is worth, counted from scratch by the twelve constraints of the public meeting-scheduling sets.
//!
//! | level | constraint | penalty |
//! |---|---|---|
//! | hard | two meetings in one room | grains they share |
//! | hard | a meeting beyond the last grain | index of its last grain |
//! | hard | a person required in two meetings | grains they share |
//! | hard | room too small | persons without a seat |
//! | hard | start and end on different days | 1 |
//! | medium | a person required in one meeting and preferred in another | grains they share |
//! | medium | a person preferred in two meetings | grains they share |
//! | soft | late | index of the last grain |
//! | soft | one meeting right after another, wherever | 100 |
//! | soft | two meetings at once | 10 for each grain they share |
//! | soft | a larger room there is | for each, the seats that it has more |
//! | soft | a person changes rooms within two grains | 1 |

use super::pairs::Shared;
use super::prices::Prices;
use super::problem::{Placement, Problem};
use std::fmt;
use std::ops::AddAssign;

/// Penalty for a meeting right after another.
pub(super) const NO_BREAK: i64 = 100;
/// Penalty for each grain that two meetings share.
pub(super) const AT_ONCE: i64 = 10;
/// Grains between two meetings up to which a person should not have to change rooms.
pub(super) const STABLE_GRAINS: i64 = 2;

/// What a plan is worth: hard first, then medium, then soft. Penalties are negative, so that the greater one is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Score {
    /// What cannot be.
    pub hard: i64,
    /// What should not be.
    pub medium: i64,
    /// What costs.
    pub soft: i64,
}

impl AddAssign for Score {
    fn add_assign(&mut self, other: Score) {
        self.hard += other.hard;
        self.medium += other.medium;
        self.soft += other.soft;
    }
}

impl fmt::Display for Score {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} / {} / {}", self.hard, self.medium, self.soft)
    }
}

/// The score of a plan, which has a placement for each meeting.
pub fn score(problem: &Problem, plan: &[Placement]) -> Score {
    assert_eq!(plan.len(), problem.meetings().len(), "a placement for each meeting");
    let prices = Prices::of(problem);
    let mut total = Score::default();
    for (at, one) in plan.iter().enumerate() {
        total += prices.start(at, one.start);
        total += prices.room(at, one.room);
        for (before, other) in plan[..at].iter().enumerate() {
            total += of_pair(problem, (at, *one), (before, *other));
        }
    }
    total
}

/// What two meetings cost each other.
fn of_pair(problem: &Problem, (a, at_a): (usize, Placement), (b, at_b): (usize, Placement)) -> Score {
    let [one, other] = [&problem.meetings()[a], &problem.meetings()[b]];
    let ends = [i64::from(at_a.start + one.grains), i64::from(at_b.start + other.grains)];
    let gap = i64::from(at_a.start.max(at_b.start)) - ends[0].min(ends[1]);
    if gap > STABLE_GRAINS {
        return Score::default();
    }
    let shared = Shared::between(one, other);
    let overlap = (-gap).max(0);
    let same_room = at_a.room == at_b.room;
    let moves = !same_room && at_a.start != at_b.start;
    Score {
        hard: -overlap * (shared.required + i64::from(same_room)),
        medium: -overlap * shared.torn,
        soft: -overlap * AT_ONCE
            - if gap == 0 { NO_BREAK } else { 0 }
            - if moves { shared.persons } else { 0 },
    }
}
