//! Queries about subscriptions.

use super::render::{completed, known};
use super::{Reply, Service};
use crate::views;
use domain::Uuid;
use proto::delivery::v1 as pb;
use service_kit::serve::{caller, read};
use tonic::{Request, Response};

pub(super) async fn get(
    service: &Service,
    request: Request<pb::GetSubscriptionRequest>,
) -> Reply<pb::GetSubscriptionResponse> {
    let asked = request.get_ref().clone();
    let id: Uuid = read("subscription_id", asked.subscription_id)?;
    let (found, actor, position) = service.shown(&request, asked.at_least_position, id).await?;
    let subscription = Some(known(&service.delivering, id, &found, &actor));
    Ok(Response::new(pb::GetSubscriptionResponse { subscription, position }))
}

pub(super) async fn list(
    service: &Service,
    request: Request<pb::ListSubscriptionsRequest>,
) -> Reply<pb::ListSubscriptionsResponse> {
    let (actor, scope) = (caller(&request)?, service.delivering.kit.scope(&request).await?);
    let request = request.into_inner();
    let query = views::subscriptions(&request, &actor)?;
    let (page, position) = service.view.query(scope, request.at_least_position, query).await?;
    let rows = page.rows.into_iter();
    Ok(Response::new(pb::ListSubscriptionsResponse {
        subscriptions: rows.map(|row| completed(&service.delivering, row, &actor)).collect(),
        next_page_token: page.next_page_token,
        position,
    }))
}
