//! Doing the work: progress, obstacles, completion.

use super::{Reply, Service, item_id};
use domain::Code;
use domain::resolution::action_item::Command;
use proto::read_fields;
use proto::resolution::v1 as pb;
use service_kit::serve::read;
use tonic::{Request, Response};

pub(super) async fn report_progress(
    service: &Service,
    request: Request<pb::ReportProgressRequest>,
) -> Reply<pb::ReportProgressResponse> {
    let (order, request) = service.kit.order(request, |r| &r.command_id)?;
    let id = item_id(&request.item_id)?;
    let command = read_fields!(request => Command::ReportProgress { percent, note, evidence })?;
    let position = service.decide(&order, id, command).await?;
    Ok(Response::new(pb::ReportProgressResponse { position }))
}

pub(super) async fn report_blocked(
    service: &Service,
    request: Request<pb::ReportBlockedRequest>,
) -> Reply<pb::ReportBlockedResponse> {
    let (order, request) = service.kit.order(request, |r| &r.command_id)?;
    let id = item_id(&request.item_id)?;
    let helper: Code = read("help_from", request.help_from.clone())?;
    let command = read_fields!(request => Command::ReportBlocked { reason, help_from })?;
    let position = service.decide_naming(&order, id, command, "help_from", Some(helper)).await?;
    Ok(Response::new(pb::ReportBlockedResponse { position }))
}

pub(super) async fn unblock(
    service: &Service,
    request: Request<pb::UnblockItemRequest>,
) -> Reply<pb::UnblockItemResponse> {
    let (order, request) = service.kit.order(request, |r| &r.command_id)?;
    let id = item_id(&request.item_id)?;
    let command = read_fields!(request => Command::Unblock { note })?;
    let position = service.decide(&order, id, command).await?;
    Ok(Response::new(pb::UnblockItemResponse { position }))
}

pub(super) async fn claim_completion(
    service: &Service,
    request: Request<pb::ClaimCompletionRequest>,
) -> Reply<pb::ClaimCompletionResponse> {
    let (order, request) = service.kit.order(request, |r| &r.command_id)?;
    let id = item_id(&request.item_id)?;
    let command = read_fields!(request => Command::ClaimCompletion { summary, evidence })?;
    let position = service.decide(&order, id, command).await?;
    Ok(Response::new(pb::ClaimCompletionResponse { position }))
}
