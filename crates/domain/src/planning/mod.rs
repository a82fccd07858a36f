//! Planning many meetings at once: which room and which hour each gets, by simulated annealing.
//!
//! Pure like everything here: no clock, no entropy. How long a search takes is a number of steps, and how it goes
//! follows from a seed: the same problem, seed and steps give the same plan, on any machine.
//!
//! The twelve constraints are those of the public meeting-scheduling sets, so that plans can be compared with those
//! of other planners: see [`score`].

pub mod anneal;
pub(crate) mod cooling;
mod layout;
pub(crate) mod numbers;
mod pairs;
mod prices;
pub mod problem;
mod proposals;
pub mod score;

pub use anneal::{Plan, Search, anneal, best, worker_seed};
pub use problem::{Flaw, Meeting, Placement, Problem, Room};
pub use score::{Score, score};

#[cfg(test)]
mod tests;
