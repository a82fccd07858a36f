//! The keys in force: those of the JWKS file, read again when it changes.

use super::jwks::{Fault, KeySet};
use super::keys::KeyError;
use super::token::Remembered;
use crate::Tasks;
use crate::limits::{
    KEY_FILE_BYTES_MAX, KEY_FILE_POLL_INTERVAL, TOKENS_REMEMBERED_MAX, UNKNOWN_KEY_REREAD_INTERVAL,
};
use quick_cache::sync::Cache;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Instant;
use tokio::signal::unix::{SignalKind, signal};

/// Keys, and the tokens that they vouched for. They are replaced together, so that no token outlives its key.
pub(super) struct Trust {
    pub(super) keys: KeySet,
    /// The tokens that were accepted lately, by their SHA-256: a signature costs more to check than everything
    /// else about a command, and the same token comes many times.
    pub(super) remembered: Cache<[u8; 32], Remembered>,
}

impl Trust {
    fn new(keys: KeySet) -> Arc<Trust> {
        Arc::new(Trust { keys, remembered: Cache::new(TOKENS_REMEMBERED_MAX) })
    }
}

/// The keys in force, with the file that they come from.
pub(super) struct KeyRing {
    file: PathBuf,
    trust: RwLock<Arc<Trust>>,
    reading: Mutex<Reading>,
}

/// What is known of the file.
struct Reading {
    /// The content of the last reading.
    content: Vec<u8>,
    /// Why the file could not be used at the last reading, so that it is reported once.
    problem: Option<String>,
    /// When it was last read because of an unknown key.
    reread_for_unknown_key: Option<Instant>,
}

impl KeyRing {
    /// Reads the file. Without a usable key there is no ring.
    pub(super) fn open(file: &Path) -> Result<KeyRing, KeyError> {
        let content = read(file).map_err(KeyError::file(file))?;
        let keys = KeySet::parse(&content).map_err(|why| KeyError::content(file, why))?;
        if keys.usable.is_empty() {
            return Err(KeyError::content(file, no_usable_key(&keys)));
        }
        report(file, &keys);
        let reading = Reading { content, problem: None, reread_for_unknown_key: None };
        Ok(KeyRing {
            file: file.to_owned(),
            trust: RwLock::new(Trust::new(keys)),
            reading: Mutex::new(reading),
        })
    }

    /// The keys in force now.
    pub(super) fn trust(&self) -> Arc<Trust> {
        self.trust.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Reads the file again, and takes over what it holds if that has changed. Returns whether it has. A file that
    /// cannot be read, or is no JWKS, changes nothing; one without a usable key leaves nobody to vouch.
    pub(super) fn reread_if_changed(&self) -> bool {
        self.reread(&mut self.reading(), false)
    }

    /// Reads the file again and takes over what it holds, changed or not.
    pub(super) fn reread_anyway(&self) -> bool {
        self.reread(&mut self.reading(), true)
    }

    /// The same as [`KeyRing::reread_if_changed`], because a token names a key that is not known; not more often
    /// than every [`UNKNOWN_KEY_REREAD_INTERVAL`], since anybody can send such a token.
    pub(super) fn reread_for_unknown_key(&self) -> bool {
        // Whoever comes while the file is read need not read it as well.
        let Ok(mut reading) = self.reading.try_lock() else { return false };
        let last = reading.reread_for_unknown_key;
        if last.is_some_and(|last| last.elapsed() < UNKNOWN_KEY_REREAD_INTERVAL) {
            return false;
        }
        reading.reread_for_unknown_key = Some(Instant::now());
        self.reread(&mut reading, false)
    }

    fn reading(&self) -> MutexGuard<'_, Reading> {
        self.reading.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn reread(&self, reading: &mut Reading, anyway: bool) -> bool {
        let file = self.file.display();
        let content = match read(&self.file) {
            Ok(content) => content,
            Err(error) => {
                reading.keep_the_old(&self.file, error.to_string());
                return false;
            }
        };
        if content == reading.content && !anyway {
            reading.problem = None;
            return false;
        }
        let keys = match KeySet::parse(&content) {
            Ok(keys) => keys,
            Err(why) => {
                reading.keep_the_old(&self.file, why);
                return false;
            }
        };
        (reading.content, reading.problem) = (content, None);
        report(&self.file, &keys);
        if keys.usable.is_empty() {
            tracing::error!(%file, "no token is accepted any more: {}", no_usable_key(&keys));
        } else {
            tracing::info!(%file, keys = keys.names(), "read the keys that verify tokens again");
        }
        *self.trust.write().unwrap_or_else(PoisonError::into_inner) = Trust::new(keys);
        true
    }

    /// Keeps the ring up to date until the stop: every [`KEY_FILE_POLL_INTERVAL`], and at once on SIGHUP, which no
    /// longer ends the process.
    pub(super) fn watch(self: &Arc<Self>, tasks: &Tasks) -> io::Result<()> {
        let mut hangups = signal(SignalKind::hangup())?;
        let (ring, stop) = (self.clone(), tasks.stop().clone());
        tasks.spawn(async move {
            loop {
                let hung_up = tokio::select! {
                    () = stop.cancelled() => return,
                    _ = hangups.recv() => true,
                    () = tokio::time::sleep(KEY_FILE_POLL_INTERVAL) => false,
                };
                let ring = ring.clone();
                let reread = move || if hung_up { ring.reread_anyway() } else { ring.reread_if_changed() };
                if let Err(error) = tokio::task::spawn_blocking(reread).await {
                    tracing::error!(%error, "the keys that verify tokens were not read again");
                }
            }
        });
        Ok(())
    }
}

impl Reading {
    fn keep_the_old(&mut self, file: &Path, problem: String) {
        if self.problem.as_ref() != Some(&problem) {
            let file = file.display();
            tracing::warn!(%file, problem, "the keys that verify tokens stay as they were: the file cannot be used");
            self.problem = Some(problem);
        }
    }
}

fn read(file: &Path) -> io::Result<Vec<u8>> {
    let mut content = Vec::new();
    File::open(file)?.take(KEY_FILE_BYTES_MAX + 1).read_to_end(&mut content)?;
    if content.len() as u64 > KEY_FILE_BYTES_MAX {
        return Err(io::Error::other(format!("it has more than {KEY_FILE_BYTES_MAX} bytes")));
    }
    Ok(content)
}

fn report(file: &Path, keys: &KeySet) {
    let file = file.display();
    for key in &keys.unusable {
        match &key.fault {
            Fault::Unsuitable(_) => tracing::warn!(%file, "{} {}", key.name, key.fault),
            Fault::Weak(_) => tracing::error!(%file, "{} {}", key.name, key.fault),
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
