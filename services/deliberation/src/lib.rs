//! Deliberation (会商议事): dockets from opening to closing, in a meeting or by countersign.
//!
//! [`grpc`] carries commands to the journal and answers questions, lists from [`view`]. Two things happen
//! without being asked: a docket is prepared when its session is convened or turned into a countersign, and
//! the ballots of a countersign are counted when its time has run out.

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
use service_kit::{Kit, ViewStore, process, timer};
use std::sync::Arc;

/// The service's full name on the wire.
pub const NAME: &str = <DeliberationServiceServer<Service> as tonic::server::NamedService>::NAME;

/// The name in the record of the timer that counts countersigns.
const COUNTING: &str = "count_countersigns";

/// Keeps the service's view, runs its process manager and its timer, and gives its server. Until a calendar
/// is defined, days begin in `time_zone` and Saturdays and Sundays are off. Must be called inside a tokio
/// runtime.
pub fn build(kit: &Kit, time_zone: &str) -> anyhow::Result<DeliberationServiceServer<Service>> {
    let service = service(kit, time_zone)?;
    open_dockets(kit);
    count_countersigns(kit, &service.view);
    Ok(DeliberationServiceServer::new(service)
        .max_decoding_message_size(REQUEST_BYTES_MAX)
        .max_encoding_message_size(RESPONSE_BYTES_MAX))
}

fn service(kit: &Kit, time_zone: &str) -> anyhow::Result<Service> {
    let otherwise = WorkingCalendar::weekends_only(time_zone).context("the configured time_zone")?;
    let view = ViewStore::keep::<view::DeliberationView>(kit).context("the view of deliberation")?;
    Ok(Service { kit: kit.clone(), view, otherwise: Arc::new(otherwise) })
}

fn count_countersigns(kit: &Kit, view: &ViewStore) {
    let told = kit.journal().committed();
    timer::run::<Docket>(kit, view, told, COUNTING, view::next_deadlines, || Command::NoteTheHour);
}

fn open_dockets(kit: &Kit) {
    process::run::<Session, _>(
        kit.clone(),
        open_docket::NAME,
        |event| matches!(event, Event::Convened { .. } | Event::TurnedIntoCountersign { .. }),
        |kit, happening| {
            Box::pin(async move {
                let asked = open_docket::react(happening.id, happening.state, happening.event);
                happening.issue::<Docket>(kit, asked).await
            })
        },
    );
}

#[cfg(test)]
mod tests;
