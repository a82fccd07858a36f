//! What is sealed into cookies, so that a console keeps nothing and browsers can neither read nor change it.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64;
use chacha20poly1305::aead::{Aead as _, Payload};
use chacha20poly1305::{KeyInit as _, XChaCha20Poly1305, XNonce};
use serde::Serialize;
use serde::de::DeserializeOwned;

const NONCE_BYTES: usize = 24;

/// What is sealed, bound to its purpose, so that nothing that was sealed for another can be taken for it.
pub(super) trait Sealed: Serialize + DeserializeOwned {
    /// Unlike that of anything else.
    const PURPOSE: &'static [u8];
}

/// Seals, and opens what it has sealed.
pub(super) struct Sealer(XChaCha20Poly1305);

impl Sealer {
    pub(super) fn new(key: [u8; 32]) -> Sealer {
        Sealer(XChaCha20Poly1305::new(&key.into()))
    }

    pub(super) fn seal<T: Sealed>(&self, value: &T) -> String {
        let nonce: [u8; NONCE_BYTES] = rand::random();
        let plain = serde_json::to_vec(value).expect("what is sealed has texts and numbers only");
        let sealed = self.0.encrypt(&XNonce::from(nonce), Payload { msg: &plain, aad: T::PURPOSE });
        let sealed = sealed.expect("what is sealed is far smaller than what one nonce allows");
        BASE64.encode([nonce.as_slice(), &sealed].concat())
    }

    /// What is in a cookie; none when it was not sealed here for this purpose.
    pub(super) fn open<T: Sealed>(&self, cookie: &str) -> Option<T> {
        let bytes = BASE64.decode(cookie).ok()?;
        let (nonce, sealed) = bytes.split_first_chunk::<NONCE_BYTES>()?;
        let plain = self.0.decrypt(&XNonce::from(*nonce), Payload { msg: sealed, aad: T::PURPOSE }).ok()?;
        serde_json::from_slice(&plain).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Serialize, Deserialize)]
    struct Secret(String);

    impl Sealed for Secret {
        const PURPOSE: &'static [u8] = b"a secret";
    }

    #[derive(Serialize, Deserialize)]
    struct Other(String);

    impl Sealed for Other {
        const PURPOSE: &'static [u8] = b"something else";
    }

    #[test]
    fn what_is_sealed_is_opened_only_with_its_key_for_its_purpose_and_as_it_was() {
        let sealer = Sealer::new([7; 32]);
        let cookie = sealer.seal(&Secret("a.b.c".into()));
        assert_eq!(sealer.open::<Secret>(&cookie).unwrap().0, "a.b.c");
        assert!(!cookie.contains("a.b.c") && sealer.open::<Other>(&cookie).is_none());
        assert!(Sealer::new([8; 32]).open::<Secret>(&cookie).is_none());
        let mut bytes = BASE64.decode(&cookie).unwrap();
        *bytes.last_mut().unwrap() ^= 1;
        for wrong in [BASE64.encode(bytes).as_str(), "", "no base64!", &cookie[..20]] {
            assert!(sealer.open::<Secret>(wrong).is_none(), "{wrong}");
        }
    }
}
