//! How far a consumer of the journal has come, and whether the journal is still the same one.

use futures::StreamExt as _;
use journal::{Filter, Journal, Position, ReadError, Record, Subscription};
use uuid::Uuid;

/// The last record that a consumer is done with. The commit id tells a journal that was replaced or
/// cut from the one that the consumer followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Checkpoint {
    /// The record's position.
    pub position: Position,
    /// Its commit.
    pub commit_id: Uuid,
}

impl From<&Record> for Checkpoint {
    fn from(record: &Record) -> Self {
        Checkpoint { position: record.position, commit_id: record.envelope.commit_id }
    }
}

/// Where a consumer goes on.
pub enum Resumed {
    /// Behind its checkpoint.
    Behind(Subscription),
    /// At the checkpoint's position stands another record: what was derived must be derived anew.
    OtherJournal,
}

/// Subscribes to all committed records behind the checkpoint, after having seen that the record at
/// the checkpoint is the one the consumer remembers.
pub async fn resume(journal: &dyn Journal, checkpoint: Option<Checkpoint>) -> Result<Resumed, ReadError> {
    let Some(checkpoint) = checkpoint else {
        return Ok(Resumed::Behind(journal.subscribe(0, Filter::All).await?));
    };
    let mut committed = journal.committed();
    // 0 means that no ledger has spoken yet.
    let known = committed.wait_for(|&position| position > 0).await.map(|position| *position);
    if known.is_ok_and(|position| position < checkpoint.position) {
        return Ok(Resumed::OtherJournal);
    }
    let mut records = journal.subscribe(checkpoint.position - 1, Filter::All).await?;
    match records.next().await {
        Some(Ok(record)) if Checkpoint::from(&*record) == checkpoint => Ok(Resumed::Behind(records)),
        Some(Ok(_)) => Ok(Resumed::OtherJournal),
        Some(Err(error)) => Err(error),
        None => Err(ReadError::Unavailable("the journal ended a subscription".into())),
    }
}
