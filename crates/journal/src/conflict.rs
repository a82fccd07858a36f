//! What a conflict means: that this very commit was appended before, or that another one was faster.

use crate::{AppendError, Journal, Position, ReadError};
use domain::{StreamName, Uuid};

/// Resolves a conflict of a commit with these streams and expected positions: returns the earlier result if the
/// commit has been appended already, or else the conflict.
pub(crate) async fn find_earlier_answer(
    journal: &dyn Journal,
    writes: &[(StreamName, Position)],
    command_id: Uuid,
    digest: &[u8],
) -> Result<Position, AppendError> {
    let mut conflicting = None;
    for write in writes {
        let (stream, expected) = write;
        let new = journal.read(stream, *expected).await.map_err(|error| match error {
            ReadError::Unavailable(reason) => AppendError::Unavailable(reason),
            damaged => AppendError::Damaged(damaged.to_string()),
        })?;
        if let Some(record) = new.iter().find(|record| record.envelope.command_id == command_id) {
            // The digest of a command is erased with its author.
            let recorded = &record.envelope.command_digest;
            if !recorded.is_empty() && recorded != digest {
                return Err(AppendError::Reused(command_id));
            }
            return Ok(record.commit_end());
        }
        if !new.is_empty() {
            conflicting = conflicting.or(Some(write));
        }
    }
    // An expected position that the stream has not reached is a conflict without new records.
    let (stream, expected) = conflicting.unwrap_or(&writes[0]);
    Err(AppendError::Conflict { stream: stream.clone(), expected: *expected })
}
