//! Sample events of the ledger.

use crate::convert::sample::{Sample, at, line, samples, text};
use domain::Uuid;
use domain::ledger::custody::{self, Custody};
use domain::ledger::erasure::{self, Erasures};
use domain::ledger::rehearsal_clock::{Event, RehearsalClock};

pub fn all() -> Vec<Box<dyn Sample>> {
    let mut all = samples::<RehearsalClock>(vec![Event::Moved { clock_at: at("2027-03-08T01:00:00.25Z") }]);
    all.extend(samples::<Custody>(vec![custody::Event::StaleLogAccepted {
        expected_records: 1207,
        actual_records: 1180,
        evidence: "the signed head of 1207 records in /witness/signed-head".into(),
    }]));
    let erasure_id = Uuid::from_u128(0x018f_3c1e_7a3b_7c11_9d42_5b1f_0c6a_2e90);
    all.extend(samples::<Erasures>(vec![
        erasure::Event::Requested {
            erasure_id,
            key_ids: vec![Uuid::from_u128(0x9a0d_63a1_55d2_4c7e_8f0b_1c2d_3e4f_5a6b)],
            marks: vec![],
            reason: text("They have left the department and asked for it"),
            authority: line("Order 7/2027"),
        },
        erasure::Event::Requested {
            erasure_id,
            key_ids: vec![Uuid::from_u128(0x9a0d_63a1_55d2_4c7e_8f0b_1c2d_3e4f_5a6b)],
            marks: vec![Uuid::from_u128(0x3c1d_90e7_7f42_4be1_9a55_6d0c_2b8e_1f34)],
            reason: text("They have left the department and asked for it"),
            authority: line("Order 7/2027"),
        },
        erasure::Event::KeyDestroyed { erasure_id },
        erasure::Event::Completed { erasure_id },
        erasure::Event::BallotKeyGivenUp {
            docket_id: Uuid::from_u128(7),
            ballot_number: 2,
            topic_number: None,
            key_ids: vec![Uuid::from_u128(0x9a0d_63a1_55d2_4c7e_8f0b_1c2d_3e4f_5a6b)],
        },
        erasure::Event::BallotKeyGivenUp {
            docket_id: Uuid::from_u128(7),
            ballot_number: 2,
            topic_number: Some(1),
            key_ids: vec![Uuid::from_u128(0x9a0d_63a1_55d2_4c7e_8f0b_1c2d_3e4f_5a6b)],
        },
    ]));
    all
}
