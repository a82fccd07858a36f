//! The events in a record.

use crate::error::CommandError;
use journal::Record;
use proto::record::{EventCodec, kind_of};

/// The events of a record as this aggregate knows them. Types that it does not know, which a later
/// version may have written, are passed over.
pub fn decode<A: EventCodec>(record: &Record) -> Result<Vec<A::Event>, CommandError> {
    let mut events = Vec::with_capacity(record.events.len());
    for event in &record.events {
        match A::decode(kind_of(event), &event.value) {
            Ok(Some(event)) => events.push(event),
            Ok(None) => {
                tracing::warn!(
                    position = record.position,
                    kind = kind_of(event),
                    "passed over an event of unknown type"
                );
            }
            Err(fault) => {
                return Err(CommandError::Broken(format!(
                    "record {} cannot be read: {fault}",
                    record.position
                )));
            }
        }
    }
    Ok(events)
}
