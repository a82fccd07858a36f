//! Resolution (决议督办): decisions under their numbers, and what departments owe under them.
//!
//! [`grpc`] carries commands to the journal and answers queries from [`views`]; [`render`] shows a resolution
//! or an item as both do. Three things happen automatically, in [`reactions`]: an adopted decision is
//! registered and its items are assigned, the end of a resolution ends its unfinished items, and an item that is over is
//! waited for no longer.

mod grpc;
mod numbering;
mod reactions;
mod render;
mod views;

pub use grpc::Service;
pub use views::{ResolutionView, items};

use anyhow::Context as _;
use domain::calendar::WorkingCalendar;
use press::Press;
use proto::resolution::v1::resolution_service_server::ResolutionServiceServer;
use service_kit::limits::{REQUEST_BYTES_MAX, RESPONSE_BYTES_MAX};
use service_kit::{Kit, ViewStore};
use std::path::Path;
use std::sync::Arc;

/// The service's full name on the wire.
pub const NAME: &str = <ResolutionServiceServer<Service> as tonic::server::NamedService>::NAME;

/// Starts the service's view, starts its process managers, and returns its server. Until a calendar is
/// defined, days begin in `time_zone` and Saturdays and Sundays are off. PDFs are set in the fonts of
/// `fonts_folder`. Must be called inside a tokio runtime.
pub fn build(
    kit: &Kit,
    time_zone: &str,
    fonts_folder: Option<&Path>,
) -> anyhow::Result<ResolutionServiceServer<Service>> {
    Ok(ResolutionServiceServer::new(service(kit, time_zone, fonts_folder)?)
        .max_decoding_message_size(REQUEST_BYTES_MAX)
        .max_encoding_message_size(RESPONSE_BYTES_MAX))
}

fn service(kit: &Kit, time_zone: &str, fonts_folder: Option<&Path>) -> anyhow::Result<Service> {
    let press = Press::new(fonts_folder)?;
    let default_calendar = WorkingCalendar::weekends_only(time_zone).context("the configured time_zone")?;
    let default_calendar = Arc::new(default_calendar);
    let reactions = reactions::run(kit, &default_calendar);
    let view = ViewStore::spawn::<views::ResolutionView>(kit, reactions).context("the view of resolution")?;
    Ok(Service { kit: kit.clone(), view, default_calendar, press })
}

#[cfg(test)]
mod tests;
