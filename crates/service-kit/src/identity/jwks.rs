//! The public keys of a JWKS file (RFC 7517): which of them verify tokens, and why the others do not.

use crate::limits::{RSA_KEY_BITS_MAX, RSA_KEY_BITS_MIN};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use ed25519_dalek::VerifyingKey;
use jsonwebtoken::{Algorithm, DecodingKey};
use serde::Deserialize;
use serde_json::{Map, Value};

/// The members of a JWK that no public key has.
const SECRET_MEMBERS: [&str; 9] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k", "priv"];
/// Bytes of a coordinate of P-256, and of a point of Ed25519.
const POINT_BYTES: usize = 32;

/// A key that verifies tokens.
#[derive(Debug)]
pub(super) struct PublicKey {
    /// Its `kid`. Several keys may have the same, or none.
    pub(super) id: Option<String>,
    /// The only algorithm that it is used with.
    pub(super) algorithm: Algorithm,
    pub(super) key: DecodingKey,
}

/// A key that verifies nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct UnusableKey {
    pub(super) id: Option<String>,
    /// Such as `key "2027"`, or `key no. 3`, which has no `kid`.
    pub(super) name: String,
    pub(super) fault: Fault,
}

/// Why a key verifies nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Fault {
    /// It is meant for something else, or of a kind that is not known here.
    #[error("is passed over: {0}")]
    Unsuitable(String),
    /// Whoever knows it, or computes for a while, could sign tokens.
    #[error("is refused: {0}")]
    Weak(String),
}

/// The keys of a file.
#[derive(Debug, Default)]
pub(super) struct KeySet {
    pub(super) usable: Vec<PublicKey>,
    pub(super) unusable: Vec<UnusableKey>,
}

#[derive(Deserialize)]
struct Jwks {
    keys: Vec<Value>,
}

/// What is read of a JWK. Other members are ignored, as RFC 7517 asks.
#[derive(Deserialize)]
struct Jwk {
    kty: String,
    #[serde(rename = "use")]
    intended_use: Option<String>,
    key_ops: Option<Vec<String>>,
    alg: Option<String>,
    crv: Option<String>,
    x: Option<String>,
    y: Option<String>,
    n: Option<String>,
    e: Option<String>,
}

impl KeySet {
    /// Reads a JWKS. A key that cannot be used does not keep the others from being used.
    pub(super) fn parse(text: &[u8]) -> Result<KeySet, String> {
        let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
        let jwks: Jwks =
            serde_json::from_slice(text).map_err(|error| format!("it is no JWKS (RFC 7517): {error}"))?;
        let mut set = KeySet::default();
        for (index, jwk) in jwks.keys.into_iter().enumerate() {
            let id = jwk.get("kid").and_then(Value::as_str).map(str::to_owned);
            match read(&jwk) {
                Ok((algorithm, key)) => set.usable.push(PublicKey { id, algorithm, key }),
                Err(fault) => {
                    let name = match &id {
                        Some(id) => format!("key {id:?}"),
                        None => format!("key no. {}", index + 1),
                    };
                    set.unusable.push(UnusableKey { id, name, fault });
                }
            }
        }
        Ok(set)
    }

    /// The `kid` of every usable key, for people.
    pub(super) fn names(&self) -> String {
        let names = self.usable.iter().map(|key| key.id.as_deref().unwrap_or("(without kid)"));
        names.collect::<Vec<_>>().join(", ")
    }
}

fn unsuitable(why: impl ToString) -> Fault {
    Fault::Unsuitable(why.to_string())
}

fn read(jwk: &Value) -> Result<(Algorithm, DecodingKey), Fault> {
    let members = jwk.as_object().ok_or_else(|| unsuitable("it is no JSON object"))?;
    refuse_secrets(members)?;
    if members.get("kid").is_some_and(|id| !id.is_string()) {
        return Err(unsuitable("its kid is not a string"));
    }
    // The message names types, never values.
    let jwk = Jwk::deserialize(jwk).map_err(unsuitable)?;
    check_use(&jwk)?;
    let (algorithm, key) = match (jwk.kty.as_str(), jwk.crv.as_deref()) {
        ("OKP", Some("Ed25519")) => (Algorithm::EdDSA, ed25519(&jwk)?),
        ("EC", Some("P-256")) => (Algorithm::ES256, p256(&jwk)?),
        ("RSA", _) => (Algorithm::RS256, rsa(&jwk)?),
        ("OKP" | "EC", curve) => {
            let curve = curve.unwrap_or("none");
            return Err(unsuitable(format!("its curve is {curve:?}; known are Ed25519 and P-256")));
        }
        (kty, _) => return Err(unsuitable(format!("its kty is {kty:?}; known are OKP, EC and RSA"))),
    };
    match jwk.alg.as_deref() {
        Some(alg) if alg != format!("{algorithm:?}") => {
            Err(unsuitable(format!("its alg is {alg:?}; a key of this kind is only used with {algorithm:?}")))
        }
        _ => Ok((algorithm, key)),
    }
}

fn refuse_secrets(members: &Map<String, Value>) -> Result<(), Fault> {
    match SECRET_MEMBERS.into_iter().find(|name| members.contains_key(*name)) {
        Some(name) => Err(Fault::Weak(format!(
            "it comes with its secret ({name}), so whoever reads the file can sign tokens; replace the key, and \
             publish its public half only"
        ))),
        None => Ok(()),
    }
}

fn check_use(jwk: &Jwk) -> Result<(), Fault> {
    if let Some(intended) = jwk.intended_use.as_deref()
        && intended != "sig"
    {
        return Err(unsuitable(format!("its use is {intended:?}, and not \"sig\"")));
    }
    match &jwk.key_ops {
        Some(operations) if !operations.iter().any(|operation| operation == "verify") => {
            Err(unsuitable("its key_ops lack \"verify\""))
        }
        _ => Ok(()),
    }
}

fn bytes(name: &str, value: Option<&String>) -> Result<Vec<u8>, Fault> {
    let text = value.ok_or_else(|| unsuitable(format!("it has no {name}")))?;
    BASE64_URL_SAFE_NO_PAD
        .decode(text)
        .map_err(|error| unsuitable(format!("its {name} is not base64url: {error}")))
}

fn point(name: &str, value: Option<&String>) -> Result<[u8; POINT_BYTES], Fault> {
    let found = bytes(name, value)?;
    let length = found.len();
    found
        .try_into()
        .map_err(|_| unsuitable(format!("its {name} has {length} bytes; {POINT_BYTES} are needed")))
}

fn ed25519(jwk: &Jwk) -> Result<DecodingKey, Fault> {
    let x = point("x", jwk.x.as_ref())?;
    let key = VerifyingKey::from_bytes(&x).map_err(|_| unsuitable("its x is not a point of the curve"))?;
    if key.is_weak() {
        return Err(Fault::Weak("its point is of small order, so anybody can sign for it".into()));
    }
    Ok(DecodingKey::from_ed_der(&x))
}

fn p256(jwk: &Jwk) -> Result<DecodingKey, Fault> {
    let (x, y) = (point("x", jwk.x.as_ref())?, point("y", jwk.y.as_ref())?);
    let key = DecodingKey::from_ec_der(&[[4].as_slice(), &x, &y].concat());
    // A verifier can only be made for a point of the curve; an empty signature is just not right.
    match jsonwebtoken::crypto::verify("", b"", &key, Algorithm::ES256) {
        Ok(_) => Ok(key),
        Err(_) => Err(unsuitable("its x and y are not a point of the curve")),
    }
}

fn rsa(jwk: &Jwk) -> Result<DecodingKey, Fault> {
    let (modulus, exponent) = (bytes("n", jwk.n.as_ref())?, bytes("e", jwk.e.as_ref())?);
    let (modulus, exponent) = (without_leading_zeros(&modulus), without_leading_zeros(&exponent));
    let bits = modulus.len() * 8 - modulus.first().map_or(0, |first| first.leading_zeros() as usize);
    if bits < RSA_KEY_BITS_MIN {
        return Err(Fault::Weak(format!("it has {bits} bits; at least {RSA_KEY_BITS_MIN} are needed")));
    }
    if bits > RSA_KEY_BITS_MAX {
        return Err(unsuitable(format!("it has {bits} bits; at most {RSA_KEY_BITS_MAX} are accepted")));
    }
    let is_even = |number: &[u8]| number.last().is_none_or(|last| last % 2 == 0);
    if is_even(modulus) || is_even(exponent) || exponent == [1] {
        return Err(Fault::Weak("its n or e is not that of an RSA key, so anybody can sign for it".into()));
    }
    if exponent.len() > 4 {
        return Err(unsuitable("its e has more than 32 bits"));
    }
    Ok(DecodingKey::from_rsa_raw_components(modulus, exponent))
}

fn without_leading_zeros(number: &[u8]) -> &[u8] {
    let zeros = number.iter().take_while(|byte| **byte == 0).count();
    &number[zeros..]
}

#[cfg(test)]
mod tests;
