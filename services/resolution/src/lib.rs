//! Resolution (决议督办): decisions under their numbers, and what departments owe by them.
//!
//! [`grpc`] carries commands to the journal and answers questions from [`views`]. Two things happen without
//! being asked, in [`reactions`]: an adopted decision is registered and its items are assigned, and the end
//! of a resolution ends its unfinished items.

mod grpc;
mod reactions;
mod views;

pub use grpc::Service;
pub use views::ResolutionView;

use anyhow::Context as _;
use domain::calendar::WorkingCalendar;
use proto::resolution::v1::resolution_service_server::ResolutionServiceServer;
use service_kit::limits::{REQUEST_BYTES_MAX, RESPONSE_BYTES_MAX};
use service_kit::{Kit, ViewStore};
use std::sync::Arc;

/// The service's full name on the wire.
pub const NAME: &str = <ResolutionServiceServer<Service> as tonic::server::NamedService>::NAME;

/// Keeps the service's view, runs its process managers, and gives its server. Until a calendar is defined,
/// days begin in `time_zone` and Saturdays and Sundays are off. Must be called inside a tokio runtime.
pub fn build(kit: &Kit, time_zone: &str) -> anyhow::Result<ResolutionServiceServer<Service>> {
    let service = service(kit, time_zone)?;
    reactions::run(kit);
    Ok(ResolutionServiceServer::new(service)
        .max_decoding_message_size(REQUEST_BYTES_MAX)
        .max_encoding_message_size(RESPONSE_BYTES_MAX))
}

fn service(kit: &Kit, time_zone: &str) -> anyhow::Result<Service> {
    let otherwise = WorkingCalendar::weekends_only(time_zone).context("the configured time_zone")?;
    let view = ViewStore::keep::<views::ResolutionView>(kit).context("the view of resolution")?;
    Ok(Service { kit: kit.clone(), view, otherwise: Arc::new(otherwise) })
}

#[cfg(test)]
mod tests;
