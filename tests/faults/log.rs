//! Faults that can be shown on the log's directory alone.

mod crash_states;
mod disk;
mod image;
mod io_errors;
mod lives;
mod proof;
mod recording;
mod workload;
