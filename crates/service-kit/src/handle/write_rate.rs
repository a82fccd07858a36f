//! The rate of a department: the bytes of what it writes in a second are limited, so that it cannot fill the log's
//! disk for everybody. What is refused or only validated writes nothing, and costs nothing.

use crate::Tasks;
use crate::config::Limits;
use crate::error::CommandError;
use crate::limits::RECORD_OVERHEAD_BYTES;
use crate::serve::{Allowances, allowances};
use domain::Actor;
use governor::Quota;
use governor::clock::{Clock as _, DefaultClock};
use journal::Write;
use prost::Message as _;
use std::num::NonZeroU32;
use std::sync::Arc;

/// Refuses the commands of a department that writes too much. Who speaks for no department is counted alone; what the
/// services do by themselves is not counted. Cheap to clone.
pub(super) struct WriteRate(Option<Writers>);

struct Writers {
    kib_per_second_max: u32,
    burst_bytes: NonZeroU32,
    allowances: Arc<Allowances>,
}

impl WriteRate {
    /// Allows so many bytes in a second, and a reserve of them at once; a rate of 0 means no limit.
    pub(super) fn new(limits: &Limits, tasks: &Tasks) -> WriteRate {
        let kib_per_second_max = limits.department_write_kib_per_second_max;
        let rate = NonZeroU32::new(kib_per_second_max.saturating_mul(1024));
        let burst = NonZeroU32::new(limits.department_write_burst_mib.saturating_mul(1 << 20));
        WriteRate(rate.zip(burst).map(|(rate, burst_bytes)| {
            let allowances = allowances(Quota::per_second(rate).allow_burst(burst_bytes), tasks);
            Writers { kib_per_second_max, burst_bytes, allowances }
        }))
    }

    /// Counts what a command is about to write, or refuses it.
    pub(super) fn admit(&self, issuer: &Actor, writes: &[Write]) -> Result<(), CommandError> {
        let Some(writers) = &self.0 else { return Ok(()) };
        if issuer.is_process() {
            return Ok(());
        }
        writers.admit(issuer, writes.iter().map(record_bytes).sum())
    }
}

/// What a record takes on the disk, about.
fn record_bytes(write: &Write) -> usize {
    write.events.iter().map(|event| event.encoded_len()).sum::<usize>() + RECORD_OVERHEAD_BYTES
}

impl Writers {
    fn admit(&self, issuer: &Actor, bytes: usize) -> Result<(), CommandError> {
        let max = self.burst_bytes.get() as usize;
        let count = u32::try_from(bytes).ok().and_then(NonZeroU32::new).unwrap_or(NonZeroU32::MAX);
        // A department's code has no colon.
        let (key, who) = match &issuer.department {
            Some(department) => (department.to_string(), format!("the department {department}")),
            None => (format!(":{}", issuer.subject), issuer.subject.clone()),
        };
        match self.allowances.check_key_n(&key, count) {
            Ok(Ok(())) => Ok(()),
            Ok(Err(early)) => Err(CommandError::WriteRateExceeded {
                who,
                kib_per_second_max: self.kib_per_second_max,
                wait: early.wait_time_from(DefaultClock::default().now()),
            }),
            Err(_) => Err(CommandError::TooLarge { bytes, max }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{Code, Role, StreamName, Uuid};
    use std::time::Duration;

    fn lead(subject: &str, department: &str) -> Actor {
        let department = Code::parse(department).ok();
        Actor { subject: subject.to_owned(), department, roles: vec![Role::DepartmentLead] }
    }

    fn rate(kib_per_second_max: u32) -> WriteRate {
        let limits = Limits {
            department_write_kib_per_second_max: kib_per_second_max,
            department_write_burst_mib: 1,
            ..Limits::default()
        };
        WriteRate::new(&limits, &Tasks::default())
    }

    /// A record with an event of this size.
    fn record(bytes: usize) -> [Write; 1] {
        let stream = StreamName { category: "sample.thing".into(), id: Uuid::nil() };
        let event = prost_types::Any { type_url: String::new(), value: vec![7; bytes] };
        [Write { stream, expected: 0, events: vec![event] }]
    }

    #[tokio::test]
    async fn a_department_that_writes_too_much_is_refused_whoever_writes_and_others_are_not() {
        let (rate, large) = (rate(1), record(256 * 1024));
        for _ in 0..3 {
            rate.admit(&lead("one", "METRO"), &large).unwrap();
        }
        let refused = rate.admit(&lead("another", "METRO"), &large).unwrap_err();
        let CommandError::WriteRateExceeded { wait, .. } = refused else { panic!("{refused}") };
        assert!(wait > Duration::ZERO && wait < Duration::from_secs(60), "{wait:?}");
        rate.admit(&lead("one", "ROADS"), &large).unwrap();
        rate.admit(&Actor::process("follow-up"), &large).unwrap();
    }

    #[tokio::test]
    async fn small_commands_count_as_the_records_that_they_make() {
        let (rate, sender) = (rate(1), lead("one", "METRO"));
        let admitted = (0..2048).take_while(|_| rate.admit(&sender, &record(0)).is_ok()).count();
        assert!((1024..1100).contains(&admitted), "{admitted} of 1 KiB each in 1 MiB");
    }

    #[tokio::test]
    async fn zero_means_no_limit() {
        let (rate, sender) = (rate(0), lead("one", "METRO"));
        assert!((0..100).all(|_| rate.admit(&sender, &record(1 << 20)).is_ok()));
    }
}
