//! Sessions from admission to the session itself.

use super::{Reply, Service, render, session_id};
use domain::scheduling::session::Command;
use proto::read_fields;
use proto::scheduling::v1 as pb;
use tonic::Request;

pub(super) async fn schedule(
    service: &Service,
    request: Request<pb::ScheduleSessionRequest>,
) -> Reply<pb::ScheduleSessionResponse> {
    let (context, request) = service.kit.receive(request)?;
    let id = session_id(&request.session_id)?;
    let command = read_fields!(request => Command::Schedule { room_code: room, starts_at, answer_by })?;
    let (position, session) = service.execute(&context, id, command).await?;
    Ok(render::shown(session, |session| pb::ScheduleSessionResponse { position, session }))
}

pub(super) async fn relocate(
    service: &Service,
    request: Request<pb::MoveSessionRequest>,
) -> Reply<pb::MoveSessionResponse> {
    let (context, request) = service.kit.receive(request)?;
    let id = session_id(&request.session_id)?;
    let command = read_fields!(request => Command::Move { room_code: room, starts_at, reason, answer_by })?;
    let (position, session) = service.execute(&context, id, command).await?;
    Ok(render::shown(session, |session| pb::MoveSessionResponse { position, session }))
}

pub(super) async fn postpone(
    service: &Service,
    request: Request<pb::PostponeSessionRequest>,
) -> Reply<pb::PostponeSessionResponse> {
    let (context, request) = service.kit.receive(request)?;
    let id = session_id(&request.session_id)?;
    let command = read_fields!(request => Command::Postpone { reason })?;
    let (position, session) = service.execute(&context, id, command).await?;
    Ok(render::shown(session, |session| pb::PostponeSessionResponse { position, session }))
}

pub(super) async fn cancel(
    service: &Service,
    request: Request<pb::CancelSessionRequest>,
) -> Reply<pb::CancelSessionResponse> {
    let (context, request) = service.kit.receive(request)?;
    let id = session_id(&request.session_id)?;
    let command = read_fields!(request => Command::Cancel { reason })?;
    let (position, session) = service.execute(&context, id, command).await?;
    Ok(render::shown(session, |session| pb::CancelSessionResponse { position, session }))
}

pub(super) async fn answer_invitation(
    service: &Service,
    request: Request<pb::AnswerInvitationRequest>,
) -> Reply<pb::AnswerInvitationResponse> {
    let (context, request) = service.kit.receive(request)?;
    let id = session_id(&request.session_id)?;
    let command = read_fields!(request => Command::AnswerInvitation {
        department_code: department, answer, reason, substitute,
    })?;
    let (position, session) = service.execute(&context, id, command).await?;
    Ok(render::shown(session, |session| pb::AnswerInvitationResponse { position, session }))
}

pub(super) async fn name_delegate(
    service: &Service,
    request: Request<pb::NameDelegateRequest>,
) -> Reply<pb::NameDelegateResponse> {
    let (context, request) = service.kit.receive(request)?;
    let id = session_id(&request.session_id)?;
    let command = read_fields!(request => Command::NameDelegate { department_code: department, delegate, in_place_of })?;
    let (position, session) = service.execute(&context, id, command).await?;
    Ok(render::shown(session, |session| pb::NameDelegateResponse { position, session }))
}

pub(super) async fn convene(
    service: &Service,
    request: Request<pb::ConveneSessionRequest>,
) -> Reply<pb::ConveneSessionResponse> {
    let (context, request) = service.kit.receive(request)?;
    let id = session_id(&request.session_id)?;
    let convene = |constitution| Command::Convene { constitution };
    let (position, session) = service.execute_constituted(&context, id, convene).await?;
    Ok(render::shown(session, |session| pb::ConveneSessionResponse { position, session }))
}
