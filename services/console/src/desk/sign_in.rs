//! Signing in and out.

use super::answer::{Failure, html, see_other, send_there};
use super::frame::{Frame, Notice};
use super::kept::Kept;
use super::limits::{SIGN_IN_SECONDS_MAX, TOKEN_BYTES_MAX};
use super::preferences::Preferences;
use super::provider::{Begun, SignInFault};
use super::reader::Reader;
use super::routes::session_cookie;
use super::session::{self, Holder, Session};
use super::words::Words;
use super::{Asked, Desk, Query, SignToken, cookies};
use crate::asker::{Stack, host_of};
use crate::refused;
use askama::Template;
use http::header::{AUTHORIZATION, REFRESH, SET_COOKIE};
use http::{HeaderValue, Method, Response, StatusCode};
use proto::directory::v1::GetCallerRequest;
use tonic::body::Body;

/// Where providers send those back who have signed in.
const BACK: &str = "/sign-in/back";
/// Where those go who signed in beside a page on which something is kept.
const DONE: &str = "/sign-in/done";
/// The roles that pages are for.
const ROLES: [&str; 8] =
    ["supervisor", "leader", "department-lead", "clerk", "chair", "delegate", "auditor", "operator"];

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignInPage {
    frame: Frame,
    /// Where to go then.
    to: String,
    /// A form that is brought back to its page then, sealed; empty if there is none.
    kept: String,
    /// What is on the buttons for signing in at a provider, each with its link.
    providers: Vec<(String, String)>,
    /// The roles to choose from, where anybody may choose; with their names.
    roles: Vec<(&'static str, String)>,
}

/// The page for signing in.
pub(super) fn page(desk: &Desk, asked: &Asked, preferences: Preferences) -> Response<Body> {
    shown(desk, asked, preferences, None, None)
}

/// The same for somebody who is not signed in any more, with what they have sent.
pub(super) fn again(desk: &Desk, asked: &Asked, preferences: Preferences, kept: &Kept) -> Response<Body> {
    let sentence = Words(preferences.language).t(
        "You are not signed in any more, and nothing was recorded. What you typed is kept: sign in, and you come back to it.",
    );
    shown(desk, asked, preferences, Some(sentence.to_owned()), Some(kept))
}

/// What is said to those who signed in beside a page on which something is kept.
pub(super) fn done(preferences: Preferences) -> Response<Body> {
    let words = Words(preferences.language);
    let sentence = words.t("Close this page, and go on where you typed.").to_owned();
    html(&SignedInPage {
        frame: Frame::bare(preferences, words.t("You are signed in"), DONE),
        to: String::new(),
        sentence,
    })
}

fn shown(
    desk: &Desk,
    asked: &Asked,
    preferences: Preferences,
    refused: Option<String>,
    kept: Option<&Kept>,
) -> Response<Body> {
    let words = Words(preferences.language);
    let to = match kept {
        Some(kept) => kept.path().to_owned(),
        None => asked.query().get("to").and_then(ours).unwrap_or_default().to_owned(),
    };
    // What a provider has sent along is for one use, and not for links.
    let target = Query(vec![("to".to_owned(), to.clone())]);
    let here = target.link("/sign-in", &[], None);
    let mut frame = Frame::bare(preferences, words.t("Sign in"), &here);
    frame.notice = refused.map(|sentence| Notice { kind: "refused", sentence, reason: None });
    let is_refused = frame.notice.is_some();
    let roles = may_choose(desk, asked).map(|_| ROLES.map(|role| (role, words.role(role))).to_vec());
    // What is kept stays on this page: whoever signs in elsewhere does so beside it.
    let target = if kept.is_some() { Query(vec![("to".to_owned(), DONE.to_owned())]) } else { target };
    let providers = desk.providers().into_iter().map(|provider| {
        let link = target.link("/sign-in/at", &[], Some(("issuer", &provider.issuer)));
        (words.say("Sign in at {name}", &[("name", &provider.name)]), link)
    });
    let providers = providers.collect();
    let kept = kept.map(|kept| desk.sealer.seal(kept)).unwrap_or_default();
    let mut response = html(&SignInPage { frame, to, kept, providers, roles: roles.unwrap_or_default() });
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
    let kept = Kept::in_form(desk, &form);
    let refuse = |why: String| Ok(shown(desk, asked, preferences, Some(why), kept.as_ref()));
    let token = match (form.get("token"), form.get("role"), may_choose(desk, asked)) {
        (Some(token), _, _) => token.to_owned(),
        (None, Some(role), Some(sign)) => match sign(role, form.get("department")) {
            Ok(token) => token,
            Err(why) => return refuse(preferences.language.fault(&why).into_owned()),
        },
        _ => return refuse(words.t("Give a token.").to_owned()),
    };
    let session = match begin(stack, asked, preferences, token).await {
        Ok(session) => session,
        Err(why) => return refuse(why),
    };
    let mut response = match &kept {
        Some(kept) => send_there(&format!("{}#notice", kept.path())),
        None => see_other(form.get("to").and_then(ours).unwrap_or("/today")),
    };
    response.headers_mut().append(SET_COOKIE, session_cookie(desk, &session));
    Ok(response)
}

/// The session of a program that shows its token with each request. It reads pages and files: what is sent by a form has
/// to come from a page of a session.
pub(super) async fn of_program(stack: Stack, asked: &Asked, preferences: Preferences) -> Option<Session> {
    let shown = asked.head.headers.get(AUTHORIZATION)?.to_str().ok()?.strip_prefix("Bearer ")?;
    let token = shown.trim().to_owned();
    match asked.head.method {
        Method::GET => begin(stack, asked, preferences, token).await.ok(),
        _ => None,
    }
}

/// A session with a token; says why there is none.
async fn begin(
    stack: Stack,
    asked: &Asked,
    preferences: Preferences,
    token: String,
) -> Result<Session, String> {
    if token.len() > TOKEN_BYTES_MAX {
        let values: [(&str, &dyn ToString); 2] = [("n", &token.len()), ("max", &TOKEN_BYTES_MAX)];
        let words = Words(preferences.language);
        return Err(words.say("The token has {n} bytes; a cookie has room for {max}.", &values));
    }
    let mut session = Session::begin(token, Holder::default(), session::now());
    let reader = Reader::new(stack, asked.head.extensions.clone(), session.clone(), preferences);
    let answer = reader.ask(GetCallerRequest {}).await;
    let answer = answer.map_err(|status| refused::sentence(&status, preferences.language))?;
    session.holder = answer.caller.unwrap_or_default().into();
    Ok(session)
}

/// Sends the browser to the provider at which its reader wants to sign in.
pub(super) async fn at_provider(
    desk: &Desk,
    asked: &Asked,
    preferences: Preferences,
) -> Result<Response<Body>, Failure> {
    let query = asked.query();
    let provider = query.get("issuer").and_then(|issuer| desk.provider(issuer)).ok_or(Failure::NotFound)?;
    let to = query.get("to").and_then(ours).unwrap_or("/today").to_owned();
    let back = desk.public(BACK);
    match desk.in_turn(move || provider.begin(&back, to, session::now())).await {
        Ok((url, begun)) => {
            let (name, sealed) = (cookies::sign_in_name(desk.https), desk.sealer.seal(&begun));
            let mut response = see_other(&url);
            let cookie = cookies::set_for(name, &sealed, desk.https, SIGN_IN_SECONDS_MAX);
            response.headers_mut().append(SET_COOKIE, cookie);
            Ok(response)
        }
        Err(fault) => {
            let why = fault.sentence(Words(preferences.language));
            Ok(shown(desk, asked, preferences, Some(why), None))
        }
    }
}

#[derive(Template)]
#[template(path = "signed_in.html")]
struct SignedInPage {
    frame: Frame,
    /// Where to go then; empty where that is another page of the browser.
    to: String,
    sentence: String,
}

/// Signs in whoever comes back from a provider.
pub(super) async fn back(
    desk: &Desk,
    stack: Stack,
    asked: &Asked,
    preferences: Preferences,
) -> Result<Response<Body>, Failure> {
    let words = Words(preferences.language);
    let (mut response, session) = match finish(desk, stack, asked, preferences).await {
        Ok((session, to)) => {
            let frame = Frame::bare(preferences, words.t("You are signed in"), "/sign-in");
            // The next page is asked for from this one: a session is shown to nobody who comes from another site.
            let refresh = HeaderValue::try_from(format!("0; url={to}")).ok();
            let sentence = words.t("Go on to the page.").to_owned();
            let mut response = html(&SignedInPage { frame, to, sentence });
            response.headers_mut().extend(refresh.map(|refresh| (REFRESH, refresh)));
            (response, Some(session))
        }
        Err(why) => (shown(desk, asked, preferences, Some(why), None), None),
    };
    let cookies = session.map(|session| session_cookie(desk, &session)).into_iter();
    for cookie in cookies.chain([cookies::forget(cookies::sign_in_name(desk.https), desk.https)]) {
        response.headers_mut().append(SET_COOKIE, cookie);
    }
    Ok(response)
}

/// The session of whoever comes back from a provider, and where to go then; says why there is none.
async fn finish(
    desk: &Desk,
    stack: Stack,
    asked: &Asked,
    preferences: Preferences,
) -> Result<(Session, String), String> {
    let (words, query) = (Words(preferences.language), asked.query());
    let say = |fault: SignInFault| fault.sentence(words);
    let cookie = cookies::sent(&asked.head.headers, cookies::sign_in_name(desk.https));
    let begun = cookie.and_then(|cookie| desk.sealer.open::<Begun>(cookie));
    let begun = begun.filter(|begun| {
        // RFC 9207: a provider may say who it is, so that no other can pass for it.
        let is_its = query.get("iss").is_none_or(|issuer| issuer == begun.issuer);
        begun.lasts(session::now()) && query.get("state") == Some(begun.state.as_str()) && is_its
    });
    let begun = begun.ok_or_else(|| say(SignInFault::NotThisOne))?;
    let provider = desk.provider(&begun.issuer).ok_or_else(|| say(SignInFault::NotThisOne))?;
    let code = match (query.get("error"), query.get("code")) {
        (None, Some(code)) => code.to_owned(),
        (error, _) => return Err(say(provider.refused(error.unwrap_or("no code")))),
    };
    let (to, back) = (begun.to.clone(), desk.public(BACK));
    let token = desk.in_turn(move || provider.finish(begun, &code, &back)).await.map_err(say)?;
    Ok((begin(stack, asked, preferences, token).await?, to))
}

/// What signs a token for the role that somebody chooses. A page of another site, whose name is made to lead to this
/// machine, is not asked from it by one of its own names.
fn may_choose<'a>(desk: &'a Desk, asked: &Asked) -> Option<&'a SignToken> {
    let host = host_of(&asked.head);
    let name = host.rsplit_once(':').map_or(host.as_str(), |(name, _)| name);
    desk.sign_ins.by_role.as_ref().filter(|_| ["localhost", "127.0.0.1", "[::1]"].contains(&name))
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
