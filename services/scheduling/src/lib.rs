//! Scheduling (会商排期): bodies, rooms, and sessions from the request to the convening.
//!
//! [`grpc`] carries commands to the journal and answers queries, lists from [`views`]; [`facts`] looks up what
//! one aggregate must know of another. A process manager concludes a session when its docket is closed.

mod facts;
mod grpc;
mod views;

pub use grpc::Service;

use anyhow::Context as _;
use domain::calendar::WorkingCalendar;
use domain::deliberation::docket::{self, Docket};
use domain::process::conclude_session;
use domain::scheduling::session::Session;
use proto::scheduling::v1::scheduling_service_server::SchedulingServiceServer;
use service_kit::limits::{REQUEST_BYTES_MAX, RESPONSE_BYTES_MAX};
use service_kit::process::Processes;
use service_kit::{Kit, Position, ViewStore};
use std::sync::Arc;
use tokio::sync::watch;

/// The service's full name on the wire.
pub const NAME: &str = <SchedulingServiceServer<Service> as tonic::server::NamedService>::NAME;

/// Starts the service's view, starts its process manager, and returns its server. Until a calendar is
/// defined, days begin in `time_zone` and Saturdays and Sundays are off. Must be called inside a tokio
/// runtime.
pub fn build(kit: &Kit, time_zone: &str) -> anyhow::Result<SchedulingServiceServer<Service>> {
    Ok(SchedulingServiceServer::new(service(kit, time_zone)?)
        .max_decoding_message_size(REQUEST_BYTES_MAX)
        .max_encoding_message_size(RESPONSE_BYTES_MAX))
}

fn service(kit: &Kit, time_zone: &str) -> anyhow::Result<Service> {
    let default_calendar = WorkingCalendar::weekends_only(time_zone).context("the configured time_zone")?;
    let reactions = vec![conclude_sessions(kit)];
    let view = ViewStore::spawn::<views::SchedulingView>(kit, reactions).context("the view of scheduling")?;
    Ok(Service { kit: kit.clone(), view, default_calendar: Arc::new(default_calendar) })
}

fn conclude_sessions(kit: &Kit) -> watch::Receiver<Position> {
    Processes::new(kit).run::<Docket, _>(
        conclude_session::NAME,
        |event| matches!(event, docket::Event::Closed { .. }),
        |kit, context| {
            Box::pin(async move {
                let commands = conclude_session::react(context.id, context.state, context.event);
                context.issue::<Session>(kit, 0, commands).await
            })
        },
    )
}

#[cfg(test)]
mod tests;
