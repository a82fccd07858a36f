//! Judging the work.

use super::{Reply, Service, item_id};
use domain::resolution::action_item::Command;
use proto::read_fields;
use proto::resolution::v1 as pb;
use tonic::{Request, Response};

pub(super) async fn accept(
    service: &Service,
    request: Request<pb::AcceptWorkRequest>,
) -> Reply<pb::AcceptWorkResponse> {
    let (order, request) = service.kit.order(request, |r| &r.command_id)?;
    let id = item_id(&request.item_id)?;
    let command = read_fields!(request => Command::Accept { note })?;
    let position = service.decide(&order, id, command).await?;
    Ok(Response::new(pb::AcceptWorkResponse { position }))
}

pub(super) async fn return_work(
    service: &Service,
    request: Request<pb::ReturnWorkRequest>,
) -> Reply<pb::ReturnWorkResponse> {
    let (order, request) = service.kit.order(request, |r| &r.command_id)?;
    let id = item_id(&request.item_id)?;
    let command = read_fields!(request => Command::ReturnWork { reason })?;
    let position = service.decide(&order, id, command).await?;
    Ok(Response::new(pb::ReturnWorkResponse { position }))
}

pub(super) async fn reopen(
    service: &Service,
    request: Request<pb::ReopenItemRequest>,
) -> Reply<pb::ReopenItemResponse> {
    let (order, request) = service.kit.order(request, |r| &r.command_id)?;
    let id = item_id(&request.item_id)?;
    let calendar = service.calendar().await?;
    let command = read_fields!(request => Command::Reopen { reason, due; calendar })?;
    let position = service.decide(&order, id, command).await?;
    Ok(Response::new(pb::ReopenItemResponse { position }))
}

pub(super) async fn look_back(
    service: &Service,
    request: Request<pb::LookBackRequest>,
) -> Reply<pb::LookBackResponse> {
    let (order, request) = service.kit.order(request, |r| &r.command_id)?;
    let id = item_id(&request.item_id)?;
    let command = read_fields!(request => Command::LookBack { finding, holds })?;
    let position = service.decide(&order, id, command).await?;
    Ok(Response::new(pb::LookBackResponse { position }))
}
