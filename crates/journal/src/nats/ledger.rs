//! A ledger on NATS: follows the stream, appends its records to an event log and announces the log's head.

pub(super) mod binding;
mod follow;
pub(super) mod restore_tail;

use super::announcement::{Announcement, Shortage};
use super::message::EXPECTED_SEQUENCE;
use super::received::{FOREIGN, Received};
use super::setup::is_not_found;
use super::watermark::Connection;
use super::witnesses::{Contradiction, JudgeError, Judgement, Probe, REFUSED, acceptances, judge};
use super::{Link, NatsJournal};
use crate::backoff::Backoff;
use crate::embedded::read_whole_stream;
use crate::limits::{
    ANNOUNCEMENT_INTERVAL, CONSUMER_SILENCE_MAX, CONTRADICTION_REVIEW_INTERVAL, RETRY_PAUSE_MAX,
    RETRY_PAUSE_MIN,
};
use crate::personal::{KeyError, key_ids};
use crate::witness::Witness;
use crate::{Position, ReadError, payload};
use async_nats::connection;
use async_nats::jetstream::stream;
use async_nats::{HeaderMap, Message, Subject, Subscriber};
use bytes::Bytes;
use domain::aggregate::derived_id;
use domain::ledger::erasure::Erasures;
use domain::{Aggregate as _, StreamName, Uuid};
use event_log::hex;
use event_log::{EventLog, Hash, OrderedRecord, State};
use follow::{Group, consume};
use futures::{FutureExt as _, StreamExt as _};
use restore_tail::RestoreTailError;
use std::collections::BTreeSet;
use std::pin::pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use tokio::sync::mpsc::UnboundedSender;
use tokio::time::{Instant, MissedTickBehavior};
use tokio_util::sync::CancellationToken;

/// Why a ledger cannot continue. Retrying does not help with any of these.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// The realm's stream is not the one that this log follows: it was deleted and recreated.
    #[error(
        "the stream was replaced: the present one was created at {found} ns, the one that this log follows at \
         {expected} ns; 'huishang ledger repair' shows what it contains and restores it from the log"
    )]
    StreamReplaced {
        /// Creation time of the present stream, in nanoseconds since 1970.
        found: i128,
        /// Creation time of the stream that the log follows.
        expected: i128,
    },
    /// The stream no longer exists: the broker has lost it, or it was deleted.
    #[error("the stream {stream} no longer exists; 'huishang ledger repair' recreates it from the log")]
    StreamMissing {
        /// Name of the stream.
        stream: String,
    },
    /// The stream is empty, and it is unknown whether it is the one that this log followed.
    #[error(
        "the stream is empty, but the log has {head} records and no note of which stream it followed; if this is \
         the right broker, 'huishang ledger repair' restores the records to the stream"
    )]
    StreamEmpty {
        /// Last position of the log.
        head: Position,
    },
    /// Stream and log have different records at the same position. The log is authoritative for committed
    /// records; the stream has to be recreated from it.
    #[error(
        "stream and log differ at position {position}; the log is authoritative for committed records: \
         'huishang ledger repair' shows the difference, and with --replace-stream recreates the stream"
    )]
    Diverged {
        /// A position at which both have a record.
        position: Position,
    },
    /// Another ledger of the realm has a different history, as detected now or in an earlier run.
    #[error(
        "{what}. One of the two is wrong: verify both logs, rebuild the wrong one from an empty directory, then \
         delete {file} next to the right one"
    )]
    Disputed {
        /// Names of both ledgers, the position and the roots.
        what: String,
        /// The alarm file that keeps this ledger from committing.
        file: String,
    },
    /// The stream contains a gap.
    #[error("{0}; 'huishang ledger repair' shows what the stream contains")]
    Damaged(#[from] ReadError),
    /// The log failed.
    #[error("the log failed: {0}")]
    Log(String),
}

/// Why a session with the stream ended.
enum SessionEnd {
    Stopped,
    /// A temporary problem; a new session may succeed.
    Interrupted(String),
    Failed(LedgerError),
}

impl<E: Into<LedgerError>> From<E> for SessionEnd {
    fn from(error: E) -> Self {
        match error.into() {
            LedgerError::Damaged(ReadError::Unavailable(reason)) => SessionEnd::Interrupted(reason),
            other => SessionEnd::Failed(other),
        }
    }
}

/// Runs a ledger until `stop`: follows the stream from the log's head on, appends complete commits to the log,
/// and announces its head after each group of records and periodically. Ledgers are identified by an id that
/// each stores next to its log, where backups do not include it; `name` is for humans.
///
/// At the start, whenever the connection or the consumer was lost, and whenever a process probes, the ledger
/// verifies that the stream is the one that the log follows and contains the log's last record. If the stream
/// has lost its tail, as JetStream may in a power cut, the ledger restores it from the log; a stream that was
/// replaced is left alone. The ledger also compares roots with the other ledgers of the realm. An error is
/// returned only if an operator must intervene.
///
/// A process tells with its probe which record it knows to have been committed. While one of these is missing, the
/// ledger confirms the stream to nobody and commits nothing. With `accept` it goes on, and reports there what has
/// to be recorded in the log as accepted; until that is done, only the process that knows more is refused.
pub async fn run_ledger(
    journal: &NatsJournal,
    log: EventLog,
    name: &str,
    accept: Option<UnboundedSender<Contradiction>>,
    stop: CancellationToken,
) -> Result<(), LedgerError> {
    if let Some((what, file)) = binding::alarm(log.dir()).map_err(file_error)? {
        return Err(LedgerError::Disputed { what, file });
    }
    let id = binding::ledger_id(log.dir()).map_err(file_error)?;
    // The key of an erasure is not given to anybody again.
    let erasures = Erasures::stream(Erasures::realm_id()).to_string();
    read_whole_stream(&log, &journal.link.keys, &erasures, 0)?;
    let (session, contradicting) = (AtomicU64::new(0), Mutex::default());
    let ledger = Ledger { link: &journal.link, log, id, name, accept, contradicting, stop, session };
    let mut backoff = Backoff::new(RETRY_PAUSE_MIN, RETRY_PAUSE_MAX);
    let mut last_reason = String::new();
    loop {
        let started = Instant::now();
        match ledger.run_session().await {
            SessionEnd::Stopped => return Ok(()),
            SessionEnd::Failed(error) => {
                ledger.testify(&error).await;
                return Err(error);
            }
            // That the connection is lost is told by whoever looks for obstacles.
            SessionEnd::Interrupted(reason) if reason == last_reason || !ledger.is_connected() => {
                tracing::debug!(ledger = name, reason, "the ledger rejoins the stream")
            }
            SessionEnd::Interrupted(reason) => {
                tracing::info!(ledger = name, reason, "the ledger rejoins the stream");
                last_reason = reason;
            }
        }
        if started.elapsed() > CONSUMER_SILENCE_MAX {
            backoff.reset();
            last_reason.clear();
        }
        tokio::select! {
            () = ledger.stop.cancelled() => return Ok(()),
            () = backoff.pause() => {}
        }
    }
}

struct Ledger<'a> {
    link: &'a Link,
    log: EventLog,
    id: Uuid,
    name: &'a str,
    /// Where contradictions are reported that an operator has accepted in advance.
    accept: Option<UnboundedSender<Contradiction>>,
    /// The witness that keeps the ledger from following the stream.
    contradicting: Mutex<Option<Witness>>,
    stop: CancellationToken,
    /// Random while the ledger follows the stream, otherwise 0.
    session: AtomicU64,
}

impl Ledger<'_> {
    fn is_connected(&self) -> bool {
        self.link.client.connection_state() == connection::State::Connected
    }

    async fn run_session(&self) -> SessionEnd {
        let ended = tokio::select! {
            () = self.stop.cancelled() => {
                self.announce().await;
                SessionEnd::Stopped
            }
            ended = self.follow() => ended.err().unwrap_or(SessionEnd::Stopped),
        };
        self.session.store(0, Ordering::SeqCst);
        ended
    }

    async fn follow(&self) -> Result<(), SessionEnd> {
        let connection = self.link.connection();
        let probes = self.link.names.probes.clone();
        let mut probes = self.link.client.subscribe(probes).await.map_err(interrupted)?;
        self.wait_while_contradicted(&mut probes).await?;
        let stream = self.join().await?;
        // A cluster that has just lost a server takes a while to create a consumer.
        let mut consuming = pin!(consume(&stream, self.log.head().position + 1));
        let mut messages = loop {
            tokio::select! {
                messages = &mut consuming => break messages?,
                probe = probes.next() => self.answer_probes(probe, &mut probes, &connection).await?,
            }
        };
        let mut group = Group::starting_after(self.log.head().position, self.last_time()?);
        let mut ticks = tokio::time::interval(ANNOUNCEMENT_INTERVAL);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut last_message = Instant::now();
        loop {
            tokio::select! {
                _ = ticks.tick() => {
                    self.compare_roots().await?;
                    self.announce().await;
                    if group.waits_in_vain() {
                        self.end_incomplete_commit(group.reached()).await;
                    }
                    if last_message.elapsed() > CONSUMER_SILENCE_MAX {
                        self.check_consumer(&stream, group.reached()).await?;
                        last_message = Instant::now();
                    }
                    continue;
                }
                probe = probes.next() => {
                    self.answer_probes(probe, &mut probes, &connection).await?;
                    continue;
                }
                message = messages.next() => {
                    last_message = Instant::now();
                    group.receive(self.link, message)?;
                }
            }
            while !group.is_full() {
                match messages.next().now_or_never() {
                    Some(message) => group.receive(self.link, message)?,
                    None => break,
                }
            }
            self.check_connection(&connection)?;
            let records = group.take_complete_commits();
            if !records.is_empty() {
                self.keep_keys(&records).await?;
                self.append(records, &connection, &mut probes).await?;
                self.announce().await;
            }
        }
    }

    /// Publishes a message after a part of a commit with which the stream ends, if it still does: the rest, which has
    /// to stand beside it, cannot come any more, and the part is passed over.
    async fn end_incomplete_commit(&self, position: Position) {
        if self.check_none_ahead(position).is_err() {
            return;
        }
        let names = &self.link.names;
        let id = derived_id(Uuid::NAMESPACE_OID, &["the end of an incomplete commit", &position.to_string()]);
        let stream = StreamName { category: FOREIGN.to_owned(), id };
        let mut headers = HeaderMap::new();
        headers.insert(EXPECTED_SEQUENCE, position.to_string());
        let why = "the commit before this message is not there as a whole";
        tracing::warn!(
            ledger = self.name,
            position,
            "the stream ends with a part of a commit; its rest is not awaited"
        );
        let published =
            self.link.client.publish_with_headers(names.subject(&stream), headers, why.into()).await;
        if let Err(error) = published {
            tracing::debug!(ledger = self.name, %error, "publishing a message failed");
        }
    }

    /// Checks that the session still has the connection with which it joined the stream: what was received before may
    /// have been lost by the server, and a confirmation over a new connection would be withdrawn a moment later.
    fn check_connection(&self, joined_over: &Connection) -> Result<(), SessionEnd> {
        match self.link.connection() == *joined_over {
            true => Ok(()),
            false => Err(SessionEnd::Interrupted("the connection was lost".into())),
        }
    }

    /// The time of the log's last record, in microseconds since 1970.
    fn last_time(&self) -> Result<Option<i64>, SessionEnd> {
        let last = self.log.read(self.log.head().position.saturating_sub(1), 1);
        let last = last.map_err(|error| LedgerError::Log(error.to_string()))?;
        Ok(last.last().map(|record| record.time_micros))
    }

    /// Keeps the keys with which records are sealed, and heeds the erasures among them: no ledger has the record that
    /// the key of an erasure was destroyed, and still has the key.
    async fn keep_keys(&self, records: &[OrderedRecord]) -> Result<(), SessionEnd> {
        let keys = &self.link.keys;
        let mut sealed_with = BTreeSet::new();
        for record in records {
            sealed_with.extend(key_ids(&record.payload));
            if record.stream.starts_with(Erasures::CATEGORY)
                && let Ok(record) = payload::decode(record.position, &record.stream, &record.payload)
            {
                keys.observe(&record);
                keys.destroy_here().await?;
            }
        }
        Ok(keys.keep(sealed_with).await?)
    }

    /// Appends records to the log. While its disk is nearly full, it waits for space, and stays in touch.
    async fn append(
        &self,
        records: Vec<OrderedRecord>,
        connection: &Connection,
        probes: &mut Subscriber,
    ) -> Result<(), SessionEnd> {
        loop {
            match self.log.append_ordered(records.clone()).await {
                Ok(_) => return Ok(()),
                Err(event_log::AppendError::ReadOnly { .. }) => {}
                Err(error) => return Err(LedgerError::Log(error.to_string()).into()),
            }
            self.announce().await;
            tokio::select! {
                probe = probes.next() => self.answer_probes(probe, probes, connection).await?,
                () = tokio::time::sleep(ANNOUNCEMENT_INTERVAL) => {}
            }
            self.check_connection(connection)?;
        }
    }

    /// Verifies that the stream belongs to the log, restores its tail if it was lost, and starts a session.
    async fn join(&self) -> Result<stream::Stream, SessionEnd> {
        let stream = self.verified_stream().await?;
        let created = stream.cached_info().created.unix_timestamp_nanos();
        let head = self.log.head().position;
        let end = stream.cached_info().state.last_sequence;
        let bound = self.bound_stream()?;
        if bound.is_none() && end == 0 && head > 0 {
            return Err(LedgerError::StreamEmpty { head }.into());
        }
        self.check_same_record(&stream, head.min(end)).await?;
        self.check_none_ahead(end.max(head))?;
        self.link.keys.put_back().await?;
        if end < head {
            self.restore_tail(end, head).await?;
        }
        if bound.is_none() {
            binding::write(self.log.dir(), created).map_err(file_error)?;
        }
        self.session.store(rand::random::<u64>().max(1), Ordering::SeqCst);
        Ok(stream)
    }

    /// Returns the stream if it is the one that the log follows and has no gaps.
    async fn verified_stream(&self) -> Result<stream::Stream, SessionEnd> {
        let stream = self.find_stream().await?;
        let found = stream.cached_info().created.unix_timestamp_nanos();
        let bound = self.bound_stream()?;
        let expected = bound.unwrap_or_else(|| self.link.ledgers.stream_created());
        if found != expected {
            return Err(LedgerError::StreamReplaced { found, expected }.into());
        }
        let state = &stream.cached_info().state;
        if state.messages != state.last_sequence {
            let missing = state.last_sequence - state.messages;
            let what = format!("the stream has lost {missing} of its messages up to here");
            return Err(
                LedgerError::Damaged(ReadError::Damaged { position: state.last_sequence, what }).into()
            );
        }
        Ok(stream)
    }

    /// The creation time of the stream that the log follows; an empty log follows any.
    fn bound_stream(&self) -> Result<Option<i128>, SessionEnd> {
        match self.log.head().position {
            0 => Ok(None),
            _ => Ok(binding::read(self.log.dir()).map_err(file_error)?),
        }
    }

    /// Returns the stream if it exists; retries, because a broker that is just starting may not know it yet.
    async fn find_stream(&self) -> Result<stream::Stream, SessionEnd> {
        let name = &self.link.names.stream;
        let deadline = Instant::now() + CONSUMER_SILENCE_MAX;
        loop {
            match self.link.context.get_stream(name).await {
                Ok(stream) => return Ok(stream),
                Err(error) if !is_not_found(&error) => return Err(interrupted(error)),
                Err(_) if Instant::now() >= deadline => {
                    return Err(LedgerError::StreamMissing { stream: name.clone() }.into());
                }
                Err(_) => tokio::time::sleep(RETRY_PAUSE_MAX).await,
            }
        }
    }

    /// Checks that stream and log have the same record at a position.
    async fn check_same_record(&self, stream: &stream::Stream, position: Position) -> Result<(), SessionEnd> {
        if position == 0 {
            return Ok(());
        }
        let message = stream.get_raw_message(position).await.map_err(interrupted)?;
        let logged = self.log.read(position - 1, 1).map_err(|error| LedgerError::Log(error.to_string()))?;
        let (subject, headers, payload) = (message.subject.as_str(), &message.headers, &message.payload);
        let received = Received { position, subject, headers, payload };
        let same = logged.first().is_some_and(|logged| received.is(&self.link.names, logged));
        if same { Ok(()) } else { Err(LedgerError::Diverged { position }.into()) }
    }

    /// Checks that no other ledger has more records than are here. Such a ledger must restore them to the stream
    /// first, before other records are assigned their positions.
    fn check_none_ahead(&self, here: Position) -> Result<(), SessionEnd> {
        let highest = self.link.ledgers.highest();
        if highest <= here {
            return Ok(());
        }
        Err(SessionEnd::Interrupted(format!(
            "another ledger has everything up to position {highest}, stream and log only up to {here}; waiting for it to restore the rest"
        )))
    }

    async fn restore_tail(&self, end: Position, head: Position) -> Result<(), SessionEnd> {
        tracing::warn!(
            ledger = self.name,
            stream_ends = end,
            log_ends = head,
            "the stream has lost its tail; restoring it from the log"
        );
        let names = &self.link.names;
        let subject = |stream: &str| names.subject_of(stream);
        restore_tail::restore_tail(&self.link.client, names, &self.log, (end, head), subject, |_| {})
            .await
            .map_err(|fault| match fault {
                RestoreTailError::Log(reason) => LedgerError::Log(reason).into(),
                RestoreTailError::InvalidRecord(error) => error.into(),
                fault => interrupted(fault),
            })
    }

    /// Verifies the stream once for all pending probes, and replies to them with the head.
    async fn answer_probes(
        &self,
        first: Option<Message>,
        more: &mut Subscriber,
        connection: &Connection,
    ) -> Result<(), SessionEnd> {
        let probes = pending(first, more)?;
        self.check_connection(connection)?;
        let stream = self.verified_stream().await?;
        let (head, end) = (self.log.head().position, stream.cached_info().state.last_sequence);
        if end < head {
            return Err(SessionEnd::Interrupted(format!(
                "the stream ends at position {end}, the log at {head}"
            )));
        }
        self.check_same_record(&stream, head).await?;
        self.check_none_ahead(end)?;
        let mut replies = Vec::new();
        for Probe { reply, witness } in probes {
            let judgement = match &witness {
                Some(witness) => judge(self.link, &self.log, &stream, witness).await?,
                None => Judgement::Agrees,
            };
            match judgement {
                Judgement::Agrees => replies.extend(reply),
                Judgement::Outdated(why) => self.refuse(reply, &why).await,
                Judgement::Contradicts(contradiction) => {
                    self.refuse(reply, &contradiction.refusal()).await;
                    self.heed(witness, contradiction).await?;
                }
            }
        }
        for reply in replies {
            self.publish_head(reply, self.log.head().position, self.log.head().root).await;
        }
        Ok(())
    }

    /// Reports a contradiction that was accepted in advance, or stops following the stream.
    async fn heed(&self, witness: Option<Witness>, contradiction: Contradiction) -> Result<(), SessionEnd> {
        if let Some(accept) = &self.accept {
            // Nobody listens any more when the process ends.
            let _ = accept.send(contradiction);
            return Ok(());
        }
        tracing::error!(ledger = self.name, "the ledger refuses this history: {}", contradiction.refusal());
        // For those to whom it has confirmed the stream.
        let everybody = self.link.names.announcements.clone().into();
        self.refuse(Some(everybody), &contradiction.refusal()).await;
        *self.contradicting.lock().unwrap_or_else(PoisonError::into_inner) = witness;
        Err(SessionEnd::Interrupted(contradiction.what))
    }

    /// Refuses all probes for as long as a witness contradicts the stream.
    async fn wait_while_contradicted(&self, probes: &mut Subscriber) -> Result<(), SessionEnd> {
        loop {
            let witness = self.contradicting.lock().unwrap_or_else(PoisonError::into_inner).clone();
            let Some(witness) = witness else { return Ok(()) };
            let stream = self.find_stream().await?;
            let Judgement::Contradicts(contradiction) =
                judge(self.link, &self.log, &stream, &witness).await?
            else {
                tracing::info!(
                    ledger = self.name,
                    witness = witness.name,
                    "the history has what is known of it"
                );
                *self.contradicting.lock().unwrap_or_else(PoisonError::into_inner) = None;
                return Ok(());
            };
            let review = Instant::now() + CONTRADICTION_REVIEW_INTERVAL;
            while let Ok(probe) = tokio::time::timeout_at(review, probes.next()).await {
                for probe in pending(probe, probes)? {
                    self.refuse(probe.reply, &contradiction.refusal()).await;
                }
            }
        }
    }

    async fn refuse(&self, reply: Option<Subject>, why: &str) {
        if let Some(reply) = reply {
            self.publish(reply, format!("{REFUSED}{why}").into()).await;
        }
    }

    /// Tells the other ledgers what this log knows, when the stream is not the one that it followed. What is in the
    /// log of a ledger that commits alone is committed.
    async fn testify(&self, error: &LedgerError) {
        let replaced = matches!(error, LedgerError::StreamReplaced { .. } | LedgerError::Diverged { .. });
        let head = self.log.head().position;
        if !replaced || head == 0 || !self.link.ledgers.one_commits() {
            return;
        }
        let Ok(last) = self.log.read(head - 1, 1) else { return };
        let Some(last) = last.first() else { return };
        let witness = Witness {
            position: head,
            command_id: last.command_id,
            accepted: acceptances(&self.log)
                .unwrap_or_default()
                .iter()
                .map(|found| found.command_id)
                .collect(),
            is_live: false,
            name: format!("the ledger {} with the log in {}", self.name, self.log.dir().display()),
        };
        self.publish(self.link.names.probes.clone().into(), witness.to_text().into()).await;
        if let Err(error) = self.link.client.flush().await {
            tracing::debug!(ledger = self.name, %error, "telling the other ledgers failed");
        }
    }

    async fn announce(&self) {
        let head = self.log.head();
        self.publish_head(self.link.names.announcements.clone().into(), head.position, head.root).await;
    }

    async fn publish_head(&self, subject: Subject, position: Position, root: Hash) {
        let session = self.session.load(Ordering::SeqCst);
        if session == 0 {
            return;
        }
        let created = self.link.ledgers.stream_created();
        let (ledger, name) = (self.id, self.name.to_owned());
        let shortage = match self.log.state() {
            State::ReadOnly { free_bytes, reserve_bytes } => Some(Shortage { free_bytes, reserve_bytes }),
            State::Writable | State::Failed(_) => None,
        };
        let announcement = Announcement { position, created, session, ledger, root, shortage, name };
        self.publish(subject, announcement.to_text().into()).await;
    }

    async fn publish(&self, subject: Subject, text: Bytes) {
        if let Err(error) = self.link.client.publish(subject, text).await {
            tracing::debug!(ledger = self.name, %error, "publishing a message failed");
        }
    }

    /// Compares roots with the other ledgers, except those that are ahead, which compare with this one. If roots
    /// differ, neither ledger may commit anything more.
    async fn compare_roots(&self) -> Result<(), SessionEnd> {
        let (own, head) = (self.id, self.log.head().position);
        for other in self.link.ledgers.others(own) {
            if other.position > head {
                continue;
            }
            let root =
                self.log.root_at(other.position).map_err(|error| LedgerError::Log(error.to_string()))?;
            if root == other.root {
                continue;
            }
            // Announced so that the other ledger and all processes learn of it as well.
            self.publish_head(self.link.names.announcements.clone().into(), other.position, root).await;
            return Err(self.raise_alarm(&other, root).into());
        }
        match self.link.ledgers.dispute_of(own) {
            Some((root, other)) => Err(self.raise_alarm(&other, root).into()),
            None => Ok(()),
        }
    }

    fn raise_alarm(&self, other: &Announcement, root: Hash) -> LedgerError {
        let what = format!(
            "two ledgers have different histories: up to position {} the root of {} ({}) is {}, that of {} ({}) is {}",
            other.position,
            self.name,
            self.id,
            hex::encode(&root),
            other.name,
            other.ledger,
            hex::encode(&other.root),
        );
        if let Err(fault) = binding::raise(self.log.dir(), &what) {
            tracing::error!(%fault, "writing the alarm file failed");
        }
        match binding::alarm(self.log.dir()) {
            Ok(Some((what, file))) => LedgerError::Disputed { what, file },
            _ => LedgerError::Disputed { what, file: "the alarm file".into() },
        }
    }

    /// Checks that a silent consumer has not missed records; it may stop delivering without an error.
    async fn check_consumer(&self, stream: &stream::Stream, reached: Position) -> Result<(), SessionEnd> {
        let end = stream.get_info().await.map_err(interrupted)?.state.last_sequence;
        if end == reached {
            return Ok(());
        }
        Err(SessionEnd::Interrupted(format!(
            "the consumer has delivered nothing after position {reached}, although the stream ends at {end}"
        )))
    }
}

/// A probe, and those that have come meanwhile.
fn pending(first: Option<Message>, more: &mut Subscriber) -> Result<Vec<Probe>, SessionEnd> {
    let Some(first) = first else {
        return Err(SessionEnd::Interrupted("the subscription to probes ended".into()));
    };
    let mut probes = vec![Probe::of(first)];
    while let Some(Some(probe)) = more.next().now_or_never() {
        probes.push(Probe::of(probe));
    }
    Ok(probes)
}

impl From<KeyError> for LedgerError {
    fn from(error: KeyError) -> Self {
        match error {
            KeyError::Broker(_) => LedgerError::Damaged(ReadError::Unavailable(error.to_string())),
            KeyError::Folder { .. } => LedgerError::Log(error.to_string()),
        }
    }
}

impl From<JudgeError> for SessionEnd {
    fn from(error: JudgeError) -> Self {
        match error {
            JudgeError::Broker(reason) => SessionEnd::Interrupted(reason),
            JudgeError::Log(reason) => SessionEnd::Failed(LedgerError::Log(reason)),
        }
    }
}

fn interrupted(error: impl std::fmt::Display) -> SessionEnd {
    SessionEnd::Interrupted(error.to_string())
}

/// A file next to the log could not be read or written.
fn file_error(fault: std::io::Error) -> LedgerError {
    LedgerError::Log(fault.to_string())
}
