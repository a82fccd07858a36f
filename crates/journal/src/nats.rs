//! The journal that JetStream orders and ledgers keep.
//!
//! A write is one message in the realm's stream, its position the message's sequence. JetStream gives
//! the order; what it acknowledged may be lost with the power, so a record counts as committed only
//! when [`run_ledger`] somewhere has it, flushed, in an event log. Ledgers announce how far they are on
//! the core subject `huishang.<realm>.committed`.
//!
//! A broker may come back with less than it had, with an older copy, or with nothing. So after each
//! connection a process appends and reads only once a ledger has seen, at its request, that the stream
//! has all that the ledger's log has ([`standing`]); what is said by a ledger that was not asked counts
//! for nothing; and whoever waits for a record learns by [`Journal::tenure`] that it may have been lost.
//!
//! Message ids of JetStream are not used: their window ends after minutes, and a repeat is a conflict or
//! a duplicate depending on the replicas. Expected positions and the commit ids in the records do the
//! same for ever.

mod announcement;
mod append;
mod direct;
mod ledger;
mod message;
mod read;
pub mod repair;
mod setup;
mod standing;
mod subscribe;
mod watermark;

pub use ledger::{LedgerError, run_ledger};
pub use setup::{Config, ConnectError};

use crate::{AppendError, Commit, Filter, Journal, Position, ReadError, Record, Subscription};
use async_nats::jetstream;
use async_trait::async_trait;
use domain::StreamName;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::sync::{Semaphore, watch};
use tokio_util::task::AbortOnDropHandle;

/// The journal on NATS JetStream. Cheap to clone.
#[derive(Clone)]
pub struct NatsJournal {
    link: Arc<Link>,
    _watermark: Arc<AbortOnDropHandle<()>>,
}

/// The connection, and what is known of the stream behind it.
struct Link {
    client: async_nats::Client,
    context: jetstream::Context,
    names: message::Names,
    replicas: usize,
    /// Rises whenever the connection goes or comes, or moments later.
    epoch: Arc<AtomicU64>,
    heard: Arc<watermark::Heard>,
    /// The epoch and the tenure in which the stream was last seen to be the ledgers'.
    checked: [AtomicU64; 2],
    batches: Semaphore,
    committed: watch::Receiver<Position>,
}

impl NatsJournal {
    /// Connects, makes the realm's stream when there is none, and listens to the ledgers. It tries
    /// for [`CONNECT_TIMEOUT`](crate::limits::CONNECT_TIMEOUT); once connected, it reconnects by itself
    /// for ever.
    pub async fn connect(config: Config) -> Result<NatsJournal, ConnectError> {
        setup::connect(config).await
    }

    /// The stream's last position, whether committed or not.
    pub async fn last(&self) -> Result<Position, ReadError> {
        let stream = self.link.context.get_stream(&self.link.names.stream).await;
        let stream = stream.map_err(|error| ReadError::Unavailable(error.to_string()))?;
        Ok(stream.cached_info().state.last_sequence)
    }
}

impl Link {
    fn epoch(&self) -> u64 {
        self.epoch.load(Ordering::SeqCst)
    }

    fn connection(&self) -> watermark::Connection {
        watermark::Connection::of(&self.client)
    }
}

#[async_trait]
impl Journal for NatsJournal {
    async fn append(&self, commit: Commit) -> Result<Position, AppendError> {
        append::append(&self.link, commit).await
    }

    async fn read(&self, stream: &StreamName, after: Position) -> Result<Vec<Record>, ReadError> {
        read::read(&self.link, stream, after).await
    }

    async fn subscribe(&self, after: Position, filter: Filter) -> Result<Subscription, ReadError> {
        Ok(subscribe::subscribe(self.clone(), after, filter))
    }

    fn committed(&self) -> watch::Receiver<Position> {
        self.link.committed.clone()
    }

    fn tenure(&self) -> u64 {
        self.link.heard.tenure()
    }
}
