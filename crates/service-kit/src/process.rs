//! How a process manager is run: it follows the journal and turns events into commands.

use crate::checkpoint::{Checkpoint, Resumed, resume};
use crate::error::CommandError;
use crate::events::decode;
use crate::handle::{Kit, Order};
use domain::Uuid;
use futures::StreamExt as _;
use futures::future::BoxFuture;
use journal::{Position, ReadError, Record};
use proto::record::EventCodec;
use std::path::PathBuf;
use std::time::Duration;
use tokio::sync::watch;

/// An event of another aggregate, as a process manager meets it.
pub struct Happening<'a, A: EventCodec> {
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

impl<A: EventCodec> Happening<'_, A> {
    /// The order for the reaction's `nth` command. The same event and `nth` give the same command id,
    /// so a reaction that is delivered twice, or by two copies of the service, has one effect.
    pub fn order(&self, nth: usize) -> Order {
        let envelope = &self.record.envelope;
        let words = [self.process, &envelope.part.to_string(), &self.event_no.to_string(), &nth.to_string()];
        let command_id = domain::aggregate::derived_id(envelope.commit_id, &words);
        Order::of_process(self.process, envelope, command_id)
    }

    /// Issues the reaction's commands, one after the other.
    pub async fn issue<T>(&self, kit: &Kit, commands: Vec<(Uuid, T::Command)>) -> Result<(), CommandError>
    where
        T: EventCodec,
        T::Command: Clone + Sync,
    {
        for (nth, (id, command)) in commands.into_iter().enumerate() {
            kit.execute::<T>(&self.order(nth), id, command).await?;
        }
        Ok(())
    }
}

/// Runs a process manager until the kit stops: for each event of aggregate `A` that it `wants`, in order,
/// `react` issues its commands. What passes (the journal is away, no ledger confirms) is tried again; what a rule refuses
/// is logged and passed over, because it would be refused again.
///
/// How far it came is kept in `<name>.checkpoint` in the kit's folder; losing the file repeats reactions, which is
/// harmless. Answers with a view of how far it is: the position of the last record that it is done with.
pub fn run<A, F>(
    kit: Kit,
    name: &'static str,
    wants: fn(&A::Event) -> bool,
    react: F,
) -> watch::Receiver<Position>
where
    A: EventCodec,
    F: for<'e> Fn(&'e Kit, Happening<'e, A>) -> BoxFuture<'e, Result<(), CommandError>>
        + Send
        + Sync
        + 'static,
{
    let file = kit.folder().join(format!("{name}.checkpoint"));
    let stop = kit.stop().clone();
    let (done, progress) = watch::channel(0);
    let process = Process { kit, name, file, done };
    tokio::spawn(async move {
        tokio::select! {
            () = stop.cancelled() => {}
            () = process.follow::<A, F>(wants, &react) => {}
        }
    });
    progress
}

struct Process {
    kit: Kit,
    name: &'static str,
    file: PathBuf,
    done: watch::Sender<Position>,
}

impl Process {
    async fn follow<A, F>(&self, wants: fn(&A::Event) -> bool, react: &F)
    where
        A: EventCodec,
        F: for<'e> Fn(&'e Kit, Happening<'e, A>) -> BoxFuture<'e, Result<(), CommandError>> + Send + Sync,
    {
        let Process { kit, name, file, done } = self;
        loop {
            let checkpoint = read_checkpoint(file);
            match resume(&**kit.journal(), checkpoint).await {
                Ok(Resumed::Behind(mut records)) => {
                    done.send_replace(checkpoint.map_or(0, |at| at.position));
                    while let Some(Ok(record)) = records.next().await {
                        if record.stream.category == A::CATEGORY {
                            until_done(name, || reaction::<A, F>(kit, name, &record, wants, react)).await;
                            write_checkpoint(file, Checkpoint::from(&record));
                        }
                        done.send_replace(record.position);
                    }
                }
                Ok(Resumed::OtherJournal) => {
                    tracing::warn!(
                        process = name,
                        "the journal is not the one followed before; beginning anew"
                    );
                    let _ = std::fs::remove_file(file);
                }
                Err(error) => {
                    tracing::warn!(process = name, %error, "cannot follow the journal; trying again")
                }
            }
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
    }
}

async fn until_done<R>(name: &'static str, attempt: impl Fn() -> R)
where
    R: Future<Output = Result<(), CommandError>>,
{
    let mut pause = Duration::from_millis(50);
    loop {
        match attempt().await {
            Ok(()) => return,
            Err(error) if error.is_passing() => {
                tracing::warn!(process = name, %error, "a reaction waits");
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(Duration::from_secs(5));
            }
            Err(error) => {
                tracing::warn!(process = name, %error, "a reaction was refused");
                return;
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
    F: for<'e> Fn(&'e Kit, Happening<'e, A>) -> BoxFuture<'e, Result<(), CommandError>> + Send + Sync,
{
    let events = decode::<A>(record)?;
    if !events.iter().any(wants) {
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
    let mut state = A::State::default();
    for earlier in &history {
        state = A::fold(state, &decode::<A>(earlier)?);
    }
    for (event_no, event) in events.iter().enumerate() {
        state = A::evolve(state, event);
        if !wants(event) {
            continue;
        }
        let happening =
            Happening { process: name, record, event_no, id: record.stream.id, state: &state, event };
        react(kit, happening).await?;
    }
    Ok(())
}

fn read_checkpoint(file: &PathBuf) -> Option<Checkpoint> {
    let text = std::fs::read_to_string(file).ok()?;
    let (position, commit_id) = text.trim().split_once(' ')?;
    Some(Checkpoint { position: position.parse().ok()?, commit_id: Uuid::try_parse(commit_id).ok()? })
}

fn write_checkpoint(file: &PathBuf, checkpoint: Checkpoint) {
    let fresh = file.with_extension("checkpoint.new");
    let written = std::fs::write(&fresh, format!("{} {}\n", checkpoint.position, checkpoint.commit_id))
        .and_then(|()| std::fs::rename(&fresh, file));
    if let Err(error) = written {
        tracing::warn!(file = %file.display(), %error, "a checkpoint was not kept");
    }
}
