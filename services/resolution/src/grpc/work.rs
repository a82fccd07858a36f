//! Doing the work: progress and completion.

use super::{Reply, Service, item_id};
use domain::resolution::action_item::Command;
use proto::read_fields;
use proto::resolution::v1 as pb;
use tonic::{Request, Response};

pub(super) async fn report_progress(
    service: &Service,
    request: Request<pb::ReportProgressRequest>,
) -> Reply<pb::ReportProgressResponse> {
    let (context, request) = service.kit.receive(request)?;
    let id = item_id(&request.item_id)?;
    let command = read_fields!(request => Command::ReportProgress { percent, note, evidence })?;
    let (position, item) = service.decide(&context, id, command).await?;
    Ok(Response::new(pb::ReportProgressResponse { position, item }))
}

pub(super) async fn claim_completion(
    service: &Service,
    request: Request<pb::ClaimCompletionRequest>,
) -> Reply<pb::ClaimCompletionResponse> {
    let (context, request) = service.kit.receive(request)?;
    let id = item_id(&request.item_id)?;
    let command = read_fields!(request => Command::ClaimCompletion { summary, evidence })?;
    let (position, item) = service.decide_in_cascade(&context, id, command).await?;
    Ok(Response::new(pb::ClaimCompletionResponse { position, item }))
}
