//! The keys in force of one issuer: those of its JWKS, read again when it may have changed.

use super::jwks::{Fault, KeySet};
use super::key_source::KeySource;
use super::keys::KeyError;
use crate::limits::{
    JWKS_AGE_WARNING_INTERVAL, JWKS_URL_POLL_INTERVAL, JWKS_URL_RETRY_INTERVAL, UNKNOWN_KEY_REREAD_INTERVAL,
    UNKNOWN_KEY_WAITERS_MAX,
};
use crate::reload::Occasion;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::{Duration, Instant};
use tokio::sync::Semaphore;

/// The keys in force, with where they come from.
pub(super) struct KeyRing {
    source: KeySource,
    keys: RwLock<Arc<KeySet>>,
    reading: Mutex<Reading>,
    /// Those who wait for new keys, one after the other.
    turn: tokio::sync::Mutex<()>,
    waiters: Semaphore,
}

/// What is known of the source.
#[derive(Default)]
struct Reading {
    /// What was read last and could be used.
    content: Vec<u8>,
    /// When that was.
    read_at: Option<Instant>,
    /// When it was last tried, and when because of an unknown key.
    tried_at: Option<Instant>,
    tried_for_unknown_key: Option<Instant>,
    /// Why that failed, so that it is reported once.
    problem: Option<String>,
    /// The age of the keys that was warned of last.
    warned_of_age: Duration,
}

impl KeyRing {
    /// Reads the keys. Without a usable key in a file there is no ring. A URL that cannot be read leaves the ring empty
    /// for the time being, with an error in the log: other issuers are not to wait for it.
    pub(super) fn open(source: KeySource) -> Result<KeyRing, KeyError> {
        let ring = KeyRing {
            source,
            keys: RwLock::default(),
            reading: Mutex::default(),
            turn: tokio::sync::Mutex::default(),
            waiters: Semaphore::new(UNKNOWN_KEY_WAITERS_MAX),
        };
        match ring.read() {
            Ok((content, keys)) if !keys.usable.is_empty() || ring.source.is_remote() => {
                ring.take_over(&mut ring.reading(), content, keys);
            }
            Ok((_, keys)) => return Err(ring.fault(no_usable_key(&keys))),
            Err(why) if ring.source.is_remote() => {
                let url = &ring.source;
                tracing::error!(%url, why, "no token of this issuer is accepted until its keys can be read");
                let mut reading = ring.reading();
                (reading.problem, reading.tried_at) = (Some(why), Some(Instant::now()));
            }
            Err(why) => return Err(ring.fault(why)),
        }
        Ok(ring)
    }

    fn fault(&self, why: String) -> KeyError {
        KeyError::content(Path::new(&self.source.to_string()), why)
    }

    /// Where the keys come from.
    pub(super) fn source(&self) -> &KeySource {
        &self.source
    }

    /// The keys in force now.
    pub(super) fn keys(&self) -> Arc<KeySet> {
        self.keys.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Why the keys could not be read the last time.
    pub(super) fn problem(&self) -> Option<String> {
        self.reading().problem.clone()
    }

    /// Reads the keys again where it is time to, and takes over what is new. Returns whether anything was. A source that
    /// cannot be read, or is no JWKS, changes nothing; one without a usable key leaves nobody to vouch. Blocks.
    pub(super) fn reread(&self, occasion: Occasion) -> bool {
        let mut reading = self.reading();
        let hung_up = occasion == Occasion::Hangup;
        if !hung_up && !self.is_due(&reading) {
            return false;
        }
        self.reread_now(&mut reading, hung_up)
    }

    fn is_due(&self, reading: &Reading) -> bool {
        let interval = match reading.problem {
            _ if !self.source.is_remote() => Duration::ZERO,
            None => JWKS_URL_POLL_INTERVAL,
            Some(_) => JWKS_URL_RETRY_INTERVAL,
        };
        reading.tried_at.is_none_or(|tried| tried.elapsed() >= interval)
    }

    /// Reads the keys again because a token names one that is not known; not more often than every
    /// [`UNKNOWN_KEY_REREAD_INTERVAL`], since anybody can send such a token. Those who come meanwhile wait for the same
    /// reading, as far as there is room for them.
    pub(super) async fn reread_for_unknown_key(self: Arc<Self>) {
        let came_at = Instant::now();
        let Ok(_place) = self.waiters.try_acquire() else { return };
        let _turn = self.turn.lock().await;
        let ring = self.clone();
        let reread = move || {
            let mut reading = ring.reading();
            let last = reading.tried_for_unknown_key;
            if last.is_some_and(|last| last >= came_at || last.elapsed() < UNKNOWN_KEY_REREAD_INTERVAL) {
                return;
            }
            reading.tried_for_unknown_key = Some(Instant::now());
            ring.reread_now(&mut reading, false);
        };
        if let Err(error) = tokio::task::spawn_blocking(reread).await {
            tracing::error!(%error, "the keys that verify tokens were not read again");
        }
    }

    fn reading(&self) -> MutexGuard<'_, Reading> {
        self.reading.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn read(&self) -> Result<(Vec<u8>, KeySet), String> {
        let content = self.source.read()?;
        let keys = KeySet::parse(&content)?;
        Ok((content, keys))
    }

    fn reread_now(&self, reading: &mut Reading, anyway: bool) -> bool {
        reading.tried_at = Some(Instant::now());
        let (content, keys) = match self.read() {
            Ok(read) => read,
            Err(problem) => {
                self.keep_the_old(reading, problem);
                return false;
            }
        };
        if content == reading.content && !anyway {
            self.is_as_before(reading);
            return false;
        }
        let source = &self.source;
        if keys.usable.is_empty() {
            tracing::error!(%source, "no token is accepted any more: {}", no_usable_key(&keys));
        } else {
            tracing::info!(%source, keys = keys.names(), "read the keys that verify tokens again");
        }
        self.take_over(reading, content, keys);
        true
    }

    fn take_over(&self, reading: &mut Reading, content: Vec<u8>, keys: KeySet) {
        report(&self.source, &keys);
        reading.content = content;
        self.is_as_before(reading);
        *self.keys.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(keys);
    }

    fn is_as_before(&self, reading: &mut Reading) {
        if reading.problem.take().is_some() {
            let source = &self.source;
            tracing::info!(%source, "the keys that verify tokens can be read again");
        }
        (reading.read_at, reading.tried_at) = (Some(Instant::now()), Some(Instant::now()));
        reading.warned_of_age = Duration::ZERO;
    }

    fn keep_the_old(&self, reading: &mut Reading, problem: String) {
        let source = &self.source;
        let age = reading.read_at.map(|read_at| read_at.elapsed()).unwrap_or_default();
        if reading.problem.as_ref() != Some(&problem) {
            tracing::warn!(%source, problem, "the keys that verify tokens stay as they were: they cannot be read");
            reading.problem = Some(problem);
        } else if age >= reading.warned_of_age + JWKS_AGE_WARNING_INTERVAL {
            let hours = age.as_secs() / 3600;
            tracing::warn!(%source, hours, problem, "the keys that verify tokens are old: they cannot be read");
            reading.warned_of_age = age;
        }
    }
}

fn report(source: &KeySource, keys: &KeySet) {
    for key in &keys.unusable {
        match &key.fault {
            Fault::Unsuitable(_) => tracing::warn!(%source, "{} {}", key.name, key.fault),
            Fault::Weak(_) => tracing::error!(%source, "{} {}", key.name, key.fault),
        }
    }
}

fn no_usable_key(keys: &KeySet) -> String {
    let mut why = "there is no key in it that verifies tokens".to_owned();
    for key in &keys.unusable {
        why.push_str(&format!("; {} {}", key.name, key.fault));
    }
    why
}
