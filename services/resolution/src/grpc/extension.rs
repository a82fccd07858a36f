//! Moving due dates.

use super::{Reply, Service, item_id};
use domain::resolution::action_item::Command;
use proto::read_fields;
use proto::resolution::v1 as pb;
use tonic::{Request, Response};

pub(super) async fn request(
    service: &Service,
    request: Request<pb::RequestExtensionRequest>,
) -> Reply<pb::RequestExtensionResponse> {
    let (order, request) = service.kit.order(request, |r| &r.command_id)?;
    let id = item_id(&request.item_id)?;
    let calendar = service.calendar().await?;
    let command = read_fields!(request => Command::RequestExtension { due, reason; calendar })?;
    let position = service.decide(&order, id, command).await?;
    Ok(Response::new(pb::RequestExtensionResponse { position }))
}

pub(super) async fn grant(
    service: &Service,
    request: Request<pb::GrantExtensionRequest>,
) -> Reply<pb::GrantExtensionResponse> {
    let (order, request) = service.kit.order(request, |r| &r.command_id)?;
    let id = item_id(&request.item_id)?;
    let position = service.decide(&order, id, Command::GrantExtension).await?;
    Ok(Response::new(pb::GrantExtensionResponse { position }))
}

pub(super) async fn refuse(
    service: &Service,
    request: Request<pb::RefuseExtensionRequest>,
) -> Reply<pb::RefuseExtensionResponse> {
    let (order, request) = service.kit.order(request, |r| &r.command_id)?;
    let id = item_id(&request.item_id)?;
    let command = read_fields!(request => Command::RefuseExtension { reason })?;
    let position = service.decide(&order, id, command).await?;
    Ok(Response::new(pb::RefuseExtensionResponse { position }))
}
