//! Deliberation (会商议事): dockets from opening to closing, in a meeting or by countersign.
//!
//! [`grpc`] carries commands to the journal and answers queries, lists from [`view`]. Two things happen
//! automatically: a docket is prepared when its session is convened or converted to a countersign, and the
//! ballots of a countersign are counted when its deadline has passed.

mod grpc;
mod secret_ballots;
mod secret_choices;
mod view;

pub use grpc::Service;

use anyhow::Context as _;
use domain::calendar::WorkingCalendar;
use domain::deliberation::docket::{self, Command, Docket};
use domain::deliberation::minutes::{self, Minutes};
use domain::directory::calendar::Calendar;
use domain::process::draft_minutes;
use domain::process::open_docket::{self, History};
use domain::scheduling::body::Body;
use domain::scheduling::matter::Matter;
use domain::scheduling::session::{self, Event, Session};
use press::Press;
use proto::deliberation::v1::deliberation_service_server::DeliberationServiceServer;
use service_kit::limits::{REQUEST_BYTES_MAX, RESPONSE_BYTES_MAX};
use service_kit::process::Processes;
use service_kit::{CommandError, Kit, ViewStore, timer};
use std::path::Path;
use std::sync::Arc;

/// The service's full name on the wire.
pub const NAME: &str = <DeliberationServiceServer<Service> as tonic::server::NamedService>::NAME;

/// The name, on record, of the timer that counts countersigns.
const COUNTING: &str = "count_countersigns";
/// The name, on record, of the timer that takes silence about minutes for consent.
const SETTLING: &str = "settle_minutes";
/// The name, on record, of the timer that reminds those that have not answered.
const REMINDING: &str = "remind_seats";
/// The name, on record, of the timer that says when speaking times and timeboxes are over.
const TIMING: &str = "time_debates";
/// The name, on record, of the process manager that seals minutes.
const SEALING: &str = "seal_minutes";

/// Starts the service's view, starts its process manager and its timer, and returns its server. Until a
/// calendar is defined, days begin in `time_zone` and Saturdays and Sundays are off. PDFs are set in the fonts of
/// `fonts_folder`. Must be called inside a tokio runtime.
pub fn build(
    kit: &Kit,
    time_zone: &str,
    fonts_folder: Option<&Path>,
) -> anyhow::Result<DeliberationServiceServer<Service>> {
    let service = service(kit, time_zone, fonts_folder)?;
    Ok(DeliberationServiceServer::new(service)
        .max_decoding_message_size(REQUEST_BYTES_MAX)
        .max_encoding_message_size(RESPONSE_BYTES_MAX))
}

/// The service, with its view, process manager and timer running.
fn service(kit: &Kit, time_zone: &str, fonts_folder: Option<&Path>) -> anyhow::Result<Service> {
    let press = Press::new(fonts_folder)?;
    let default_calendar = WorkingCalendar::weekends_only(time_zone).context("the configured time_zone")?;
    let default_calendar = Arc::new(default_calendar);
    let mut processes = Processes::new(kit);
    open_dockets(&mut processes, default_calendar.clone());
    draft_minutes(&mut processes, default_calendar.clone());
    seal_minutes(&mut processes, default_calendar.clone());
    let view = ViewStore::spawn::<view::DeliberationView>(kit, processes.progress())
        .context("the view of deliberation")?;
    count_countersigns(kit, &view);
    let committed = kit.journal().committed();
    time_debates(kit, &view);
    remind_seats(kit, &view);
    let check = || minutes::Command::CheckDeadlines;
    timer::run::<Minutes>(kit, &view, committed, SETTLING, view::next_confirmations, check);
    Ok(Service { kit: kit.clone(), view, default_calendar, press })
}

fn count_countersigns(kit: &Kit, view: &ViewStore) {
    let committed = kit.journal().committed();
    timer::run::<Docket>(kit, view, committed, COUNTING, view::next_deadlines, || Command::CheckDeadlines);
}

fn time_debates(kit: &Kit, view: &ViewStore) {
    let committed = kit.journal().committed();
    timer::run::<Docket>(kit, view, committed, TIMING, view::next_clocks, || Command::CheckClocks);
}

fn remind_seats(kit: &Kit, view: &ViewStore) {
    let committed = kit.journal().committed();
    timer::run::<Docket>(kit, view, committed, REMINDING, view::next_reminders, || Command::CheckReminders);
}

/// The realm's calendar.
async fn calendar(kit: &Kit, default_calendar: &WorkingCalendar) -> Result<WorkingCalendar, CommandError> {
    let defined = kit.load::<Calendar>(Calendar::realm_id()).await?;
    Ok(defined.in_force(default_calendar).clone())
}

/// Drafts the minutes of dockets that are closed.
fn draft_minutes(processes: &mut Processes, default_calendar: Arc<WorkingCalendar>) {
    let closed = |event: &docket::Event| matches!(event, docket::Event::Closed { .. });
    processes.run::<Docket, _>(draft_minutes::NAME, closed, move |kit, context| {
        let default_calendar = default_calendar.clone();
        Box::pin(async move {
            let calendar = calendar(kit, &default_calendar).await?;
            let commands = draft_minutes::react(context.id, context.state, context.event, &calendar);
            context.issue::<Minutes>(kit, 0, commands).await
        })
    });
}

/// Seals the document of minutes that nobody has anything to say about any more.
fn seal_minutes(processes: &mut Processes, default_calendar: Arc<WorkingCalendar>) {
    let settled = |event: &minutes::Event| matches!(event, minutes::Event::Settled { .. });
    processes.run::<Minutes, _>(SEALING, settled, move |kit, context| {
        let default_calendar = default_calendar.clone();
        Box::pin(async move {
            let Some(draft) = context.state.draft() else { return Ok(()) };
            let calendar = calendar(kit, &default_calendar).await?;
            let sha256 = grpc::minutes::digests(kit, context.id, draft, calendar.zone()).await?;
            let seal = minutes::Command::Seal { sha256 };
            context.issue::<Minutes>(kit, 0, vec![(context.id, seal)]).await
        })
    });
}

/// Prepares dockets for sessions.
fn open_dockets(processes: &mut Processes, default_calendar: Arc<WorkingCalendar>) {
    processes.run::<Session, _>(
        open_docket::NAME,
        |event| {
            matches!(
                event,
                Event::Convened { .. } | Event::ConvertedToCountersign { .. } | Event::TopicRelabelled { .. }
            )
        },
        move |kit, context| {
            let default_calendar = default_calendar.clone();
            Box::pin(async move {
                let history = history(kit, context.state).await?;
                let calendar = calendar(kit, &default_calendar).await?;
                let (id, at) = (context.id, context.at());
                let commands = open_docket::react(id, context.state, context.event, &history, at, &calendar);
                context.issue::<Docket>(kit, 0, commands).await
            })
        },
    );
}

/// How often the matters of a session were deferred. While they are on its agenda, only its docket defers them.
async fn history(kit: &Kit, session: &session::State) -> Result<History, CommandError> {
    let Some(filed) = session.filed() else { return Ok(History::default()) };
    let body = kit.load::<Body>(Body::id(&filed.outline.body)).await?;
    let rules = body.version().map(|version| version.charter.meeting_rules).unwrap_or_default();
    let mut history = History { deferrals_max: rules.deferrals_max(), ..History::default() };
    for matter in filed.outline.topics.iter().filter_map(|topic| topic.matter) {
        if let Some(known) = kit.load::<Matter>(matter).await?.known() {
            history.deferrals.insert(matter, known.deferrals);
        }
    }
    Ok(history)
}

#[cfg(test)]
mod tests;
