//! Ending resolutions.

use super::{Reply, Service};
use crate::render;
use domain::Uuid;
use domain::resolution::resolution::{Command, Resolution, Stage, State};
use proto::resolution::v1 as pb;
use proto::{Invalid, read_fields};
use service_kit::serve::read;
use service_kit::{CommandContext, CommandError, Executed, UnitOfWork};
use tonic::{Request, Response};

pub(super) async fn rescind(
    service: &Service,
    request: Request<pb::RescindResolutionRequest>,
) -> Reply<pb::RescindResolutionResponse> {
    let (context, request) = service.kit.receive(request)?;
    let id = resolution_id(&request.resolution_id)?;
    let command = read_fields!(request => Command::Rescind { reason })?;
    let done = service.kit.execute::<Resolution>(&context, id, command).await?;
    Ok(Response::new(pb::RescindResolutionResponse { position: done.position, resolution: shown(id, &done) }))
}

pub(super) async fn supersede(
    service: &Service,
    request: Request<pb::SupersedeResolutionRequest>,
) -> Reply<pb::SupersedeResolutionResponse> {
    let (context, request) = service.kit.receive(request)?;
    let id = resolution_id(&request.resolution_id)?;
    let successor = read("successor_resolution_id", request.successor_resolution_id.clone())?;
    let command = read_fields!(request => Command::Supersede { successor_resolution_id: successor, reason })?;
    let done = execute_supersede(service, &context, id, successor, command).await?;
    Ok(Response::new(pb::SupersedeResolutionResponse {
        position: done.position,
        resolution: shown(id, &done),
    }))
}

/// Decides, provided that the successor is a resolution in force.
async fn execute_supersede(
    service: &Service,
    context: &CommandContext,
    id: Uuid,
    successor: Uuid,
    command: Command,
) -> Result<Executed<Resolution>, CommandError> {
    let decided = service.kit.commit::<Resolution, _>(context, id, move |unit| {
        let command = command.clone();
        Box::pin(async move {
            unit.decide::<Resolution>(id, command).await?;
            check_successor(unit, id, successor).await
        })
    });
    decided.await
}

/// A successor that has already taken its place may have ended since.
async fn check_successor(unit: &mut UnitOfWork, id: Uuid, successor: Uuid) -> Result<(), CommandError> {
    let ending = |state: State| state.registered().and_then(|registered| registered.ending.clone());
    let before = ending(unit.load::<Resolution>(id).await?);
    if before.is_some_and(|before| before.successor == Some(successor)) {
        return Ok(());
    }
    let fault = match unit.load::<Resolution>(successor).await?.registered() {
        Some(registered) if registered.stage() == Stage::InForce => return Ok(()),
        Some(_) => "names a resolution that is no longer in force",
        None => "does not name a resolution",
    };
    Err(Invalid::field("successor_resolution_id", fault).into())
}

fn shown(id: Uuid, done: &Executed<Resolution>) -> Option<pb::Resolution> {
    done.state().registered().map(|registered| render::resolution(id, registered))
}

fn resolution_id(wire: &str) -> Result<Uuid, Invalid> {
    read("resolution_id", wire.to_owned())
}
