//! Where a process reads and writes records: the journal, and what connects it.

use super::own_log::{OwnLog, ensure_no_view_has_seen_more};
use super::services::Service;
use super::stale_log::{self, StalenessCheck};
use crate::language::{say, text};
use anyhow::Context as _;
use journal::Journal;
use journal::embedded::EmbeddedJournal;
use journal::nats::{Contradiction, LedgerError, NatsJournal};
use journal::personal::Keys;
use journal::witness::Witness;
use service_kit::config::{Config, ConfigError, without_credentials};
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::sync::mpsc::{self, UnboundedReceiver};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// The journal that one process has to itself, as configured.
pub const EMBEDDED: &str = "embedded";

/// The task of a ledger that follows NATS.
pub(super) type LedgerTask = JoinHandle<Result<(), LedgerError>>;

/// Where a process reads and writes records.
pub(super) struct Storage {
    pub(super) journal: Arc<dyn Journal>,
    pub(super) own_log: Option<OwnLog>,
    pub(super) ledger: Option<LedgerTask>,
    /// What other processes know and the log does not have, where that is accepted.
    pub(super) contradictions: Option<UnboundedReceiver<Contradiction>>,
}

impl Storage {
    /// Opens the journal, with the log where the ledger is among the services. A stale log is refused, unless
    /// that is accepted.
    pub(super) async fn open(
        config: &Config,
        services: &[Service],
        address: SocketAddr,
        accept_stale: bool,
        stop: &CancellationToken,
    ) -> anyhow::Result<Storage> {
        let has_ledger = services.contains(&Service::Ledger);
        let name = process_name(services, address);
        if has_ledger && config.journal == EMBEDDED && !accept_stale {
            ensure_no_view_has_seen_more(config)?;
        }
        let own_log = has_ledger.then(|| OwnLog::open(config)).transpose()?;
        match own_log {
            Some(own_log) if config.journal == EMBEDDED => Storage::embedded(config, own_log, accept_stale),
            Some(own_log) => Storage::with_ledger(config, own_log, name, accept_stale, stop).await,
            None => {
                let witness = stale_log::witness(&config.data, &name);
                let journal = Arc::new(connect(config, name, witness, false).await?);
                Ok(Storage { journal, own_log: None, ledger: None, contradictions: None })
            }
        }
    }

    fn embedded(config: &Config, mut own_log: OwnLog, accept_stale: bool) -> anyhow::Result<Storage> {
        let check = StalenessCheck::new(&own_log.signing, &config.data);
        own_log.accepted = check.check(&own_log.log, accept_stale)?;
        let journal =
            Arc::new(EmbeddedJournal::new(own_log.log.clone(), Keys::open(&config.personal_keys())?));
        Ok(Storage { journal, own_log: Some(own_log), ledger: None, contradictions: None })
    }

    /// Starts the ledger, which makes the log follow NATS.
    #[expect(clippy::disallowed_methods, reason = "the node waits for its ledger")]
    async fn with_ledger(
        config: &Config,
        mut own_log: OwnLog,
        name: String,
        accept_stale: bool,
        stop: &CancellationToken,
    ) -> anyhow::Result<Storage> {
        // What the files of this process show is checked before its ledger follows the stream.
        let nats = connect(config, name.clone(), None, true).await?;
        if own_log.log.head().position == 0 {
            let records = nats.last_position().await?;
            if records > 0 {
                tracing::warn!(
                    records,
                    "the log is empty, and takes over what the broker has. What the broker has lost and another \
                     ledger or a backup still has is to be restored first"
                );
            }
        }
        let check = StalenessCheck::new(&own_log.signing, &config.data);
        check.check_before_following(&own_log.log, &nats, accept_stale).await?;
        let (followed, log, stop) = (nats.clone(), own_log.log.clone(), stop.clone());
        let (report, contradictions) = mpsc::unbounded_channel();
        let accept = accept_stale.then_some(report);
        let ledger =
            tokio::spawn(async move { journal::nats::run_ledger(&followed, log, &name, accept, stop).await });
        own_log.accepted = check.check_after_catch_up(&own_log.log, &nats, &ledger, accept_stale).await?;
        let contradictions = Some(contradictions);
        Ok(Storage { journal: Arc::new(nats), own_log: Some(own_log), ledger: Some(ledger), contradictions })
    }
}

/// Refuses what the embedded journal, which one process has to itself, cannot do.
pub(super) fn ensure_journal_fits(config: &Config, services: &[Service]) -> Result<(), ConfigError> {
    if config.journal != EMBEDDED {
        return Ok(());
    }
    if services != Service::all() {
        let why = text(
            "is 'embedded', which one process has to itself: single services need a shared one; add --journal \
             nats://HOST:PORT",
        );
        return Err(ConfigError::new("journal", why));
    }
    match config.commit.ledgers {
        1 => Ok(()),
        more => {
            let why = say(
                "is {ledgers}, but the embedded journal has one ledger; several need NATS",
                &[("ledgers", &more)],
            );
            Err(ConfigError::new("commit.ledgers", why))
        }
    }
}

/// What a process is called in messages to people: its services, and where they are reached.
fn process_name(services: &[Service], address: SocketAddr) -> String {
    let names: Vec<String> = services.iter().map(Service::to_string).collect();
    format!("{}@{address}", names.join(","))
}

/// How to reach NATS.
pub fn nats(config: &Config) -> anyhow::Result<journal::nats::Config> {
    let url = &config.journal;
    if url == EMBEDDED {
        let why = text("is 'embedded'; it must be a URL of NATS here, such as nats://127.0.0.1:4222");
        return Err(ConfigError::new("journal", why).into());
    }
    Ok(journal::nats::Config {
        realm: config.realm.clone(),
        replicas: config.nats.replicas,
        ledgers_needed: config.commit.ledgers,
        credentials: config.nats.credentials.clone(),
        nkey_file: config.nats.nkey_file.clone(),
        ca_file: config.nats.ca_file.clone(),
        inbox_prefix: config.nats.inbox_prefix.clone(),
        ..journal::nats::Config::new(url.clone())
    })
}

async fn connect(
    config: &Config,
    name: String,
    witness: Option<Witness>,
    has_ledger: bool,
) -> anyhow::Result<NatsJournal> {
    let personal_keys = has_ledger.then(|| config.personal_keys());
    let journal = journal::nats::Config { name, witness, personal_keys, ..nats(config)? };
    let connected = NatsJournal::connect(journal).await;
    connected.with_context(|| format!("cannot use the journal at {}", without_credentials(&config.journal)))
}
