//! Sessions from the request to admission, or to an end without a meeting.

use super::{Reply, Service, not_found, session_id};
use crate::facts;
use domain::scheduling::session::{Command, Outline, Session};
use domain::{Aggregate as _, Text, Timestamp, Uuid};
use proto::read_fields;
use proto::scheduling::v1 as pb;
use service_kit::serve::read;
use tonic::{Request, Response};

pub(super) async fn request(
    service: &Service,
    request: Request<pb::RequestSessionRequest>,
) -> Reply<pb::RequestSessionResponse> {
    let (context, mut request) = service.kit.receive(request)?;
    request.outline.iter_mut().for_each(fill_in);
    let outline: Outline = read("outline", request.outline)?;
    let id = context.new_id(Session::CATEGORY);
    let mut named = facts::attending("outline.", &outline.attendees);
    named.extend(context.actor.department.clone().map(|requester| ("requester_code".into(), requester)));
    let requested = service.kit.commit::<Session, _>(&context, id, |unit| {
        let (outline, named) = (outline.clone(), named.clone());
        Box::pin(async move {
            // A body that is not defined has no chair, and allows nothing.
            let chair = facts::chair(unit, &outline.body).await?.unwrap_or_else(|| outline.body.clone());
            let command = Command::Request { outline, chair };
            facts::must_be_allowed(unit, id, &command).await?;
            unit.decide::<Session>(id, command).await?;
            facts::must_be_listed(unit, &named).await
        })
    });
    let (position, session) = answer(id, &requested.await?);
    Ok(Response::new(pb::RequestSessionResponse { position, session }))
}

/// Fills in what a request does not have to say.
fn fill_in(outline: &mut pb::SessionOutline) {
    number_by_place(&mut outline.topics);
    if outline.matter_class() == pb::MatterClass::Unspecified {
        outline.set_matter_class(match outline.kind() {
            pb::SessionKind::Emergency => pb::MatterClass::Emergency,
            _ => pb::MatterClass::Ordinary,
        });
    }
}

/// Topics without a number are numbered by their place.
fn number_by_place(topics: &mut [pb::SessionTopic]) {
    for (place, topic) in (1..).zip(topics) {
        if topic.number == 0 {
            topic.number = place;
        }
    }
}

pub(super) async fn submit_paper(
    service: &Service,
    request: Request<pb::SubmitPaperRequest>,
) -> Reply<pb::SubmitPaperResponse> {
    let (context, request) = service.kit.receive(request)?;
    let id = session_id(&request.session_id)?;
    let command = read_fields!(request => Command::SubmitPaper { topic_number: topic, paper })?;
    let (position, session) = service.execute(&context, id, command).await?;
    Ok(Response::new(pb::SubmitPaperResponse { position, session }))
}

pub(super) async fn screen(
    service: &Service,
    request: Request<pb::ScreenSessionRequest>,
) -> Reply<pb::ScreenSessionResponse> {
    let (context, request) = service.kit.receive(request)?;
    let id = session_id(&request.session_id)?;
    let (view, default_calendar) = (&service.view, &service.default_calendar);
    let screened = service.kit.commit::<Session, _>(&context, id, |unit| {
        let (view, default_calendar) = (view.clone(), default_calendar.clone());
        Box::pin(async move {
            let screen = facts::screening(unit, &view, &default_calendar, id).await?;
            let screen = screen.ok_or_else(|| not_found("session"))?;
            facts::must_be_allowed(unit, id, &screen).await?;
            unit.decide::<Session>(id, screen).await
        })
    });
    let (position, session) = service.answer(id, &screened.await?).await?;
    Ok(Response::new(pb::ScreenSessionResponse { position, session }))
}

pub(super) async fn override_finding(
    service: &Service,
    request: Request<pb::OverrideFindingRequest>,
) -> Reply<pb::OverrideFindingResponse> {
    let (context, request) = service.kit.receive(request)?;
    let id = session_id(&request.session_id)?;
    let command = read_fields!(request => Command::Override { rule, reason })?;
    let (position, session) = service.execute(&context, id, command).await?;
    Ok(Response::new(pb::OverrideFindingResponse { position, session }))
}

pub(super) async fn admit(
    service: &Service,
    request: Request<pb::AdmitSessionRequest>,
) -> Reply<pb::AdmitSessionResponse> {
    let (context, request) = service.kit.receive(request)?;
    let id = session_id(&request.session_id)?;
    let (position, session) = service.execute(&context, id, Command::Admit).await?;
    Ok(Response::new(pb::AdmitSessionResponse { position, session }))
}

pub(super) async fn return_to_requester(
    service: &Service,
    request: Request<pb::ReturnSessionRequest>,
) -> Reply<pb::ReturnSessionResponse> {
    let (context, request) = service.kit.receive(request)?;
    let id = session_id(&request.session_id)?;
    let command = read_fields!(request => Command::Return { reason })?;
    let (position, session) = service.execute(&context, id, command).await?;
    Ok(Response::new(pb::ReturnSessionResponse { position, session }))
}

pub(super) async fn revise(
    service: &Service,
    request: Request<pb::ReviseSessionRequest>,
) -> Reply<pb::ReviseSessionResponse> {
    let (context, mut request) = service.kit.receive(request)?;
    let id = session_id(&request.session_id)?;
    number_by_place(&mut request.topics);
    let command = read_fields!(request => Command::Revise {
        topics, attendees, duration_minutes, earliest_start_at,
    })?;
    let named = match &command {
        Command::Revise { attendees, .. } => facts::attending("", attendees),
        _ => Vec::new(),
    };
    let (position, session) = service.execute_naming(&context, id, command, named).await?;
    Ok(Response::new(pb::ReviseSessionResponse { position, session }))
}

pub(super) async fn convert_to_countersign(
    service: &Service,
    request: Request<pb::ConvertToCountersignRequest>,
) -> Reply<pb::ConvertToCountersignResponse> {
    let (context, request) = service.kit.receive(request)?;
    let id = session_id(&request.session_id)?;
    let sign_by: Timestamp = read("sign_by", request.sign_by)?;
    let reason: Text = read("reason", request.reason)?;
    let convert =
        move |constitution| Command::ConvertToCountersign { sign_by, reason: reason.clone(), constitution };
    let (position, session) = service.execute_constituted(&context, id, convert).await?;
    Ok(Response::new(pb::ConvertToCountersignResponse { position, session }))
}

pub(super) async fn merge(
    service: &Service,
    request: Request<pb::MergeSessionRequest>,
) -> Reply<pb::MergeSessionResponse> {
    let (context, request) = service.kit.receive(request)?;
    let session = session_id(&request.session_id)?;
    let other: Uuid = read("into_session_id", request.into_session_id.clone())?;
    let command = read_fields!(request => Command::Merge { into_session_id: into, reason; session })?;
    let merged = service.kit.commit::<Session, _>(&context, session, |unit| {
        let command = command.clone();
        Box::pin(async move {
            facts::must_be_allowed(unit, session, &command).await?;
            unit.decide::<Session>(session, command).await?;
            match unit.load::<Session>(other).await?.filed() {
                Some(_) => Ok(()),
                None => Err(not_found("session to merge into")),
            }
        })
    });
    let (position, session) = service.answer(session, &merged.await?).await?;
    Ok(Response::new(pb::MergeSessionResponse { position, session }))
}
