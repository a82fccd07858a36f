//! A real nats-server in a child process, and a ledger.

use event_log::{EventLog, Options};
use journal::nats::{Config, LedgerError, NatsJournal, run_ledger};
use std::fs::File;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use tempfile::TempDir;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// A nats-server with JetStream, on its own port and in its own folder.
pub struct NatsServer {
    pub folder: TempDir,
    port: u16,
    /// Additional arguments, for a cluster.
    extra_args: Vec<String>,
    child: Option<Child>,
}

fn free_port() -> u16 {
    TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port()
}

impl NatsServer {
    pub fn start() -> NatsServer {
        NatsServer::with(Vec::new())
    }

    /// Starts a JetStream cluster of three servers.
    pub fn cluster() -> Vec<NatsServer> {
        let routes: Vec<String> = (0..3).map(|_| format!("nats://127.0.0.1:{}", free_port())).collect();
        let member = |(number, route): (usize, &String)| {
            let name = format!("--name=server-{number}");
            let cluster = ["--cluster_name=tested".to_owned(), format!("--cluster={route}")];
            let routes = format!("--routes={}", routes.join(","));
            NatsServer::with([name].into_iter().chain(cluster).chain([routes]).collect())
        };
        routes.iter().enumerate().map(member).collect()
    }

    pub fn with(extra_args: Vec<String>) -> NatsServer {
        let mut server =
            NatsServer { folder: TempDir::new().unwrap(), port: free_port(), extra_args, child: None };
        server.restart();
        server
    }

    pub fn url(&self) -> String {
        format!("nats://127.0.0.1:{}", self.port)
    }

    /// Returns the directory of JetStream's files.
    pub fn store(&self) -> PathBuf {
        self.folder.path().join("store")
    }

    /// (Re)starts it with the same port and files.
    pub fn restart(&mut self) {
        self.kill();
        let log = File::options().create(true).append(true).open(self.folder.path().join("log")).unwrap();
        let child = Command::new(binary())
            .args(["--addr", "127.0.0.1", "--port", &self.port.to_string(), "--jetstream", "--store_dir"])
            .arg(self.store())
            .args(&self.extra_args)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .unwrap();
        self.child = Some(child);
    }

    /// Kills it like a crash: nothing more is written.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }
}

impl Drop for NatsServer {
    fn drop(&mut self) {
        self.kill();
    }
}

fn binary() -> PathBuf {
    if let Some(named) = std::env::var_os("TEST_NATS_SERVER") {
        return named.into();
    }
    let fetched = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/tools/nats-server");
    assert!(
        fetched.exists(),
        "these tests need a nats-server: run tests/nats-server, which downloads one into target/tools, \
         or set TEST_NATS_SERVER to the path of yours"
    );
    fetched
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
