//! Series and copies: sessions that are requested like another one, each with an id that follows from the command.

use super::{Reply, Service, admission, not_found, render, session_id};
use domain::aggregate::derived_id;
use domain::scheduling::series::{OffDay, Recurrence, dates};
use domain::scheduling::session::{Kind, Outline, Session, Topic};
use domain::{Date, Line, Timestamp};
use proto::scheduling::v1 as pb;
use proto::{Invalid, Wire as _};
use service_kit::CommandContext;
use service_kit::serve::read;
use std::collections::BTreeSet;
use tonic::{Request, Response};

pub(super) async fn request(
    service: &Service,
    request: Request<pb::RequestSeriesRequest>,
) -> Reply<pb::RequestSeriesResponse> {
    let (context, request) = service.kit.receive(request)?;
    let admission::Wanted { outline, unlabelled } = admission::read_outline(request.outline)?;
    if outline.kind == Kind::Emergency {
        let fault = "must not be an emergency: nobody knows those ahead";
        return Err(Invalid::field("outline.kind", fault).into());
    }
    let recurrence = read_recurrence(request.recurrence)?;
    let calendar = service.realm_calendar().await?;
    let days = dates(&recurrence, &calendar).map_err(|flaw| {
        let within = match flaw.field() {
            "" => "recurrence".to_owned(),
            field => format!("recurrence.{field}"),
        };
        Invalid::field(&within, flaw.to_string())
    })?;
    let zone = calendar.zone();
    let since_midnight =
        outline.earliest_start_at.duration_since(zone.start_of(zone.date_of(outline.earliest_start_at)));
    let (mut position, mut sessions) = (0, Vec::new());
    for day in days {
        let earliest_start_at = zone.start_of(day).checked_add(since_midnight).unwrap_or(Timestamp::MAX);
        let title = dated(&outline.title, day)?;
        let outline = Outline { title, earliest_start_at, decide_by: None, ..outline.clone() };
        let own = admission::Wanted { outline, unlabelled: unlabelled.clone() };
        let (at, session) = admission::request_one(service, &of_day(&context, day), own).await?;
        position = position.max(at);
        let session_id = session.map(|session| session.session_id).unwrap_or_default();
        sessions.push(pb::SeriesSession { session_id, starts_on: day.to_string() });
    }
    Ok(Response::new(pb::RequestSeriesResponse { position, sessions }))
}

fn read_recurrence(wire: Option<pb::SeriesRecurrence>) -> Result<Recurrence, Invalid> {
    let mut wire = wire.ok_or_else(|| Invalid::field("recurrence", "is missing"))?;
    if wire.interval == 0 {
        wire.interval = 1;
    }
    if wire.off_day() == pb::SeriesOffDay::Unspecified {
        wire.off_day = OffDay::Skip.to_wire();
    }
    read("recurrence", Some(wire))
}

/// The title with the date, as one of many.
fn dated(title: &Line, day: Date) -> Result<Line, Invalid> {
    Line::parse(&format!("{title} {day}")).map_err(|fault| Invalid::field("outline.title", fault.to_string()))
}

/// The command that requests the session of one day.
fn of_day(context: &CommandContext, day: Date) -> CommandContext {
    let command_id = derived_id(context.command_id, &["series", &day.to_string()]);
    CommandContext { command_id, expected_position: None, ..context.clone() }
}

pub(super) async fn clone(
    service: &Service,
    request: Request<pb::CloneSessionRequest>,
) -> Reply<pb::CloneSessionResponse> {
    let scope = service.kit.scope(&request).await?;
    let (context, request) = service.kit.receive(request)?;
    let id = session_id(&request.session_id)?;
    let title: Option<Line> = read("title", request.title)?;
    let earliest_start_at: Timestamp = read("earliest_start_at", request.earliest_start_at)?;
    let state = service.kit.show::<Session>(&scope, id).await?;
    let filed = state.filed().ok_or_else(|| not_found("session"))?;
    let seen = filed.seen_by(|audience| scope.covers(audience));
    // What was taken on the agenda from the floor was never requested.
    let is_from_floor =
        |number: u32| filed.added.iter().any(|added| added.topic == number && added.from_floor);
    let is_copied = |topic: &Topic| {
        let own = filed.outline.topic(topic.number);
        own.is_some_and(|own| scope.covers(&filed.audience_of(own))) && !is_from_floor(topic.number)
    };
    let copied = seen.outline.with_only(is_copied);
    let mut outline = Outline {
        title: title.unwrap_or_else(|| copied.title.clone()),
        earliest_start_at,
        decide_by: None,
        carries_out: None,
        ..copied
    };
    // A matter is on one agenda at a time: the copy takes in its own.
    outline.topics.iter_mut().for_each(|topic| topic.matter = None);
    let context = CommandContext { expected_position: None, ..context };
    let wanted = admission::Wanted { outline, unlabelled: BTreeSet::new() };
    let (position, session) = admission::request_one(service, &context, wanted).await?;
    Ok(render::shown(session, |session| pb::CloneSessionResponse { position, session }))
}
