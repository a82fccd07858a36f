//! What the clock of an item stands still for, and urging its lead on.

use super::{Reply, Service, item_id};
use domain::resolution::action_item::{self, ActionItem, Command};
use domain::resolution::dependencies::{self, Dependencies};
use domain::{Line, Uuid};
use proto::read_fields;
use proto::resolution::v1 as pb;
use service_kit::serve::read;
use service_kit::{CommandError, UnitOfWork};
use tonic::{Request, Response};

pub(super) async fn suspend(
    service: &Service,
    request: Request<pb::SuspendItemRequest>,
) -> Reply<pb::SuspendItemResponse> {
    let (context, request) = service.kit.receive(request)?;
    let id = item_id(&request.item_id)?;
    let command = read_fields!(request => Command::Suspend { reason, authority })?;
    let (position, item) = service.decide(&context, id, command).await?;
    Ok(Response::new(pb::SuspendItemResponse { position, item }))
}

pub(super) async fn resume(
    service: &Service,
    request: Request<pb::ResumeItemRequest>,
) -> Reply<pb::ResumeItemResponse> {
    let (context, request) = service.kit.receive(request)?;
    let id = item_id(&request.item_id)?;
    let calendar = service.calendar().await?;
    let command = read_fields!(request => Command::Resume { note; calendar })?;
    let (position, item) = service.decide(&context, id, command).await?;
    Ok(Response::new(pb::ResumeItemResponse { position, item }))
}

pub(super) async fn urge(
    service: &Service,
    request: Request<pb::UrgeItemRequest>,
) -> Reply<pb::UrgeItemResponse> {
    let (context, request) = service.kit.receive(request)?;
    let id = item_id(&request.item_id)?;
    let calendar = service.calendar().await?;
    let command = read_fields!(request => Command::Urge { text; calendar })?;
    let (position, item) = service.decide(&context, id, command).await?;
    Ok(Response::new(pb::UrgeItemResponse { position, item }))
}

pub(super) async fn add_dependency(
    service: &Service,
    request: Request<pb::AddDependencyRequest>,
) -> Reply<pb::AddDependencyResponse> {
    let (context, request) = service.kit.receive(request)?;
    let id = item_id(&request.item_id)?;
    let on: Uuid = read("on_item_id", request.on_item_id)?;
    let decided = service.kit.commit::<ActionItem, _>(&context, id, move |unit| {
        Box::pin(async move { depend(unit, id, on).await })
    });
    let (position, item) = service.answer(id, &decided.await?).await?;
    Ok(Response::new(pb::AddDependencyResponse { position, item }))
}

/// One commit over both items, so that neither is over meanwhile, and over all dependencies, so that no circle is closed
/// by two at once.
async fn depend(unit: &mut UnitOfWork, id: Uuid, on: Uuid) -> Result<(), CommandError> {
    let on_number = number(unit, on).await?;
    unit.decide::<ActionItem>(id, Command::AwaitItem { on, on_number }).await?;
    unit.decide::<ActionItem>(on, Command::NoteDependant { dependant: id }).await?;
    let add = dependencies::Command::Add { item: id, on };
    unit.decide::<Dependencies>(Dependencies::realm_id(), add).await
}

async fn number(unit: &mut UnitOfWork, id: Uuid) -> Result<Line, CommandError> {
    let state = unit.load::<ActionItem>(id).await?;
    let not_found = || action_item::Rejection::NotFound { what: "the action item".to_owned() };
    let found = state.item().map(|item| item.assignment.number.clone());
    found.ok_or_else(|| CommandError::rejected::<ActionItem>(not_found()))
}

pub(super) async fn remove_dependency(
    service: &Service,
    request: Request<pb::RemoveDependencyRequest>,
) -> Reply<pb::RemoveDependencyResponse> {
    let (context, request) = service.kit.receive(request)?;
    let id = item_id(&request.item_id)?;
    let on: Uuid = read("on_item_id", request.on_item_id)?;
    let calendar = service.calendar().await?;
    let decided = service.kit.commit::<ActionItem, _>(&context, id, move |unit| {
        let calendar = calendar.clone();
        Box::pin(async move {
            unit.decide::<ActionItem>(id, Command::StopWaiting { on, calendar }).await?;
            let remove = dependencies::Command::Remove { item: id, on };
            unit.decide::<Dependencies>(Dependencies::realm_id(), remove).await
        })
    });
    let (position, item) = service.answer(id, &decided.await?).await?;
    Ok(Response::new(pb::RemoveDependencyResponse { position, item }))
}
