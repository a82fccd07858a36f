//! The journal: a single total order of all records, shared by all services.
//!
//! [`Journal`] is the contract. It has two implementations, and [`conformance`] tests both against it:
//! [`embedded`] uses the event log directly; [`nats`] orders records with JetStream and stores them durably in
//! the event logs of ledgers. [`payload`] defines how a write is encoded as a record, the same for both.

use crate::duty::Duty;
use crate::personal::Keys;
use async_trait::async_trait;
use domain::{StreamName, Timestamp};
use futures::Stream;
use futures::stream::BoxStream;
use proto::record::Envelope;
use std::collections::BTreeSet;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::sync::watch;
use uuid::Uuid;

pub mod backoff;
mod conflict;
pub mod conformance;
pub mod duty;
pub mod embedded;
pub mod frozen;
mod latest_time;
pub mod limits;
pub mod nats;
pub mod payload;
pub mod personal;
pub mod witness;

/// Position of a record in the journal: contiguous, starting at 1, the same in every service. 0 means before
/// the first record.
pub type Position = u64;

/// The events that a commit adds to one stream; becomes one record.
#[derive(Debug, Clone, PartialEq)]
pub struct Write {
    /// Stream written to. A stream may occur only once in a commit.
    pub stream: StreamName,
    /// Expected position of the stream's last record; 0 means that the stream must not exist.
    pub expected: Position,
    /// The events, in order; at least one.
    pub events: Vec<prost_types::Any>,
}

/// A set of writes that are appended atomically.
#[derive(Debug, Clone, PartialEq)]
pub struct Commit {
    /// Metadata of the commit; the journal sets `part` and `parts`.
    pub envelope: Envelope,
    /// The writes; their records get consecutive positions in this order.
    pub writes: Vec<Write>,
}

/// A record of the journal.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    /// Position in the journal.
    pub position: Position,
    /// Stream that the record belongs to.
    pub stream: StreamName,
    /// Metadata of its commit, with the record's part in it.
    pub envelope: Envelope,
    /// The events, in order.
    pub events: Vec<prost_types::Any>,
}

impl Record {
    /// Returns the position of the last record of its commit.
    pub fn commit_end(&self) -> Position {
        self.position + u64::from(self.envelope.parts.saturating_sub(self.envelope.part))
    }
}

/// Selects the records of a subscription.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Filter {
    /// All records.
    All,
    /// Records of streams in these categories, such as `scheduling.session`.
    Categories(Vec<String>),
    /// Records of one stream.
    Stream(StreamName),
}

impl Filter {
    /// Returns whether records of this stream match.
    pub fn matches(&self, stream: &StreamName) -> bool {
        match self {
            Filter::All => true,
            Filter::Categories(categories) => categories.contains(&stream.category),
            Filter::Stream(name) => name == stream,
        }
    }

    /// Returns the distinct categories, in order; `None` if it does not filter by category.
    fn categories(&self) -> Option<BTreeSet<&str>> {
        match self {
            Filter::Categories(categories) => Some(categories.iter().map(String::as_str).collect()),
            _ => None,
        }
    }
}

/// Why a commit was not appended. Unless stated otherwise, nothing was written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AppendError {
    /// A stream's last record is not at the expected position. Read the new records and decide again.
    #[error("the last record of stream {stream} is no longer at position {expected}")]
    Conflict {
        /// The stream; with several writes, the first one found to have changed.
        stream: StreamName,
        /// The position that the commit expected.
        expected: Position,
    },
    /// This very commit was appended before, as after a lost reply, or by another process that got the same command. It
    /// may have been decided with other events then, and there may be more after it: read the stream.
    #[error("the commit is at position {0} already")]
    AppendedBefore(Position),
    /// A record, or the commit as a whole, exceeds the size limit.
    #[error("the size of {bytes} bytes exceeds the limit of {max}")]
    TooLarge {
        /// Actual size, in bytes.
        bytes: usize,
        /// Allowed size, in bytes.
        max: usize,
    },
    /// The commit is not well-formed: it has no writes or too many, a write without events, an invalid stream
    /// name, or the same stream twice.
    #[error("{0}")]
    Malformed(String),
    /// The stream already contains the command id, with another command digest.
    #[error("command id {0} was used before for another command")]
    Reused(Uuid),
    /// The journal cannot be reached or does not accept commits at the moment. Whether the commit was written is
    /// unknown; appending it again, unchanged, is safe and tells the outcome.
    #[error("the journal is unavailable: {0}")]
    Unavailable(String),
    /// The disk is nearly full, and the log is read-only until space is freed.
    #[error("{0}")]
    Full(String),
    /// The journal has lost or changed committed records. An operator must intervene; retrying does not help.
    #[error("the journal is damaged: {0}")]
    Damaged(String),
}

/// Why nothing can be committed at the moment, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Obstacle {
    /// There is no connection to the broker.
    #[error(
        "the connection to NATS at {address} is lost ({cause}); check that nats-server runs there and can be reached"
    )]
    Disconnected {
        /// The addresses of the broker.
        address: String,
        /// Why it was not established again so far.
        cause: String,
    },
    /// Too few ledgers confirm that they follow the journal.
    #[error(
        "{confirming} of the {needed} ledgers that must have a record confirm any; start 'huishang serve ledger', or \
         check that the ledgers that run reach the broker"
    )]
    NoLedger {
        /// Ledgers that do.
        confirming: usize,
        /// Ledgers that must.
        needed: usize,
    },
    /// The disk of a ledger whose confirmation is needed is nearly full.
    #[error("{0}")]
    ReadOnly(String),
}

/// Why a read failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// The journal cannot be reached.
    #[error("the journal cannot be read: {0}")]
    Unavailable(String),
    /// The journal is damaged at this position: a gap, a position out of order, an incomplete commit, or bytes
    /// that are not a record. No record after it is returned.
    #[error("the journal is damaged at position {position}: {what}")]
    Damaged {
        /// Position of the damage.
        position: Position,
        /// Description of the damage.
        what: String,
    },
}

/// The journal was closed while the caller waited for it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the journal was closed")]
pub struct Closed;

/// A totally ordered log of commits with optimistic concurrency control and subscriptions.
///
/// # Ordered and committed
///
/// A record is *ordered* once it has a position. It is *committed* once it is durable in the event logs of as
/// many ledgers as the deployment requires. Records are committed in the order of their positions, so a
/// decision based on a record that is ordered but not yet committed can itself be committed only after that
/// record. A command must not be acknowledged before its records are committed.
///
/// # Guarantees
///
/// - Positions are contiguous, starting at 1. The records of a commit have consecutive positions.
/// - A commit is atomic, whatever fails: either all of its records are in the journal or none is.
/// - Of several commits that expect the same position of a stream, at most one is appended.
/// - Appending is idempotent without a time limit: a commit that is appended again returns its first result,
///   because its records contain the command id.
///
/// # Personal values
///
/// What the protos mark as personal is sealed before it leaves the process, with keys that are not in the journal, and
/// opened when it is read. What was sealed with a key that was destroyed is read as a pseudonym; see [`personal`].
///
/// # Crashes
///
/// A crash of services, brokers or ledgers loses no committed record, as long as the disks of its ledgers
/// survive. A record that was ordered but not committed may be lost, and its position may then be assigned to
/// another record. Waiters detect this by [`Journal::epoch`]; appending the same commit again is safe and
/// returns its actual position.
#[async_trait]
pub trait Journal: Send + Sync + 'static {
    /// Orders a commit and returns the position of its last record. `Ok` means that the commit is ordered; use
    /// [`Journal::wait_committed`] to wait until it is committed.
    ///
    /// On a conflict, each stream is searched after the write's expected position for a record with the commit's
    /// command id, so that a retry after a lost reply finds the first result. Records up to the expected position are
    /// not searched; the caller has read them and must check them itself.
    ///
    /// # Errors
    ///
    /// - [`AppendError::Conflict`] if a stream's last record is not at the expected position;
    /// - [`AppendError::AppendedBefore`] if that is because this commit was appended before;
    /// - [`AppendError::Reused`] if the command id is found with another command digest;
    /// - [`AppendError::Malformed`], [`AppendError::TooLarge`] and [`AppendError::Full`] if the commit, or any
    ///   commit at the moment, cannot be accepted;
    /// - [`AppendError::Unavailable`] if the outcome is unknown;
    /// - [`AppendError::Damaged`] if the journal has lost committed records.
    async fn append(&self, commit: Commit) -> Result<Position, AppendError>;

    /// Reads the records of one stream after position `after`, in order, including every record that was ordered
    /// before the call. Meant for decisions: the last records may not be committed yet.
    async fn read(&self, stream: &StreamName, after: Position) -> Result<Vec<Record>, ReadError>;

    /// Subscribes to the committed records after position `after` that match the filter: first the existing ones,
    /// then new ones as they are committed, in order, each exactly once. The subscription survives restarts of
    /// the broker, and one that nobody polls holds up no other. It ends with an error if the journal is damaged, and
    /// without one if the journal is closed.
    async fn subscribe(&self, after: Position, filter: Filter) -> Result<Subscription, ReadError>;

    /// Watches the last committed position, which never moves back.
    fn committed(&self) -> watch::Receiver<Position>;

    /// The keys with which personal values are sealed.
    fn keys(&self) -> &Keys;

    /// Returns a number that changes whenever records that were ordered but not committed may have been lost, and
    /// does so before [`Journal::committed`] advances again; and whenever personal values were erased, so that what was
    /// read before is to be read again.
    ///
    /// A caller that waits for a position to be committed must compare the epoch with the one from before the
    /// position was returned by [`Journal::append`]. If it has changed, another record may be at the position;
    /// appending the same commit again tells the actual one.
    fn epoch(&self) -> u64 {
        self.keys().generation()
    }

    /// The later of what a clock shows and the time of the last record that this journal has appended or read, with a
    /// warning when the clock is slow. A command is decided, and recorded, at that time: no record of a stream is
    /// earlier than the one before it.
    fn corrected(&self, clock: Timestamp) -> Timestamp {
        clock
    }

    /// By how much the last record that this journal has appended or read is later than a clock shows; zero when it is
    /// not.
    fn lead_over(&self, _clock: Timestamp) -> Duration {
        Duration::ZERO
    }

    /// Returns what keeps records from being committed at the moment, as far as that is known here.
    fn obstacle(&self) -> Option<Obstacle> {
        None
    }

    /// Asks for the last position that has a record, committed or not.
    async fn head(&self) -> Result<Position, ReadError> {
        Ok(*self.committed().borrow())
    }

    /// Waits until this process has a [duty], which one process of the realm has at a time. `holder` stays the same when
    /// the process is started again; `note` is for whoever has the duty next.
    async fn claim(&self, _duty: &'static str, _holder: Uuid, _note: String) -> Duty {
        Duty::sole()
    }

    /// Waits until the position is committed, without a timeout. Fails if the journal is closed.
    async fn wait_committed(&self, position: Position) -> Result<(), Closed> {
        let mut committed = self.committed();
        match committed.wait_for(|&reached| reached >= position).await {
            Ok(_) => Ok(()),
            Err(_) => Err(Closed),
        }
    }
}

/// A stream of committed records; see [`Journal::subscribe`]. Records are shared between subscriptions. Dropping
/// it unsubscribes.
pub struct Subscription {
    records: BoxStream<'static, Result<Arc<Record>, ReadError>>,
}

impl Subscription {
    /// Wraps the stream of a journal implementation.
    pub fn new(records: impl Stream<Item = Result<Arc<Record>, ReadError>> + Send + 'static) -> Subscription {
        Subscription { records: Box::pin(records) }
    }
}

impl Stream for Subscription {
    type Item = Result<Arc<Record>, ReadError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.records.as_mut().poll_next(cx)
    }
}

impl fmt::Debug for Subscription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Subscription")
    }
}
