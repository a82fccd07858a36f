//! What orchestrators ask: does the process live, and does it take commands?

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tonic_health::ServingStatus;
use tonic_health::pb::health_server::{Health, HealthServer};

/// The health service. The services that are named serve while commands are taken; the process as a whole,
/// under the empty name, serves as long as it answers: it must not be started anew because its disk is full.
pub(super) async fn service(
    names: &[&'static str],
    mut takes_commands: watch::Receiver<bool>,
    stop: CancellationToken,
) -> HealthServer<impl Health> {
    let (reporter, service) = tonic_health::server::health_reporter();
    let names = names.to_vec();
    let at_first = status(*takes_commands.borrow_and_update());
    for name in &names {
        reporter.set_service_status(*name, at_first).await;
    }
    tokio::spawn(async move {
        loop {
            let changed = tokio::select! {
                () = stop.cancelled() => return,
                changed = takes_commands.changed() => changed,
            };
            // Nothing changes any more when there is nobody to say so.
            if changed.is_err() {
                return;
            }
            let now = status(*takes_commands.borrow_and_update());
            for name in &names {
                reporter.set_service_status(*name, now).await;
            }
        }
    });
    service
}

fn status(takes_commands: bool) -> ServingStatus {
    if takes_commands { ServingStatus::Serving } else { ServingStatus::NotServing }
}
