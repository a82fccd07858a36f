//! Faults: what disks, power and processes do to an installation, and that it loses nothing by them.
//!
//! Short by default. `FAULTS_…` variables make a test long or repeat what it found; each module
//! names its own, and a failure prints the command.

mod cluster;
mod consumers;
mod full_disk;
mod history;
mod jetstream_store;
mod load;
mod log;
mod overload;
mod partition;
mod repair;
mod seed;
mod stale;
