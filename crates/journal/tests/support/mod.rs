//! A real nats-server in a child process, with a ledger behind it.

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

/// A nats-server with JetStream on a port and a folder of its own.
pub struct NatsServer {
    pub folder: TempDir,
    port: u16,
    /// What else it is told, for a cluster.
    more: Vec<String>,
    child: Option<Child>,
}

fn free_port() -> u16 {
    TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port()
}

impl NatsServer {
    pub fn start() -> NatsServer {
        NatsServer::with(Vec::new())
    }

    /// Three servers that keep JetStream together.
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

    fn with(more: Vec<String>) -> NatsServer {
        let mut server = NatsServer { folder: TempDir::new().unwrap(), port: free_port(), more, child: None };
        server.restart();
        server
    }

    pub fn url(&self) -> String {
        format!("nats://127.0.0.1:{}", self.port)
    }

    /// Where JetStream keeps its files.
    pub fn store(&self) -> PathBuf {
        self.folder.path().join("store")
    }

    /// Starts it, on the same port and files as before.
    pub fn restart(&mut self) {
        self.kill();
        let log = File::options().create(true).append(true).open(self.folder.path().join("log")).unwrap();
        let child = Command::new(binary())
            .args(["--addr", "127.0.0.1", "--port", &self.port.to_string(), "--jetstream", "--store_dir"])
            .arg(self.store())
            .args(&self.more)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .unwrap();
        self.child = Some(child);
    }

    /// Ends it as a crash would: nothing is written any more.
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
        "these tests need a nats-server: run tests/nats-server, which fetches one into target/tools, \
         or name yours in TEST_NATS_SERVER"
    );
    fetched
}

/// A ledger that is running.
pub struct Ledger {
    pub log: EventLog,
    stop: CancellationToken,
    running: JoinHandle<Result<(), LedgerError>>,
}

impl Ledger {
    pub fn start(journal: &NatsJournal, name: &'static str, folder: &Path) -> Ledger {
        let (log, _) = EventLog::open(Options::new(folder)).unwrap();
        let stop = CancellationToken::new();
        let (journal, kept, stopping) = (journal.clone(), log.clone(), stop.clone());
        let running = tokio::spawn(async move { run_ledger(&journal, kept, name, stopping).await });
        Ledger { log, stop, running }
    }

    /// Ends it as a service does, and closes its log.
    pub async fn stop(self) {
        self.stop.cancel();
        self.running.await.unwrap().unwrap();
        self.log.close().await;
    }

    /// Waits for what makes it give up.
    pub async fn fault(self) -> LedgerError {
        let ended = tokio::time::timeout(Duration::from_secs(30), self.running).await;
        ended.expect("a ledger that gives up").unwrap().unwrap_err()
    }
}

/// The journal on this server, with as many ledgers needed as said.
pub async fn connect(server: &NatsServer, ledgers_needed: usize) -> NatsJournal {
    connect_to(Config { ledgers_needed, ..Config::new(server.url()) }).await
}

pub async fn connect_to(config: Config) -> NatsJournal {
    NatsJournal::connect(config).await.unwrap()
}
