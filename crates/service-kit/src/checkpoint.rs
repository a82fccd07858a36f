//! How far a consumer of the journal has come, and whether the journal still tells the same history.
//!
//! A checkpoint is a witness: its record was committed. A journal without it has lost something that was
//! acknowledged, and nothing may be derived from it until an operator accepts that. The log records the acceptance,
//! and only then a consumer recreates what it has derived from the lost history. See [`journal::witness`].

use futures::StreamExt as _;
use journal::witness::Acceptance;
use journal::{Filter, Journal, Position, ReadError, Record, Subscription};
use std::time::Duration;
use uuid::Uuid;

/// Time between two looks at whether an operator has accepted that records are lost.
const ACCEPTANCE_POLL_INTERVAL: Duration = Duration::from_secs(1);

/// A record up to which a consumer is done with everything. A checkpoint may lag, and never leads. The command id
/// distinguishes a journal that was replaced or cut from the one that the consumer followed.
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

/// What a consumer knows of the journal.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Past {
    /// How far it has come; none when it has not begun.
    pub checkpoint: Option<Checkpoint>,
    /// How far it had come when it began anew, as it does when its tables change.
    pub witnessed: Option<Checkpoint>,
    /// The acceptances of lost records in the history that it follows.
    pub accepted: Vec<Uuid>,
}

impl Past {
    /// The last record that it knows to have been committed.
    pub fn last(&self) -> Option<Checkpoint> {
        [self.checkpoint, self.witnessed].into_iter().flatten().max_by_key(|at| at.position)
    }

    /// Whether an operator has accepted that this record is lost.
    pub fn is_given_up(&self, acceptances: &[Acceptance]) -> bool {
        let last = self.last().map_or(0, |at| at.position);
        acceptances.iter().any(|acceptance| acceptance.gives_up(last, &self.accepted))
    }
}

/// Where a consumer resumes.
pub(crate) enum Resumed {
    /// After its checkpoint, in a history with these acceptances.
    After(Subscription, Vec<Uuid>),
    /// An operator has accepted that records are lost which the consumer has processed: what was derived from them
    /// must be recreated. The history has these acceptances.
    GivenUp(Vec<Uuid>),
}

/// Subscribes to all committed records after the checkpoint, having verified that the journal has the last record
/// that the consumer knows. Waits for a journal that does not have it yet. Fails if another record is in its place.
pub(crate) async fn resume(journal: &dyn Journal, past: &Past) -> Result<Resumed, ReadError> {
    let mut committed = journal.committed();
    let last = past.last();
    loop {
        // 0 means that nothing is committed yet, or that no ledger has announced anything.
        let Ok(known) = committed.wait_for(|&position| position > 0).await.map(|position| *position) else {
            return Err(ReadError::Unavailable("the journal was closed".into()));
        };
        let acceptances = Acceptance::all(journal).await?;
        let accepted = acceptances.iter().map(|acceptance| acceptance.command_id).collect();
        match last {
            Some(last) if past.is_given_up(&acceptances) && !has(journal, last, known).await? => {
                return Ok(Resumed::GivenUp(accepted));
            }
            Some(last) if known < last.position => {
                tokio::time::sleep(ACCEPTANCE_POLL_INTERVAL).await;
                continue;
            }
            Some(last) if !has(journal, last, known).await? => {
                let what = format!("command {} is known to have been there", last.command_id);
                return Err(ReadError::Damaged { position: last.position, what });
            }
            _ => {}
        }
        let after = past.checkpoint.map_or(0, |at| at.position);
        return Ok(Resumed::After(journal.subscribe(after, Filter::All).await?, accepted));
    }
}

/// Whether a record is in a journal that is committed up to `known`.
async fn has(journal: &dyn Journal, record: Checkpoint, known: Position) -> Result<bool, ReadError> {
    if known < record.position {
        return Ok(false);
    }
    let found = journal.subscribe(record.position - 1, Filter::All).await?.next().await;
    match found {
        Some(found) => Ok(Checkpoint::from(&*found?) == record),
        None => Err(ReadError::Unavailable("the journal ended a subscription".into())),
    }
}
