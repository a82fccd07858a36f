//! Faults that concern only the log's directory.

mod appender;
mod crash_states;
mod damage;
mod disk;
mod failing_disk;
mod full_disk;
mod image;
mod io_errors;
mod mounts;
mod power_cut;
mod proof;
mod recording;
mod scenarios;
mod workload;
