//! How a topic ends, and the docket with its last topic.

use super::{Reply, Service};
use domain::deliberation::docket::Command;
use proto::deliberation::v1 as pb;
use proto::read_fields;
use tonic::{Request, Response};

pub(super) async fn adopt_decision(
    service: &Service,
    request: Request<pb::AdoptDecisionRequest>,
) -> Reply<pb::AdoptDecisionResponse> {
    let (order, request) = service.kit.order(request, |r| &r.command_id)?;
    let id = super::docket_id(&request.docket_id)?;
    let calendar = service.calendar().await?;
    let command = read_fields!(request => Command::AdoptDecision { topic, declaratory; calendar })?;
    let position = service.decide(&order, id, command).await?;
    Ok(Response::new(pb::AdoptDecisionResponse { position }))
}

pub(super) async fn reject_topic(
    service: &Service,
    request: Request<pb::RejectTopicRequest>,
) -> Reply<pb::RejectTopicResponse> {
    let (order, request) = service.kit.order(request, |r| &r.command_id)?;
    let id = super::docket_id(&request.docket_id)?;
    let command = read_fields!(request => Command::RejectTopic { topic, reason })?;
    let position = service.decide(&order, id, command).await?;
    Ok(Response::new(pb::RejectTopicResponse { position }))
}

pub(super) async fn defer_topic(
    service: &Service,
    request: Request<pb::DeferTopicRequest>,
) -> Reply<pb::DeferTopicResponse> {
    let (order, request) = service.kit.order(request, |r| &r.command_id)?;
    let id = super::docket_id(&request.docket_id)?;
    let calendar = service.calendar().await?;
    let command = read_fields!(request => Command::DeferTopic { topic, until, by, reason; calendar })?;
    let position = service.decide(&order, id, command).await?;
    Ok(Response::new(pb::DeferTopicResponse { position }))
}

pub(super) async fn refer_topic(
    service: &Service,
    request: Request<pb::ReferTopicRequest>,
) -> Reply<pb::ReferTopicResponse> {
    let (order, request) = service.kit.order(request, |r| &r.command_id)?;
    let id = super::docket_id(&request.docket_id)?;
    let command = read_fields!(request => Command::ReferTopic { topic, to, reason })?;
    let position = service.decide(&order, id, command).await?;
    Ok(Response::new(pb::ReferTopicResponse { position }))
}

pub(super) async fn withdraw_topic(
    service: &Service,
    request: Request<pb::WithdrawTopicRequest>,
) -> Reply<pb::WithdrawTopicResponse> {
    let (order, request) = service.kit.order(request, |r| &r.command_id)?;
    let id = super::docket_id(&request.docket_id)?;
    let command = read_fields!(request => Command::WithdrawTopic { topic, reason })?;
    let position = service.decide(&order, id, command).await?;
    Ok(Response::new(pb::WithdrawTopicResponse { position }))
}

pub(super) async fn close_docket(
    service: &Service,
    request: Request<pb::CloseDocketRequest>,
) -> Reply<pb::CloseDocketResponse> {
    let (order, request) = service.kit.order(request, |r| &r.command_id)?;
    let id = super::docket_id(&request.docket_id)?;
    let position = service.decide(&order, id, Command::Close).await?;
    Ok(Response::new(pb::CloseDocketResponse { position }))
}
