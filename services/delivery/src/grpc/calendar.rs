//! Calendar feeds: created, listed, revoked, and read by whoever knows their secret.

use super::{Reply, Service};
use crate::calendar::{self, Wanted};
use crate::limits::CONSOLE_URL_BYTES_MAX;
use crate::views::calendar as view;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use data_encoding::HEXLOWER;
use domain::delivery::calendar_feed::{CalendarFeed, Command, Rejection, State, Terms};
use domain::{Aggregate as _, Line, Uuid};
use proto::delivery::v1 as pb;
use proto::{Invalid, Wire as _};
use service_kit::CommandError;
use service_kit::serve::{caller, read};
use sha2::{Digest as _, Sha256};
use tonic::{Request, Response, Status};

/// The refusal of a feed that does not exist for whoever asks.
fn not_found() -> CommandError {
    CommandError::rejected::<CalendarFeed>(Rejection::NotFound { what: "calendar feed" })
}

/// What is kept of a secret.
fn digest(secret: &str) -> String {
    HEXLOWER.encode(&Sha256::digest(secret))
}

pub(super) async fn create(
    service: &Service,
    request: Request<pb::CreateCalendarFeedRequest>,
) -> Reply<pb::CreateCalendarFeedResponse> {
    let kit = &service.delivering.kit;
    let (context, request) = kit.receive(request)?;
    let terms: Terms = read("terms", request.terms)?;
    let scope = kit.scope_of(&context.actor).await?;
    let (others, _) = service.view.query(scope, 0, view::count_of(&context.actor.subject)).await?;
    let id = context.new_id(CalendarFeed::CATEGORY);
    let secret = URL_SAFE_NO_PAD.encode(service.delivering.key.of_calendar(id));
    let secret_sha256 = Line::parse(&digest(&secret)).map_err(|fault| Status::internal(fault.to_string()))?;
    let create = Command::Create { terms, secret_sha256, others };
    let done = kit.execute::<CalendarFeed>(&context, id, create).await?;
    let path = match done.position {
        0 => String::new(),
        _ => format!("/calendars/{secret}.ics"),
    };
    Ok(Response::new(pb::CreateCalendarFeedResponse {
        position: done.position,
        calendar_feed: shown(id, done.state()),
        path,
    }))
}

pub(super) async fn revoke(
    service: &Service,
    request: Request<pb::RevokeCalendarFeedRequest>,
) -> Reply<pb::RevokeCalendarFeedResponse> {
    let kit = &service.delivering.kit;
    let (context, request) = kit.receive(request)?;
    let id: Uuid = read("calendar_feed_id", request.calendar_feed_id)?;
    let done = kit.execute::<CalendarFeed>(&context, id, Command::Revoke).await?;
    Ok(Response::new(pb::RevokeCalendarFeedResponse {
        position: done.position,
        calendar_feed: shown(id, done.state()),
    }))
}

pub(super) async fn list(
    service: &Service,
    request: Request<pb::ListCalendarFeedsRequest>,
) -> Reply<pb::ListCalendarFeedsResponse> {
    let (actor, scope) = (caller(&request)?, service.delivering.kit.scope(&request).await?);
    let asked = request.into_inner();
    let (page, position) =
        service.view.query(scope, asked.at_least_position, view::feeds(&asked, &actor)?).await?;
    Ok(Response::new(pb::ListCalendarFeedsResponse {
        calendar_feeds: page.rows,
        next_page_token: page.next_page_token,
        position,
    }))
}

pub(super) async fn read_calendar(
    service: &Service,
    request: Request<pb::ReadCalendarFeedRequest>,
) -> Reply<pb::ReadCalendarFeedResponse> {
    let pb::ReadCalendarFeedRequest { secret, tasks, console_url } = request.into_inner();
    if console_url.len() > CONSOLE_URL_BYTES_MAX || console_url.contains(char::is_control) {
        let fault = format!("must be a URL of at most {CONSOLE_URL_BYTES_MAX} bytes");
        return Err(Invalid::field("console_url", fault).into());
    }
    let found = calendar::by_secret(&service.delivering, &service.view, digest(&secret)).await?;
    let known = found.ok_or_else(not_found)?;
    let wanted = Wanted { tasks, console_url };
    let icalendar = calendar::read(&service.delivering, &service.view, &known, wanted).await?;
    let etag = HEXLOWER.encode(&Sha256::digest(&icalendar)[..16]);
    Ok(Response::new(pb::ReadCalendarFeedResponse { icalendar, etag }))
}

fn shown(id: Uuid, state: &State) -> Option<pb::CalendarFeed> {
    let (owner, terms, is_revoked) = match state {
        State::Absent => return None,
        State::Created(known) => (&known.owner, Some(known.terms.to_wire()), false),
        State::Revoked { owner } => (owner, None, true),
    };
    let owner = Some(owner.to_wire());
    Some(pb::CalendarFeed { calendar_feed_id: id.to_string(), owner, terms, is_revoked })
}
