//! The distributed journal: JetStream orders the records, ledgers store them durably.
//!
//! Each record is a message in the realm's stream, and its position is the message's sequence number. JetStream
//! may lose acknowledged messages in a power cut, so a record counts as committed only once the ledgers
//! ([`run_ledger`]) have it durably in their event logs. Ledgers announce their heads on the core NATS subject
//! `huishang.<realm>.committed`, and before that send the records on `huishang.<realm>.feed`, for those who follow them.
//!
//! A broker may restart with fewer messages, with an older copy of the stream, or with none. Therefore, after
//! every (re)connection, a process appends and reads only once a ledger has confirmed, in reply to this
//! process's probe, that the stream contains everything in the ledger's log ([`readiness`]). Announcements of a
//! ledger that has not confirmed this are ignored, and callers waiting for a record learn from
//! [`Journal::epoch`] that it may have been lost.
//!
//! JetStream's message ids are not used for deduplication: their window ends after minutes, and whether a
//! repeat is reported as a duplicate or as a conflict depends on the number of replicas. Expected positions and
//! the command ids in the records serve the same purpose without a time limit.

mod addresses;
mod announcement;
mod append;
mod commits;
mod diagnosis;
mod direct;
mod duty;
mod feed;
pub(crate) mod keys;
mod ledger;
mod message;
mod nkey;
mod read;
mod readiness;
mod received;
pub mod repair;
mod setup;
mod subscribe;
mod watermark;
mod witnesses;

pub use diagnosis::{Diagnosis, KeysStream, diagnose};
pub use ledger::{LedgerError, run_ledger};
pub use setup::{Config, ConnectError};
pub use witnesses::Contradiction;

use crate::duty::Duty;
use crate::latest_time::LatestTime;
use crate::personal::Keys;
use crate::{AppendError, Commit, Filter, Journal, Obstacle, Position, ReadError, Record, Subscription};
use async_nats::connection::State;
use async_nats::jetstream;
use async_trait::async_trait;
use domain::{StreamName, Timestamp, Uuid};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;
use tokio::sync::{Semaphore, watch};
use tokio_util::task::AbortOnDropHandle;
use witnesses::Known;

/// The journal on NATS JetStream. Cheap to clone.
#[derive(Clone)]
pub struct NatsJournal {
    link: Arc<Link>,
    _watermark: Arc<AbortOnDropHandle<()>>,
}

/// The connection, and what is known about the stream.
struct Link {
    client: async_nats::Client,
    context: jetstream::Context,
    names: message::Names,
    replicas: usize,
    /// Its addresses, as they may be shown.
    address: String,
    events: Arc<setup::ConnectionEvents>,
    ledgers: Arc<watermark::LedgerRegistry>,
    /// What this process knows of the history.
    known: Arc<Known>,
    /// The connection epoch and the registry's epoch in which the stream was last found to match the ledgers.
    verified_epochs: [AtomicU64; 2],
    batch_permits: Semaphore,
    committed: watch::Receiver<Position>,
    latest: LatestTime,
    keys: Keys,
}

impl NatsJournal {
    /// Connects, creates the realm's stream if there is none, and subscribes to the ledgers' announcements.
    /// Retries for [`CONNECT_TIMEOUT`](crate::limits::CONNECT_TIMEOUT); once connected, it reconnects by itself
    /// indefinitely.
    pub async fn connect(config: Config) -> Result<NatsJournal, ConnectError> {
        setup::connect(config).await
    }

    /// Returns the last position of the stream, committed or not.
    pub async fn last_position(&self) -> Result<Position, ReadError> {
        let stream = self.link.context.get_stream(&self.link.names.stream).await;
        let stream = stream.map_err(|error| ReadError::Unavailable(error.to_string()))?;
        Ok(stream.cached_info().state.last_sequence)
    }
}

impl Link {
    fn connection_epoch(&self) -> u64 {
        self.events.epoch()
    }

    fn obstacle(&self) -> Option<Obstacle> {
        if self.client.connection_state() == State::Connected {
            return self.ledgers.obstacle(&self.client);
        }
        Some(Obstacle::Disconnected { address: self.address.clone(), cause: self.events.last_failure() })
    }

    /// What a caller is told who has waited in vain: what is known to be wrong, or else what failed last.
    fn explain(&self, failure: String) -> String {
        self.obstacle().map_or(failure, |obstacle| obstacle.to_string())
    }

    fn connection(&self) -> watermark::Connection {
        watermark::Connection::of(&self.client)
    }
}

#[async_trait]
impl Journal for NatsJournal {
    async fn append(&self, mut commit: Commit) -> Result<Position, AppendError> {
        // What a commit follows in its streams was appended or read here.
        let time = self.link.latest.not_before(commit.envelope.time);
        commit.envelope.time = time;
        let appended = append::append(self, commit).await;
        if appended.is_ok() {
            self.link.latest.saw(time);
        }
        appended
    }

    async fn read(&self, stream: &StreamName, after: Position) -> Result<Vec<Record>, ReadError> {
        let records = read::read(&self.link, stream, after).await?;
        records.iter().for_each(|record| self.link.latest.saw(record.envelope.time));
        Ok(records)
    }

    async fn subscribe(&self, after: Position, filter: Filter) -> Result<Subscription, ReadError> {
        Ok(subscribe::subscribe(self.clone(), after, filter))
    }

    fn committed(&self) -> watch::Receiver<Position> {
        self.link.committed.clone()
    }

    async fn head(&self) -> Result<Position, ReadError> {
        self.last_position().await
    }

    fn keys(&self) -> &Keys {
        &self.link.keys
    }

    fn epoch(&self) -> u64 {
        // Neither of the two ever falls.
        self.link.ledgers.epoch() + self.link.keys.generation()
    }

    fn corrected(&self, clock: Timestamp) -> Timestamp {
        self.link.latest.corrected(clock)
    }

    fn lead_over(&self, clock: Timestamp) -> Duration {
        self.link.latest.lead_over(clock)
    }

    fn obstacle(&self) -> Option<Obstacle> {
        self.link.obstacle()
    }

    async fn claim(&self, duty: &'static str, holder: Uuid, note: String) -> Duty {
        duty::claim(self.link.clone(), duty, holder, note).await
    }
}
