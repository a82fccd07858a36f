//! What a ledger measures of its log.

use super::catalogue::{
    LOG_FLUSH_DURATION, LOG_GROUP_BYTES, LOG_GROUP_RECORDS, LOG_POSITION, SIGNED_HEAD_POSITION,
    SIGNED_HEAD_TIMESTAMP, WITNESSES_SILENT,
};
use super::unix_seconds;
use metrics::{Counter, Gauge, Histogram};
use std::sync::LazyLock;
use std::time::Duration;

/// Records where a log ends that was opened.
pub fn log_opened(position: u64) {
    LOG_POSITION.gauge(&[]).set(position as f64);
}

struct LogMetrics {
    records: Histogram,
    bytes: Counter,
    duration: Histogram,
    position: Gauge,
}

/// Records that a group of records became durable in the log, which ends at `position` now.
pub fn group_written(position: u64, records: usize, bytes: u64, duration: Duration) {
    static LOG: LazyLock<LogMetrics> = LazyLock::new(|| LogMetrics {
        records: LOG_GROUP_RECORDS.histogram(&[]),
        bytes: LOG_GROUP_BYTES.counter(&[]),
        duration: LOG_FLUSH_DURATION.histogram(&[]),
        position: LOG_POSITION.gauge(&[]),
    });
    LOG.records.record(records as f64);
    LOG.bytes.increment(bytes);
    LOG.duration.record(duration);
    LOG.position.set(position as f64);
}

/// Records that the stored signed head covers the whole log now, up to `position`.
pub fn signed_head_stored(position: u64) {
    static HEAD: LazyLock<(Gauge, Gauge)> =
        LazyLock::new(|| (SIGNED_HEAD_POSITION.gauge(&[]), SIGNED_HEAD_TIMESTAMP.gauge(&[])));
    HEAD.0.set(position as f64);
    HEAD.1.set(unix_seconds());
}

/// Records how many witnesses did not cosign the head that they were shown last.
pub fn witnesses_silent(count: usize) {
    WITNESSES_SILENT.gauge(&[]).set(count as f64);
}
