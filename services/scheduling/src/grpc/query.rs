//! Queries about sessions.

use super::{Reply, Service, not_found, session_id};
use crate::views;
use domain::scheduling::session::Session;
use proto::scheduling::v1 as pb;
use tonic::{Request, Response};

pub(super) async fn get_session(
    service: &Service,
    request: Request<pb::GetSessionRequest>,
) -> Reply<pb::GetSessionResponse> {
    let scope = service.kit.scope(&request).await?;
    let request = request.into_inner();
    let id = session_id(&request.session_id)?;
    let position = service.view.wait_until_caught_up(request.at_least_position).await?;
    let state = service.kit.show::<Session>(&scope, id).await?;
    let session = service.shown(&scope, id, &state).await?.ok_or_else(|| not_found("session"))?;
    Ok(Response::new(pb::GetSessionResponse { session: Some(session), position }))
}

pub(super) async fn list_sessions(
    service: &Service,
    request: Request<pb::ListSessionsRequest>,
) -> Reply<pb::ListSessionsResponse> {
    let scope = service.kit.scope(&request).await?;
    let request = request.into_inner();
    let query = views::sessions(&request)?;
    let (page, position) = service.view.query(scope, request.at_least_position, query).await?;
    Ok(Response::new(pb::ListSessionsResponse {
        sessions: page.rows,
        next_page_token: page.next_page_token,
        position,
    }))
}
