//! What a decision does to earlier resolutions: declared before the vote, and looked at again when it is adopted.

use super::{Reply, Service, docket_id, render};
use domain::Uuid;
use domain::calendar::WorkingCalendar;
use domain::deliberation::docket::changes::refusal;
use domain::deliberation::docket::{Command, Docket};
use domain::process::change_resolutions::check;
use domain::resolution::resolution::Resolution;
use domain::resolution_change::ResolutionChange;
use proto::deliberation::v1 as pb;
use proto::read_fields;
use service_kit::serve::read;
use service_kit::{CommandContext, CommandError, Executed, Kit};
use tonic::{Request, Response};

pub(super) async fn declare(
    service: &Service,
    request: Request<pb::DeclareChangesRequest>,
) -> Reply<pb::DeclareChangesResponse> {
    let (context, request) = service.kit.receive(request)?;
    let id = docket_id(&request.docket_id)?;
    let changes: Vec<ResolutionChange> = read("changes", request.changes)?;
    let command = Command::DeclareChanges { topic: request.topic_number, changes: changes.clone() };
    let done = decide(service, &context, id, command, changes).await?;
    let docket = render::docket(id, done.state(), &done.scope);
    Ok(Response::new(pb::DeclareChangesResponse { position: done.position, docket }))
}

pub(super) async fn adopt(
    service: &Service,
    request: Request<pb::AdoptDecisionRequest>,
    calendar: WorkingCalendar,
) -> Reply<pb::AdoptDecisionResponse> {
    let (context, request) = service.kit.receive(request)?;
    let id = docket_id(&request.docket_id)?;
    let topic = request.topic_number;
    let command = read_fields!(request => Command::AdoptDecision {
        topic_number: topic, declaratory; calendar
    })?;
    // What it changes may have ended since it was declared. What was adopted already has done that itself.
    let state = service.kit.load::<Docket>(id).await?;
    let topic =
        state.proceedings().and_then(|known| known.topic(topic)).filter(|topic| topic.outcome.is_none());
    let changes = topic.map(|topic| topic.changes.clone()).unwrap_or_default();
    let done = decide(service, &context, id, command, changes).await?;
    let docket = render::docket(id, done.state(), &done.scope);
    Ok(Response::new(pb::AdoptDecisionResponse { position: done.position, docket }))
}

/// Decides, provided that the body may change these resolutions.
async fn decide(
    service: &Service,
    context: &CommandContext,
    id: Uuid,
    command: Command,
    changes: Vec<ResolutionChange>,
) -> Result<Executed<Docket>, CommandError> {
    let decided = service.kit.commit::<Docket, _>(context, id, |unit| {
        let (kit, command, changes) = (service.kit.clone(), command.clone(), changes.clone());
        Box::pin(async move {
            unit.decide::<Docket>(id, command).await?;
            may_change(&kit, id, &changes).await
        })
    });
    decided.await
}

/// Whoever leads the body's docket may not see its resolutions by that alone, so they are not asked for with their scope.
async fn may_change(kit: &Kit, id: Uuid, changes: &[ResolutionChange]) -> Result<(), CommandError> {
    let docket = kit.load::<Docket>(id).await?;
    let Some(proceedings) = docket.proceedings() else { return Ok(()) };
    for change in changes {
        let resolution = kit.load::<Resolution>(change.resolution).await?;
        let body = &proceedings.agenda.body;
        check(body, change, &resolution)
            .map_err(|unfit| CommandError::rejected::<Docket>(refusal(unfit, body)))?;
    }
    Ok(())
}
