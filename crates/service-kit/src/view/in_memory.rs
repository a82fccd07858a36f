//! A view's tables without a file and a journal, for the tests of what it makes of events.

use super::{View, ViewError};
use crate::scope::{Scope, ScopedTables};
use domain::{Actor, Timestamp, Uuid, aggregate::derived_id};
use journal::{Position, Record};
use proto::record::{Envelope, EventCodec};
use rusqlite::Connection;
use std::marker::PhantomData;

/// The tables of a view in memory.
pub struct InMemory<V> {
    tables: Connection,
    position: Position,
    view: PhantomData<V>,
}

impl<V: View> InMemory<V> {
    /// Empty ones.
    pub fn new() -> rusqlite::Result<InMemory<V>> {
        let tables = Connection::open_in_memory()?;
        tables.execute_batch(V::SCHEMA)?;
        Ok(InMemory { tables, position: 0, view: PhantomData })
    }

    /// The tables, to look at their indexes.
    pub fn tables(&self) -> &Connection {
        &self.tables
    }

    /// The tables as they are within a scope, to query them.
    pub fn within<'t>(&'t self, scope: &'t Scope) -> ScopedTables<'t> {
        ScopedTables::new(&self.tables, scope)
    }

    /// Projects the events of one record of an aggregate.
    pub fn project<A: EventCodec>(
        &mut self,
        id: Uuid,
        at: Timestamp,
        events: &[A::Event],
    ) -> Result<(), ViewError> {
        self.position += 1;
        let command_id = derived_id(Uuid::nil(), &[&self.position.to_string()]);
        let envelope = Envelope {
            command_id,
            command_digest: vec![0; 32],
            time: at,
            actor: Actor::process("test"),
            on_behalf_of: None,
            causation_id: None,
            correlation_id: command_id,
            traceparent: None,
            part: 1,
            parts: 1,
        };
        let events = events.iter().map(A::encode).collect();
        let record = Record { position: self.position, stream: A::stream(id), envelope, events };
        let projected = self.tables.transaction()?;
        V::apply(&projected, &record)?;
        Ok(projected.commit()?)
    }
}
