//! Why a ledger, or a session of it with the stream, ends.

use super::super::witnesses::JudgeError;
use crate::personal::KeyError;
use crate::{Position, ReadError};

/// Why a ledger cannot continue. Retrying does not help with any of these.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// The realm's stream is not the one that this log follows: it was deleted and recreated.
    #[error(
        "the stream was replaced: the present one was created at {found} ns, the one that this log follows at \
         {expected} ns; 'huishang ledger repair' shows what it contains and restores it from the log"
    )]
    StreamReplaced {
        /// Creation time of the present stream, in nanoseconds since 1970.
        found: i128,
        /// Creation time of the stream that the log follows.
        expected: i128,
    },
    /// The stream no longer exists: the broker has lost it, or it was deleted.
    #[error("the stream {stream} no longer exists; 'huishang ledger repair' recreates it from the log")]
    StreamMissing {
        /// Name of the stream.
        stream: String,
    },
    /// The stream is empty, and it is unknown whether it is the one that this log followed.
    #[error(
        "the stream is empty, but the log has {head} records and no note of which stream it followed; if this is \
         the right broker, 'huishang ledger repair' restores the records to the stream"
    )]
    StreamEmpty {
        /// Last position of the log.
        head: Position,
    },
    /// Stream and log have different records at the same position. The log is authoritative for committed
    /// records; the stream has to be recreated from it.
    #[error(
        "stream and log differ at position {position}; the log is authoritative for committed records: \
         'huishang ledger repair' shows the difference, and with --replace-stream recreates the stream"
    )]
    Diverged {
        /// A position at which both have a record.
        position: Position,
    },
    /// Another ledger of the realm has a different history, as detected now or in an earlier run.
    #[error(
        "{what}. One of the two is wrong: verify both logs, rebuild the wrong one from an empty directory, then \
         delete {file} next to the right one"
    )]
    Disputed {
        /// Names of both ledgers, the position and the roots.
        what: String,
        /// The alarm file that keeps this ledger from committing.
        file: String,
    },
    /// The stream contains a gap.
    #[error("{0}; 'huishang ledger repair' shows what the stream contains")]
    Damaged(#[from] ReadError),
    /// The log failed.
    #[error("the log failed: {0}")]
    Log(String),
}

/// Why a session with the stream ended.
pub(super) enum SessionEnd {
    Stopped,
    /// A temporary problem; a new session may succeed.
    Interrupted(String),
    Failed(LedgerError),
}

impl<E: Into<LedgerError>> From<E> for SessionEnd {
    fn from(error: E) -> Self {
        match error.into() {
            LedgerError::Damaged(ReadError::Unavailable(reason)) => SessionEnd::Interrupted(reason),
            other => SessionEnd::Failed(other),
        }
    }
}

impl From<KeyError> for LedgerError {
    fn from(error: KeyError) -> Self {
        match error {
            KeyError::Broker(_) => LedgerError::Damaged(ReadError::Unavailable(error.to_string())),
            KeyError::Folder { .. } => LedgerError::Log(error.to_string()),
        }
    }
}

impl From<JudgeError> for SessionEnd {
    fn from(error: JudgeError) -> Self {
        match error {
            JudgeError::Broker(reason) => SessionEnd::Interrupted(reason),
            JudgeError::Log(reason) => SessionEnd::Failed(LedgerError::Log(reason)),
        }
    }
}

pub(super) fn interrupted(error: impl std::fmt::Display) -> SessionEnd {
    SessionEnd::Interrupted(error.to_string())
}

/// A file next to the log could not be read or written.
pub(super) fn file_error(fault: std::io::Error) -> LedgerError {
    LedgerError::Log(fault.to_string())
}
