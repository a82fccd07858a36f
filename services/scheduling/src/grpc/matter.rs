//! Matters: each command is decided with the body whose turn it is, and with the other matters that it touches.

use super::{Reply, Service, matter_query};
use crate::facts;
use crate::views;
use domain::aggregate::derived_id;
use domain::scheduling::body::Body;
use domain::scheduling::matter::{self, Command, Intake, Known, Matter, Rejection};
use domain::{Aggregate as _, Code, Date, Label, Line, Text, Uuid};
use proto::scheduling::v1 as pb;
use proto::{Invalid, read_fields};
use service_kit::handle::Executed;
use service_kit::serve::read;
use service_kit::{CommandContext, CommandError, UnitOfWork};
use tonic::{Request, Response};

pub(super) async fn take_in(
    service: &Service,
    request: Request<pb::TakeInMatterRequest>,
) -> Reply<pb::TakeInMatterResponse> {
    let scope = service.kit.scope(&request).await?;
    let (context, request) = service.kit.receive(request)?;
    let id = context.new_id(Matter::CATEGORY);
    let (split_from, deferrals, concerned, class) = (None, 0, Vec::new(), None);
    let intake = read_fields!(request => Intake {
        title, summary, body_code: body, case_reference, label; split_from, deferrals, concerned, class
    })?;
    let text = intake.title.to_string();
    let done = service.kit.commit::<Matter, _>(&context, id, |unit| {
        let intake = intake.clone();
        Box::pin(async move {
            let chair = facts::chair(unit, &intake.body).await?;
            let concerned = chair.into_iter().collect();
            let command = Command::TakeIn { intake: Intake { concerned, ..intake } };
            must_be_allowed(unit, id, &command).await?;
            unit.decide::<Matter>(id, command).await
        })
    });
    let done = done.await?;
    let (similar, _) = service.view.query(scope, 0, views::similar_to(&text, Some(id))).await?;
    Ok(Response::new(pb::TakeInMatterResponse { position: done.position, matter: shown(id, &done), similar }))
}

/// Carries out a command on one matter, reads the answer into the response.
macro_rules! execute {
    ($service:ident, $request:ident => $response:ident, $command:expr) => {{
        let (context, request) = $service.kit.receive($request)?;
        let id = matter_id(&request.matter_id)?;
        let command: fn(_) -> Result<Command, Invalid> = $command;
        let done = $service.execute_on_matter(&context, id, command(request)?).await?;
        Ok(Response::new(pb::$response { position: done.position, matter: shown(id, &done) }))
    }};
}

impl Service {
    /// Carries out a command on a matter, if the body whose turn it is allows it.
    async fn execute_on_matter(
        &self,
        context: &CommandContext,
        id: Uuid,
        command: Command,
    ) -> Result<Executed<Matter>, CommandError> {
        let decided = self.kit.commit::<Matter, _>(context, id, |unit| {
            let command = command.clone();
            Box::pin(async move {
                must_be_allowed(unit, id, &command).await?;
                unit.decide::<Matter>(id, command).await
            })
        });
        decided.await
    }
}

/// Labels a matter otherwise that is on no agenda.
pub(super) async fn relabel(
    service: &Service,
    context: &CommandContext,
    id: Uuid,
    label: Label,
    reason: Text,
) -> Result<(u64, Option<pb::Matter>), CommandError> {
    let command = Command::Relabel { session: None, label, concerned: vec![], reason };
    let done = service.execute_on_matter(context, id, command).await?;
    Ok((done.position, shown(id, &done)))
}

pub(super) async fn reclassify(
    service: &Service,
    request: Request<pb::ReclassifyMatterRequest>,
) -> Reply<pb::ReclassifyMatterResponse> {
    execute!(service, request => ReclassifyMatterResponse, |request: pb::ReclassifyMatterRequest| {
        let reason = Some(read("reason", request.reason)?);
        Ok(Command::Classify { session: None, class: read("matter_class", request.matter_class)?, reason })
    })
}

pub(super) async fn accept_referral(
    service: &Service,
    request: Request<pb::AcceptReferralRequest>,
) -> Reply<pb::AcceptReferralResponse> {
    execute!(service, request => AcceptReferralResponse, |_| Ok(Command::AcceptReferral))
}

pub(super) async fn return_referral(
    service: &Service,
    request: Request<pb::ReturnReferralRequest>,
) -> Reply<pb::ReturnReferralResponse> {
    execute!(service, request => ReturnReferralResponse, |request: pb::ReturnReferralRequest| {
        read_fields!(request => Command::ReturnReferral { reason })
    })
}

pub(super) async fn withdraw(
    service: &Service,
    request: Request<pb::WithdrawMatterRequest>,
) -> Reply<pb::WithdrawMatterResponse> {
    execute!(service, request => WithdrawMatterResponse, |request: pb::WithdrawMatterRequest| {
        let reason = Some(read("reason", request.reason)?);
        Ok(Command::Withdraw { session: None, reason })
    })
}

pub(super) async fn defer(
    service: &Service,
    request: Request<pb::DeferMatterRequest>,
) -> Reply<pb::DeferMatterResponse> {
    let (context, request) = service.kit.receive(request)?;
    let id = matter_id(&request.matter_id)?;
    let resume_on: Date = read("resume_on", request.resume_on)?;
    let reason: Text = read("reason", request.reason)?;
    let default_calendar = &service.default_calendar;
    let deferred = service.kit.commit::<Matter, _>(&context, id, |unit| {
        let (reason, default_calendar) = (reason.clone(), default_calendar.clone());
        Box::pin(async move {
            let calendar = facts::calendar(unit, &default_calendar).await?;
            let rules = facts::meeting_rules_of_matter(unit, id).await?;
            let deferrals_max = rules.unwrap_or_default().deferrals_max();
            let resume_at = calendar.start_of(resume_on);
            let command = Command::Defer { resume_on, resume_at, reason, deferrals_max };
            must_be_allowed(unit, id, &command).await?;
            unit.decide::<Matter>(id, command).await
        })
    });
    let done = deferred.await?;
    Ok(Response::new(pb::DeferMatterResponse { position: done.position, matter: shown(id, &done) }))
}

pub(super) async fn refer(
    service: &Service,
    request: Request<pb::ReferMatterRequest>,
) -> Reply<pb::ReferMatterResponse> {
    let (context, request) = service.kit.receive(request)?;
    let id = matter_id(&request.matter_id)?;
    let to: Code = read("referred_to_code", request.referred_to_code)?;
    let reason: Text = read("reason", request.reason)?;
    let referred = service.kit.commit::<Matter, _>(&context, id, |unit| {
        let (to, reason) = (to.clone(), Some(reason.clone()));
        Box::pin(async move {
            let chair = facts::chair(unit, &to).await?;
            let (is_known, body_code) = (chair.is_some(), to.clone());
            let chair = chair.unwrap_or_else(|| to.clone());
            let command = Command::Refer { session: None, to, chair, reason };
            must_be_allowed(unit, id, &command).await?;
            unit.decide::<Matter>(id, command).await?;
            match is_known {
                true => Ok(()),
                false => Err(CommandError::rejected::<Matter>(Rejection::UnknownBody { body_code })),
            }
        })
    });
    let done = referred.await?;
    Ok(Response::new(pb::ReferMatterResponse { position: done.position, matter: shown(id, &done) }))
}

pub(super) async fn split(
    service: &Service,
    request: Request<pb::SplitMatterRequest>,
) -> Reply<pb::SplitMatterResponse> {
    let (context, request) = service.kit.receive(request)?;
    let id = matter_id(&request.matter_id)?;
    let reason: Text = read("reason", request.reason)?;
    let parts = read_parts(request.parts)?;
    let of_part = |nth: usize| derived_id(id, &[&context.command_id.to_string(), &nth.to_string()]);
    let into: Vec<Uuid> = (0..parts.len()).map(of_part).collect();
    let split = service.kit.commit::<Matter, _>(&context, id, |unit| {
        let (into, parts, reason) = (into.clone(), parts.clone(), reason.clone());
        Box::pin(async move {
            let command = Command::Split { into: into.clone(), reason };
            must_be_allowed(unit, id, &command).await?;
            let before = unit.load::<Matter>(id).await?;
            unit.decide::<Matter>(id, command).await?;
            let Some(known) = before.known() else { return Ok(()) };
            for (part, (title, summary)) in into.into_iter().zip(parts) {
                let intake = part_of(id, known, title, summary);
                unit.decide::<Matter>(part, Command::TakeIn { intake }).await?;
            }
            Ok(())
        })
    });
    let done = split.await?;
    Ok(Response::new(pb::SplitMatterResponse { position: done.position, matter: shown(id, &done) }))
}

fn read_parts(parts: Vec<pb::MatterPart>) -> Result<Vec<(Line, Option<Text>)>, Invalid> {
    let mut read_parts = Vec::new();
    for (at, part) in parts.into_iter().enumerate() {
        let title = read(&format!("parts[{at}].title"), part.title)?;
        let summary = read(&format!("parts[{at}].summary"), part.summary)?;
        read_parts.push((title, summary));
    }
    Ok(read_parts)
}

/// What is taken in as a part of a matter.
fn part_of(id: Uuid, whole: &Known, title: Line, summary: Option<Text>) -> Intake {
    Intake {
        title,
        summary,
        body: whole.body.clone(),
        case_reference: whole.case_reference.clone(),
        split_from: Some(id),
        deferrals: whole.deferrals,
        concerned: whole.concerned.iter().cloned().collect(),
        label: whole.label,
        class: whole.class,
    }
}

pub(super) async fn merge(
    service: &Service,
    request: Request<pb::MergeMatterRequest>,
) -> Reply<pb::MergeMatterResponse> {
    let (context, request) = service.kit.receive(request)?;
    let matter = matter_id(&request.matter_id)?;
    let into: Uuid = read("into_matter_id", request.into_matter_id)?;
    let reason: Text = read("reason", request.reason)?;
    let merged = service.kit.commit::<Matter, _>(&context, matter, |unit| {
        let reason = reason.clone();
        Box::pin(async move {
            let command = Command::Merge { matter, into, reason };
            must_be_allowed(unit, matter, &command).await?;
            let before = unit.load::<Matter>(matter).await?;
            unit.decide::<Matter>(matter, command).await?;
            match (before.known(), unit.load::<Matter>(into).await?.known()) {
                (_, None) => {
                    let what = "matter to merge into";
                    Err(CommandError::rejected::<Matter>(Rejection::NotFound { what }))
                }
                (Some(known), Some(_)) if known.progress != (matter::Progress::Merged { into }) => {
                    let (body, deferrals) = (known.body.clone(), known.deferrals);
                    let concerned = known.concerned.iter().cloned().collect();
                    let (from, label, class) = (matter, known.label, known.class);
                    let absorb = Command::Absorb { from, body, deferrals, concerned, label, class };
                    unit.decide::<Matter>(into, absorb).await
                }
                _ => Ok(()),
            }
        })
    });
    let done = merged.await?;
    Ok(Response::new(pb::MergeMatterResponse { position: done.position, matter: shown(matter, &done) }))
}

/// Refuses a command that the body whose turn it is does not allow to whoever issued it.
async fn must_be_allowed(unit: &mut UnitOfWork, id: Uuid, command: &Command) -> Result<(), CommandError> {
    let state = unit.load::<Matter>(id).await?;
    let code = match (command, state.known()) {
        (Command::TakeIn { intake }, None) => intake.body.clone(),
        // A body that it was only referred to does not say who may know of it.
        (Command::Relabel { .. }, Some(known)) => known.body.clone(),
        (_, Some(known)) => known.body_in_charge().clone(),
        (_, None) => return Ok(()),
    };
    let body = unit.load::<Body>(Body::id(&code)).await?;
    matter::check(&state, &body, command, unit.issued()).map_err(CommandError::rejected::<Matter>)
}

fn shown(id: Uuid, done: &Executed<Matter>) -> Option<pb::Matter> {
    done.state().known().map(|known| matter_query::render(id, known))
}

pub(super) fn matter_id(wire: &str) -> Result<Uuid, Invalid> {
    read("matter_id", wire.to_owned())
}
