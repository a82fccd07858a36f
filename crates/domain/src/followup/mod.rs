//! Always: reminders, overdue notices and escalations, each exactly once (督办).
