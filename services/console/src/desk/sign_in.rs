//! Signing in and out.

use super::answer::{Failure, html, see_other};
use super::frame::{Frame, Notice};
use super::limits::TOKEN_BYTES_MAX;
use super::preferences::Preferences;
use super::reader::Reader;
use super::routes::session_cookie;
use super::session::{self, Session};
use super::words::Words;
use super::{Asked, Desk, Query, SignToken, cookies};
use crate::asker::Stack;
use crate::refused;
use askama::Template;
use http::header::{HOST, SET_COOKIE};
use http::{Response, StatusCode};
use proto::ledger::v1::GetHeadRequest;
use tonic::body::Body;

/// The roles that pages are for.
const ROLES: [&str; 7] =
    ["supervisor", "department-lead", "clerk", "chair", "delegate", "auditor", "operator"];

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignInPage {
    frame: Frame,
    /// Where to go then.
    to: String,
    /// The roles to choose from, where anybody may choose; with their names.
    roles: Vec<(&'static str, String)>,
}

/// The page for signing in.
pub(super) fn page(
    desk: &Desk,
    asked: &Asked,
    preferences: Preferences,
    refused: Option<String>,
) -> Response<Body> {
    let words = Words(preferences.language);
    let to = asked.query().get("to").and_then(ours).unwrap_or_default().to_owned();
    let here = asked.query().link("/sign-in", &[], None);
    let mut frame = Frame::bare(preferences, words.t("Sign in"), &here);
    frame.notice = refused.map(|sentence| Notice { kind: "refused", sentence, reason: None });
    let is_refused = frame.notice.is_some();
    let roles = may_choose(desk, asked).map(|_| ROLES.map(|role| (role, words.role(role))).to_vec());
    let mut response = html(&SignInPage { frame, to, roles: roles.unwrap_or_default() });
    if is_refused {
        *response.status_mut() = StatusCode::FORBIDDEN;
    }
    response
}

/// Signs in with a token, or with one that is signed for the role that was chosen.
pub(super) async fn sign_in(
    desk: &Desk,
    stack: Stack,
    asked: &Asked,
    preferences: Preferences,
) -> Result<Response<Body>, Failure> {
    let (words, form) = (Words(preferences.language), Query::of(&asked.body));
    let refuse = |why: String| Ok(page(desk, asked, preferences, Some(why)));
    let token = match (form.get("token"), form.get("role"), may_choose(desk, asked)) {
        (Some(token), _, _) => token.to_owned(),
        (None, Some(role), Some(sign)) => match sign(role, form.get("department")) {
            Ok(token) => token,
            Err(why) => return refuse(preferences.language.fault(&why).into_owned()),
        },
        _ => return refuse(words.t("Give a token.").to_owned()),
    };
    if token.len() > TOKEN_BYTES_MAX {
        let values: [(&str, &dyn ToString); 2] = [("n", &token.len()), ("max", &TOKEN_BYTES_MAX)];
        return refuse(words.say("The token has {n} bytes; a cookie has room for {max}.", &values));
    }
    let session = Session::begin(token, session::now());
    let reader = Reader::new(stack, asked.head.extensions.clone(), session.clone(), preferences);
    if let Err(status) = reader.ask(GetHeadRequest::default()).await {
        return refuse(refused::sentence(&status, preferences.language));
    }
    let mut response = see_other(form.get("to").and_then(ours).unwrap_or("/today"));
    response.headers_mut().append(SET_COOKIE, session_cookie(desk, &session));
    Ok(response)
}

/// What signs a token for the role that somebody chooses. A page of another site, whose name is made to lead to this
/// machine, is not asked from it by one of its own names.
fn may_choose<'a>(desk: &'a Desk, asked: &Asked) -> Option<&'a SignToken> {
    let host = asked.head.headers.get(HOST).and_then(|host| host.to_str().ok()).map(str::to_owned);
    let host = host.or_else(|| asked.head.uri.authority().map(ToString::to_string)).unwrap_or_default();
    let name = host.rsplit_once(':').map_or(host.as_str(), |(name, _)| name);
    desk.sign_token.as_ref().filter(|_| ["localhost", "127.0.0.1", "[::1]"].contains(&name))
}

/// Signs out.
pub(super) fn sign_out(desk: &Desk) -> Response<Body> {
    let mut response = see_other("/sign-in");
    let forget = cookies::forget(cookies::session_name(desk.https), desk.https);
    response.headers_mut().append(SET_COOKIE, forget);
    response
}

/// An address on this site; none for any other, however it is written.
fn ours(to: &str) -> Option<&str> {
    let is_ours = to.starts_with('/')
        && !to[1..].starts_with(['/', '\\'])
        && to.bytes().all(|byte| byte.is_ascii_graphic());
    is_ours.then_some(to)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_sent_elsewhere() {
        assert_eq!(ours("/items?column=late"), Some("/items?column=late"));
        for elsewhere in
            ["//evil.example", "/\\evil.example", "https://evil.example", "evil", "", "/\t/evil.example"]
        {
            assert_eq!(ours(elsewhere), None, "{elsewhere}");
        }
    }
}
