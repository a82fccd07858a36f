//! The rate of a department: the bytes of its commands in a second are limited, so that it cannot fill the log's
//! disk for everybody.

use super::rate::{Allowances, allowances};
use crate::config::Limits;
use crate::limits::RECORD_OVERHEAD_BYTES;
use crate::places::exhausted;
use domain::Actor;
use governor::Quota;
use governor::clock::{Clock as _, DefaultClock};
use proto::api::v1::Reason;
use std::num::NonZeroU32;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;
use tonic::Status;

/// Refuses, with `RESOURCE_EXHAUSTED` and the time to wait, the commands of a department that sends too much. Who
/// speaks for no department is counted alone.
pub(super) struct WriteRate(Option<Writers>);

struct Writers {
    kib_per_second_max: u32,
    allowances: Arc<Allowances>,
}

impl WriteRate {
    /// Allows so many bytes in a second, and a reserve of them at once; a rate of 0 means no limit.
    pub(super) fn new(limits: &Limits, stop: CancellationToken) -> WriteRate {
        let kib_per_second_max = limits.department_write_kib_per_second_max;
        let rate = NonZeroU32::new(kib_per_second_max.saturating_mul(1024));
        let burst = NonZeroU32::new(limits.department_write_burst_mib.saturating_mul(1 << 20));
        WriteRate(rate.zip(burst).map(|(rate, burst)| {
            let allowances = allowances(Quota::per_second(rate).allow_burst(burst), stop);
            Writers { kib_per_second_max, allowances }
        }))
    }

    /// Admits a command whose request has these bytes, or refuses it.
    pub(super) fn admit(&self, caller: &Actor, request_bytes: usize) -> Result<(), Status> {
        let Some(writers) = &self.0 else { return Ok(()) };
        let bytes = u32::try_from(request_bytes + RECORD_OVERHEAD_BYTES).unwrap_or(u32::MAX);
        // A department's code has no colon.
        let (key, who) = match &caller.department {
            Some(department) => (department.to_string(), format!("the department {department}")),
            None => (format!(":{}", caller.subject), caller.subject.clone()),
        };
        let Some(bytes) = NonZeroU32::new(bytes) else { return Ok(()) };
        let wait = match writers.allowances.check_key_n(&key, bytes) {
            Ok(Ok(())) => return Ok(()),
            Ok(Err(early)) => early.wait_time_from(DefaultClock::default().now()),
            Err(_) => {
                let why =
                    format!("a command of {bytes} bytes is larger than limits.department_write_burst_mib");
                return Err(Status::out_of_range(why));
            }
        };
        let most = writers.kib_per_second_max;
        let why = format!("{who} sends commands of more than {most} KiB a second; send fewer");
        Err(exhausted(Reason::WriteRateExceeded, why, ("kib_per_second_max", most.to_string()), wait))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{Code, Role};
    use std::time::Duration;
    use tonic_types::StatusExt as _;

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
        WriteRate::new(&limits, CancellationToken::new())
    }

    #[tokio::test]
    async fn a_department_that_sends_too_much_is_refused_whoever_sends_it_and_others_are_not() {
        let rate = rate(1);
        for _ in 0..3 {
            rate.admit(&lead("one", "METRO"), 256 * 1024).unwrap();
        }
        let refused = rate.admit(&lead("another", "METRO"), 256 * 1024).unwrap_err();
        assert_eq!(refused.code(), tonic::Code::ResourceExhausted);
        let wait = refused.get_details_retry_info().unwrap().retry_delay.unwrap();
        assert!(wait > Duration::ZERO && wait < Duration::from_secs(60), "{wait:?}");
        rate.admit(&lead("one", "ROADS"), 256 * 1024).unwrap();
    }

    #[tokio::test]
    async fn small_commands_count_as_the_records_that_they_make() {
        let rate = rate(1);
        let sender = lead("one", "METRO");
        let admitted = (0..2048).take_while(|_| rate.admit(&sender, 0).is_ok()).count();
        assert!((1024..1100).contains(&admitted), "{admitted} of 1 KiB each in 1 MiB");
    }

    #[tokio::test]
    async fn zero_means_no_limit() {
        let (rate, sender) = (rate(0), lead("one", "METRO"));
        assert!((0..100).all(|_| rate.admit(&sender, 1 << 20).is_ok()));
    }
}
