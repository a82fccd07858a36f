//! Invitations, and who has not answered them.

use super::{Reply, Service};
use crate::views;
use proto::scheduling::v1 as pb;
use tonic::{Request, Response};

pub(super) async fn list(
    service: &Service,
    request: Request<pb::ListInvitationsRequest>,
) -> Reply<pb::ListInvitationsResponse> {
    let scope = service.kit.scope(&request).await?;
    let request = request.into_inner();
    let query = views::invitations(&request)?;
    let (page, position) = service.view.query(scope, request.at_least_position, query).await?;
    Ok(Response::new(pb::ListInvitationsResponse {
        invitations: page.rows,
        next_page_token: page.next_page_token,
        position,
    }))
}
