//! Proposals, amendments and drafted items.

use super::{Reply, Service};
use domain::deliberation::docket::Command;
use proto::deliberation::v1 as pb;
use proto::read_fields;
use tonic::{Request, Response};

pub(super) async fn propose(
    service: &Service,
    request: Request<pb::ProposeRequest>,
) -> Reply<pb::ProposeResponse> {
    let (order, request) = service.kit.order(request, |r| &r.command_id)?;
    let id = super::docket_id(&request.docket_id)?;
    let command = read_fields!(request => Command::Propose { topic, text })?;
    let position = service.decide(&order, id, command).await?;
    Ok(Response::new(pb::ProposeResponse { position }))
}

pub(super) async fn propose_amendment(
    service: &Service,
    request: Request<pb::ProposeAmendmentRequest>,
) -> Reply<pb::ProposeAmendmentResponse> {
    let (order, request) = service.kit.order(request, |r| &r.command_id)?;
    let id = super::docket_id(&request.docket_id)?;
    let command = read_fields!(request => Command::ProposeAmendment { topic, department, text })?;
    let position = service.decide(&order, id, command).await?;
    Ok(Response::new(pb::ProposeAmendmentResponse { position }))
}

pub(super) async fn resolve_amendment(
    service: &Service,
    request: Request<pb::ResolveAmendmentRequest>,
) -> Reply<pb::ResolveAmendmentResponse> {
    let (order, request) = service.kit.order(request, |r| &r.command_id)?;
    let id = super::docket_id(&request.docket_id)?;
    let command = read_fields!(request => Command::ResolveAmendment { topic, amendment, adopt })?;
    let position = service.decide(&order, id, command).await?;
    Ok(Response::new(pb::ResolveAmendmentResponse { position }))
}

pub(super) async fn draft_items(
    service: &Service,
    request: Request<pb::DraftItemsRequest>,
) -> Reply<pb::DraftItemsResponse> {
    let (order, request) = service.kit.order(request, |r| &r.command_id)?;
    let id = super::docket_id(&request.docket_id)?;
    let command = read_fields!(request => Command::DraftItems { topic, items })?;
    let position = service.decide(&order, id, command).await?;
    Ok(Response::new(pb::DraftItemsResponse { position }))
}

pub(super) async fn revise_item(
    service: &Service,
    request: Request<pb::ReviseItemRequest>,
) -> Reply<pb::ReviseItemResponse> {
    let (order, request) = service.kit.order(request, |r| &r.command_id)?;
    let id = super::docket_id(&request.docket_id)?;
    let command = read_fields!(request => Command::ReviseItem { item, draft })?;
    let position = service.decide(&order, id, command).await?;
    Ok(Response::new(pb::ReviseItemResponse { position }))
}

pub(super) async fn drop_item(
    service: &Service,
    request: Request<pb::DropItemRequest>,
) -> Reply<pb::DropItemResponse> {
    let (order, request) = service.kit.order(request, |r| &r.command_id)?;
    let id = super::docket_id(&request.docket_id)?;
    let command = read_fields!(request => Command::DropItem { item, reason })?;
    let position = service.decide(&order, id, command).await?;
    Ok(Response::new(pb::DropItemResponse { position }))
}
