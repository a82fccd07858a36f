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
    let (context, request) = service.kit.receive(request)?;
    let id = item_id(&request.item_id)?;
    let command = read_fields!(request => Command::Accept { note })?;
    let (position, item) = service.decide(&context, id, command).await?;
    Ok(Response::new(pb::AcceptWorkResponse { position, item }))
}

pub(super) async fn return_work(
    service: &Service,
    request: Request<pb::ReturnWorkRequest>,
) -> Reply<pb::ReturnWorkResponse> {
    let (context, request) = service.kit.receive(request)?;
    let id = item_id(&request.item_id)?;
    let command = read_fields!(request => Command::ReturnWork { reason })?;
    let (position, item) = service.decide(&context, id, command).await?;
    Ok(Response::new(pb::ReturnWorkResponse { position, item }))
}

pub(super) async fn reopen(
    service: &Service,
    request: Request<pb::ReopenItemRequest>,
) -> Reply<pb::ReopenItemResponse> {
    let (context, request) = service.kit.receive(request)?;
    let id = item_id(&request.item_id)?;
    let calendar = service.calendar().await?;
    let command = read_fields!(request => Command::Reopen { reason, due; calendar })?;
    let (position, item) = service.decide(&context, id, command).await?;
    Ok(Response::new(pb::ReopenItemResponse { position, item }))
}

pub(super) async fn record_look_back(
    service: &Service,
    request: Request<pb::RecordLookBackRequest>,
) -> Reply<pb::RecordLookBackResponse> {
    let (context, request) = service.kit.receive(request)?;
    let id = item_id(&request.item_id)?;
    let command = read_fields!(request => Command::RecordLookBack { observation, holds })?;
    let (position, item) = service.decide(&context, id, command).await?;
    Ok(Response::new(pb::RecordLookBackResponse { position, item }))
}
