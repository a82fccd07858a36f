//! Sessions: from the request to the session itself. Room and session are decided in one commit.

use super::{Reply, Service};
use crate::facts;
use domain::scheduling::booking::room_command;
use domain::scheduling::room::Room;
use domain::scheduling::session::{Command, Outline, Session, State};
use domain::{Aggregate as _, Uuid};
use proto::scheduling::events::v1::SessionTopic;
use proto::scheduling::v1 as pb;
use proto::{Invalid, read_fields};
use service_kit::serve::read;
use service_kit::{CommandError, Order, Position};
use tonic::{Request, Response};

pub(super) async fn request(
    service: &Service,
    request: Request<pb::RequestSessionRequest>,
) -> Reply<pb::RequestSessionResponse> {
    let (order, mut request) = service.kit.order(request, |r| &r.command_id)?;
    request.outline.iter_mut().for_each(|outline| number(&mut outline.topics));
    let outline: Outline = read("outline", request.outline)?;
    let id = order.new_id(Session::CATEGORY);
    let mut named = vec![("outline.chair".into(), outline.chair.clone())];
    named.extend(facts::attending("outline.", &outline.attendees));
    named.extend(order.actor.department.clone().map(|requester| ("requester".into(), requester)));
    let position = service.decide_naming::<Session>(&order, id, Command::Request(outline), named).await?;
    Ok(Response::new(pb::RequestSessionResponse { position, session_id: id.to_string() }))
}

/// Topics that bring no number are numbered by their place.
fn number(topics: &mut [SessionTopic]) {
    for (no, topic) in (1..).zip(topics) {
        if topic.no == 0 {
            topic.no = no;
        }
    }
}

pub(super) async fn submit_papers(
    service: &Service,
    request: Request<pb::SubmitPapersRequest>,
) -> Reply<pb::SubmitPapersResponse> {
    let (order, request) = service.kit.order(request, |r| &r.command_id)?;
    let id = session_id(&request.session_id)?;
    let command = read_fields!(request => Command::SubmitPapers { topic, paper })?;
    let position = service.kit.execute::<Session>(&order, id, command).await?;
    Ok(Response::new(pb::SubmitPapersResponse { position }))
}

pub(super) async fn screen(
    service: &Service,
    request: Request<pb::ScreenSessionRequest>,
) -> Reply<pb::ScreenSessionResponse> {
    let (order, request) = service.kit.order(request, |r| &r.command_id)?;
    let id = session_id(&request.session_id)?;
    let (view, otherwise) = (service.view.clone(), service.otherwise.clone());
    let screened = service.kit.commit(&order, move |unit| {
        let (view, otherwise) = (view.clone(), otherwise.clone());
        Box::pin(async move {
            let screen = facts::screening(unit, &view, &otherwise, id).await?;
            unit.decide::<Session>(id, screen).await
        })
    });
    Ok(Response::new(pb::ScreenSessionResponse { position: screened.await? }))
}

pub(super) async fn override_finding(
    service: &Service,
    request: Request<pb::OverrideFindingRequest>,
) -> Reply<pb::OverrideFindingResponse> {
    let (order, request) = service.kit.order(request, |r| &r.command_id)?;
    let id = session_id(&request.session_id)?;
    let command = read_fields!(request => Command::Override { rule, reason })?;
    let position = service.kit.execute::<Session>(&order, id, command).await?;
    Ok(Response::new(pb::OverrideFindingResponse { position }))
}

pub(super) async fn admit(
    service: &Service,
    request: Request<pb::AdmitSessionRequest>,
) -> Reply<pb::AdmitSessionResponse> {
    let (order, request) = service.kit.order(request, |r| &r.command_id)?;
    let id = session_id(&request.session_id)?;
    let position = service.kit.execute::<Session>(&order, id, Command::Admit).await?;
    Ok(Response::new(pb::AdmitSessionResponse { position }))
}

pub(super) async fn give_back(
    service: &Service,
    request: Request<pb::ReturnSessionRequest>,
) -> Reply<pb::ReturnSessionResponse> {
    let (order, request) = service.kit.order(request, |r| &r.command_id)?;
    let id = session_id(&request.session_id)?;
    let command = read_fields!(request => Command::Return { reason })?;
    let position = service.kit.execute::<Session>(&order, id, command).await?;
    Ok(Response::new(pb::ReturnSessionResponse { position }))
}

pub(super) async fn revise(
    service: &Service,
    request: Request<pb::ReviseSessionRequest>,
) -> Reply<pb::ReviseSessionResponse> {
    let (order, mut request) = service.kit.order(request, |r| &r.command_id)?;
    let id = session_id(&request.session_id)?;
    number(&mut request.topics);
    let command = read_fields!(request => Command::Revise { topics, attendees, minutes, earliest_start })?;
    let named = match &command {
        Command::Revise { attendees, .. } => facts::attending("", attendees),
        _ => Vec::new(),
    };
    let position = service.decide_naming::<Session>(&order, id, command, named).await?;
    Ok(Response::new(pb::ReviseSessionResponse { position }))
}

pub(super) async fn turn_into_countersign(
    service: &Service,
    request: Request<pb::TurnIntoCountersignRequest>,
) -> Reply<pb::TurnIntoCountersignResponse> {
    let (order, request) = service.kit.order(request, |r| &r.command_id)?;
    let id = session_id(&request.session_id)?;
    let command = read_fields!(request => Command::TurnIntoCountersign { deadline, reason })?;
    let position = service.kit.execute::<Session>(&order, id, command).await?;
    Ok(Response::new(pb::TurnIntoCountersignResponse { position }))
}

pub(super) async fn merge(
    service: &Service,
    request: Request<pb::MergeSessionRequest>,
) -> Reply<pb::MergeSessionResponse> {
    let (order, request) = service.kit.order(request, |r| &r.command_id)?;
    let session = session_id(&request.session_id)?;
    let into: Uuid = read("into", request.into.clone())?;
    let command = read_fields!(request => Command::Merge { into, reason; session })?;
    let merged = service.kit.commit(&order, move |unit| {
        let command = command.clone();
        Box::pin(async move {
            unit.decide::<Session>(session, command).await?;
            match unit.load::<Session>(into).await? {
                State::Filed(_) => Ok(()),
                State::Absent => {
                    Err(CommandError::NotFound(format!("no session has the id {into} to merge into")))
                }
            }
        })
    });
    Ok(Response::new(pb::MergeSessionResponse { position: merged.await? }))
}

pub(super) async fn schedule(
    service: &Service,
    request: Request<pb::ScheduleSessionRequest>,
) -> Reply<pb::ScheduleSessionResponse> {
    let (order, request) = service.kit.order(request, |r| &r.command_id)?;
    let id = session_id(&request.session_id)?;
    let command = read_fields!(request => Command::Schedule { room, from })?;
    let position = with_room(service, &order, id, command).await?;
    Ok(Response::new(pb::ScheduleSessionResponse { position }))
}

pub(super) async fn postpone(
    service: &Service,
    request: Request<pb::PostponeSessionRequest>,
) -> Reply<pb::PostponeSessionResponse> {
    let (order, request) = service.kit.order(request, |r| &r.command_id)?;
    let id = session_id(&request.session_id)?;
    let command = read_fields!(request => Command::Postpone { reason })?;
    let position = with_room(service, &order, id, command).await?;
    Ok(Response::new(pb::PostponeSessionResponse { position }))
}

pub(super) async fn cancel(
    service: &Service,
    request: Request<pb::CancelSessionRequest>,
) -> Reply<pb::CancelSessionResponse> {
    let (order, request) = service.kit.order(request, |r| &r.command_id)?;
    let id = session_id(&request.session_id)?;
    let command = read_fields!(request => Command::Cancel { reason })?;
    let position = with_room(service, &order, id, command).await?;
    Ok(Response::new(pb::CancelSessionResponse { position }))
}

pub(super) async fn answer_invitation(
    service: &Service,
    request: Request<pb::AnswerInvitationRequest>,
) -> Reply<pb::AnswerInvitationResponse> {
    let (order, request) = service.kit.order(request, |r| &r.command_id)?;
    let id = session_id(&request.session_id)?;
    let command = read_fields!(request => Command::AnswerInvitation { department, answer, reason })?;
    let position = service.kit.execute::<Session>(&order, id, command).await?;
    Ok(Response::new(pb::AnswerInvitationResponse { position }))
}

pub(super) async fn name_delegate(
    service: &Service,
    request: Request<pb::NameDelegateRequest>,
) -> Reply<pb::NameDelegateResponse> {
    let (order, request) = service.kit.order(request, |r| &r.command_id)?;
    let id = session_id(&request.session_id)?;
    let command = read_fields!(request => Command::NameDelegate { department, delegate, in_place_of })?;
    let position = service.kit.execute::<Session>(&order, id, command).await?;
    Ok(Response::new(pb::NameDelegateResponse { position }))
}

pub(super) async fn convene(
    service: &Service,
    request: Request<pb::ConveneSessionRequest>,
) -> Reply<pb::ConveneSessionResponse> {
    let (order, request) = service.kit.order(request, |r| &r.command_id)?;
    let id = session_id(&request.session_id)?;
    let position = service.kit.execute::<Session>(&order, id, Command::Convene).await?;
    Ok(Response::new(pb::ConveneSessionResponse { position }))
}

pub(super) fn session_id(wire: &str) -> Result<Uuid, Invalid> {
    read("session_id", wire.to_owned())
}

/// Decides a wish together with what it asks of a room.
async fn with_room(
    service: &Service,
    order: &Order,
    id: Uuid,
    wish: Command,
) -> Result<Position, CommandError> {
    let decide = service.kit.commit(order, move |unit| {
        let wish = wish.clone();
        Box::pin(async move {
            unit.decide::<Session>(id, wish.clone()).await?;
            // Loaded after the decision: if the session has moved on in between, the commit fails on the
            // session's stream and is decided anew, and no other slot's room is touched.
            let before = unit.load::<Session>(id).await?;
            match room_command(id, &before, &wish) {
                Some((room, command)) => unit.decide::<Room>(room, command).await,
                None => Ok(()),
            }
        })
    });
    decide.await
}
