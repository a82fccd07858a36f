//! Every metric of Huishang: its name, kind, labels and meaning. [The manual](../../../../docs/metrics.md) has the same
//! list, and a test compares them.
//!
//! Names are those of Prometheus: `huishang_` first, the base unit last, `_total` for what is counted. A label has few
//! values, which are known when the process is built: never an id, a subject, a department or a text.

use metrics::{Counter, Gauge, Histogram, Key, Label, Level, Metadata, with_recorder};

/// A metric that a process may have.
#[derive(Debug)]
pub struct Metric {
    /// Its name.
    pub name: &'static str,
    /// What it measures.
    pub kind: Kind,
    /// The names of its labels.
    pub labels: &'static [&'static str],
    /// What it means, in a sentence.
    pub help: &'static str,
}

/// What a metric measures.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Kind {
    /// A number that only rises while the process lives.
    Counter,
    /// A number as it is now.
    Gauge,
    /// How many values fell into each bucket; these are their upper ends.
    Histogram(&'static [f64]),
}

/// From what an embedded installation takes to the longest that a call may take.
const CALL_SECONDS: &[f64] =
    &[0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 20.0];
/// From a flush of a fast disk to one that is about to fail.
const FLUSH_SECONDS: &[f64] = &[0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0];
/// Up to the records that one flush makes durable.
const GROUP_RECORDS: &[f64] = &[1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0, 1024.0];
/// From at once to a day.
const DELAY_SECONDS: &[f64] = &[1.0, 5.0, 15.0, 60.0, 300.0, 900.0, 3600.0, 21_600.0, 86_400.0];

macro_rules! catalogue {
    ($($constant:ident = $kind:expr, $name:literal, [$($label:literal),*], $help:literal;)*) => {
        $(
            #[doc = $help]
            pub(crate) static $constant: Metric =
                Metric { name: $name, kind: $kind, labels: &[$($label),*], help: $help };
        )*
        /// All of them, in the order of the manual.
        pub static ALL: &[&Metric] = &[$(&$constant),*];
    };
}

catalogue! {
    BUILD_INFO = Kind::Gauge, "huishang_build_info", ["version", "commit"],
        "Always 1; its labels say which build runs.";

    REQUESTS = Kind::Counter, "huishang_requests_total", ["service", "rpc", "code"],
        "Calls that ended, by service, rpc and gRPC code.";
    REQUEST_DURATION = Kind::Histogram(CALL_SECONDS), "huishang_request_duration_seconds", ["service", "rpc"],
        "Time from a request to the end of its answer; server streams are not measured.";
    REQUESTS_IN_FLIGHT = Kind::Gauge, "huishang_requests_in_flight", [],
        "Calls that are under way, server streams included.";
    REFUSALS = Kind::Counter, "huishang_refusals_total", ["reason"],
        "Calls that were refused or failed, by reason; UNSPECIFIED for those without one.";

    COMMIT_DURATION = Kind::Histogram(CALL_SECONDS), "huishang_commit_duration_seconds", [],
        "Time from appending a command's records until they are committed, as its service waits for it.";
    COMMITTED_POSITION = Kind::Gauge, "huishang_committed_position", [],
        "Last position that is committed, as far as this process knows.";
    JOURNAL_CONNECTED = Kind::Gauge, "huishang_journal_connected", [],
        "1 while the journal can be reached, and 0 while the connection to NATS is lost.";
    JOURNAL_OBSTACLE = Kind::Gauge, "huishang_journal_obstacle", ["obstacle"],
        "1 while this keeps commands from being committed: disconnected, no_ledger or read_only.";
    CLOCK_BEHIND = Kind::Gauge, "huishang_clock_behind_seconds", [],
        "Seconds by which the clock of this process is behind the last record that it knows; 0 when it is not.";
    READY = Kind::Gauge, "huishang_ready", ["service"],
        "1 while the service is ready, as its health check says.";

    LOG_POSITION = Kind::Gauge, "huishang_log_position", [],
        "Last position of the log of this ledger.";
    LOG_GROUP_RECORDS = Kind::Histogram(GROUP_RECORDS), "huishang_log_group_records", [],
        "Records that one flush of the log makes durable.";
    LOG_GROUP_BYTES = Kind::Counter, "huishang_log_written_bytes_total", [],
        "Bytes of records that this ledger has written to its log.";
    LOG_FLUSH_DURATION = Kind::Histogram(FLUSH_SECONDS), "huishang_log_flush_duration_seconds", [],
        "Time to write a group of records and make it durable.";
    LOG_RESERVE = Kind::Gauge, "huishang_log_reserve_bytes", [],
        "Bytes that must stay free on the disk of the log; with less, it is read-only.";
    SIGNED_HEAD_POSITION = Kind::Gauge, "huishang_signed_head_position", [],
        "Position of the newest signed head that is stored.";
    SIGNED_HEAD_TIMESTAMP = Kind::Gauge, "huishang_signed_head_timestamp_seconds", [],
        "Unix time at which the stored signed head last covered the whole log.";
    WITNESSES_SILENT = Kind::Gauge, "huishang_witnesses_silent", [],
        "Witnesses of this ledger that did not cosign the head that they were shown last.";

    CONSUMER_POSITION = Kind::Gauge, "huishang_consumer_position", ["consumer"],
        "Last position that this view or process manager is done with.";
    CONSUMER_LAG_RECORDS = Kind::Gauge, "huishang_consumer_lag_records", ["consumer"],
        "Committed records that this view or process manager is not done with.";
    CONSUMER_LAG = Kind::Gauge, "huishang_consumer_lag_seconds", ["consumer"],
        "Seconds for which this view or process manager has not reached a record that was committed.";
    SET_ASIDE = Kind::Gauge, "huishang_set_aside_records", ["consumer"],
        "Records that this view or process manager has set aside.";
    TIMER_OVERDUE = Kind::Gauge, "huishang_timer_overdue_deadlines", ["timer"],
        "Deadlines that have passed and are not dealt with, of the first 256.";
    TIMER_DELAY = Kind::Histogram(DELAY_SECONDS), "huishang_timer_delay_seconds", ["timer"],
        "Time from a deadline, such as a rung of a ladder, until what it leads to was committed.";

    DELIVERIES_WAITING = Kind::Gauge, "huishang_deliveries_waiting", [],
        "Events that are to be sent, for subscriptions that are on.";
    DELIVERIES_FAILING = Kind::Gauge, "huishang_deliveries_failing", [],
        "Those of the events to be sent that were sent before, and not accepted.";

    DISK_FREE = Kind::Gauge, "huishang_disk_free_bytes", ["directory"],
        "Bytes that are free on the disk of a directory: data, or log.";
    DISK_SIZE = Kind::Gauge, "huishang_disk_size_bytes", ["directory"],
        "Size of the disk of a directory: data, or log.";
    CERTIFICATE_EXPIRY = Kind::Gauge, "huishang_certificate_expiry_timestamp_seconds", ["certificate"],
        "Unix time at which a certificate in use expires.";
    ACCESS_LOG_LOST = Kind::Counter, "huishang_access_log_lost_total", ["sink"],
        "Lines of the access log that could not be written: file, syslog, or queue when it was full.";
}

static METADATA: Metadata<'static> = Metadata::new(module_path!(), Level::INFO, Some(module_path!()));

impl Metric {
    /// The counter with these values of its labels, in their order. It is kept: looking it up costs more than
    /// counting.
    pub(crate) fn counter(&self, values: &[&str]) -> Counter {
        debug_assert_eq!(self.kind, Kind::Counter, "{}", self.name);
        with_recorder(|recorder| recorder.register_counter(&self.key(values), &METADATA))
    }

    /// The gauge with these values of its labels.
    pub(crate) fn gauge(&self, values: &[&str]) -> Gauge {
        debug_assert_eq!(self.kind, Kind::Gauge, "{}", self.name);
        with_recorder(|recorder| recorder.register_gauge(&self.key(values), &METADATA))
    }

    /// The histogram with these values of its labels.
    pub(crate) fn histogram(&self, values: &[&str]) -> Histogram {
        debug_assert!(matches!(self.kind, Kind::Histogram(_)), "{}", self.name);
        with_recorder(|recorder| recorder.register_histogram(&self.key(values), &METADATA))
    }

    fn key(&self, values: &[&str]) -> Key {
        debug_assert_eq!(self.labels.len(), values.len(), "{}", self.name);
        let labels =
            self.labels.iter().zip(values).map(|(&label, &value)| Label::new(label, value.to_owned()));
        Key::from_parts(self.name, labels.collect::<Vec<_>>())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn names_say_whose_they_are_and_end_with_the_unit() {
        for metric in ALL {
            let name = metric.name;
            assert!(name.starts_with("huishang_"), "{name}");
            assert_eq!(name.ends_with("_total"), metric.kind == Kind::Counter, "{name}");
            assert!(
                !["_ms", "_millis", "_micros", "_mib", "_percent"].iter().any(|unit| name.contains(unit)),
                "{name}"
            );
            assert!(metric.help.ends_with('.'), "{name}: {}", metric.help);
        }
        let names: BTreeSet<&str> = ALL.iter().map(|metric| metric.name).collect();
        assert_eq!(names.len(), ALL.len());
    }

    #[test]
    fn buckets_rise() {
        for metric in ALL {
            if let Kind::Histogram(buckets) = metric.kind {
                assert!(buckets.windows(2).all(|pair| pair[0] < pair[1]), "{}: {buckets:?}", metric.name);
            }
        }
    }
}
