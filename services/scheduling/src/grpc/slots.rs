//! Slots: when a session could take place.

use super::{Reply, Service, not_found, render, session_id};
use crate::{facts, views};
use domain::calendar::WorkingCalendar;
use domain::scheduling::body::Body;
use domain::scheduling::poll::Poll;
use domain::scheduling::quota::Quota;
use domain::scheduling::session::{Filed, Rejection, Session};
use domain::scheduling::slots::{
    AskedTime, Diaries, Found, ObstacleRecord, Opening, Setting, Suggestion, WINDOW_DAYS_MAX, Wanted, find,
};
use domain::scheduling::travel::Travel;
use domain::{Code, Timestamp, Uuid};
use jiff::SignedDuration;
use proto::Wire as _;
use proto::scheduling::v1 as pb;
use service_kit::serve::{check_window, read};
use service_kit::{CommandError, Scope};
use std::collections::BTreeSet;
use tonic::{Request, Response, Status};

/// Slots in an answer when the caller does not say how many.
const SLOTS_DEFAULT: u32 = 10;
/// Slots in an answer, at most.
const SLOTS_MAX: u32 = 100;

pub(super) async fn find_slots(
    service: &Service,
    request: Request<pb::FindSlotsRequest>,
) -> Reply<pb::FindSlotsResponse> {
    let scope = service.kit.scope(&request).await?;
    let request = request.into_inner();
    let id = session_id(&request.session_id)?;
    let earliest: Option<Timestamp> = read("earliest_start_at", request.earliest_start_at)?;
    let latest: Option<Timestamp> = read("latest_start_at", request.latest_start_at)?;
    service.view.wait_until_caught_up(request.at_least_position).await?;
    let state = service.kit.show::<Session>(&scope, id).await?;
    let filed = state.filed().ok_or_else(|| not_found("session"))?;
    let filed = &filed.seen_by(|audience| scope.covers(audience));
    let calendar = service.realm_calendar().await?;
    let mut wanted = service.wanted(id, filed, &calendar, (earliest, latest)).await?;
    let poll = service.kit.show::<Poll>(&scope, id).await?;
    wanted.asked = poll.running().map(AskedTime::all).unwrap_or_default();
    check_window("latest_start_at", wanted.from_at, wanted.until_at, WINDOW_DAYS_MAX)?;
    // What is taken when the last of the starts is over counts too.
    let length = SignedDuration::from_mins(i64::from(wanted.duration_minutes));
    let until_at = wanted.until_at.checked_add(length).unwrap_or(Timestamp::MAX);
    let departments = wanted.departments().cloned().collect();
    let between = (wanted.from_at, until_at);
    let diaries = service.diaries(scope, id, departments, between, request.at_least_position);
    let (diaries, position) = diaries.await?;
    let found = find(&wanted, &diaries, &calendar);
    let answer = answer(found, request.slots_max, position);
    Ok(Response::new(pb::FindSlotsResponse {
        person_minutes: filed.outline.person_minutes(),
        cost: filed.cost().map(render::money),
        ..answer
    }))
}

impl Service {
    /// What a session needs of a slot between these moments, by its body as it is now. What its departments answered is not in it.
    pub(super) async fn wanted(
        &self,
        id: Uuid,
        filed: &Filed,
        calendar: &WorkingCalendar,
        between: (Option<Timestamp>, Option<Timestamp>),
    ) -> Result<Wanted, CommandError> {
        let now = self.kit.clock().now();
        let body = self.kit.load::<Body>(Body::id(&filed.outline.body)).await?;
        let unknown = || Rejection::UnknownBody { body_code: filed.outline.body.clone() };
        let version = body.version().ok_or_else(|| CommandError::rejected::<Session>(unknown()))?;
        let constitution = facts::constitution_when_held(version, filed, calendar, now);
        let counted = self.kit.load::<Quota>(Quota::id(&filed.outline.body)).await?;
        let setting = Setting {
            session: id,
            constitution: &constitution,
            rules: &version.charter.meeting_rules,
            counted: &counted,
            calendar,
            now,
        };
        Wanted::of(filed, &setting, between).map_err(CommandError::rejected::<Session>)
    }

    /// Who is busy between these moments, apart from a session, with the position up to which that is known.
    pub(super) async fn diaries(
        &self,
        scope: Scope,
        other_than: Uuid,
        departments: BTreeSet<Code>,
        between: (Timestamp, Timestamp),
        at_least_position: u64,
    ) -> Result<(Diaries, u64), Status> {
        let travel = self.kit.load::<Travel>(Travel::realm_id()).await?.distances();
        let now = self.kit.clock().now();
        let query = views::diaries(vec![other_than], departments, between, now, travel);
        self.view.query(scope, at_least_position, query).await
    }
}

fn answer(found: Found, slots_max: u32, position: u64) -> pb::FindSlotsResponse {
    let max = if slots_max == 0 { SLOTS_DEFAULT } else { slots_max.min(SLOTS_MAX) };
    pb::FindSlotsResponse {
        start_count: u32::try_from(found.suggestions.len()).unwrap_or(u32::MAX),
        slots: found.suggestions.iter().take(max as usize).map(suggested).collect(),
        opening: found.opening.as_ref().map(opening),
        position,
        ..Default::default()
    }
}

fn suggested(suggestion: &Suggestion) -> pb::SuggestedSlot {
    pb::SuggestedSlot {
        slot: Some(suggestion.slot.to_wire()),
        price: suggestion.price(),
        penalties: suggestion.penalties.iter().map(|penalty| penalty.to_wire()).collect(),
    }
}

fn opening(opening: &Opening) -> pb::SlotOpening {
    pb::SlotOpening {
        slot: Some(opening.slot.to_wire()),
        obstacles: opening.obstacles.iter().map(|obstacle| ObstacleRecord::of(obstacle).to_wire()).collect(),
    }
}
