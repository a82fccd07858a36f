//! A command's way: fold the stream, decide, append, answer when committed.
//!
//! # The same command id gives the same answer, for ever
//!
//! A repeat is recognized by the record that the command left in the stream of what it is about. A command that finds
//! everything as it wants it has no events, but leaves a record all the same, with a note in place of events:
//! otherwise a repeat would be decided again, on a world that has changed, and could have an effect that nobody
//! asked for by then. Nothing smaller will do: the answer does not follow from the command alone, and what one
//! copy of a service remembers, another one, or the next process, does not. It costs what every command costs,
//! instead of the reading that "already so" had to be confirmed by.
//!
//! A note changes nothing: it is not folded, no view or process manager sees it, and a caller who expects a
//! position is not told of it. Two things leave none: a refusal, which a repeat may well get over, and a timer's
//! command, which comes again until it finds something to do.

mod unit;
mod write_rate;

use crate::clock::Clock;
use crate::config::Limits;
use crate::error::CommandError;
use crate::events::{self, UnknownEventType};
use crate::feed::Feed;
use crate::identity::Session;
use crate::limits::{CACHED_STREAMS_MAX, COMMIT_TIMEOUT, RETRY_ATTEMPTS_MAX};
use crate::metrics;
use crate::scope::Scope;
use crate::serve::caller;
use crate::sign_outs::{self, SignOuts};
use crate::tasks::Tasks;
use crate::traces::Span;
use crate::view::RegisteredView;
use ::metrics::Histogram;
use domain::directory::hierarchy::Hierarchy;
use domain::directory::sign_out::SignOut;
use domain::ledger::rehearsal_clock::RehearsalClock;
use domain::scheduling::stewards::Stewards;
use domain::{Actor, Aggregate, Code, StreamName, Uuid};
use futures::future::BoxFuture;
use journal::{Journal, Obstacle, Position, Record};
use opentelemetry::trace::SpanKind;
use proto::record::{Envelope, EventCodec, changes_nothing};
use quick_cache::sync::Cache;
use sha2::{Digest as _, Sha256};
use std::any::Any;
use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

pub use unit::UnitOfWork;
use write_rate::WriteRate;

/// What surrounds a command on its way: its identity, its issuer, and where it came from.
#[derive(Debug, Clone)]
pub struct CommandContext {
    /// Chosen by the caller: the same id gives the same answer.
    pub command_id: Uuid,
    /// SHA-256 of the request.
    pub digest: [u8; 32],
    /// Up to where the caller knows the aggregate; not compared when there is none.
    pub expected_position: Option<Position>,
    /// Whether it is only decided, and nothing written.
    pub validate_only: bool,
    /// Whether it comes again until it changes something, as a timer's command does. It is not noted before.
    pub until_it_changes: bool,
    /// Who issued it.
    pub actor: Actor,
    /// The person whose command began the chain, if a process manager issued this one.
    pub on_behalf_of: Option<String>,
    /// The command that caused it, for process managers.
    pub causation_id: Option<Uuid>,
    /// The first command of the chain.
    pub correlation_id: Uuid,
    /// W3C trace context.
    pub traceparent: Option<String>,
}

impl CommandContext {
    /// The context of a command that begins a chain of its own and expects nothing.
    pub fn new(command_id: Uuid, digest: [u8; 32], actor: Actor) -> CommandContext {
        CommandContext {
            command_id,
            digest,
            expected_position: None,
            validate_only: false,
            until_it_changes: false,
            actor,
            on_behalf_of: None,
            causation_id: None,
            correlation_id: command_id,
            traceparent: None,
        }
    }

    /// The context of a command that a timer or process manager issues by itself. Its id stands for its
    /// content.
    pub fn of_process(name: &str, command_id: Uuid) -> CommandContext {
        let digest = Sha256::digest(command_id.as_bytes()).into();
        CommandContext::new(command_id, digest, Actor::process(name))
    }

    /// The same command, as a consequence of another one.
    pub fn caused_by(self, cause: &Envelope) -> CommandContext {
        CommandContext {
            on_behalf_of: cause.author().map(str::to_owned),
            causation_id: Some(cause.command_id),
            correlation_id: cause.correlation_id,
            traceparent: cause.traceparent.clone(),
            ..self
        }
    }

    /// The id of the aggregate that this command creates. It follows from the command's id, so that a repeat
    /// creates nothing.
    pub fn new_id(&self, category: &str) -> Uuid {
        domain::aggregate::derived_id(self.command_id, &[category])
    }
}

/// The answer to a command: its position, and the aggregate that it was about.
pub struct Executed<A: Aggregate> {
    /// The position of the command's last record; 0 when it was only validated.
    pub position: Position,
    /// What its issuer may see.
    pub scope: Scope,
    aggregate: Arc<CachedState<A>>,
}

impl<A: Aggregate> Executed<A> {
    /// The aggregate as it is now; as it would be, when the command was only validated. What it shows is
    /// committed.
    pub fn state(&self) -> &A::State {
        &self.aggregate.state
    }
}

/// An aggregate folded up to a position, with the commands that its stream has recorded.
struct CachedState<A: Aggregate> {
    /// The journal's epoch when it was read; what was only ordered may be lost in another.
    epoch: u64,
    state: A::State,
    /// The last record.
    position: Position,
    /// The last record that has events, and does not only note a command.
    changed_at: Position,
    /// Command id → position of the command's last record, and the digest of its request.
    commands: HashMap<Uuid, (Position, Digest)>,
    /// The first event of a type that this version does not know; the state cannot be decided on then.
    unknown: Option<UnknownEventType>,
    /// Whether it stands for an aggregate that the issuer may not see. Nothing is written to it.
    is_concealed: bool,
}

// Derived, `Clone` would require the aggregate itself to be `Clone`.
impl<A: Aggregate> Clone for CachedState<A> {
    fn clone(&self) -> Self {
        CachedState {
            epoch: self.epoch,
            state: self.state.clone(),
            position: self.position,
            changed_at: self.changed_at,
            commands: self.commands.clone(),
            unknown: self.unknown.clone(),
            is_concealed: self.is_concealed,
        }
    }
}

impl<A: EventCodec> CachedState<A> {
    fn new(epoch: u64) -> Self {
        let commands = HashMap::new();
        let (state, is_concealed) = (A::State::default(), false);
        CachedState { epoch, state, position: 0, changed_at: 0, commands, unknown: None, is_concealed }
    }

    fn add(mut self, record: &Record) -> Result<Self, CommandError> {
        let read = events::read::<A>(record)?;
        self.state = A::fold(self.state, &read.events);
        self.unknown = self.unknown.or(read.unknown);
        self.position = record.position;
        if !record.events.iter().all(changes_nothing) {
            self.changed_at = record.position;
        }
        let envelope = &record.envelope;
        let last = record.commit_end();
        self.commands.insert(envelope.command_id, (last, digest_prefix(&envelope.command_digest)));
        Ok(self)
    }

    /// The position with which this command was answered before. Refused when its id stood for another one.
    fn earlier_answer(&self, context: &CommandContext) -> Result<(), CommandError> {
        match self.commands.get(&context.command_id) {
            None => Ok(()),
            Some(&(position, digest)) if digest.is_none() || digest == digest_prefix(&context.digest) => {
                Err(CommandError::AnsweredBefore(position))
            }
            Some(_) => Err(CommandError::IdReused(context.command_id)),
        }
    }

    /// The state, for deciding on it: refused when the history is not understood whole.
    fn state(&self) -> Result<&A::State, CommandError> {
        match &self.unknown {
            None => Ok(&self.state),
            Some(unknown) => Err(CommandError::UnknownEventType(unknown.clone())),
        }
    }
}

/// The beginning of the digest of a request; none when it was erased, together with what its issuer wrote.
type Digest = Option<[u8; 8]>;

fn digest_prefix(digest: &[u8]) -> Digest {
    digest.first_chunk().copied()
}

/// A view or process manager that began to follow the journal, and how far it has come.
pub(crate) type Follower = (&'static str, watch::Receiver<Position>);

/// The tools of a service: journal, clock, the folder for what can be recomputed, the signal to stop,
/// and the folded aggregates in memory. Cheap to clone.
#[derive(Clone)]
pub struct Kit(Arc<Tools>);

struct Tools {
    journal: Arc<dyn Journal>,
    feed: Feed,
    clock: Clock,
    folder: PathBuf,
    tasks: Tasks,
    cache: Cache<StreamName, Arc<dyn Any + Send + Sync>>,
    views: Mutex<Vec<RegisteredView>>,
    consumers: Mutex<Vec<(&'static str, PathBuf)>>,
    new_followers: Mutex<Vec<Follower>>,
    clean_views: Mutex<Vec<watch::Receiver<Position>>>,
    limits: Limits,
    writes: WriteRate,
    sign_outs: SignOuts,
    commit_duration: Histogram,
}

impl Kit {
    /// A kit over this journal and clock, with these limits on load. Views and checkpoints live in `folder`; what the kit
    /// runs is among these tasks, or ends with this stop. Called within a runtime.
    pub fn new(
        journal: Arc<dyn Journal>,
        clock: Clock,
        folder: &Path,
        limits: Limits,
        tasks: impl Into<Tasks>,
    ) -> Kit {
        let tasks = tasks.into();
        Kit(Arc::new(Tools {
            feed: Feed::new(journal.clone(), tasks.clone()),
            journal,
            clock,
            folder: folder.to_owned(),
            cache: Cache::new(CACHED_STREAMS_MAX),
            views: Mutex::default(),
            consumers: Mutex::default(),
            new_followers: Mutex::default(),
            clean_views: Mutex::default(),
            writes: WriteRate::new(&limits, &tasks),
            sign_outs: SignOuts::default(),
            limits,
            commit_duration: metrics::COMMIT_DURATION.histogram(&[]),
            tasks,
        }))
    }

    /// The limits on load.
    pub fn limits(&self) -> &Limits {
        &self.0.limits
    }

    /// The views that are kept with this kit.
    pub fn views(&self) -> Vec<RegisteredView> {
        self.0.views.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Records that a view is kept.
    pub(crate) fn register_view(&self, view: RegisteredView) {
        self.0.views.lock().unwrap_or_else(PoisonError::into_inner).push(view);
    }

    /// Records that a consumer of the journal runs on this kit, and where its file is.
    pub(crate) fn register_consumer(&self, name: &'static str, file: &Path) {
        self.0.consumers.lock().unwrap_or_else(PoisonError::into_inner).push((name, file.to_owned()));
    }

    /// The consumers that run on this kit, with their files.
    pub(crate) fn consumers(&self) -> Vec<(&'static str, PathBuf)> {
        self.0.consumers.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Records that something follows the journal, and how far it has come.
    pub(crate) fn register_follower(&self, name: &'static str, position: watch::Receiver<Position>) {
        self.0.new_followers.lock().unwrap_or_else(PoisonError::into_inner).push((name, position));
    }

    /// What has begun to follow the journal since this was last asked.
    pub(crate) fn take_new_followers(&self) -> Vec<Follower> {
        std::mem::take(&mut *self.0.new_followers.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Records up to which erasure a view holds nothing that was erased.
    pub(crate) fn register_clean_view(&self, clean: watch::Receiver<Position>) {
        self.0.clean_views.lock().unwrap_or_else(PoisonError::into_inner).push(clean);
    }

    /// Waits until no view of this process holds what was erased with the key whose destruction is recorded at this
    /// position.
    pub async fn views_clean_of(&self, erased: Position) {
        let views = self.0.clean_views.lock().unwrap_or_else(PoisonError::into_inner).clone();
        for mut clean in views {
            // A view that has ended answers nothing more.
            let _ = clean.wait_for(|&position| position >= erased).await;
        }
    }

    /// Where views and checkpoints are kept.
    pub fn folder(&self) -> &Path {
        &self.0.folder
    }

    /// Cancelled when the process drains.
    pub fn stop(&self) -> &CancellationToken {
        self.0.tasks.stop()
    }

    /// What runs on this kit until it stops: its views, process managers and timers, and long answers.
    pub fn tasks(&self) -> &Tasks {
        &self.0.tasks
    }

    /// Waits until everything that runs on this kit has ended, after its stop: how far views and process managers
    /// have come is saved then.
    pub async fn ended(&self) {
        self.0.tasks.ended().await;
    }

    /// The journal.
    pub fn journal(&self) -> &Arc<dyn Journal> {
        &self.0.journal
    }

    /// The one reading of the journal, for its consumers.
    pub(crate) fn feed(&self) -> &Feed {
        &self.0.feed
    }

    /// The clock.
    pub fn clock(&self) -> &Clock {
        &self.0.clock
    }

    /// Carries out one command on one aggregate.
    pub async fn execute<A>(
        &self,
        context: &CommandContext,
        id: Uuid,
        command: A::Command,
    ) -> Result<Executed<A>, CommandError>
    where
        A: EventCodec,
        A::Command: Clone + Sync,
    {
        self.commit(context, id, |unit| {
            let command = command.clone();
            Box::pin(async move { unit.decide::<A>(id, command).await })
        })
        .await
    }

    /// Carries out decisions on several aggregates, all or none, and answers with the aggregate `id` of type `A`.
    /// The first decision must be about it: it is what the caller's `expected_position` speaks of.
    ///
    /// The closure runs again, on fresh histories, when another command was faster, and when what it was
    /// decided on, or it itself, may have been lost before it was committed; it must touch nothing outside its
    /// unit of work. The answer comes once the command is committed. A refusal counts only when all of it was decided
    /// on what the journal has at one moment, not on what the cache remembers.
    ///
    /// What the issuer may not see does not exist for the command: it is decided, and refused, as on a stream without
    /// records.
    ///
    /// The stream of `id` always has the command's id afterwards: where the command changes nothing in it, a record
    /// notes the id. A repeat looks there first, and gets the first answer whatever it would meet by now.
    pub async fn commit<A, F>(
        &self,
        context: &CommandContext,
        id: Uuid,
        decide: F,
    ) -> Result<Executed<A>, CommandError>
    where
        A: EventCodec,
        F: for<'u> Fn(&'u mut UnitOfWork) -> BoxFuture<'u, Result<(), CommandError>> + Send + Sync,
    {
        let stream = A::stream(id);
        self.see_clock_moves().await?;
        let scope = self.scope_of(&context.actor).await?;
        let answer = |position, aggregate| Executed { position, scope: scope.clone(), aggregate };
        let (mut bypass_cache, mut counted) = (false, false);
        for _ in 0..RETRY_ATTEMPTS_MAX {
            let epoch = self.0.journal.epoch();
            let mut unit = UnitOfWork::new(self.clone(), context.clone(), scope.clone(), bypass_cache);
            let decided = match unit.begin::<A>(id).await {
                Ok(()) => decide(&mut unit).await,
                answered => answered,
            };
            let cached_only = !std::mem::replace(&mut bypass_cache, true);
            let decided_at = Instant::now();
            match decided {
                Err(CommandError::AnsweredBefore(position)) => {
                    if self.is_committed(position, epoch).await? {
                        return Ok(answer(position, self.committed_state::<A>(id).await?));
                    }
                }
                Err(_) if cached_only => {}
                Err(CommandError::Rejected { .. }) if unit.is_overtaken().await? => {}
                Err(error) => return Err(error),
                Ok(()) if cached_only && (context.validate_only || unit.is_mistaken().await?) => {}
                Ok(()) if context.validate_only => {
                    let aggregate = match unit.preview(&stream) {
                        Some(aggregate) => aggregate,
                        None => self.committed_state::<A>(id).await?,
                    };
                    return Ok(answer(0, aggregate));
                }
                Ok(()) => match unit.append::<A>(id, &mut counted).await {
                    Ok((position, aggregate)) => {
                        if self.becomes_committed(context, position, epoch).await? {
                            self.0.commit_duration.record(decided_at.elapsed());
                            let aggregate = match aggregate {
                                Some(aggregate) => aggregate,
                                None => self.committed_state::<A>(id).await?,
                            };
                            return Ok(answer(position, aggregate));
                        }
                    }
                    Err(CommandError::Conflict(_)) => {}
                    Err(error) => return Err(error),
                },
            }
        }
        Err(CommandError::Conflict(RETRY_ATTEMPTS_MAX))
    }

    /// Lets the clock of a rehearsal show what it was moved to by now. It follows the log, and may be a moment behind; but
    /// whoever has moved it, and then commands something, means the moment that they were answered with.
    async fn see_clock_moves(&self) -> Result<(), CommandError> {
        if let Clock::Movable(_) = self.0.clock {
            let moved = self.cached::<RehearsalClock>(RehearsalClock::realm_id(), true).await?;
            moved.state()?.clock_at.into_iter().for_each(|moment| self.0.clock.moved_to(moment));
        }
        Ok(())
    }

    /// The state of an aggregate, to tell something of it or to act on it: everything in it is committed. Refused when a
    /// later version wrote events to it.
    pub async fn load<A: EventCodec>(&self, id: Uuid) -> Result<A::State, CommandError> {
        self.committed_state::<A>(id).await?.state().cloned()
    }

    /// The state of an aggregate when the log ended with a position, to tell what was so then.
    pub async fn load_as_of<A: EventCodec>(
        &self,
        id: Uuid,
        position: Position,
    ) -> Result<A::State, CommandError> {
        let records = self.0.journal.read(&A::stream(id), 0).await?;
        let until = records.iter().take_while(|record| record.position <= position);
        let mut state = A::State::default();
        for record in until {
            state = events::decode_all::<A>(record)?.iter().fold(state, A::evolve);
        }
        Ok(state)
    }

    /// The state of an aggregate, to show it to somebody: everything in it is committed. What is not within the scope
    /// is as if it did not exist. Refused when a later version wrote events to it.
    pub async fn show<A: EventCodec>(&self, scope: &Scope, id: Uuid) -> Result<A::State, CommandError> {
        let committed = self.committed_state::<A>(id).await?;
        if !scope.covers(&A::audience(&committed.state)) {
            return Ok(A::State::default());
        }
        committed.state().cloned()
    }

    /// What this caller may see.
    pub async fn scope_of(&self, actor: &Actor) -> Result<Scope, CommandError> {
        if Scope::is_of_all(actor) {
            return Ok(Scope::of(actor, &Default::default(), &Default::default()));
        }
        let hierarchy = self.cached::<Hierarchy>(Hierarchy::realm_id(), true);
        if !Scope::is_of_bodies(actor) {
            return Ok(Scope::of(actor, hierarchy.await?.state()?, &Default::default()));
        }
        let stewards = self.cached::<Stewards>(Stewards::realm_id(), true);
        let (hierarchy, stewards) = futures::try_join!(hierarchy, stewards)?;
        Ok(Scope::of(actor, hierarchy.state()?, stewards.state()?))
    }

    /// The department that a query names, with all that are below it; none when it names none.
    pub async fn downwards(&self, named: Option<&str>) -> Result<Option<BTreeSet<Code>>, CommandError> {
        let Some(code) = named.filter(|code| !code.is_empty()) else { return Ok(None) };
        let code: Code = crate::serve::read("under_code", code.to_owned())?;
        let hierarchy = self.cached::<Hierarchy>(Hierarchy::realm_id(), true).await?;
        Ok(Some(hierarchy.state()?.downwards(&code)))
    }

    /// What the leaders of a department that a query names are the leadership of: the departments that lead it, and the bodies
    /// that decided it; none when it names no department.
    pub async fn led_by(
        &self,
        named: Option<&str>,
    ) -> Result<Option<(BTreeSet<Code>, BTreeSet<Code>)>, CommandError> {
        let Some(code) = named.filter(|code| !code.is_empty()) else { return Ok(None) };
        let code: Code = crate::serve::read("leader_code", code.to_owned())?;
        let hierarchy = self.cached::<Hierarchy>(Hierarchy::realm_id(), true).await?;
        let stewards = self.cached::<Stewards>(Stewards::realm_id(), true).await?;
        Ok(Some((hierarchy.state()?.downwards(&code), stewards.state()?.bodies_of(&code))))
    }

    /// What the caller of a request may see.
    pub async fn scope<M>(&self, request: &tonic::Request<M>) -> Result<Scope, tonic::Status> {
        Ok(self.scope_of(&caller(request)?).await?)
    }

    /// Knows from the log, from now on, which sessions have ended; see [`Kit::is_known_to_have_ended`]. A token may be valid for
    /// so many hours; 0 means no limit.
    pub fn follow_sign_outs(&self, token_hours_max: u32) {
        let (feed, clock, known) = (self.0.feed.clone(), self.0.clock.clone(), self.0.sign_outs.clone());
        let (following, position) = sign_outs::Following::new(feed, clock, known, token_hours_max);
        self.register_follower(sign_outs::NAME, position);
        let stop = self.stop().clone();
        self.tasks().spawn(async move { stop.run_until_cancelled(following.run()).await });
    }

    /// Whether the session of a call has ended, by what this process has read of the log: in memory, a moment late.
    pub(crate) fn is_known_to_have_ended(&self, session: &Session) -> bool {
        self.0.sign_outs.have_ended(session)
    }

    /// Whether the session of a call has ended since its token was issued, by all that was ordered until now.
    pub async fn has_ended(&self, session: &Session) -> Result<bool, CommandError> {
        for (id, issued_at) in session.may_have_ended() {
            if self.load::<SignOut>(*id).await?.ends(*issued_at) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    async fn committed_state<A: EventCodec>(&self, id: Uuid) -> Result<Arc<CachedState<A>>, CommandError> {
        for _ in 0..RETRY_ATTEMPTS_MAX {
            let epoch = self.0.journal.epoch();
            let cached = self.cached::<A>(id, true).await?;
            if self.is_committed(cached.position, epoch).await? {
                return Ok(cached);
            }
        }
        Err(CommandError::Conflict(RETRY_ATTEMPTS_MAX))
    }

    /// Waits until what was appended for a command is committed; see [`Kit::is_committed`].
    async fn becomes_committed(
        &self,
        context: &CommandContext,
        position: Position,
        epoch: u64,
    ) -> Result<bool, CommandError> {
        let traceparent = context.traceparent.as_deref();
        let mut span = Span::of_part("commit".into(), SpanKind::Internal, traceparent);
        span.note("huishang.position", position as i64);
        self.is_committed(position, epoch).await.inspect_err(|error| span.fail(error))
    }

    /// Waits until a position that was learnt in an epoch is committed. False: another record may stand
    /// there by now.
    async fn is_committed(&self, position: Position, epoch: u64) -> Result<bool, CommandError> {
        match tokio::time::timeout(COMMIT_TIMEOUT, self.0.journal.wait_committed(position)).await {
            Ok(Ok(())) => Ok(self.0.journal.epoch() == epoch),
            Ok(Err(error)) => Err(CommandError::Unavailable(error.to_string())),
            Err(_) => Err(self.not_committed(position)),
        }
    }

    fn not_committed(&self, position: Position) -> CommandError {
        let seconds = COMMIT_TIMEOUT.as_secs();
        let why = format!("no ledger confirmed position {position} within {seconds} s");
        match self.0.journal.obstacle() {
            Some(Obstacle::ReadOnly(obstacle)) => CommandError::Exhausted(format!("{why}: {obstacle}")),
            Some(obstacle) => CommandError::Unavailable(format!("{why}: {obstacle}")),
            None => CommandError::Unavailable(why),
        }
    }

    /// The state from the cache, or, bypassing it, with what the journal has beyond. Where the cache has nothing, a stream
    /// counts as new: what is decided on that and is not so conflicts, like what is decided on a state that is stale.
    async fn cached<A: EventCodec>(
        &self,
        id: Uuid,
        bypass_cache: bool,
    ) -> Result<Arc<CachedState<A>>, CommandError> {
        let stream = A::stream(id);
        let epoch = self.0.journal.epoch();
        let cached = self
            .0
            .cache
            .get(&stream)
            .and_then(|cached| cached.downcast::<CachedState<A>>().ok())
            .filter(|cached| cached.epoch == epoch);
        let known = cached.unwrap_or_else(|| Arc::new(CachedState::new(epoch)));
        if !bypass_cache {
            return Ok(known);
        }
        let records = self.0.journal.read(&stream, known.position).await?;
        if records.is_empty() {
            return Ok(known);
        }
        let folded = records.iter().try_fold(Arc::unwrap_or_clone(known), CachedState::add)?;
        let folded = Arc::new(folded);
        self.0.cache.insert(stream, folded.clone());
        Ok(folded)
    }
}
