//! Scheduling (会商排期): the directory, the meeting rules, and sessions from request to convening.
//!
//! [`grpc`] carries commands to the journal and answers questions from [`views`]; [`facts`] looks up what
//! one aggregate must know of another. What ends a session is heard here too: the closing of its docket.

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
use service_kit::{Kit, ViewStore, process};
use std::sync::Arc;

/// The service's full name on the wire.
pub const NAME: &str = <SchedulingServiceServer<Service> as tonic::server::NamedService>::NAME;

/// Keeps the service's view, runs its process manager, and gives its server. Until a calendar is defined,
/// days begin in `time_zone` and Saturdays and Sundays are off. Must be called inside a tokio runtime.
pub fn build(kit: &Kit, time_zone: &str) -> anyhow::Result<SchedulingServiceServer<Service>> {
    let service = service(kit, time_zone)?;
    conclude_sessions(kit);
    Ok(SchedulingServiceServer::new(service)
        .max_decoding_message_size(REQUEST_BYTES_MAX)
        .max_encoding_message_size(RESPONSE_BYTES_MAX))
}

fn service(kit: &Kit, time_zone: &str) -> anyhow::Result<Service> {
    let otherwise = WorkingCalendar::weekends_only(time_zone).context("the configured time_zone")?;
    let view = ViewStore::keep::<views::SchedulingView>(kit).context("the view of scheduling")?;
    Ok(Service { kit: kit.clone(), view, otherwise: Arc::new(otherwise) })
}

fn conclude_sessions(kit: &Kit) {
    process::run::<Docket, _>(
        kit.clone(),
        conclude_session::NAME,
        |event| matches!(event, docket::Event::Closed { .. }),
        |kit, happening| {
            Box::pin(async move {
                let asked = conclude_session::react(happening.id, happening.state, happening.event);
                happening.issue::<Session>(kit, asked).await
            })
        },
    );
}

#[cfg(test)]
mod tests;
