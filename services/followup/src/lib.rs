//! Follow-up (督办): the clock beside every action item, the supervisors' board, and the indicators.
//!
//! There are no commands here. A process manager passes on to its follow-up what becomes of an item; when the
//! clock has passed a rung of its ladder, a timer has the follow-up check its deadlines; [`grpc`] answers queries
//! from [`views`].

mod grpc;
mod views;

pub use grpc::Service;
pub use views::{FollowupView, board, follow_ups};

use anyhow::Context as _;
use domain::calendar::WorkingCalendar;
use domain::directory::calendar::Calendar;
use domain::followup::follow_up::{Command, FollowUp};
use domain::process::plan_followup;
use domain::resolution::action_item::{ActionItem, Event};
use proto::followup::v1::followup_service_server::FollowupServiceServer;
use service_kit::limits::{REQUEST_BYTES_MAX, RESPONSE_BYTES_MAX};
use service_kit::process::Processes;
use service_kit::{Kit, Position, ViewStore, timer};
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
    let planned = plan(kit, default_calendar.clone());
    let reactions = vec![planned.clone()];
    let view = ViewStore::spawn::<views::FollowupView>(kit, reactions).context("the view of follow-up")?;
    timer::run::<FollowUp>(kit, &view, planned, LADDER, views::next_deadlines, || Command::CheckDeadlines);
    Ok(Service { kit: kit.clone(), view, default_calendar })
}

/// Passes on to follow-ups what becomes of their items; returns the progress.
fn plan(kit: &Kit, default_calendar: Arc<WorkingCalendar>) -> watch::Receiver<Position> {
    Processes::new(kit).run::<ActionItem, _>(plan_followup::NAME, wanted, move |kit, context| {
        let default_calendar = default_calendar.clone();
        Box::pin(async move {
            let defined = kit.load::<Calendar>(Calendar::realm_id()).await?;
            let zone = defined.in_force(&default_calendar).zone();
            let commands = plan_followup::react(context.id, zone, context.state, context.event);
            context.issue::<FollowUp>(kit, 0, commands).await
        })
    })
}

/// Whether an event of an item changes what its follow-up knows.
fn wanted(event: &Event) -> bool {
    !matches!(
        event,
        Event::ProgressReported { .. }
            | Event::ExtensionRequested { .. }
            | Event::ExtensionRefused { .. }
            | Event::LookBackRecorded { .. }
    )
}

#[cfg(test)]
mod tests;
