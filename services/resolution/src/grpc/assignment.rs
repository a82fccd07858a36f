//! Taking items on, and saying that they are somebody else's.

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
    let (order, request) = service.kit.order(request, |r| &r.command_id)?;
    let id = item_id(&request.item_id)?;
    let position = service.decide(&order, id, Command::Acknowledge).await?;
    Ok(Response::new(pb::AcknowledgeItemResponse { position }))
}

pub(super) async fn contest(
    service: &Service,
    request: Request<pb::ContestItemRequest>,
) -> Reply<pb::ContestItemResponse> {
    let (order, request) = service.kit.order(request, |r| &r.command_id)?;
    let id = item_id(&request.item_id)?;
    let command = read_fields!(request => Command::Contest { reason })?;
    let position = service.decide(&order, id, command).await?;
    Ok(Response::new(pb::ContestItemResponse { position }))
}

pub(super) async fn resolve_contest(
    service: &Service,
    request: Request<pb::ResolveContestRequest>,
) -> Reply<pb::ResolveContestResponse> {
    let (order, request) = service.kit.order(request, |r| &r.command_id)?;
    let id = item_id(&request.item_id)?;
    let lead: Option<Code> = read("reassign_to", request.reassign_to.clone())?;
    let calendar = service.calendar().await?;
    let command = read_fields!(request => Command::ResolveContest { reassign_to, reason; calendar })?;
    let position = service.decide_naming(&order, id, command, "reassign_to", lead).await?;
    Ok(Response::new(pb::ResolveContestResponse { position }))
}
