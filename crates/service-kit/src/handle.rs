//! A command's way: fold the stream, decide, append, answer when committed.

use crate::clock::Clock;
use crate::error::CommandError;
use crate::events::{self, Unknown};
use crate::limits::{CACHED_STREAMS_MAX, COMMIT_TIMEOUT, RETRY_ATTEMPTS_MAX};
use crate::view::Kept;
use domain::{Actor, Aggregate, Issued, StreamName, Timestamp, Uuid};
use futures::future::BoxFuture;
use journal::{AppendError, Commit, Journal, Position, Record, Write};
use proto::record::{Envelope, EventCodec};
use quick_cache::sync::Cache;
use sha2::{Digest as _, Sha256};
use std::any::Any;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use tokio_util::sync::CancellationToken;

/// What surrounds a command on its way: its identity, its issuer, and where it came from.
#[derive(Debug, Clone)]
pub struct Order {
    /// Chosen by the caller: the same id gives the same answer.
    pub command_id: Uuid,
    /// SHA-256 of the request.
    pub digest: [u8; 32],
    /// Who asks.
    pub actor: Actor,
    /// The commit that caused it, for process managers.
    pub causation_id: Option<Uuid>,
    /// The first commit of the chain.
    pub correlation_id: Uuid,
    /// W3C trace context.
    pub traceparent: Option<String>,
}

impl Order {
    /// The order of a process manager; its id derives from the event's, so that delivery
    /// twice has one effect.
    pub fn of_process(name: &str, cause: &Envelope, command_id: Uuid) -> Order {
        Order {
            command_id,
            digest: Sha256::digest(command_id.as_bytes()).into(),
            actor: Actor::process(name),
            causation_id: Some(cause.commit_id),
            correlation_id: cause.correlation_id,
            traceparent: cause.traceparent.clone(),
        }
    }

    /// The id of the thing that this command creates: it follows from the command's id, so that a
    /// repeat creates nothing.
    pub fn new_id(&self, category: &str) -> Uuid {
        domain::aggregate::derived_id(self.command_id, &[category])
    }
}

/// An aggregate folded up to a position, with the commits that its stream has seen.
struct Folded<A: Aggregate> {
    /// When it was read; what was only ordered may be lost in another.
    tenure: u64,
    state: A::State,
    position: Position,
    /// Commit id → position of the commit's last record, and its digest.
    commits: HashMap<Uuid, (Position, [u8; 8])>,
    /// The first event of a type that this version does not know. The state says nothing then.
    unknown: Option<Unknown>,
}

// Derived, `Clone` would ask the aggregate itself to be `Clone`.
impl<A: Aggregate> Clone for Folded<A> {
    fn clone(&self) -> Self {
        Folded {
            tenure: self.tenure,
            state: self.state.clone(),
            position: self.position,
            commits: self.commits.clone(),
            unknown: self.unknown.clone(),
        }
    }
}

impl<A: EventCodec> Folded<A> {
    fn new(tenure: u64) -> Self {
        let commits = HashMap::new();
        Folded { tenure, state: A::State::default(), position: 0, commits, unknown: None }
    }

    fn add(mut self, record: &Record) -> Result<Self, CommandError> {
        let read = events::read::<A>(record)?;
        self.state = A::fold(self.state, &read.events);
        self.unknown = self.unknown.or(read.unknown);
        self.position = record.position;
        let envelope = &record.envelope;
        let last = record.commit_end();
        self.commits.insert(envelope.commit_id, (last, short(&envelope.command_digest)));
        Ok(self)
    }

    /// The state, for deciding on it: what is understood only in part is nothing to decide on.
    fn state(&self) -> Result<&A::State, CommandError> {
        match &self.unknown {
            None => Ok(&self.state),
            Some(unknown) => Err(CommandError::Unknown(unknown.clone())),
        }
    }
}

fn short(digest: &[u8]) -> [u8; 8] {
    let mut short = [0; 8];
    let length = digest.len().min(8);
    short[..length].copy_from_slice(&digest[..length]);
    short
}

/// The tools of a service: journal, clock, the folder for what can be recomputed, the signal to stop,
/// and the folded aggregates in memory. Cheap to clone.
#[derive(Clone)]
pub struct Kit {
    journal: Arc<dyn Journal>,
    clock: Clock,
    folder: Arc<Path>,
    stop: CancellationToken,
    cache: Arc<Cache<StreamName, Arc<dyn Any + Send + Sync>>>,
    views: Arc<Mutex<Vec<Kept>>>,
    consumers: Arc<Mutex<Vec<(&'static str, PathBuf)>>>,
}

impl Kit {
    /// A kit over this journal and clock. Views and checkpoints live in `folder`; what the kit runs
    /// ends with `stop`.
    pub fn new(journal: Arc<dyn Journal>, clock: Clock, folder: &Path, stop: CancellationToken) -> Kit {
        let cache = Arc::new(Cache::new(CACHED_STREAMS_MAX));
        let (views, consumers) = (Arc::default(), Arc::default());
        Kit { journal, clock, folder: folder.into(), stop, cache, views, consumers }
    }

    /// The read models that are kept with this kit.
    pub fn views(&self) -> Vec<Kept> {
        self.views.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Notes that a read model is kept.
    pub(crate) fn keep_in_mind(&self, view: Kept) {
        self.views.lock().unwrap_or_else(PoisonError::into_inner).push(view);
    }

    /// Notes that a consumer of the journal runs on this kit, and where its file is.
    pub(crate) fn register_consumer(&self, name: &'static str, file: &Path) {
        self.consumers.lock().unwrap_or_else(PoisonError::into_inner).push((name, file.to_owned()));
    }

    /// The consumers that run on this kit, with their files.
    pub(crate) fn consumers(&self) -> Vec<(&'static str, PathBuf)> {
        self.consumers.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Where views and checkpoints are kept.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Cancelled when the process drains.
    pub fn stop(&self) -> &CancellationToken {
        &self.stop
    }

    /// The journal.
    pub fn journal(&self) -> &Arc<dyn Journal> {
        &self.journal
    }

    /// The clock.
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// Carries out one command on one aggregate. Answers with the position of its last record once
    /// that is committed; a command that changes nothing answers with the stream's position.
    pub async fn execute<A>(
        &self,
        order: &Order,
        id: Uuid,
        command: A::Command,
    ) -> Result<Position, CommandError>
    where
        A: EventCodec,
        A::Command: Clone + Sync,
    {
        self.commit(order, |unit| {
            let command = command.clone();
            Box::pin(async move { unit.decide::<A>(id, command).await })
        })
        .await
    }

    /// Carries out commands on several aggregates, all or none. The closure is run again, from fresh
    /// histories, when another commit was faster, and when what it was decided on, or it itself, may have
    /// been lost before it was committed; it must touch nothing outside its unit.
    pub async fn commit<F>(&self, order: &Order, decide: F) -> Result<Position, CommandError>
    where
        F: for<'u> Fn(&'u mut Unit) -> BoxFuture<'u, Result<(), CommandError>> + Send + Sync,
    {
        let mut fresh = false;
        for _ in 0..RETRY_ATTEMPTS_MAX {
            let tenure = self.journal.tenure();
            let mut unit = Unit::new(self.clone(), order.clone(), fresh);
            if let Err(error) = decide(&mut unit).await {
                if let Some(position) = unit.repeat {
                    if self.committed(position, tenure).await? {
                        return Ok(position);
                    }
                    fresh = true;
                    continue;
                }
                // What the cache remembers may be behind other copies of this service: a refusal, like
                // "already so" below, counts only when it was decided on what the journal has.
                if !fresh {
                    fresh = true;
                    continue;
                }
                return Err(error);
            }
            if unit.writes.is_empty() && !fresh {
                fresh = true;
                continue;
            }
            match unit.append().await {
                Ok(position) if self.committed(position, tenure).await? => return Ok(position),
                Ok(_) => fresh = true,
                Err(CommandError::Conflict(_)) => fresh = true,
                Err(error) => return Err(error),
            }
        }
        Err(CommandError::Conflict(RETRY_ATTEMPTS_MAX))
    }

    /// The state of an aggregate as ordered so far. Refused when a later version wrote events to it.
    pub async fn load<A: EventCodec>(&self, id: Uuid) -> Result<A::State, CommandError> {
        self.folded::<A>(id, true).await?.state().cloned()
    }

    /// Waits until a position that was learnt in a tenure is committed. False: another record may stand
    /// there by now.
    async fn committed(&self, position: Position, tenure: u64) -> Result<bool, CommandError> {
        match tokio::time::timeout(COMMIT_TIMEOUT, self.journal.wait_committed(position)).await {
            Ok(Ok(())) => Ok(self.journal.tenure() == tenure),
            Ok(Err(error)) => Err(CommandError::Unavailable(error.to_string())),
            Err(_) => Err(CommandError::Unavailable(format!(
                "no ledger confirmed position {position} within {} s",
                COMMIT_TIMEOUT.as_secs()
            ))),
        }
    }

    async fn folded<A: EventCodec>(&self, id: Uuid, fresh: bool) -> Result<Arc<Folded<A>>, CommandError> {
        let stream = A::stream(id);
        let tenure = self.journal.tenure();
        let cached = self
            .cache
            .get(&stream)
            .and_then(|folded| folded.downcast::<Folded<A>>().ok())
            .filter(|folded| folded.tenure == tenure);
        if let (Some(folded), false) = (&cached, fresh) {
            return Ok(folded.clone());
        }
        let known = cached.unwrap_or_else(|| Arc::new(Folded::new(tenure)));
        let news = self.journal.read(&stream, known.position).await?;
        if news.is_empty() {
            return Ok(known);
        }
        let folded = news.iter().try_fold(Arc::unwrap_or_clone(known), Folded::add)?;
        let folded = Arc::new(folded);
        self.cache.insert(stream, folded.clone());
        Ok(folded)
    }
}

type Remember = Box<dyn FnOnce(Landed) -> Arc<dyn Any + Send + Sync> + Send>;

/// Where a write of a commit came to stand.
#[derive(Debug, Clone, Copy)]
struct Landed {
    position: Position,
    commit_last: Position,
}

/// The decisions of one commit, collected before they are appended together.
pub struct Unit {
    kit: Kit,
    order: Order,
    issued: Issued,
    fresh: bool,
    repeat: Option<Position>,
    last_seen: Position,
    writes: Vec<Write>,
    /// For each write, what the cache holds once the write stands at the given position.
    remember: Vec<Remember>,
}

impl Unit {
    fn new(kit: Kit, order: Order, fresh: bool) -> Unit {
        let issued = Issued { at: kit.clock.now(), by: order.actor.clone() };
        Unit {
            kit,
            order,
            issued,
            fresh,
            repeat: None,
            last_seen: 0,
            writes: Vec::new(),
            remember: Vec::new(),
        }
    }

    /// When this commit is decided.
    pub fn now(&self) -> Timestamp {
        self.issued.at
    }

    /// The state of an aggregate, to look a fact up. It is read anew: no conflict would tell that what the
    /// cache remembers of it is old.
    pub async fn load<A: EventCodec>(&mut self, id: Uuid) -> Result<A::State, CommandError> {
        self.kit.load::<A>(id).await
    }

    /// Decides a command; its events are appended with the unit. At most one decision for a stream.
    pub async fn decide<A: EventCodec>(&mut self, id: Uuid, command: A::Command) -> Result<(), CommandError> {
        let folded = self.kit.folded::<A>(id, self.fresh).await?;
        if let Some(&(position, digest)) = folded.commits.get(&self.order.command_id) {
            if digest != short(&self.order.digest) {
                return Err(CommandError::IdReused(self.order.command_id));
            }
            self.repeat = Some(position);
            return Err(CommandError::Broken("a repeat ends the unit".into()));
        }
        self.last_seen = self.last_seen.max(folded.position);
        let events = A::decide(folded.state()?, command, &self.issued).map_err(CommandError::rejected)?;
        if events.is_empty() {
            return Ok(());
        }
        self.writes.push(Write {
            stream: A::stream(id),
            expected: folded.position,
            events: events.iter().map(A::encode).collect(),
        });
        let (commit_id, digest) = (self.order.command_id, short(&self.order.digest));
        self.remember.push(Box::new(move |landed| {
            let mut folded = Arc::unwrap_or_clone(folded);
            folded.state = A::fold(folded.state, &events);
            folded.position = landed.position;
            folded.commits.insert(commit_id, (landed.commit_last, digest));
            Arc::new(folded)
        }));
        Ok(())
    }

    async fn append(self) -> Result<Position, CommandError> {
        let Unit { kit, order, issued, last_seen, writes, remember, .. } = self;
        if writes.is_empty() {
            return Ok(last_seen);
        }
        let streams: Vec<StreamName> = writes.iter().map(|write| write.stream.clone()).collect();
        let envelope = Envelope {
            commit_id: order.command_id,
            command_digest: order.digest.to_vec(),
            time: issued.at,
            actor: order.actor,
            causation_id: order.causation_id,
            correlation_id: order.correlation_id,
            traceparent: order.traceparent,
            part: 1,
            parts: streams.len() as u32,
        };
        let last = match kit.journal.append(Commit { envelope, writes }).await {
            Ok(last) => last,
            Err(error) => {
                // Whatever went wrong, what the cache says of these streams is in doubt.
                streams.iter().for_each(|stream| drop(kit.cache.remove(stream)));
                return Err(match error {
                    AppendError::Conflict { .. } => CommandError::Conflict(1),
                    other => other.into(),
                });
            }
        };
        let first = last + 1 - streams.len() as u64;
        for ((stream, remember), position) in streams.into_iter().zip(remember).zip(first..) {
            // What nobody else has in hand is changed in place; a copy would grow with the stream.
            drop(kit.cache.remove(&stream));
            kit.cache.insert(stream, remember(Landed { position, commit_last: last }));
        }
        Ok(last)
    }
}
