//! Judging the work.

use super::{Reply, Service, cascade, item_id};
use domain::resolution::action_item::{ActionItem, Command, Rejection};
use domain::resolution::dependencies::{self, Dependencies};
use domain::resolution::resolution::{Hold, Resolution};
use domain::{Code, Uuid};
use proto::read_fields;
use proto::resolution::v1 as pb;
use service_kit::serve::read;
use service_kit::{CommandError, UnitOfWork};
use tonic::{Request, Response};

pub(super) async fn accept(
    service: &Service,
    request: Request<pb::AcceptWorkRequest>,
) -> Reply<pb::AcceptWorkResponse> {
    let (context, request) = service.kit.receive(request)?;
    let id = item_id(&request.item_id)?;
    let command = read_fields!(request => Command::Accept { part_code: part, note })?;
    let (position, item) = service.decide(&context, id, command).await?;
    Ok(Response::new(pb::AcceptWorkResponse { position, item }))
}

pub(super) async fn return_work(
    service: &Service,
    request: Request<pb::ReturnWorkRequest>,
) -> Reply<pb::ReturnWorkResponse> {
    let (context, request) = service.kit.receive(request)?;
    let id = item_id(&request.item_id)?;
    let calendar = service.calendar().await?;
    let command = read_fields!(request => Command::ReturnWork { part_code: part, reason; calendar })?;
    let (position, item) = service.decide(&context, id, command).await?;
    Ok(Response::new(pb::ReturnWorkResponse { position, item }))
}

pub(super) async fn reopen(
    service: &Service,
    request: Request<pb::ReopenItemRequest>,
) -> Reply<pb::ReopenItemResponse> {
    let (context, request) = service.kit.receive(request)?;
    let id = item_id(&request.item_id)?;
    let calendar = service.calendar().await?;
    let command = read_fields!(request => Command::Reopen { reason, due; calendar })?;
    let kit = service.kit.clone();
    let decided = service.kit.commit::<ActionItem, _>(&context, id, move |unit| {
        let (command, kit) = (command.clone(), kit.clone());
        Box::pin(async move {
            cascade::decide(&kit, unit, id, command).await?;
            must_be_in_force(unit, id).await?;
            must_be_done_before_its_parent(unit, id).await
        })
    });
    let (position, item) = service.answer(id, &decided.await?).await?;
    Ok(Response::new(pb::ReopenItemResponse { position, item }))
}

/// Nothing is owed under a resolution that has ended, but what was carried over, as long as that one is in force.
async fn must_be_in_force(unit: &mut UnitOfWork, id: Uuid) -> Result<(), CommandError> {
    let state = unit.load::<ActionItem>(id).await?;
    let Some(assignment) = state.item().map(|item| &item.assignment) else { return Ok(()) };
    let mut resolution = assignment.resolution;
    loop {
        let state = unit.load::<Resolution>(resolution).await?;
        match state.registered().map_or(Hold::Owed, |registered| registered.hold_on(id)) {
            Hold::Owed => return Ok(()),
            // A later one, which it never changed: there is an end to it.
            Hold::CarriedOver { by } => resolution = by,
            Hold::Ended => {
                let refusal = Rejection::ResolutionEnded { number: assignment.number.clone() };
                return Err(CommandError::rejected::<ActionItem>(refusal));
            }
        }
    }
}

/// What it is a part of is not done before it again, so nothing that waits for that is waited for.
async fn must_be_done_before_its_parent(unit: &mut UnitOfWork, id: Uuid) -> Result<(), CommandError> {
    let state = unit.load::<ActionItem>(id).await?;
    let Some(place) = state.item().and_then(|item| item.place.as_ref()) else { return Ok(()) };
    let add = dependencies::Command::Add { item: place.parent, on: id };
    unit.decide::<Dependencies>(Dependencies::realm_id(), add).await
}

pub(super) async fn name_acceptor(
    service: &Service,
    request: Request<pb::NameAcceptorRequest>,
) -> Reply<pb::NameAcceptorResponse> {
    let (context, request) = service.kit.receive(request)?;
    let id = item_id(&request.item_id)?;
    let named: Option<Code> = read("acceptor_code", request.acceptor_code.clone())?;
    let command = read_fields!(request => Command::NameAcceptor { acceptor_code: acceptor, reason })?;
    let (position, item) = service.decide_naming(&context, id, command, "acceptor_code", named).await?;
    Ok(Response::new(pb::NameAcceptorResponse { position, item }))
}

pub(super) async fn record_look_back(
    service: &Service,
    request: Request<pb::RecordLookBackRequest>,
) -> Reply<pb::RecordLookBackResponse> {
    let (context, request) = service.kit.receive(request)?;
    let id = item_id(&request.item_id)?;
    let command = read_fields!(request => Command::RecordLookBack { observation, holds })?;
    let (position, item) = service.decide(&context, id, command).await?;
    Ok(Response::new(pb::RecordLookBackResponse { position, item }))
}
