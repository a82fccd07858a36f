//! The rehearsal clock's event.

use crate::ledger::events::v1 as ledger;
use crate::wire_events;
use domain::ledger::rehearsal_clock;

wire_events!(rehearsal_clock::RehearsalClock, rehearsal_clock::Event => ledger {
    Moved => ClockMoved { to },
});

#[cfg(test)]
pub(super) mod samples;
