//! The directory (名录): departments, members and the working calendar.
//!
//! [`grpc`] carries commands to the journal and answers queries, lists from [`views`].

mod grpc;
mod views;

pub use grpc::Service;

use anyhow::Context as _;
use domain::calendar::WorkingCalendar;
use proto::directory::v1::directory_service_server::DirectoryServiceServer;
use service_kit::limits::{REQUEST_BYTES_MAX, RESPONSE_BYTES_MAX};
use service_kit::{Kit, ViewStore};
use std::sync::Arc;

/// The service's full name on the wire.
pub const NAME: &str = <DirectoryServiceServer<Service> as tonic::server::NamedService>::NAME;

/// Starts the service's view, and returns its server. Until a calendar is defined, days begin in `time_zone`
/// and Saturdays and Sundays are off. Must be called inside a tokio runtime.
pub fn build(kit: &Kit, time_zone: &str) -> anyhow::Result<DirectoryServiceServer<Service>> {
    Ok(DirectoryServiceServer::new(service(kit, time_zone)?)
        .max_decoding_message_size(REQUEST_BYTES_MAX)
        .max_encoding_message_size(RESPONSE_BYTES_MAX))
}

fn service(kit: &Kit, time_zone: &str) -> anyhow::Result<Service> {
    let default_calendar = WorkingCalendar::weekends_only(time_zone).context("the configured time_zone")?;
    let view = ViewStore::spawn::<views::DirectoryView>(kit, vec![]).context("the view of the directory")?;
    Ok(Service { kit: kit.clone(), view, default_calendar: Arc::new(default_calendar) })
}

#[cfg(test)]
mod tests;
