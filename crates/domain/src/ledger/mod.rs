//! What the installation itself decides: for rehearsals, what time it is.

pub mod rehearsal_clock;
