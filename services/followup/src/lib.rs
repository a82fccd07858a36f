//! Follow-up (督办): the clock beside every action item, the supervisors' board, and the indicators.
//!
//! Only the ladder of a body is commanded here; [`reactions`] plan follow-ups by it. A process manager passes on to its follow-up what becomes of an item; when the
//! clock has passed a rung of its ladder, a timer has the follow-up check its deadlines; [`grpc`] answers queries
//! from [`views`].

mod grpc;
mod reactions;
mod views;

pub use grpc::Service;
pub use views::{FollowupView, board, follow_ups};

use anyhow::Context as _;
use domain::calendar::WorkingCalendar;
use domain::directory::calendar::Calendar;
use domain::followup::follow_up::{Command, FollowUp};
use proto::followup::v1::followup_service_server::FollowupServiceServer;
use service_kit::limits::{REQUEST_BYTES_MAX, RESPONSE_BYTES_MAX};
use service_kit::{Kit, ViewStore, timer};
use std::sync::Arc;
use tokio::sync::watch;

/// The service's full name on the wire.
pub const NAME: &str = <FollowupServiceServer<Service> as tonic::server::NamedService>::NAME;

/// The name of the timer in the record.
const LADDER: &str = "climb_ladders";

/// Keeps the service's view, runs its process manager and its timer, and returns its server. Until a calendar is
/// defined, days begin in `time_zone`. Must be called inside a tokio runtime.
pub fn build(kit: &Kit, time_zone: &str) -> anyhow::Result<FollowupServiceServer<Service>> {
    Ok(FollowupServiceServer::new(start(kit, time_zone)?)
        .max_decoding_message_size(REQUEST_BYTES_MAX)
        .max_encoding_message_size(RESPONSE_BYTES_MAX))
}

fn start(kit: &Kit, time_zone: &str) -> anyhow::Result<Service> {
    let default_calendar = WorkingCalendar::weekends_only(time_zone).context("the configured time_zone")?;
    let default_calendar = Arc::new(default_calendar);
    let (show_view, view) = watch::channel(None);
    let reactions = reactions::run(kit, &default_calendar, &view);
    let planned = reactions[0].clone();
    let view = ViewStore::spawn::<views::FollowupView>(kit, reactions).context("the view of follow-up")?;
    show_view.send_replace(Some(view.clone()));
    let default = default_calendar.clone();
    timer::run_with::<FollowUp, _>(kit, &view, planned, LADDER, views::next_deadlines, move |kit| {
        let default = default.clone();
        Box::pin(async move {
            let calendar = kit.load::<Calendar>(Calendar::realm_id()).await?.in_force(&default).clone();
            Ok(Command::CheckDeadlines { calendar })
        })
    });
    Ok(Service { kit: kit.clone(), view, default_calendar })
}

#[cfg(test)]
mod tests;
