//! What a refusal says.

use crate::tls;
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::error::Error;
use std::time::Duration;
use tonic::Status;
use tonic_types::{ErrorDetails, FieldViolation, StatusExt as _};

/// The details of a refusal.
#[derive(Debug, Clone)]
pub struct Refusal(ErrorDetails);

impl Refusal {
    /// Reads the details that a status carries.
    pub fn of(status: &Status) -> Refusal {
        Refusal(status.get_error_details())
    }

    /// The reason, such as `NO_QUORUM`.
    pub fn reason(&self) -> Option<&str> {
        self.0.error_info().map(|info| info.reason.as_str())
    }

    /// The package that declares the reason, such as `huishang.scheduling.v1`.
    pub fn domain(&self) -> Option<&str> {
        self.0.error_info().map(|info| info.domain.as_str())
    }

    /// The details of the reason, by name.
    pub fn details(&self) -> BTreeMap<&str, &str> {
        let details = self.0.error_info().map(|info| info.metadata.iter());
        details.into_iter().flatten().map(|(name, value)| (name.as_str(), value.as_str())).collect()
    }

    /// The fields of the request that are not accepted, and why.
    pub fn violations(&self) -> &[FieldViolation] {
        self.0.bad_request().map(|bad| bad.field_violations.as_slice()).unwrap_or_default()
    }

    /// How long to wait before the call is repeated, if the service said so.
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.retry_info().and_then(|info| info.retry_delay)
    }
}

/// A sentence in which the moments among these details, which services write in UTC, are written as `shown` writes them.
pub fn with_moments<'d>(
    sentence: String,
    details: impl IntoIterator<Item = &'d str>,
    shown: impl Fn(Timestamp) -> String,
) -> String {
    let moments = details.into_iter().filter_map(|detail| Some((detail, detail.parse().ok()?)));
    moments.fold(sentence, |sentence, (in_utc, moment)| sentence.replace(in_utc, &shown(moment)))
}

/// The first cause of an error, in words; if it is a fault of TLS, with what to do about it.
pub fn root_cause(error: &dyn Error) -> String {
    let mut cause = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    let cause = cause.to_string();
    tls::explain(&cause).unwrap_or(cause)
}
