//! A ledger on NATS: follows the stream, appends its records to an event log and announces the log's head.

mod announcing;
pub(super) mod binding;
mod end;
mod follow;
mod joining;
mod probes;
pub(super) mod restore_tail;

use super::feed::FeedKey;
use super::message::EXPECTED_SEQUENCE;
use super::received::FOREIGN;
use super::watermark::Connection;
use super::witnesses::Contradiction;
use super::{Link, NatsJournal};
use crate::backoff::Backoff;
use crate::embedded::read_whole_stream;
use crate::limits::{ANNOUNCEMENT_INTERVAL, CONSUMER_SILENCE_MAX, RETRY_PAUSE_MAX, RETRY_PAUSE_MIN};
use crate::personal::key_ids;
use crate::witness::Witness;
use crate::{Position, payload};
use async_nats::{HeaderMap, Subscriber, connection};
use domain::aggregate::derived_id;
use domain::ledger::erasure::Erasures;
use domain::{Aggregate as _, StreamName, Uuid};
pub use end::LedgerError;
use end::{SessionEnd, file_error, interrupted};
use event_log::{EventLog, OrderedRecord};
use follow::{Group, consume};
use futures::{FutureExt as _, StreamExt as _};
use std::collections::BTreeSet;
use std::pin::pin;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::sync::mpsc::UnboundedSender;
use tokio::time::{Instant, MissedTickBehavior};
use tokio_util::sync::CancellationToken;

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
    let (link, feed_key) = (&*journal.link, FeedKey::generate());
    let ledger = Ledger { link, log, id, name, accept, contradicting, stop, session, feed_key };
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
    /// With what it vouches for the records that it sends.
    feed_key: FeedKey,
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
                self.append(&records, &connection, &mut probes).await?;
                self.send(&records).await;
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
        records: &[OrderedRecord],
        connection: &Connection,
        probes: &mut Subscriber,
    ) -> Result<(), SessionEnd> {
        loop {
            match self.log.append_ordered(records.to_vec()).await {
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
}
