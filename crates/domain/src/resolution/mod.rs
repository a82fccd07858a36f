//! After the decision: resolutions and what departments owe.

pub mod action_item;
pub mod due;
pub mod evidence;
pub mod register;
#[expect(clippy::module_inception, reason = "the context is named after its main aggregate")]
pub mod resolution;
