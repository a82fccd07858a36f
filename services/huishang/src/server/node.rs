//! One process of a deployment: its journal, its clock, and the services it runs.

use super::door::http_door;
use super::entrance::{bind, identity, passing_on, tls};
use super::file_modes;
use super::log_health;
use super::own_log::OwnLog;
use super::services::{Service, Services};
use super::stale_log;
use super::storage::{LedgerTask, Storage, ensure_journal_fits};
use crate::language::say;
use anyhow::{Context as _, bail};
use backup::Store;
use console::Forward;
use domain::Timestamp;
use event_log::EventLog;
use journal::Journal;
use journal::frozen::FrozenJournal;
use ledger::{Heads, ScheduledBackup};
use service_kit::access_log::AccessLog;
use service_kit::clock::Clock;
use service_kit::config::{self, Config, ConfigError};
use service_kit::limits::DRAIN_TIMEOUT;
use service_kit::metrics;
use service_kit::serve::{self, ServerOptions};
use service_kit::view::RegisteredView;
use service_kit::{Kit, Tasks};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tonic::service::Routes;

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
        Node::assemble(config, services, accept_stale, false, stop).await
    }

    /// The services on the copy of a log, as it is: nothing is added to it, and nobody is told of anything.
    pub async fn build_frozen(config: &Config, stop: CancellationToken) -> anyhow::Result<Node> {
        let telling = |service: &&Service| **service == Service::Delivery;
        let services: Vec<Service> =
            Service::all().iter().filter(|service| !telling(service)).copied().collect();
        Node::assemble(config, &services, false, true, stop).await
    }

    async fn assemble(
        config: &Config,
        services: &[Service],
        accept_stale: bool,
        is_frozen: bool,
        stop: CancellationToken,
    ) -> anyhow::Result<Node> {
        file_modes::tighten(config)?;
        let backup = scheduled_backup(config, services)?;
        let listener = bind(config).await?;
        let address = listener.local_addr()?;
        let tasks = Tasks::from(stop.clone());
        let identity = identity(config, &tasks)?;
        let has_console = services.contains(&Service::Console);
        let http = has_console.then(|| http_door(config, identity.verifier())).transpose()?;
        let tls = tls(config, http.is_some(), &tasks)?;
        let access_log = AccessLog::start(&config.access_log)?;
        let mut storage = Storage::open(config, services, address, accept_stale, &stop).await?;
        let contradictions = storage.contradictions.take();
        let journal = match is_frozen {
            true => Arc::new(FrozenJournal::new(storage.journal)),
            false => storage.journal,
        };
        let kit = kit(config, journal, tasks)?;
        kit.follow_sign_outs(config.identity.token_lifetime_hours_max);
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
            kit: Some(kit.clone()),
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

/// How the ledger among the services backs itself up, if it does.
fn scheduled_backup(config: &Config, services: &[Service]) -> Result<Option<ScheduledBackup>, ConfigError> {
    let config::Backup { url, credentials, interval_minutes, retention_days } = &config.backup;
    let Some(url) = url.as_deref().filter(|_| services.contains(&Service::Ledger)) else { return Ok(None) };
    let store = Store::open(url, credentials.as_deref())
        .map_err(|error| ConfigError::new("backup.url", format!("is not accepted: {error}")))?;
    let retention = (*retention_days > 0).then(|| Duration::from_secs(retention_days * 24 * 60 * 60));
    Ok(Some(ScheduledBackup::new(store, Duration::from_secs(interval_minutes * 60), retention)))
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
