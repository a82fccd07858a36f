//! The log of a process that runs the ledger.

use crate::language::say;
use anyhow::{Context as _, bail};
use event_log::note::{HeadSigner, Sm2Signer};
use event_log::{EventLog, Group, Options};
use ledger::{Evidence, Signing, Witnesses};
use service_kit::config::Config;
use service_kit::identity::ensure_key;
use service_kit::metrics;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// The log of a process that runs the ledger.
pub(super) struct OwnLog {
    pub(super) log: EventLog,
    pub(super) signing: Signing,
    /// What shows that the log is stale, if it was accepted nevertheless.
    pub(super) accepted: Option<Evidence>,
}

impl OwnLog {
    pub(super) fn open(config: &Config) -> anyhow::Result<OwnLog> {
        let (had_key, had_log) = (config.ledger_key().exists(), config.data.join("log").exists());
        let log = open_log(config)?;
        let signing = signing(config, &log)?;
        if had_key != had_log {
            warn_of_new_key_or_log(config, had_key, &log);
        }
        Ok(OwnLog { log, signing, accepted: None })
    }
}

/// Opens the log in the data directory.
pub fn open_log(config: &Config) -> anyhow::Result<EventLog> {
    let dir = config.data.join("log");
    ensure_nothing_missing(config, &dir)?;
    std::fs::create_dir_all(&dir).with_context(|| format!("cannot create {}", dir.display()))?;
    let reserve_bytes = config.limits.log_reserve_mib.saturating_mul(1 << 20);
    let (log, opened) = EventLog::open(Options { reserve_bytes, on_group: measure, ..Options::new(dir) })?;
    metrics::log_opened(opened.head.position);
    if let Some(tail) = &opened.truncated {
        tracing::warn!(?tail, "removed an unacknowledged tail of the log");
    }
    tracing::info!(position = opened.head.position, log = %opened.log_id, elapsed = ?opened.elapsed, "the log is open");
    Ok(log)
}

fn measure(group: Group) {
    metrics::group_written(group.position, group.records, group.bytes, group.duration);
}

/// Refuses to create a log or a key that is known to have existed.
fn ensure_nothing_missing(config: &Config, log: &Path) -> anyhow::Result<()> {
    let (head, key, data) = (config.signed_head(), config.ledger_key(), config.data.display());
    if !head.exists() {
        return Ok(());
    }
    let head = head.display();
    if !log.exists() {
        bail!(say(
            "the log is missing: {head} shows that there was one, but there is no {log}. Put it back, or restore it \
             with 'huishang log restore BACKUP --data {data}'; to rebuild a ledger from NATS, first move {head} away",
            &[("head", &head), ("log", &log.display()), ("data", &data)]
        ));
    }
    if !key.exists() {
        bail!(say(
            "the ledger's key is missing: {head} was signed with it, but there is no {key}. Put it back; to continue \
             with a new key, which people who know the old one will not accept, move {head} away",
            &[("head", &head), ("key", &key.display())]
        ));
    }
    Ok(())
}

/// Refuses to create a log where views show that there was one: only a log on NATS can be had from elsewhere.
pub(super) fn ensure_no_view_has_seen_more(config: &Config) -> anyhow::Result<()> {
    let (log, data) = (config.data.join("log"), config.data.display());
    let views = service_kit::view::pasts(&config.data.join("views"));
    let known = views.iter().filter_map(|(view, past)| Some((view, past.last()?)));
    let furthest = known.max_by_key(|(_, checkpoint)| checkpoint.position);
    match furthest.filter(|_| !log.exists()) {
        Some((view, checkpoint)) => bail!(say(
            "the log is missing: {view} shows that it had {records} records, but there is no {log}. Put it back, or \
             restore it with 'huishang log restore BACKUP --data {data}'; --accept-stale begins a new one, and \
             records that",
            &[
                ("view", &view.display()),
                ("records", &checkpoint.position),
                ("log", &log.display()),
                ("data", &data),
            ]
        )),
        None => Ok(()),
    }
}

/// Warns when something is made that an existing installation would have.
fn warn_of_new_key_or_log(config: &Config, had_key: bool, log: &EventLog) {
    let (key, records) = (config.ledger_key(), log.head().position);
    let key = key.display();
    if had_key && records == 0 {
        tracing::warn!(%key, "the log is empty, although the key that signs its heads was there: is it the right log?");
    }
    if !had_key && records > 0 {
        tracing::warn!(
            %key,
            records,
            "a new key signs the heads of this log from now on; whoever knows an earlier one will not accept them. If \
             there was one, stop the process and put it back"
        );
    }
}

/// How the ledger signs. The log's name in a signature consists of the realm and the log's own id.
fn signing(config: &Config, log: &EventLog) -> anyhow::Result<Signing> {
    let key = ensure_key(&config.ledger_key()).context("the key that signs the log's heads")?;
    let origin = format!("huishang/{}/{}", config.realm, log.log_id());
    let signer = HeadSigner::new(origin.clone(), key);
    let signer = match &config.ledger.sm2_key {
        Some(file) => {
            let read = || -> anyhow::Result<Sm2Signer> {
                Ok(Sm2Signer::from_pkcs8_pem(origin, &std::fs::read_to_string(file)?)?)
            };
            signer.with_sm2(read().with_context(|| format!("ledger.sm2_key: {}", file.display()))?)
        }
        None => signer,
    };
    Ok(Signing {
        signer,
        file: config.signed_head(),
        accept_stale: false,
        witnesses: Arc::new(witnesses(config)?),
    })
}

/// Who cosigns the ledger's heads.
fn witnesses(config: &Config) -> anyhow::Result<Witnesses> {
    let Some(file) = &config.ledger.witnesses_file else { return Ok(Witnesses::default()) };
    let interval = Duration::from_secs(config.ledger.witness_interval_seconds);
    Witnesses::read(file, &config.cosigned_heads(), interval).context("ledger.witnesses_file")
}
