//! A ledger behind NATS: it follows the stream in order, keeps it in an event log and says how far.

pub(super) mod binding;
mod follow;
pub(super) mod put_back;

use super::announcement::Announcement;
use super::setup::is_not_found;
use super::{Link, NatsJournal};
use crate::limits::{ANNOUNCEMENT_INTERVAL, CONSUMER_SILENCE_MAX, LEDGER_GROUP_RECORDS_MAX, RETRY_PAUSE_MAX};
use crate::{Position, ReadError};
use async_nats::jetstream::stream;
use async_nats::{Message, Subject, Subscriber};
use domain::Uuid;
use event_log::hex::digits;
use event_log::{EventLog, Hash};
use follow::{Group, consume};
use futures::{FutureExt as _, StreamExt as _};
use std::pin::pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::time::{Instant, MissedTickBehavior};
use tokio_util::sync::CancellationToken;

/// Why a ledger cannot go on. None of these heals by trying again.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// The realm's stream was made anew after this log had been written.
    #[error(
        "the stream was replaced: the one that is there was created at {found} ns, the one that this log \
         follows at {expected} ns; 'huishang ledger repair' shows what it holds and makes it the log's again"
    )]
    Replaced {
        /// When the stream that is there was created, in nanoseconds since 1970.
        found: i128,
        /// When the one that was followed was created.
        expected: i128,
    },
    /// There is no stream any more: the broker has lost it, or it was deleted.
    #[error(
        "the broker has no stream {stream} any more; 'huishang ledger repair' makes it again from the log"
    )]
    Gone {
        /// The stream's name.
        stream: String,
    },
    /// The stream has nothing, and it is not known to be the one that this log followed.
    #[error(
        "the stream is empty, but the log has {head} records, and does not say which stream it followed; \
         if this is the right broker, 'huishang ledger repair' puts them into it"
    )]
    Emptied {
        /// The log's last position.
        head: Position,
    },
    /// Stream and log tell different things of the same position. The log is right about everything
    /// that was committed; the stream has to be made anew from it.
    #[error(
        "stream and log differ at position {position}; the log is right about what was committed: \
         'huishang ledger repair' shows the difference, and with --replace-stream makes the stream anew"
    )]
    Diverged {
        /// A position at which both have a record.
        position: Position,
    },
    /// Another ledger of the realm holds another history, now or when this was last looked at.
    #[error(
        "{what}. One of the two is wrong: verify both logs, have the wrong one rebuilt from an empty directory, \
         then delete {file} beside the right one"
    )]
    Disputed {
        /// Both ledgers, the position and the roots.
        what: String,
        /// The file that keeps this ledger from committing.
        file: String,
    },
    /// The stream holds something that is no record, half a commit, or a hole.
    #[error("{0}; 'huishang ledger repair' shows what the stream holds")]
    Damaged(#[from] ReadError),
    /// The log takes no more.
    #[error("the log takes nothing: {0}")]
    Log(String),
}

/// Why a session with the stream ended.
enum Ended {
    Stopped,
    /// Something that another session may not meet.
    Interrupted(String),
    Failed(LedgerError),
}

impl<E: Into<LedgerError>> From<E> for Ended {
    fn from(error: E) -> Self {
        match error.into() {
            LedgerError::Damaged(ReadError::Unavailable(why)) => Ended::Interrupted(why),
            other => Ended::Failed(other),
        }
    }
}

/// Follows the stream from the log's head on, appends whole commits to the log and announces its head
/// after each group and at rest, until `stop`. Ledgers are told apart by an identity that each keeps beside
/// its log, where no backup takes it; `name` is for people.
///
/// At the beginning, whenever the connection or the consumer was lost, and whenever a process asks, it sees
/// that the stream is the one that the log follows and has the log's last record. A stream that lost its
/// end, as JetStream may with the power, gets it back from the log; one that was replaced is not touched.
/// With the other ledgers of the realm it compares roots. It returns an error only where somebody must look.
pub async fn run_ledger(
    journal: &NatsJournal,
    log: EventLog,
    name: &str,
    stop: CancellationToken,
) -> Result<(), LedgerError> {
    if let Some((what, file)) = binding::alarm(log.dir()).map_err(unkept)? {
        return Err(LedgerError::Disputed { what, file });
    }
    let id = binding::ledger_id(log.dir()).map_err(unkept)?;
    let ledger = Ledger { link: &journal.link, log, id, name, stop, session: AtomicU64::new(0) };
    let mut pause = Duration::from_millis(20);
    loop {
        let started = Instant::now();
        match ledger.session().await {
            Ended::Stopped => return Ok(()),
            Ended::Failed(error) => return Err(error),
            Ended::Interrupted(why) => {
                tracing::info!(ledger = name, why, "the ledger joins the stream again")
            }
        }
        if started.elapsed() > CONSUMER_SILENCE_MAX {
            pause = Duration::from_millis(20);
        }
        tokio::select! {
            () = ledger.stop.cancelled() => return Ok(()),
            () = tokio::time::sleep(pause) => pause = (pause * 2).min(RETRY_PAUSE_MAX),
        }
    }
}

struct Ledger<'a> {
    link: &'a Link,
    log: EventLog,
    id: Uuid,
    name: &'a str,
    stop: CancellationToken,
    /// Random while it follows the stream, else 0.
    session: AtomicU64,
}

impl Ledger<'_> {
    async fn session(&self) -> Ended {
        let ended = tokio::select! {
            () = self.stop.cancelled() => {
                self.announce().await;
                Ended::Stopped
            }
            ended = self.follow() => ended.err().unwrap_or(Ended::Stopped),
        };
        self.session.store(0, Ordering::SeqCst);
        ended
    }

    async fn follow(&self) -> Result<(), Ended> {
        let connection = self.link.connection();
        let questions = self.link.names.questions.clone();
        let mut questions = self.link.client.subscribe(questions).await.map_err(interrupted)?;
        let stream = self.join().await?;
        // A cluster that has just lost a server takes a while to make a consumer.
        let mut consuming = pin!(consume(&stream, self.log.head().position + 1));
        let mut messages = loop {
            tokio::select! {
                messages = &mut consuming => break messages?,
                question = questions.next() => self.answer(question, &mut questions).await?,
            }
        };
        let mut group = Group::behind(self.log.head().position);
        let mut ticks = tokio::time::interval(ANNOUNCEMENT_INTERVAL);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut heard = Instant::now();
        loop {
            tokio::select! {
                _ = ticks.tick() => {
                    self.compare().await?;
                    self.announce().await;
                    if heard.elapsed() > CONSUMER_SILENCE_MAX {
                        self.nothing_missed(&stream, group.reached()).await?;
                        heard = Instant::now();
                    }
                    continue;
                }
                question = questions.next() => {
                    self.answer(question, &mut questions).await?;
                    continue;
                }
                message = messages.next() => {
                    heard = Instant::now();
                    group.take(self.link, message)?;
                }
            }
            while group.waiting.len() < LEDGER_GROUP_RECORDS_MAX {
                match messages.next().now_or_never() {
                    Some(message) => group.take(self.link, message)?,
                    None => break,
                }
            }
            // What was received before the connection broke may be what the server has lost.
            if self.link.connection() != connection {
                return Err(Ended::Interrupted("the connection was lost".into()));
            }
            let whole = group.whole_commits();
            if !whole.is_empty() {
                self.log.append_ordered(whole).await.map_err(not_taken)?;
                self.announce().await;
            }
        }
    }

    /// Sees that the stream is the log's, gives it back what it lost, and begins a session with it.
    async fn join(&self) -> Result<stream::Stream, Ended> {
        let stream = self.stream().await?;
        let created = stream.cached_info().created.unix_timestamp_nanos();
        let head = self.log.head().position;
        let end = stream.cached_info().state.last_sequence;
        let bound = binding::read(self.log.dir()).map_err(unkept)?;
        if bound.is_none() && end == 0 && head > 0 {
            return Err(LedgerError::Emptied { head }.into());
        }
        self.same_record(&stream, head.min(end)).await?;
        self.none_has_more(end.max(head))?;
        if end < head {
            self.put_back(end, head).await?;
        }
        if bound.is_none() {
            binding::write(self.log.dir(), created).map_err(unkept)?;
        }
        self.session.store(rand::random::<u64>().max(1), Ordering::SeqCst);
        Ok(stream)
    }

    /// The stream, if it is the one that the log follows.
    async fn stream(&self) -> Result<stream::Stream, Ended> {
        let stream = self.found().await?;
        let found = stream.cached_info().created.unix_timestamp_nanos();
        let bound = binding::read(self.log.dir()).map_err(unkept)?;
        let expected = bound.unwrap_or_else(|| self.link.heard.created());
        if found != expected {
            return Err(LedgerError::Replaced { found, expected }.into());
        }
        let state = &stream.cached_info().state;
        if state.messages != state.last_sequence {
            let missing = state.last_sequence - state.messages;
            let what = format!("the stream has lost {missing} of the messages up to here");
            return Err(
                LedgerError::Damaged(ReadError::Damaged { position: state.last_sequence, what }).into()
            );
        }
        Ok(stream)
    }

    /// The stream, if the broker has one: one that is just starting may not know it yet.
    async fn found(&self) -> Result<stream::Stream, Ended> {
        let name = &self.link.names.stream;
        let patience = Instant::now() + CONSUMER_SILENCE_MAX;
        loop {
            match self.link.context.get_stream(name).await {
                Ok(stream) => return Ok(stream),
                Err(error) if !is_not_found(&error) => return Err(interrupted(error)),
                Err(_) if Instant::now() >= patience => {
                    return Err(LedgerError::Gone { stream: name.clone() }.into());
                }
                Err(_) => tokio::time::sleep(RETRY_PAUSE_MAX).await,
            }
        }
    }

    /// Sees that the stream's record at a position is the log's.
    async fn same_record(&self, stream: &stream::Stream, position: Position) -> Result<(), Ended> {
        if position == 0 {
            return Ok(());
        }
        let message = stream.get_raw_message(position).await.map_err(interrupted)?;
        let kept = self.log.read(position - 1, 1).map_err(|error| LedgerError::Log(error.to_string()))?;
        let same = kept.first().is_some_and(|kept| {
            kept.payload == message.payload
                && kept.stream == self.link.names.stream_in(message.subject.as_str())
        });
        if same { Ok(()) } else { Err(LedgerError::Diverged { position }.into()) }
    }

    /// Another ledger that has more than there is here must put it back first; nothing may take its place.
    fn none_has_more(&self, here: Position) -> Result<(), Ended> {
        let highest = self.link.heard.highest();
        if highest <= here {
            return Ok(());
        }
        Err(Ended::Interrupted(format!(
            "another ledger has everything up to {highest}, stream and log have {here}; waiting for it to put that back"
        )))
    }

    async fn put_back(&self, end: Position, head: Position) -> Result<(), Ended> {
        tracing::warn!(
            ledger = self.name,
            stream_ends = end,
            log_ends = head,
            "the stream has lost its end; putting it back from the log"
        );
        let names = &self.link.names;
        let subject = |stream: &str| names.subject_of(stream);
        put_back::put_back(&self.link.client, names, &self.log, (end, head), subject, |_| {}).await.map_err(
            |fault| match fault {
                put_back::Fault::Log(why) => LedgerError::Log(why).into(),
                put_back::Fault::NoRecord(error) => error.into(),
                fault => interrupted(fault),
            },
        )
    }

    /// Looks at the stream for all who have asked, and tells them the head.
    async fn answer(&self, first: Option<Message>, more: &mut Subscriber) -> Result<(), Ended> {
        let Some(first) = first else {
            return Err(Ended::Interrupted("the subscription to questions ended".into()));
        };
        let mut replies: Vec<Subject> = first.reply.into_iter().collect();
        while let Some(Some(question)) = more.next().now_or_never() {
            replies.extend(question.reply);
        }
        let stream = self.stream().await?;
        let (head, end) = (self.log.head().position, stream.cached_info().state.last_sequence);
        if end < head {
            return Err(Ended::Interrupted(format!("the stream ends at {end}, the log at {head}")));
        }
        self.same_record(&stream, head).await?;
        self.none_has_more(end)?;
        for reply in replies {
            self.say(reply, self.log.head().position, self.log.head().root).await;
        }
        Ok(())
    }

    async fn announce(&self) {
        let head = self.log.head();
        self.say(self.link.names.committed.clone().into(), head.position, head.root).await;
    }

    async fn say(&self, subject: Subject, position: Position, root: Hash) {
        let session = self.session.load(Ordering::SeqCst);
        if session == 0 {
            return;
        }
        let created = self.link.heard.created();
        let (ledger, name) = (self.id, self.name.to_owned());
        let said = Announcement { position, created, session, ledger, root, name };
        if let Err(error) = self.link.client.publish(subject, said.to_text().into()).await {
            tracing::debug!(ledger = self.name, %error, "an announcement was not sent");
        }
    }

    /// Compares roots with the other ledgers, as far as they are not ahead; those that are compare with this
    /// one. On a difference neither may commit anything more.
    async fn compare(&self) -> Result<(), Ended> {
        let (own, head) = (self.id, self.log.head().position);
        for other in self.link.heard.others(own) {
            if other.position > head {
                continue;
            }
            let root =
                self.log.root_at(other.position).map_err(|error| LedgerError::Log(error.to_string()))?;
            if root == other.root {
                continue;
            }
            // So that the other hears it as well, and those who count the two.
            self.say(self.link.names.committed.clone().into(), other.position, root).await;
            return Err(self.raise(&other, root).into());
        }
        match self.link.heard.dispute_over(own) {
            Some((root, other)) => Err(self.raise(&other, root).into()),
            None => Ok(()),
        }
    }

    fn raise(&self, other: &Announcement, root: Hash) -> LedgerError {
        let what = format!(
            "two ledgers hold different histories: up to position {} the root of {} ({}) is {}, that of {} ({}) is {}",
            other.position,
            self.name,
            self.id,
            digits(&root),
            other.name,
            other.ledger,
            digits(&other.root),
        );
        if let Err(fault) = binding::raise(self.log.dir(), &what) {
            tracing::error!(%fault, "the alarm could not be kept");
        }
        match binding::alarm(self.log.dir()) {
            Ok(Some((what, file))) => LedgerError::Disputed { what, file },
            _ => LedgerError::Disputed { what, file: "the alarm".into() },
        }
    }

    /// A consumer may fall silent without an error.
    async fn nothing_missed(&self, stream: &stream::Stream, reached: Position) -> Result<(), Ended> {
        let end = stream.get_info().await.map_err(interrupted)?.state.last_sequence;
        if end == reached {
            return Ok(());
        }
        Err(Ended::Interrupted(format!("nothing came, though the stream is at {end} and not at {reached}")))
    }
}

/// A log whose disk is nearly full takes records again when there is space.
fn not_taken(error: event_log::AppendError) -> Ended {
    match error {
        event_log::AppendError::ReadOnly { .. } => interrupted(error),
        other => Ended::Failed(LedgerError::Log(other.to_string())),
    }
}

fn interrupted(error: impl std::fmt::Display) -> Ended {
    Ended::Interrupted(error.to_string())
}

/// What is kept beside the log could not be read or written.
fn unkept(fault: std::io::Error) -> LedgerError {
    LedgerError::Log(fault.to_string())
}
