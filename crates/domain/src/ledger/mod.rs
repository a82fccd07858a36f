//! What the installation itself decides: for rehearsals, what time it is; and that it goes on with a log that
//! lost something.

pub mod custody;
pub mod rehearsal_clock;
