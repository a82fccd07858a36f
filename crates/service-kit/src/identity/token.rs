//! Bearer tokens: JWTs with pinned algorithms, checked against the keys of a JWKS file.

use super::keys::KeyError;
use crate::limits::TOKENS_REMEMBERED_MAX;
use domain::{Actor, Code, Role};
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use quick_cache::sync::Cache;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

/// The algorithms that are accepted, whatever a token's header asks for. None of them is symmetric.
const ALGORITHMS: [Algorithm; 3] = [Algorithm::EdDSA, Algorithm::ES256, Algorithm::RS256];

/// Seconds by which the issuer's clock may differ from ours.
const LEEWAY_SECONDS: u64 = 5;

/// The claims of a token.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Claims {
    /// Who issued it.
    pub iss: String,
    /// Whom it is meant for.
    pub aud: String,
    /// Whom it identifies.
    pub sub: String,
    /// The department spoken for.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub department: Option<String>,
    /// By the names of [`Role::as_str`].
    pub roles: Vec<String>,
    /// When it was issued, in seconds since 1970.
    pub iat: i64,
    /// When it expires, in seconds since 1970.
    pub exp: i64,
}

/// Checks tokens.
pub struct Verifier {
    keys: Vec<(Option<String>, Algorithm, DecodingKey)>,
    issuer: String,
    audience: String,
    /// The tokens that were accepted lately, by their SHA-256: a signature costs more to check than everything
    /// else about a command, and the same token comes many times. Keys stay for the process's life, so the
    /// only thing that can have changed about a token is the time.
    taken: Cache<[u8; 32], Taken>,
}

/// A token that was accepted.
#[derive(Clone)]
struct Taken {
    actor: Actor,
    /// When it expires, in seconds since 1970.
    ends: u64,
}

impl Verifier {
    /// Reads the public keys. Every key must name an algorithm that is accepted.
    pub fn read(jwks: &Path, issuer: &str, audience: &str) -> Result<Verifier, KeyError> {
        let text = std::fs::read(jwks).map_err(KeyError::file(jwks))?;
        let set: JwkSet = serde_json::from_slice(&text).map_err(|error| KeyError::content(jwks, error))?;
        let mut keys = Vec::new();
        for jwk in &set.keys {
            let name = jwk.common.key_id.clone();
            let named = jwk.common.key_algorithm.map(|algorithm| algorithm.to_string());
            let algorithm =
                ALGORITHMS.into_iter().find(|known| named.as_deref() == Some(&format!("{known:?}")));
            let Some(algorithm) = algorithm else {
                let why = format!("key {name:?} has alg {named:?}; taken are EdDSA, ES256 and RS256");
                return Err(KeyError::content(jwks, why));
            };
            let key = DecodingKey::from_jwk(jwk).map_err(|error| KeyError::content(jwks, error))?;
            keys.push((name, algorithm, key));
        }
        if keys.is_empty() {
            return Err(KeyError::content(jwks, "holds no key"));
        }
        let taken = Cache::new(TOKENS_REMEMBERED_MAX);
        Ok(Verifier { keys, issuer: issuer.to_owned(), audience: audience.to_owned(), taken })
    }

    /// The actor that a token vouches for, or why it is not accepted.
    pub fn verify(&self, token: &str) -> Result<Actor, String> {
        let digest = Sha256::digest(token).into();
        if let Some(actor) = self.taken_before(&digest, now_seconds()) {
            return Ok(actor);
        }
        let taken = self.check(token)?;
        self.taken.insert(digest, taken.clone());
        Ok(taken.actor)
    }

    fn taken_before(&self, digest: &[u8; 32], now_seconds: u64) -> Option<Actor> {
        let taken = self.taken.get(digest)?;
        (taken.ends + LEEWAY_SECONDS > now_seconds).then_some(taken.actor)
    }

    fn check(&self, token: &str) -> Result<Taken, String> {
        let header = jsonwebtoken::decode_header(token).map_err(|error| format!("it is no JWT: {error}"))?;
        let found = self.keys.iter().find(|(name, algorithm, _)| {
            *algorithm == header.alg && (header.kid.is_none() || *name == header.kid)
        });
        let Some((_, algorithm, key)) = found else {
            return Err(format!("no known key has kid {:?} and alg {:?}", header.kid, header.alg));
        };
        let mut validation = Validation::new(*algorithm);
        validation.set_issuer(&[&self.issuer]);
        validation.set_audience(&[&self.audience]);
        validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        validation.leeway = LEEWAY_SECONDS;
        let claims = jsonwebtoken::decode::<Claims>(token, key, &validation)
            .map_err(|error| error.to_string())?
            .claims;
        let ends = u64::try_from(claims.exp).unwrap_or_default();
        Ok(Taken { actor: actor(claims)?, ends })
    }
}

fn now_seconds() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(u64::MAX, |since| since.as_secs())
}

fn actor(claims: Claims) -> Result<Actor, String> {
    let department = claims
        .department
        .map(|code| Code::parse(&code).map_err(|fault| format!("its department {fault}")))
        .transpose()?;
    let roles = claims
        .roles
        .iter()
        .map(|name| Role::parse(name).ok_or_else(|| format!("its role {name:?} is not known")))
        .collect::<Result<Vec<Role>, String>>()?;
    if claims.sub.is_empty() || claims.sub.len() > 200 || claims.sub.starts_with("process:") {
        return Err("its subject is empty, longer than 200 bytes, or reserved".into());
    }
    Ok(Actor { subject: claims.sub, department, roles })
}

#[cfg(test)]
mod tests {
    use super::super::{SigningKey, ensure_development_keys};
    use super::*;

    #[test]
    fn a_token_that_was_taken_is_known_until_its_time_ends() {
        let folder = tempfile::tempdir().unwrap();
        ensure_development_keys(folder.path()).unwrap();
        let verifier = Verifier::read(&folder.path().join("jwks.json"), "huishang", "huishang").unwrap();
        let ends = now_seconds() + 60;
        let claims = Claims {
            iss: "huishang".into(),
            aud: "huishang".into(),
            sub: "li".into(),
            department: None,
            roles: vec!["clerk".into()],
            iat: ends as i64 - 60,
            exp: ends as i64,
        };
        let token = SigningKey::read(&folder.path().join("signing-key.pem")).unwrap().sign(&claims).unwrap();
        let digest = Sha256::digest(&token).into();
        assert_eq!(verifier.taken_before(&digest, ends), None, "it was never shown");

        let actor = verifier.verify(&token).unwrap();
        assert_eq!(verifier.taken_before(&digest, ends), Some(actor.clone()));
        assert_eq!(verifier.verify(&token), Ok(actor));
        assert_eq!(verifier.taken_before(&digest, ends + LEEWAY_SECONDS), None, "its time is over");
        let forged = format!("{token}A");
        assert!(verifier.verify(&forged).is_err(), "other bytes are another token");
    }
}
