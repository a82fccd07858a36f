//! What the deployment itself decides: what time it is in a rehearsal, that it uses a log that has lost records, and
//! whose personal data is erased.

pub mod custody;
pub mod erasure;
pub mod rehearsal_clock;
