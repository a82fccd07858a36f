//! A person's key.

use chacha20poly1305::aead::{Aead as _, Payload};
use chacha20poly1305::{ChaCha20Poly1305, KeyInit as _, Nonce};
use domain::Uuid;
use sha2::{Digest as _, Sha256};
use std::fmt;

const ID_BYTES: usize = 16;
const NONCE_BYTES: usize = 12;
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
    cipher: ChaCha20Poly1305,
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
        Key { id, tag, secret, cipher: ChaCha20Poly1305::new(&secret.into()) }
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

    /// Seals a value, bound to its place: its own id, a random nonce, the ciphertext with its authentication tag.
    pub(crate) fn seal(&self, place: &[u8], value: &[u8]) -> Vec<u8> {
        let nonce: [u8; NONCE_BYTES] = rand::random();
        let plain = Payload { msg: value, aad: place };
        let sealed = self.cipher.encrypt(&Nonce::from(nonce), plain);
        let sealed = sealed.expect("a value is far smaller than what one nonce allows");
        [self.id.as_bytes().as_slice(), &nonce, &sealed].concat()
    }

    /// Opens a value that was sealed with this key for this place; none when it was not.
    pub(crate) fn open(&self, place: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
        let (nonce, sealed) = sealed.get(ID_BYTES..)?.split_first_chunk::<NONCE_BYTES>()?;
        self.cipher.decrypt(&Nonce::from(*nonce), Payload { msg: sealed, aad: place }).ok()
    }

    /// The id of the key with which a value was sealed; none when it is too short to be a sealed value.
    pub(crate) fn id_in(sealed: &[u8]) -> Option<Uuid> {
        sealed.first_chunk::<ID_BYTES>().map(|id| Uuid::from_bytes(*id))
    }
}
