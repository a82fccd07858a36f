//! Sessions from the request to admission, or to an end without a meeting.

use super::{Answer, Reply, Service, not_found, relabelling, render, session_id};
use crate::facts;
use domain::aggregate::derived_id;
use domain::scheduling::agenda::{move_matters, name_matters};
use domain::scheduling::matter::Matter;
use domain::scheduling::quota::{self, Quota};
use domain::scheduling::session::{Attendee, Command, Filed, Outline, Session, Topic};
use domain::{Aggregate as _, Line, Text, Timestamp, Uuid};
use proto::scheduling::v1 as pb;
use proto::{Invalid, read_fields};
use service_kit::serve::read;
use service_kit::{CommandContext, CommandError, UnitOfWork};
use std::collections::BTreeSet;
use tonic::Request;

pub(super) async fn request(
    service: &Service,
    request: Request<pb::RequestSessionRequest>,
) -> Reply<pb::RequestSessionResponse> {
    let (context, request) = service.kit.receive(request)?;
    let wanted = read_outline(request.outline)?;
    let (position, session) = request_one(service, &context, wanted).await?;
    Ok(render::shown(session, |session| pb::RequestSessionResponse { position, session }))
}

/// What is requested.
#[derive(Clone)]
pub(super) struct Wanted {
    pub(super) outline: Outline,
    /// The topics that have the label of their matter.
    pub(super) unlabelled: BTreeSet<u32>,
}

/// Reads what is requested.
pub(super) fn read_outline(mut outline: Option<pb::SessionOutline>) -> Result<Wanted, Invalid> {
    outline.iter_mut().for_each(fill_in);
    let unlabelled = outline.as_ref().map(|outline| relabelling::unlabelled(&outline.topics));
    let unlabelled = unlabelled.unwrap_or_default();
    Ok(Wanted { outline: read("outline", outline)?, unlabelled })
}

/// Requests one session; its id follows from that of the command.
pub(super) async fn request_one(
    service: &Service,
    context: &CommandContext,
    wanted: Wanted,
) -> Result<Answer, CommandError> {
    let id = context.new_id(Session::CATEGORY);
    let mut named = facts::attending("outline.", &wanted.outline.attendees);
    named.extend(context.actor.department.clone().map(|requester| ("requester_code".into(), requester)));
    let requested = service.kit.commit::<Session, _>(context, id, |unit| {
        let (wanted, named) = (wanted.clone(), named.clone());
        let default_calendar = service.default_calendar.clone();
        Box::pin(async move {
            let Wanted { mut outline, unlabelled } = wanted;
            // A body that is not defined has no chair, and allows nothing.
            let chair = facts::chair(unit, &outline.body).await?.unwrap_or_else(|| outline.body.clone());
            name_matters(&mut outline.topics, &[], id);
            relabelling::keep_labels(unit, &mut outline.topics, &unlabelled, &[]).await?;
            let command = Command::Request { outline, chair };
            facts::must_be_allowed(unit, id, &command).await?;
            facts::must_be_carried_out(unit, &command).await?;
            facts::decide_session(unit, id, &command, id, &default_calendar).await?;
            facts::must_be_listed(unit, &named).await
        })
    });
    service.answer(id, &requested.await?).await
}

/// Fills in what a request does not have to say.
fn fill_in(outline: &mut pb::SessionOutline) {
    number_by_place(&mut outline.topics);
    if outline.matter_class() == pb::MatterClass::Unspecified {
        outline.set_matter_class(match outline.kind() {
            pb::SessionKind::Emergency => pb::MatterClass::Emergency,
            _ => pb::MatterClass::Ordinary,
        });
    }
}

/// Topics without a number are numbered by their place.
fn number_by_place(topics: &mut [pb::SessionTopic]) {
    for (place, topic) in (1..).zip(topics) {
        if topic.number == 0 {
            topic.number = place;
        }
    }
}

pub(super) async fn submit_paper(
    service: &Service,
    request: Request<pb::SubmitPaperRequest>,
) -> Reply<pb::SubmitPaperResponse> {
    let (context, request) = service.kit.receive(request)?;
    let id = session_id(&request.session_id)?;
    let command = read_fields!(request => Command::SubmitPaper { topic_number: topic, paper })?;
    let (position, session) = service.execute(&context, id, command).await?;
    Ok(render::shown(session, |session| pb::SubmitPaperResponse { position, session }))
}

pub(super) async fn screen(
    service: &Service,
    request: Request<pb::ScreenSessionRequest>,
) -> Reply<pb::ScreenSessionResponse> {
    let (context, request) = service.kit.receive(request)?;
    let id = session_id(&request.session_id)?;
    let screened = service.kit.commit::<Session, _>(&context, id, |unit| {
        let default_calendar = service.default_calendar.clone();
        Box::pin(async move {
            let screen = facts::screening(unit, &default_calendar, id).await?;
            let screen = screen.ok_or_else(|| not_found("session"))?;
            facts::must_be_allowed(unit, id, &screen).await?;
            unit.decide::<Session>(id, screen).await
        })
    });
    let (position, session) = service.answer(id, &screened.await?).await?;
    Ok(render::shown(session, |session| pb::ScreenSessionResponse { position, session }))
}

pub(super) async fn override_finding(
    service: &Service,
    request: Request<pb::OverrideFindingRequest>,
) -> Reply<pb::OverrideFindingResponse> {
    let (context, request) = service.kit.receive(request)?;
    let id = session_id(&request.session_id)?;
    let command = read_fields!(request => Command::Override { rule, reason })?;
    let (position, session) = service.execute(&context, id, command).await?;
    Ok(render::shown(session, |session| pb::OverrideFindingResponse { position, session }))
}

pub(super) async fn admit(
    service: &Service,
    request: Request<pb::AdmitSessionRequest>,
) -> Reply<pb::AdmitSessionResponse> {
    let (context, request) = service.kit.receive(request)?;
    let id = session_id(&request.session_id)?;
    let (position, session) = service.execute(&context, id, Command::Admit).await?;
    Ok(render::shown(session, |session| pb::AdmitSessionResponse { position, session }))
}

pub(super) async fn return_to_requester(
    service: &Service,
    request: Request<pb::ReturnSessionRequest>,
) -> Reply<pb::ReturnSessionResponse> {
    let (context, request) = service.kit.receive(request)?;
    let id = session_id(&request.session_id)?;
    let command = read_fields!(request => Command::Return { reason })?;
    let (position, session) = service.execute(&context, id, command).await?;
    Ok(render::shown(session, |session| pb::ReturnSessionResponse { position, session }))
}

pub(super) async fn revise(
    service: &Service,
    request: Request<pb::ReviseSessionRequest>,
) -> Reply<pb::ReviseSessionResponse> {
    let (context, mut request) = service.kit.receive(request)?;
    let id = session_id(&request.session_id)?;
    number_by_place(&mut request.topics);
    let revision = Revision::read(request)?;
    let seed = derived_id(id, &[&context.command_id.to_string()]);
    let revised = service.kit.commit::<Session, _>(&context, id, |unit| {
        let (revision, default_calendar) = (revision.clone(), service.default_calendar.clone());
        Box::pin(async move {
            let before = unit.load::<Session>(id).await?;
            let filed = before.filed().ok_or_else(|| not_found("session"))?;
            let named = facts::attending("", revision.attendees.as_deref().unwrap_or_default());
            let topics = revision.topics(unit, &filed.outline, seed).await?;
            let command = revision.of(&filed.outline, topics);
            facts::must_be_allowed(unit, id, &command).await?;
            facts::decide_session(unit, id, &command, seed, &default_calendar).await?;
            facts::must_be_listed(unit, &named).await
        })
    });
    let (position, session) = service.answer(id, &revised.await?).await?;
    Ok(render::shown(session, |session| pb::ReviseSessionResponse { position, session }))
}

/// What is to change in a request.
#[derive(Clone)]
struct Revision {
    title: Option<Line>,
    purpose: Option<Text>,
    topics: Option<Vec<Topic>>,
    unlabelled: BTreeSet<u32>,
    attendees: Option<Vec<Attendee>>,
    duration_minutes: Option<u32>,
    earliest_start_at: Option<Timestamp>,
    equipment: Option<Vec<Line>>,
}

impl Revision {
    fn read(request: pb::ReviseSessionRequest) -> Result<Revision, Invalid> {
        let unlabelled = relabelling::unlabelled(&request.topics);
        let topics = Some(request.topics).filter(|topics| !topics.is_empty());
        let attendees = Some(request.attendees).filter(|attendees| !attendees.is_empty());
        if request.without_equipment && !request.equipment.is_empty() {
            return Err(Invalid::field("equipment", "must be empty, as without_equipment is set"));
        }
        let equipment = Some(request.equipment).filter(|all| request.without_equipment || !all.is_empty());
        Ok(Revision {
            title: read("title", request.title)?,
            purpose: read("purpose", request.purpose)?,
            topics: read("topics", topics)?,
            unlabelled,
            attendees: read("attendees", attendees)?,
            duration_minutes: request.duration_minutes,
            earliest_start_at: read("earliest_start_at", request.earliest_start_at)?,
            equipment: read("equipment", equipment)?,
        })
    }

    /// The topics, each with its matter and its label.
    async fn topics(
        &self,
        unit: &mut UnitOfWork,
        outline: &Outline,
        seed: Uuid,
    ) -> Result<Vec<Topic>, CommandError> {
        let mut topics = self.topics.clone().unwrap_or_else(|| outline.topics.clone());
        name_matters(&mut topics, &outline.topics, seed);
        relabelling::keep_labels(unit, &mut topics, &self.unlabelled, &outline.topics).await?;
        Ok(topics)
    }

    /// The command that changes this outline.
    fn of(self, outline: &Outline, topics: Vec<Topic>) -> Command {
        Command::Revise {
            title: self.title,
            purpose: self.purpose,
            topics,
            attendees: self.attendees.unwrap_or_else(|| outline.attendees.clone()),
            duration_minutes: self.duration_minutes.unwrap_or(outline.duration_minutes),
            earliest_start_at: self.earliest_start_at.unwrap_or(outline.earliest_start_at),
            equipment: self.equipment.unwrap_or_else(|| outline.equipment.clone()),
        }
    }
}

pub(super) async fn convert_to_countersign(
    service: &Service,
    request: Request<pb::ConvertToCountersignRequest>,
) -> Reply<pb::ConvertToCountersignResponse> {
    let (context, request) = service.kit.receive(request)?;
    let id = session_id(&request.session_id)?;
    let sign_by: Timestamp = read("sign_by", request.sign_by)?;
    let reason: Text = read("reason", request.reason)?;
    let convert =
        move |constitution| Command::ConvertToCountersign { sign_by, reason: reason.clone(), constitution };
    let (position, session) = service.execute_constituted(&context, id, convert).await?;
    Ok(render::shown(session, |session| pb::ConvertToCountersignResponse { position, session }))
}

/// The other half of a merger: the session that remains takes on the topics, and the matters move with them. Neither
/// counts until that one is admitted again.
async fn absorb(
    unit: &mut UnitOfWork,
    (from, filed): (Uuid, &Filed),
    (into, target): (Uuid, &Filed),
) -> Result<(), CommandError> {
    let absorb = Command::Absorb { from, outline: filed.outline.clone() };
    unit.decide::<Session>(into, absorb.clone()).await?;
    facts::polling::decide_poll(unit, into, &absorb).await?;
    for (matter, command) in move_matters(from, into, filed, target) {
        unit.decide::<Matter>(matter, command).await?;
    }
    let leave = quota::Command::Leave { sessions: vec![from, into] };
    unit.decide::<Quota>(Quota::id(&filed.outline.body), leave).await
}

pub(super) async fn merge(
    service: &Service,
    request: Request<pb::MergeSessionRequest>,
) -> Reply<pb::MergeSessionResponse> {
    let (context, request) = service.kit.receive(request)?;
    let session = session_id(&request.session_id)?;
    let other: Uuid = read("into_session_id", request.into_session_id.clone())?;
    let command = read_fields!(request => Command::Merge { into_session_id: into, reason; session })?;
    let merged = service.kit.commit::<Session, _>(&context, session, |unit| {
        let command = command.clone();
        Box::pin(async move {
            facts::must_be_allowed(unit, session, &command).await?;
            unit.decide::<Session>(session, command.clone()).await?;
            // Loaded after the decision: if the session has changed meanwhile, the commit fails on its stream.
            let before = unit.load::<Session>(session).await?;
            facts::decide_emergency(unit, facts::Aim::Write, session, &before, &command).await?;
            facts::polling::decide_poll(unit, session, &command).await?;
            match (before.filed(), unit.load::<Session>(other).await?.filed()) {
                (_, None) => Err(not_found("session to merge into")),
                (Some(filed), Some(target)) if filed.merged_into() != Some(other) => {
                    absorb(unit, (session, filed), (other, target)).await
                }
                _ => Ok(()),
            }
        })
    });
    let (position, session) = service.answer(session, &merged.await?).await?;
    Ok(render::shown(session, |session| pb::MergeSessionResponse { position, session }))
}
