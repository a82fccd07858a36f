//! Where contexts meet: an event of one becomes commands of another, by pure functions.
