//! Faults that can be shown on the log's directory alone.

mod appender;
mod crash_states;
mod damage;
mod disk;
mod failing_disk;
mod full_disk;
mod image;
mod io_errors;
mod lives;
mod mounts;
mod power_cut;
mod proof;
mod recording;
mod workload;
