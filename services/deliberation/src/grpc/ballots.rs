//! Voting: ballots, votes, recusals.

use super::{Reply, Service};
use domain::deliberation::docket::Command;
use proto::deliberation::v1 as pb;
use proto::read_fields;
use tonic::{Request, Response};

pub(super) async fn open_ballot(
    service: &Service,
    request: Request<pb::OpenBallotRequest>,
) -> Reply<pb::OpenBallotResponse> {
    let (order, request) = service.kit.order(request, |r| &r.command_id)?;
    let id = super::docket_id(&request.docket_id)?;
    let command = read_fields!(request => Command::OpenBallot { topic, version, method, abstention, tie })?;
    let position = service.decide(&order, id, command).await?;
    Ok(Response::new(pb::OpenBallotResponse { position }))
}

pub(super) async fn cast_vote(
    service: &Service,
    request: Request<pb::CastVoteRequest>,
) -> Reply<pb::CastVoteResponse> {
    let (order, request) = service.kit.order(request, |r| &r.command_id)?;
    let id = super::docket_id(&request.docket_id)?;
    let command = read_fields!(request => Command::CastVote { topic, department, choice, reason })?;
    let position = service.decide(&order, id, command).await?;
    Ok(Response::new(pb::CastVoteResponse { position }))
}

pub(super) async fn recuse(
    service: &Service,
    request: Request<pb::RecuseRequest>,
) -> Reply<pb::RecuseResponse> {
    let (order, request) = service.kit.order(request, |r| &r.command_id)?;
    let id = super::docket_id(&request.docket_id)?;
    let command = read_fields!(request => Command::Recuse { topic, department, reason })?;
    let position = service.decide(&order, id, command).await?;
    Ok(Response::new(pb::RecuseResponse { position }))
}

pub(super) async fn close_ballot(
    service: &Service,
    request: Request<pb::CloseBallotRequest>,
) -> Reply<pb::CloseBallotResponse> {
    let (order, request) = service.kit.order(request, |r| &r.command_id)?;
    let id = super::docket_id(&request.docket_id)?;
    let command = read_fields!(request => Command::CloseBallot { topic, casting_vote })?;
    let position = service.decide(&order, id, command).await?;
    Ok(Response::new(pb::CloseBallotResponse { position }))
}
