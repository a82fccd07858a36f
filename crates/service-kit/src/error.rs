//! Why a command was not carried out, and the one translation of that to a gRPC status.

use crate::events::UnknownEventType;
use crate::places::exhausted;
use domain::{Aggregate, Refusal as _};
use journal::{AppendError, Position, ReadError};
use proto::Invalid;
use proto::api::v1::Reason;
use std::collections::HashMap;
use std::time::Duration;
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt};

/// Why a command was not carried out.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum CommandError {
    /// The request could not be read.
    #[error("{0}")]
    Invalid(Invalid),
    /// A rule refused.
    #[error("{message}")]
    Rejected {
        /// The context whose rule it is, such as `scheduling`.
        context: &'static str,
        /// The rule's reason, as the context's protos list it.
        reason: &'static str,
        /// The rule's sentence.
        message: String,
        /// The figures it looked at.
        details: Vec<(&'static str, String)>,
        /// Whether what the command addresses does not exist at all.
        not_found: bool,
    },
    /// The command was carried out before; it was answered with this position.
    #[error("the command was answered before, with position {0}")]
    AnsweredBefore(Position),
    /// The aggregate has records after the position up to which the caller knows it.
    #[error(
        "it has changed since position {expected}: {}, last at position {position}; read it again and decide again",
        in_words(events)
    )]
    ChangedSince {
        /// The position up to which the caller knows it.
        expected: Position,
        /// Its last record.
        position: Position,
        /// The types of the events since, oldest first.
        events: Vec<String>,
    },
    /// The command id was used before for another command.
    #[error("command id {0} was used before for another command; give each command its own id")]
    IdReused(uuid::Uuid),
    /// Other commands changed the same aggregate at the same time, on every attempt.
    #[error("others changed the same records at each of {0} attempts; try again")]
    Conflict(u32),
    /// More than a record can hold.
    #[error(
        "the command makes a record of {bytes} bytes; at most {max} are accepted; shorten its texts or split it"
    )]
    TooLarge {
        /// The size of the record.
        bytes: usize,
        /// The limit.
        max: usize,
    },
    /// The journal cannot be reached, or no ledger confirms; whether the command was carried out is not
    /// known, and trying again with the same command id is safe.
    #[error("{0}; try again with the same command id")]
    Unavailable(String),
    /// Whoever issued it writes more than it may.
    #[error("{who} writes more than {kib_per_second_max} KiB of records a second; send fewer commands")]
    WriteRateExceeded {
        /// The department, or the caller without one.
        who: String,
        /// The limit.
        kib_per_second_max: u32,
        /// When there is room for it.
        wait: Duration,
    },
    /// The log accepts no records, for the reason given.
    #[error("{0}")]
    Exhausted(String),
    /// Nothing can be decided on a history that is not fully understood.
    #[error("{0}")]
    UnknownEventType(UnknownEventType),
    /// A state that must never occur has occurred.
    #[error("{0}")]
    InvariantViolated(String),
}

impl CommandError {
    /// The refusal by a rule of an aggregate.
    pub fn rejected<A: Aggregate>(refusal: A::Rejection) -> CommandError {
        CommandError::Rejected {
            context: A::CATEGORY.split('.').next().unwrap_or(A::CATEGORY),
            reason: refusal.reason(),
            message: refusal.to_string(),
            details: refusal.details(),
            not_found: refusal.is_not_found(),
        }
    }

    /// Whether a rule refused.
    pub fn is_refusal(&self) -> bool {
        matches!(self, CommandError::Rejected { .. })
    }

    /// Whether the same command can succeed later without anybody changing anything.
    pub fn is_transient(&self) -> bool {
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
            other => CommandError::InvariantViolated(other.to_string()),
        }
    }
}

impl From<AppendError> for CommandError {
    fn from(error: AppendError) -> Self {
        match error {
            // What was appended before is found by reading the stream, as what was faster is.
            AppendError::Conflict { .. } | AppendError::AppendedBefore(_) => CommandError::Conflict(1),
            AppendError::TooLarge { bytes, max } => CommandError::TooLarge { bytes, max },
            AppendError::Reused(id) => CommandError::IdReused(id),
            AppendError::Unavailable(why) => CommandError::Unavailable(why),
            AppendError::Full(why) => CommandError::Exhausted(why),
            other => CommandError::InvariantViolated(other.to_string()),
        }
    }
}

impl From<CommandError> for Status {
    fn from(error: CommandError) -> Status {
        let message = error.to_string();
        match error {
            CommandError::Invalid(invalid) => invalid.into(),
            CommandError::Rejected { context, reason, details, not_found, .. } => {
                let code = if not_found { Code::NotFound } else { Code::FailedPrecondition };
                status(code, reason, &format!("huishang.{context}.v1"), message, details)
            }
            CommandError::AnsweredBefore(_) => refusal(Reason::Internal, message, []),
            CommandError::ChangedSince { expected, position, events } => {
                let details = [
                    ("expected_position", expected.to_string()),
                    ("position", position.to_string()),
                    ("events", events.join(",")),
                ];
                refusal(Reason::ChangedSince, message, details)
            }
            CommandError::UnknownEventType(UnknownEventType { position, stream, kind }) => {
                let details =
                    [("position", position.to_string()), ("stream", stream.to_string()), ("type", kind)];
                refusal(Reason::UnknownEventType, message, details)
            }
            CommandError::IdReused(id) => {
                refusal(Reason::CommandIdReused, message, [("command_id", id.to_string())])
            }
            CommandError::Conflict(attempts) => {
                refusal(Reason::ConcurrentChanges, message, [("attempts", attempts.to_string())])
            }
            CommandError::TooLarge { bytes, max } => {
                let details = [("bytes", bytes.to_string()), ("max", max.to_string())];
                refusal(Reason::RecordTooLarge, message, details)
            }
            CommandError::Unavailable(_) => refusal(Reason::Unavailable, message, []),
            CommandError::WriteRateExceeded { kib_per_second_max, wait, .. } => {
                let detail = ("kib_per_second_max", kib_per_second_max.to_string());
                exhausted(Reason::WriteRateExceeded, message, detail, wait)
            }
            CommandError::Exhausted(_) => refusal(Reason::LogReadOnly, message, []),
            CommandError::InvariantViolated(_) => {
                tracing::error!(%message, "a command met a state that must never occur");
                refusal(Reason::Internal, message, [])
            }
        }
    }
}

/// The status of a reason that belongs to no context, with its details.
pub fn refusal<const N: usize>(
    reason: Reason,
    message: impl Into<String>,
    details: [(&'static str, String); N],
) -> Status {
    let name = reason.as_str_name().strip_prefix("REASON_").unwrap_or_default();
    status(code(reason), name, "huishang.api.v1", message.into(), details)
}

/// The name of a gRPC code, as the protos write it.
pub(crate) fn code_name(code: Code) -> &'static str {
    match code {
        Code::Ok => "OK",
        Code::Cancelled => "CANCELLED",
        Code::Unknown => "UNKNOWN",
        Code::InvalidArgument => "INVALID_ARGUMENT",
        Code::DeadlineExceeded => "DEADLINE_EXCEEDED",
        Code::NotFound => "NOT_FOUND",
        Code::AlreadyExists => "ALREADY_EXISTS",
        Code::PermissionDenied => "PERMISSION_DENIED",
        Code::ResourceExhausted => "RESOURCE_EXHAUSTED",
        Code::FailedPrecondition => "FAILED_PRECONDITION",
        Code::Aborted => "ABORTED",
        Code::OutOfRange => "OUT_OF_RANGE",
        Code::Unimplemented => "UNIMPLEMENTED",
        Code::Internal => "INTERNAL",
        Code::Unavailable => "UNAVAILABLE",
        Code::DataLoss => "DATA_LOSS",
        Code::Unauthenticated => "UNAUTHENTICATED",
    }
}

/// What happened, by the names of events: `ItemRevised` is "item revised".
fn in_words(events: &[String]) -> String {
    let words = |name: &String| {
        let spaced = name.chars().enumerate().flat_map(|(at, letter)| {
            let space = (at > 0 && letter.is_uppercase()).then_some(' ');
            space.into_iter().chain(letter.to_lowercase())
        });
        spaced.collect::<String>()
    };
    events.iter().map(words).collect::<Vec<_>>().join(", ")
}

/// The gRPC code that a reason comes with; `reason.proto` says the same.
fn code(reason: Reason) -> Code {
    match reason {
        Reason::InvalidRequest | Reason::RecordTooLarge => Code::InvalidArgument,
        Reason::CommandIdReused => Code::AlreadyExists,
        Reason::ChangedSince | Reason::ConcurrentChanges => Code::Aborted,
        Reason::Unavailable | Reason::ViewNotCaughtUp => Code::Unavailable,
        Reason::LogReadOnly
        | Reason::TooManyRequests
        | Reason::TooManyConnections
        | Reason::AnswersUnread
        | Reason::RateExceeded
        | Reason::WriteRateExceeded => Code::ResourceExhausted,
        Reason::BeyondHead => Code::OutOfRange,
        Reason::UnknownEventType | Reason::TlsRequired => Code::FailedPrecondition,
        Reason::TokenMissing | Reason::TokenInvalid | Reason::StepUpRequired | Reason::SubjectErased => {
            Code::Unauthenticated
        }
        Reason::RoleRequired | Reason::RolesCombined => Code::PermissionDenied,
        Reason::Internal | Reason::Unspecified => Code::Internal,
    }
}

fn status(
    code: Code,
    reason: &str,
    domain: &str,
    message: String,
    details: impl IntoIterator<Item = (&'static str, String)>,
) -> Status {
    let metadata: HashMap<String, String> =
        details.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
    Status::with_error_details(code, message, ErrorDetails::with_error_info(reason, domain, metadata))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_comes_with_the_code_that_its_comment_promises() {
        let reasons = proto::contract::descriptors().get_enum_by_name("huishang.api.v1.Reason").unwrap();
        for value in reasons.values().filter(|value| value.number() != 0) {
            let promised = proto::contract::value_comment(&value);
            let reason = Reason::try_from(value.number()).unwrap();
            let name = code_name(code(reason));
            assert!(promised.starts_with(&format!("{name}: ")), "{}: {name}: {promised}", value.name());
        }
    }
}
