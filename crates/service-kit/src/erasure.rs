//! What an erasure means for what a process has made of the log: after the key was destroyed, it is made again.

use domain::Aggregate as _;
use domain::ledger::erasure::{Erasures, Event};
use journal::{Journal, Position, ReadError, Record};
use proto::record::{EventCodec as _, kind_of};

/// Whether a record says that the key of an erasure was destroyed.
pub(crate) fn is_key_destroyed(record: &Record) -> bool {
    record.stream.category == Erasures::CATEGORY
        && record.events.iter().any(|event| {
            matches!(Erasures::decode(kind_of(event), &event.value), Ok(Some(Event::KeyDestroyed { .. })))
        })
}

/// The position of the last such record; 0 when there is none.
pub(crate) async fn last_key_destroyed(journal: &dyn Journal) -> Result<Position, ReadError> {
    let records = journal.read(&Erasures::stream(Erasures::realm_id()), 0).await?;
    Ok(records.iter().rfind(|record| is_key_destroyed(record)).map_or(0, |record| record.position))
}
