//! Keys that are created at the first start: those that sign tokens in development, their public half as a JWKS
//! file, and the one that signs a ledger's heads.

use ed25519_dalek::pkcs8::{DecodePrivateKey as _, EncodePrivateKey as _, KeypairBytes};
use jsonwebtoken::jwk::{Jwk, JwkSet};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use super::Claims;

const KEY_ID: &str = "development";

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
        let key = EncodingKey::from_ed_pem(&pem).map_err(|error| KeyError::content(file, error))?;
        Ok(SigningKey(key))
    }

    /// Signs a token.
    pub fn sign(&self, claims: &Claims) -> Result<String, jsonwebtoken::errors::Error> {
        let header = Header { kid: Some(KEY_ID.to_owned()), ..Header::new(Algorithm::EdDSA) };
        jsonwebtoken::encode(&header, claims, &self.0)
    }
}

/// Creates `<folder>/signing-key.pem` (readable by its owner only) and `<folder>/jwks.json`, unless the
/// key is there. Returns whether it created them.
pub fn ensure_development_keys(folder: &Path) -> Result<bool, KeyError> {
    let private = folder.join("signing-key.pem");
    let public = folder.join("jwks.json");
    if private.exists() && public.exists() {
        return Ok(false);
    }
    std::fs::create_dir_all(folder).map_err(KeyError::file(folder))?;
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
    write_new(&private, pem.as_bytes(), 0o600)?;
    write_new(&public, jwks.as_bytes(), 0o644)?;
    Ok(true)
}

/// The key in a PKCS #8 PEM file that only its owner can read. It is created when the file is missing.
pub fn ensure_ledger_key(file: &Path) -> Result<ed25519_dalek::SigningKey, KeyError> {
    if !file.exists() {
        let folder = file.parent().unwrap_or(Path::new("."));
        std::fs::create_dir_all(folder).map_err(KeyError::file(folder))?;
        let key = KeypairBytes { secret_key: rand::random(), public_key: None };
        let pem = key.to_pkcs8_pem(Default::default()).map_err(|error| KeyError::content(file, error))?;
        write_new(file, pem.as_bytes(), 0o600)?;
    }
    let pem = std::fs::read_to_string(file).map_err(KeyError::file(file))?;
    ed25519_dalek::SigningKey::from_pkcs8_pem(&pem).map_err(|error| KeyError::content(file, error))
}

fn write_new(file: &Path, content: &[u8], mode: u32) -> Result<(), KeyError> {
    std::fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(mode)
        .open(file)
        .and_then(|mut open| open.write_all(content).and_then(|()| open.sync_all()))
        .map_err(KeyError::file(file))
}
