//! A journal to which nothing is added: what is made of a log as it was.

use crate::personal::Keys;
use crate::{AppendError, Commit, Filter, Journal, Position, ReadError, Record, Subscription};
use async_trait::async_trait;
use domain::{StreamName, Timestamp};
use std::sync::Arc;
use tokio::sync::watch;

/// Another journal, which it reads. Whoever wants to append is refused for good: timers and process managers, which would
/// add what is not in the log, add nothing, and nobody waits for them.
pub struct FrozenJournal(Arc<dyn Journal>);

impl FrozenJournal {
    /// The journal as it is.
    pub fn new(journal: Arc<dyn Journal>) -> FrozenJournal {
        FrozenJournal(journal)
    }
}

#[async_trait]
impl Journal for FrozenJournal {
    async fn append(&self, _: Commit) -> Result<Position, AppendError> {
        Err(AppendError::Malformed("this is a copy of a log, to which nothing is added".to_owned()))
    }

    async fn read(&self, stream: &StreamName, after: Position) -> Result<Vec<Record>, ReadError> {
        self.0.read(stream, after).await
    }

    async fn subscribe(&self, after: Position, filter: Filter) -> Result<Subscription, ReadError> {
        self.0.subscribe(after, filter).await
    }

    fn committed(&self) -> watch::Receiver<Position> {
        self.0.committed()
    }

    fn keys(&self) -> &Keys {
        self.0.keys()
    }

    fn corrected(&self, clock: Timestamp) -> Timestamp {
        self.0.corrected(clock)
    }
}
