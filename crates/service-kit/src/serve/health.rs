//! What orchestrators ask: is the process alive, and does it accept commands?

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tonic_health::ServingStatus;
use tonic_health::pb::health_server::{Health, HealthServer};

/// The health service. The named services are serving while commands are accepted; the process as a whole,
/// under the empty name, is serving as long as it answers: it must not be restarted because its disk is full.
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
            // Nothing changes any more when the sender is gone.
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;
    use tonic_health::pb::HealthCheckRequest;
    use tonic_health::pb::health_check_response::ServingStatus as Status;
    use tonic_health::pb::health_client::HealthClient;

    #[tokio::test]
    async fn health_follows_whether_commands_are_accepted_and_the_process_stays_healthy() {
        let (changed, takes_commands) = watch::channel(true);
        let server = service(&["ledger"], takes_commands, CancellationToken::new()).await;
        let ask = async |name: &str| {
            let request = HealthCheckRequest { service: name.to_owned() };
            HealthClient::new(server.clone()).check(request).await.unwrap().into_inner().status()
        };
        assert_eq!((ask("ledger").await, ask("").await), (Status::Serving, Status::Serving));
        for (takes, expected) in [(false, Status::NotServing), (true, Status::Serving)] {
            changed.send_replace(takes);
            let follows = async {
                while ask("ledger").await != expected {
                    tokio::task::yield_now().await;
                }
            };
            tokio::time::timeout(Duration::from_secs(30), follows).await.expect("health follows");
            assert_eq!(ask("").await, Status::Serving);
        }
    }
}
