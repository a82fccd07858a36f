//! Ending resolutions.

use super::{Reply, Service};
use domain::Uuid;
use domain::resolution::resolution::{Command, Resolution, State};
use proto::resolution::v1 as pb;
use proto::{Invalid, read_fields};
use service_kit::serve::read;
use service_kit::{CommandError, Order, Position};
use tonic::{Request, Response};

pub(super) async fn rescind(
    service: &Service,
    request: Request<pb::RescindResolutionRequest>,
) -> Reply<pb::RescindResolutionResponse> {
    let (order, request) = service.kit.order(request, |r| &r.command_id)?;
    let id = resolution_id(&request.resolution_id)?;
    let command = read_fields!(request => Command::Rescind { reason })?;
    let position = service.kit.execute::<Resolution>(&order, id, command).await?;
    Ok(Response::new(pb::RescindResolutionResponse { position }))
}

pub(super) async fn supersede(
    service: &Service,
    request: Request<pb::SupersedeResolutionRequest>,
) -> Reply<pb::SupersedeResolutionResponse> {
    let (order, request) = service.kit.order(request, |r| &r.command_id)?;
    let id = resolution_id(&request.resolution_id)?;
    let by = read("by", request.by.clone())?;
    let command = read_fields!(request => Command::Supersede { by, reason })?;
    let position = put_in_place(service, &order, id, by, command).await?;
    Ok(Response::new(pb::SupersedeResolutionResponse { position }))
}

/// Decides, and sees that what takes the place is a resolution in force.
async fn put_in_place(
    service: &Service,
    order: &Order,
    id: Uuid,
    by: Uuid,
    command: Command,
) -> Result<Position, CommandError> {
    let decided = service.kit.commit(order, move |unit| {
        let command = command.clone();
        Box::pin(async move {
            unit.decide::<Resolution>(id, command).await?;
            let already = matches!(
                unit.load::<Resolution>(id).await?,
                State::Superseded { by: successor, .. } if successor == by
            );
            match unit.load::<Resolution>(by).await? {
                State::InForce(_) => Ok(()),
                _ if already => Ok(()),
                State::Absent => Err(Invalid::field("by", "names no resolution").into()),
                State::Rescinded(_) | State::Superseded { .. } => {
                    Err(Invalid::field("by", "names a resolution that is no longer in force").into())
                }
            }
        })
    });
    decided.await
}

pub(super) fn resolution_id(wire: &str) -> Result<Uuid, Invalid> {
    read("resolution_id", wire.to_owned())
}
