//! What a decision does to one that was made before, as it passes from the context that decides to the one that keeps
//! resolutions.

use crate::Uuid;

/// What becomes of the earlier resolution.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ChangeEffect {
    /// 修改: it stays in force, and is read together with the decision.
    Amends,
    /// 取代: the decision takes its place.
    Supersedes,
    /// 废止: it ends without a successor.
    Rescinds,
}

/// A resolution that a decision changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResolutionChange {
    /// The earlier resolution.
    pub resolution: Uuid,
    /// What becomes of it.
    pub effect: ChangeEffect,
    /// Its items that are still owed although it ends; the others are rescinded.
    pub carried_over: Vec<Uuid>,
}
