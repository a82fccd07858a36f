//! Bearer tokens: JWTs (RFC 7519) signed by a key of the JWKS file.

use super::jwks::{Fault, KeySet};
use super::key_ring::{KeyRing, Trust};
use super::keys::KeyError;
use crate::Tasks;
use crate::limits::SUBJECT_BYTES_MAX;
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use domain::actor::PROCESS_PREFIX;
use domain::{Actor, Code, Line, Role};
use jsonwebtoken::Algorithm;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde::{Deserialize, Deserializer, Serialize};
use sha2::{Digest as _, Sha256};
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

/// The algorithms that are accepted, whatever a token's header asks for. None of them is symmetric.
const ALGORITHMS: [Algorithm; 3] = [Algorithm::EdDSA, Algorithm::ES256, Algorithm::RS256];

/// Seconds by which the issuer's clock may differ from ours.
const LEEWAY_SECONDS: f64 = 5.0;

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
    /// By the names of [`Role::as_str`].
    pub roles: Vec<String>,
    /// When it was issued, in seconds since 1970.
    pub iat: i64,
    /// When it expires, in seconds since 1970.
    pub exp: i64,
}

/// What a token must say to be accepted.
#[derive(Debug, Clone)]
pub struct TokenRules {
    /// Its `iss`.
    pub issuer: String,
    /// One of its `aud`.
    pub audience: String,
    /// Hours for which it may be valid, at most; 0 means no limit.
    pub lifetime_hours_max: u32,
}

/// Checks tokens.
pub struct Verifier {
    ring: Arc<KeyRing>,
    rules: TokenRules,
}

/// A token that was accepted. What can change about it as long as its key is in force is the time.
#[derive(Clone)]
pub(super) struct Remembered {
    actor: Actor,
    /// When it begins to be valid and when it expires, in seconds since 1970.
    not_before: f64,
    expires: f64,
}

/// Why a token is not accepted.
#[derive(Debug, PartialEq, thiserror::Error)]
enum Refusal {
    /// It names a key that is not known here, or not yet.
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

/// What is read of the claims. RFC 7519 has those that are not understood ignored.
#[derive(Deserialize)]
struct Received {
    iss: String,
    aud: Audience,
    sub: String,
    /// Seconds since 1970, fractions allowed, as are those of the next two.
    exp: f64,
    nbf: Option<f64>,
    iat: Option<f64>,
    department: Option<String>,
    roles: Option<Vec<serde_json::Value>>,
}

#[derive(Deserialize)]
#[serde(untagged, expecting = "`aud` must be a string or a list of strings")]
enum Audience {
    One(String),
    Several(Vec<String>),
}

fn is_present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    IgnoredAny::deserialize(deserializer).map(|_| true)
}

impl Verifier {
    /// Reads the public keys. Those that cannot be used are reported; without a usable one there is no verifier.
    pub fn open(jwks: &Path, rules: TokenRules) -> Result<Verifier, KeyError> {
        Ok(Verifier { ring: Arc::new(KeyRing::open(jwks)?), rules })
    }

    /// Keeps the keys up to date until the stop: their file is read again when it changes, and on SIGHUP, which no
    /// longer ends the process.
    pub fn watch(&self, tasks: &Tasks) -> io::Result<()> {
        self.ring.watch(tasks)
    }

    /// The actor that a token vouches for, or why it is not accepted.
    pub fn verify(&self, token: &str) -> Result<Actor, String> {
        self.verify_at(token, now_seconds()).map_err(|why| why.to_string())
    }

    fn verify_at(&self, token: &str, now: f64) -> Result<Actor, Refusal> {
        match self.rules.verify(&self.ring.trust(), token, now) {
            Err(Refusal::UnknownKey(_)) if self.ring.reread_for_unknown_key() => {
                self.rules.verify(&self.ring.trust(), token, now)
            }
            answered => answered,
        }
    }
}

impl Remembered {
    fn check_time(&self, now: f64) -> Result<(), String> {
        if now < self.not_before - LEEWAY_SECONDS {
            return Err("it is not valid yet (nbf)".into());
        }
        if now >= self.expires + LEEWAY_SECONDS {
            return Err("it has expired (exp)".into());
        }
        Ok(())
    }
}

impl TokenRules {
    fn verify(&self, trust: &Trust, token: &str, now: f64) -> Result<Actor, Refusal> {
        let digest = Sha256::digest(token).into();
        if let Some(remembered) = trust.remembered.get(&digest) {
            remembered.check_time(now)?;
            return Ok(remembered.actor);
        }
        let claims = claims(&trust.keys, token)?;
        let accepted = self.accept(claims, now)?;
        trust.remembered.insert(digest, accepted.clone());
        Ok(accepted.actor)
    }

    fn accept(&self, claims: Received, now: f64) -> Result<Remembered, String> {
        if claims.iss != self.issuer {
            return Err(format!("its issuer (iss) is {}, and not {:?}", shown(&claims.iss), self.issuer));
        }
        let is_for_us = match &claims.aud {
            Audience::One(audience) => *audience == self.audience,
            Audience::Several(audiences) => audiences.contains(&self.audience),
        };
        if !is_for_us {
            return Err(format!(
                "its audience (aud) is not {:?}: it was issued for another realm",
                self.audience
            ));
        }
        self.check_lifetime(&claims, now)?;
        let not_before = claims.nbf.unwrap_or(f64::MIN);
        let accepted = Remembered { expires: claims.exp, not_before, actor: actor(claims)? };
        accepted.check_time(now)?;
        Ok(accepted)
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

/// The claims of a token whose signature is right.
fn claims(keys: &KeySet, token: &str) -> Result<Received, Refusal> {
    let parts: Vec<&str> = token.split('.').collect();
    let [header, payload, signature] = parts[..] else {
        return Err("it is no signed JWT, which has three parts".to_owned().into());
    };
    let (signed, _) = token.rsplit_once('.').unwrap_or_default();
    let header: Header = decode("header", header)?;
    if header.crit {
        return Err("its header has critical extensions (crit); none is known".to_owned().into());
    }
    let algorithm = ALGORITHMS.into_iter().find(|known| format!("{known:?}") == header.alg);
    let algorithm = algorithm
        .ok_or_else(|| format!("its alg is {}; accepted are EdDSA, ES256 and RS256", shown(&header.alg)))?;
    verify_signature(keys, &header, algorithm, signed, signature)?;
    Ok(decode("claims", payload)?)
}

/// Tries every key that the header may mean: those with its `kid` and those without one, or all when it names none.
fn verify_signature(
    keys: &KeySet,
    header: &Header,
    algorithm: Algorithm,
    signed: &str,
    signature: &str,
) -> Result<(), Refusal> {
    let may_be_meant = |id: &Option<String>| header.kid.is_none() || id.is_none() || *id == header.kid;
    let mut candidates = keys.usable.iter().filter(|key| key.algorithm == algorithm && may_be_meant(&key.id));
    let is_right = candidates.any(|candidate| {
        jsonwebtoken::crypto::verify(signature, signed.as_bytes(), &candidate.key, algorithm).unwrap_or(false)
    });
    if is_right {
        return Ok(());
    }
    let Some(id) = &header.kid else {
        return Err(format!("its signature fits none of the keys for {algorithm:?}").into());
    };
    if keys.usable.iter().any(|key| key.algorithm == algorithm && key.id.as_ref() == Some(id)) {
        return Err(format!("its signature does not fit the key {}", shown(id)).into());
    }
    let why = match keys.unusable.iter().find(|key| key.id.as_ref() == Some(id)) {
        Some(key) => match &key.fault {
            Fault::Unsuitable(_) => format!("the key {} that it names is not used here", shown(id)),
            Fault::Weak(_) => format!("the key {} that it names is refused as weak", shown(id)),
        },
        None => format!("no key {} for {algorithm:?} is known", shown(id)),
    };
    Err(Refusal::UnknownKey(why))
}

fn decode<T: DeserializeOwned>(part: &str, text: &str) -> Result<T, String> {
    let bytes = BASE64_URL_SAFE_NO_PAD
        .decode(text)
        .map_err(|error| format!("its {part} is not base64url: {error}"))?;
    serde_json::from_slice(&bytes).map_err(|error| format!("its {part}: {error}"))
}

#[expect(clippy::disallowed_methods, reason = "tokens expire by the machine's clock, also in a rehearsal")]
fn now_seconds() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(f64::MAX, |since| since.as_secs_f64())
}

/// The beginning of a text that came with a token, in quotes and with control characters escaped.
fn shown(text: &str) -> String {
    const CHARS_MAX: usize = 60;
    let mut beginning: String = text.chars().take(CHARS_MAX).collect();
    if beginning.len() < text.len() {
        beginning.push('…');
    }
    format!("{beginning:?}")
}

fn actor(claims: Received) -> Result<Actor, String> {
    let department = claims
        .department
        .map(|code| Code::parse(&code).map_err(|fault| format!("its department {fault}")))
        .transpose()?;
    check_subject(&claims.sub)?;
    // A role that is not ours says nothing here. Whoever is left with none may call nothing.
    let roles = claims.roles.unwrap_or_default();
    let roles = roles.iter().filter_map(serde_json::Value::as_str).filter_map(Role::parse).collect();
    Ok(Actor { subject: claims.sub, department, roles })
}

fn check_subject(subject: &str) -> Result<(), String> {
    let why = if subject.len() > SUBJECT_BYTES_MAX {
        format!("is longer than {SUBJECT_BYTES_MAX} bytes")
    } else if subject.starts_with(PROCESS_PREFIX) {
        "begins with \"process:\", which is reserved".to_owned()
    } else if let Some(character) = subject.chars().find(|&character| moves_the_line(character)) {
        format!("has the control character {character:?}")
    } else {
        match Line::parse(subject) {
            Ok(_) => return Ok(()),
            Err(fault) => fault.to_string(),
        }
    };
    Err(format!("its subject (sub) {why}"))
}

/// Whether a character changes how what surrounds it is shown: control characters, ends of lines and paragraphs, and
/// those that turn the direction of writing.
fn moves_the_line(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
        )
}

#[cfg(test)]
mod tests;
