//! Emergencies: an alarm requests and convenes a session by a plan, and calls its departments.

use super::{Answer, Reply, Service, not_found, render, session_id};
use crate::facts::{self, Named};
use domain::scheduling::agenda::{matter_commands, name_matters};
use domain::scheduling::body::{Body, Version};
use domain::scheduling::diary::{Diary, alarm_commands};
use domain::scheduling::emergency::alarm::{self, Declared};
use domain::scheduling::emergency::{Command, Emergency};
use domain::scheduling::matter::Matter;
use domain::scheduling::quota::{self, Quota, quarter};
use domain::scheduling::session::{self, Declaration, Rejection, Session, State};
use domain::{Aggregate as _, Code, Uuid};
use proto::scheduling::v1 as pb;
use proto::{Invalid, read_fields};
use service_kit::serve::read;
use service_kit::{CommandError, UnitOfWork};
use tonic::Request;

pub(super) async fn raise(
    service: &Service,
    request: Request<pb::RaiseEmergencyRequest>,
) -> Reply<pb::RaiseEmergencyResponse> {
    let (context, request) = service.kit.receive(request)?;
    let id = context.new_id(Session::CATEGORY);
    let alarm = Wanted::read(request)?;
    let raised = service.kit.commit::<Session, _>(&context, id, |unit| {
        let (alarm, default_calendar) = (alarm.clone(), service.default_calendar.clone());
        Box::pin(async move {
            let body = unit.load::<Body>(Body::id(&alarm.body)).await?;
            let version = body.version().ok_or_else(|| refused(alarm.unknown_body()))?;
            let calendar = facts::calendar(unit, &default_calendar).await?;
            alarm.raise(unit, id, version, &calendar).await
        })
    });
    let (position, session) = service.answer(id, &raised.await?).await?;
    Ok(render::shown(session, |session| pb::RaiseEmergencyResponse { position, session }))
}

pub(super) async fn acknowledge(
    service: &Service,
    request: Request<pb::AcknowledgeEmergencyRequest>,
) -> Reply<pb::AcknowledgeEmergencyResponse> {
    let (context, request) = service.kit.receive(request)?;
    let id = session_id(&request.session_id)?;
    let command = read_fields!(request => Command::Acknowledge { department_code: department })?;
    let done = service.kit.execute::<Emergency>(&context, id, command).await?;
    let (position, session): Answer = service.answer_after(&done, id).await?;
    Ok(render::shown(session, |session| pb::AcknowledgeEmergencyResponse { position, session }))
}

fn refused(rejection: Rejection) -> CommandError {
    CommandError::rejected::<Session>(rejection)
}

/// The alarm that is to be raised.
#[derive(Clone)]
struct Wanted {
    body: Code,
    plan: Code,
    declared: Declared,
}

impl Wanted {
    fn read(request: pb::RaiseEmergencyRequest) -> Result<Wanted, Invalid> {
        let (reason, authority) = (request.reason, request.authority);
        Ok(Wanted {
            body: read("body_code", request.body_code)?,
            plan: read("plan_code", request.plan_code)?,
            declared: Declared {
                title: read("title", request.title)?,
                purpose: read("purpose", request.purpose)?,
                declaration: Declaration {
                    reason: read("reason", reason)?,
                    authority: read("authority", authority)?,
                },
                topics: read("topic_titles", request.topic_titles)?,
            },
        })
    }

    fn unknown_body(&self) -> Rejection {
        Rejection::UnknownBody { body_code: self.body.clone() }
    }

    /// The session, its matters, its place in the quarter and its emergency, all of them or none.
    async fn raise(
        &self,
        unit: &mut UnitOfWork,
        id: Uuid,
        version: &Version,
        calendar: &domain::calendar::WorkingCalendar,
    ) -> Result<(), CommandError> {
        let plan = version.charter.emergency_plan(&self.plan).ok_or_else(|| {
            refused(Rejection::UnknownPlan { body_code: self.body.clone(), plan_code: self.plan.clone() })
        })?;
        let issued = unit.issued().clone();
        let constitution =
            version.constitution(domain::decision_rule::MatterClass::Emergency, calendar.date_of(issued.at));
        let mut command =
            alarm::session_command(&self.declared, version, plan, constitution, calendar, issued.at);
        if let session::Command::Alarm { outline, .. } = &mut command {
            name_matters(&mut outline.topics, &[], id);
        }
        facts::must_be_allowed(unit, id, &command).await?;
        unit.decide::<Session>(id, command.clone()).await?;
        if let session::Command::Alarm { outline, .. } = &command {
            for (diary, command) in alarm_commands(id, outline, issued.at) {
                unit.decide::<Diary>(diary, command).await?;
            }
        }
        let requester = issued.by.department.as_ref();
        for (matter, command) in matter_commands(id, &State::default(), &command, id, requester) {
            unit.decide::<Matter>(matter, command).await?;
        }
        let quarter_on = quarter(calendar, issued.at);
        let enter = quota::Command::Enter { session: id, quarter_on, limit: None };
        unit.decide::<Quota>(Quota::id(&self.body), enter).await?;
        let call = alarm::emergency_command(&self.declared, version, plan, calendar, issued.at);
        unit.decide::<Emergency>(id, call).await?;
        let named: Vec<Named> =
            requester.map(|own| ("requester_code".to_owned(), own.clone())).into_iter().collect();
        facts::must_be_listed(unit, &named).await
    }
}

impl Service {
    /// The session of an emergency as whoever changed that one sees it.
    async fn answer_after(
        &self,
        done: &service_kit::handle::Executed<Emergency>,
        id: Uuid,
    ) -> Result<Answer, CommandError> {
        let state = self.kit.show::<Session>(&done.scope, id).await?;
        let filed = state.filed().ok_or_else(|| not_found("session"))?;
        let session = self.shown_with(&done.scope, id, filed, done.state()).await?;
        Ok((done.position, Some(session)))
    }
}
