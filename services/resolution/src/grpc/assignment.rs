//! Acknowledging items, and contesting that they are the lead's to do.

use super::{Reply, Service, item_id};
use domain::Code;
use domain::resolution::action_item::Command;
use proto::read_fields;
use proto::resolution::v1 as pb;
use service_kit::serve::read;
use tonic::{Request, Response};

pub(super) async fn acknowledge(
    service: &Service,
    request: Request<pb::AcknowledgeItemRequest>,
) -> Reply<pb::AcknowledgeItemResponse> {
    let (context, request) = service.kit.receive(request)?;
    let id = item_id(&request.item_id)?;
    let (position, item) = service.decide(&context, id, Command::Acknowledge).await?;
    Ok(Response::new(pb::AcknowledgeItemResponse { position, item }))
}

pub(super) async fn contest(
    service: &Service,
    request: Request<pb::ContestItemRequest>,
) -> Reply<pb::ContestItemResponse> {
    let (context, request) = service.kit.receive(request)?;
    let id = item_id(&request.item_id)?;
    let command = read_fields!(request => Command::Contest { reason })?;
    let (position, item) = service.decide(&context, id, command).await?;
    Ok(Response::new(pb::ContestItemResponse { position, item }))
}

pub(super) async fn resolve_contest(
    service: &Service,
    request: Request<pb::ResolveContestRequest>,
) -> Reply<pb::ResolveContestResponse> {
    let (context, request) = service.kit.receive(request)?;
    let id = item_id(&request.item_id)?;
    let calendar = service.calendar().await?;
    let named: Option<Code> = read("reassign_to_code", request.reassign_to_code.clone())?;
    let command = read_fields!(
        request => Command::ResolveContest { reassign_to_code: reassign_to, due, reason; calendar }
    )?;
    let (position, item) = service.decide_naming(&context, id, command, "reassign_to_code", named).await?;
    Ok(Response::new(pb::ResolveContestResponse { position, item }))
}
