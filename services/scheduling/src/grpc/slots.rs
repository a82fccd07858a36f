//! Slots: when a session could take place.

use super::{Reply, Service, not_found, render, session_id};
use crate::{facts, views};
use domain::Timestamp;
use domain::directory::calendar::Calendar;
use domain::scheduling::body::Body;
use domain::scheduling::poll::Poll;
use domain::scheduling::quota::Quota;
use domain::scheduling::session::{Rejection, Session};
use domain::scheduling::slots::{
    AskedTime, Found, ObstacleRecord, Opening, Setting, Suggestion, WINDOW_DAYS_MAX, Wanted, find,
};
use domain::scheduling::travel::Travel;
use jiff::SignedDuration;
use proto::Wire as _;
use proto::scheduling::v1 as pb;
use service_kit::CommandError;
use service_kit::serve::{check_window, read};
use tonic::{Request, Response};

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
    let now = service.kit.clock().now();
    let state = service.kit.show::<Session>(&scope, id).await?;
    let filed = state.filed().ok_or_else(|| not_found("session"))?;
    let filed = &filed.seen_by(|audience| scope.covers(audience));
    let defined = service.kit.load::<Calendar>(Calendar::realm_id()).await?;
    let calendar = defined.in_force(&service.default_calendar).clone();
    let body = service.kit.load::<Body>(Body::id(&filed.outline.body)).await?;
    let unknown = || Rejection::UnknownBody { body_code: filed.outline.body.clone() };
    let version = body.version().ok_or_else(|| CommandError::rejected::<Session>(unknown()))?;
    let constitution = facts::constitution_when_held(version, filed, &calendar, now);
    let counted = service.kit.load::<Quota>(Quota::id(&filed.outline.body)).await?;
    let setting = Setting {
        session: id,
        constitution: &constitution,
        rules: &version.charter.meeting_rules,
        counted: &counted,
        calendar: &calendar,
        now,
    };
    let mut wanted =
        Wanted::of(filed, &setting, (earliest, latest)).map_err(CommandError::rejected::<Session>)?;
    let poll = service.kit.show::<Poll>(&scope, id).await?;
    wanted.asked = poll.running().map(AskedTime::all).unwrap_or_default();
    check_window("latest_start_at", wanted.from_at, wanted.until_at, WINDOW_DAYS_MAX)?;
    // What is taken when the last of the starts is over counts too.
    let length = SignedDuration::from_mins(i64::from(wanted.duration_minutes));
    let until_at = wanted.until_at.checked_add(length).unwrap_or(Timestamp::MAX);
    let travel = service.kit.load::<Travel>(Travel::realm_id()).await?.distances();
    let departments = wanted.departments().cloned().collect();
    let query = views::diaries(vec![id], departments, (wanted.from_at, until_at), now, travel);
    let (diaries, position) = service.view.query(scope, request.at_least_position, query).await?;
    let found = find(&wanted, &diaries, &calendar);
    let answer = answer(found, request.slots_max, position);
    Ok(Response::new(pb::FindSlotsResponse {
        person_minutes: filed.outline.person_minutes(),
        cost: filed.cost().map(render::money),
        ..answer
    }))
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
