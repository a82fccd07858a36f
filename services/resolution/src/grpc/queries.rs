//! Queries about resolutions and items.

use super::{Reply, Service};
use crate::views::{self, Named};
use domain::resolution::action_item::{self, ActionItem};
use domain::resolution::resolution::{self, Resolution};
use proto::Wire as _;
use proto::resolution::v1 as pb;
use service_kit::CommandError;
use tonic::{Request, Response};

pub(super) async fn get_resolution(
    service: &Service,
    request: Request<pb::GetResolutionRequest>,
) -> Reply<pb::GetResolutionResponse> {
    let scope = service.kit.scope(&request).await?;
    let request = request.into_inner();
    let named = Named::read("resolution_id", &request.resolution_id, &request.number)?;
    let query = views::resolution(named);
    let (found, position) = service.view.query(scope, request.at_least_position, query).await?;
    let not_found = || resolution::Rejection::NotFound { what: "the resolution".to_owned() };
    let found = found.ok_or_else(|| CommandError::rejected::<Resolution>(not_found()))?;
    Ok(Response::new(pb::GetResolutionResponse { position, ..found }))
}

pub(super) async fn list_resolutions(
    service: &Service,
    request: Request<pb::ListResolutionsRequest>,
) -> Reply<pb::ListResolutionsResponse> {
    let scope = service.kit.scope(&request).await?;
    let request = request.into_inner();
    let query = views::resolutions(&request)?;
    let (page, position) = service.view.query(scope, request.at_least_position, query).await?;
    Ok(Response::new(pb::ListResolutionsResponse {
        resolutions: page.rows,
        next_page_token: page.next_page_token,
        position,
    }))
}

pub(super) async fn get_item(
    service: &Service,
    request: Request<pb::GetItemRequest>,
) -> Reply<pb::GetItemResponse> {
    let scope = service.kit.scope(&request).await?;
    let request = request.into_inner();
    let named = Named::read("item_id", &request.item_id, &request.number)?;
    let (now, calendar) = (service.kit.clock().now(), service.calendar().await?);
    let query = views::item(named, request.history_before_position, now, calendar);
    let (found, position) = service.view.query(scope, request.at_least_position, query).await?;
    let not_found = || action_item::Rejection::NotFound { what: "the action item".to_owned() };
    let found = found.ok_or_else(|| CommandError::rejected::<ActionItem>(not_found()))?;
    Ok(Response::new(pb::GetItemResponse { position, ..found }))
}

pub(super) async fn list_items(
    service: &Service,
    request: Request<pb::ListItemsRequest>,
) -> Reply<pb::ListItemsResponse> {
    let scope = service.kit.scope(&request).await?;
    let request = request.into_inner();
    let (now, under) =
        (service.kit.clock().now(), service.kit.downwards(request.under_code.as_deref()).await?);
    let query = views::items_under(&request, under.as_ref(), now, service.calendar().await?.zone())?;
    let (page, position) = service.view.query(scope, request.at_least_position, query).await?;
    Ok(Response::new(pb::ListItemsResponse {
        items: page.rows,
        next_page_token: page.next_page_token,
        position,
    }))
}

pub(super) async fn list_item_changes(
    service: &Service,
    request: Request<pb::ListItemChangesRequest>,
) -> Reply<pb::ListItemChangesResponse> {
    let scope = service.kit.scope(&request).await?;
    let request = request.into_inner();
    let (now, under) =
        (service.kit.clock().now(), service.kit.downwards(request.under_code.as_deref()).await?);
    let query = views::changes(&request, under.as_ref(), now, service.calendar().await?.zone())?;
    let (page, position) = service.view.query(scope, request.at_least_position, query).await?;
    Ok(Response::new(pb::ListItemChangesResponse {
        changes: page.rows,
        next_page_token: page.next_page_token,
        position,
    }))
}

pub(super) async fn get_scorecard(
    service: &Service,
    request: Request<pb::GetScorecardRequest>,
) -> Reply<pb::GetScorecardResponse> {
    let scope = service.kit.scope(&request).await?;
    let (request, now) = (request.into_inner(), service.kit.clock().now());
    let query = views::scorecard(&request, now, service.calendar().await?)?;
    let ((rows, next_page_token), position) =
        service.view.query(scope, request.at_least_position, query).await?;
    let evaluated_at = Some(now.to_wire());
    Ok(Response::new(pb::GetScorecardResponse { evaluated_at, rows, next_page_token, position }))
}
