//! Deliveries: sent again, and listed.

use super::render::{delivery, subscription};
use super::{Reply, Service};
use crate::views::stage;
use domain::Uuid;
use domain::delivery::subscription::{Command, EventId};
use proto::delivery::v1 as pb;
use service_kit::list::{checked_size, read_token, token_after};
use service_kit::serve::read;
use tonic::{Request, Response, Status};

pub(super) async fn replay(
    service: &Service,
    request: Request<pb::ReplaySubscriptionRequest>,
) -> Reply<pb::ReplaySubscriptionResponse> {
    let (context, request) = service.delivering.kit.receive(request)?;
    let after_position = request.after_position;
    // A position that no record has is refused.
    service.view.wait_until_caught_up(after_position).await?;
    let replay = Command::Replay { after_position };
    let (id, done) = service.execute(&context, request.subscription_id, replay).await?;
    let subscription = subscription(&service.delivering, id, done.state(), &context.actor);
    Ok(Response::new(pb::ReplaySubscriptionResponse { position: done.position, subscription }))
}

pub(super) async fn resend(
    service: &Service,
    request: Request<pb::ResendDeliveryRequest>,
) -> Reply<pb::ResendDeliveryResponse> {
    let (context, request) = service.delivering.kit.receive(request)?;
    let event: EventId = read("event_id", request.event_id)?;
    service.view.wait_until_caught_up(event.position).await?;
    let (id, done) = service.execute(&context, request.subscription_id, Command::Resend(event)).await?;
    let subscription = subscription(&service.delivering, id, done.state(), &context.actor);
    Ok(Response::new(pb::ResendDeliveryResponse { position: done.position, subscription }))
}

pub(super) async fn list(
    service: &Service,
    request: Request<pb::ListDeliveriesRequest>,
) -> Reply<pb::ListDeliveriesResponse> {
    let asked = request.get_ref().clone();
    let id: Uuid = read("subscription_id", asked.subscription_id.unwrap_or_default())?;
    let (_, _, position) = service.shown(&request, asked.at_least_position, id).await?;
    let (size, stage) = (checked_size(asked.page_size)?, stage::<pb::DeliveryStage>(asked.stage)?);
    let walk = format!("ListDeliveries {id} {stage:?}");
    let before = read("page_token", read_token(&asked.page_token, &walk)?)?;
    let found = service.delivering.outbox.list(id, stage, before, size + 1, delivery).await;
    let mut deliveries = found.map_err(|error| Status::unavailable(error.to_string()))?;
    let has_more = deliveries.len() > size as usize;
    deliveries.truncate(size as usize);
    let last = deliveries.last().filter(|_| has_more);
    let next_page_token = last.map(|last| token_after(&last.event_id, &walk)).unwrap_or_default();
    Ok(Response::new(pb::ListDeliveriesResponse { deliveries, next_page_token, position }))
}
