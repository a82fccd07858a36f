//! A ledger behind NATS: it follows the stream in order, keeps it in an event log and says how far.

use super::append::{Outgoing, PublishError, publish};
use super::message::EXPECTED_SEQUENCE;
use super::watermark::Announcement;
use super::{Link, NatsJournal};
use crate::limits::{
    ANNOUNCEMENT_INTERVAL, CONSUMER_HEARTBEAT, CONSUMER_SILENCE_MAX, LEDGER_GROUP_RECORDS_MAX,
    PULL_BATCH_MESSAGES_MAX, RETRY_PAUSE_MAX,
};
use crate::{Position, ReadError, payload};
use async_nats::jetstream::{self, consumer, stream};
use event_log::{EventLog, OrderedRecord};
use futures::{FutureExt as _, StreamExt as _};
use std::time::Duration;
use tokio::time::{Instant, MissedTickBehavior};
use tokio_util::sync::CancellationToken;

/// Why a ledger cannot go on. None of these heals by trying again.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// The realm's stream was made anew after this log had been written.
    #[error("the stream was replaced: it was created at {found} ns and not at {expected} ns")]
    Replaced {
        /// When the stream that is there was created, in nanoseconds since 1970.
        found: i128,
        /// When the one that was followed was created.
        expected: i128,
    },
    /// Stream and log tell different things of the same position. The log is right about everything
    /// that was committed; the stream has to be made anew from it.
    #[error("stream and log differ at position {position}")]
    Diverged {
        /// The log's last position.
        position: Position,
    },
    /// The stream holds something that is no record, half a commit, or a hole.
    #[error("{0}")]
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
/// after each group and at rest, until `stop`. Ledgers are told apart by the identity of their logs;
/// `name` is for what is traced.
///
/// At the beginning, and whenever the connection or the consumer was lost, it sees that the log's last
/// record is the one in the stream. A stream that lost its end, as JetStream may with the power, gets it
/// back from the log. It returns an error only where somebody must look.
pub async fn run_ledger(
    journal: &NatsJournal,
    log: EventLog,
    name: &str,
    stop: CancellationToken,
) -> Result<(), LedgerError> {
    let ledger = Ledger { link: &journal.link, log, name, stop };
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
    name: &'a str,
    stop: CancellationToken,
}

impl Ledger<'_> {
    async fn session(&self) -> Ended {
        tokio::select! {
            () = self.stop.cancelled() => {
                self.announce().await;
                Ended::Stopped
            }
            ended = self.follow() => ended.err().unwrap_or(Ended::Stopped),
        }
    }

    async fn follow(&self) -> Result<(), Ended> {
        let epoch = self.link.epoch();
        let stream = self.same_stream().await?;
        self.same_head(&stream).await?;
        let mut messages = consume(&stream, self.log.head().position + 1).await?;
        let mut group = Group { after: self.log.head().position, delivered: 0, waiting: Vec::new() };
        let mut ticks = tokio::time::interval(ANNOUNCEMENT_INTERVAL);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut heard = Instant::now();
        loop {
            tokio::select! {
                _ = ticks.tick() => {
                    self.announce().await;
                    if heard.elapsed() > CONSUMER_SILENCE_MAX {
                        self.nothing_missed(&stream, group.reached()).await?;
                        heard = Instant::now();
                    }
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
            if self.link.epoch() != epoch {
                return Err(Ended::Interrupted("the connection was lost".into()));
            }
            let whole = group.whole_commits();
            if !whole.is_empty() {
                self.log.append_ordered(whole).await.map_err(not_taken)?;
                self.announce().await;
            }
        }
    }

    async fn announce(&self) {
        let head = self.log.head().position;
        let said = Announcement { position: head, created: self.link.created, ledger: self.name.to_owned() };
        let subject = self.link.names.committed.clone();
        if let Err(error) = self.link.client.publish(subject, said.to_text().into()).await {
            tracing::debug!(ledger = self.name, %error, "an announcement was not sent");
        }
    }

    async fn same_stream(&self) -> Result<jetstream::stream::Stream, Ended> {
        let stream = self.link.context.get_stream(&self.link.names.stream).await.map_err(interrupted)?;
        let found = stream.cached_info().created.unix_timestamp_nanos();
        if found != self.link.created {
            return Err(LedgerError::Replaced { found, expected: self.link.created }.into());
        }
        Ok(stream)
    }

    /// Sees that the log's last record is the stream's record at that position, or puts back what the
    /// stream has lost.
    async fn same_head(&self, stream: &stream::Stream) -> Result<(), Ended> {
        let head = self.log.head().position;
        let end = stream.cached_info().state.last_sequence;
        let common = head.min(end);
        if common > 0 {
            let message = stream.get_raw_message(common).await.map_err(interrupted)?;
            let kept = self.kept(common, 1)?;
            let same = kept.first().is_some_and(|kept| {
                kept.payload == message.payload
                    && kept.stream == self.link.names.stream_in(message.subject.as_str())
            });
            if !same {
                return Err(LedgerError::Diverged { position: common }.into());
            }
        }
        if end < head {
            self.put_back(end).await?;
        }
        Ok(())
    }

    /// Publishes the log's records behind `end` again, each commit as a whole and only if nothing else
    /// came in between.
    async fn put_back(&self, mut end: Position) -> Result<(), Ended> {
        tracing::warn!(
            ledger = self.name,
            stream_ends = end,
            log_ends = self.log.head().position,
            "the stream has lost its end; putting it back from the log"
        );
        while end < self.log.head().position {
            let parts = self.kept(end + 1, 1)?.first().map_or(0, |record| record.parts as usize);
            let commit = self.kept(end + 1, parts)?;
            if parts == 0 || commit.len() != parts || commit[0].part != 1 {
                return Err(LedgerError::Diverged { position: end }.into());
            }
            let mut messages =
                commit.iter().map(|record| self.again(record)).collect::<Result<Vec<_>, _>>()?;
            messages[0].headers.insert(EXPECTED_SEQUENCE, end.to_string());
            match publish(self.link, &messages).await {
                Ok(last) if last == end + parts as u64 => end = last,
                Ok(_) | Err(PublishError::Conflict) => {
                    return Err(Ended::Interrupted("the stream grew while its end was put back".into()));
                }
                Err(PublishError::Unclear(why) | PublishError::Refused(why)) => {
                    return Err(Ended::Interrupted(why));
                }
            }
        }
        Ok(())
    }

    fn again(&self, record: &event_log::Record) -> Result<Outgoing, ReadError> {
        let names = &self.link.names;
        let opened = payload::open(record.position, &record.stream, &record.payload)?;
        Ok(Outgoing {
            subject: names.subject(&opened.stream),
            headers: names.headers(&opened.stream, &opened.envelope, &record.types, &record.salt),
            payload: record.payload.clone(),
        })
    }

    /// `count` of the log's own records from a position on.
    fn kept(&self, from: Position, count: usize) -> Result<Vec<event_log::Record>, LedgerError> {
        self.log.read(from - 1, count).map_err(|error| LedgerError::Log(error.to_string()))
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

async fn consume(stream: &stream::Stream, from: Position) -> Result<consumer::pull::Stream, Ended> {
    let consumer = stream
        .create_consumer(consumer::pull::Config {
            deliver_policy: consumer::DeliverPolicy::ByStartSequence { start_sequence: from },
            ack_policy: consumer::AckPolicy::None,
            memory_storage: true,
            num_replicas: 1,
            inactive_threshold: Duration::from_secs(30),
            ..consumer::pull::Config::default()
        })
        .await
        .map_err(interrupted)?;
    let messages = consumer.stream().max_messages_per_batch(PULL_BATCH_MESSAGES_MAX);
    messages.heartbeat(CONSUMER_HEARTBEAT).messages().await.map_err(interrupted)
}

/// Records that came and are not in the log yet.
struct Group {
    /// The last position that went into the log.
    after: Position,
    /// How many messages the consumer has delivered.
    delivered: u64,
    waiting: Vec<OrderedRecord>,
}

type Incoming = Option<Result<jetstream::Message, consumer::pull::MessagesError>>;

impl Group {
    fn reached(&self) -> Position {
        self.after + self.waiting.len() as u64
    }

    fn take(&mut self, link: &Link, message: Incoming) -> Result<(), Ended> {
        let message = match message {
            Some(Ok(message)) => message,
            Some(Err(error)) => return Err(interrupted(error)),
            None => return Err(Ended::Interrupted("the consumer ended".into())),
        };
        let info = message.info().map_err(interrupted)?;
        let (position, expected) = (info.stream_sequence, self.reached() + 1);
        self.delivered += 1;
        if info.consumer_sequence != self.delivered {
            return Err(Ended::Interrupted(format!(
                "{position} came, and one before it was lost on the way"
            )));
        }
        if position != expected {
            let what = format!("the stream goes on at {position}");
            return Err(ReadError::Damaged { position: expected, what }.into());
        }
        let jetstream::Message { message, .. } = message;
        let headers = message.headers.unwrap_or_default();
        let record = link.names.log_record(position, message.subject.as_str(), &headers, message.payload)?;
        self.fits(&record)?;
        self.waiting.push(record);
        Ok(())
    }

    /// Whether the record follows the one before within its commit, or begins a commit after a whole one.
    fn fits(&self, record: &OrderedRecord) -> Result<(), ReadError> {
        let follows = match self.waiting.last() {
            Some(before) if before.part < before.parts => {
                before.commit_id == record.commit_id
                    && before.parts == record.parts
                    && record.part == before.part + 1
            }
            _ => record.part == 1,
        };
        if follows {
            return Ok(());
        }
        let what = format!("part {} of {} of another commit", record.part, record.parts);
        Err(ReadError::Damaged { position: record.position, what })
    }

    /// Takes out what ends with a whole commit; a commit whose rest is still to come stays.
    fn whole_commits(&mut self) -> Vec<OrderedRecord> {
        let whole =
            self.waiting.iter().rposition(|record| record.part == record.parts).map_or(0, |at| at + 1);
        self.after += whole as u64;
        self.waiting.drain(..whole).collect()
    }
}
