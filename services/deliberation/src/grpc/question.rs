//! What is known of dockets.

use super::{Reply, Service, docket_id, render};
use crate::view;
use domain::deliberation::docket::Docket;
use proto::deliberation::v1 as pb;
use tonic::{Request, Response, Status};

pub(super) async fn get_docket(
    service: &Service,
    request: Request<pb::GetDocketRequest>,
) -> Reply<pb::GetDocketResponse> {
    let request = request.into_inner();
    let id = docket_id(&request.docket_id)?;
    let ((), position) = service.view.query(request.at_least_position, |_| Ok(())).await?;
    let state = service.kit.load::<Docket>(id).await?;
    let docket = render::docket(id, &state).ok_or_else(|| Status::not_found("no docket has this id"))?;
    Ok(Response::new(pb::GetDocketResponse { docket: Some(docket), position }))
}

pub(super) async fn list_dockets(
    service: &Service,
    request: Request<pb::ListDocketsRequest>,
) -> Reply<pb::ListDocketsResponse> {
    let request = request.into_inner();
    let asked = view::dockets(&request)?;
    let (page, position) = service.view.query(request.at_least_position, asked).await?;
    Ok(Response::new(pb::ListDocketsResponse {
        dockets: page.rows,
        next_page_token: page.next_page_token,
        position,
    }))
}
