//! The journal: one order for everything that was decided, whoever decided it and wherever.
//!
//! [`Journal`] is the contract. Two providers keep it, and [`conformance`] holds both to it:
//! [`embedded`] is the event log itself, [`nats`] orders with JetStream and lets ledgers keep the log.
//! [`payload`] is how a write becomes the bytes of a record, the same for both.

use async_trait::async_trait;
use domain::StreamName;
use futures::Stream;
use futures::stream::BoxStream;
use proto::record::Envelope;
use std::collections::BTreeSet;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use tokio::sync::watch;
use uuid::Uuid;

pub mod conformance;
pub mod embedded;
pub mod limits;
pub mod nats;
pub mod payload;

/// A record's place in the one order: from 1, contiguous, the same in every service. 0 stands before
/// the first record.
pub type Position = u64;

/// What one decision adds to one stream: becomes one record.
#[derive(Debug, Clone, PartialEq)]
pub struct Write {
    /// Where it goes. A stream occurs once in a commit.
    pub stream: StreamName,
    /// The position that the stream's last record must have; 0: the stream must not exist.
    pub expected: Position,
    /// The events, in order; at least one.
    pub events: Vec<prost_types::Any>,
}

/// Writes that happen together, or not at all.
#[derive(Debug, Clone, PartialEq)]
pub struct Commit {
    /// The circumstances; the journal sets `part` and `parts`.
    pub envelope: Envelope,
    /// What is written; their records take consecutive positions in this order.
    pub writes: Vec<Write>,
}

/// One record of the journal.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    /// Its place.
    pub position: Position,
    /// Its stream.
    pub stream: StreamName,
    /// The circumstances of its commit, with its part in it.
    pub envelope: Envelope,
    /// The events, in order.
    pub events: Vec<prost_types::Any>,
}

impl Record {
    /// The position of the last record of its commit.
    pub fn commit_end(&self) -> Position {
        self.position + u64::from(self.envelope.parts.saturating_sub(self.envelope.part))
    }
}

/// Which records a subscription is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Filter {
    /// All.
    All,
    /// Those of streams of these categories, such as `scheduling.session`.
    Categories(Vec<String>),
    /// Those of one stream.
    Stream(StreamName),
}

impl Filter {
    /// Whether it takes records of this stream.
    pub fn takes(&self, stream: &StreamName) -> bool {
        match self {
            Filter::All => true,
            Filter::Categories(categories) => categories.contains(&stream.category),
            Filter::Stream(name) => name == stream,
        }
    }

    /// The categories without repetition, in order; `None` when it does not filter by category.
    fn categories(&self) -> Option<BTreeSet<&str>> {
        match self {
            Filter::Categories(categories) => Some(categories.iter().map(String::as_str).collect()),
            _ => None,
        }
    }
}

/// Why a commit was not appended.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AppendError {
    /// A stream's last record is not the expected one; nothing was written. Read what is new and
    /// decide again.
    #[error("stream {stream} does not stand at position {expected} any more")]
    Conflict {
        /// The stream. With several writes it is the first one found to have moved.
        stream: StreamName,
        /// What the commit expected.
        expected: Position,
    },
    /// A record, or the commit as a whole, would be larger than the log takes; nothing was written.
    #[error("it would take {bytes} bytes; at most {max} are taken")]
    TooLarge {
        /// What it would take.
        bytes: usize,
        /// The limit.
        max: usize,
    },
    /// The commit contradicts itself: no writes, too many, a write without events, a stream twice.
    #[error("{0}")]
    Malformed(String),
    /// The commit id stands in the stream already, for another command; nothing was written.
    #[error("commit id {0} was used before for another command")]
    Reused(Uuid),
    /// The journal cannot be reached or takes nothing now. Whether the commit was written is not
    /// known; appending it again, unchanged, is safe and tells.
    #[error("the journal takes nothing: {0}")]
    Unavailable(String),
    /// The log refuses to grow while its disk is as full as it is; nothing was written.
    #[error("{0}")]
    Full(String),
    /// The journal is not what it was: it lost or changed records that were committed. Somebody must
    /// look; repeating does not help.
    #[error("the journal is damaged: {0}")]
    Damaged(String),
}

/// Why records could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// The journal cannot be reached.
    #[error("the journal cannot be read: {0}")]
    Unavailable(String),
    /// What stands at the position is not what must stand there: a gap, a step back, half a commit, or
    /// bytes that are no record. Nothing behind it is given out.
    #[error("the journal is damaged at position {position}: {what}")]
    Damaged {
        /// Where.
        position: Position,
        /// What was found.
        what: String,
    },
}

/// The journal has ended while somebody waited for it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the journal was closed")]
pub struct Unavailable;

/// One order for all commits, with optimistic concurrency and fan-out.
///
/// *Ordered* and *committed* are two things. A record is ordered when it has its position; it is
/// committed when it lies, flushed, in the log of as many ledgers as the installation asks for. What
/// is decided on an ordered record stands behind it in the one order, so it is committed only if that
/// is. Callers are answered when committed, and never before.
///
/// - Positions are contiguous from 1. Records of one commit take consecutive positions.
/// - A commit is written whole or not at all, whatever fails.
/// - Of commits that expect the same position of a stream, one wins.
/// - A commit that is appended again gives its first answer, for ever: its id stands in its records.
#[async_trait]
pub trait Journal: Send + Sync + 'static {
    /// Orders a commit and answers with the position of its last record. `Ok` says that it is ordered;
    /// [`Journal::wait_committed`] tells when it is committed.
    ///
    /// On a conflict the journal looks behind each write's expected position for this commit's id, so
    /// that a repeat after a lost answer is told the first answer. What stands up to the expected
    /// position the caller has read, and looks there itself. The same id with another command digest is
    /// [`AppendError::Reused`].
    async fn append(&self, commit: Commit) -> Result<Position, AppendError>;

    /// The records of one stream behind `after`, in order: nothing that was ordered before the call is
    /// missing. It is for deciding: the last of them may not be committed yet.
    async fn read(&self, stream: &StreamName, after: Position) -> Result<Vec<Record>, ReadError>;

    /// Every committed record behind `after` that the filter takes, in order, without gap or repeat:
    /// first the past, then live. It outlives restarts of the broker by itself; it ends with an error
    /// only when the journal is damaged, or when the journal is closed.
    async fn subscribe(&self, after: Position, filter: Filter) -> Result<Subscription, ReadError>;

    /// The last committed position. It only rises.
    fn committed(&self) -> watch::Receiver<Position>;

    /// Changes whenever what was ordered and not yet committed may have been lost, and before
    /// [`Journal::committed`] next rises. Who waits until a position is committed sees whether this
    /// changed since the position was learnt; if so another record may stand there, and appending the
    /// same commit again tells.
    fn tenure(&self) -> u64 {
        0
    }

    /// Waits, without a limit of its own, until the position is committed.
    async fn wait_committed(&self, position: Position) -> Result<(), Unavailable> {
        let mut committed = self.committed();
        match committed.wait_for(|&reached| reached >= position).await {
            Ok(_) => Ok(()),
            Err(_) => Err(Unavailable),
        }
    }
}

/// Records as they are committed; see [`Journal::subscribe`]. Several may have the same record in hand.
/// Dropping it ends it.
pub struct Subscription {
    records: BoxStream<'static, Result<Arc<Record>, ReadError>>,
}

impl Subscription {
    /// Wraps a provider's stream.
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
