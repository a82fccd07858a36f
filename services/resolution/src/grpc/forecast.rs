//! Forecasts.

use super::{Reply, Service};
use crate::views::{self, Named};
use domain::resolution::action_item::{self, ActionItem};
use proto::Wire as _;
use proto::resolution::v1 as pb;
use service_kit::CommandError;
use tonic::{Request, Response};

pub(super) async fn get(
    service: &Service,
    request: Request<pb::GetForecastRequest>,
) -> Reply<pb::GetForecastResponse> {
    let scope = service.kit.scope(&request).await?;
    let request = request.into_inner();
    let named = Named::read("item_id", &request.item_id, &request.number)?;
    let calendar = service.calendar().await?;
    let query = views::forecast(named, service.kit.clock().now(), calendar.zone().clone());
    let (found, position) = service.view.query(scope, request.at_least_position, query).await?;
    let not_found = || action_item::Rejection::NotFound { what: "the action item".to_owned() };
    let found = found.ok_or_else(|| CommandError::rejected::<ActionItem>(not_found()))?;
    Ok(Response::new(pb::GetForecastResponse { position, ..found }))
}

pub(super) async fn list_records(
    service: &Service,
    request: Request<pb::ListForecastRecordsRequest>,
) -> Reply<pb::ListForecastRecordsResponse> {
    let scope = service.kit.scope(&request).await?;
    let (request, now) = (request.into_inner(), service.kit.clock().now());
    let query = views::forecast_records(&request, now)?;
    let ((records, next_page_token), position) =
        service.view.query(scope, request.at_least_position, query).await?;
    Ok(Response::new(pb::ListForecastRecordsResponse {
        evaluated_at: now.to_wire(),
        records,
        next_page_token,
        position,
    }))
}
