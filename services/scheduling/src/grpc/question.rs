//! What is known of sessions.

use super::session::session_id;
use super::{Reply, Service};
use crate::views;
use domain::Uuid;
use domain::scheduling::session::{Filed, Finding, Session};
use proto::Wire as _;
use proto::scheduling::v1 as pb;
use tonic::{Request, Response, Status};

pub(super) async fn get_session(
    service: &Service,
    request: Request<pb::GetSessionRequest>,
) -> Reply<pb::GetSessionResponse> {
    let request = request.into_inner();
    let id = session_id(&request.session_id)?;
    let position = service.reached(request.at_least_position).await?;
    let state = service.kit.load::<Session>(id).await?;
    let filed = state.filed().ok_or_else(|| Status::not_found("no session has this id"))?;
    Ok(Response::new(pb::GetSessionResponse { session: Some(session(id, filed)), position }))
}

pub(super) async fn list_sessions(
    service: &Service,
    request: Request<pb::ListSessionsRequest>,
) -> Reply<pb::ListSessionsResponse> {
    let request = request.into_inner();
    let asked = views::sessions(&request)?;
    let (page, position) = service.view.query(request.at_least_position, asked).await?;
    Ok(Response::new(pb::ListSessionsResponse {
        sessions: page.rows,
        next_page_token: page.next_page_token,
        position,
    }))
}

fn session(id: Uuid, filed: &Filed) -> pb::Session {
    pb::Session {
        session_id: id.to_string(),
        outline: filed.outline.to_wire(),
        requester: filed.requester.to_wire(),
        state: filed.stage.to_wire(),
        papers: filed.papers.to_wire(),
        rules: filed.rules.to_wire(),
        findings: filed.findings.iter().map(|known| finding(filed, known)).collect(),
        slot: filed.slot.to_wire(),
        invitations: filed.invitations.to_wire(),
        delegates: filed.delegates.to_wire(),
        countersign_by: filed.countersign_by.to_wire(),
        merged_into: filed.merged_into.to_wire(),
    }
}

fn finding(filed: &Filed, finding: &Finding) -> pb::SessionFinding {
    let reason = filed.overrides.get(&finding.rule);
    pb::SessionFinding {
        finding: finding.to_wire(),
        override_reason: reason.map(|text| text.as_str().to_owned()),
    }
}
