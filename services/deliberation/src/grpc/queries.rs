//! Queries about dockets.

use super::{Reply, Service, docket_id, render};
use crate::view;
use domain::deliberation::docket::{Docket, Rejection, next};
use proto::deliberation::v1 as pb;
use service_kit::CommandError;
use tonic::{Request, Response};

pub(super) async fn get_docket(
    service: &Service,
    request: Request<pb::GetDocketRequest>,
) -> Reply<pb::GetDocketResponse> {
    let scope = service.kit.scope(&request).await?;
    let request = request.into_inner();
    let id = docket_id(&request.docket_id)?;
    let position = service.view.wait_until_caught_up(request.at_least_position).await?;
    let state = service.kit.show::<Docket>(&scope, id).await?;
    let not_found = || Rejection::NotFound { what: "the docket".to_owned() };
    let docket =
        render::docket(id, &state, &scope).ok_or_else(|| CommandError::rejected::<Docket>(not_found()))?;
    Ok(Response::new(pb::GetDocketResponse { docket: Some(docket), position }))
}

pub(super) async fn get_next_steps(
    service: &Service,
    request: Request<pb::GetNextStepsRequest>,
) -> Reply<pb::GetNextStepsResponse> {
    let scope = service.kit.scope(&request).await?;
    let request = request.into_inner();
    let id = docket_id(&request.docket_id)?;
    let position = service.view.wait_until_caught_up(request.at_least_position).await?;
    let state = service.kit.show::<Docket>(&scope, id).await?;
    let Some(proceedings) = state.proceedings() else {
        let what = "the docket".to_owned();
        return Err(CommandError::rejected::<Docket>(Rejection::NotFound { what }).into());
    };
    let hidden = proceedings.hidden_from(|audience| scope.covers(audience));
    let calendar = service.calendar().await?;
    let steps = next::steps(&state, &hidden, service.kit.clock().now(), &calendar);
    let steps = render::steps(&steps, &hidden, proceedings, &scope);
    Ok(Response::new(pb::GetNextStepsResponse { steps, position }))
}

pub(super) async fn list_dockets(
    service: &Service,
    request: Request<pb::ListDocketsRequest>,
) -> Reply<pb::ListDocketsResponse> {
    let scope = service.kit.scope(&request).await?;
    let request = request.into_inner();
    let query = view::dockets(&request)?;
    let (page, position) = service.view.query(scope, request.at_least_position, query).await?;
    Ok(Response::new(pb::ListDocketsResponse {
        dockets: page.rows,
        next_page_token: page.next_page_token,
        position,
    }))
}
