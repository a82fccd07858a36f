//! Timetables: planned from what the view knows, and adopted by the rules that hold for each session.

use super::{Reply, Service, not_found};
use crate::facts::{self, adoption};
use crate::views;
use domain::aggregate::derived_id;
use domain::calendar::WorkingCalendar;
use domain::scheduling::body::{Body, Version};
use domain::scheduling::quota::{Quota, quarter};
use domain::scheduling::session::Session;
use domain::scheduling::slots::{Setting, WINDOW_DAYS_MAX};
use domain::scheduling::timetable::{
    self, Command, Entry, Known, Left, Planned, Proposal, Quarter, Rejection, STEPS_DEFAULT, STEPS_MAX,
    Timetable,
};
use domain::scheduling::travel::Travel;
use domain::{Actor, Aggregate as _, Code, Date, Issued, Line, Text, Timestamp, Uuid};
use jiff::SignedDuration;
use proto::scheduling::v1 as pb;
use proto::{Invalid, Wire as _, read_fields};
use service_kit::handle::Executed;
use service_kit::serve::{check_window, read};
use service_kit::{CommandContext, CommandError, Scope};
use std::collections::{BTreeMap, BTreeSet};
use tonic::{Request, Response, Status};

/// Bodies whose sessions are planned at once, at most.
const BODIES_MAX: usize = 10;
/// The seed of a search when nobody says which.
const SEED_DEFAULT: u64 = 1;

pub(super) async fn propose(
    service: &Service,
    request: Request<pb::ProposeTimetableRequest>,
) -> Reply<pb::ProposeTimetableResponse> {
    let (context, request) = service.kit.receive(request)?;
    let now = service.kit.clock().now();
    let asked = Asked::read(request, now)?;
    let place = service.planning.take(&context.actor)?;
    let issued = Issued { at: now, by: context.actor.clone() };
    let bodies = service.bodies_of(&asked.bodies, &issued).await?;
    let (ids, quarter) = service.quarter(&context.actor, &asked, &bodies, now).await?;
    let pinned_unknown = asked.pinned.iter().find(|id| !ids.contains(id));
    if let Some(session_id) = pinned_unknown {
        return Err(refused(Rejection::NotInTheTimetable { session_id: *session_id }).into());
    }
    let (seed, steps) = (asked.seed, asked.steps);
    let planning = service.kit.tasks().spawn_blocking(move || timetable::plan(&quarter, seed, steps));
    let entries: Vec<Entry> =
        planning.await.map_err(|ended| Status::internal(ended.to_string()))?.map_err(refused)?;
    drop(place);
    let proposal = asked.proposal().planned(&entries);
    let id = context.new_id(Timetable::CATEGORY);
    let done = service.kit.commit::<Timetable, _>(&context, id, |unit| {
        let proposal = proposal.clone();
        Box::pin(async move {
            adoption::must_be_the_secretariat(unit, &proposal.bodies).await?;
            unit.decide::<Timetable>(id, Command::Propose(proposal)).await
        })
    });
    let done = done.await?;
    let timetable = service.timetable(&done.scope, id, done.state().known()).await?;
    Ok(Response::new(pb::ProposeTimetableResponse { position: done.position, timetable }))
}

fn refused(rejection: Rejection) -> CommandError {
    CommandError::rejected::<Timetable>(rejection)
}

/// What somebody wants planned.
struct Asked {
    title: Line,
    bodies: Vec<Code>,
    from_at: Timestamp,
    until_at: Timestamp,
    pinned: BTreeSet<Uuid>,
    seed: u64,
    steps: u64,
}

impl Asked {
    fn read(request: pb::ProposeTimetableRequest, now: Timestamp) -> Result<Asked, Invalid> {
        let bodies: Vec<Code> = read("body_codes", request.body_codes)?;
        if bodies.is_empty() || bodies.len() > BODIES_MAX {
            return Err(Invalid::field("body_codes", format!("must have from 1 to {BODIES_MAX} entries")));
        }
        let earliest: Option<Timestamp> = read("earliest_start_at", request.earliest_start_at)?;
        let latest: Option<Timestamp> = read("latest_start_at", request.latest_start_at)?;
        let longest = SignedDuration::from_hours(24 * WINDOW_DAYS_MAX);
        let from_at = earliest.unwrap_or(now).max(now);
        let until_at = latest.unwrap_or_else(|| from_at.checked_add(longest).unwrap_or(Timestamp::MAX));
        check_window("latest_start_at", from_at, until_at, WINDOW_DAYS_MAX)?;
        let steps = request.steps.unwrap_or(STEPS_DEFAULT);
        if steps > STEPS_MAX {
            return Err(Invalid::field("steps", format!("must be at most {STEPS_MAX}")));
        }
        let pinned: Vec<Uuid> = read("pinned_session_ids", request.pinned_session_ids)?;
        Ok(Asked {
            title: read("title", request.title)?,
            bodies: bodies.into_iter().collect::<BTreeSet<_>>().into_iter().collect(),
            from_at,
            until_at,
            pinned: pinned.into_iter().collect(),
            seed: request.seed.unwrap_or(SEED_DEFAULT),
            steps,
        })
    }

    fn proposal(self) -> Proposal {
        Proposal {
            title: self.title,
            bodies: self.bodies,
            from_at: self.from_at,
            until_at: self.until_at,
            seed: self.seed,
            steps: self.steps,
            rows: vec![],
            costliest: None,
        }
    }
}

impl Service {
    /// These bodies as they are now. Refused when whoever asks is not of the secretariat of each.
    async fn bodies_of(&self, codes: &[Code], issued: &Issued) -> Result<Vec<Version>, CommandError> {
        let mut bodies = Vec::new();
        for code in codes {
            let body = self.kit.load::<Body>(Body::id(code)).await?;
            let unknown = || refused(Rejection::UnknownBody { body_code: code.clone() });
            let version = body.version().ok_or_else(unknown)?;
            timetable::check(version, issued).map_err(refused)?;
            bodies.push(version.clone());
        }
        Ok(bodies)
    }

    /// What there is to be planned for these bodies, and the ids of the sessions.
    async fn quarter(
        &self,
        planner: &Actor,
        asked: &Asked,
        bodies: &[Version],
        now: Timestamp,
    ) -> Result<(BTreeSet<Uuid>, Quarter), Status> {
        let scope = self.kit.scope_of(planner).await?;
        let committed = *self.kit.journal().committed().borrow();
        let window = (asked.from_at, asked.until_at);
        let wanted = views::to_be_planned(&asked.bodies, window);
        let (ids, _) = self.view.query(scope.clone(), committed, wanted).await?;
        let ids: BTreeSet<Uuid> = ids.into_iter().collect();
        let calendar = self.realm_calendar().await?;
        let (mut sessions, mut places) = (Vec::new(), BTreeMap::new());
        for version in bodies {
            self.plan_for(asked, version, &ids, &calendar, now, (&mut sessions, &mut places)).await?;
        }
        let longest = sessions.iter().map(|planned: &Planned| planned.wanted.duration_minutes).max();
        let length = SignedDuration::from_mins(i64::from(longest.unwrap_or(0)));
        let until_at = asked.until_at.checked_add(length).unwrap_or(Timestamp::MAX);
        let travel = self.kit.load::<Travel>(Travel::realm_id()).await?.distances();
        let attending = sessions.iter().flat_map(|planned: &Planned| planned.wanted.departments());
        let (others, departments) = (ids.iter().copied().collect(), attending.cloned().collect());
        let query = views::diaries(others, departments, (asked.from_at, until_at), now, travel);
        let (diaries, _) = self.view.query(scope, committed, query).await?;
        Ok((ids, Quarter { sessions, diaries, places, calendar }))
    }

    /// Adds the sessions of a body, and the places that it has for them.
    async fn plan_for(
        &self,
        asked: &Asked,
        version: &Version,
        ids: &BTreeSet<Uuid>,
        calendar: &WorkingCalendar,
        now: Timestamp,
        (sessions, places): (&mut Vec<Planned>, &mut BTreeMap<(Code, Date), u32>),
    ) -> Result<(), CommandError> {
        let rules = &version.charter.meeting_rules;
        let counted = self.kit.load::<Quota>(Quota::id(&version.body)).await?;
        let others = counted.clone().without(ids);
        let mut quarters =
            BTreeSet::from([quarter(calendar, asked.from_at), quarter(calendar, asked.until_at)]);
        for id in ids {
            let state = self.kit.load::<Session>(*id).await?;
            let Some(filed) = state.filed().filter(|filed| filed.outline.body == version.body) else {
                continue;
            };
            let constitution = facts::constitution_when_held(version, filed, calendar, now);
            let setting =
                Setting { session: *id, constitution: &constitution, rules, counted: &others, calendar, now };
            let counted_in = counted.quarter_of(*id);
            quarters.extend(counted_in);
            let (window, is_pinned) = ((asked.from_at, asked.until_at), asked.pinned.contains(id));
            // What has been convened or taken off meanwhile is not planned.
            if let Ok(planned) = Planned::of(filed, &setting, window, is_pinned, counted_in) {
                sessions.push(planned);
            }
        }
        if let Some(limit) = rules.sessions_per_quarter_max {
            // A window of 92 days may reach over a quarter.
            let middle =
                asked.from_at.checked_add(SignedDuration::from_hours(24 * 46)).unwrap_or(asked.from_at);
            quarters.insert(quarter(calendar, middle));
            for quarter_on in quarters {
                let left = limit.saturating_sub(others.others(Uuid::nil(), quarter_on));
                places.insert((version.body.clone(), quarter_on), left);
            }
        }
        Ok(())
    }

    /// A timetable as somebody sees it.
    async fn timetable(
        &self,
        scope: &Scope,
        id: Uuid,
        known: Option<&Known>,
    ) -> Result<Option<pb::Timetable>, CommandError> {
        let Some(known) = known else { return Ok(None) };
        let mut sessions = Vec::new();
        for row in &known.proposal.rows {
            let shown = self.kit.show::<Session>(scope, row.session).await?;
            let title = shown.filed().map(|filed| filed.outline.title.to_string()).unwrap_or_default();
            sessions.push(pb::TimetableSession {
                session_id: row.session.to_string(),
                title,
                announced: row.announced.to_wire(),
                slot: row.slot.to_wire(),
                pinned: row.is_pinned,
                adopted: known.adopted.contains(&row.session),
                before: row.before.to_wire(),
                after: row.after.to_wire(),
                obstacles: row.obstacles.to_wire(),
            });
        }
        Ok(Some(rendered(id, known, sessions)))
    }
}

fn rendered(id: Uuid, known: &Known, sessions: Vec<pb::TimetableSession>) -> pb::Timetable {
    let proposal = &known.proposal;
    let mut terms: BTreeMap<i32, (u64, u64)> = BTreeMap::new();
    for row in &proposal.rows {
        for share in &row.before {
            terms.entry(share.reason.to_wire()).or_default().0 += u64::from(share.price);
        }
        for share in &row.after {
            terms.entry(share.reason.to_wire()).or_default().1 += u64::from(share.price);
        }
    }
    let terms: Vec<pb::TimetableTerm> = terms
        .into_iter()
        .map(|(reason, (before, after))| pb::TimetableTerm { reason, before, after })
        .collect();
    pb::Timetable {
        timetable_id: id.to_string(),
        title: proposal.title.to_wire(),
        stage: known.stage().to_wire(),
        body_codes: proposal.bodies.to_wire(),
        proposer_code: known.proposer.to_wire(),
        earliest_start_at: proposal.from_at.to_wire(),
        latest_start_at: proposal.until_at.to_wire(),
        seed: proposal.seed,
        steps: proposal.steps,
        sessions,
        price_before: terms.iter().map(|term| term.before).sum(),
        price_after: terms.iter().map(|term| term.after).sum(),
        terms,
        costliest: proposal.costliest.to_wire(),
        refused: known.left.to_wire(),
        reason: known.withdrawn.to_wire(),
    }
}

pub(super) async fn adopt(
    service: &Service,
    request: Request<pb::AdoptTimetableRequest>,
) -> Reply<pb::AdoptTimetableResponse> {
    let (context, request) = service.kit.receive(request)?;
    let id: Uuid = read("timetable_id", request.timetable_id)?;
    let chosen: Vec<Uuid> = read("session_ids", request.session_ids)?;
    let together = service.adopt_together(&context, id, &chosen).await;
    let done = match together {
        Err(refusal) if refusal.is_refusal() && request.as_far_as_possible => {
            service.adopt_apart(&context, id, &chosen).await?
        }
        Err(refusal) => return Err(service.told_of(&context, id, refusal).await.into()),
        Ok(done) => done,
    };
    let timetable = service.timetable(&done.scope, id, done.state().known()).await?;
    Ok(Response::new(pb::AdoptTimetableResponse { position: done.position, timetable }))
}

impl Service {
    /// A refusal to adopt.
    async fn told_of(&self, context: &CommandContext, id: Uuid, refusal: CommandError) -> CommandError {
        let Ok(state) = self.kit.load::<Timetable>(id).await else { return refusal };
        let rows = state.known().into_iter().flat_map(|known| &known.proposal.rows);
        let sessions: Vec<Uuid> = rows.map(|row| row.session).collect();
        self.told(context, &sessions, refusal).await
    }

    /// Gives all chosen sessions what is proposed, in one commit.
    async fn adopt_together(
        &self,
        context: &CommandContext,
        id: Uuid,
        chosen: &[Uuid],
    ) -> Result<Executed<Timetable>, CommandError> {
        self.kit
            .commit::<Timetable, _>(context, id, |unit| {
                let (chosen, default_calendar) = (chosen.to_vec(), self.default_calendar.clone());
                Box::pin(async move { adoption::adopt(unit, id, &chosen, &default_calendar).await })
            })
            .await
    }

    /// Gives each session what can still be booked, and notes the others.
    async fn adopt_apart(
        &self,
        context: &CommandContext,
        id: Uuid,
        chosen: &[Uuid],
    ) -> Result<Executed<Timetable>, CommandError> {
        let scope = self.kit.scope_of(&context.actor).await?;
        let state = self.kit.show::<Timetable>(&scope, id).await?;
        let known = state.known().ok_or_else(|| refused(Rejection::NotFound { what: "timetable" }))?;
        // Before anything is given: a refusal of what comes last would come too late.
        known.must_be_open("adopted").map_err(refused)?;
        let issued = Issued { at: self.kit.clock().now(), by: context.actor.clone() };
        self.bodies_of(&known.proposal.bodies, &issued).await?;
        let (mut sessions, mut left) = (Vec::new(), Vec::new());
        for row in known.open(chosen).map_err(refused)? {
            let session = row.session;
            let own_id = derived_id(context.command_id, &[&session.to_string()]);
            let own = CommandContext { command_id: own_id, expected_position: None, ..context.clone() };
            let given = self.kit.commit::<Session, _>(&own, session, |unit| {
                let (row, title) = (row.clone(), known.proposal.title.clone());
                let default_calendar = self.default_calendar.clone();
                Box::pin(async move { adoption::give(unit, &row, &title, &default_calendar).await })
            });
            let given = match given.await {
                Ok(_) => Ok(()),
                Err(refusal) => Err(self.told(&own, &[session], refusal).await),
            };
            match given {
                Ok(()) => sessions.push(session),
                Err(CommandError::Rejected { reason, message, .. }) => {
                    let reason = Line::parse(reason).map_err(|fault| Invalid::value(fault.to_string()))?;
                    let message = Text::parse(&message).map_err(|fault| Invalid::value(fault.to_string()))?;
                    left.push(Left { session, reason, message });
                }
                Err(error) => return Err(error),
            }
        }
        let bodies = known.proposal.bodies.clone();
        self.kit
            .commit::<Timetable, _>(context, id, |unit| {
                let (bodies, command) =
                    (bodies.clone(), Command::Adopt { sessions: sessions.clone(), left: left.clone() });
                Box::pin(async move {
                    adoption::must_be_the_secretariat(unit, &bodies).await?;
                    unit.decide::<Timetable>(id, command).await
                })
            })
            .await
    }
}

pub(super) async fn withdraw(
    service: &Service,
    request: Request<pb::WithdrawTimetableRequest>,
) -> Reply<pb::WithdrawTimetableResponse> {
    let (context, request) = service.kit.receive(request)?;
    let id: Uuid = read("timetable_id", request.timetable_id.clone())?;
    let command = read_fields!(request => Command::Withdraw { reason })?;
    let done = service.kit.commit::<Timetable, _>(&context, id, |unit| {
        let command = command.clone();
        Box::pin(async move {
            let state = unit.load::<Timetable>(id).await?;
            if let Some(known) = state.known() {
                adoption::must_be_the_secretariat(unit, &known.proposal.bodies).await?;
            }
            unit.decide::<Timetable>(id, command).await
        })
    });
    let done = done.await?;
    let timetable = service.timetable(&done.scope, id, done.state().known()).await?;
    Ok(Response::new(pb::WithdrawTimetableResponse { position: done.position, timetable }))
}

pub(super) async fn get(
    service: &Service,
    request: Request<pb::GetTimetableRequest>,
) -> Reply<pb::GetTimetableResponse> {
    let scope = service.kit.scope(&request).await?;
    let request = request.into_inner();
    let id: Uuid = read("timetable_id", request.timetable_id)?;
    let position = service.view.wait_until_caught_up(request.at_least_position).await?;
    let state = service.kit.show::<Timetable>(&scope, id).await?;
    let timetable = service.timetable(&scope, id, state.known()).await?;
    let timetable = timetable.ok_or_else(|| not_found("timetable"))?;
    Ok(Response::new(pb::GetTimetableResponse { timetable: Some(timetable), position }))
}

pub(super) async fn list(
    service: &Service,
    request: Request<pb::ListTimetablesRequest>,
) -> Reply<pb::ListTimetablesResponse> {
    let scope = service.kit.scope(&request).await?;
    let request = request.into_inner();
    let query = views::timetables(&request)?;
    let (page, position) = service.view.query(scope, request.at_least_position, query).await?;
    Ok(Response::new(pb::ListTimetablesResponse {
        timetables: page.rows,
        next_page_token: page.next_page_token,
        position,
    }))
}
