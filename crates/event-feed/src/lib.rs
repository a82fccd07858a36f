//! What has happened, for those who follow it: the events of the log, as far as somebody may see what they are about.
//!
//! An event says what happened to what, and when. What it says beyond that is shown by the queries, which know who may
//! see which part of a thing. Whoever follows the log for others, by whatever door, asks here what is for them.

mod concern;
mod readers;

use concern::Concern;
use domain::{Actor, Code, StreamName, Timestamp, Uuid};
use proto::ledger::v1 as pb;
use proto::record::{EventCodec, addressee, is_addressed, kind_of, topic_number};
use proto::{Invalid, Wire as _, contract};
pub use readers::{DepartmentReaders, Readers, readers};
use service_kit::scope::Scope;
use service_kit::{CommandError, Kit};
use std::collections::HashMap;
use tonic::Status;

/// What is stored in place of events, where nothing has happened.
const NO_EVENTS: &str = "huishang.log.";

/// Which events somebody wants. What is empty or none keeps everything; an event must match all of it.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// Only events of these contexts, such as `scheduling`.
    pub contexts: Vec<String>,
    /// Only events of these types, by their full names.
    pub types: Vec<String>,
    /// Only events of matters that this department takes part in.
    pub department: Option<Code>,
    /// Only events of this body and of its matters.
    pub body: Option<Code>,
}

impl Wanted {
    /// Checks that there are such contexts and types: whoever misspells one would wait for ever.
    ///
    /// # Errors
    /// One does not exist.
    pub fn check(contexts: &[String], types: &[String]) -> Result<(), Invalid> {
        let known = contract::contexts();
        if let Some(at) = contexts.iter().position(|name| !known.contains(name)) {
            let (name, there_are) =
                (&contexts[at], known.iter().map(String::as_str).collect::<Vec<_>>().join(", "));
            let why = format!("is {name:?}, which is no context; there are {there_are}");
            return Err(Invalid::field(&format!("contexts[{at}]"), why));
        }
        if let Some(at) = types.iter().position(|name| !contract::is_event(name)) {
            let why = format!(
                "is {:?}, which is no type of an event; one is huishang.scheduling.events.v1.SessionConvened",
                types[at]
            );
            return Err(Invalid::field(&format!("types[{at}]"), why));
        }
        Ok(())
    }

    fn has_context(&self, stream: &StreamName) -> bool {
        let context = stream.category.split('.').next().unwrap_or_default();
        self.contexts.is_empty() || self.contexts.iter().any(|wanted| wanted == context)
    }

    fn has_type(&self, kind: &str) -> bool {
        !kind.starts_with(NO_EVENTS)
            && (self.types.is_empty() || self.types.iter().any(|wanted| wanted == kind))
    }

    fn concerns(&self, concern: &Concern) -> bool {
        let of_department = self.department.as_ref().is_none_or(|department| concern.involves(department));
        of_department && self.body.as_ref().is_none_or(|body| concern.body() == Some(body))
    }
}

/// What was so when the log ended with a position, or what is so now.
#[derive(Clone, Copy)]
pub(crate) struct AsOf<'k> {
    kit: &'k Kit,
    position: Option<u64>,
}

impl<'k> AsOf<'k> {
    fn now(kit: &'k Kit) -> AsOf<'k> {
        AsOf { kit, position: None }
    }

    async fn load<A: EventCodec>(self, id: Uuid) -> Result<A::State, CommandError> {
        match self.position {
            Some(position) => self.kit.load_as_of::<A>(id, position).await,
            None => self.kit.load::<A>(id).await,
        }
    }
}

/// A record of the log, as far as it is needed to tell whom it is for.
pub trait Happened {
    /// Its position.
    fn position(&self) -> u64;
    /// Its stream.
    fn stream(&self) -> Option<StreamName>;
    /// The full names of its events, in order.
    fn kinds(&self) -> impl Iterator<Item = &str>;
    /// When it was decided.
    ///
    /// # Errors
    /// The record cannot be read.
    fn decided_at(&self) -> Result<Timestamp, Status>;
    /// Its events, in order; asked for only where what they say decides who may know of them.
    ///
    /// # Errors
    /// The record cannot be read.
    fn events(&self) -> Result<Vec<prost_types::Any>, Status>;
}

/// Somebody who follows what happens.
#[derive(Clone)]
pub struct Reader {
    kit: Kit,
    actor: Actor,
    wanted: Wanted,
}

impl Reader {
    /// Somebody who wants these events.
    pub fn new(kit: Kit, actor: Actor, wanted: Wanted) -> Reader {
        Reader { kit, actor, wanted }
    }

    /// A look at some records, with what the reader may see now. It does not learn of what changes later, so it is for
    /// a few records only.
    ///
    /// # Errors
    /// What the reader may see cannot be read.
    pub async fn look(&self) -> Result<Look<'_>, CommandError> {
        let scope = self.kit.scope_of(&self.actor).await?;
        Ok(Look { reader: self, scope, concerns: HashMap::new() })
    }
}

/// One look of a reader at some records.
pub struct Look<'r> {
    reader: &'r Reader,
    scope: Scope,
    concerns: HashMap<StreamName, Concern>,
}

impl Look<'_> {
    /// The events of a record that the reader wants and may see, in order.
    ///
    /// # Errors
    /// The record, or what it is about, cannot be read.
    pub async fn at(&mut self, record: &impl Happened) -> Result<Vec<pb::CloudEvent>, Status> {
        let wanted = &self.reader.wanted;
        let Some(stream) = record.stream() else { return Ok(Vec::new()) };
        if !wanted.has_context(&stream) || !record.kinds().any(|kind| wanted.has_type(kind)) {
            return Ok(Vec::new());
        }
        if !self.concerns.contains_key(&stream) {
            let concern = Concern::of(AsOf::now(&self.reader.kit), &stream).await?;
            self.concerns.insert(stream.clone(), concern);
        }
        match self.concerns.get(&stream) {
            Some(concern) => self.seen(record, &stream, concern),
            None => Ok(Vec::new()),
        }
    }

    fn seen(
        &self,
        record: &impl Happened,
        stream: &StreamName,
        concern: &Concern,
    ) -> Result<Vec<pb::CloudEvent>, Status> {
        let Reader { actor, wanted, .. } = self.reader;
        if !concern.is_within(&self.scope, actor) || !wanted.concerns(concern) {
            return Ok(Vec::new());
        }
        let topics = concern.closed_topics(&self.scope, actor);
        let hidden = match topics.is_empty() && !record.kinds().any(is_addressed) {
            true => Vec::new(),
            false => hidden(record, |event| {
                let closed = topic_number(event).is_some_and(|topic| topics.contains(&topic));
                closed
                    || is_addressed(kind_of(event)) && !concern.is_for(&self.scope, addressee(event).as_ref())
            })?,
        };
        let (position, decided_at) = (record.position(), record.decided_at()?);
        let numbered = (1..).zip(record.kinds());
        let seen = numbered.filter(|(number, kind)| wanted.has_type(kind) && !hidden.contains(number));
        let events = seen.map(|(number, kind)| pb::CloudEvent {
            specversion: "1.0".into(),
            event_id: format!("{position}/{number}"),
            source: format!("/huishang/{}", stream.category),
            r#type: kind.to_owned(),
            subject: stream.id.to_string(),
            decided_at: decided_at.to_wire(),
            position,
            body_code: concern.body().map(Code::to_string),
        });
        Ok(events.collect())
    }
}

/// The numbers of the events of a record that are hidden.
fn hidden(
    record: &impl Happened,
    is_hidden: impl Fn(&prost_types::Any) -> bool,
) -> Result<Vec<usize>, Status> {
    let events = record.events()?;
    let numbered = (1..).zip(&events);
    Ok(numbered.filter(|(_, event)| is_hidden(event)).map(|(number, _)| number).collect())
}

impl Happened for service_kit::Record {
    fn position(&self) -> u64 {
        self.position
    }

    fn stream(&self) -> Option<StreamName> {
        Some(self.stream.clone())
    }

    fn kinds(&self) -> impl Iterator<Item = &str> {
        self.events.iter().map(proto::record::kind_of)
    }

    fn decided_at(&self) -> Result<Timestamp, Status> {
        Ok(self.envelope.time)
    }

    fn events(&self) -> Result<Vec<prost_types::Any>, Status> {
        Ok(self.events.clone())
    }
}
