//! The events of the rehearsal clock, of the log's custody, and of erasures.

use crate::ledger::events::v1 as ledger;
use crate::ledger::v1 as api;
use crate::wire_enum;
use crate::wire_events;
use domain::ledger::{custody, erasure, rehearsal_clock};

wire_events!(rehearsal_clock::RehearsalClock, rehearsal_clock::Event => ledger {
    Moved => ClockMoved { clock_at },
});

wire_events!(custody::Custody, custody::Event => ledger {
    StaleLogAccepted => StaleLogAccepted { expected_records, actual_records, evidence },
});

wire_events!(erasure::Erasures, erasure::Event => ledger {
    Requested => ErasureRequested { erasure_id, key_ids, marks, reason, authority },
    KeyDestroyed => ErasureKeyDestroyed { erasure_id },
    Completed => ErasureCompleted { erasure_id },
    BallotKeyGivenUp => BallotKeyGivenUp { docket_id, ballot_number, topic_number, key_ids },
});

wire_enum!(erasure::Stage => api::ErasureStage { Requested, KeyDestroyed, Completed });

#[cfg(test)]
pub(super) mod samples;
