//! One process of an installation: its journal, its clock, and the services it runs.

use crate::stale::{self, Witnesses};
use crate::{access, log_watch};
use anyhow::{Context as _, bail};
use domain::Timestamp;
use event_log::note::HeadSigner;
use event_log::{EventLog, Options};
use journal::Journal;
use journal::embedded::EmbeddedJournal;
use journal::nats::{LedgerError, NatsJournal};
use service_kit::Kit;
use service_kit::clock::Clock;
use service_kit::config::{Config, Limits};
use service_kit::identity::{IdentityLayer, Verifier, ensure_development_keys, ensure_ledger_key};
use service_kit::serve::{self, Edge};
use service_kit::view;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tonic::service::Routes;

/// The services, by the names used on the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, clap::ValueEnum)]
pub enum Service {
    /// Directory and sessions, before the decision.
    Scheduling,
    /// Dockets and ballots, during the session.
    Deliberation,
    /// Resolutions and action items, after it.
    Resolution,
    /// Reminders, escalations and the supervisors' board, always.
    Followup,
    /// The append-only log.
    Ledger,
}

impl Service {
    /// All of them: what `up` runs.
    pub const ALL: [Service; 5] =
        [Service::Scheduling, Service::Deliberation, Service::Resolution, Service::Followup, Service::Ledger];
}

/// A process that is ready to serve, with its address bound.
pub struct Node {
    /// Where it listens.
    pub address: SocketAddr,
    listener: TcpListener,
    routes: Routes,
    names: Vec<&'static str>,
    identity: IdentityLayer,
    limits: Limits,
    stop: CancellationToken,
    log: Option<EventLog>,
    ledger: Option<JoinHandle<Result<(), LedgerError>>>,
    heads: Option<Arc<ledger::Heads>>,
}

impl Node {
    /// Binds, opens the journal and builds the services; nothing is served yet.
    pub async fn build(
        config: &Config,
        services: &[Service],
        accept_stale: bool,
        stop: CancellationToken,
    ) -> anyhow::Result<Node> {
        let listener = TcpListener::bind(config.listen).await.with_context(|| {
            format!("cannot listen on {}; choose another address with --listen", config.listen)
        })?;
        let address = listener.local_addr()?;
        let verifier = Verifier::read(&config.jwks(), &config.identity.issuer, &config.identity.audience)
            .context("the keys that vouch for tokens")?;
        let identity = IdentityLayer::new(verifier, access::TABLE);

        let embedded = config.journal == "embedded";
        if embedded && services != Service::ALL {
            bail!("single services need a journal to meet in: give --journal nats://HOST:PORT");
        }
        let log = if services.contains(&Service::Ledger) { Some(open_log(config)?) } else { None };
        let signed = log.as_ref().map(|log| signing(config, log)).transpose()?;
        let witnesses = signed.as_ref().map(|signing| Witnesses::new(signing, &config.data));
        let mut stream = None;
        let mut ledger = None;
        let journal: Arc<dyn Journal> = match (&log, embedded) {
            (Some(log), true) => Arc::new(EmbeddedJournal::new(log.clone())),
            _ => {
                let nats = connect(config).await?;
                stream = Some(nats.clone());
                if let (Some(log), Some(witnesses)) = (&log, &witnesses) {
                    witnesses.before_following(log, &nats, accept_stale).await?;
                    let (nats, log, stop) = (nats.clone(), log.clone(), stop.clone());
                    let name = format!("{}@{address}", config.realm);
                    ledger = Some(tokio::spawn(async move {
                        journal::nats::run_ledger(&nats, log, &name, stop).await
                    }));
                }
                Arc::new(nats)
            }
        };
        let mut accepted = None;
        if let (Some(log), Some(witnesses)) = (&log, &witnesses) {
            let evidence = witnesses.hear(log, stream.as_ref().zip(ledger.as_ref()), accept_stale).await?;
            accepted = evidence.map(|evidence| (evidence, log.head().position));
        }
        let clock = clock(config, &journal, &stop)?;
        let folder = config.data.join("views");
        std::fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
        let kit = Kit::new(journal, clock, &folder, stop.clone());

        let goes_on_stale = accepted.is_some();
        if let Some((evidence, has)) = accepted {
            stale::record(&kit, evidence, has).await?;
        }

        let mut heads = None;
        let mut routes = Routes::default();
        let mut names = Vec::new();
        for service in services {
            match service {
                Service::Scheduling => {
                    routes = routes.add_service(scheduling::build(&kit, &config.time_zone)?);
                    names.push(scheduling::NAME);
                }
                Service::Deliberation => {
                    routes = routes.add_service(deliberation::build(&kit, &config.time_zone)?);
                    names.push(deliberation::NAME);
                }
                Service::Resolution => {
                    routes = routes.add_service(resolution::build(&kit, &config.time_zone)?);
                    names.push(resolution::NAME);
                }
                Service::Followup => {
                    routes = routes.add_service(followup::build(&kit)?);
                    names.push(followup::NAME);
                }
                Service::Ledger => {
                    let log = log.clone().context("the ledger has its log")?;
                    let mut signing = signing(config, &log)?;
                    signing.accept_stale = goes_on_stale;
                    let (service, signed) = ledger::build(&kit, log, signing)?;
                    routes = routes.add_service(service);
                    heads = Some(signed);
                    names.push(ledger::NAME);
                }
            }
        }
        routes = routes.add_service(view::build(&kit));
        names.push(view::NAME);
        routes = routes.add_service(service_kit::operations::build(&kit));
        names.push(service_kit::operations::NAME);
        let limits = config.limits.clone();
        Ok(Node { address, listener, routes, names, identity, limits, stop, log, ledger, heads })
    }

    /// Serves until the stop signal, then closes the log. Ends with an error, at once, when the log's
    /// storage failed: what a disk has refused once must not be tried again. Drains, and ends with an
    /// error, when a ledger behind NATS cannot go on.
    pub async fn run(self) -> anyhow::Result<()> {
        tracing::info!(address = %self.address, services = ?self.names, "serving");
        let edge = Edge {
            identity: self.identity,
            limits: self.limits,
            takes_commands: log_watch::takes_commands(self.log.clone(), self.stop.clone()),
        };
        let ledger = tokio::spawn(ended(self.ledger, self.stop.clone()));
        let appended = CancellationToken::new();
        let keeping = self.heads.map(|heads| tokio::spawn(heads.keep(appended.clone())));
        let served = tokio::select! {
            served = serve::serve(self.listener, self.routes, &self.names, edge, self.stop.clone()) => served,
            reason = log_watch::failed(self.log.as_ref()) => {
                tracing::error!(reason, "the process ends, because its log failed");
                self.stop.cancel();
                bail!(
                    "the log's storage failed: {reason}; look at its disk, then start the process again: \
                     what was acknowledged is there"
                );
            }
        };
        self.stop.cancel();
        let ledger = ledger.await?;
        appended.cancel();
        if let Some(keeping) = keeping {
            keeping.await?;
        }
        if let Some(log) = self.log {
            log.close().await;
        }
        served.map_err(|error| anyhow::anyhow!(error))?;
        ledger
    }
}

/// Waits until the ledger behind NATS ends, where there is one, and has the process drain when it could not
/// go on.
async fn ended(
    ledger: Option<JoinHandle<Result<(), LedgerError>>>,
    stop: CancellationToken,
) -> anyhow::Result<()> {
    let Some(ledger) = ledger else { return Ok(()) };
    let ended = ledger.await?;
    if let Err(error) = &ended {
        tracing::error!(%error, "the ledger ends");
        stop.cancel();
    }
    ended.context("the ledger cannot go on")
}

/// Makes development keys in the data directory unless a JWKS file was named or they are there.
pub fn development_keys(config: &Config) -> anyhow::Result<bool> {
    if config.identity.jwks.is_some() {
        return Ok(false);
    }
    Ok(ensure_development_keys(&config.data.join("keys"))?)
}

/// Opens the log in the data directory.
pub fn open_log(config: &Config) -> anyhow::Result<EventLog> {
    let dir = config.data.join("log");
    nothing_missing(config, &dir)?;
    std::fs::create_dir_all(&dir).with_context(|| format!("cannot make {}", dir.display()))?;
    let reserve_bytes = config.limits.log_reserve_mib.saturating_mul(1 << 20);
    let (log, opened) = EventLog::open(Options { reserve_bytes, ..Options::new(dir) })?;
    if let Some(cut) = &opened.cut {
        tracing::warn!(?cut, "an unacknowledged end of the log was cut");
    }
    tracing::info!(position = opened.head.position, log = %opened.log_id, took = ?opened.took, "the log is open");
    Ok(log)
}

/// Refuses to make a log or a key anew where one of them is known to have been.
fn nothing_missing(config: &Config, log: &Path) -> anyhow::Result<()> {
    let (head, key, data) = (config.signed_head(), config.ledger_key(), config.data.display());
    if !head.exists() {
        return Ok(());
    }
    let head = head.display();
    if !log.exists() {
        bail!(
            "the log is missing: {head} says that there was one, and {} is not there. Put it back, or restore it with \
             'huishang log restore BACKUP --data {data}'; to have a ledger rebuilt from NATS, move {head} away first",
            log.display()
        );
    }
    if !key.exists() {
        bail!(
            "the ledger's key is missing: {head} was signed with it, and {} is not there. Put it back; to go on with a \
             new key, which those who know the old one will not believe, move {head} away",
            key.display()
        );
    }
    Ok(())
}

/// The log's name in what it signs is that of its realm and its own identity.
fn signing(config: &Config, log: &EventLog) -> anyhow::Result<ledger::Signing> {
    let key = ensure_ledger_key(&config.ledger_key()).context("the key that signs the log's heads")?;
    let origin = format!("huishang/{}/{}", config.realm, log.log_id());
    Ok(ledger::Signing {
        signer: HeadSigner::new(origin, key),
        file: config.signed_head(),
        accept_stale: false,
    })
}

/// How NATS is reached.
pub fn nats(config: &Config) -> anyhow::Result<journal::nats::Config> {
    let url = &config.journal;
    if !url.starts_with("nats://") && !url.starts_with("tls://") {
        bail!("journal is {url:?}; it must be 'embedded' or a URL such as nats://127.0.0.1:4222");
    }
    Ok(journal::nats::Config {
        url: url.clone(),
        realm: config.realm.clone(),
        replicas: config.nats.replicas,
        ledgers_needed: config.commit.ledgers,
        credentials: config.nats.credentials.clone(),
    })
}

async fn connect(config: &Config) -> anyhow::Result<NatsJournal> {
    let connected = NatsJournal::connect(nats(config)?).await;
    connected.with_context(|| format!("cannot use the journal at {}", config.journal))
}

fn clock(config: &Config, journal: &Arc<dyn Journal>, stop: &CancellationToken) -> anyhow::Result<Clock> {
    match config.clock.split_once(':') {
        None if config.clock == "system" => Ok(Clock::System),
        Some(("movable", start)) => {
            let start: Timestamp = start.parse().with_context(|| {
                format!("clock starts at {start:?}; give a moment such as 2027-03-01T01:00:00Z")
            })?;
            Ok(Clock::movable(start, journal.clone(), stop.clone()))
        }
        _ => bail!("clock is {:?}; it must be 'system' or 'movable:2027-03-01T01:00:00Z'", config.clock),
    }
}
