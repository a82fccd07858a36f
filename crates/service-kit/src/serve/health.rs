//! What orchestrators ask (`grpc.health.v1.Health`): is the process alive, and does it do its work?

use crate::Tasks;
use crate::limits::READINESS_POLL_INTERVAL;
use crate::readiness::Readiness;
use std::collections::HashMap;
use tonic_health::ServingStatus;
use tonic_health::pb::health_server::{Health, HealthServer};
use tonic_health::server::HealthReporter;

/// The name under which the process as a whole is asked whether it is ready.
pub const READY: &str = "ready";

/// The health service. Each service is serving while it is ready, `ready` while all of them are. The empty name stands
/// for the process: it is serving as long as it answers, for it must not be restarted because a disk elsewhere is full.
pub(super) async fn service(mut readiness: Readiness, tasks: &Tasks) -> HealthServer<impl Health> {
    let (reporter, service) = tonic_health::server::health_reporter();
    let mut statuses = Statuses { reporter, known: HashMap::new() };
    statuses.set(&readiness.look()).await;
    let stop = tasks.stop().clone();
    tasks.spawn(async move {
        while stop.run_until_cancelled(tokio::time::sleep(READINESS_POLL_INTERVAL)).await.is_some() {
            statuses.set(&readiness.look()).await;
        }
        statuses.end().await;
    });
    service
}

struct Statuses {
    reporter: HealthReporter,
    known: HashMap<&'static str, bool>,
}

impl Statuses {
    async fn set(&mut self, services: &[(&'static str, bool)]) {
        let all = services.iter().all(|(_, ready)| *ready);
        for &(name, ready) in services.iter().chain([&(READY, all)]) {
            // Those who watch hear of changes only.
            if self.known.insert(name, ready) != Some(ready) {
                let status = if ready { ServingStatus::Serving } else { ServingStatus::NotServing };
                self.reporter.set_service_status(name, status).await;
            }
        }
    }

    /// A process that drains is no longer ready. Those who watch hear that, and their streams end.
    async fn end(mut self) {
        let names: Vec<&str> = self.known.keys().copied().collect();
        for name in names {
            self.reporter.set_service_status(name, ServingStatus::NotServing).await;
            self.reporter.clear_service_status(name).await;
        }
        self.reporter.clear_service_status("").await;
    }
}
