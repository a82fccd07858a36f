//! A second signature of heads, by SM2 with SM3 (GB/T 32918.2), for those who are obliged to rely on these.
//!
//! It is a line of its own after that of Ed25519. C2SP has assigned no type to such keys; theirs is 0xff, which stands
//! before names of types that are not assigned, and [`KIND`]. The public key is the uncompressed point, the signature r and
//! s with 32 bytes each, and the signer's distinguishing identifier the usual one of GM/T 0009.

use super::{NoteError, key_id, read_key, written_key};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use sm2::dsa::signature::{Signer as _, Verifier as _};
use sm2::dsa::{Signature, SigningKey, VerifyingKey};
use sm2::pkcs8::DecodePrivateKey as _;
use std::fmt;
use std::str::FromStr;

/// The type of these keys.
const KIND: &[u8] = b"\xffsm2-with-sm3";
/// The distinguishing identifier of GM/T 0009.
const DISTINGUISHING_ID: &str = "1234567812345678";

/// Adds a signature by SM2 to the heads of one log.
#[derive(Debug)]
pub struct Sm2Signer {
    key: SigningKey,
    public: Sm2Key,
}

/// The public key of a signer; written `<origin>+<hash>+<key>`, as in signed notes.
#[derive(Debug, Clone)]
pub struct Sm2Key {
    origin: String,
    key: VerifyingKey,
}

impl Sm2Signer {
    /// Reads a private key in PKCS #8 PEM; for the log named `origin`.
    pub fn from_pkcs8_pem(origin: impl Into<String>, pem: &str) -> Result<Sm2Signer, NoteError> {
        let malformed = NoteError::Malformed("SM2 key in PKCS #8 PEM");
        let secret = sm2::SecretKey::from_pkcs8_pem(pem).map_err(|_| malformed.clone())?;
        let key = SigningKey::new(DISTINGUISHING_ID, &secret).map_err(|_| malformed)?;
        let public = Sm2Key { origin: origin.into(), key: key.verifying_key().clone() };
        Ok(Sm2Signer { key, public })
    }

    /// Returns the key that verifies its signatures.
    pub fn public(&self) -> &Sm2Key {
        &self.public
    }

    /// The line that signs a text.
    pub(super) fn line(&self, text: &str) -> String {
        let signature: Signature = self.key.sign(text.as_bytes());
        let bytes = [&self.public.id()[..], &signature.to_bytes()].concat();
        format!("— {} {}\n", self.public.origin, BASE64.encode(bytes))
    }
}

impl Sm2Key {
    fn id(&self) -> [u8; 4] {
        key_id(&self.origin, KIND, &self.key.to_sec1_bytes())
    }

    /// Verifies this key's signature of a head, and nothing else of it.
    pub fn verify(&self, note: &str) -> Result<(), NoteError> {
        let (body, lines) = note.split_once("\n\n").ok_or(NoteError::Malformed("signed head"))?;
        let text = format!("{body}\n");
        let is_signed = lines.lines().any(|line| self.verifies(line, text.as_bytes()) == Some(true));
        if is_signed { Ok(()) } else { Err(NoteError::NotSignedBySm2(self.origin.clone())) }
    }

    fn verifies(&self, line: &str, text: &[u8]) -> Option<bool> {
        let ours = line.strip_prefix("— ")?.strip_prefix(&self.origin)?.strip_prefix(' ')?;
        let decoded = BASE64.decode(ours).ok()?;
        let signature = Signature::from_slice(decoded.strip_prefix(&self.id())?).ok()?;
        Some(self.key.verify(text, &signature).is_ok())
    }
}

impl fmt::Display for Sm2Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&written_key(&self.origin, KIND, &self.key.to_sec1_bytes()))
    }
}

impl FromStr for Sm2Key {
    type Err = NoteError;

    fn from_str(text: &str) -> Result<Sm2Key, NoteError> {
        let malformed = NoteError::Malformed("SM2 key of a log, <name>+<hash>+<key>");
        let (origin, bytes) = read_key(text, KIND).ok_or_else(|| malformed.clone())?;
        let key = VerifyingKey::from_sec1_bytes(DISTINGUISHING_ID, &bytes).map_err(|_| malformed)?;
        Ok(Sm2Key { origin, key })
    }
}
