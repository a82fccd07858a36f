//! What is measured of calls.

use super::catalogue::{REFUSALS, REQUEST_DURATION, REQUESTS, REQUESTS_IN_FLIGHT};
use crate::error::code_name;
use metrics::{Counter, Gauge, Histogram};
use proto::contract;
use std::collections::HashMap;
use std::sync::{LazyLock, OnceLock};
use std::time::Duration;
use tonic::Code;

/// gRPC has codes from 0 to 16.
const CODES: usize = 17;
/// The reason of what was refused without one.
const UNSPECIFIED: &str = "UNSPECIFIED";

/// What is measured of the calls of one rpc.
pub(crate) struct CallMetrics {
    service: String,
    rpc: String,
    streams: bool,
    ended: [OnceLock<Counter>; CODES],
    duration: OnceLock<Histogram>,
}

impl CallMetrics {
    /// Of the rpc at a path, such as `huishang.ledger.v1.LedgerService/GetHead`. What is none of ours is counted
    /// together, as anybody can call anything.
    pub(crate) fn of(path: &str) -> &'static CallMetrics {
        static RPCS: LazyLock<HashMap<&str, CallMetrics>> = LazyLock::new(|| {
            let ours = contract::rpcs().iter();
            ours.map(|rpc| (rpc.path.as_str(), CallMetrics::new(&rpc.path, rpc.streams))).collect()
        });
        static HEALTH: LazyLock<CallMetrics> =
            LazyLock::new(|| CallMetrics::new("grpc.health.v1.Health/Check", false));
        static OTHERS: LazyLock<CallMetrics> = LazyLock::new(|| CallMetrics::new("other/other", true));
        match RPCS.get(path) {
            Some(known) => known,
            None if path == "grpc.health.v1.Health/Check" => &HEALTH,
            None => &OTHERS,
        }
    }

    fn new(path: &str, streams: bool) -> CallMetrics {
        let (service, rpc) = path.split_once('/').unwrap_or((path, ""));
        CallMetrics {
            service: service.to_owned(),
            rpc: rpc.to_owned(),
            streams,
            ended: Default::default(),
            duration: OnceLock::new(),
        }
    }

    /// Records that a call began.
    pub(crate) fn begin(&self) {
        in_flight().increment(1.0);
    }

    /// Records that a call ended.
    pub(crate) fn end(&self, code: Code, duration: Duration) {
        in_flight().decrement(1.0);
        if let Some(ended) = self.ended.get(code as usize) {
            let labels = [self.service.as_str(), self.rpc.as_str(), code_name(code)];
            ended.get_or_init(|| REQUESTS.counter(&labels)).increment(1);
        }
        if !self.streams {
            let labels = [self.service.as_str(), self.rpc.as_str()];
            self.duration.get_or_init(|| REQUEST_DURATION.histogram(&labels)).record(duration);
        }
    }

    /// Counts a refusal by its reason, which may be empty.
    pub(crate) fn refuse(reason: &str) {
        let counters = refusals();
        if let Some(counter) = counters.get(reason).or_else(|| counters.get(UNSPECIFIED)) {
            counter.increment(1);
        }
    }
}

fn in_flight() -> &'static Gauge {
    static IN_FLIGHT: LazyLock<Gauge> = LazyLock::new(|| REQUESTS_IN_FLIGHT.gauge(&[]));
    &IN_FLIGHT
}

/// A counter for each reason in the protos. All are there from the beginning, so that the first refusal is seen as a
/// rise.
fn refusals() -> &'static HashMap<String, Counter> {
    static REASONS: LazyLock<HashMap<String, Counter>> = LazyLock::new(|| {
        let reasons = contract::reasons().into_iter().chain([UNSPECIFIED.to_owned()]);
        reasons.map(|reason| (reason.clone(), REFUSALS.counter(&[&reason]))).collect()
    });
    &REASONS
}

/// Registers what must be there before the first call.
pub(super) fn register() {
    refusals();
    in_flight().set(0.0);
}
