//! During the session: dockets, positions, ballots, outcomes.
