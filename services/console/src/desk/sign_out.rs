//! Signing out: here, and where a provider says that its session has ended (OpenID Connect Back-Channel Logout 1.0). As all that
//! is known of a session is in its cookie, what a provider says is kept in the log, and asked for with each page.

use super::answer::{Failure, html, see_other, with_status};
use super::frame::Frame;
use super::reader::Reader;
use super::session::{self, Session};
use super::{Asked, Desk, Query, cookies};
use crate::asker::{Asker, Stack};
use askama::Template;
use client::Refusal;
use http::header::SET_COOKIE;
use http::{HeaderValue, Response, StatusCode};
use proto::directory::v1::{GetCallerRequest, RecordSignOutRequest};
use tonic::Code;
use tonic::body::Body;

#[derive(Template)]
#[template(path = "signed_out.html")]
struct SignedOutPage {
    frame: Frame,
    /// That one is still signed in at the provider.
    sentence: String,
    /// What is on the button for signing out there, too, and its link.
    button: (String, String),
}

/// Signs out, and says where else one may want to.
pub(super) async fn here(desk: &Desk, reader: &Reader) -> Response<Body> {
    let mut response = match end(desk, &reader.session.token).await {
        Some((name, link)) => {
            let words = reader.words;
            let frame = Frame::bare(reader.preferences, words.t("You are signed out"), "/sign-in");
            let sentence = words.say(
                "You are still signed in at {name}, and may be here again without a password.",
                &[("name", &name)],
            );
            let button = (words.say("Sign out at {name}", &[("name", &name)]), link);
            html(&SignedOutPage { frame, sentence, button })
        }
        None => see_other("/sign-in"),
    };
    // Elsewhere, too: the pages that are still open, and the copies of the cookie.
    if let Err(status) =
        reader.ask(RecordSignOutRequest { command_id: client::command_id(), ..Default::default() }).await
    {
        tracing::warn!(
            error = status.message(),
            "a sign-out could not be recorded; the session ends with its token"
        );
    }
    let forget = cookies::forget(cookies::session_name(desk.https), desk.https);
    response.headers_mut().append(SET_COOKIE, forget);
    response
}

/// The name of the provider of a token, and where to sign out there.
async fn end(desk: &Desk, token: &str) -> Option<(String, String)> {
    let provider = desk.provider(session::claims(token)["iss"].as_str()?)?;
    let (name, token, back) = (provider.name.clone(), token.to_owned(), desk.public("/sign-in"));
    let url = desk.in_turn(move || Ok(provider.end(&token, &back))).await.ok()??;
    Some((name, url))
}

/// Takes a provider's word that a session there has ended. It is for no page of ours, so it has no token of a form; the
/// provider signs what it says.
pub(super) async fn by_provider(stack: Stack, asked: &Asked) -> Response<Body> {
    let asker = Asker::new(stack, asked.head.extensions.clone(), None);
    let logout_token = Query::of(&asked.body).get("logout_token").unwrap_or_default().to_owned();
    let request =
        RecordSignOutRequest { command_id: client::command_id(), logout_token, ..Default::default() };
    match asker.ask(request).await {
        Ok(_) => with_status(StatusCode::OK, serde_json::Value::Null),
        Err(status) => {
            let code = match status.code() {
                Code::InvalidArgument => StatusCode::BAD_REQUEST,
                Code::ResourceExhausted => StatusCode::TOO_MANY_REQUESTS,
                _ => StatusCode::SERVICE_UNAVAILABLE,
            };
            let refusal = Refusal::of(&status);
            let fault = refusal.violations().first().map(|fault| fault.description.clone());
            let said = fault.unwrap_or_else(|| status.message().to_owned());
            with_status(code, serde_json::json!({"error": "invalid_request", "error_description": said}))
        }
    }
}

/// Whether a session has ended: its reader has signed out, or the provider says so at which they signed in.
pub(super) async fn has_ended(stack: Stack, asked: &Asked, session: &Session) -> Result<bool, Failure> {
    let bearer = HeaderValue::try_from(format!("Bearer {}", session.token)).ok();
    let asker = Asker::new(stack, asked.head.extensions.clone(), bearer);
    Ok(asker.ask(GetCallerRequest {}).await?.signed_out)
}
