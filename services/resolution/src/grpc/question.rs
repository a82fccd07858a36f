//! What is known of resolutions and items.

use super::{Reply, Service};
use crate::views::{self, Named};
use proto::resolution::v1 as pb;
use tonic::{Request, Response, Status};

pub(super) async fn get_resolution(
    service: &Service,
    request: Request<pb::GetResolutionRequest>,
) -> Reply<pb::GetResolutionResponse> {
    let request = request.into_inner();
    let named = Named::read("resolution_id", &request.resolution_id, &request.number)?;
    let asked = views::resolution(named);
    let (found, position) = service.view.query(request.at_least_position, asked).await?;
    let resolution = found.ok_or_else(|| Status::not_found("no resolution has this id or number"))?;
    Ok(Response::new(pb::GetResolutionResponse { resolution: Some(resolution), position }))
}

pub(super) async fn list_resolutions(
    service: &Service,
    request: Request<pb::ListResolutionsRequest>,
) -> Reply<pb::ListResolutionsResponse> {
    let request = request.into_inner();
    let asked = views::resolutions(&request)?;
    let (page, position) = service.view.query(request.at_least_position, asked).await?;
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
    let request = request.into_inner();
    let named = Named::read("item_id", &request.item_id, &request.number)?;
    let asked = views::item(named, service.kit.clock().now());
    let (found, position) = service.view.query(request.at_least_position, asked).await?;
    let found = found.ok_or_else(|| Status::not_found("no item has this id or number"))?;
    Ok(Response::new(pb::GetItemResponse { position, ..found }))
}

pub(super) async fn list_items(
    service: &Service,
    request: Request<pb::ListItemsRequest>,
) -> Reply<pb::ListItemsResponse> {
    let request = request.into_inner();
    let asked = views::items(&request, service.kit.clock().now())?;
    let (page, position) = service.view.query(request.at_least_position, asked).await?;
    Ok(Response::new(pb::ListItemsResponse {
        items: page.rows,
        next_page_token: page.next_page_token,
        position,
    }))
}
