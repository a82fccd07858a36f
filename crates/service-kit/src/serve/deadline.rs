//! The deadline of a call: whoever cannot be answered in time hears why, and not only that it is late.

use crate::error::refusal;
use futures::future::BoxFuture;
use http::HeaderMap;
use journal::{Journal, Obstacle};
use proto::api::v1::Reason;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tonic::Status;
use tonic::body::Body;
use tower::{Layer, Service};

/// Where a caller says how long it waits.
const GRPC_TIMEOUT: &str = "grpc-timeout";
/// The part of a caller's own deadline that is left for the answer to arrive: one in so many.
const ANSWER_PARTS: u32 = 10;
/// What is left for the answer to arrive, at most.
const ANSWER_TIME_MAX: Duration = Duration::from_millis(500);

/// Answers calls that take too long. A stream of answers is not ended once it has begun.
#[derive(Clone)]
pub(super) struct DeadlineLayer {
    answer_time_max: Duration,
    journal: Option<Arc<dyn Journal>>,
}

impl DeadlineLayer {
    /// Allows this time, and less where a caller says so.
    pub(super) fn new(answer_time_max: Duration, journal: Option<Arc<dyn Journal>>) -> DeadlineLayer {
        DeadlineLayer { answer_time_max, journal }
    }

    fn time_for(&self, headers: &HeaderMap) -> Duration {
        let caller = headers.get(GRPC_TIMEOUT).and_then(|value| parse_timeout(value.to_str().ok()?));
        let caller = caller.map(|time| time - (time / ANSWER_PARTS).min(ANSWER_TIME_MAX));
        caller.unwrap_or(self.answer_time_max).min(self.answer_time_max)
    }

    /// What a caller is told who was not answered in time.
    fn too_late(&self, time: Duration) -> Status {
        const UNKNOWN: &str =
            "whether a command was carried out is not known; try again with the same command id";
        match self.journal.as_ref().and_then(|journal| journal.obstacle()) {
            Some(Obstacle::ReadOnly(why)) => refusal(Reason::LogReadOnly, format!("{why}; {UNKNOWN}"), []),
            Some(obstacle) => refusal(Reason::Unavailable, format!("{obstacle}; {UNKNOWN}"), []),
            None => Status::deadline_exceeded(format!("there was no answer within {time:?}; {UNKNOWN}")),
        }
    }
}

/// The time in a `grpc-timeout`: up to 8 digits and a unit.
fn parse_timeout(text: &str) -> Option<Duration> {
    let (digits, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    if digits.is_empty() || digits.len() > 8 || !digits.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    let amount: u64 = digits.parse().ok()?;
    match unit {
        "H" => Some(Duration::from_secs(amount * 60 * 60)),
        "M" => Some(Duration::from_secs(amount * 60)),
        "S" => Some(Duration::from_secs(amount)),
        "m" => Some(Duration::from_millis(amount)),
        "u" => Some(Duration::from_micros(amount)),
        "n" => Some(Duration::from_nanos(amount)),
        _ => None,
    }
}

impl<S> Layer<S> for DeadlineLayer {
    type Service = Deadline<S>;
    fn layer(&self, inner: S) -> Deadline<S> {
        Deadline { inner, layer: self.clone() }
    }
}

/// A service whose calls have a deadline.
#[derive(Clone)]
pub(super) struct Deadline<S> {
    inner: S,
    layer: DeadlineLayer,
}

impl<S> Service<http::Request<Body>> for Deadline<S>
where
    S: Service<http::Request<Body>, Response = http::Response<Body>>,
    S::Future: Send + 'static,
{
    type Response = http::Response<Body>;
    type Error = S::Error;
    type Future = BoxFuture<'static, Result<Self::Response, S::Error>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        let (layer, time) = (self.layer.clone(), self.layer.time_for(request.headers()));
        let answering = self.inner.call(request);
        Box::pin(async move {
            match tokio::time::timeout(time, answering).await {
                Ok(answered) => answered,
                Err(_) => Ok(layer.too_late(time).into_http()),
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_callers_deadline_is_read_as_grpc_defines_it() {
        for (text, expected) in [
            ("5S", Some(Duration::from_secs(5))),
            ("1500m", Some(Duration::from_millis(1500))),
            ("99999999H", Some(Duration::from_secs(99_999_999 * 3600))),
            ("20000000u", Some(Duration::from_secs(20))),
            ("123456789S", None),
            ("+5S", None),
            ("S", None),
            ("", None),
            ("5s", None),
            ("5é", None),
        ] {
            assert_eq!(parse_timeout(text), expected, "{text}");
        }
    }
}
