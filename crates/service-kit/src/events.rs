//! The events in a record.

use crate::error::CommandError;
use domain::StreamName;
use journal::{Position, Record};
use proto::record::{EventCodec, changes_nothing, kind_of};
use std::fmt;

/// An event of a type that this version does not know; a later one wrote it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownEventType {
    /// The position of its record.
    pub position: Position,
    /// The stream of its record.
    pub stream: StreamName,
    /// The full name of its type.
    pub kind: String,
}

impl fmt::Display for UnknownEventType {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            out,
            "record {} of {} holds an event of type {}, which this version does not know; a later version \
             wrote it: upgrade this service",
            self.position, self.stream, self.kind
        )
    }
}

/// What this version understands of a record.
pub(crate) struct Read<E> {
    /// The events of known types.
    pub(crate) events: Vec<E>,
    /// The first one of an unknown type.
    pub(crate) unknown: Option<UnknownEventType>,
}

/// The events of a record as this aggregate knows them.
pub(crate) fn read<A: EventCodec>(record: &Record) -> Result<Read<A::Event>, CommandError> {
    let mut read = Read { events: Vec::with_capacity(record.events.len()), unknown: None };
    for event in record.events.iter().filter(|event| !changes_nothing(event)) {
        let kind = kind_of(event);
        match A::decode(kind, &event.value) {
            Ok(Some(event)) => read.events.push(event),
            Ok(None) if read.unknown.is_some() => {}
            Ok(None) => {
                let (position, stream) = (record.position, record.stream.clone());
                read.unknown = Some(UnknownEventType { position, stream, kind: kind.to_owned() });
            }
            Err(fault) => {
                return Err(CommandError::InvariantViolated(format!(
                    "record {} cannot be read: {fault}",
                    record.position
                )));
            }
        }
    }
    Ok(read)
}

/// The events of a record as this aggregate knows them, for reading. Types that it does not know, which a
/// later version may have written, are passed over with a note; the log keeps them.
pub fn decode<A: EventCodec>(record: &Record) -> Result<Vec<A::Event>, CommandError> {
    let read = read::<A>(record)?;
    if let Some(unknown) = read.unknown {
        tracing::warn!(
            position = unknown.position,
            kind = unknown.kind,
            "passed over an event of unknown type"
        );
    }
    Ok(read.events)
}

/// The events of a record as this aggregate knows them, for deciding: refused when one of them is not known.
pub(crate) fn decode_all<A: EventCodec>(record: &Record) -> Result<Vec<A::Event>, CommandError> {
    let read = read::<A>(record)?;
    read.unknown.map_or(Ok(read.events), |unknown| Err(CommandError::UnknownEventType(unknown)))
}
