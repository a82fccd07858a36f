//! After the decision: resolutions and what departments owe.

pub mod action_item;
pub mod adopted_elsewhere;
pub mod clock_ledger;
pub mod dependencies;
pub mod evidence;
pub mod evidence_content;
pub mod forecast;
pub mod register;
pub mod registering;
#[expect(clippy::module_inception, reason = "the context is named after its main aggregate")]
pub mod resolution;
pub mod roll_up;
pub mod target;
