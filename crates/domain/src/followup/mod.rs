//! Always: reminders, overdue notices and escalations, each exactly once (督办).

pub mod follow_up;
pub mod ladder;
pub mod ladder_policy;
