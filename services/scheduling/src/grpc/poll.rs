//! Polls: which of several times suit the departments that attend a session.

use super::{Reply, Service, not_found, render, session_id};
use crate::facts::{self, polling};
use crate::views;
use domain::scheduling::body::Body;
use domain::scheduling::poll::{
    ALL_TIMES_MAX, Asked, Command, Known, Poll, ProposedTime, Start, State, TIMES_MAX, TimeAnswer, ranking,
};
use domain::scheduling::session::{Filed, Session, Slot};
use domain::scheduling::slots::{Busy, Penalty, missing, quorum};
use domain::{Actor, Code, Role, Text, Timestamp, Uuid};
use proto::scheduling::v1 as pb;
use proto::{Invalid, read_fields};
use service_kit::handle::Executed;
use service_kit::serve::{caller, read};
use service_kit::{CommandContext, CommandError, Position, Scope};
use std::collections::BTreeMap;
use tonic::{Request, Response, Status};

impl Service {
    /// Carries out a command on the poll of a session, if its body allows it.
    async fn poll(
        &self,
        context: &CommandContext,
        id: Uuid,
        command: Command,
    ) -> Result<(Position, Option<pb::Poll>), Status> {
        let decided = self.kit.commit::<Poll, _>(context, id, |unit| {
            let command = command.clone();
            Box::pin(async move {
                polling::must_be_allowed(unit, id, &command).await?;
                unit.decide::<Poll>(id, command).await
            })
        });
        self.poll_after(context, &decided.await?, id).await
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
        context: &CommandContext,
        done: &Executed<Poll>,
        id: Uuid,
    ) -> Result<(Position, Option<pb::Poll>), Status> {
        Ok((done.position, self.poll_shown(&context.actor, &done.scope, id, done.state()).await?))
    }

    /// A poll as somebody sees it, with the quorum that its session needs, and who is known to be busy at its times.
    async fn poll_shown(
        &self,
        reader: &Actor,
        scope: &Scope,
        id: Uuid,
        state: &State,
    ) -> Result<Option<pb::Poll>, Status> {
        let Some(known) = state.known() else { return Ok(None) };
        let session = self.kit.show::<Session>(scope, id).await?;
        let Some(filed) = session.filed() else { return Ok(None) };
        let quorum = self.quorum_of(filed).await?;
        let unseen = filed.departments_hidden_from(|audience| scope.covers(audience));
        let filed = &filed.seen_by(|audience| scope.covers(audience));
        let known = &known.without(&unseen);
        let mut busy = self.busy_at_times(scope, id, filed, known).await?;
        let ranking = ranking(known, quorum, |time| price(busy.get(&time.number)));
        if !sees_diaries(reader) {
            let is_own =
                |penalty: &Penalty| penalty.department.as_ref().is_some_and(|code| scope.is_of(code));
            busy.values_mut().for_each(|penalties| penalties.retain(is_own));
        }
        let mut poll = render::poll::of(id, known, quorum, &busy);
        for (rank, number) in (1..).zip(ranking) {
            poll.times
                .iter_mut()
                .filter(|time| time.time_number == number)
                .for_each(|time| time.rank = Some(rank));
        }
        Ok(Some(poll))
    }

    /// The departments that are known to be busy at each of the times that may be adopted, by the numbers of the times.
    async fn busy_at_times(
        &self,
        scope: &Scope,
        id: Uuid,
        filed: &Filed,
        known: &Known,
    ) -> Result<BTreeMap<u32, Vec<Penalty>>, Status> {
        let times = || known.open_times().filter(|_| known.is_running()).map(|time| &time.slot);
        let first = times().map(|slot| slot.starts_at).min();
        let last = times().map(|slot| slot.ends_at).max();
        let Some(between) = first.zip(last) else { return Ok(BTreeMap::new()) };
        let calendar = self.realm_calendar().await?;
        let wanted = match self.wanted(id, filed, &calendar, (None, None)).await {
            Ok(wanted) => wanted,
            // The session waits for no time any more.
            Err(CommandError::Rejected { .. }) => return Ok(BTreeMap::new()),
            Err(failed) => return Err(failed.into()),
        };
        let departments = wanted.departments().cloned().collect();
        let (diaries, _) = self.diaries(scope.clone(), id, departments, between, 0).await?;
        let missing = |time: &ProposedTime| {
            let Slot { starts_at, ends_at, .. } = time.slot;
            (time.number, missing(&wanted, &diaries, &Busy { starts_at, ends_at }))
        };
        Ok(known.open_times().map(missing).collect())
    }

    pub(super) async fn quorum_of(&self, filed: &Filed) -> Result<u32, CommandError> {
        let body = self.kit.load::<Body>(Body::id(&filed.outline.body)).await?;
        let calendar = self.realm_calendar().await?;
        let now = self.kit.clock().now();
        let needed = |version| quorum(&facts::constitution_when_held(version, filed, &calendar, now));
        Ok(body.version().map(needed).unwrap_or_default())
    }
}

/// Whether somebody sees whose diary says what: who only speaks for a department does not.
fn sees_diaries(reader: &Actor) -> bool {
    reader.roles.iter().any(|role| !matches!(role, Role::Delegate | Role::Security | Role::DataProtection))
}

fn price(penalties: Option<&Vec<Penalty>>) -> u32 {
    penalties.into_iter().flatten().map(|penalty| penalty.price).sum()
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
    let (position, poll) = service.poll_after(&context, &done, id).await?;
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
    let (position, poll) = service.poll_after(&context, &done, id).await?;
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
    let (position, poll) = service.poll_after(&context, &done, id).await?;
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
    let (reader, scope) = (caller(&request)?, service.kit.scope(&request).await?);
    let request = request.into_inner();
    let id = session_id(&request.session_id)?;
    let position = service.view.wait_until_caught_up(request.at_least_position).await?;
    let state = service.kit.show::<Poll>(&scope, id).await?;
    let poll = service.poll_shown(&reader, &scope, id, &state).await?;
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
