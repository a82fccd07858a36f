//! Sign-outs that providers tell of: logout tokens, as OpenID Connect Back-Channel Logout 1.0 describes them, and what of a
//! token says at which of its sessions somebody signed in.

use super::token::{Audience, LEEWAY_SECONDS, Parts, Refusal, now_seconds};
use super::verifier::{InForce, Verifier};
use domain::Timestamp;
use domain::Uuid;
use domain::directory::sign_out::{Ended, SignOut};
use serde::Deserialize;
use serde_json::Value;
use std::sync::Arc;

/// The claim of what happened, which tokens that say who calls do not have.
pub(super) const EVENTS: &str = "events";
/// What happened when somebody signed out.
const LOGOUT: &str = "http://schemas.openid.net/event/backchannel-logout";
/// Seconds after which a logout token that does not say when it expires is too old.
const AGE_SECONDS_MAX: f64 = 600.0;
/// Bytes of a logout token, at most.
const TOKEN_BYTES_MAX: usize = 16 * 1024;

/// The session in which a call is made, in the extensions of its request: it ends when its holder signs out, here or where they
/// signed in. Cheap to clone.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Session {
    /// That of its token first; empty where a certificate was shown.
    sign_outs: Arc<[(Uuid, Timestamp)]>,
}

impl Session {
    /// That of a token with this SHA-256 and these claims; of an issuer, if people sign in there with a browser.
    pub(crate) fn of_token(digest: &[u8], signed_in_at: Option<&str>, claims: &Value) -> Session {
        let digest = data_encoding::HEXLOWER.encode(digest);
        let here = (SignOut::id("", Ended::Token(&digest)), Timestamp::MIN);
        // A token that does not say when it was issued is of any time.
        let issued_at = claims["iat"].as_f64().and_then(moment).unwrap_or_default();
        let elsewhere =
            signed_in_at.map(|issuer| ids(issuer, claims["sid"].as_str(), claims["sub"].as_str()));
        let elsewhere = elsewhere.into_iter().flatten().map(|id| (id, issued_at));
        Session { sign_outs: [here].into_iter().chain(elsewhere).collect() }
    }

    /// The sign-out of its token, by which it ends here; none where there is no token.
    pub fn sign_out_id(&self) -> Option<Uuid> {
        self.sign_outs.first().map(|(id, _)| *id)
    }

    /// What would have ended if it has: ids of sign-outs, and of what moment each has to be, or of a later one.
    pub(crate) fn may_have_ended(&self) -> &[(Uuid, Timestamp)] {
        &self.sign_outs
    }
}

/// That something has ended at a provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedOut {
    /// What has ended: the id of a [`SignOut`].
    pub id: Uuid,
    /// When, by the provider's clock.
    pub ended_at: Timestamp,
}

/// Those who vouch here, in the extensions of a request that its secret alone lets through.
#[derive(Clone)]
pub struct Vouchers(Arc<Verifier>);

impl Vouchers {
    pub(super) fn new(verifier: Arc<Verifier>) -> Vouchers {
        Vouchers(verifier)
    }

    /// What a logout token says, or why it is not accepted. Keys that are not known are read again first.
    pub async fn signed_out(&self, token: String) -> Result<SignedOut, String> {
        if token.len() > TOKEN_BYTES_MAX {
            return Err(format!("it has more than {TOKEN_BYTES_MAX} bytes"));
        }
        match signed_out(&self.0.in_force(), &token, now_seconds()) {
            Err(Refusal::UnknownKey(_)) => {
                self.0.reread_for(&token).await;
                signed_out(&self.0.in_force(), &token, now_seconds()).map_err(|why| why.to_string())
            }
            read => read.map_err(|why| why.to_string()),
        }
    }
}

/// The claims of a logout token.
#[derive(Deserialize)]
struct Claims {
    aud: Audience,
    iat: f64,
    exp: Option<f64>,
    /// It has to have one. That it comes once only need not be looked at: what has ended does not end again.
    #[serde(rename = "jti")]
    _id: String,
    events: Value,
    sid: Option<String>,
    sub: Option<String>,
}

fn signed_out(in_force: &InForce, token: &str, now: f64) -> Result<SignedOut, Refusal> {
    let parts = Parts::of(token)?;
    let issuer = in_force.issuer(&parts)?;
    let sign_in = issuer.settings.sign_in.as_ref();
    let sign_in = sign_in.ok_or_else(|| "nobody signs in at its issuer (iss) with a browser".to_owned())?;
    parts.verify_signature(&issuer.ring.keys())?;
    let claims = Claims::deserialize(&parts.claims).map_err(|error| format!("its claims: {error}"))?;
    if !claims.aud.has(&sign_in.client_id) {
        return Err(format!("its audience (aud) is not {:?}", sign_in.client_id).into());
    }
    if parts.claims.get("nonce").is_some() {
        return Err("it has a nonce, as tokens that sign in have".to_owned().into());
    }
    if !claims.events[LOGOUT].is_object() {
        return Err(format!("it does not say that somebody signed out (events, {LOGOUT})").into());
    }
    let expires = claims.exp.unwrap_or(claims.iat + AGE_SECONDS_MAX);
    if now >= expires + LEEWAY_SECONDS {
        return Err("it has expired (exp)".to_owned().into());
    }
    if claims.iat > now + LEEWAY_SECONDS {
        return Err("it was issued in the future (iat)".to_owned().into());
    }
    let (session, subject) = (claims.sid.as_deref(), claims.sub.as_deref());
    // With both it is that session which has ended, and not the others of its subject.
    let subject = subject.filter(|_| session.is_none());
    let id = ids(&issuer.settings.issuer, session, subject).into_iter().next();
    Ok(SignedOut {
        id: id.ok_or_else(|| "it says neither which session has ended (sid) nor whose (sub)".to_owned())?,
        ended_at: moment(claims.iat).ok_or_else(|| "it was issued at no time (iat)".to_owned())?,
    })
}

fn ids(issuer: &str, session: Option<&str>, subject: Option<&str>) -> Vec<Uuid> {
    let session = session.map(Ended::Session);
    session.into_iter().chain(subject.map(Ended::Subject)).map(|ended| SignOut::id(issuer, ended)).collect()
}

/// A moment in seconds since 1970.
fn moment(seconds: f64) -> Option<Timestamp> {
    Timestamp::from_second(seconds.floor() as i64).ok()
}

#[cfg(test)]
mod tests;
