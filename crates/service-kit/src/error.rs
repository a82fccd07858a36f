//! Why a command was not carried out, and the one translation of that to a gRPC status.

use crate::events::Unknown;
use domain::Refusal;
use journal::{AppendError, ReadError};
use proto::Invalid;
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt};

/// Why a command was not carried out.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum CommandError {
    /// The request could not be read.
    #[error("{0}")]
    Invalid(Invalid),
    /// The thing it is about does not exist.
    #[error("{0}")]
    NotFound(String),
    /// A rule said no.
    #[error("{message}")]
    Rejected {
        /// The rule's name.
        reason: String,
        /// The rule's sentence.
        message: String,
        /// The figures it looked at.
        details: Vec<(String, String)>,
    },
    /// The same command id stood for another command before.
    #[error("command id {0} was used before for another command; give each command its own id")]
    IdReused(uuid::Uuid),
    /// Others were faster, again and again.
    #[error("others changed the same records {0} times in a row; try again")]
    Conflict(u32),
    /// More than a record can hold.
    #[error(
        "the command makes a record of {bytes} bytes; at most {max} are taken; shorten its texts or split it"
    )]
    TooLarge {
        /// What it would have taken.
        bytes: usize,
        /// The limit.
        max: usize,
    },
    /// The journal cannot be reached, or no ledger confirms; whether it was done is not known, and
    /// asking again with the same command id is safe.
    #[error("{0}; ask again with the same command id")]
    Unavailable(String),
    /// The log refuses to grow, for the reason given.
    #[error("{0}")]
    Exhausted(String),
    /// Nothing can be decided on a history that is not understood whole.
    #[error("{0}")]
    Unknown(Unknown),
    /// Something that must not be, is.
    #[error("{0}")]
    Broken(String),
}

impl CommandError {
    /// A rule's refusal.
    pub fn rejected(refusal: impl Refusal) -> CommandError {
        if refusal.is_not_found() {
            return CommandError::NotFound(refusal.to_string());
        }
        CommandError::Rejected {
            reason: refusal.reason(),
            message: refusal.to_string(),
            details: refusal.details().into_iter().map(|(key, value)| (key.to_owned(), value)).collect(),
        }
    }

    /// Whether a rule said no, or the thing is not there.
    pub fn is_refusal(&self) -> bool {
        matches!(self, CommandError::Rejected { .. } | CommandError::NotFound(_))
    }

    /// Whether asking again later can help without anybody changing anything.
    pub fn is_passing(&self) -> bool {
        matches!(self, CommandError::Unavailable(_) | CommandError::Conflict(_) | CommandError::Exhausted(_))
    }
}

impl From<Invalid> for CommandError {
    fn from(invalid: Invalid) -> Self {
        CommandError::Invalid(invalid)
    }
}

impl From<ReadError> for CommandError {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Unavailable(why) => CommandError::Unavailable(why),
            other => CommandError::Broken(other.to_string()),
        }
    }
}

impl From<AppendError> for CommandError {
    fn from(error: AppendError) -> Self {
        match error {
            AppendError::Conflict { .. } => CommandError::Conflict(1),
            AppendError::TooLarge { bytes, max } => CommandError::TooLarge { bytes, max },
            AppendError::Reused(id) => CommandError::IdReused(id),
            AppendError::Unavailable(why) => CommandError::Unavailable(why),
            AppendError::Full(why) => CommandError::Exhausted(why),
            other => CommandError::Broken(other.to_string()),
        }
    }
}

impl From<CommandError> for Status {
    fn from(error: CommandError) -> Status {
        let message = error.to_string();
        match error {
            CommandError::Invalid(invalid) => invalid.into(),
            CommandError::NotFound(_) => Status::not_found(message),
            CommandError::Rejected { reason, details, .. } => {
                let details = ErrorDetails::with_error_info(
                    reason,
                    "huishang",
                    details.into_iter().collect::<std::collections::HashMap<_, _>>(),
                );
                Status::with_error_details(Code::FailedPrecondition, message, details)
            }
            CommandError::Unknown(Unknown { position, stream, kind }) => {
                let details = [
                    ("position".to_owned(), position.to_string()),
                    ("stream".to_owned(), stream.to_string()),
                    ("type".to_owned(), kind),
                ];
                let details = ErrorDetails::with_error_info(
                    "EVENT_TYPE_UNKNOWN",
                    "huishang",
                    std::collections::HashMap::from(details),
                );
                Status::with_error_details(Code::FailedPrecondition, message, details)
            }
            CommandError::IdReused(_) => Status::already_exists(message),
            CommandError::Conflict(_) => Status::aborted(message),
            CommandError::TooLarge { .. } => Status::invalid_argument(message),
            CommandError::Unavailable(_) => Status::unavailable(message),
            CommandError::Exhausted(_) => Status::resource_exhausted(message),
            CommandError::Broken(_) => {
                tracing::error!(%message, "a command met what must not be");
                Status::internal(message)
            }
        }
    }
}
