//! The secrets of subscriptions, and the signatures made with them, as Standard Webhooks 1.0 has them.
//!
//! A secret is derived from the service's key, the subscription's id and the secret's number, so that it is stored nowhere:
//! neither the log nor a view has anything to steal.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use data_encoding::BASE32_NOPAD;
use domain::delivery::subscription::Known;
use domain::{Timestamp, Uuid};
use ed25519_dalek::{Signer as _, SigningKey};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use std::fmt;
use std::sync::Arc;

/// What the derivation is for, so that one key never serves two ends.
const DERIVATION: &[u8] = b"huishang delivery 1";

/// Bytes of the proof in an address for answers: the part of an address before "@" has 64 at most.
const ANSWER_PROOF_BYTES: usize = 12;

/// The service's key. Cheap to clone.
#[derive(Clone)]
pub(crate) struct ServiceKey(Arc<[u8; 32]>);

/// Not shown: whoever has it can sign for all subscriptions.
impl fmt::Debug for ServiceKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ServiceKey")
    }
}

impl ServiceKey {
    pub(crate) fn new(key: &SigningKey) -> ServiceKey {
        ServiceKey(Arc::new(key.to_bytes()))
    }

    /// One secret of a subscription.
    pub(crate) fn secret(&self, subscription: Uuid, number: u32) -> Secret {
        let derive = |what: &[u8]| {
            let number = number.to_be_bytes();
            mac(&self.0, &[DERIVATION, what, subscription.as_bytes(), &number])
        };
        Secret { symmetric: derive(b"v1"), asymmetric: SigningKey::from_bytes(&derive(b"v1a")) }
    }

    /// The secret in the address of a calendar feed. The log keeps its digest, so it is good for as long as the feed, whatever
    /// becomes of the key.
    pub(crate) fn of_calendar(&self, feed: Uuid) -> [u8; 32] {
        mac(&self.0, &[DERIVATION, b"calendar", feed.as_bytes()])
    }

    /// The secret in the address to which a subscriber answers an invitation to a session: whose it is, and the proof.
    pub(crate) fn of_answer(&self, subscription: Uuid, session: Uuid) -> String {
        let proof = mac(&self.0, &[DERIVATION, b"answer", subscription.as_bytes(), session.as_bytes()]);
        let secret = [subscription.as_bytes().as_slice(), &proof[..ANSWER_PROOF_BYTES]].concat();
        BASE32_NOPAD.encode(&secret).to_lowercase()
    }

    /// The subscription whose secret for answers about a session this is. Mail changes the case of addresses.
    pub(crate) fn answered(&self, secret: &str, session: Uuid) -> Option<Uuid> {
        let decoded = BASE32_NOPAD.decode(secret.to_uppercase().as_bytes()).ok()?;
        let subscription = Uuid::from_slice(decoded.get(..16)?).ok()?;
        let expected = self.of_answer(subscription, session);
        let given = secret.to_lowercase();
        // How much of it is right takes no time of its own.
        let is_equal = expected.len() == given.len()
            && expected.bytes().zip(given.bytes()).fold(0, |differs, (a, b)| differs | (a ^ b)) == 0;
        is_equal.then_some(subscription)
    }

    /// What tells this key from another one, and nothing more of it.
    pub(crate) fn fingerprint(&self) -> String {
        data_encoding::HEXLOWER.encode(&mac(&self.0, &[DERIVATION, b"fingerprint"])[..8])
    }

    /// The secrets that sign at a moment, the newest first.
    pub(crate) fn secrets(&self, subscription: Uuid, known: &Known, now: Timestamp) -> Vec<Secret> {
        let newest = self.secret(subscription, known.secret_number);
        let overlaps = known.overlaps_by.is_some_and(|until| now < until);
        let before = overlaps.then(|| self.secret(subscription, known.secret_number - 1));
        std::iter::once(newest).chain(before).collect()
    }
}

/// A secret of a subscription, shared with its receiver.
pub(crate) struct Secret {
    symmetric: [u8; 32],
    asymmetric: SigningKey,
}

impl Secret {
    /// What the receiver verifies `v1` with.
    pub(crate) fn shared(&self) -> String {
        format!("whsec_{}", STANDARD.encode(self.symmetric))
    }

    /// What anybody verifies `v1a` with.
    pub(crate) fn public(&self) -> String {
        format!("whpk_{}", STANDARD.encode(self.asymmetric.verifying_key().as_bytes()))
    }

    fn sign(&self, message: &[&[u8]]) -> String {
        let symmetric = STANDARD.encode(mac(&self.symmetric, message));
        let asymmetric = STANDARD.encode(self.asymmetric.sign(&message.concat()).to_bytes());
        format!("v1,{symmetric} v1a,{asymmetric}")
    }
}

/// The signatures of a message, as they are sent in `webhook-signature`.
pub(crate) fn signatures(secrets: &[Secret], id: &str, at: Timestamp, body: &[u8]) -> String {
    let at = at.as_second().to_string();
    let message = [id.as_bytes(), b".", at.as_bytes(), b".", body];
    let signed: Vec<String> = secrets.iter().map(|secret| secret.sign(&message)).collect();
    signed.join(" ")
}

fn mac(key: &[u8; 32], message: &[&[u8]]) -> [u8; 32] {
    // A key of any length is accepted.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else { return [0; 32] };
    for part in message {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_subscription_and_number_has_a_secret_of_its_own() {
        let key = ServiceKey::new(&SigningKey::from_bytes(&[7; 32]));
        let secret = |id, number| key.secret(Uuid::from_u128(id), number).shared();
        assert_eq!(secret(1, 1), secret(1, 1));
        assert_ne!(secret(1, 1), secret(1, 2));
        assert_ne!(secret(1, 1), secret(2, 1));
        let another = ServiceKey::new(&SigningKey::from_bytes(&[8; 32]));
        assert_ne!(secret(1, 1), another.secret(Uuid::from_u128(1), 1).shared());
    }

    #[test]
    fn a_secret_for_answers_is_good_for_one_subscription_and_session() {
        let key = ServiceKey::new(&SigningKey::from_bytes(&[7; 32]));
        let (own, session) = (Uuid::from_u128(1), Uuid::from_u128(9));
        let secret = key.of_answer(own, session);
        assert_eq!(key.answered(&secret.to_uppercase(), session), Some(own));
        assert_eq!(key.answered(&secret, Uuid::from_u128(8)), None);
        for forged in [
            key.of_answer(Uuid::from_u128(2), session).split_at(26).0.to_owned() + &secret[26..],
            secret[1..].to_owned(),
            String::new(),
            "é".repeat(30),
        ] {
            assert_eq!(key.answered(&forged, session), None, "{forged}");
        }
        assert!(secret.len() <= 45, "{secret}");
    }

    /// The example of the specification.
    #[test]
    fn a_message_is_signed_as_the_specification_does_it() {
        let secret = Secret {
            symmetric: *b"C\xe4\x91\x0e\x02\xd9\x5b\x3a\x1c\x6f\x77\x0d\x10\x9f\xab\xcd\x01\x23\x45\x67\x89\xab\xcd\xef\x00\x11\x22\x33\x44\x55\x66\x77",
            asymmetric: SigningKey::from_bytes(&[1; 32]),
        };
        let at = Timestamp::from_second(1_674_087_231).unwrap();
        let signed = signatures(&[secret], "42/1", at, b"{}");
        let [v1, v1a] = signed.split(' ').collect::<Vec<_>>()[..] else { panic!("{signed}") };
        let expected = mac(
            b"C\xe4\x91\x0e\x02\xd9\x5b\x3a\x1c\x6f\x77\x0d\x10\x9f\xab\xcd\x01\x23\x45\x67\x89\xab\xcd\xef\x00\x11\x22\x33\x44\x55\x66\x77",
            &[b"42/1.1674087231.{}"],
        );
        assert_eq!(v1, format!("v1,{}", STANDARD.encode(expected)));
        let signature = STANDARD.decode(v1a.strip_prefix("v1a,").unwrap()).unwrap();
        let key = SigningKey::from_bytes(&[1; 32]).verifying_key();
        let signature = ed25519_dalek::Signature::from_slice(&signature).unwrap();
        assert!(key.verify_strict(b"42/1.1674087231.{}", &signature).is_ok());
    }
}
