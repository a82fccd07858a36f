//! The events of the rehearsal clock and of the log's custody.

use crate::ledger::events::v1 as ledger;
use crate::wire_events;
use domain::ledger::{custody, rehearsal_clock};

wire_events!(rehearsal_clock::RehearsalClock, rehearsal_clock::Event => ledger {
    Moved => ClockMoved { clock_at },
});

wire_events!(custody::Custody, custody::Event => ledger {
    StaleLogAccepted => StaleLogAccepted { expected_records, actual_records, evidence },
});

#[cfg(test)]
pub(super) mod samples;
