//! Deliberation (会商议事): dockets from opening to closing, in a meeting or by countersign.
//!
//! [`grpc`] carries commands to the journal and answers queries, lists from [`view`]. Two things happen
//! automatically: a docket is prepared when its session is convened or converted to a countersign, and the
//! ballots of a countersign are counted when its deadline has passed.

mod grpc;
mod view;

pub use grpc::Service;

use anyhow::Context as _;
use domain::calendar::WorkingCalendar;
use domain::deliberation::docket::{Command, Docket};
use domain::process::open_docket;
use domain::scheduling::session::{Event, Session};
use proto::deliberation::v1::deliberation_service_server::DeliberationServiceServer;
use service_kit::limits::{REQUEST_BYTES_MAX, RESPONSE_BYTES_MAX};
use service_kit::process::Processes;
use service_kit::{Kit, Position, ViewStore, timer};
use std::sync::Arc;
use tokio::sync::watch;

/// The service's full name on the wire.
pub const NAME: &str = <DeliberationServiceServer<Service> as tonic::server::NamedService>::NAME;

/// The name, on record, of the timer that counts countersigns.
const COUNTING: &str = "count_countersigns";

/// Starts the service's view, starts its process manager and its timer, and returns its server. Until a
/// calendar is defined, days begin in `time_zone` and Saturdays and Sundays are off. Must be called inside a
/// tokio runtime.
pub fn build(kit: &Kit, time_zone: &str) -> anyhow::Result<DeliberationServiceServer<Service>> {
    let service = service(kit, time_zone)?;
    Ok(DeliberationServiceServer::new(service)
        .max_decoding_message_size(REQUEST_BYTES_MAX)
        .max_encoding_message_size(RESPONSE_BYTES_MAX))
}

/// The service, with its view, process manager and timer running.
fn service(kit: &Kit, time_zone: &str) -> anyhow::Result<Service> {
    let default_calendar = WorkingCalendar::weekends_only(time_zone).context("the configured time_zone")?;
    let opened = open_dockets(kit);
    let view =
        ViewStore::spawn::<view::DeliberationView>(kit, vec![opened]).context("the view of deliberation")?;
    count_countersigns(kit, &view);
    Ok(Service { kit: kit.clone(), view, default_calendar: Arc::new(default_calendar) })
}

fn count_countersigns(kit: &Kit, view: &ViewStore) {
    let committed = kit.journal().committed();
    timer::run::<Docket>(kit, view, committed, COUNTING, view::next_deadlines, || Command::CheckDeadlines);
}

/// Prepares dockets for sessions. Returns its progress: the position up to which every session has its
/// docket.
fn open_dockets(kit: &Kit) -> watch::Receiver<Position> {
    Processes::new(kit).run::<Session, _>(
        open_docket::NAME,
        |event| matches!(event, Event::Convened { .. } | Event::ConvertedToCountersign { .. }),
        |kit, context| {
            Box::pin(async move {
                let commands = open_docket::react(context.id, context.state, context.event);
                context.issue::<Docket>(kit, 0, commands).await
            })
        },
    )
}

#[cfg(test)]
mod tests;
