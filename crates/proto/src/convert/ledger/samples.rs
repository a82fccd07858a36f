//! The rehearsal clock's event by example.

use crate::convert::sample::{Sample, at, samples};
use domain::ledger::rehearsal_clock::{Event, RehearsalClock};

pub fn all() -> Vec<Box<dyn Sample>> {
    samples::<RehearsalClock>(vec![Event::Moved { to: at("2027-03-08T01:00:00.25Z") }])
}
