//! A person's key, and the keys of single values that are derived from it.
//!
//! Each value is sealed with a key of its own: HMAC-SHA-256 of random bytes beside it, with the person's key. So a value
//! can be disclosed without the others, and it commits to its key, so that nobody can disclose another one and have
//! another text come out. A sealed value is:
//!
//! | bytes | what |
//! |---|---|
//! | 16 | id of the person's key |
//! | 16 | the random bytes |
//! | 32 | commitment: SHA-256 of the value's key |
//! | n + 16 | the value, encrypted with ChaCha20-Poly1305, bound to its place in the message |

use chacha20poly1305::aead::{Aead as _, Payload};
use chacha20poly1305::{ChaCha20Poly1305, KeyInit as _, Nonce};
use domain::Uuid;
use hmac::{Hmac, Mac as _};
use sha2::{Digest as _, Sha256};
use std::fmt;

const ID_BYTES: usize = 16;
const COMMITMENT_BYTES: usize = 32;
/// A value's key seals nothing else, so its nonce may be known.
const NONCE: [u8; 12] = [0; 12];
/// Size of a key's secret, in bytes.
const SECRET_BYTES: usize = 32;
/// Size of the stored form of a key, in bytes: the secret, and the tag of the person.
pub(crate) const STORED_BYTES: usize = SECRET_BYTES + 32;

/// What a person's key is found by: a hash of the name, so that the name is not kept beside the key.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Tag([u8; 32]);

impl Tag {
    pub(crate) fn of(name: &str) -> Tag {
        Tag(Sha256::digest(name.as_bytes()).into())
    }

    /// As part of a name, in hexadecimal.
    pub(crate) fn hex(&self) -> String {
        event_log::hex::encode(&self.0)
    }
}

/// The key with which what concerns one person is sealed.
pub(crate) struct Key {
    pub(crate) id: Uuid,
    pub(crate) tag: Tag,
    secret: [u8; SECRET_BYTES],
    derivation: Hmac<Sha256>,
}

/// The random bytes beside a sealed value, which no other value has.
pub(crate) type ValueSalt = [u8; 16];

/// The key of one value. Whoever has it can read this value, and no other.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct ValueKey(pub [u8; 32]);

// A secret is not for logs.
impl fmt::Debug for ValueKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("ValueKey")
    }
}

impl ValueKey {
    fn commitment(&self) -> [u8; COMMITMENT_BYTES] {
        Sha256::digest(self.0).into()
    }

    /// Opens the value that was sealed with this key for this place; none when it was not.
    pub(crate) fn open(&self, place: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
        let (commitment, sealed) =
            sealed.get(ID_BYTES + size_of::<ValueSalt>()..)?.split_first_chunk::<COMMITMENT_BYTES>()?;
        let opened = || self.cipher().decrypt(&Nonce::from(NONCE), Payload { msg: sealed, aad: place }).ok();
        (*commitment == self.commitment()).then(opened)?
    }

    fn cipher(&self) -> ChaCha20Poly1305 {
        ChaCha20Poly1305::new(&self.0.into())
    }
}

// A secret is not for logs.
impl fmt::Debug for Key {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Key").field("id", &self.id).finish_non_exhaustive()
    }
}

impl Key {
    /// Makes a new key for a person.
    pub(crate) fn generate(tag: Tag) -> Key {
        Key::new(Uuid::from_bytes(rand::random()), tag, rand::random())
    }

    fn new(id: Uuid, tag: Tag, secret: [u8; SECRET_BYTES]) -> Key {
        let derivation = Hmac::new_from_slice(&secret).expect("a key of any length will do");
        Key { id, tag, secret, derivation }
    }

    /// Its stored form, without its id.
    pub(crate) fn to_bytes(&self) -> [u8; STORED_BYTES] {
        let mut stored = [0; STORED_BYTES];
        stored[..SECRET_BYTES].copy_from_slice(&self.secret);
        stored[SECRET_BYTES..].copy_from_slice(&self.tag.0);
        stored
    }

    /// Reads its stored form; none when it is another size.
    pub(crate) fn from_bytes(id: Uuid, stored: &[u8]) -> Option<Key> {
        let (secret, tag) = stored.split_first_chunk::<SECRET_BYTES>()?;
        Some(Key::new(id, Tag(tag.try_into().ok()?), *secret))
    }

    /// What stands for a name, and says nothing about it to whoever does not have this key. It is no key of a value: those
    /// are made from 16 random bytes.
    pub(crate) fn mark(&self, name: &str) -> Uuid {
        let mut derivation = self.derivation.clone();
        derivation.update(b"the mark of somebody who was erased: ");
        derivation.update(name.as_bytes());
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&derivation.finalize().into_bytes()[..16]);
        Uuid::from_bytes(bytes)
    }

    fn value_key(&self, salt: &ValueSalt) -> ValueKey {
        let mut derivation = self.derivation.clone();
        derivation.update(salt);
        ValueKey(derivation.finalize().into_bytes().into())
    }

    /// Seals a value, bound to its place.
    pub(crate) fn seal(&self, place: &[u8], value: &[u8]) -> Vec<u8> {
        let salt: ValueSalt = rand::random();
        let key = self.value_key(&salt);
        let sealed = key.cipher().encrypt(&Nonce::from(NONCE), Payload { msg: value, aad: place });
        let sealed = sealed.expect("a value is far smaller than what one nonce allows");
        [self.id.as_bytes().as_slice(), &salt, &key.commitment(), &sealed].concat()
    }

    /// The key of a sealed value; none when it was not sealed with this one.
    pub(crate) fn key_of(&self, sealed: &[u8]) -> Option<ValueKey> {
        Some(self.value_key(&Key::salt_in(sealed)?))
    }

    /// The random bytes beside a sealed value; none when it is too short to be one.
    pub(crate) fn salt_in(sealed: &[u8]) -> Option<ValueSalt> {
        sealed.get(ID_BYTES..)?.first_chunk().copied()
    }

    /// The id of the key with which a value was sealed; none when it is too short to be a sealed value.
    pub(crate) fn id_in(sealed: &[u8]) -> Option<Uuid> {
        sealed.first_chunk::<ID_BYTES>().map(|id| Uuid::from_bytes(*id))
    }
}
