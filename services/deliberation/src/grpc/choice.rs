//! The rpcs on choices among options. What is secret of them is sealed before it is decided on, and opened for the count.

use super::{Reply, Service, docket_id, render};
use crate::secret_choices::{self, SecretPaper};
use domain::Code;
use domain::Uuid;
use domain::deliberation::docket::{Command, Docket, OptionChoice, State};
use proto::deliberation::v1 as pb;
use proto::{Invalid, read_fields};
use service_kit::CommandError;
use tonic::{Request, Response};

/// Opens a choice. Where the body's rule has a lot, it is drawn now, and sealed.
pub(super) async fn open(
    service: &Service,
    request: Request<pb::OpenChoiceRequest>,
) -> Reply<pb::OpenChoiceResponse> {
    let (context, request) = service.kit.receive(request)?;
    let id = docket_id(&request.docket_id)?;
    let topic = request.topic_number;
    let lot = None;
    let command = read_fields!(request => Command::OpenChoice {
        topic_number: topic, question, options, method; lot
    })?;
    let opened = service.kit.commit::<Docket, _>(&context, id, |unit| {
        let (kit, mut command) = (service.kit.clone(), command.clone());
        Box::pin(async move {
            let next = unit.load::<Docket>(id).await?.next_choice_with_lot(topic);
            if let (Some(choice), Command::OpenChoice { lot, .. }) = (next, &mut command) {
                *lot = Some(secret_choices::draw(&kit, id, (topic, choice)).await?);
            }
            unit.decide::<Docket>(id, command).await
        })
    });
    let done = opened.await?;
    let docket = render::docket(id, done.state(), &done.scope);
    Ok(Response::new(pb::OpenChoiceResponse { position: done.position, docket }))
}

/// A paper as its request has it.
struct Paper {
    topic: u32,
    department: Code,
    named: Vec<u32>,
    points: Vec<u32>,
    voter_secret: Uuid,
}

/// Says in secret what a department prefers.
pub(super) async fn cast_secretly(
    service: &Service,
    request: Request<pb::CastSecretChoiceRequest>,
) -> Reply<pb::CastSecretChoiceResponse> {
    let (context, request) = service.kit.receive(request)?;
    let id = docket_id(&request.docket_id)?;
    let paper = read_fields!(request => Paper {
        topic_number: topic, department_code: department, named, points, voter_secret
    })?;
    if paper.voter_secret.get_version_num() != 4 {
        let advice = "must be a random UUID, of version 4, that nobody else knows";
        return Err(Invalid::field("voter_secret", advice.to_owned()).into());
    }
    let topic = paper.topic;
    // None if it says more than any method counts, which the rules then refuse.
    let secret = SecretPaper::new(id, topic, (&paper.named, &paper.points), paper.voter_secret);
    let cast = service.kit.commit::<Docket, _>(&context, id, |unit| {
        let (kit, department) = (service.kit.clone(), paper.department.clone());
        let (named, points) = (paper.named.clone(), paper.points.clone());
        Box::pin(async move {
            let state = unit.load::<Docket>(id).await?;
            // Where there is no such choice, the rules say why.
            let open = state.open_choice(topic).filter(|open| open.secret);
            let choice = open.map_or(0, |open| open.number);
            let sealed = match secret {
                Some(secret) if open.is_some() => secret.seal(&kit, id, (topic, choice)).await?,
                _ => vec![],
            };
            unit.decide::<Docket>(id, Command::CastSecretChoice { topic, choice, department, sealed })
                .await?;
            let fits = open.map_or(Ok(()), |open| open.check(&named, &points));
            fits.map_err(CommandError::rejected::<Docket>)
        })
    });
    let done = cast.await?;
    let tracking_code = secret.filter(|_| !context.validate_only).map(|secret| secret.tracking_code());
    let docket = render::docket(id, done.state(), &done.scope);
    let tracking_code = tracking_code.unwrap_or_default();
    Ok(Response::new(pb::CastSecretChoiceResponse { position: done.position, docket, tracking_code }))
}

/// The last choice on a topic.
fn last_choice(state: &State, topic: u32) -> Option<&OptionChoice> {
    state.proceedings()?.topic(topic)?.choices.last()
}

/// Counts a choice. Where that is only validated, nobody sees how it stands, or what was drawn.
pub(super) async fn close(
    service: &Service,
    request: Request<pb::CloseChoiceRequest>,
) -> Reply<pb::CloseChoiceResponse> {
    let (context, request) = service.kit.receive(request)?;
    let (id, topic) = (docket_id(&request.docket_id)?, request.topic_number);
    let counted = service.kit.commit::<Docket, _>(&context, id, |unit| {
        let kit = service.kit.clone();
        Box::pin(async move {
            let keys = secret_choices::keys(&kit, &unit.load::<Docket>(id).await?, topic).await?;
            let command = |state: &State| {
                let (opened, lot) = secret_choices::opened(id, state, topic, &keys);
                Command::CloseChoice { topic, opened, lot }
            };
            unit.decide_on::<Docket>(id, command).await
        })
    });
    let done = counted.await?;
    let was_sealed = last_choice(done.state(), topic).is_some_and(OptionChoice::is_sealed);
    let docket = match context.validate_only && was_sealed {
        true => render::docket(id, &service.kit.show::<Docket>(&done.scope, id).await?, &done.scope),
        false => render::docket(id, done.state(), &done.scope),
    };
    Ok(Response::new(pb::CloseChoiceResponse { position: done.position, docket }))
}
