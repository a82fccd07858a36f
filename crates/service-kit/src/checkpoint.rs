//! How far a consumer of the journal has come, and whether the journal is still the same one.

use futures::StreamExt as _;
use journal::{Filter, Journal, Position, ReadError, Record, Subscription};
use uuid::Uuid;

/// A record up to which a consumer is done with everything. A checkpoint may lag, and never leads. The command id distinguishes a journal that was replaced or
/// cut from the one that the consumer followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Checkpoint {
    /// The record's position.
    pub position: Position,
    /// Its command.
    pub command_id: Uuid,
}

impl From<&Record> for Checkpoint {
    fn from(record: &Record) -> Self {
        Checkpoint { position: record.position, command_id: record.envelope.command_id }
    }
}

/// Where a consumer resumes.
pub enum Resumed {
    /// After its checkpoint.
    After(Subscription),
    /// Another record is at the checkpoint's position: what was derived from it must be recreated.
    OtherJournal,
}

/// Subscribes to all committed records after the checkpoint, having verified that the record at
/// the checkpoint is the one the consumer remembers.
pub async fn resume(journal: &dyn Journal, checkpoint: Option<Checkpoint>) -> Result<Resumed, ReadError> {
    let Some(checkpoint) = checkpoint else {
        return Ok(Resumed::After(journal.subscribe(0, Filter::All).await?));
    };
    let mut committed = journal.committed();
    // 0 means that no ledger has announced anything yet.
    let known = committed.wait_for(|&position| position > 0).await.map(|position| *position);
    if known.is_ok_and(|position| position < checkpoint.position) {
        return Ok(Resumed::OtherJournal);
    }
    let mut records = journal.subscribe(checkpoint.position - 1, Filter::All).await?;
    match records.next().await {
        Some(Ok(record)) if Checkpoint::from(&*record) == checkpoint => Ok(Resumed::After(records)),
        Some(Ok(_)) => Ok(Resumed::OtherJournal),
        Some(Err(error)) => Err(error),
        None => Err(ReadError::Unavailable("the journal ended a subscription".into())),
    }
}
