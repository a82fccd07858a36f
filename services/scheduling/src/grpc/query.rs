//! Queries about sessions.

use super::{Reply, Service, not_found, render, session_id};
use crate::{facts, views};
use domain::scheduling::body::Body;
use domain::scheduling::matter::Matter;
use domain::scheduling::quota::Quota;
use domain::scheduling::session::{Session, next};
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
    Ok(render::shown(Some(session), |session| pb::GetSessionResponse { session, position }))
}

pub(super) async fn get_next_steps(
    service: &Service,
    request: Request<pb::GetNextStepsRequest>,
) -> Reply<pb::GetNextStepsResponse> {
    let scope = service.kit.scope(&request).await?;
    let request = request.into_inner();
    let id = session_id(&request.session_id)?;
    let position = service.view.wait_until_caught_up(request.at_least_position).await?;
    let state = service.kit.show::<Session>(&scope, id).await?;
    let filed = state.filed().ok_or_else(|| not_found("session"))?;
    let body = service.kit.load::<Body>(Body::id(&filed.outline.body)).await?;
    let version = body.version().ok_or_else(|| not_found("body"))?;
    let counted = service.kit.load::<Quota>(Quota::id(&filed.outline.body)).await?;
    let calendar = service.realm_calendar().await?;
    let at = service.kit.clock().now();
    let constitution = facts::constitution_of(version, filed, &calendar, at);
    let screening = facts::screening_of(id, filed, version, &counted, calendar);
    let look = next::Look { state: &state, body: &body, screening, constitution, at };
    let unseen = filed.departments_hidden_from(|audience| scope.covers(audience));
    let steps = next::steps(&look).into_iter().filter_map(|step| step.without(&unseen));
    let steps = steps.map(|step| render::step(&step)).collect();
    Ok(Response::new(pb::GetNextStepsResponse { steps, position }))
}

pub(super) async fn list_sessions(
    service: &Service,
    request: Request<pb::ListSessionsRequest>,
) -> Reply<pb::ListSessionsResponse> {
    let scope = service.kit.scope(&request).await?;
    let request = request.into_inner();
    let query = views::sessions(&request)?;
    if let Some(matter) = request.matter_id.as_deref().filter(|id| !id.is_empty()) {
        let id = super::matter::matter_id(matter)?;
        let position = service.view.wait_until_caught_up(request.at_least_position).await?;
        // Whoever may not know of a matter is not told where it was on the agenda.
        if service.kit.show::<Matter>(&scope, id).await?.known().is_none() {
            return Ok(Response::new(pb::ListSessionsResponse { position, ..Default::default() }));
        }
    }
    let (page, position) = service.view.query(scope, request.at_least_position, query).await?;
    Ok(Response::new(pb::ListSessionsResponse {
        sessions: page.rows,
        next_page_token: page.next_page_token,
        position,
    }))
}
