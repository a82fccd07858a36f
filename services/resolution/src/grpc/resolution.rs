//! Putting decisions on record that were adopted elsewhere, and ending resolutions.

use super::{Reply, Service};
use crate::numbering;
use crate::render;
use domain::calendar::WorkingCalendar;
use domain::directory::department::{self, Department};
use domain::resolution::action_item::ActionItem;
use domain::resolution::adopted_elsewhere::AdoptedElsewhere;
use domain::resolution::resolution::{Command, Resolution, Stage, State};
use domain::{Aggregate as _, Code, Uuid};
use proto::resolution::v1 as pb;
use proto::{Invalid, read_fields};
use service_kit::serve::read;
use service_kit::{CommandContext, CommandError, Executed, UnitOfWork};
use std::collections::BTreeSet;
use tonic::{Request, Response};

pub(super) async fn record(
    service: &Service,
    request: Request<pb::RecordResolutionRequest>,
) -> Reply<pb::RecordResolutionResponse> {
    let (context, request) = service.kit.receive(request)?;
    let adopted = read_fields!(
        request => AdoptedElsewhere { body_code: body, title, text, decided_on, source, items }
    )?;
    let id = context.new_id(Resolution::CATEGORY);
    let calendar = service.calendar().await?;
    let decided = service.kit.commit::<Resolution, _>(&context, id, move |unit| {
        let (adopted, calendar) = (adopted.clone(), calendar.clone());
        Box::pin(async move { put_on_record(unit, id, adopted, &calendar).await })
    });
    let done = decided.await?;
    Ok(Response::new(pb::RecordResolutionResponse { position: done.position, resolution: shown(id, &done) }))
}

/// Registers the decision and assigns its items, provided that every department is in the directory.
async fn put_on_record(
    unit: &mut UnitOfWork,
    id: Uuid,
    adopted: AdoptedElsewhere,
    calendar: &WorkingCalendar,
) -> Result<(), CommandError> {
    let departments: BTreeSet<Code> = adopted.departments().cloned().collect();
    for code in departments {
        if unit.load::<Department>(Department::id(&code)).await? == department::State::Absent {
            let fault = format!("name department {code}, which is not in the directory");
            return Err(Invalid::field("items", fault).into());
        }
    }
    let registering =
        adopted.record(id, calendar, unit.issued()).map_err(CommandError::rejected::<Resolution>)?;
    for (item, command) in numbering::register(unit, &registering).await?.items {
        unit.decide::<ActionItem>(item, command).await?;
    }
    Ok(())
}

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
    let resolution = id;
    let successor = read("successor_resolution_id", request.successor_resolution_id.clone())?;
    let command = read_fields!(
        request => Command::Supersede { successor_resolution_id: successor, reason; resolution }
    )?;
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
    let body = |state: &State| state.registered().map(|registered| registered.registration.body.clone());
    let own_body = body(&unit.load::<Resolution>(id).await?);
    let state = unit.load::<Resolution>(successor).await?;
    let fault = match state.registered() {
        Some(registered) if registered.stage() == Stage::InForce && body(&state) == own_body => return Ok(()),
        Some(registered) if registered.stage() == Stage::InForce => "names a resolution of another body",
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
