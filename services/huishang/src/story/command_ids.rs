//! Ids of commands: each new, or all derived from a seed.

use domain::{Uuid, aggregate};
use std::sync::atomic::{AtomicU32, Ordering};

/// A new command id.
pub fn command_id() -> String {
    Uuid::now_v7().to_string()
}

/// A sequence of command ids.
pub struct CommandIds {
    seed: Uuid,
    used: AtomicU32,
}

impl CommandIds {
    /// Ids that were never used.
    pub fn unique() -> CommandIds {
        CommandIds::derived_from(Uuid::now_v7())
    }

    /// Ids that follow from a seed: whoever takes the same steps with the same seed repeats the same commands,
    /// which has no further effect.
    pub fn derived_from(seed: Uuid) -> CommandIds {
        CommandIds { seed, used: AtomicU32::new(0) }
    }

    /// The next id.
    pub fn next(&self) -> String {
        let step = self.used.fetch_add(1, Ordering::Relaxed);
        aggregate::derived_id(self.seed, &[&step.to_string()]).to_string()
    }
}
