//! The rate of a caller: its requests in a second are limited.

use super::connection::Connection;
use crate::Tasks;
use crate::identity::Caller;
use crate::places::exhausted;
use futures::future::{Either, Ready, ready};
use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota};
use proto::api::v1::Reason;
use proto::contract;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tonic::Status;
use tonic::body::Body;
use tower::{Layer, Service};

/// Time between two clean-ups of callers that went quiet. Only those of the last such interval are remembered.
const FORGET_INTERVAL: Duration = Duration::from_secs(10);

/// What each key has left of its allowance.
pub(crate) type Allowances = DefaultKeyedRateLimiter<String>;

/// Gives each key this allowance; until the stop, keys that went quiet are forgotten.
pub(crate) fn allowances(quota: Quota, tasks: &Tasks) -> Arc<Allowances> {
    let allowances = Arc::new(Allowances::keyed(quota));
    let (kept, stop) = (allowances.clone(), tasks.stop().clone());
    tasks.spawn(async move {
        while stop.run_until_cancelled(tokio::time::sleep(FORGET_INTERVAL)).await.is_some() {
            kept.retain_recent();
            kept.shrink_to_fit();
        }
    });
    allowances
}

/// Refuses, with `RESOURCE_EXHAUSTED` and the time to wait, the requests of a caller that sends too many. It
/// comes after authentication, so that callers are distinguished by the subjects of their tokens.
#[derive(Clone)]
pub(super) struct RateLayer(Option<Callers>);

#[derive(Clone)]
struct Callers {
    requests_per_second_max: NonZeroU32,
    allowances: Arc<Allowances>,
}

impl RateLayer {
    /// Allows `requests_per_second_max`, and those of one second at once; 0 means no limit.
    pub(super) fn new(requests_per_second_max: u32, tasks: &Tasks) -> RateLayer {
        RateLayer(NonZeroU32::new(requests_per_second_max).map(|requests_per_second_max| {
            let allowances = allowances(Quota::per_second(requests_per_second_max), tasks);
            Callers { requests_per_second_max, allowances }
        }))
    }
}

impl Callers {
    fn refuses(&self, subject: &String) -> Option<Status> {
        let early = self.allowances.check_key(subject).err()?;
        let wait = early.wait_time_from(DefaultClock::default().now());
        let most = self.requests_per_second_max;
        let why = format!("{subject} sends more than {most} requests a second; send fewer");
        Some(exhausted(Reason::RateExceeded, why, ("requests_per_second_max", most.to_string()), wait))
    }
}

impl<S> Layer<S> for RateLayer {
    type Service = Rate<S>;
    fn layer(&self, inner: S) -> Rate<S> {
        Rate { inner, callers: self.0.clone() }
    }
}

/// A service with a limit on each caller's rate.
#[derive(Clone)]
pub(super) struct Rate<S> {
    inner: S,
    callers: Option<Callers>,
}

impl<S> Service<http::Request<Body>> for Rate<S>
where
    S: Service<http::Request<Body>, Response = http::Response<Body>>,
{
    type Response = http::Response<Body>;
    type Error = S::Error;
    type Future = Either<S::Future, Ready<Result<Self::Response, S::Error>>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        let refused = self.callers.as_ref().zip(who(&request));
        match refused.and_then(|(callers, who)| callers.refuses(&who)) {
            Some(status) => Either::Right(ready(Ok(status.into_http()))),
            None => Either::Left(self.inner.call(request)),
        }
    }
}

/// Whose request it is: the subject of the token, or where a secret stands for one, whoever is at that address. What is
/// open to everybody is not counted.
fn who(request: &http::Request<Body>) -> Option<String> {
    if let Some(Caller(actor)) = request.extensions().get::<Caller>() {
        return Some(actor.subject.clone());
    }
    contract::rpc(request.uri().path().trim_start_matches('/')).filter(|rpc| rpc.by_secret)?;
    let connection = request.extensions().get::<Arc<Connection>>()?;
    Some(format!("whoever is at {}", connection.address()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use tonic_types::StatusExt as _;

    #[tokio::test]
    async fn a_runaway_caller_is_refused_and_the_others_are_not() {
        let RateLayer(callers) = RateLayer::new(3, &Tasks::default());
        let callers = callers.unwrap();
        let (fast, slow) = ("fast".to_owned(), "slow".to_owned());
        let refused: Vec<Status> = (0..10).filter_map(|_| callers.refuses(&fast)).collect();
        // On a slow machine, the caller is allowed another request every third of a second.
        assert!(!refused.is_empty() && refused.len() <= 7, "{}", refused.len());
        assert_eq!(refused[0].code(), tonic::Code::ResourceExhausted);
        let pause = refused[0].get_details_retry_info().unwrap().retry_delay.unwrap();
        assert!(pause <= Duration::from_secs(1), "{pause:?}");
        assert!(callers.refuses(&slow).is_none());
    }

    #[tokio::test]
    async fn callers_that_went_quiet_are_forgotten() {
        let RateLayer(callers) = RateLayer::new(1_000_000, &Tasks::default());
        let callers = callers.unwrap();
        for number in 0..1000 {
            assert!(callers.refuses(&format!("caller {number}")).is_none());
        }
        // Their allowance is whole again a microsecond after their request.
        callers.allowances.retain_recent();
        assert!(callers.allowances.len() < 1000, "{} are remembered", callers.allowances.len());
    }

    #[test]
    fn zero_means_no_limit() {
        assert!(RateLayer::new(0, &Tasks::default()).0.is_none());
    }
}
