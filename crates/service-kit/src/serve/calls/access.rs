//! What of a call is of interest to the access log.

use crate::access_log::{AccessLog, Event};
use crate::limits::{ACCESSED_BYTES_MAX, TOKENS_REMEMBERED_MAX};
use http::HeaderMap;
use http::header::AUTHORIZATION;
use quick_cache::sync::Cache;
use serde_json::{Map, Value};
use std::hash::{BuildHasher as _, RandomState};
use std::sync::{Arc, OnceLock};
use tonic::Code;

/// The access log, and what it is told of once.
#[derive(Clone)]
pub(super) struct AccessObserver {
    pub(super) log: AccessLog,
    /// Digests of the tokens that were accepted here.
    seen: Arc<Cache<u64, ()>>,
    hasher: Arc<RandomState>,
}

impl AccessObserver {
    pub(super) fn new(log: AccessLog) -> AccessObserver {
        AccessObserver { log, seen: Arc::new(Cache::new(TOKENS_REMEMBERED_MAX)), hasher: Arc::default() }
    }

    pub(super) fn is_on(&self) -> bool {
        self.log.is_on()
    }

    /// What distinguishes the token of a request from others; none when nobody wants to know.
    pub(super) fn digest_of_token(&self, headers: &HeaderMap) -> Option<u64> {
        let token = headers.get(AUTHORIZATION).filter(|_| self.is_on())?;
        Some(self.hasher.hash_one(token.as_bytes()))
    }

    /// Whether no call with this token, which is accepted, came before, as far as is remembered.
    pub(super) fn is_first_call_with(&self, token: Option<u64>) -> bool {
        let Some(token) = token.filter(|token| self.seen.get(token).is_none()) else { return false };
        self.seen.insert(token, ());
        true
    }
}

/// What a request accesses, in its extensions, for those outside who do not have its bytes.
#[derive(Debug, Clone, Default)]
pub(in crate::serve) struct AccessNote(Arc<OnceLock<Map<String, Value>>>);

impl AccessNote {
    /// Notes what a request accesses, if it is of interest.
    pub(in crate::serve) fn set(&self, accessed: Option<Map<String, Value>>) {
        let Some(accessed) = accessed else { return };
        let bytes: usize = accessed.values().map(|value| value.to_string().len()).sum();
        let _ = self.0.set(if bytes <= ACCESSED_BYTES_MAX { accessed } else { Map::new() });
    }

    pub(super) fn get(&self) -> Option<&Map<String, Value>> {
        self.0.get()
    }
}

/// What the access log calls a refusal with this code, if it is of interest there.
pub(super) fn event_of_refusal(code: Code) -> Option<Event> {
    match code {
        Code::Unauthenticated => Some(Event::TokenRefused),
        Code::PermissionDenied => Some(Event::RightsRefused),
        _ => None,
    }
}
