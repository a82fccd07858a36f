//! A real nats-server in a child process, and a ledger.

#![expect(clippy::disallowed_methods, reason = "a test waits for what it spawns")]

use event_log::{EventLog, Options};
use harness::{Process, broker};
use journal::nats::{Config, LedgerError, NatsJournal, run_ledger};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tempfile::TempDir;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// A nats-server with JetStream, on its own port and in its own folder.
pub struct NatsServer {
    pub folder: TempDir,
    /// Where it listens, once it has been started.
    address: Option<String>,
    /// Additional arguments, for a cluster.
    flags: Vec<String>,
    process: Option<Process>,
}

impl NatsServer {
    pub fn start() -> NatsServer {
        NatsServer::with(Vec::new())
    }

    /// Starts a JetStream cluster of three servers.
    pub fn cluster() -> Vec<NatsServer> {
        broker::routes(3).unwrap().into_iter().map(NatsServer::with).collect()
    }

    pub fn with(flags: Vec<String>) -> NatsServer {
        let mut server = NatsServer { folder: TempDir::new().unwrap(), address: None, flags, process: None };
        server.restart();
        server
    }

    pub fn url(&self) -> String {
        format!("nats://{}", self.address.as_deref().expect("it was started"))
    }

    /// Returns the directory of JetStream's files.
    pub fn store(&self) -> PathBuf {
        self.folder.path().join("store")
    }

    /// (Re)starts it with the same port and files.
    pub fn restart(&mut self) {
        self.kill();
        let port = self.address.as_deref().and_then(|address| address.rsplit_once(':')).map(|(_, port)| port);
        let (process, address) = broker::start("nats-server", &self.store(), port, &self.flags).unwrap();
        (self.process, self.address) = (Some(process), Some(address));
    }

    /// Kills it like a crash: nothing more is written.
    pub fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill().unwrap();
        }
    }
}

/// A running ledger.
pub struct Ledger {
    pub log: EventLog,
    stop: CancellationToken,
    running: JoinHandle<Result<(), LedgerError>>,
}

impl Ledger {
    pub fn start(journal: &NatsJournal, name: &'static str, folder: &Path) -> Ledger {
        let (log, _) = EventLog::open(Options::new(folder)).unwrap();
        let stop = CancellationToken::new();
        let (journal, ledger_log, stopping) = (journal.clone(), log.clone(), stop.clone());
        let running =
            tokio::spawn(async move { run_ledger(&journal, ledger_log, name, None, stopping).await });
        Ledger { log, stop, running }
    }

    /// Stops it gracefully and closes its log.
    pub async fn stop(self) {
        self.stop.cancel();
        self.running.await.unwrap().unwrap();
        self.log.close().await;
    }

    /// Waits for the error that makes it stop.
    pub async fn fault(self) -> LedgerError {
        let ended = tokio::time::timeout(Duration::from_secs(30), self.running).await;
        ended.expect("the ledger stops").unwrap().unwrap_err()
    }
}

/// Connects to the journal on this server.
pub async fn connect(server: &NatsServer, ledgers_needed: usize) -> NatsJournal {
    connect_to(Config { ledgers_needed, ..Config::new(server.url()) }).await
}

pub async fn connect_to(config: Config) -> NatsJournal {
    NatsJournal::connect(config).await.unwrap()
}
