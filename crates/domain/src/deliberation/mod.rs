//! During the session: dockets, statements, ballots, outcomes.

pub mod ballot;
pub mod docket;
pub mod minutes;
