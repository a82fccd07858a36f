//! How the process managers of a service are run: they follow the journal and turn events into commands.
//!
//! # No command overtakes the one that makes its aggregate
//!
//! `rescind_items` ends items that `register_resolution` assigns. Both follow the journal on their own, so without an
//! order the end of a resolution could reach items that are still to be assigned. The order is that of
//! [`Processes`]: a process manager reacts to a record only when those added before it are done with everything
//! up to that record's position. That is enough, because
//!
//! - all commands to an aggregate come from the service that hosts it: its rpcs, its timers, its process managers;
//! - nobody can name an aggregate before the event that leads to it, so that event stands earlier in the journal;
//! - done means that the commands are committed, and they are so whichever copy of the service was faster.
//!
//! # A reaction that fails
//!
//! A transient failure (the journal is away, no ledger confirms) is retried until it is over. Everything else, a
//! refusal by a rule included, sets the record aside, with all later ones of its stream, where `ListSetAside` shows it:
//! see [`crate::set_aside`]. A refused command holds up no other command of its reaction. What is set aside is tried
//! again at each start and every [`SET_ASIDE_RETRY`], so that a refusal that somebody has dealt with needs no restart.

use crate::checkpoint::{Resumed, resume};
use crate::consumer::{self, advance_checkpoint};
use crate::error::CommandError;
use crate::events::{decode, decode_all};
use crate::feed::{Batch, Categories, ConsumerProgress, Reading};
use crate::handle::{CommandContext, Kit};
use crate::limits::CHECKPOINT_LAG_MAX;
use crate::set_aside::{self, Halted, panic_message};
use crate::traces::{self, TracedConsumer};
use crate::view::ViewError;
use domain::Uuid;
use futures::FutureExt as _;
use futures::future::BoxFuture;
use journal::backoff::Backoff;
use journal::{Position, Record};
use proto::record::EventCodec;
use rusqlite::Connection;
use std::panic::AssertUnwindSafe;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::watch;
use tracing::Instrument as _;

/// An event of another aggregate, with what a process manager needs to react to it.
pub struct EventContext<'a, A: EventCodec> {
    /// The process manager's name.
    process: &'static str,
    record: &'a Record,
    event_no: usize,
    /// The context of the trace that the reaction is part of, if it is recorded.
    traceparent: Option<&'a str>,
    /// The source aggregate's id.
    pub id: Uuid,
    /// The source's state just after the event.
    pub state: &'a A::State,
    /// The event.
    pub event: &'a A::Event,
}

impl<A: EventCodec> EventContext<'_, A> {
    /// When the event was decided.
    pub fn at(&self) -> domain::Timestamp {
        self.record.envelope.time
    }

    /// The context of the reaction's `nth` command. The same event and `nth` give the same command id,
    /// so a reaction that is delivered twice, or by two copies of the service, has one effect.
    pub fn command(&self, nth: usize) -> CommandContext {
        let envelope = &self.record.envelope;
        let words = [self.process, &envelope.part.to_string(), &self.event_no.to_string(), &nth.to_string()];
        let command_id = domain::aggregate::derived_id(envelope.command_id, &words);
        let context = CommandContext::of_process(self.process, command_id).caused_by(envelope);
        match self.traceparent {
            Some(own) => CommandContext { traceparent: Some(own.to_owned()), ..context },
            None => context,
        }
    }

    /// Issues commands of the reaction, one after the other; the first has the number `first`, for
    /// [`EventContext::command`]. One that is refused holds up no other; the first refusal is returned.
    pub async fn issue<T>(
        &self,
        kit: &Kit,
        first: usize,
        commands: Vec<(Uuid, T::Command)>,
    ) -> Result<(), CommandError>
    where
        T: EventCodec,
        T::Command: Clone + Sync,
    {
        let mut refused = Ok(());
        for (nth, (id, command)) in (first..).zip(commands) {
            match kit.execute::<T>(&self.command(nth), id, command).await {
                Ok(_) => {}
                Err(error) if error.is_refusal() => refused = refused.and(Err(error)),
                Err(error) => return Err(error),
            }
        }
        refused
    }
}

/// The process managers of one service, in order: those that make aggregates before those whose commands address
/// them.
pub struct Processes {
    kit: Kit,
    progress: Vec<watch::Receiver<Position>>,
}

impl Processes {
    /// None yet.
    pub fn new(kit: &Kit) -> Processes {
        Processes { kit: kit.clone(), progress: Vec::new() }
    }

    /// The progress of each: the position of the last record that it is done with.
    pub fn progress(self) -> Vec<watch::Receiver<Position>> {
        self.progress
    }

    /// Runs a process manager until the kit stops: for each event of aggregate `A` that it `wants`, in order,
    /// `react` issues its commands, once the process managers that were added before are done with everything up to
    /// the event. Returns its progress.
    ///
    /// Its checkpoint is kept in `<name>.process.sqlite` in the kit's folder. It lags by some seconds, and may be
    /// lost with the file: that repeats reactions, which is harmless, as each command has its first answer.
    pub fn run<A, F>(
        &mut self,
        name: &'static str,
        wants: fn(&A::Event) -> bool,
        react: F,
    ) -> watch::Receiver<Position>
    where
        A: EventCodec,
        F: for<'e> Fn(&'e Kit, EventContext<'e, A>) -> BoxFuture<'e, Result<(), CommandError>>
            + Send
            + Sync
            + 'static,
    {
        let (progress, done) = ConsumerProgress::new(0);
        let (kit, makers) = (self.kit.clone(), self.progress.clone());
        self.progress.push(done.clone());
        kit.register_follower(name, done.clone());
        self.kit.tasks().spawn(async move {
            let (stop, file) = (kit.stop().clone(), kit.folder().join(format!("{name}.process.sqlite")));
            let state = tokio::select! {
                () = stop.cancelled() => return,
                state = open(name, &file) => state,
            };
            kit.register_consumer(name, &file);
            let state = Mutex::new(Some(state));
            let (progress, saved) = (Arc::new(progress), AtomicU64::new(0));
            let begun_anew = AtomicBool::new(false);
            let traced = TracedConsumer::new(name, kit.clock().clone());
            let process = Process::<A, F> {
                kit,
                name,
                file,
                state,
                begun_anew,
                progress,
                saved,
                makers,
                wants,
                react,
                traced,
            };
            tokio::select! {
                () = stop.cancelled() => {}
                () = process.follow() => {}
            }
            if let Err(error) = process.work(|state| process.save_progress(state)) {
                tracing::debug!(process = name, %error, "its last progress was not saved");
            }
        });
        done
    }
}

/// Opens the process manager's file; retries for as long as that fails, and says so once.
async fn open(name: &'static str, file: &Path) -> Connection {
    let mut told = false;
    loop {
        match consumer::open_or_begin_anew(file, "") {
            Ok(state) => return state,
            Err(error) if told => tracing::debug!(process = name, %error, "trying again"),
            Err(error) => tracing::warn!(process = name, %error, "the process manager waits; trying again"),
        }
        told = true;
        tokio::time::sleep(PAUSE).await;
    }
}

/// Time between two attempts after a transient failure.
const PAUSE: Duration = Duration::from_millis(500);
/// Time between two attempts at what is set aside.
const SET_ASIDE_RETRY: Duration = Duration::from_secs(if cfg!(test) { 1 } else { 60 });

struct Process<A: EventCodec, F> {
    kit: Kit,
    name: &'static str,
    file: PathBuf,
    /// None when the file was damaged, and could not be begun anew so far.
    state: Mutex<Option<Connection>>,
    /// Whether that happened since it began to read: it starts over then.
    begun_anew: AtomicBool,
    progress: Arc<ConsumerProgress>,
    /// The checkpoint in the file, at least.
    saved: AtomicU64,
    /// The progress of the process managers that come before this one.
    makers: Vec<watch::Receiver<Position>>,
    wants: fn(&A::Event) -> bool,
    react: F,
    traced: TracedConsumer,
}

impl<A, F> Process<A, F>
where
    A: EventCodec,
    F: for<'e> Fn(&'e Kit, EventContext<'e, A>) -> BoxFuture<'e, Result<(), CommandError>> + Send + Sync,
{
    const CATEGORIES: Categories = &[A::CATEGORY];

    async fn follow(&self) {
        let name = self.name;
        let mut retried = false;
        loop {
            self.begun_anew.store(false, Ordering::Relaxed);
            let past = self.with_retry(consumer::past).await;
            let at = past.checkpoint;
            self.saved.store(at.map_or(0, |at| at.position), Ordering::Relaxed);
            match resume(&**self.kit.journal(), &past).await {
                Ok(Resumed::After(records, accepted)) => {
                    self.with_retry(|state| consumer::save_accepted(state, &accepted)).await;
                    retried = retried || self.retry_set_aside().await;
                    let feed = self.kit.feed();
                    self.consume(Reading::new(feed, Self::CATEGORIES, &self.progress, at, records)).await;
                    self.with_retry(|state| self.save_progress(state)).await;
                }
                Ok(Resumed::GivenUp(accepted)) => {
                    tracing::warn!(
                        process = name,
                        "records that this process manager has reacted to are lost, which was accepted; starting over"
                    );
                    self.with_retry(|state| consumer::give_up(state, "", &accepted)).await;
                }
                Err(error) => {
                    tracing::warn!(process = name, %error, "cannot follow the journal; trying again")
                }
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    async fn consume(&self, mut reading: Reading) {
        let mut halted = self.with_retry(Halted::read).await;
        let mut retry = tokio::time::interval(SET_ASIDE_RETRY);
        retry.reset();
        let mut lag = tokio::time::interval(CHECKPOINT_LAG_MAX);
        // There is nothing to save at first.
        lag.reset();
        while !self.begun_anew.load(Ordering::Relaxed) {
            tokio::select! {
                batch = reading.next() => {
                    let Ok(Some(batch)) = batch else { return };
                    halted = self.react_to_all(&batch, halted).await;
                }
                _ = retry.tick(), if !halted.is_empty() => {
                    self.retry_set_aside().await;
                    halted = self.with_retry(Halted::read).await;
                }
                _ = lag.tick() => self.with_retry(|state| self.save_progress(state)).await,
            }
        }
    }

    async fn react_to_all(&self, batch: &Batch, mut halted: Halted) -> Halted {
        for record in &batch.records {
            let failed = match halted.blocked_by(record) {
                Some(reason) => Some(reason),
                None => self.react_with_retry(record).await.err(),
            };
            if let Some(reason) = failed {
                halted = self.set_aside(halted, record, &reason).await;
            }
            self.progress.reach(record.position);
        }
        self.progress.finish(batch);
        halted
    }

    /// Saves how far it has come, if nothing is under way.
    fn save_progress(&self, state: &Connection) -> rusqlite::Result<()> {
        let (saved, starts_over) =
            (self.saved.load(Ordering::Relaxed), self.begun_anew.load(Ordering::Relaxed));
        let further = self.progress.settled().filter(|at| at.position > saved && !starts_over);
        let Some(at) = further else { return Ok(()) };
        advance_checkpoint(state, at)?;
        self.saved.store(at.position, Ordering::Relaxed);
        Ok(())
    }

    async fn set_aside(&self, halted: Halted, record: &Record, reason: &str) -> Halted {
        let halted = Mutex::new(halted);
        self.with_retry(|state| {
            halted.lock().unwrap_or_else(PoisonError::into_inner).put(state, self.name, record, reason)
        })
        .await;
        halted.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    /// Retries what was set aside; true when all of it was retried.
    async fn retry_set_aside(&self) -> bool {
        for (stream, first) in self.with_retry(Halted::read).await.streams() {
            let Ok(records) = self.kit.journal().read(&stream, first - 1).await else { return false };
            for position in self.with_retry(|state| set_aside::positions(state, &stream)).await {
                let Some(record) = records.iter().find(|record| record.position == position) else { break };
                if self.react_with_retry(record).await.is_err() {
                    break;
                }
                self.with_retry(|state| set_aside::remove(state, position)).await;
                tracing::info!(process = self.name, position, %stream, "a record that was set aside was processed");
            }
        }
        true
    }

    /// Works on the file, and retries until that succeeds.
    async fn with_retry<T>(&self, work: impl Fn(&Connection) -> rusqlite::Result<T>) -> T {
        loop {
            match self.work(&work) {
                Ok(worked) => return worked,
                Err(error) => tracing::warn!(process = self.name, %error, "its file; trying again"),
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Works on the file; one that is damaged is moved aside, and begun anew.
    fn work<T>(&self, work: impl Fn(&Connection) -> rusqlite::Result<T>) -> Result<T, ViewError> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let opened = match state.take() {
            Some(opened) => opened,
            None => consumer::open_or_begin_anew(&self.file, "")?,
        };
        match work(&opened) {
            Err(damage) if consumer::is_damage(&damage) => {
                drop(opened);
                self.begun_anew.store(true, Ordering::Relaxed);
                consumer::move_aside(&self.file, &damage)?;
                *state = Some(consumer::open_or_begin_anew(&self.file, "")?);
                Err(damage.into())
            }
            worked => {
                *state = Some(opened);
                Ok(worked?)
            }
        }
    }

    /// Reacts to a record, and retries while the failure is transient; otherwise returns why it failed.
    async fn react_with_retry(&self, record: &Record) -> Result<(), String> {
        let name = self.name;
        let mut backoff = Backoff::new(Duration::from_millis(50), Duration::from_secs(5));
        loop {
            let lines = traces::of_log_lines(record.envelope.traceparent.as_deref());
            match AssertUnwindSafe(self.react(record)).catch_unwind().instrument(lines).await {
                Ok(Ok(())) => return Ok(()),
                Ok(Err(error)) if error.is_transient() => {
                    tracing::warn!(process = name, %error, "a reaction is being retried");
                    backoff.pause().await;
                }
                Ok(Err(error)) => return Err(error.to_string()),
                Err(panic) => return Err(panic_message(&*panic)),
            }
        }
    }

    async fn react(&self, record: &Record) -> Result<(), CommandError> {
        if !decode::<A>(record)?.iter().any(self.wants) {
            return Ok(());
        }
        self.wait_for_makers(record.position).await;
        let span = self.traced.begin(record);
        let traceparent = span.traceparent();
        let mut state = self.state_before(record).await?;
        for (event_no, event) in decode_all::<A>(record)?.iter().enumerate() {
            state = A::evolve(state, event);
            if (self.wants)(event) {
                let (process, id) = (self.name, record.stream.id);
                let traceparent = traceparent.as_deref();
                let context =
                    EventContext { process, record, event_no, traceparent, id, state: &state, event };
                (self.react)(&self.kit, context).await?;
            }
        }
        Ok(())
    }

    /// Waits until the process managers before this one are done with everything up to a position.
    async fn wait_for_makers(&self, position: Position) {
        for maker in &self.makers {
            let _ = maker.clone().wait_for(|&done| done >= position).await;
        }
    }

    /// The state of a record's aggregate just before it. A history that is understood only in part is nothing to
    /// react to.
    async fn state_before(&self, record: &Record) -> Result<A::State, CommandError> {
        let history = self.kit.journal().read(&record.stream, 0).await?;
        let earlier = history.iter().take_while(|earlier| earlier.position < record.position);
        earlier
            .map(decode_all::<A>)
            .try_fold(A::State::default(), |state, events| Ok(A::fold(state, &events?)))
    }
}
