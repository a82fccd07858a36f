//! Bodies.

use super::{Reply, Service};
use crate::facts::{self, Named};
use crate::views;
use domain::decision_rule::{DecisionRule, MatterClass};
use domain::scheduling::Scheduling;
use domain::scheduling::body::{self, Body, Charter, Command, MeetingRules, Rejection, State};
use domain::scheduling::stewards::{self, Stewards};
use domain::{Aggregate as _, Code};
use proto::scheduling::v1 as pb;
use proto::{Wire as _, read_fields};
use service_kit::handle::Executed;
use service_kit::serve::read;
use service_kit::{CommandContext, CommandError, events};
use std::collections::BTreeSet;
use tonic::{Request, Response};

pub(super) async fn define(
    service: &Service,
    request: Request<pb::DefineBodyRequest>,
) -> Reply<pb::DefineBodyResponse> {
    let (context, mut request) = service.kit.receive(request)?;
    request.charter.iter_mut().for_each(fill_in);
    let body: Code = read("body_code", request.body_code.clone())?;
    let answered_for = BTreeSet::new();
    let command = read_fields!(request => Command::Define { body_code: body, charter; answered_for })?;
    let done = execute(service, &context, &body, command).await?;
    Ok(Response::new(pb::DefineBodyResponse { position: done.position, body: render(done.state()) }))
}

pub(super) async fn change(
    service: &Service,
    request: Request<pb::ChangeBodyRequest>,
) -> Reply<pb::ChangeBodyResponse> {
    let (context, mut request) = service.kit.receive(request)?;
    request.charter.iter_mut().for_each(fill_in);
    let body: Code = read("body_code", request.body_code.clone())?;
    let answered_for = BTreeSet::new();
    let command = read_fields!(request => Command::Change { charter, reason; answered_for })?;
    let done = execute(service, &context, &body, command).await?;
    Ok(Response::new(pb::ChangeBodyResponse { position: done.position, body: render(done.state()) }))
}

pub(super) async fn accept_seat(
    service: &Service,
    request: Request<pb::AcceptSeatRequest>,
) -> Reply<pb::AcceptSeatResponse> {
    let (context, request) = service.kit.receive(request)?;
    let body: Code = read("body_code", request.body_code.clone())?;
    let command = read_fields!(request => Command::AcceptSeat { department_code: department })?;
    let done = execute(service, &context, &body, command).await?;
    Ok(Response::new(pb::AcceptSeatResponse { position: done.position, body: render(done.state()) }))
}

pub(super) async fn get(
    service: &Service,
    request: Request<pb::GetBodyRequest>,
) -> Reply<pb::GetBodyResponse> {
    let scope = service.kit.scope(&request).await?;
    let request = request.into_inner();
    let code: Code = read("body_code", request.body_code)?;
    let position = service.view.wait_until_caught_up(request.at_least_position).await?;
    let in_force = service.kit.show::<Body>(&scope, Body::id(&code)).await?;
    let number = in_force.version().map_or(0, |version| version.number);
    let body = match request.version {
        Some(wanted) if wanted < number => render(&version(service, &code, wanted).await?),
        Some(wanted) if wanted > number => None,
        _ => render(&in_force),
    };
    match body {
        Some(body) => Ok(Response::new(pb::GetBodyResponse { body: Some(body), position })),
        None if number == 0 => Err(not_found("body").into()),
        None => Err(not_found("version of the body").into()),
    }
}

pub(super) async fn list(
    service: &Service,
    request: Request<pb::ListBodiesRequest>,
) -> Reply<pb::ListBodiesResponse> {
    let scope = service.kit.scope(&request).await?;
    let request = request.into_inner();
    let query = views::bodies(&request)?;
    let (page, position) = service.view.query(scope, request.at_least_position, query).await?;
    Ok(Response::new(pb::ListBodiesResponse {
        bodies: page.rows,
        next_page_token: page.next_page_token,
        position,
    }))
}

/// Carries out a command on a body; the departments that it names must be in the directory.
async fn execute(
    service: &Service,
    context: &CommandContext,
    body: &Code,
    command: Command,
) -> Result<Executed<Body>, CommandError> {
    let id = Body::id(body);
    let decided = service.kit.commit::<Body, _>(context, id, |unit| {
        let (code, command, charter) = (body.clone(), command.clone(), command.charter().cloned());
        Box::pin(async move {
            let command = command.answering_for(facts::answered_for(unit).await?);
            unit.decide::<Body>(id, command.clone()).await?;
            if let Some(charter) = charter {
                facts::must_be_listed(unit, &named(&charter)).await?;
                let is_there = |state: &State| state.version().is_some();
                unit.take_spelling::<Body, Scheduling>(&code, is_there).await?;
            }
            // As it was before the decision.
            let before = unit.load::<Body>(id).await?;
            let made = body::made_by(&before, &command, unit.issued());
            let Some(made) = made else { return Ok(()) };
            unit.decide::<Stewards>(Stewards::realm_id(), stewards::Command::of(&made)).await
        })
    });
    decided.await
}

/// An earlier version of a body, which is one if `GetBody` says so; all of them are committed.
async fn version(service: &Service, code: &Code, number: u32) -> Result<State, CommandError> {
    let records = service.kit.journal().read(&Body::stream(Body::id(code)), 0).await?;
    let mut state = State::default();
    for record in &records {
        for event in events::decode::<Body>(record)? {
            state = Body::evolve(state, &event);
            if state.version().is_some_and(|version| version.number == number) {
                return Ok(state);
            }
        }
    }
    Ok(State::default())
}

fn render(state: &State) -> Option<pb::Body> {
    state.version().map(|version| version.to_wire())
}

fn not_found(what: &'static str) -> CommandError {
    CommandError::rejected::<Body>(Rejection::NotFound { what })
}

/// The departments that a charter names.
fn named(charter: &Charter) -> Vec<Named> {
    let Charter { seats, chair, deputies, convenors, secretariat, emergency_plans, .. } = charter;
    let list = |field: &'static str, codes: &[Code]| {
        let path = move |at| format!("charter.{field}[{at}]");
        codes.iter().enumerate().map(|(at, code)| (path(at), code.clone())).collect::<Vec<_>>()
    };
    let mut named = vec![("charter.chair_code".to_owned(), chair.clone())];
    for (at, seat) in seats.iter().enumerate() {
        named.push((format!("charter.seats[{at}].department_code"), seat.department.clone()));
        let substitute = |(nth, code): (usize, &Code)| {
            (format!("charter.seats[{at}].substitute_codes[{nth}]"), code.clone())
        };
        named.extend(seat.substitutes.iter().enumerate().map(substitute));
    }
    for (at, plan) in emergency_plans.iter().enumerate() {
        let codes = plan.substitutes.iter().flat_map(|own| &own.substitutes);
        named.extend(codes.map(|code| (format!("charter.emergency_plans[{at}].substitutes"), code.clone())));
    }
    named.extend(list("deputy_codes", deputies));
    named.extend(list("convenor_codes", convenors));
    named.extend(list("secretariat_codes", secretariat));
    named
}

/// Fills in what a small body does not have to say.
fn fill_in(charter: &mut pb::BodyCharter) {
    for codes in [&mut charter.convenor_codes, &mut charter.secretariat_codes] {
        if codes.is_empty() {
            codes.push(charter.chair_code.clone());
        }
    }
    charter.meeting_rules.get_or_insert_with(|| MeetingRules::default().to_wire());
    for seat in &mut charter.seats {
        if seat.standing() == pb::SeatStanding::Unspecified {
            seat.set_standing(pb::SeatStanding::Decides);
        }
        seat.weight = seat.weight.max(1);
    }
    charter.decision_rules.iter_mut().for_each(fill_in_rule);
}

fn fill_in_rule(rule: &mut pb::DecisionRule) {
    let usual: pb::DecisionRule = DecisionRule::default_for(MatterClass::Ordinary).to_wire();
    let unspecified_is = |given: &mut i32, usual: i32| {
        if *given == 0 {
            *given = usual;
        }
    };
    unspecified_is(&mut rule.matter_class, usual.matter_class);
    unspecified_is(&mut rule.abstention, usual.abstention);
    unspecified_is(&mut rule.tie, usual.tie);
    rule.method = rule.method.or(usual.method);
    rule.quorum = rule.quorum.or(usual.quorum);
    rule.ballots_per_version = rule.ballots_per_version.max(1);
}
