//! An issuer whose tokens say whatever a test wants.

use super::token::Refusal;
use super::{TokenRules, Verifier};
use crate::reload::Occasion;
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use domain::Actor;
use ed25519_dalek::SigningKey;
use ed25519_dalek::pkcs8::{EncodePrivateKey as _, KeypairBytes};
use jsonwebtoken::{Algorithm, EncodingKey};
use serde_json::{Value, json};
use std::path::PathBuf;

/// The audience that [`rules`] ask for.
pub(super) const OURS: &str = "huishang/main";

/// A pair of Ed25519 keys.
pub(super) struct Issuer {
    secret: [u8; 32],
}

impl Issuer {
    /// Issuers with other numbers have other keys.
    pub(super) fn new(number: u8) -> Issuer {
        Issuer { secret: [number; 32] }
    }

    /// The public key as a JWK of three members.
    pub(super) fn jwk(&self) -> Value {
        let public = SigningKey::from_bytes(&self.secret).verifying_key();
        json!({"kty": "OKP", "crv": "Ed25519", "x": BASE64_URL_SAFE_NO_PAD.encode(public.as_bytes())})
    }

    /// The same with a `kid`.
    pub(super) fn jwk_named(&self, id: &str) -> Value {
        with(self.jwk(), json!({"kid": id}))
    }

    /// A token with this header and these claims.
    pub(super) fn sign(&self, header: &Value, claims: &Value) -> String {
        let pair = KeypairBytes { secret_key: self.secret, public_key: None };
        let key = EncodingKey::from_ed_der(pair.to_pkcs8_der().unwrap().as_bytes());
        let encoded = |part: &Value| BASE64_URL_SAFE_NO_PAD.encode(part.to_string());
        let signed = format!("{}.{}", encoded(header), encoded(claims));
        let signature = jsonwebtoken::crypto::sign(signed.as_bytes(), &key, Algorithm::EdDSA).unwrap();
        format!("{signed}.{signature}")
    }

    /// A token with [`claims`] and this `kid`.
    pub(super) fn token_named(&self, id: &str) -> String {
        self.sign(&json!({"alg": "EdDSA", "kid": id}), &claims())
    }
}

/// What a clerk's token says that is valid for an hour.
pub(super) fn claims() -> Value {
    let now = jsonwebtoken::get_current_timestamp();
    json!({"iss": "huishang", "aud": OURS, "sub": "li", "roles": ["clerk"], "iat": now, "exp": now + 3600})
}

/// An object with some of its members replaced; those replaced by null are taken out.
pub(super) fn with(mut object: Value, changes: Value) -> Value {
    for (name, value) in changes.as_object().unwrap() {
        match value {
            Value::Null => drop(object.as_object_mut().unwrap().remove(name)),
            _ => object[name] = value.clone(),
        }
    }
    object
}

pub(super) fn rules() -> TokenRules {
    TokenRules { issuer: "huishang".into(), audience: OURS.into(), lifetime_hours_max: 24 }
}

/// A JWKS file, and who verifies by it.
pub(super) struct Installation {
    pub(super) verifier: Verifier,
    file: PathBuf,
    _folder: tempfile::TempDir,
}

impl Installation {
    pub(super) fn new(keys: &[Value]) -> Installation {
        Installation::with_rules(keys, rules())
    }

    pub(super) fn with_rules(keys: &[Value], rules: TokenRules) -> Installation {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("jwks.json");
        std::fs::write(&file, json!({"keys": keys}).to_string()).unwrap();
        Installation { verifier: Verifier::open(&file, rules).unwrap(), file, _folder: folder }
    }

    /// The actor that a token vouches for.
    pub(super) fn verify(&self, token: &str) -> Result<Actor, String> {
        self.verifier.verify(token).map(|verified| verified.actor).map_err(|why| why.to_string())
    }

    /// The same; if its key is not known, the keys are read again first.
    pub(super) async fn verify_anew(&self, token: &str) -> Result<Actor, String> {
        if let Err(Refusal::UnknownKey(_)) = self.verifier.verify(token) {
            self.verifier.reread_for(token).await;
        }
        self.verify(token)
    }

    /// Looks whether the keys have changed.
    pub(super) fn reread(&self) {
        self.verifier.reread(Occasion::Interval);
    }

    /// Writes other keys into the file.
    pub(super) fn publish(&self, keys: &[Value]) {
        self.publish_text(&json!({"keys": keys}).to_string());
    }

    pub(super) fn publish_text(&self, text: &str) {
        std::fs::write(&self.file, text).unwrap();
    }

    /// Takes the file away.
    pub(super) fn remove_file(&self) {
        std::fs::remove_file(&self.file).unwrap();
    }
}
