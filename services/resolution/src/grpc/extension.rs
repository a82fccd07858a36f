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
    let (context, request) = service.kit.receive(request)?;
    let id = item_id(&request.item_id)?;
    let calendar = service.calendar().await?;
    let command = read_fields!(request => Command::RequestExtension { due, reason; calendar })?;
    let (position, item) = service.decide_in_cascade(&context, id, command).await?;
    Ok(Response::new(pb::RequestExtensionResponse { position, item }))
}

pub(super) async fn grant(
    service: &Service,
    request: Request<pb::GrantExtensionRequest>,
) -> Reply<pb::GrantExtensionResponse> {
    let (context, request) = service.kit.receive(request)?;
    let id = item_id(&request.item_id)?;
    let calendar = service.calendar().await?;
    let command = Command::GrantExtension { calendar };
    let (position, item) = service.decide_in_cascade(&context, id, command).await?;
    Ok(Response::new(pb::GrantExtensionResponse { position, item }))
}

pub(super) async fn refuse(
    service: &Service,
    request: Request<pb::RefuseExtensionRequest>,
) -> Reply<pb::RefuseExtensionResponse> {
    let (context, request) = service.kit.receive(request)?;
    let id = item_id(&request.item_id)?;
    let command = read_fields!(request => Command::RefuseExtension { reason })?;
    let (position, item) = service.decide(&context, id, command).await?;
    Ok(Response::new(pb::RefuseExtensionResponse { position, item }))
}
