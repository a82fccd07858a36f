//! Polls: which of several times suit the departments that attend a session.

use super::{Reply, Service, not_found, render, session_id};
use crate::facts::{self, polling};
use crate::views;
use domain::directory::calendar::Calendar;
use domain::scheduling::body::Body;
use domain::scheduling::poll::{ALL_TIMES_MAX, Asked, Command, Poll, Start, State, TIMES_MAX, TimeAnswer};
use domain::scheduling::session::{Filed, Session, Slot};
use domain::scheduling::slots::quorum;
use domain::{Code, Text, Timestamp, Uuid};
use proto::scheduling::v1 as pb;
use proto::{Invalid, read_fields};
use service_kit::handle::Executed;
use service_kit::serve::read;
use service_kit::{CommandContext, CommandError, Position, Scope};
use tonic::{Request, Response};

impl Service {
    /// Carries out a command on the poll of a session, if its body allows it.
    async fn poll(
        &self,
        context: &CommandContext,
        id: Uuid,
        command: Command,
    ) -> Result<(Position, Option<pb::Poll>), CommandError> {
        let decided = self.kit.commit::<Poll, _>(context, id, |unit| {
            let command = command.clone();
            Box::pin(async move {
                polling::must_be_allowed(unit, id, &command).await?;
                unit.decide::<Poll>(id, command).await
            })
        });
        self.poll_after(&decided.await?, id).await
    }

    /// What a command on a poll came to that names times; a refusal of a room names those that would do.
    async fn polled(
        &self,
        context: &CommandContext,
        id: Uuid,
        decided: impl Future<Output = Result<Executed<Poll>, CommandError>>,
    ) -> Result<Executed<Poll>, CommandError> {
        match decided.await {
            Err(refused) => Err(self.told(context, &[id], refused).await),
            done => done,
        }
    }

    async fn poll_after(
        &self,
        done: &Executed<Poll>,
        id: Uuid,
    ) -> Result<(Position, Option<pb::Poll>), CommandError> {
        Ok((done.position, self.poll_shown(&done.scope, id, done.state()).await?))
    }

    /// A poll as somebody sees it, with the quorum that its session needs.
    async fn poll_shown(
        &self,
        scope: &Scope,
        id: Uuid,
        state: &State,
    ) -> Result<Option<pb::Poll>, CommandError> {
        let Some(known) = state.known() else { return Ok(None) };
        let session = self.kit.show::<Session>(scope, id).await?;
        let Some(filed) = session.filed() else { return Ok(None) };
        let needed = self.quorum_of(filed).await?;
        let unseen = filed.departments_hidden_from(|audience| scope.covers(audience));
        Ok(Some(render::poll::of(id, &known.without(&unseen), needed)))
    }

    pub(super) async fn quorum_of(&self, filed: &Filed) -> Result<u32, CommandError> {
        let body = self.kit.load::<Body>(Body::id(&filed.outline.body)).await?;
        let defined = self.kit.load::<Calendar>(Calendar::realm_id()).await?;
        let calendar = defined.in_force(&self.default_calendar);
        let now = self.kit.clock().now();
        let needed = |version| quorum(&facts::constitution_when_held(version, filed, calendar, now));
        Ok(body.version().map(needed).unwrap_or_default())
    }
}

pub(super) async fn open(
    service: &Service,
    request: Request<pb::OpenPollRequest>,
) -> Reply<pb::OpenPollResponse> {
    let (context, request) = service.kit.receive(request)?;
    let id = session_id(&request.session_id)?;
    let starts: Vec<Start> = read("times", request.times)?;
    let close_by: Timestamp = read("close_by", request.close_by)?;
    if starts.is_empty() {
        return Err(Invalid::field("times", format!("must have from 1 to {TIMES_MAX} entries")).into());
    }
    let done = service.kit.commit::<Poll, _>(&context, id, |unit| {
        let (starts, default_calendar) = (starts.clone(), service.default_calendar.clone());
        Box::pin(async move {
            let filed = polling::polled(unit, id).await?;
            let slots: Vec<Slot> =
                starts.into_iter().map(|start| polling::slot(&filed, start.room, start.starts_at)).collect();
            let command = Command::Open { asked: Asked::of(&filed), slots: slots.clone(), close_by };
            polling::must_be_allowed(unit, id, &command).await?;
            unit.decide::<Poll>(id, command).await?;
            for slot in &slots {
                polling::must_fit(unit, id, slot, &default_calendar).await?;
            }
            Ok(())
        })
    });
    let done = service.polled(&context, id, done).await?;
    let (position, poll) = service.poll_after(&done, id).await?;
    Ok(Response::new(pb::OpenPollResponse { position, poll }))
}

pub(super) async fn answer(
    service: &Service,
    request: Request<pb::AnswerPollRequest>,
) -> Reply<pb::AnswerPollResponse> {
    let (context, mut request) = service.kit.receive(request)?;
    let id = session_id(&request.session_id)?;
    let answers: Vec<TimeAnswer> = read("answers", std::mem::take(&mut request.answers))?;
    if answers.is_empty() {
        return Err(Invalid::field("answers", format!("must have from 1 to {ALL_TIMES_MAX} entries")).into());
    }
    let command = read_fields!(request => Command::Answer { department_code: department, comment; answers })?;
    let (position, poll) = service.poll(&context, id, command).await?;
    Ok(Response::new(pb::AnswerPollResponse { position, poll }))
}

pub(super) async fn propose(
    service: &Service,
    request: Request<pb::ProposeTimeRequest>,
) -> Reply<pb::ProposeTimeResponse> {
    let (context, request) = service.kit.receive(request)?;
    let id = session_id(&request.session_id)?;
    let department: Code = read("department_code", request.department_code)?;
    let room: Option<Code> = read("room_code", request.room_code)?;
    let starts_at: Timestamp = read("starts_at", request.starts_at)?;
    let reason: Text = read("reason", request.reason)?;
    let done = service.kit.commit::<Poll, _>(&context, id, |unit| {
        let (department, room, reason) = (department.clone(), room.clone(), reason.clone());
        let default_calendar = service.default_calendar.clone();
        Box::pin(async move {
            let filed = polling::polled(unit, id).await?;
            let state = unit.load::<Poll>(id).await?;
            let room = room.or_else(|| polling::usual_room(&filed, state.running()));
            let slot = polling::slot(&filed, room.ok_or_else(|| not_found("poll"))?, starts_at);
            let (begins, present) = (polling::begins(&filed, &slot), polling::present(&filed));
            let command = Command::Propose { begins, present, slot: slot.clone(), department, reason };
            polling::must_be_allowed(unit, id, &command).await?;
            unit.decide::<Poll>(id, command).await?;
            polling::must_fit(unit, id, &slot, &default_calendar).await
        })
    });
    let done = service.polled(&context, id, done).await?;
    let (position, poll) = service.poll_after(&done, id).await?;
    Ok(Response::new(pb::ProposeTimeResponse { position, poll }))
}

pub(super) async fn decline(
    service: &Service,
    request: Request<pb::DeclineTimeRequest>,
) -> Reply<pb::DeclineTimeResponse> {
    let (context, request) = service.kit.receive(request)?;
    let id = session_id(&request.session_id)?;
    let command = read_fields!(request => Command::Decline { time_number: number, reason })?;
    let (position, poll) = service.poll(&context, id, command).await?;
    Ok(Response::new(pb::DeclineTimeResponse { position, poll }))
}

pub(super) async fn adopt(
    service: &Service,
    request: Request<pb::AdoptTimeRequest>,
) -> Reply<pb::AdoptTimeResponse> {
    let (context, request) = service.kit.receive(request)?;
    let id = session_id(&request.session_id)?;
    let number = request.time_number;
    let reason: Option<Text> = read("reason", request.reason)?;
    let done = service.kit.commit::<Poll, _>(&context, id, |unit| {
        let (reason, default_calendar) = (reason.clone(), service.default_calendar.clone());
        Box::pin(async move {
            polling::must_be_allowed(unit, id, &Command::Adopt { number }).await?;
            polling::adopt(unit, id, number, reason.as_ref(), &default_calendar).await
        })
    });
    let done = service.polled(&context, id, done).await?;
    let (position, poll) = service.poll_after(&done, id).await?;
    let state = service.kit.show::<Session>(&done.scope, id).await?;
    let session = service.shown(&done.scope, id, &state).await?;
    Ok(render::shown(session, |session| pb::AdoptTimeResponse { position, poll, session }))
}

pub(super) async fn withdraw(
    service: &Service,
    request: Request<pb::WithdrawPollRequest>,
) -> Reply<pb::WithdrawPollResponse> {
    let (context, request) = service.kit.receive(request)?;
    let id = session_id(&request.session_id)?;
    let command = read_fields!(request => Command::Withdraw { reason })?;
    let (position, poll) = service.poll(&context, id, command).await?;
    Ok(Response::new(pb::WithdrawPollResponse { position, poll }))
}

pub(super) async fn get(
    service: &Service,
    request: Request<pb::GetPollRequest>,
) -> Reply<pb::GetPollResponse> {
    let scope = service.kit.scope(&request).await?;
    let request = request.into_inner();
    let id = session_id(&request.session_id)?;
    let position = service.view.wait_until_caught_up(request.at_least_position).await?;
    let state = service.kit.show::<Poll>(&scope, id).await?;
    let poll = service.poll_shown(&scope, id, &state).await?;
    let poll = Some(poll.ok_or_else(|| not_found("poll"))?);
    Ok(Response::new(pb::GetPollResponse { poll, position }))
}

pub(super) async fn list(
    service: &Service,
    request: Request<pb::ListPollsRequest>,
) -> Reply<pb::ListPollsResponse> {
    let scope = service.kit.scope(&request).await?;
    let request = request.into_inner();
    let query = views::polls(&request)?;
    let (page, position) = service.view.query(scope, request.at_least_position, query).await?;
    Ok(Response::new(pb::ListPollsResponse {
        polls: page.rows,
        next_page_token: page.next_page_token,
        position,
    }))
}
