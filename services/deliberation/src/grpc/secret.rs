//! The rpcs that seal and open the votes of secret ballots.

use super::{Reply, Service, docket_id, render};
use crate::secret_ballots::{self, SecretVote};
use domain::deliberation::ballot::Choice;
use domain::deliberation::docket::{Command, Docket, State};
use domain::{Code, Uuid};
use proto::deliberation::v1 as pb;
use proto::{Invalid, read_fields};
use service_kit::serve::read;
use tonic::{Request, Response};

/// A vote as its request has it.
struct Paper {
    topic: u32,
    department: Code,
    choice: Choice,
    voter_secret: Uuid,
}

/// Casts a vote. The digest of the request, which the record has, is of a random secret, so that nobody can try out which
/// choice it is of.
pub(super) async fn cast_vote(
    service: &Service,
    request: Request<pb::CastSecretVoteRequest>,
) -> Reply<pb::CastSecretVoteResponse> {
    let (context, request) = service.kit.receive(request)?;
    let id = docket_id(&request.docket_id)?;
    let paper = read_fields!(request => Paper {
        topic_number: topic, department_code: department, choice, voter_secret
    })?;
    if paper.voter_secret.get_version_num() != 4 {
        let advice = "must be a random UUID, of version 4, that nobody else knows";
        return Err(Invalid::field("voter_secret", advice.to_owned()).into());
    }
    let vote = SecretVote::new(id, paper.topic, paper.choice, paper.voter_secret);
    let cast = service.kit.commit::<Docket, _>(&context, id, |unit| {
        let (kit, topic, department) = (service.kit.clone(), paper.topic, paper.department.clone());
        Box::pin(async move {
            let state = unit.load::<Docket>(id).await?;
            // Where there is no such ballot, the rules say why.
            let ballot = state.open_secret_ballot(topic).map_or(0, |ballot| ballot.number);
            let sealed = match ballot {
                0 => vec![],
                number => vote.seal(&kit, id, number).await?,
            };
            let command = Command::CastSecretVote { topic, ballot, department, sealed };
            unit.decide::<Docket>(id, command).await
        })
    });
    let done = cast.await?;
    let tracking_code = if context.validate_only { String::new() } else { vote.tracking_code() };
    let docket = render::docket(id, done.state(), &done.scope);
    Ok(Response::new(pb::CastSecretVoteResponse { position: done.position, docket, tracking_code }))
}

/// Counts a ballot. That a ballot is secret is known when it is decided on. Where that is only validated, nobody sees how
/// it stands.
pub(super) async fn close_ballot(
    service: &Service,
    request: Request<pb::CloseBallotRequest>,
) -> Reply<pb::CloseBallotResponse> {
    let (context, request) = service.kit.receive(request)?;
    let (id, validate_only) = (docket_id(&request.docket_id)?, context.validate_only);
    let topic = request.topic_number;
    let casting_vote: Option<Choice> = read("casting_vote", request.casting_vote)?;
    let counted = service.kit.commit::<Docket, _>(&context, id, |unit| {
        let kit = service.kit.clone();
        Box::pin(async move {
            let keys = secret_ballots::keys(&kit, &unit.load::<Docket>(id).await?, topic).await?;
            let command = |state: &State| match state.open_secret_ballot(topic) {
                Some(_) => {
                    let opened = secret_ballots::opened(id, state, topic, &keys);
                    Command::CountSecretBallot { topic, opened }
                }
                None => Command::CloseBallot { topic, casting_vote },
            };
            unit.decide_on::<Docket>(id, command).await
        })
    });
    let done = counted.await?;
    let docket = match validate_only && was_secret(done.state(), topic) {
        true => render::docket(id, &service.kit.show::<Docket>(&done.scope, id).await?, &done.scope),
        false => render::docket(id, done.state(), &done.scope),
    };
    Ok(Response::new(pb::CloseBallotResponse { position: done.position, docket }))
}

/// Whether the last ballot on a topic is secret.
fn was_secret(state: &State, topic: u32) -> bool {
    let topic = state.proceedings().and_then(|known| known.topic(topic));
    topic.and_then(|topic| topic.ballots.last()).is_some_and(|ballot| ballot.rules.secret)
}
