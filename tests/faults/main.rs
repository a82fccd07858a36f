//! Fault injection: failures of disks, power, networks and processes, by which a deployment must lose nothing.
//!
//! Runs are short by default. `FAULTS_…` variables make a test longer or repeat a failure; each module documents
//! its own, and a failure prints the command that repeats it.

mod cluster;
mod consumers;
mod damaged_views;
mod foreign;
mod full_disk;
mod history;
mod jetstream_store;
mod load;
mod log;
mod overload;
mod partition;
mod repair;
mod seed;
mod shares;
mod stale;
mod upgrade;
mod witnesses;
