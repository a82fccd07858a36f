//! The search: one plan is changed step by step; what makes it worse is accepted less and less.

use super::cooling::Cooling;
use super::layout::{Layout, Weights};
use super::numbers::{Numbers, mix};
use super::problem::{Placement, Problem};
use super::proposals::Proposals;
use super::score::{Score, score};

/// What the points weigh against each other during a search. So little that one level can give way for another for a
/// while; so much that in the end the score's order holds. What a meeting breaks by itself weighs more than what it breaks
/// with others: it hardly ever has to, and a long meeting that got over the end of a day finds no way back.
const WEIGHTS: Weights = Weights { alone: 80_000, hard: 8_000, medium: 400 };

/// A round of cooling.
#[derive(Debug, Clone, Copy)]
struct Round {
    /// The temperature at which it begins, in soft points.
    hot: f64,
    /// It has two to this power of temperatures.
    stages_log2: u32,
}

/// The first round melts everything.
const FIRST: Round = Round { hot: 2_500.0, stages_log2: 10 };
/// The others melt the best plan a little: what got stuck by chance comes loose.
const REPEAT: Round = Round { hot: 1_200.0, stages_log2: 9 };
/// How many others there are.
const REPEATS: u64 = 2;
/// Temperatures in all.
const STAGES: u64 = (1 << FIRST.stages_log2) + REPEATS * (1 << REPEAT.stages_log2);

/// How a search goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Search {
    /// Whatever else is the same, another seed leads to another plan.
    pub seed: u64,
    /// Steps that it takes: its length, whatever the machine. Rounded down to a multiple of 2048.
    pub steps: u64,
}

/// A placement for each meeting of a problem, and what that is worth.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// What it is worth.
    pub score: Score,
    /// Where each meeting is, in the problem's order.
    pub placements: Vec<Placement>,
}

/// The plan to which a search leads; always the same one for the same problem and search.
pub fn anneal(problem: &Problem, search: Search) -> Plan {
    let mut numbers = Numbers::new(search.seed);
    let mut layout = Layout::random(problem, WEIGHTS, &mut numbers);
    let steps = search.steps / STAGES;
    let mut found = cooled(problem, &mut layout, FIRST, steps, &mut numbers);
    for _ in 0..REPEATS {
        let again = cooled(problem, &mut layout, REPEAT, steps, &mut numbers);
        if again.score > found.score {
            found = again;
        } else {
            layout.restore(&found.placements);
        }
    }
    found
}

/// The plan after one round of cooling, with this many steps at each temperature.
fn cooled(problem: &Problem, layout: &mut Layout, round: Round, steps: u64, numbers: &mut Numbers) -> Plan {
    let mut proposals = Proposals::of(problem);
    let mut cooling = Cooling::new(round.hot, round.stages_log2);
    let mut moves = Vec::new();
    for _ in 0..1 << round.stages_log2 {
        proposals.stay_within(layout.end());
        for _ in 0..steps {
            proposals.draw(layout, numbers, &mut moves);
            if layout.is_within(&moves, cooling.limit(numbers)) {
                moves.iter().for_each(|one| layout.place(*one));
            }
        }
        cooling.cool();
    }
    let placements = layout.plan().to_vec();
    Plan { score: score(problem, &placements), placements }
}

/// The seed of one of several searches that run beside each other, so that none repeats another.
pub fn worker_seed(seed: u64, worker: u64) -> u64 {
    let mut state = seed;
    let first = mix(&mut state);
    (0..worker).fold(first, |_, _| mix(&mut state))
}

/// The best of the plans, and of equal ones the first: it does not depend on who was ready first.
pub fn best(plans: impl IntoIterator<Item = Plan>) -> Option<Plan> {
    plans.into_iter().reduce(|best, plan| if plan.score > best.score { plan } else { best })
}
