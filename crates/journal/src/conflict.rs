//! What a conflict means: that this very commit was appended before, or that another one was faster.

use crate::{AppendError, Journal, Position, ReadError};
use domain::{StreamName, Uuid};

/// Why a commit with these streams and expected positions was not appended: it was appended before, or another one was
/// faster.
pub(crate) async fn explain_conflict(
    journal: &dyn Journal,
    writes: &[(StreamName, Position)],
    command_id: Uuid,
    digest: &[u8],
) -> AppendError {
    let mut conflicting = None;
    for write in writes {
        let (stream, expected) = write;
        let new = match journal.read(stream, *expected).await {
            Ok(new) => new,
            Err(ReadError::Unavailable(reason)) => return AppendError::Unavailable(reason),
            Err(damaged) => return AppendError::Damaged(damaged.to_string()),
        };
        if let Some(record) = new.iter().find(|record| record.envelope.command_id == command_id) {
            // The digest of a command is erased with its author.
            let recorded = &record.envelope.command_digest;
            if !recorded.is_empty() && recorded != digest {
                return AppendError::Reused(command_id);
            }
            return AppendError::AppendedBefore(record.commit_end());
        }
        if !new.is_empty() {
            conflicting = conflicting.or(Some(write));
        }
    }
    // An expected position that the stream has not reached is a conflict without new records.
    let (stream, expected) = conflicting.unwrap_or(&writes[0]);
    AppendError::Conflict { stream: stream.clone(), expected: *expected }
}
