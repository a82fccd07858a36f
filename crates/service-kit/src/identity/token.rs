//! Bearer tokens: JWTs with pinned algorithms, checked against the keys of a JWKS file.

use super::keys::KeyError;
use domain::{Actor, Code, Role};
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde::{Deserialize, Serialize};
use std::path::Path;

/// The algorithms that are taken, whatever a token's header asks for. None of them is symmetric.
const ALGORITHMS: [Algorithm; 3] = [Algorithm::EdDSA, Algorithm::ES256, Algorithm::RS256];

/// What a token says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Claims {
    /// Who made it.
    pub iss: String,
    /// For whom it was made.
    pub aud: String,
    /// Who it speaks of.
    pub sub: String,
    /// The department spoken for.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub department: Option<String>,
    /// By the names of [`Role::as_str`].
    pub roles: Vec<String>,
    /// Seconds since 1970 at which it was made.
    pub iat: i64,
    /// Seconds since 1970 at which it ends.
    pub exp: i64,
}

/// Checks tokens.
pub struct Verifier {
    keys: Vec<(Option<String>, Algorithm, DecodingKey)>,
    issuer: String,
    audience: String,
}

impl Verifier {
    /// Reads the public keys. Every key must name an algorithm that is taken.
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
        Ok(Verifier { keys, issuer: issuer.to_owned(), audience: audience.to_owned() })
    }

    /// The actor that a token vouches for, or why it is not taken.
    pub fn verify(&self, token: &str) -> Result<Actor, String> {
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
        validation.leeway = 5;
        let claims = jsonwebtoken::decode::<Claims>(token, key, &validation)
            .map_err(|error| error.to_string())?
            .claims;
        actor(claims)
    }
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
