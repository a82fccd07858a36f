//! Who is signed in. All that is known of it is in one sealed cookie, so a console keeps nothing, and any number of them
//! serve the same readers.

use super::limits::{IDLE_SECONDS_MAX, RENEWAL_SECONDS, SESSION_SECONDS_MAX};
use super::seal::Sealed;
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64;
use proto::api::v1::Role;
use proto::directory::v1::Caller;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::fmt;
use std::time::{SystemTime, UNIX_EPOCH};

/// Somebody who is signed in.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Session {
    /// The token that they signed in with; every call shows it.
    pub(super) token: String,
    /// Whom the token identified then. It decides what a page offers; what its reader may do is decided by the services,
    /// which check the token.
    pub(super) holder: Holder,
    /// Forms carry it, so that no other site can send one.
    pub(super) form_token: String,
    began_at: i64,
    seen_at: i64,
}

impl Sealed for Session {
    const PURPOSE: &'static [u8] = b"huishang session 2";
}

// A token is not for logs.
impl fmt::Debug for Session {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Session").field("began_at", &self.began_at).finish_non_exhaustive()
    }
}

impl Session {
    /// A session that begins now.
    pub(super) fn begin(token: String, holder: Holder, now: i64) -> Session {
        Session { token, holder, form_token: random_text(), began_at: now, seen_at: now }
    }

    /// Whether it lasts.
    pub(super) fn lasts(&self, now: i64) -> bool {
        now - self.seen_at < IDLE_SECONDS_MAX && now - self.began_at < SESSION_SECONDS_MAX
    }

    /// The same as used now, if that has to be noted.
    pub(super) fn renewed(&self, now: i64) -> Option<Session> {
        (now - self.seen_at >= RENEWAL_SECONDS).then(|| Session { seen_at: now, ..self.clone() })
    }
}

/// What a token says, unchecked; nothing when it cannot be read.
pub(super) fn claims(token: &str) -> Value {
    let claims = token.split('.').nth(1).and_then(|claims| BASE64.decode(claims).ok());
    claims.and_then(|claims| serde_json::from_slice(&claims).ok()).unwrap_or_default()
}

/// A text that nobody can guess.
pub(super) fn random_text() -> String {
    BASE64.encode(rand::random::<[u8; 16]>())
}

/// Whom a token identifies.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Holder {
    pub(super) subject: String,
    pub(super) department: Option<String>,
    /// As tokens name them, such as `department-lead`.
    pub(super) roles: Vec<String>,
}

impl Holder {
    pub(super) fn is(&self, role: &str) -> bool {
        self.roles.iter().any(|held| held == role)
    }

    /// Whether it may ask who could see what.
    pub(super) fn oversees(&self) -> bool {
        self.is("supervisor") || self.is("auditor")
    }
}

impl From<Caller> for Holder {
    fn from(caller: Caller) -> Holder {
        let roles = caller.roles().map(token_name).collect();
        let department = Some(caller.department_code).filter(|code| !code.is_empty());
        Holder { subject: caller.subject, department, roles }
    }
}

/// A role as tokens name it.
pub(super) fn token_name(role: Role) -> String {
    role.as_str_name().trim_start_matches("ROLE_").to_lowercase().replace('_', "-")
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_ends_when_it_is_idle_and_in_any_case_after_hours() {
        let mut session = Session::begin("a.b.c".into(), Holder::default(), 0);
        assert!(session.lasts(IDLE_SECONDS_MAX - 1) && !session.lasts(IDLE_SECONDS_MAX));
        let mut now = 0;
        while now + RENEWAL_SECONDS < SESSION_SECONDS_MAX {
            now += RENEWAL_SECONDS;
            session = session.renewed(now).expect("it is used");
            assert!(session.renewed(now + 1).is_none(), "not with every request");
        }
        assert!(session.lasts(SESSION_SECONDS_MAX - 1) && !session.lasts(SESSION_SECONDS_MAX));
    }

    #[test]
    fn a_holder_is_named_as_tokens_name_them() {
        let roles = vec![Role::DepartmentLead as i32, Role::Clerk as i32];
        let caller = Caller { subject: "chen".into(), department_code: String::new(), roles };
        let holder = Holder::from(caller);
        assert_eq!((holder.department.as_deref(), holder.is("department-lead")), (None, true));
        assert!(holder.is("clerk") && !holder.is("supervisor"));
    }
}
