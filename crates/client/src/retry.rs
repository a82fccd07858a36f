//! The one rule for repeating a call.
//!
//! A call is repeated while the service is not available, the connection broke, others changed the same resource at
//! the same moment, or the service named a time after which to try again. It is the same request each time, with the
//! same command id, so it has one effect. Any other refusal is final.

use crate::refusal::Refusal;
use std::error::Error as _;
use std::time::{Duration, Instant};

use tonic::{Code, Status};

/// The pause before the second attempt; it doubles with each attempt.
const PAUSE_MIN: Duration = Duration::from_millis(100);
/// The longest pause between two attempts.
const PAUSE_MAX: Duration = Duration::from_secs(2);
/// What a service answers when others changed the same resource in the same moment, several times in a row.
const CONCURRENT_CHANGES: &str = "CONCURRENT_CHANGES";

/// The attempts to make one call, or to resume one stream.
#[derive(Debug, Clone)]
pub struct Attempts {
    give_up_at: Instant,
    pause: Duration,
}

impl Attempts {
    /// Attempts that begin within this time; with none there is one.
    pub fn within(patience: Duration) -> Attempts {
        Attempts { give_up_at: Instant::now() + patience, pause: PAUSE_MIN }
    }

    /// Waits until the next attempt is due. Returns the status if there is none: it is final, or time is over.
    pub async fn pause_after(&mut self, status: Status) -> Result<(), Status> {
        let Some(pause) = self.next_pause(&status, Instant::now()) else { return Err(status) };
        tokio::time::sleep(pause).await;
        Ok(())
    }

    fn next_pause(&mut self, status: &Status, now: Instant) -> Option<Duration> {
        let pause = pause_for(status)?.max(self.pause);
        self.pause = (self.pause * 2).min(PAUSE_MAX);
        (now + pause <= self.give_up_at).then_some(pause)
    }
}

/// The least pause before an attempt that may succeed after such an answer; `None` if none may.
fn pause_for(status: &Status) -> Option<Duration> {
    let refusal = Refusal::of(status);
    let repeatable = is_unavailable(status)
        || match status.code() {
            Code::ResourceExhausted => refusal.retry_after().is_some(),
            Code::Aborted => refusal.reason() == Some(CONCURRENT_CHANGES),
            _ => false,
        };
    repeatable.then(|| refusal.retry_after().unwrap_or_default())
}

/// Whether the service could not be reached, or the connection broke: the outcome of the call is not known.
pub fn is_unavailable(status: &Status) -> bool {
    let broke = || status.source().is_some();
    match status.code() {
        Code::Unavailable => true,
        Code::Unknown | Code::Internal | Code::Cancelled => broke(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashMap;
    use tonic_types::{ErrorDetails, StatusExt as _};

    /// The pauses, in milliseconds, when every attempt is answered with the status.
    fn pauses(status: &Status, patience: Duration) -> Vec<u128> {
        let mut attempts = Attempts::within(patience);
        let mut now = attempts.give_up_at - patience;
        let next = || {
            let pause = attempts.next_pause(status, now)?;
            now += pause;
            Some(pause.as_millis())
        };
        std::iter::from_fn(next).collect()
    }

    #[test]
    fn a_call_is_repeated_while_the_service_is_away() {
        let away = Status::unavailable("away");
        assert_eq!(pauses(&away, Duration::from_millis(3100)), [100, 200, 400, 800, 1600]);
        assert_eq!(pauses(&away, Duration::from_millis(3099)), [100, 200, 400, 800]);
        assert_eq!(pauses(&away, Duration::from_secs(8))[5..], [2000, 2000]);
        assert_eq!(pauses(&away, Duration::ZERO), []);
    }

    #[test]
    fn a_refusal_is_final() {
        for code in
            [Code::FailedPrecondition, Code::NotFound, Code::ResourceExhausted, Code::Aborted, Code::Internal]
        {
            assert_eq!(pauses(&Status::new(code, "no"), Duration::from_secs(60)), [], "{code:?}");
        }
    }

    #[test]
    fn the_time_that_the_service_names_is_kept() {
        let details = ErrorDetails::with_retry_info(Some(Duration::from_secs(7)));
        let busy = Status::with_error_details(Code::ResourceExhausted, "busy", details);
        assert_eq!(pauses(&busy, Duration::from_secs(20)), [7000, 7000]);
        assert_eq!(pauses(&busy, Duration::from_secs(6)), []);
    }

    #[test]
    fn changes_by_others_are_waited_for() {
        let details = ErrorDetails::with_error_info(CONCURRENT_CHANGES, "huishang.api.v1", HashMap::new());
        let status = Status::with_error_details(Code::Aborted, "others", details);
        assert_eq!(pauses(&status, Duration::from_millis(300)), [100, 200]);
    }
}
