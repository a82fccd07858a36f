//! The time of the last record: none may have an earlier one than the record before it.

use domain::Timestamp;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

/// A clock that is slow by less than this is not worth a warning.
const SKEW_WARNED: Duration = Duration::from_secs(1);

/// The latest time of a record that a journal has appended or read, in microseconds.
#[derive(Debug)]
pub(crate) struct LatestTime(AtomicI64);

impl LatestTime {
    /// Begins with the time of the last record; none when there is none.
    pub(crate) fn new(last: Option<Timestamp>) -> LatestTime {
        LatestTime(AtomicI64::new(last.map_or(i64::MIN, Timestamp::as_microsecond)))
    }

    /// Remembers the time of a record.
    pub(crate) fn saw(&self, time: Timestamp) {
        self.0.fetch_max(time.as_microsecond(), Ordering::SeqCst);
    }

    /// The later of a time and the last record's.
    pub(crate) fn not_before(&self, time: Timestamp) -> Timestamp {
        let last = Timestamp::from_microsecond(self.0.load(Ordering::SeqCst)).unwrap_or(time);
        time.max(last)
    }

    /// By how much the last record is later than a time; zero when it is not.
    pub(crate) fn lead_over(&self, time: Timestamp) -> Duration {
        Duration::try_from(self.not_before(time).duration_since(time)).unwrap_or_default()
    }

    /// The later of what a clock shows and the last record's time, with a warning when the clock is slow.
    pub(crate) fn corrected(&self, clock: Timestamp) -> Timestamp {
        let time = self.not_before(clock);
        let skew = self.lead_over(clock);
        if skew >= SKEW_WARNED {
            tracing::warn!(
                skew_seconds = skew.as_secs_f64(),
                %clock,
                last_record = %time,
                "the clock is slow: a new record gets the time of the last one; set the clock"
            );
        }
        time
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_never_runs_backwards() {
        let at = |seconds: i64| Timestamp::from_second(seconds).unwrap();
        let latest = LatestTime::new(None);
        assert_eq!(latest.corrected(at(5)), at(5));
        latest.saw(at(7));
        latest.saw(at(6));
        assert_eq!((latest.corrected(at(5)), latest.corrected(at(8))), (at(7), at(8)));
        assert_eq!(
            (latest.lead_over(at(5)), latest.lead_over(at(8))),
            (Duration::from_secs(2), Duration::ZERO)
        );
        assert_eq!(LatestTime::new(Some(at(9))).not_before(at(8)), at(9));
    }
}
