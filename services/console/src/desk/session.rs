//! Who is signed in. All that is known of it is in one sealed cookie, so a console keeps nothing, and any number of them
//! serve the same readers.

use super::limits::{IDLE_SECONDS_MAX, RENEWAL_SECONDS, SESSION_SECONDS_MAX};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64;
use chacha20poly1305::aead::{Aead as _, Payload};
use chacha20poly1305::{KeyInit as _, XChaCha20Poly1305, XNonce};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::fmt;
use std::time::{SystemTime, UNIX_EPOCH};

/// What a sealed session is bound to, so that nothing else that is sealed with the key can be taken for one.
const PURPOSE: &[u8] = b"huishang session 1";
const NONCE_BYTES: usize = 24;

/// Somebody who is signed in.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Session {
    /// The token that they signed in with; every call shows it.
    pub(super) token: String,
    /// Forms carry it, so that no other site can send one.
    pub(super) form_token: String,
    began_at: i64,
    seen_at: i64,
}

// A token is not for logs.
impl fmt::Debug for Session {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Session").field("began_at", &self.began_at).finish_non_exhaustive()
    }
}

impl Session {
    /// A session that begins now.
    pub(super) fn begin(token: String, now: i64) -> Session {
        let form_token = BASE64.encode(rand::random::<[u8; 16]>());
        Session { token, form_token, began_at: now, seen_at: now }
    }

    /// Whether it lasts.
    fn lasts(&self, now: i64) -> bool {
        now - self.seen_at < IDLE_SECONDS_MAX && now - self.began_at < SESSION_SECONDS_MAX
    }

    /// The same as used now, if that has to be noted.
    pub(super) fn renewed(&self, now: i64) -> Option<Session> {
        (now - self.seen_at >= RENEWAL_SECONDS).then(|| Session { seen_at: now, ..self.clone() })
    }

    /// What the token says of its holder. It decides what a page offers; what its reader may do is decided by the
    /// services, which check the token.
    pub(super) fn holder(&self) -> Holder {
        let claims = self.token.split('.').nth(1).and_then(|claims| BASE64.decode(claims).ok());
        let claims: Value =
            claims.and_then(|claims| serde_json::from_slice(&claims).ok()).unwrap_or_default();
        let text = |name: &str| claims[name].as_str().map(str::to_owned);
        let roles = claims["roles"].as_array().into_iter().flatten();
        Holder {
            subject: text("sub").unwrap_or_default(),
            department: text("department"),
            roles: roles.filter_map(|role| Some(role.as_str()?.to_owned())).collect(),
        }
    }
}

/// Who a token says that its holder is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Holder {
    pub(super) subject: String,
    pub(super) department: Option<String>,
    pub(super) roles: Vec<String>,
}

impl Holder {
    pub(super) fn is(&self, role: &str) -> bool {
        self.roles.iter().any(|held| held == role)
    }
}

/// Seconds since 1970.
#[expect(
    clippy::disallowed_methods,
    reason = "sessions end by the machine's clock, as tokens do, also in a rehearsal"
)]
pub(super) fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}

/// Seals sessions, and opens those that last.
pub(super) struct Sealer(XChaCha20Poly1305);

impl Sealer {
    pub(super) fn new(key: [u8; 32]) -> Sealer {
        Sealer(XChaCha20Poly1305::new(&key.into()))
    }

    pub(super) fn seal(&self, session: &Session) -> String {
        let nonce: [u8; NONCE_BYTES] = rand::random();
        let plain = serde_json::to_vec(session).expect("a session has texts and numbers only");
        let sealed = self.0.encrypt(&XNonce::from(nonce), Payload { msg: &plain, aad: PURPOSE });
        let sealed = sealed.expect("a session is far smaller than what one nonce allows");
        BASE64.encode([nonce.as_slice(), &sealed].concat())
    }

    /// The session in a cookie; none when it was not sealed here or is over.
    pub(super) fn open(&self, cookie: &str, now: i64) -> Option<Session> {
        let bytes = BASE64.decode(cookie).ok()?;
        let (nonce, sealed) = bytes.split_first_chunk::<NONCE_BYTES>()?;
        let plain = self.0.decrypt(&XNonce::from(*nonce), Payload { msg: sealed, aad: PURPOSE }).ok()?;
        let session: Session = serde_json::from_slice(&plain).ok()?;
        session.lasts(now).then_some(session)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_is_opened_only_with_its_key_and_as_it_was_sealed() {
        let sealer = Sealer::new([7; 32]);
        let cookie = sealer.seal(&Session::begin("a.b.c".into(), 1_000));
        assert_eq!(sealer.open(&cookie, 1_000).unwrap().token, "a.b.c");
        assert!(!cookie.contains("a.b.c") && Sealer::new([8; 32]).open(&cookie, 1_000).is_none());
        let mut bytes = BASE64.decode(&cookie).unwrap();
        *bytes.last_mut().unwrap() ^= 1;
        for wrong in [BASE64.encode(bytes).as_str(), "", "no base64!", &cookie[..20]] {
            assert!(sealer.open(wrong, 1_000).is_none(), "{wrong}");
        }
    }

    #[test]
    fn a_session_ends_when_it_is_idle_and_in_any_case_after_hours() {
        let sealer = Sealer::new([7; 32]);
        let mut session = Session::begin("a.b.c".into(), 0);
        assert!(sealer.open(&sealer.seal(&session), IDLE_SECONDS_MAX - 1).is_some());
        assert!(sealer.open(&sealer.seal(&session), IDLE_SECONDS_MAX).is_none());
        let mut now = 0;
        while now + RENEWAL_SECONDS < SESSION_SECONDS_MAX {
            now += RENEWAL_SECONDS;
            session = session.renewed(now).expect("it is used");
            assert!(session.renewed(now + 1).is_none(), "not with every request");
        }
        assert!(sealer.open(&sealer.seal(&session), SESSION_SECONDS_MAX - 1).is_some());
        assert!(sealer.open(&sealer.seal(&session), SESSION_SECONDS_MAX).is_none());
    }
}
