//! The decisions of one command, collected before they are appended together.

use super::{CachedState, CommandContext, Kit, digest_prefix};
use crate::error::CommandError;
use crate::scope::Scope;
use crate::traces::Span;
use domain::aggregate::id_of_code;
use domain::spelling::{self, Spelled, Spelling};
use domain::{Aggregate, Code, Issued, StreamName, Uuid};
use journal::{Commit, Position, Write};
use opentelemetry::trace::SpanKind;
use proto::record::{
    Envelope, EventCodec, addressee, changes_nothing, command_noted, is_addressed, kind_of, topic_number,
};
use std::any::Any;
use std::sync::Arc;

/// Events since the caller's `expected_position` that a refusal names, at most.
const EVENTS_NAMED_MAX: usize = 10;

type CacheUpdate = Box<dyn FnOnce(AppendedAt) -> Arc<dyn Any + Send + Sync> + Send>;

/// Where a write came to stand.
#[derive(Debug, Clone, Copy)]
struct AppendedAt {
    position: Position,
    last_of_command: Position,
}

impl Kit {
    /// The refusal of a command whose aggregate has changed after the position up to which the caller knows it; none if they are
    /// told nothing of what has happened since: neither the refusal nor what it names says more than the feed does.
    async fn changed_since<A: EventCodec>(
        &self,
        id: Uuid,
        cached: &CachedState<A>,
        expected: Position,
        scope: &Scope,
    ) -> Result<Option<CommandError>, CommandError> {
        let recused = |departments: &_| scope.is_recused(departments);
        let closed = A::closed_topics(&cached.state, &|audience| scope.covers(audience), &recused);
        let is_told = |event: &&prost_types::Any| {
            let is_closed =
                !closed.is_empty() && topic_number(event).is_some_and(|topic| closed.contains(&topic));
            let is_for_others = is_addressed(kind_of(event)) && {
                let audience = A::audience(&cached.state);
                !scope.covers(&audience.narrowed_to(addressee(event).as_ref()))
            };
            !changes_nothing(event) && !is_closed && !is_for_others
        };
        let since = self.0.journal.read(&A::stream(id), expected).await?;
        let told = since.iter().flat_map(|record| {
            record.events.iter().filter(is_told).map(|event| (record.position, kind_of(event)))
        });
        let told: Vec<(Position, &str)> = told.collect();
        let Some((position, _)) = told.last() else { return Ok(None) };
        let short = |kind: &str| kind.rsplit('.').next().unwrap_or(kind).to_owned();
        let events = told.iter().take(EVENTS_NAMED_MAX).map(|(_, kind)| short(kind)).collect();
        Ok(Some(CommandError::ChangedSince { expected, position: *position, events }))
    }
}

/// The aggregate that a command is about, as it was when the unit began.
struct Subject {
    stream: StreamName,
    position: Position,
    /// Until it is decided on.
    cached: Option<Arc<dyn Any + Send + Sync>>,
}

/// The decisions of one command.
pub struct UnitOfWork {
    kit: Kit,
    context: CommandContext,
    issued: Issued,
    scope: Scope,
    bypass_cache: bool,
    /// Whether a decision left another aggregate as it is, on what the cache remembers of it.
    left_as_remembered: bool,
    subject: Option<Subject>,
    /// What was decided on so far, and up to where it was known.
    decided_on: Vec<(StreamName, Position)>,
    writes: Vec<Write>,
    /// For each write, what the cache holds once the write has its position.
    cache_updates: Vec<CacheUpdate>,
}

impl UnitOfWork {
    pub(super) fn new(kit: Kit, context: CommandContext, scope: Scope, bypass_cache: bool) -> UnitOfWork {
        let issued = Issued { at: kit.0.journal.corrected(kit.0.clock.now()), by: context.actor.clone() };
        UnitOfWork {
            kit,
            context,
            issued,
            scope,
            bypass_cache,
            left_as_remembered: false,
            subject: None,
            decided_on: Vec::new(),
            writes: Vec::new(),
            cache_updates: Vec::new(),
        }
    }

    /// When the command is decided, and who issued it.
    pub fn issued(&self) -> &Issued {
        &self.issued
    }

    /// Whether nothing is to be written, not even a note.
    fn leaves_nothing(&self) -> bool {
        self.writes.is_empty() && self.context.until_it_changes
    }

    /// Whether something was left as it is because of what the cache remembers, and that is old: where nothing is written,
    /// nothing conflicts. The aggregate that the command is about gets a note, and so a conflict.
    pub(super) async fn is_mistaken(&mut self) -> Result<bool, CommandError> {
        Ok((self.leaves_nothing() || self.left_as_remembered) && self.is_overtaken().await?)
    }

    /// Whether something changed since it was decided on. A refusal that came after may have seen more than the decisions
    /// before it, and would be another one had they seen it too.
    pub(super) async fn is_overtaken(&mut self) -> Result<bool, CommandError> {
        for (stream, known) in &self.decided_on {
            if !self.kit.0.journal.read(stream, *known).await?.is_empty() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Begins with the aggregate that the command is about. Fails with the first answer when the command was
    /// answered before, and when the aggregate has changed since the position up to which the caller knows it.
    pub(super) async fn begin<A: EventCodec>(&mut self, id: Uuid) -> Result<(), CommandError> {
        let cached = self.seen::<A>(id).await?;
        cached.earlier_answer(&self.context)?;
        if let Some(expected) =
            self.context.expected_position.filter(|expected| cached.changed_at > *expected)
            && let Some(refused) = self.kit.changed_since(id, &cached, expected, &self.scope).await?
        {
            return Err(refused);
        }
        let (stream, position) = (A::stream(id), cached.position);
        self.subject = Some(Subject { stream, position, cached: Some(cached) });
        Ok(())
    }

    /// An aggregate to decide on.
    async fn cached<A: EventCodec>(&mut self, id: Uuid) -> Result<Arc<CachedState<A>>, CommandError> {
        let stream = A::stream(id);
        let subject = self.subject.as_mut().filter(|subject| subject.stream == stream);
        let begun_with = subject.and_then(|subject| subject.cached.take()?.downcast().ok());
        match begun_with {
            Some(cached) => Ok(cached),
            None => self.seen::<A>(id).await,
        }
    }

    /// An aggregate as the issuer sees it: one that they may not see has no history.
    async fn seen<A: EventCodec>(&mut self, id: Uuid) -> Result<Arc<CachedState<A>>, CommandError> {
        let cached = self.kit.cached::<A>(id, self.bypass_cache).await?;
        if self.scope.covers(&A::audience(&cached.state)) {
            return Ok(cached);
        }
        Ok(Arc::new(CachedState { is_concealed: true, ..CachedState::new(cached.epoch) }))
    }

    /// The state of an aggregate, to look a fact up, as the issuer sees it. It is read from the journal: no conflict
    /// would reveal that what the cache remembers of it is old.
    pub async fn load<A: EventCodec>(&mut self, id: Uuid) -> Result<A::State, CommandError> {
        let known = self.kit.cached::<A>(id, true).await?;
        let is_seen = self.scope.covers(&A::audience(&known.state));
        if is_seen { known.state().cloned() } else { Ok(A::State::default()) }
    }

    /// Takes the spelling of a code for a thing of kind `A` that is defined by it, unless something else is known by a code that
    /// reads like it; `is_there` says whether a state is that of something.
    pub async fn take_spelling<A: EventCodec, C: Spelled>(
        &mut self,
        code: &Code,
        is_there: impl Fn(&A::State) -> bool,
    ) -> Result<(), CommandError>
    where
        Spelling<C>: EventCodec<Command = spelling::Command, Rejection = spelling::Rejection>,
    {
        let is_known = is_there(&self.load::<A>(id_of_code(A::CATEGORY, code.as_str())).await?);
        let take = spelling::Command::Take { code: code.clone(), is_known };
        self.decide::<Spelling<C>>(Spelling::<C>::id::<A>(code), take).await?;
        let reading = code.reading();
        if is_known || reading == code.as_str() {
            return Ok(());
        }
        // What is spelled as it reads is taken by its own stream: a note there conflicts with whoever defines it meanwhile.
        let plain = id_of_code(A::CATEGORY, &reading);
        let cached = self.kit.cached::<A>(plain, true).await?;
        if is_there(cached.state()?) {
            let known_code = Code::parse(&reading).unwrap_or_else(|_| code.clone());
            let refused = spelling::Rejection::DuplicateCode { given_code: code.clone(), known_code };
            return Err(CommandError::rejected::<Spelling<C>>(refused));
        }
        self.add_write(plain, cached, Vec::new());
        Ok(())
    }

    /// Decides on one aggregate; its events are appended with the unit. At most one decision for a stream.
    pub async fn decide<A: EventCodec>(&mut self, id: Uuid, command: A::Command) -> Result<(), CommandError> {
        self.decide_on::<A>(id, |_| command).await
    }

    /// The same for a command that is made from the very state that it is decided on.
    pub async fn decide_on<A: EventCodec>(
        &mut self,
        id: Uuid,
        command: impl FnOnce(&A::State) -> A::Command,
    ) -> Result<(), CommandError> {
        let cached = self.cached::<A>(id).await?;
        cached.earlier_answer(&self.context)?;
        let state = cached.state()?;
        let events = A::decide(state, command(state), &self.issued).map_err(CommandError::rejected::<A>)?;
        self.take(id, cached, events)
    }

    /// Takes what was decided on an aggregate into the unit.
    fn take<A: EventCodec>(
        &mut self,
        id: Uuid,
        cached: Arc<CachedState<A>>,
        events: Vec<A::Event>,
    ) -> Result<(), CommandError> {
        if cached.is_concealed {
            // Only a command that creates something succeeds there, and what it creates has an id of its own: somebody
            // else's command had the same.
            return Err(CommandError::IdReused(self.context.command_id));
        }
        self.decided_on.push((A::stream(id), cached.position));
        if !events.is_empty() {
            self.add_write(id, cached, events);
        } else if !self.is_about(&A::stream(id)) {
            self.left_as_remembered |= !self.bypass_cache;
        }
        Ok(())
    }

    /// Decides several commands on one aggregate, each on what those before it made of it; their events are one write.
    pub async fn decide_each<A: EventCodec>(
        &mut self,
        id: Uuid,
        commands: Vec<A::Command>,
    ) -> Result<(), CommandError> {
        let cached = self.cached::<A>(id).await?;
        cached.earlier_answer(&self.context)?;
        let (mut state, mut events) = (cached.state()?.clone(), Vec::new());
        for command in commands {
            let decided = A::decide(&state, command, &self.issued).map_err(CommandError::rejected::<A>)?;
            state = A::fold(state, &decided);
            events.extend(decided);
        }
        self.take(id, cached, events)
    }

    fn is_about(&self, stream: &StreamName) -> bool {
        self.subject.as_ref().is_some_and(|subject| subject.stream == *stream)
    }

    /// Notes the command in the stream of what it is about, if nothing else is written there.
    async fn note<A: EventCodec>(&mut self, id: Uuid) -> Result<(), CommandError> {
        let stream = A::stream(id);
        if self.context.until_it_changes || self.writes.iter().any(|write| write.stream == stream) {
            return Ok(());
        }
        let cached = self.kit.cached::<A>(id, false).await?;
        let decided_at = self.subject.as_ref().map(|subject| subject.position);
        if decided_at != Some(cached.position) {
            return Err(CommandError::Conflict(1));
        }
        self.add_write(id, cached, Vec::new());
        Ok(())
    }

    /// Adds a write of these events, or of a note if there are none.
    fn add_write<A: EventCodec>(&mut self, id: Uuid, cached: Arc<CachedState<A>>, events: Vec<A::Event>) {
        let encoded = match events.is_empty() {
            true => vec![command_noted()],
            false => events.iter().map(A::encode).collect(),
        };
        self.writes.push(Write { stream: A::stream(id), expected: cached.position, events: encoded });
        let (command_id, digest) = (self.context.command_id, digest_prefix(&self.context.digest));
        self.cache_updates.push(Box::new(move |at| {
            let mut cached = Arc::unwrap_or_clone(cached);
            cached.state = A::fold(cached.state, &events);
            cached.position = at.position;
            if !events.is_empty() {
                cached.changed_at = at.position;
            }
            cached.commands.insert(command_id, (at.last_of_command, digest));
            Arc::new(cached)
        }));
    }

    /// An aggregate as it would be once the unit was appended; none when the unit does not change it.
    pub(super) fn preview<A: Aggregate>(self, stream: &StreamName) -> Option<Arc<CachedState<A>>> {
        let at = self.writes.iter().position(|write| write.stream == *stream)?;
        let update = self.cache_updates.into_iter().nth(at)?;
        update(AppendedAt { position: 0, last_of_command: 0 }).downcast().ok()
    }

    /// Appends everything that was decided, if its issuer may write as much; what was counted for the command before
    /// is not counted again. Answers with the last position, and with the aggregate that the command is about as it
    /// is after its write, when it was written to.
    pub(super) async fn append<A: EventCodec>(
        mut self,
        id: Uuid,
        counted: &mut bool,
    ) -> Result<(Position, Option<Arc<CachedState<A>>>), CommandError> {
        self.note::<A>(id).await?;
        // What nobody else holds is changed in place; a copy would grow with the stream.
        self.subject = None;
        let answer = A::stream(id);
        let UnitOfWork { kit, context, issued, decided_on, writes, cache_updates, .. } = self;
        if writes.is_empty() {
            let last_seen = decided_on.into_iter().map(|(_, known)| known).max();
            return Ok((last_seen.unwrap_or_default(), None));
        }
        if !std::mem::replace(counted, true) {
            kit.0.writes.admit(&context.actor, &writes)?;
        }
        let streams: Vec<StreamName> = writes.iter().map(|write| write.stream.clone()).collect();
        let mut span = Span::of_part(
            format!("append {}", A::CATEGORY),
            SpanKind::Producer,
            context.traceparent.as_deref(),
        );
        span.note("huishang.command_id", context.command_id.to_string());
        let traceparent = span.traceparent().or_else(|| context.traceparent.clone());
        let envelope = envelope(CommandContext { traceparent, ..context }, issued, streams.len());
        let last = match kit.0.journal.append(Commit { envelope, writes }).await {
            Ok(last) => last,
            Err(error) => {
                span.fail(&error);
                // Whatever went wrong, what the cache holds of these streams is in doubt.
                streams.iter().for_each(|stream| drop(kit.0.cache.remove(stream)));
                return Err(error.into());
            }
        };
        span.note("huishang.position", last as i64);
        drop(span);
        let first = last + 1 - streams.len() as u64;
        let mut answered = None;
        for ((stream, update), position) in streams.into_iter().zip(cache_updates).zip(first..) {
            drop(kit.0.cache.remove(&stream));
            let cached = update(AppendedAt { position, last_of_command: last });
            if stream == answer {
                answered = cached.clone().downcast().ok();
            }
            kit.0.cache.insert(stream, cached);
        }
        Ok((last, answered))
    }
}

fn envelope(context: CommandContext, issued: Issued, parts: usize) -> Envelope {
    Envelope {
        command_id: context.command_id,
        command_digest: context.digest.to_vec(),
        time: issued.at,
        actor: context.actor,
        on_behalf_of: context.on_behalf_of,
        causation_id: context.causation_id,
        correlation_id: context.correlation_id,
        traceparent: context.traceparent,
        part: 1,
        parts: parts as u32,
    }
}
