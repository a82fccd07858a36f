//! What the installation itself decides: for rehearsals, what time it is; and that it uses a log that lost
//! records.

pub mod custody;
pub mod rehearsal_clock;
