//! Targets by phase.

use super::{Reply, Service, listed};
use crate::views;
use domain::resolution::target::{Command, PhasedTarget, Rejection, State, Terms};
use domain::scheduling::body::{self, Body};
use domain::{Aggregate as _, Date, Uuid};
use proto::resolution::v1 as pb;
use proto::{Invalid, Wire as _, read_fields};
use service_kit::serve::read;
use service_kit::spans::{AsOf, Past};
use service_kit::{CommandContext, CommandError, Executed, UnitOfWork};
use tonic::{Request, Response, Status};

pub(super) async fn set(
    service: &Service,
    request: Request<pb::SetTargetRequest>,
) -> Reply<pb::SetTargetResponse> {
    let (context, request) = service.kit.receive(request)?;
    let today = today(service).await?;
    let command = read_fields!(request => Command::Set { terms, reason; today })?;
    let id = context.new_id(PhasedTarget::CATEGORY);
    let decided = service.kit.commit::<PhasedTarget, _>(&context, id, move |unit| {
        let command = command.clone();
        Box::pin(async move {
            if let Command::Set { terms, .. } = &command {
                must_exist(unit, terms).await?;
            }
            unit.decide::<PhasedTarget>(id, command).await
        })
    });
    let (position, target) = answer(service, &context, id, decided.await?).await?;
    Ok(Response::new(pb::SetTargetResponse { position, target }))
}

/// Refuses a target for what is in no register.
async fn must_exist(unit: &mut UnitOfWork, terms: &Terms) -> Result<(), CommandError> {
    listed(unit, "terms.department_code", &terms.department).await?;
    let Some(code) = &terms.body else { return Ok(()) };
    if unit.load::<Body>(Body::id(code)).await? == body::State::Undefined {
        let fault = format!("names body {code}, which is not defined");
        return Err(Invalid::field("terms.body_code", fault).into());
    }
    Ok(())
}

pub(super) async fn change(
    service: &Service,
    request: Request<pb::ChangeTargetRequest>,
) -> Reply<pb::ChangeTargetResponse> {
    let (context, request) = service.kit.receive(request)?;
    let (id, today) = (target_id(&request.target_id)?, today(service).await?);
    let command = read_fields!(request => Command::Change { goal, ends_on, reason; today })?;
    let done = service.kit.execute::<PhasedTarget>(&context, id, command).await?;
    let (position, target) = answer(service, &context, id, done).await?;
    Ok(Response::new(pb::ChangeTargetResponse { position, target }))
}

pub(super) async fn withdraw(
    service: &Service,
    request: Request<pb::WithdrawTargetRequest>,
) -> Reply<pb::WithdrawTargetResponse> {
    let (context, request) = service.kit.receive(request)?;
    let (id, today) = (target_id(&request.target_id)?, today(service).await?);
    let command = read_fields!(request => Command::Withdraw { reason; today })?;
    let done = service.kit.execute::<PhasedTarget>(&context, id, command).await?;
    let (position, target) = answer(service, &context, id, done).await?;
    Ok(Response::new(pb::WithdrawTargetResponse { position, target }))
}

/// The target as it is now; its items as the view has them.
async fn answer(
    service: &Service,
    context: &CommandContext,
    id: Uuid,
    done: Executed<PhasedTarget>,
) -> Result<(u64, Option<pb::Target>), Status> {
    let State::Set(target) = done.state().clone() else { return Ok((done.position, None)) };
    let (scope, calendar) = (service.kit.scope_of(&context.actor).await?, service.calendar().await?);
    let now = service.kit.clock().now();
    let judge = move |tables: service_kit::ScopedTables<'_>| {
        views::judged(tables, &id.to_string(), &target, Past::present(now), &calendar)
    };
    let (target, _) = service.view.query(scope, 0, judge).await?;
    Ok((done.position, Some(target)))
}

pub(super) async fn get(
    service: &Service,
    request: Request<pb::GetTargetRequest>,
) -> Reply<pb::GetTargetResponse> {
    let scope = service.kit.scope(&request).await?;
    let request = request.into_inner();
    let (id, as_of) = (target_id(&request.target_id)?, AsOf::read(request.as_of_at, request.as_of_position)?);
    let query = views::target(id, as_of, service.kit.clock().now(), service.calendar().await?);
    let at_least = as_of.at_least(request.at_least_position);
    let (found, position) = service.view.query(scope, at_least, query).await?;
    let not_found = || Rejection::NotFound { what: "the target".to_owned() };
    let found = found.ok_or_else(|| CommandError::rejected::<PhasedTarget>(not_found()))?;
    Ok(Response::new(pb::GetTargetResponse { position, ..found }))
}

pub(super) async fn list(
    service: &Service,
    request: Request<pb::ListTargetsRequest>,
) -> Reply<pb::ListTargetsResponse> {
    let scope = service.kit.scope(&request).await?;
    let request = request.into_inner();
    let under = service.kit.downwards(request.under_code.as_deref()).await?;
    let (now, calendar) = (service.kit.clock().now(), service.calendar().await?);
    let query = views::targets(&request, under.as_ref(), now, calendar)?;
    let at_least = AsOf::read(request.as_of_at, request.as_of_position)?.at_least(request.at_least_position);
    let ((page, at), position) = service.view.query(scope, at_least, query).await?;
    Ok(Response::new(pb::ListTargetsResponse {
        evaluated_at: at.to_wire(),
        targets: page.rows,
        next_page_token: page.next_page_token,
        position,
    }))
}

fn target_id(wire: &str) -> Result<Uuid, Invalid> {
    read("target_id", wire.to_owned())
}

/// Today in the realm's zone.
async fn today(service: &Service) -> Result<Date, CommandError> {
    Ok(service.calendar().await?.date_of(service.kit.clock().now()))
}
