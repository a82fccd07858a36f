//! What a team would otherwise reach for: a table of events in PostgreSQL, one transaction for each event,
//! which checks the stream's version.

use crate::disk::PAYLOAD_BYTES;
use crate::load::closed_loop;
use crate::measure::Sample;
use anyhow::Context as _;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;
use tests::Process;
use tokio::sync::Mutex;
use tokio_postgres::{Client, NoTls, Statement};
use uuid::Uuid;

/// Connections, each with one transaction under way.
pub const CONNECTIONS: usize = 64;
/// `nobody`: PostgreSQL will not be run by root.
const NOBODY: u32 = 65534;
const TABLE: &str = "CREATE TABLE events (
    stream uuid NOT NULL, version bigint NOT NULL, payload bytea NOT NULL, PRIMARY KEY (stream, version))";
const APPEND: &str =
    "INSERT INTO events (stream, version, payload) SELECT $1::text::uuid, $2::bigint, $3::bytea
    WHERE (SELECT coalesce(max(version), 0) FROM events WHERE stream = $1::text::uuid) = $2 - 1";

/// A cluster of its own, with the settings that PostgreSQL comes with except for the number of connections.
pub struct Postgres {
    /// Its name and version.
    pub version: String,
    clients: Arc<[Connection]>,
    process: Process,
    _folder: TempDir,
}

struct Connection {
    client: Client,
    append: Statement,
    /// The stream that this connection writes, and its version.
    stream: Mutex<(String, i64)>,
}

impl Postgres {
    /// Starts a cluster; `None` when there is no PostgreSQL on this machine.
    pub async fn start(root: &Path) -> anyhow::Result<Option<Postgres>> {
        let Some(binaries) = binaries() else { return Ok(None) };
        let folder = tempfile::Builder::new().prefix("pg").tempdir_in(root)?;
        let by_root = folder.path().metadata()?.uid() == 0;
        if by_root {
            chown(folder.path(), Some(NOBODY), Some(NOBODY))?;
        }
        std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o700))?;
        let data = folder.path().join("data");
        let command = |name: &str| {
            let mut command = Command::new(binaries.join(name));
            if by_root {
                command.uid(NOBODY).gid(NOBODY);
            }
            command.current_dir(folder.path());
            command
        };
        let made =
            command("initdb").args(["--username=bench", "--auth=trust", "--pgdata"]).arg(&data).output()?;
        let error = String::from_utf8_lossy(&made.stderr);
        anyhow::ensure!(made.status.success(), "initdb: {error}");
        let mut server = command("postgres");
        server.arg("-D").arg(&data).arg("-k").arg(folder.path()).stdout(Stdio::null());
        server.args(["-c", "listen_addresses=", "-c", "max_connections=100", "-c", "synchronous_commit=on"]);
        let ready = |line: &str| line.contains("ready to accept connections").then_some(());
        let (process, ()) = Process::start("postgres", &mut server, ready)?;
        let clients = connect(folder.path()).await?;
        let row = clients[0].client.query_one("SHOW server_version_num", &[]).await?;
        let version = format!("PostgreSQL {}", row.get::<_, String>(0).parse::<u32>()? / 10_000);
        Ok(Some(Postgres { version, clients: clients.into(), process, _folder: folder }))
    }

    /// One transaction under way on each connection.
    pub async fn load(&self, time: Duration) -> anyhow::Result<Sample> {
        let clients = self.clients.clone();
        closed_loop(CONNECTIONS, time, &self.backends()?, move |worker, _| {
            let clients = clients.clone();
            async move { clients[worker].append().await }
        })
        .await
    }

    /// The server's processes: each connection has one.
    fn backends(&self) -> anyhow::Result<Vec<u32>> {
        let main = self.process.id();
        let children = std::fs::read_to_string(format!("/proc/{main}/task/{main}/children"))?;
        children.split_whitespace().map(|id| Ok(id.parse()?)).chain([Ok(main)]).collect()
    }
}

impl Connection {
    async fn append(&self) -> anyhow::Result<()> {
        let mut stream = self.stream.lock().await;
        let payload: &[u8] = &[0x5A; PAYLOAD_BYTES];
        let version = stream.1 + 1;
        let written = self.client.execute(&self.append, &[&stream.0, &version, &payload]).await?;
        anyhow::ensure!(written == 1, "the stream is not at version {}", stream.1);
        stream.1 = version;
        Ok(())
    }
}

fn binaries() -> Option<PathBuf> {
    let on_path = std::env::var_os("PATH")?;
    let link =
        std::env::split_paths(&on_path).map(|folder| folder.join("initdb")).find(|file| file.exists())?;
    Some(link.canonicalize().ok()?.parent()?.to_owned())
}

async fn connect(socket: &Path) -> anyhow::Result<Vec<Connection>> {
    let mut clients = Vec::with_capacity(CONNECTIONS);
    for number in 0..CONNECTIONS {
        let mut config = tokio_postgres::Config::new();
        config.host_path(socket).user("bench").dbname("postgres");
        let (client, connection) = config.connect(NoTls).await.context("a connection to PostgreSQL")?;
        // Ends when its client is dropped.
        tokio::spawn(connection);
        if number == 0 {
            client.batch_execute(TABLE).await?;
        }
        let append = client.prepare(APPEND).await?;
        let stream = Mutex::new((Uuid::new_v4().to_string(), 0));
        clients.push(Connection { client, append, stream });
    }
    Ok(clients)
}
