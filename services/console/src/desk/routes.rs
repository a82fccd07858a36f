//! Which page is at which address.

use super::answer::{Failure, protect, see_other};
use super::kept::{self, Kept};
use super::limits::{FORM_BYTES_MAX, KEPT_FORM_BYTES_MAX};
use super::preferences::{self, Preferences};
use super::reader::Reader;
use super::session::{self, Session};
use super::{Asked, Desk, Query};
use super::{
    asset, board, calendars, chains, cookies, due, followed, indicators, item, items, matters, month,
    notices, proof, resolutions, scorecards, sessions, sign_in, sign_out, system, targets, timetables, today,
    week,
};
use crate::asker::{Stack, host_of};
use http::header::{CACHE_CONTROL, CONTENT_TYPE, ORIGIN, SET_COOKIE};
use http::{HeaderValue, Method, Request, Response};
use http_body_util::{BodyExt as _, Full, Limited};
use proto::ledger::v1::FollowEventsRequest;
use tonic::body::Body;

/// Whether a path is that of a page.
pub(crate) fn is_of_desk(path: &str) -> bool {
    let first = path.trim_start_matches('/').split('/').next().unwrap_or_default();
    const FIRST: [&str; 22] = [
        "changes",
        "today",
        "board",
        "due",
        "items",
        "sessions",
        "timetables",
        "week",
        "month",
        "resolutions",
        "matters",
        "chains",
        "scorecards",
        "indicators",
        "targets",
        "notices",
        "calendars",
        "proof",
        "system",
        "sign-in",
        "sign-out",
        "assets",
    ];
    path == "/" || FIRST.contains(&first)
}

/// Says to a browser that there is nothing at an address, which is of no page of ours and of nothing else.
pub(crate) fn nothing_there(request: &Request<Body>) -> Response<Body> {
    let here = request.uri().path_and_query().map_or("/today", |here| here.as_str());
    Failure::NotFound.page(Preferences::read(request.headers()), here)
}

/// Answers a request for a page.
pub(crate) async fn answer(desk: &Desk, stack: Stack, request: Request<Body>) -> Response<Body> {
    if let Some(asset) = asset::at(request.uri().path()) {
        return of_asset(asset);
    }
    let preferences = Preferences::read(request.headers());
    let here = request.uri().path_and_query().map_or("/today", |here| here.as_str()).to_owned();
    let (head, body) = request.into_parts();
    let body = match Limited::new(body, KEPT_FORM_BYTES_MAX).collect().await {
        Ok(body) => body.to_bytes(),
        Err(_) => return Failure::TooLarge.page(preferences, &here),
    };
    let (asked, is_brought_back) = kept::brought_back(desk, Asked { head, body });
    if asked.body.len() > FORM_BYTES_MAX && asked.head.uri.path() != "/sign-in" {
        return Failure::TooLarge.page(preferences, &here);
    }
    if asked.head.method == Method::GET
        && let Some((path, kept)) = preferences::chosen(&asked, desk.https)
    {
        let mut response = see_other(&path);
        for cookie in kept {
            response.headers_mut().append(SET_COOKIE, cookie);
        }
        return response;
    }
    let answered = match is_from_elsewhere(&asked) {
        true => Err(Failure::Forged),
        false => page(desk, stack, &asked, preferences, is_brought_back).await,
    };
    answered.unwrap_or_else(|failure| match (&failure, Kept::of(&asked)) {
        (Failure::SignIn, Some(kept)) => sign_in::again(desk, &asked, preferences, &kept),
        _ => failure.page(preferences, &here),
    })
}

async fn page(
    desk: &Desk,
    stack: Stack,
    asked: &Asked,
    preferences: Preferences,
    is_brought_back: bool,
) -> Result<Response<Body>, Failure> {
    let path: Vec<&str> = asked.head.uri.path().split('/').filter(|part| !part.is_empty()).collect();
    match (&asked.head.method, path.as_slice()) {
        (&Method::GET, []) => return Ok(see_other("/today")),
        (&Method::GET, ["sign-in"]) => return Ok(sign_in::page(desk, asked, preferences)),
        (&Method::POST, ["sign-in"]) => return sign_in::sign_in(desk, stack, asked, preferences).await,
        (&Method::GET, ["sign-in", "at"]) => return sign_in::at_provider(desk, asked, preferences).await,
        (&Method::GET, ["sign-in", "done"]) => return Ok(sign_in::done(preferences)),
        (&Method::GET, ["sign-in", "back"]) => return sign_in::back(desk, stack, asked, preferences).await,
        (&Method::POST, ["sign-out", "by-provider"]) => return Ok(sign_out::by_provider(stack, asked).await),
        _ => {}
    }
    let now = session::now();
    let cookie = cookies::sent(&asked.head.headers, cookies::session_name(desk.https));
    let session = cookie.and_then(|cookie| desk.sealer.open::<Session>(cookie));
    let session = match session.filter(|session| session.lasts(now)) {
        Some(session) => session,
        None => sign_in::of_program(stack.clone(), asked, preferences).await.ok_or(Failure::SignIn)?,
    };
    if sign_out::has_ended(stack.clone(), asked, &session).await? {
        return Err(Failure::SignIn);
    }
    let renewed = session.renewed(now);
    let mut reader = Reader::new(stack, asked.head.extensions.clone(), session, preferences);
    if asked.head.method == Method::POST && (is_brought_back || !has_form_token(asked, &reader)) {
        // What a page of an earlier session sends is looked at again, too; a browser says whether it is from a page of ours.
        let is_from_here = asked.head.headers.contains_key(ORIGIN) && path != ["sign-out"];
        if !is_brought_back && !is_from_here {
            return Err(Failure::Forged);
        }
        reader.hold_back();
    }
    let mut response = signed_in(desk, &reader, asked, &path).await?;
    // What signs out has set a cookie itself.
    if let Some(renewed) = renewed
        && path != ["sign-out"]
    {
        response.headers_mut().append(SET_COOKIE, session_cookie(desk, &renewed));
    }
    Ok(response)
}

async fn signed_in(
    desk: &Desk,
    reader: &Reader,
    asked: &Asked,
    path: &[&str],
) -> Result<Response<Body>, Failure> {
    match (&asked.head.method, path) {
        (&Method::GET, ["today"]) => today::page(desk, reader, asked).await,
        (&Method::GET, ["board"]) => board::page(desk, reader, asked).await,
        (&Method::GET, ["due"]) => due::page(desk, reader, asked).await,
        (&Method::GET, ["items"]) => items::page(desk, reader, asked).await,
        (&Method::POST, ["items"]) => items::act(desk, reader, asked).await,
        (&Method::GET, ["items", id]) => item::page(desk, reader, asked, id).await,
        (&Method::GET, ["items", id, "evidence", sha256]) => item::evidence(reader, id, sha256).await,
        (&Method::POST, ["items", id]) => item::act(desk, reader, asked, id).await,
        (&Method::GET, ["sessions"]) => sessions::list(desk, reader, asked).await,
        (&Method::GET, ["sessions", "new"]) => sessions::request::page(desk, reader, asked).await,
        (&Method::POST, ["sessions", "new"]) => sessions::request::act(desk, reader, asked, None).await,
        (&Method::GET, ["sessions", id, "revise"]) => {
            sessions::request::revise_page(desk, reader, asked, id).await
        }
        (&Method::POST, ["sessions", id, "revise"]) => {
            sessions::request::act(desk, reader, asked, Some(id)).await
        }
        (&Method::GET, ["sessions", id]) => sessions::page(desk, reader, asked, id).await,
        (&Method::GET, ["sessions", id, file]) => sessions::minutes::file(reader, id, file).await,
        (&Method::POST, ["sessions", id]) => sessions::act(desk, reader, asked, id).await,
        (&Method::GET, ["week"]) => week::page(desk, reader, asked).await,
        (&Method::GET, ["month"]) => month::page(desk, reader, asked).await,
        (&Method::GET, ["timetables"]) => timetables::list(desk, reader, asked).await,
        (&Method::GET, ["timetables", id]) => timetables::page(desk, reader, asked, id).await,
        (&Method::POST, ["timetables", id]) => timetables::act(desk, reader, asked, id).await,
        (&Method::GET, ["resolutions"]) => resolutions::list(desk, reader, asked).await,
        (&Method::GET, ["resolutions", id]) => resolutions::page(desk, reader, asked, id).await,
        (&Method::GET, ["resolutions", id, file]) => resolutions::file(reader, id, file).await,
        (&Method::GET, ["scorecards"]) => scorecards::page(desk, reader, asked).await,
        (&Method::GET, ["targets"]) => targets::list(desk, reader, asked).await,
        (&Method::POST, ["targets"]) => targets::set(desk, reader, asked).await,
        (&Method::GET, ["targets", id]) => targets::page(desk, reader, asked, id).await,
        (&Method::POST, ["targets", id]) => targets::act(desk, reader, asked, id).await,
        (&Method::GET, ["matters"]) => matters::list(desk, reader, asked).await,
        (&Method::POST, ["matters"]) => matters::take_in(desk, reader, asked).await,
        (&Method::GET, ["matters", id]) => matters::page(desk, reader, asked, id).await,
        (&Method::POST, ["matters", id]) => matters::act(desk, reader, asked, id).await,
        (&Method::GET, ["indicators"]) => indicators::page(desk, reader, asked).await,
        (&Method::GET, ["chains"]) => chains::page(desk, reader, asked).await,
        (&Method::GET, ["notices"]) => notices::page(desk, reader, asked).await,
        (&Method::GET, ["calendars"]) => calendars::page(desk, reader, asked).await,
        (&Method::POST, ["calendars"]) => calendars::act(desk, reader, asked).await,
        (&Method::GET, ["calendars", "followed"]) => followed::page(desk, reader, asked).await,
        (&Method::POST, ["calendars", "followed"]) => followed::act(desk, reader, asked).await,
        (&Method::GET, ["proof"]) => proof::page(desk, reader, asked).await,
        (&Method::POST, ["proof"]) => proof::check(desk, reader, asked).await,
        (&Method::GET, ["system"]) => system::page(desk, reader, asked).await,
        (&Method::GET, ["changes"]) => changes(reader, asked).await,
        (&Method::POST, ["sign-out"]) => Ok(sign_out::here(desk, reader).await),
        _ => Err(Failure::NotFound),
    }
}

/// What happens from now on to what the reader may see, so that a page knows when it is not up to date any more.
async fn changes(reader: &Reader, asked: &Asked) -> Result<Response<Body>, Failure> {
    let last = asked.head.headers.get("last-event-id").and_then(|last| last.to_str().ok()?.parse().ok());
    let after_position = last.or_else(|| asked.query().number("after")).unwrap_or_default();
    Ok(protect(reader.follow(FollowEventsRequest { after_position, ..Default::default() }).await?))
}

/// Has a browser keep a session.
pub(super) fn session_cookie(desk: &Desk, session: &Session) -> HeaderValue {
    cookies::set(cookies::session_name(desk.https), &desk.sealer.seal(session), desk.https)
}

/// Whether a form was sent by a page of another site.
fn is_from_elsewhere(asked: &Asked) -> bool {
    let text = |value: &HeaderValue| value.to_str().unwrap_or_default().to_owned();
    let Some(origin) = asked.head.headers.get(ORIGIN).map(text) else { return false };
    let host = host_of(&asked.head);
    asked.head.method != Method::GET
        && origin.split_once("://").map(|(_, of_origin)| of_origin) != Some(&host)
}

/// Whether a form is from a page of this session.
fn has_form_token(asked: &Asked, reader: &Reader) -> bool {
    Query::of(&asked.body).get("form_token") == Some(&reader.session.form_token)
}

fn of_asset(asset: &asset::Asset) -> Response<Body> {
    let mut response = Response::new(Body::new(Full::from(asset.bytes.clone())));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(asset.media_type));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable"));
    protect(response)
}
