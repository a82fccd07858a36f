//! During the session: dockets, positions, ballots, outcomes.

pub mod ballot;
pub mod docket;
pub mod due;
