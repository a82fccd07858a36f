//! Keys that are created at the first start: those that sign tokens in development, their public half as a JWKS
//! file, and the one that signs a ledger's heads.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use ed25519_dalek::pkcs8::{DecodePrivateKey as _, EncodePrivateKey as _, KeypairBytes};
use jsonwebtoken::jwk::{Jwk, JwkSet};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use std::fs::{DirBuilder, File, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use super::Claims;

/// The `kid` of a key that is created here.
const KEY_ID: &str = "development";
/// The private key that signs tokens in development, in the folder of keys.
pub const SIGNING_KEY: &str = "signing-key.pem";
/// The public keys that verify tokens, in the folder of keys.
pub const JWKS: &str = "jwks.json";

/// Bytes of the key that seals sessions.
const SESSION_KEY_BYTES: usize = 32;

/// Why keys could not be created or read.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The file cannot be read or written.
    #[error("{}: {error}", file.display())]
    File {
        /// Which file.
        file: PathBuf,
        /// What the system reported.
        error: std::io::Error,
    },
    /// The file holds no such key.
    #[error("{}: {why}", file.display())]
    Content {
        /// Which file.
        file: PathBuf,
        /// What is wrong with it.
        why: String,
    },
}

impl KeyError {
    pub(super) fn content(file: &Path, why: impl ToString) -> KeyError {
        KeyError::Content { file: file.to_owned(), why: why.to_string() }
    }
    fn not_a_key(file: &Path, error: impl std::fmt::Display) -> KeyError {
        let why = format!("it holds no Ed25519 key in PKCS #8 PEM ({error}); put back a copy of the key");
        KeyError::content(file, why)
    }
    pub(super) fn file(file: &Path) -> impl FnOnce(std::io::Error) -> KeyError + '_ {
        move |error| KeyError::File { file: file.to_owned(), error }
    }
}

/// A private key that signs tokens.
pub struct SigningKey(EncodingKey);

impl SigningKey {
    /// Reads a PKCS #8 PEM file with an Ed25519 key.
    pub fn read(file: &Path) -> Result<SigningKey, KeyError> {
        let pem = std::fs::read(file).map_err(KeyError::file(file))?;
        let key = EncodingKey::from_ed_pem(&pem).map_err(|error| KeyError::not_a_key(file, error))?;
        Ok(SigningKey(key))
    }

    /// Signs a token.
    pub fn sign(&self, claims: &Claims) -> Result<String, jsonwebtoken::errors::Error> {
        let header = Header { kid: Some(KEY_ID.to_owned()), ..Header::new(Algorithm::EdDSA) };
        jsonwebtoken::encode(&header, claims, &self.0)
    }
}

/// Creates `<folder>/signing-key.pem` and `<folder>/jwks.json`, readable by their owner only, where neither is
/// there. Returns whether it created them. What is there is never written over: one file without the other is an
/// error.
pub fn ensure_development_keys(folder: &Path) -> Result<bool, KeyError> {
    let (private, public) = (folder.join(SIGNING_KEY), folder.join(JWKS));
    match (is_there(&private)?, is_there(&public)?) {
        (true, true) => return Ok(false),
        (true, false) => return Err(half_a_pair(&private, &public)),
        (false, true) => return Err(half_a_pair(&public, &private)),
        (false, false) => create_folder(folder)?,
    }
    // Without the public half in it: the form that token libraries read.
    let key = KeypairBytes { secret_key: rand::random(), public_key: None };
    let pem = key.to_pkcs8_pem(Default::default()).map_err(|error| KeyError::content(&private, error))?;
    let der = key.to_pkcs8_der().map_err(|error| KeyError::content(&private, error))?;
    let encoding = EncodingKey::from_ed_der(der.as_bytes());
    let mut jwk = Jwk::from_encoding_key(&encoding, Algorithm::EdDSA)
        .map_err(|error| KeyError::content(&public, error))?;
    jwk.common.key_id = Some(KEY_ID.to_owned());
    let jwks = serde_json::to_string_pretty(&JwkSet { keys: vec![jwk] })
        .map_err(|error| KeyError::content(&public, error))?;
    write_new(&private, pem.as_bytes())?;
    write_new(&public, jwks.as_bytes())?;
    Ok(true)
}

fn half_a_pair(there: &Path, missing: &Path) -> KeyError {
    let why = format!(
        "it is there, but {} is not, so it is no pair of development keys. Put the other file back; or move this one \
         away, and a new pair is created; or name the file with your public keys with identity.jwks, and none is \
         needed",
        missing.display()
    );
    KeyError::content(there, why)
}

/// The key in a PKCS #8 PEM file that only its owner can read. It is created when the file is missing.
pub fn ensure_key(file: &Path) -> Result<ed25519_dalek::SigningKey, KeyError> {
    if !is_there(file)? {
        create_folder(folder_of(file))?;
        let key = KeypairBytes { secret_key: rand::random(), public_key: None };
        let pem = key.to_pkcs8_pem(Default::default()).map_err(|error| KeyError::content(file, error))?;
        write_new(file, pem.as_bytes())?;
    }
    let pem = std::fs::read_to_string(file).map_err(KeyError::file(file))?;
    ed25519_dalek::SigningKey::from_pkcs8_pem(&pem).map_err(|error| KeyError::not_a_key(file, error))
}

/// The key that seals the sessions of the console's readers: 32 bytes in base64, in a file that only its owner can read.
/// It is created when the file is missing.
pub fn ensure_session_key(file: &Path) -> Result<[u8; SESSION_KEY_BYTES], KeyError> {
    if !is_there(file)? {
        create_folder(folder_of(file))?;
        write_new(file, BASE64_STANDARD.encode(rand::random::<[u8; SESSION_KEY_BYTES]>()).as_bytes())?;
    }
    let text = std::fs::read_to_string(file).map_err(KeyError::file(file))?;
    let bytes = BASE64_STANDARD.decode(text.trim()).ok().and_then(|bytes| bytes.try_into().ok());
    bytes.ok_or_else(|| {
        let why = format!(
            "it holds no key of {SESSION_KEY_BYTES} bytes in base64; move it away, and one is created"
        );
        KeyError::content(file, why)
    })
}

/// Whether there is anything under this name, be it a link that leads nowhere.
fn is_there(file: &Path) -> Result<bool, KeyError> {
    match file.symlink_metadata() {
        Ok(_) => Ok(true),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(KeyError::file(file)(error)),
    }
}

fn folder_of(file: &Path) -> &Path {
    file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn create_folder(folder: &Path) -> Result<(), KeyError> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(KeyError::file(folder))
}

/// Writes a file that is not there yet, durably. Whatever came there meanwhile stays.
fn write_new(file: &Path, content: &[u8]) -> Result<(), KeyError> {
    OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(file)
        .and_then(|mut open| open.write_all(content).and_then(|()| open.sync_all()))
        .and_then(|()| File::open(folder_of(file))?.sync_all())
        .map_err(KeyError::file(file))
}

#[cfg(test)]
mod tests;
