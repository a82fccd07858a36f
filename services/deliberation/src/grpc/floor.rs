//! The floor: attendance, opening, calling topics, positions.

use super::{Reply, Service};
use domain::deliberation::docket::Command;
use proto::deliberation::v1 as pb;
use proto::read_fields;
use tonic::{Request, Response};

pub(super) async fn record_arrival(
    service: &Service,
    request: Request<pb::RecordArrivalRequest>,
) -> Reply<pb::RecordArrivalResponse> {
    let (order, request) = service.kit.order(request, |r| &r.command_id)?;
    let id = super::docket_id(&request.docket_id)?;
    let command = read_fields!(request => Command::RecordArrival { department, delegate })?;
    let position = service.decide(&order, id, command).await?;
    Ok(Response::new(pb::RecordArrivalResponse { position }))
}

pub(super) async fn record_leaving(
    service: &Service,
    request: Request<pb::RecordLeavingRequest>,
) -> Reply<pb::RecordLeavingResponse> {
    let (order, request) = service.kit.order(request, |r| &r.command_id)?;
    let id = super::docket_id(&request.docket_id)?;
    let command = read_fields!(request => Command::RecordLeaving { department })?;
    let position = service.decide(&order, id, command).await?;
    Ok(Response::new(pb::RecordLeavingResponse { position }))
}

pub(super) async fn open_docket(
    service: &Service,
    request: Request<pb::OpenDocketRequest>,
) -> Reply<pb::OpenDocketResponse> {
    let (order, request) = service.kit.order(request, |r| &r.command_id)?;
    let id = super::docket_id(&request.docket_id)?;
    let position = service.decide(&order, id, Command::Open).await?;
    Ok(Response::new(pb::OpenDocketResponse { position }))
}

pub(super) async fn open_topic(
    service: &Service,
    request: Request<pb::OpenTopicRequest>,
) -> Reply<pb::OpenTopicResponse> {
    let (order, request) = service.kit.order(request, |r| &r.command_id)?;
    let id = super::docket_id(&request.docket_id)?;
    let command = read_fields!(request => Command::OpenTopic { topic })?;
    let position = service.decide(&order, id, command).await?;
    Ok(Response::new(pb::OpenTopicResponse { position }))
}

pub(super) async fn pause_topic(
    service: &Service,
    request: Request<pb::PauseTopicRequest>,
) -> Reply<pb::PauseTopicResponse> {
    let (order, request) = service.kit.order(request, |r| &r.command_id)?;
    let id = super::docket_id(&request.docket_id)?;
    let command = read_fields!(request => Command::PauseTopic { topic })?;
    let position = service.decide(&order, id, command).await?;
    Ok(Response::new(pb::PauseTopicResponse { position }))
}

pub(super) async fn mark_digression(
    service: &Service,
    request: Request<pb::MarkDigressionRequest>,
) -> Reply<pb::MarkDigressionResponse> {
    let (order, request) = service.kit.order(request, |r| &r.command_id)?;
    let id = super::docket_id(&request.docket_id)?;
    let command = read_fields!(request => Command::MarkDigression { topic, minutes, note })?;
    let position = service.decide(&order, id, command).await?;
    Ok(Response::new(pb::MarkDigressionResponse { position }))
}

pub(super) async fn close_debate(
    service: &Service,
    request: Request<pb::CloseDebateRequest>,
) -> Reply<pb::CloseDebateResponse> {
    let (order, request) = service.kit.order(request, |r| &r.command_id)?;
    let id = super::docket_id(&request.docket_id)?;
    let command = read_fields!(request => Command::CloseDebate { topic })?;
    let position = service.decide(&order, id, command).await?;
    Ok(Response::new(pb::CloseDebateResponse { position }))
}

pub(super) async fn state_position(
    service: &Service,
    request: Request<pb::StatePositionRequest>,
) -> Reply<pb::StatePositionResponse> {
    let (order, request) = service.kit.order(request, |r| &r.command_id)?;
    let id = super::docket_id(&request.docket_id)?;
    let command = read_fields!(request => Command::StatePosition { topic, department, stance, reasons })?;
    let position = service.decide(&order, id, command).await?;
    Ok(Response::new(pb::StatePositionResponse { position }))
}
