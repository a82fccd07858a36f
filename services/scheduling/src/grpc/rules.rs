//! Meeting rules.

use super::{Reply, Service};
use domain::Code;
use domain::scheduling::rules::{Command, MeetingRules, State};
use proto::scheduling::v1 as pb;
use proto::{Wire as _, read_fields};
use service_kit::serve::read;
use tonic::{Request, Response};

pub(super) async fn define(
    service: &Service,
    request: Request<pb::DefineRulesRequest>,
) -> Reply<pb::DefineRulesResponse> {
    let (context, request) = service.kit.receive(request)?;
    let body: Code = read("body_code", request.body_code.clone())?;
    let command = read_fields!(request => Command::Define { body_code: body, rules })?;
    let done = service.kit.execute::<MeetingRules>(&context, MeetingRules::id(&body), command).await?;
    Ok(Response::new(pb::DefineRulesResponse {
        position: done.position,
        rules: done.state().in_force().to_wire(),
        body_code: body.to_wire(),
    }))
}

pub(super) async fn get(
    service: &Service,
    request: Request<pb::GetRulesRequest>,
) -> Reply<pb::GetRulesResponse> {
    let scope = service.kit.scope(&request).await?;
    let request = request.into_inner();
    let body: Code = read("body_code", request.body_code)?;
    let position = service.view.wait_until_caught_up(request.at_least_position).await?;
    let state = service.kit.show::<MeetingRules>(&scope, MeetingRules::id(&body)).await?;
    Ok(Response::new(pb::GetRulesResponse {
        rules: state.in_force().to_wire(),
        defined: matches!(state, State::Defined(_)),
        position,
    }))
}
