//! Queries about resolutions and items.

use super::{Reply, Service};
use crate::render;
use crate::views::{self, Named};
use domain::Label;
use domain::resolution::action_item::{self, ActionItem, next};
use domain::resolution::resolution::{self, Resolution};
use proto::Wire as _;
use proto::resolution::v1 as pb;
use service_kit::CommandError;
use service_kit::access_log::ShownLabel;
use service_kit::spans::AsOf;
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
    let label = found.resolution.as_ref().map(label_of);
    Ok(ShownLabel::on(label, Response::new(pb::GetResolutionResponse { position, ..found })))
}

/// How a resolution is labelled; internal, when nothing else is said.
fn label_of(resolution: &pb::Resolution) -> Label {
    let registration = resolution.registration.as_ref();
    registration.and_then(|kept| Label::from_wire(kept.label).ok()).unwrap_or_default()
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
    let as_of = AsOf::read(request.as_of_at, request.as_of_position)?;
    let query = views::item(named, as_of, request.history_before_position, now, calendar);
    let at_least = as_of.at_least(request.at_least_position);
    let (found, position) = service.view.query(scope, at_least, query).await?;
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
    let at_least = AsOf::read(request.as_of_at, request.as_of_position)?.at_least(request.at_least_position);
    let (page, position) = service.view.query(scope, at_least, query).await?;
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
    let at_least = AsOf::read(request.as_of_at, request.as_of_position)?.at_least(request.at_least_position);
    let ((rows, next_page_token, at), position) = service.view.query(scope, at_least, query).await?;
    let evaluated_at = at.to_wire();
    Ok(Response::new(pb::GetScorecardResponse { evaluated_at, rows, next_page_token, position }))
}

pub(super) async fn get_next_steps(
    service: &Service,
    request: Request<pb::GetNextStepsRequest>,
) -> Reply<pb::GetNextStepsResponse> {
    let scope = service.kit.scope(&request).await?;
    let request = request.into_inner();
    let id = super::item_id(&request.item_id)?;
    let position = service.view.wait_until_caught_up(request.at_least_position).await?;
    let state = service.kit.show::<ActionItem>(&scope, id).await?;
    let Some(item) = state.item() else {
        let not_found = action_item::Rejection::NotFound { what: "the action item".to_owned() };
        return Err(CommandError::rejected::<ActionItem>(not_found).into());
    };
    let grounds = super::put_down::grounds(&service.kit, item).await?;
    let steps = next::steps(&state, &grounds, &service.calendar().await?, service.kit.clock().now());
    Ok(Response::new(pb::GetNextStepsResponse { steps: steps.iter().map(render::step).collect(), position }))
}
