//! Sample events of the ledger.

use crate::convert::sample::{Sample, at, samples};
use domain::ledger::custody::{self, Custody};
use domain::ledger::rehearsal_clock::{Event, RehearsalClock};

pub fn all() -> Vec<Box<dyn Sample>> {
    let mut all = samples::<RehearsalClock>(vec![Event::Moved { clock_at: at("2027-03-08T01:00:00.25Z") }]);
    all.extend(samples::<Custody>(vec![custody::Event::StaleLogAccepted {
        expected_records: 1207,
        actual_records: 1180,
        evidence: "the signed head of 1207 records in /witness/signed-head".into(),
    }]));
    all
}
