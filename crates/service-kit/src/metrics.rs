//! Metrics: what a process counts and measures, and where Prometheus fetches it.
//!
//! Recording begins with [`start`]; without it, what is recorded costs next to nothing and goes nowhere. A place that
//! measures keeps its handle, so that recording is an atomic operation.

mod calls;
mod catalogue;
mod delivery;
mod exposition;
mod ledger;
mod sampling;

pub use catalogue::{ALL, Kind, Metric};
pub use delivery::Waiting;
pub use exposition::{MetricsError, start};
pub use ledger::{group_written, log_opened, signed_head_stored, witnesses_silent};
pub use sampling::sample;

pub(crate) use calls::CallMetrics;
pub(crate) use catalogue::{
    ACCESS_LOG_LOST, CLOCK_BEHIND, COMMIT_DURATION, COMMITTED_POSITION, CONSUMER_LAG, CONSUMER_LAG_RECORDS,
    CONSUMER_POSITION, JOURNAL_CONNECTED, JOURNAL_OBSTACLE, READY, TIMER_DELAY, TIMER_OVERDUE,
};

use domain::Timestamp;

/// Notes when a certificate in use expires. `certificate` says which, such as `server`: it is a label.
pub fn certificate_expires(certificate: &'static str, at: Timestamp) {
    catalogue::CERTIFICATE_EXPIRY.gauge(&[certificate]).set(at.as_second() as f64);
}

/// The present time of the machine in seconds since 1970, whatever a rehearsal's clock shows.
#[expect(clippy::disallowed_methods, reason = "it is compared with the clock of the machine that asks")]
fn unix_seconds() -> f64 {
    Timestamp::now().as_duration().as_secs_f64()
}
