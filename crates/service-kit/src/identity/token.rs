//! Bearer tokens: JWTs (RFC 7519), each checked with the keys of its issuer.

use super::issuers::IssuerSettings;
use super::jwks::{Fault, KeySet};
use super::key_ring::KeyRing;
use super::sign_out::{EVENTS, Session};
use crate::limits::TOKENS_REMEMBERED_MAX;
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use domain::Actor;
use jsonwebtoken::Algorithm;
use quick_cache::sync::Cache;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

/// The algorithms that are accepted, whatever a token's header asks for. None of them is symmetric.
const ALGORITHMS: [Algorithm; 3] = [Algorithm::EdDSA, Algorithm::ES256, Algorithm::RS256];

/// Seconds by which the issuer's clock may differ from ours.
pub(super) const LEEWAY_SECONDS: f64 = 5.0;

const SECONDS_PER_HOUR: f64 = 3600.0;

/// The claims of a token that is signed here.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Claims {
    /// Who issued it.
    pub iss: String,
    /// Whom it is meant for.
    pub aud: String,
    /// Whom it identifies.
    pub sub: String,
    /// The department spoken for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub department: Option<String>,
    /// By the names of [`domain::Role::as_str`].
    pub roles: Vec<String>,
    /// When it was issued, in seconds since 1970.
    pub iat: i64,
    /// When it expires, in seconds since 1970.
    pub exp: i64,
}

/// What every token must say to be accepted, and what those of the issuer say that is set alone.
#[derive(Debug, Clone)]
pub struct TokenRules {
    /// Its `iss`.
    pub issuer: String,
    /// One of its `aud`, unless the file of issuers says otherwise.
    pub audience: String,
    /// Hours for which it may be valid, at most; 0 means no limit.
    pub lifetime_hours_max: u32,
}

/// What a valid token says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// Who calls.
    pub actor: Actor,
    /// How they were authenticated (`acr`), if the issuer says so.
    pub acr: Option<String>,
    /// The session in which they call.
    pub session: Session,
}

/// Somebody who vouches: their keys, and what their tokens mean.
pub(super) struct Issuer {
    pub(super) settings: IssuerSettings,
    pub(super) ring: Arc<KeyRing>,
    lifetime_hours_max: u32,
    /// The tokens that were accepted lately, by their SHA-256: a signature costs more to check than everything else about
    /// a command, and the same token comes many times.
    remembered: Cache<[u8; 32], Remembered>,
}

/// A token that was accepted. As long as its issuer has the same keys, nothing can change about it but the time.
#[derive(Clone)]
struct Remembered {
    keys: Arc<KeySet>,
    verified: Verified,
    validity: Validity,
}

/// When a token begins to be valid and when it expires, in seconds since 1970.
#[derive(Debug, Clone, Copy)]
struct Validity {
    not_before: f64,
    expires: f64,
}

/// Why a token is not accepted.
#[derive(Debug, PartialEq, thiserror::Error)]
pub(super) enum Refusal {
    /// It names a key that its issuer does not have, or that is not known here yet.
    #[error("{0}")]
    UnknownKey(String),
    /// Nothing would make it right.
    #[error("{0}")]
    Invalid(String),
}

impl From<String> for Refusal {
    fn from(why: String) -> Self {
        Refusal::Invalid(why)
    }
}

/// What is read of the header. RFC 7515 has other parameters ignored, unless they are critical.
#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: Option<String>,
    /// Whether there is such a parameter. No extension is known here, so any makes the token one that is not
    /// understood.
    #[serde(default, deserialize_with = "is_present")]
    crit: bool,
}

/// What every issuer's claims say in the same way. RFC 7519 has those that are not understood ignored.
#[derive(Deserialize)]
struct Received {
    aud: Audience,
    /// Seconds since 1970, fractions allowed, as are those of the next two.
    exp: f64,
    nbf: Option<f64>,
    iat: Option<f64>,
    acr: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged, expecting = "`aud` must be a string or a list of strings")]
pub(super) enum Audience {
    One(String),
    Several(Vec<String>),
}

fn is_present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    IgnoredAny::deserialize(deserializer).map(|_| true)
}

impl Audience {
    pub(super) fn has(&self, audience: &str) -> bool {
        match self {
            Audience::One(one) => one == audience,
            Audience::Several(several) => several.iter().any(|one| one == audience),
        }
    }
}

impl Issuer {
    pub(super) fn new(settings: IssuerSettings, ring: Arc<KeyRing>, lifetime_hours_max: u32) -> Issuer {
        Issuer { settings, ring, lifetime_hours_max, remembered: Cache::new(TOKENS_REMEMBERED_MAX) }
    }

    /// What a token says that was accepted before, if it still is.
    pub(super) fn recall(&self, digest: &[u8; 32], now: f64) -> Option<Result<Verified, Refusal>> {
        let remembered = self.remembered.get(digest)?;
        let same_keys = Arc::ptr_eq(&remembered.keys, &self.ring.keys());
        same_keys.then(|| Ok(remembered.validity.check(now).map(|()| remembered.verified)?))
    }

    /// Checks a token of this issuer.
    pub(super) fn verify(&self, token: &Parts, now: f64) -> Result<Verified, Refusal> {
        let keys = self.ring.keys();
        token.verify_signature(&keys).map_err(|refusal| self.with_problem(refusal))?;
        let (verified, validity) = self.accept(token, now)?;
        let remembered = Remembered { keys, verified: verified.clone(), validity };
        self.remembered.insert(token.digest, remembered);
        Ok(verified)
    }

    /// An unknown key may be one that could not be read.
    fn with_problem(&self, refusal: Refusal) -> Refusal {
        match (refusal, self.ring.problem()) {
            (Refusal::UnknownKey(why), Some(problem)) => {
                Refusal::UnknownKey(format!("{why}, and {} cannot be read: {problem}", self.ring.source()))
            }
            (refusal, _) => refusal,
        }
    }

    /// Whether claims are those of a valid token, whoever signed it.
    fn accept(&self, token: &Parts, now: f64) -> Result<(Verified, Validity), String> {
        let claims = &token.claims;
        let received = Received::deserialize(claims).map_err(|error| format!("its claims: {error}"))?;
        let audience = &self.settings.audience;
        if !received.aud.has(audience) {
            return Err(format!("its audience (aud) is not {audience:?}: it was issued for another realm"));
        }
        self.check_lifetime(&received, now)?;
        let validity = Validity { not_before: received.nbf.unwrap_or(f64::MIN), expires: received.exp };
        if claims.get(EVENTS).is_some() {
            return Err("it says that something happened (events), and not who calls".into());
        }
        let actor = self.settings.mapping.actor(claims)?;
        validity.check(now)?;
        // Nobody signs out where nobody signs in with a browser.
        let signed_in_at = self.settings.sign_in.as_ref().map(|_| self.settings.issuer.as_str());
        let session = Session::of_token(&token.digest, signed_in_at, claims);
        Ok((Verified { actor, acr: received.acr, session }, validity))
    }

    /// A token that does not say when it was issued counts from now on.
    fn check_lifetime(&self, claims: &Received, now: f64) -> Result<(), String> {
        let issued = claims.iat.unwrap_or(now).min(now);
        let hours_max = f64::from(self.lifetime_hours_max);
        let seconds = claims.exp - issued;
        if hours_max > 0.0 && seconds > hours_max * SECONDS_PER_HOUR + LEEWAY_SECONDS {
            return Err(format!(
                "it is valid for {:.0} hours; at most {hours_max} are accepted (identity.token_lifetime_hours_max)",
                (seconds / SECONDS_PER_HOUR).ceil()
            ));
        }
        Ok(())
    }
}

impl Validity {
    fn check(self, now: f64) -> Result<(), String> {
        if now < self.not_before - LEEWAY_SECONDS {
            return Err("it is not valid yet (nbf)".into());
        }
        if now >= self.expires + LEEWAY_SECONDS {
            return Err("it has expired (exp)".into());
        }
        Ok(())
    }
}

/// The SHA-256 of a token, by which it is remembered.
pub(super) fn digest(token: &str) -> [u8; 32] {
    Sha256::digest(token).into()
}

/// A token taken apart; nothing of it is checked.
pub(super) struct Parts<'a> {
    digest: [u8; 32],
    signed: &'a str,
    signature: &'a str,
    header: Header,
    algorithm: Algorithm,
    pub(super) claims: Value,
}

impl<'a> Parts<'a> {
    pub(super) fn of(token: &'a str) -> Result<Parts<'a>, String> {
        let parts: Vec<&str> = token.split('.').collect();
        let [header, payload, signature] = parts[..] else {
            return Err("it is no signed JWT, which has three parts".to_owned());
        };
        let (signed, _) = token.rsplit_once('.').unwrap_or_default();
        let header: Header = decode("header", header)?;
        if header.crit {
            return Err("its header has critical extensions (crit); none is known".to_owned());
        }
        let algorithm = ALGORITHMS.into_iter().find(|known| format!("{known:?}") == header.alg);
        let algorithm = algorithm.ok_or_else(|| {
            format!("its alg is {}; accepted are EdDSA, ES256 and RS256", shown(&header.alg))
        })?;
        let claims = decode("claims", payload)?;
        Ok(Parts { digest: digest(token), signed, signature, header, algorithm, claims })
    }

    /// Who it says has issued it.
    pub(super) fn issuer(&self) -> Result<&str, String> {
        let issuer = self.claims.get("iss").ok_or("its claims: missing field `iss`")?;
        Ok(issuer.as_str().ok_or("its issuer (iss) is not a string")?)
    }

    /// The key that it names.
    pub(super) fn key_id(&self) -> Option<&str> {
        self.header.kid.as_deref()
    }

    /// The algorithm that it names.
    pub(super) fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// Tries every key that the header may mean: those with its `kid` and those without one, or all when it names none.
    pub(super) fn verify_signature(&self, keys: &KeySet) -> Result<(), Refusal> {
        let Parts { header, algorithm, signed, signature, .. } = self;
        let may_be_meant = |id: &Option<String>| header.kid.is_none() || id.is_none() || *id == header.kid;
        let mut candidates =
            keys.usable.iter().filter(|key| key.algorithm == *algorithm && may_be_meant(&key.id));
        let is_right = candidates.any(|candidate| {
            jsonwebtoken::crypto::verify(signature, signed.as_bytes(), &candidate.key, *algorithm)
                .unwrap_or(false)
        });
        match &header.kid {
            _ if is_right => Ok(()),
            // Without a name it may be a key that was published just now.
            None if keys.usable.is_empty() => {
                Err(Refusal::UnknownKey("no key of its issuer is known".into()))
            }
            None => {
                Err(Refusal::UnknownKey(format!("its signature fits none of the keys for {algorithm:?}")))
            }
            Some(id) => Err(why_not(keys, id, *algorithm)),
        }
    }
}

/// Why a key with this name verifies no signature.
fn why_not(keys: &KeySet, id: &String, algorithm: Algorithm) -> Refusal {
    if keys.usable.iter().any(|key| key.algorithm == algorithm && key.id.as_ref() == Some(id)) {
        return format!("its signature does not fit the key {}", shown(id)).into();
    }
    Refusal::UnknownKey(match keys.unusable.iter().find(|key| key.id.as_ref() == Some(id)) {
        Some(key) => match &key.fault {
            Fault::Unsuitable(_) => format!("the key {} that it names is not used here", shown(id)),
            Fault::Weak(_) => format!("the key {} that it names is refused as weak", shown(id)),
        },
        None => format!("no key {} for {algorithm:?} is known", shown(id)),
    })
}

fn decode<T: DeserializeOwned>(part: &str, text: &str) -> Result<T, String> {
    let bytes = BASE64_URL_SAFE_NO_PAD
        .decode(text)
        .map_err(|error| format!("its {part} is not base64url: {error}"))?;
    serde_json::from_slice(&bytes).map_err(|error| format!("its {part}: {error}"))
}

#[expect(clippy::disallowed_methods, reason = "tokens expire by the machine's clock, also in a rehearsal")]
pub(super) fn now_seconds() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(f64::MAX, |since| since.as_secs_f64())
}

/// The beginning of a text that came with a token, in quotes and with control characters escaped.
pub(super) fn shown(text: &str) -> String {
    const CHARS_MAX: usize = 60;
    let mut beginning: String = text.chars().take(CHARS_MAX).collect();
    if beginning.len() < text.len() {
        beginning.push('…');
    }
    format!("{beginning:?}")
}

#[cfg(test)]
mod tests;
