//! How a process manager is run: it follows the journal and turns events into commands.

use crate::checkpoint::{Checkpoint, Resumed, resume};
use crate::consumer::{self, checkpoint};
use crate::error::CommandError;
use crate::events::{decode, decode_all};
use crate::handle::{CommandContext, Kit};
use crate::set_aside::{self, Halted, panic_message};
use domain::Uuid;
use futures::future::BoxFuture;
use futures::{FutureExt as _, StreamExt as _};
use journal::{Position, ReadError, Record, Subscription};
use proto::record::EventCodec;
use rusqlite::Connection;
use std::panic::AssertUnwindSafe;
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::watch;

/// An event of another aggregate, with what a process manager needs to react to it.
pub struct EventContext<'a, A: EventCodec> {
    /// The process manager's name.
    process: &'static str,
    record: &'a Record,
    event_no: usize,
    /// The source aggregate's id.
    pub id: Uuid,
    /// The source's state just after the event.
    pub state: &'a A::State,
    /// The event.
    pub event: &'a A::Event,
}

impl<A: EventCodec> EventContext<'_, A> {
    /// The context of the reaction's `nth` command. The same event and `nth` give the same command id,
    /// so a reaction that is delivered twice, or by two copies of the service, has one effect.
    pub fn command(&self, nth: usize) -> CommandContext {
        let envelope = &self.record.envelope;
        let words = [self.process, &envelope.part.to_string(), &self.event_no.to_string(), &nth.to_string()];
        let command_id = domain::aggregate::derived_id(envelope.command_id, &words);
        CommandContext::of_process(self.process, command_id).caused_by(envelope)
    }

    /// Issues the reaction's commands, one after the other.
    pub async fn issue<T>(&self, kit: &Kit, commands: Vec<(Uuid, T::Command)>) -> Result<(), CommandError>
    where
        T: EventCodec,
        T::Command: Clone + Sync,
    {
        for (nth, (id, command)) in commands.into_iter().enumerate() {
            kit.execute::<T>(&self.command(nth), id, command).await?;
        }
        Ok(())
    }
}

/// Runs a process manager until the kit stops: for each event of aggregate `A` that it `wants`, in order,
/// `react` issues its commands. A transient failure (the journal is away, no ledger confirms) is retried; a refusal
/// by a rule is logged and skipped, because it would be refused again. A record on which it fails otherwise, or
/// panics, is set aside with all later ones of its stream; see [`crate::set_aside`].
///
/// Its checkpoint is kept in `<name>.process.sqlite` in the kit's folder; losing the file repeats reactions, which is
/// harmless. Returns its progress: the position of the last record that it is done with.
pub fn run<A, F>(
    kit: Kit,
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
    let file = kit.folder().join(format!("{name}.process.sqlite"));
    let stop = kit.stop().clone();
    let (done, progress) = watch::channel(0);
    tokio::spawn(async move {
        tokio::select! {
            () = stop.cancelled() => {}
            () = async {
                let state = Mutex::new(open(name, &file).await);
                kit.register_consumer(name, &file);
                let process = Process::<A, F> { kit, name, state, done, wants, react };
                process.follow().await;
            } => {}
        }
    });
    progress
}

/// Opens the process manager's file; retries for as long as that fails.
async fn open(name: &'static str, file: &Path) -> Connection {
    loop {
        match consumer::open(file, "") {
            Ok(state) => return state,
            Err(error) => tracing::warn!(process = name, %error, "its file cannot be opened; trying again"),
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// Time between two attempts after a transient failure.
const PAUSE: Duration = Duration::from_millis(500);

struct Process<A: EventCodec, F> {
    kit: Kit,
    name: &'static str,
    state: Mutex<Connection>,
    done: watch::Sender<Position>,
    wants: fn(&A::Event) -> bool,
    react: F,
}

impl<A, F> Process<A, F>
where
    A: EventCodec,
    F: for<'e> Fn(&'e Kit, EventContext<'e, A>) -> BoxFuture<'e, Result<(), CommandError>> + Send + Sync,
{
    async fn follow(&self) {
        let name = self.name;
        let mut retried = false;
        loop {
            let at = self.with_retry(checkpoint).await;
            match resume(&**self.kit.journal(), at).await {
                Ok(Resumed::After(records)) => {
                    retried = retried || self.retry_set_aside().await;
                    self.done.send_replace(at.map_or(0, |at| at.position));
                    self.consume(records).await;
                }
                Ok(Resumed::OtherJournal) => {
                    tracing::warn!(
                        process = name,
                        "the journal is not the one followed before; starting over"
                    );
                    self.with_retry(|state| consumer::reset(state, "")).await;
                }
                Err(error) => {
                    tracing::warn!(process = name, %error, "cannot follow the journal; trying again")
                }
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    async fn consume(&self, mut records: Subscription) {
        let mut halted = self.with_retry(Halted::read).await;
        while let Some(Ok(record)) = records.next().await {
            if record.stream.category == A::CATEGORY {
                let failed = match halted.blocked_by(&record) {
                    Some(reason) => Some(reason),
                    None => self.react_with_retry(&record).await.err(),
                };
                if let Some(reason) = failed {
                    halted = self.set_aside(halted, &record, &reason).await;
                }
                self.with_retry(|state| consumer::save_checkpoint(state, Checkpoint::from(&*record))).await;
            }
            self.done.send_replace(record.position);
        }
    }

    async fn set_aside(&self, halted: Halted, record: &Record, reason: &str) -> Halted {
        let halted = Mutex::new(halted);
        self.with_retry(|state| {
            halted.lock().unwrap_or_else(PoisonError::into_inner).put(state, self.name, record, reason)
        })
        .await;
        halted.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    /// Retries what an earlier process has set aside; true when all of it was retried.
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
            let worked = work(&self.state.lock().unwrap_or_else(PoisonError::into_inner));
            match worked {
                Ok(worked) => return worked,
                Err(error) => tracing::warn!(process = self.name, %error, "its file; trying again"),
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Reacts to a record, and retries while the failure is transient; otherwise returns why it failed.
    async fn react_with_retry(&self, record: &Record) -> Result<(), String> {
        let name = self.name;
        let mut pause = Duration::from_millis(50);
        loop {
            let reaction = reaction::<A, F>(&self.kit, name, record, self.wants, &self.react);
            match AssertUnwindSafe(reaction).catch_unwind().await {
                Ok(Ok(())) => return Ok(()),
                Ok(Err(error)) if error.is_transient() => {
                    tracing::warn!(process = name, %error, "a reaction is being retried");
                    tokio::time::sleep(pause).await;
                    pause = (pause * 2).min(Duration::from_secs(5));
                }
                Ok(Err(error)) if error.is_refusal() => {
                    tracing::warn!(process = name, %error, "a reaction was refused");
                    return Ok(());
                }
                Ok(Err(error)) => return Err(error.to_string()),
                Err(panic) => return Err(panic_message(&*panic)),
            }
        }
    }
}

async fn reaction<A, F>(
    kit: &Kit,
    name: &'static str,
    record: &Record,
    wants: fn(&A::Event) -> bool,
    react: &F,
) -> Result<(), CommandError>
where
    A: EventCodec,
    F: for<'e> Fn(&'e Kit, EventContext<'e, A>) -> BoxFuture<'e, Result<(), CommandError>> + Send + Sync,
{
    if !decode::<A>(record)?.iter().any(wants) {
        return Ok(());
    }
    let history: Vec<Record> = kit
        .journal()
        .read(&record.stream, 0)
        .await
        .map_err(|error: ReadError| CommandError::from(error))?
        .into_iter()
        .take_while(|earlier| earlier.position < record.position)
        .collect();
    // A history that is understood only in part is nothing to react to.
    let events = decode_all::<A>(record)?;
    let mut state = A::State::default();
    for earlier in &history {
        state = A::fold(state, &decode_all::<A>(earlier)?);
    }
    for (event_no, event) in events.iter().enumerate() {
        state = A::evolve(state, event);
        if !wants(event) {
            continue;
        }
        let context =
            EventContext { process: name, record, event_no, id: record.stream.id, state: &state, event };
        react(kit, context).await?;
    }
    Ok(())
}
