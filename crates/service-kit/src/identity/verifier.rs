//! Checks tokens: finds the issuer, and keeps issuers and their keys up to date.

use super::issuers::{IssuerSettings, Issuers, SignIn};
use super::key_ring::KeyRing;
use super::key_source::KeySource;
use super::keys::KeyError;
use super::mapping::Mapping;
use super::sign_out::Session;
use super::token::{Issuer, Parts, Refusal, TokenRules, Verified, digest, now_seconds, shown};
use crate::Tasks;
use crate::limits::KEY_FILE_BYTES_MAX;
use crate::reload::{self, Occasion};
use domain::Actor;
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

/// Checks tokens.
pub struct Verifier {
    rules: TokenRules,
    in_force: RwLock<Arc<InForce>>,
    /// The file of the issuers, with what was read of it, if there is one.
    file: Option<(PathBuf, Mutex<Reading>)>,
}

/// Everybody who may vouch now.
pub(super) struct InForce {
    pub(super) issuers: Vec<Arc<Issuer>>,
    certificates: BTreeMap<String, Actor>,
}

/// What is known of the keys of an issuer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IssuerKeys {
    /// Where they come from.
    pub source: String,
    /// How many of them verify tokens.
    pub count: usize,
    /// Why they could not be read the last time.
    pub problem: Option<String>,
}

/// What is known of the file of the issuers.
#[derive(Default)]
struct Reading {
    content: Vec<u8>,
    /// Why it could not be used, so that it is reported once.
    problem: Option<String>,
}

impl Verifier {
    /// One issuer, with its public keys in a file. Keys that cannot be used are reported; without a usable one there is no
    /// verifier.
    pub fn open(jwks: &Path, rules: TokenRules) -> Result<Verifier, KeyError> {
        let only = IssuerSettings {
            issuer: rules.issuer.clone(),
            audience: rules.audience.clone(),
            source: KeySource::File(jwks.to_owned()),
            mapping: Mapping::default(),
            sign_in: None,
        };
        let issuers = Issuers { issuers: vec![only], certificates: BTreeMap::new() };
        let in_force = InForce::new(issuers, &rules, None)?;
        Ok(Verifier { rules, in_force: RwLock::new(Arc::new(in_force)), file: None })
    }

    /// The issuers of a file. Blocks while keys are read from URLs.
    pub fn open_issuers(file: &Path, rules: TokenRules) -> Result<Verifier, KeyError> {
        let content = reload::read(file, KEY_FILE_BYTES_MAX).map_err(KeyError::file(file))?;
        let issuers = Issuers::read(file, &content, &rules.audience)?;
        let in_force = InForce::new(issuers, &rules, None)?;
        let reading = Mutex::new(Reading { content, problem: None });
        Ok(Verifier {
            rules,
            in_force: RwLock::new(Arc::new(in_force)),
            file: Some((file.to_owned(), reading)),
        })
    }

    /// Keeps issuers and keys up to date until the stop: files are read again when they change, URLs at intervals, both
    /// on SIGHUP, which no longer ends the process.
    pub fn watch(self: &Arc<Self>, tasks: &Tasks) -> io::Result<()> {
        let verifier = self.clone();
        reload::watch("the keys that verify tokens", tasks, move |occasion| verifier.reread(occasion))
    }

    pub(super) fn reread(&self, occasion: Occasion) {
        if let Some((file, reading)) = &self.file {
            let mut reading = reading.lock().unwrap_or_else(PoisonError::into_inner);
            if let Err(problem) = self.reread_issuers(file, &mut reading, occasion)
                && reading.problem.as_ref() != Some(&problem)
            {
                tracing::warn!(problem, "the issuers of tokens stay as they were: their file cannot be used");
                reading.problem = Some(problem);
            }
        }
        for issuer in &self.in_force().issuers {
            issuer.ring.reread(occasion);
        }
    }

    fn reread_issuers(&self, file: &Path, reading: &mut Reading, occasion: Occasion) -> Result<(), String> {
        let content = reload::read(file, KEY_FILE_BYTES_MAX)
            .map_err(|error| KeyError::file(file)(error).to_string())?;
        if content == reading.content && occasion == Occasion::Interval {
            reading.problem = None;
            return Ok(());
        }
        let read = Issuers::read(file, &content, &self.rules.audience);
        let new = read.and_then(|issuers| InForce::new(issuers, &self.rules, Some(&self.in_force())));
        let new = new.map_err(|error| error.to_string())?;
        *reading = Reading { content, problem: None };
        let file = file.display();
        tracing::info!(%file, issuers = new.issuers.len(), "read the issuers of tokens again");
        *self.in_force.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(new);
        Ok(())
    }

    /// The keys of every issuer.
    pub fn keys(&self) -> Vec<IssuerKeys> {
        let in_force = self.in_force();
        let rings = in_force.issuers.iter().map(|issuer| &issuer.ring);
        rings
            .map(|ring| IssuerKeys {
                source: ring.source().to_string(),
                count: ring.keys().usable.len(),
                problem: ring.problem(),
            })
            .collect()
    }

    /// Where people can sign in with a browser.
    pub fn sign_ins(&self) -> Vec<SignIn> {
        self.in_force().issuers.iter().filter_map(|issuer| issuer.settings.sign_in.clone()).collect()
    }

    pub(super) fn in_force(&self) -> Arc<InForce> {
        self.in_force.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What a token says, or why it is not accepted.
    pub(super) fn verify(&self, token: &str) -> Result<Verified, Refusal> {
        self.verify_at(token, now_seconds())
    }

    pub(super) fn verify_at(&self, token: &str, now: f64) -> Result<Verified, Refusal> {
        let (in_force, digest) = (self.in_force(), digest(token));
        if let Some(known) = in_force.issuers.iter().find_map(|issuer| issuer.recall(&digest, now)) {
            return known;
        }
        let parts = Parts::of(token)?;
        in_force.issuer(&parts)?.verify(&parts, now)
    }

    /// Has the keys read again of the issuer that a token names, because its key is not known.
    pub(super) async fn reread_for(&self, token: &str) {
        let ring = Parts::of(token).and_then(|parts| Ok(self.in_force().issuer(&parts)?.ring.clone()));
        if let Ok(ring) = ring {
            ring.reread_for_unknown_key().await;
        }
    }

    /// Whom the first of these names in a client's certificate identifies that is known, unless it has expired: a
    /// connection may last longer than the certificate that it began with.
    pub(super) fn by_certificate(&self, names: &[String], expires: f64) -> Option<Verified> {
        if expires <= now_seconds() {
            return None;
        }
        let in_force = self.in_force();
        let actor = names.iter().find_map(|name| in_force.certificates.get(name))?.clone();
        Some(Verified { actor, acr: None, session: Session::default() })
    }
}

impl InForce {
    /// Opens what the issuers need. The keys of issuers that were there before are kept.
    fn new(issuers: Issuers, rules: &TokenRules, before: Option<&InForce>) -> Result<InForce, KeyError> {
        let open = |settings: IssuerSettings| -> Result<Arc<Issuer>, KeyError> {
            let known = before.into_iter().flat_map(|before| &before.issuers);
            let ring =
                known.map(|issuer| &issuer.ring).find(|ring| *ring.source() == settings.source).cloned();
            let ring = match ring {
                Some(ring) => ring,
                None => Arc::new(KeyRing::open(settings.source.clone())?),
            };
            Ok(Arc::new(Issuer::new(settings, ring, rules.lifetime_hours_max)))
        };
        let certificates = issuers.certificates;
        let issuers: Result<Vec<_>, KeyError> = issuers.issuers.into_iter().map(open).collect();
        Ok(InForce { issuers: issuers?, certificates })
    }

    /// The issuer that a token names.
    pub(super) fn issuer(&self, token: &Parts<'_>) -> Result<&Arc<Issuer>, String> {
        let named = token.issuer()?;
        self.issuers.iter().find(|issuer| issuer.settings.issuer == named).ok_or_else(|| {
            let known: Vec<String> =
                self.issuers.iter().map(|one| format!("{:?}", one.settings.issuer)).collect();
            format!("its issuer (iss) is {}, and not {}", shown(named), known.join(" or "))
        })
    }
}
