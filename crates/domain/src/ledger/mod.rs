//! What the deployment itself decides: what time it is in a rehearsal, and that it uses a log that has lost
//! records.

pub mod custody;
pub mod rehearsal_clock;
