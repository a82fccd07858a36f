//! One process of a deployment: its journal, its clock, and the services it runs.

use super::door::http_door;
use super::file_modes;
use super::log_health;
use super::stale_log::{self, StalenessCheck};
use crate::language::{say, text};
use anyhow::{Context as _, bail};
use backup::Store;
use clap::ValueEnum as _;
use console::Forward;
use domain::Timestamp;
use event_log::note::{HeadSigner, Sm2Signer};
use event_log::{EventLog, Group, Options};
use journal::Journal;
use journal::embedded::EmbeddedJournal;
use journal::nats::{Contradiction, LedgerError, NatsJournal};
use journal::personal::Keys;
use journal::witness::Witness;
use ledger::{Evidence, Heads, ScheduledBackup, Signing, Witnesses};
use service_kit::access_log::AccessLog;
use service_kit::clock::Clock;
use service_kit::config::{self, Config, ConfigError, without_credentials};
use service_kit::identity::{IdentityLayer, SIGNING_KEY, ensure_development_keys, ensure_key};
use service_kit::limits::DRAIN_TIMEOUT;
use service_kit::metrics;
use service_kit::readiness::Readiness;
use service_kit::serve::{self, ServerOptions, Tls};
use service_kit::view::RegisteredView;
use service_kit::{Kit, Tasks};
use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::mpsc::{self, UnboundedReceiver};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tonic::service::Routes;

/// The journal that one process has to itself, as configured.
pub const EMBEDDED: &str = "embedded";

/// The services, by the names used on the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, clap::ValueEnum)]
pub enum Service {
    /// Departments, members and the working calendar.
    Directory,
    /// Bodies, rooms and sessions: before the decision.
    Scheduling,
    /// Dockets and ballots: during the session.
    Deliberation,
    /// Resolutions and action items: after the decision.
    Resolution,
    /// Reminders, escalations and the supervisors' board.
    Followup,
    /// Who is told of what has happened.
    Delivery,
    /// The append-only log.
    Ledger,
    /// The HTTP door to all of them.
    Console,
}

impl Service {
    /// All of them: what `up` runs.
    pub fn all() -> &'static [Service] {
        Service::value_variants()
    }
}

impl fmt::Display for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.to_possible_value().as_ref().map_or("", |value| value.get_name()))
    }
}

/// The task of a ledger that follows NATS.
type LedgerTask = JoinHandle<Result<(), LedgerError>>;

/// A process that is ready to serve, with its address bound.
pub struct Node {
    /// Where it listens.
    pub address: SocketAddr,
    listener: TcpListener,
    server: ServerOptions,
    routes: Routes,
    heads: Option<Arc<Heads>>,
    kit: Kit,
    log: Option<EventLog>,
    backup: Option<ScheduledBackup>,
    ledger: Option<LedgerTask>,
    stop: CancellationToken,
}

impl Node {
    /// Binds the address, opens the journal and builds the services; nothing is served yet.
    pub async fn build(
        config: &Config,
        services: &[Service],
        accept_stale: bool,
        stop: CancellationToken,
    ) -> anyhow::Result<Node> {
        ensure_journal_fits(config, services)?;
        file_modes::tighten(config)?;
        let backup = scheduled_backup(config, services)?;
        let listener = bind(config).await?;
        let address = listener.local_addr()?;
        let tasks = Tasks::from(stop.clone());
        let http = services.contains(&Service::Console).then(|| http_door(config)).transpose()?;
        let tls = tls(config, http.is_some(), &tasks)?;
        let identity = identity(config, &tasks)?;
        let access_log = AccessLog::start(&config.access_log)?;
        let mut storage = Storage::open(config, services, address, accept_stale, &stop).await?;
        let contradictions = storage.contradictions.take();
        let kit = kit(config, storage.journal, tasks)?;
        let log = storage.own_log.as_ref().map(|own_log| own_log.log.clone());
        let own_log = record_accepted(&kit, storage.own_log).await?;
        if let (Some(log), Some(contradictions)) = (&log, contradictions) {
            kit.tasks().spawn(stale_log::record_contradictions(kit.clone(), log.clone(), contradictions));
        }
        if config.metrics.listen.is_some() {
            metrics::sample(&kit, measured_directories(config, log.is_some()));
        }
        let services = Services::build(&kit, config, services, own_log)?;
        let Services { routes, readiness, heads } = services;
        let server = ServerOptions {
            tls,
            identity,
            limits: config.limits.clone(),
            readiness,
            journal: Some(kit.journal().clone()),
            http,
            access_log,
        };
        Ok(Node { address, listener, server, routes, heads, kit, log, backup, ledger: storage.ledger, stop })
    }

    /// Passes on what is for services that do not run here.
    #[must_use]
    pub fn passing_on(mut self, forward: Forward) -> Node {
        self.routes = passing_on(self.routes, forward);
        self
    }

    /// The views that are kept.
    pub fn views(&self) -> Vec<RegisteredView> {
        self.kit.views()
    }

    /// Where records are read.
    pub fn journal(&self) -> Arc<dyn Journal> {
        self.kit.journal().clone()
    }

    /// Waits, once stopped, until views and process managers have ended, and closes the log; for a process that does
    /// not serve.
    pub async fn ended(self) {
        self.kit.ended().await;
        if let Some(log) = self.log {
            log.close().await;
        }
    }

    /// Serves until the stop signal, then closes the log. Fails at once when the log's storage fails: a write
    /// that a disk has refused must not be retried. Drains and fails when a ledger on NATS cannot continue.
    #[expect(clippy::disallowed_methods, reason = "it waits for both of its tasks")]
    pub async fn run(self) -> anyhow::Result<()> {
        tracing::info!(address = %self.address, services = ?self.server.readiness.names(), "serving");
        let ledger = tokio::spawn(wait_for_ledger(self.ledger, self.stop.clone()));
        if let (Some(backup), Some(log), Some(heads)) = (self.backup, &self.log, &self.heads) {
            self.kit.tasks().spawn(backup.run(log.clone(), heads.clone(), self.stop.clone()));
        }
        if let Some(heads) = &self.heads {
            self.kit.tasks().spawn(heads.clone().show_until(self.stop.clone()));
        }
        let appending_ended = CancellationToken::new();
        let signing = self.heads.map(|heads| tokio::spawn(heads.store_until(appending_ended.clone())));
        let access_log = self.server.access_log.clone();
        let served = tokio::select! {
            served = serve::serve(self.listener, self.routes, self.server, self.kit.tasks()) => served,
            reason = log_health::failed(self.log.as_ref()) => {
                tracing::error!(reason, "the process ends because its log failed");
                self.stop.cancel();
                bail!(say(
                    "the log's storage failed: {reason}; check its disk, then start the process again: nothing that \
                     was acknowledged is lost",
                    &[("reason", &reason)]
                ));
            }
        };
        self.stop.cancel();
        let ledger = ledger.await?;
        if tokio::time::timeout(DRAIN_TIMEOUT, self.kit.ended()).await.is_err() {
            tracing::warn!(
                "views, process managers or long answers are still busy; views and process managers go on from their \
                 checkpoints next time"
            );
        }
        access_log.flush().await;
        appending_ended.cancel();
        if let Some(signing) = signing {
            signing.await?;
        }
        if let Some(log) = self.log {
            log.close().await;
        }
        served.map_err(|error| anyhow::anyhow!(error))?;
        ledger
    }
}

/// The directories whose disks are measured.
fn measured_directories(config: &Config, has_log: bool) -> Vec<(&'static str, PathBuf)> {
    let log = has_log.then(|| ("log", config.data.join("log")));
    [("data", config.data.clone())].into_iter().chain(log).collect()
}

/// The routes, with all else passed on.
pub fn passing_on(routes: Routes, forward: Forward) -> Routes {
    Routes::from(routes.into_axum_router().fallback_service(forward))
}

/// Listens on the configured address.
pub async fn bind(config: &Config) -> anyhow::Result<TcpListener> {
    TcpListener::bind(config.listen).await.with_context(|| {
        say(
            "cannot listen on {address}; choose another address with --listen",
            &[("address", &config.listen)],
        )
    })
}

/// Refuses what the embedded journal, which one process has to itself, cannot do.
fn ensure_journal_fits(config: &Config, services: &[Service]) -> Result<(), ConfigError> {
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

/// The TLS of a listener, for gRPC alone or for HTTP in general; it follows its files.
pub fn tls(config: &Config, http: bool, tasks: &Tasks) -> anyhow::Result<Option<Arc<Tls>>> {
    let Some(files) = config.tls_files() else { return Ok(None) };
    let opened = if http { Tls::open_for_http(files) } else { Tls::open(files) };
    let tls = Arc::new(opened.context("the certificates of TLS")?);
    tls.watch(tasks).context("watching for SIGHUP")?;
    Ok(Some(tls))
}

/// How the ledger among the services backs itself up, if it does.
fn scheduled_backup(config: &Config, services: &[Service]) -> Result<Option<ScheduledBackup>, ConfigError> {
    let config::Backup { url, credentials, interval_minutes, retention_days } = &config.backup;
    let Some(url) = url.as_deref().filter(|_| services.contains(&Service::Ledger)) else { return Ok(None) };
    let store = Store::open(url, credentials.as_deref())
        .map_err(|error| ConfigError::new("backup.url", format!("is not accepted: {error}")))?;
    let retention = (*retention_days > 0).then(|| Duration::from_secs(retention_days * 24 * 60 * 60));
    Ok(Some(ScheduledBackup::new(store, Duration::from_secs(interval_minutes * 60), retention)))
}

/// Who may call; it follows its files.
pub fn identity(config: &Config, tasks: &Tasks) -> anyhow::Result<IdentityLayer> {
    if config.keys().join(SIGNING_KEY).exists() {
        refuse_exposed_development_keys(config)?;
    }
    // Keys may have to be fetched.
    let verifier =
        tokio::task::block_in_place(|| config.verifier()).context("the keys that verify tokens")?;
    let identity = IdentityLayer::new(verifier, config.step_up_acr());
    identity.watch_keys(tasks).context("watching for SIGHUP")?;
    Ok(identity)
}

/// Whether the settings name public keys, so that development keys are not used.
pub fn has_keys_of_its_own(config: &Config) -> bool {
    config.identity.jwks.is_some() || config.identity.issuers_file.is_some()
}

/// Refuses development keys where others can reach gRPC: whoever can read the private one can act as anybody.
fn refuse_exposed_development_keys(config: &Config) -> Result<(), ConfigError> {
    if has_keys_of_its_own(config) || config.is_loopback() || config.identity.allow_development_keys {
        return Ok(());
    }
    let why = say(
        "is not set, and others can reach {address}: development keys, with which whoever can read {keys} can act \
         as anybody, are not used there. Name the file with your public keys, or set \
         identity.allow_development_keys = true",
        &[("address", &config.listen), ("keys", &config.keys().display())],
    );
    Err(ConfigError::new("identity.jwks", why))
}

fn kit(config: &Config, journal: Arc<dyn Journal>, tasks: Tasks) -> anyhow::Result<Kit> {
    let clock = clock(config, &journal, &tasks)?;
    let folder = config.data.join("views");
    std::fs::create_dir_all(&folder).with_context(|| format!("cannot create {}", folder.display()))?;
    Ok(Kit::new(journal, clock, &folder, config.limits.clone(), tasks))
}

/// Records in the log that it is used although it is stale, where that was accepted.
async fn record_accepted(kit: &Kit, own_log: Option<OwnLog>) -> anyhow::Result<Option<OwnLog>> {
    let Some(mut own_log) = own_log else { return Ok(None) };
    if let Some(evidence) = own_log.accepted.take() {
        stale_log::record_accepted(kit, evidence, own_log.log.head().position).await?;
        own_log.signing.accept_stale = true;
    }
    Ok(Some(own_log))
}

/// The log of a process that runs the ledger.
struct OwnLog {
    log: EventLog,
    signing: Signing,
    /// What shows that the log is stale, if it was accepted nevertheless.
    accepted: Option<Evidence>,
}

impl OwnLog {
    fn open(config: &Config) -> anyhow::Result<OwnLog> {
        let (had_key, had_log) = (config.ledger_key().exists(), config.data.join("log").exists());
        let log = open_log(config)?;
        let signing = signing(config, &log)?;
        if had_key != had_log {
            warn_of_new_key_or_log(config, had_key, &log);
        }
        Ok(OwnLog { log, signing, accepted: None })
    }
}

/// Where a process reads and writes records.
struct Storage {
    journal: Arc<dyn Journal>,
    own_log: Option<OwnLog>,
    ledger: Option<LedgerTask>,
    /// What other processes know and the log does not have, where that is accepted.
    contradictions: Option<UnboundedReceiver<Contradiction>>,
}

impl Storage {
    /// Opens the journal, with the log where the ledger is among the services. A stale log is refused, unless
    /// that is accepted.
    async fn open(
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

/// The services of a process, ready to be served.
struct Services {
    routes: Routes,
    readiness: Readiness,
    heads: Option<Arc<Heads>>,
}

impl Services {
    fn build(
        kit: &Kit,
        config: &Config,
        services: &[Service],
        mut own_log: Option<OwnLog>,
    ) -> anyhow::Result<Services> {
        let zone = &config.time_zone;
        let lag_max = Duration::from_secs(config.limits.view_lag_seconds_max);
        let mut readiness = Readiness::new(kit, lag_max);
        let (mut routes, mut heads) = (Routes::default(), None);
        for service in services {
            let name;
            (routes, name) = match service {
                Service::Directory => (routes.add_service(directory::build(kit, zone)?), directory::NAME),
                Service::Scheduling => (routes.add_service(scheduling::build(kit, zone)?), scheduling::NAME),
                Service::Deliberation => {
                    let fonts = config.documents.fonts_folder.as_deref();
                    (routes.add_service(deliberation::build(kit, zone, fonts)?), deliberation::NAME)
                }
                Service::Resolution => (routes.add_service(resolution::build(kit, zone)?), resolution::NAME),
                Service::Followup => (routes.add_service(followup::build(kit, zone)?), followup::NAME),
                Service::Delivery => {
                    (routes.add_service(delivery::build(kit, zone, delivery(config)?)?), delivery::NAME)
                }
                Service::Ledger => {
                    let OwnLog { log, signing, .. } = own_log.take().context("the ledger has no log")?;
                    let (service, signed) = ledger::build(kit, log, signing)?;
                    heads = Some(signed);
                    (routes.add_service(service), ledger::NAME)
                }
                // It is before the services, and not one of them.
                Service::Console => continue,
            };
            readiness.add_service(name);
        }
        routes = routes.add_service(service_kit::operations::build(kit));
        readiness.add_service(service_kit::operations::NAME);
        Ok(Services { routes, readiness, heads })
    }
}

/// How events are delivered.
fn delivery(config: &Config) -> anyhow::Result<delivery::Options> {
    let networks = config.delivery.networks();
    Ok(delivery::Options {
        key: ensure_key(&config.delivery_key()).context("the key of the secrets of subscriptions")?,
        private_networks: networks
            .map_err(|word| ConfigError::new("delivery.private_networks", format!("has {word:?}")))?,
        allow_http: config.delivery.allow_http,
        ca_file: config.delivery.ca_file.clone(),
        mail: config.mail.clone(),
    })
}

/// What a process is called in messages to people: its services, and where they are reached.
fn process_name(services: &[Service], address: SocketAddr) -> String {
    let names: Vec<String> = services.iter().map(Service::to_string).collect();
    format!("{}@{address}", names.join(","))
}

/// Waits until the ledger ends, where there is one, and drains the process if it failed.
async fn wait_for_ledger(ledger: Option<LedgerTask>, stop: CancellationToken) -> anyhow::Result<()> {
    let Some(ledger) = ledger else { return Ok(()) };
    let ended = ledger.await?;
    if let Err(error) = &ended {
        tracing::error!(%error, "the ledger ends");
        stop.cancel();
    }
    ended.context("the ledger cannot continue")
}

/// Creates development keys in the data directory, unless they exist or a JWKS file is configured. Returns
/// whether it did.
pub fn create_development_keys(config: &Config) -> anyhow::Result<bool> {
    if has_keys_of_its_own(config) {
        return Ok(false);
    }
    // Whoever cannot be started gets no keys either.
    ensure_journal_fits(config, Service::all())?;
    refuse_exposed_development_keys(config)?;
    Ok(ensure_development_keys(&config.keys())?)
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
fn ensure_no_view_has_seen_more(config: &Config) -> anyhow::Result<()> {
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

fn clock(config: &Config, journal: &Arc<dyn Journal>, tasks: &Tasks) -> anyhow::Result<Clock> {
    match config.clock.split_once(':') {
        None if config.clock == "system" => Ok(Clock::System),
        Some(("movable", start)) => {
            let start: Timestamp = start.parse().with_context(|| {
                say(
                    "clock starts at \"{start}\"; that must be a moment such as 2027-03-01T01:00:00Z",
                    &[("start", &start)],
                )
            })?;
            Ok(Clock::movable(start, journal.clone(), tasks))
        }
        _ => bail!(say(
            "clock is \"{clock}\"; it must be 'system' or 'movable:2027-03-01T01:00:00Z'",
            &[("clock", &config.clock)]
        )),
    }
}
