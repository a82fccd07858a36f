//! An installation in a temporary directory: embedded, or split into services over a real broker.

use crate::binary::huishang;
use crate::client::{Client, LogFollower};
use crate::http::HttpClient;
use anyhow::Context as _;
use client::{Connections, SERVICES, Tls, Token};
use domain::Role;
use harness::{Process, broker};
use service_kit::config::Config;
use service_kit::identity::{Claims, SigningKey, ensure_development_keys};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Which processes an installation has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// One process on the embedded journal.
    Embedded,
    /// A process for each service, over NATS.
    Distributed,
}

/// What differs from test to test.
#[derive(Debug, Clone)]
pub struct SandboxConfig {
    /// `system` or `movable:<moment>`.
    pub clock: String,
    /// Brokers of a distributed installation; several keep JetStream together, and each has every record.
    pub brokers: usize,
    /// Further flags of each broker.
    pub broker_flags: Vec<String>,
    /// Settings by their names in the environment, such as `HUISHANG_LIMITS__CONNECTIONS_MAX`.
    pub settings: Vec<(&'static str, String)>,
    /// Whether the settings say which keys verify tokens; otherwise they are development keys.
    pub own_keys: bool,
    /// KiB to which a process may let a file grow; writing more fails, as on a broken disk.
    pub file_kib_max: Option<u64>,
}

impl Default for SandboxConfig {
    fn default() -> Self {
        SandboxConfig {
            clock: "movable:2027-03-01T01:00:00Z".into(),
            brokers: 1,
            broker_flags: Vec::new(),
            settings: Vec::new(),
            own_keys: false,
            file_kib_max: None,
        }
    }
}

/// The name of a broker's process.
fn broker_name(number: usize) -> String {
    if number == 0 { "nats".to_owned() } else { format!("nats-{}", number + 1) }
}

/// A running installation; it ends, and its directory goes, with the value.
pub struct Sandbox {
    mode: Mode,
    config: SandboxConfig,
    folder: tempfile::TempDir,
    processes: BTreeMap<String, Process>,
    addresses: BTreeMap<String, String>,
    nats: Option<String>,
    /// For each process that does not use the broker's own address: the URL it uses instead.
    nats_urls: BTreeMap<String, String>,
    /// For each process that is of another version: its program.
    programs: BTreeMap<String, PathBuf>,
    /// For each process: further flags with which it is started.
    flags: BTreeMap<String, Vec<String>>,
    /// For each broker: the flags by which it finds the others.
    routes: Vec<Vec<String>>,
}

impl Sandbox {
    /// Starts an installation with a movable clock at 2027-03-01 09:00 in Shanghai.
    pub fn start(mode: Mode) -> anyhow::Result<Sandbox> {
        Sandbox::start_with(mode, SandboxConfig::default())
    }

    /// Starts an installation.
    pub fn start_with(mode: Mode, config: SandboxConfig) -> anyhow::Result<Sandbox> {
        let folder = tempfile::tempdir()?;
        ensure_development_keys(&folder.path().join("keys"))?;
        let mut sandbox = Sandbox {
            mode,
            config,
            folder,
            processes: BTreeMap::new(),
            addresses: BTreeMap::new(),
            nats: None,
            nats_urls: BTreeMap::new(),
            programs: BTreeMap::new(),
            flags: BTreeMap::new(),
            routes: Vec::new(),
        };
        match mode {
            Mode::Embedded => sandbox.start_process("up")?,
            Mode::Distributed => {
                sandbox.routes = broker::routes(sandbox.config.brokers)?;
                for number in 0..sandbox.config.brokers {
                    sandbox.start_process(&broker_name(number))?;
                }
                // Nothing is committed without a ledger.
                sandbox.start_process("ledger")?;
                for service in SERVICES.into_iter().filter(|service| *service != "ledger") {
                    sandbox.start_process(service)?;
                }
            }
        }
        Ok(sandbox)
    }

    /// The names of its processes: `up`; or `nats`, what other brokers there are, and the services.
    pub fn process_names(&self) -> Vec<String> {
        self.addresses.keys().cloned().collect()
    }

    /// Starts a process that is not running, at the address it had before.
    pub fn start_process(&mut self, name: &str) -> anyhow::Result<()> {
        let broker = (0..self.config.brokers).find(|number| broker_name(*number) == name);
        let (process, address) = match broker {
            Some(number) => {
                let store = self.folder.path().join(name);
                let port = self.addresses.get(name).and_then(|address| address.rsplit_once(':'));
                let flags = [self.routes[number].as_slice(), &self.config.broker_flags].concat();
                broker::start(name, &store, port.map(|(_, port)| port), &flags)?
            }
            None => self.spawn_huishang(name)?,
        };
        if name == broker_name(0) {
            self.nats = Some(format!("nats://{address}"));
        }
        self.addresses.insert(name.to_owned(), address);
        self.processes.insert(name.to_owned(), process);
        Ok(())
    }

    fn address(&self, name: &str) -> String {
        self.addresses.get(name).cloned().unwrap_or_else(|| "127.0.0.1:0".into())
    }

    fn spawn_huishang(&self, name: &str) -> anyhow::Result<(Process, String)> {
        let program = self.programs.get(name).cloned().unwrap_or_else(huishang);
        let mut command = limited(program, self.config.file_kib_max);
        match name {
            "up" => {
                command.args(["up", "--data"]).arg(self.folder.path());
            }
            "console" => {
                command
                    .args(["serve", name, "--server", &self.server(), "--data"])
                    .arg(self.folder.path().join(name));
            }
            name => {
                let nats =
                    self.nats_urls.get(name).or(self.nats.as_ref()).context("the broker runs first")?;
                // Another copy of a service is called `ledger-2`.
                let service = name.split('-').next().unwrap_or(name);
                command
                    .args(["serve", service, "--journal", nats, "--data"])
                    .arg(self.folder.path().join(name));
            }
        }
        command.args(["--listen", &self.address(name), "--clock", &self.config.clock]);
        if !self.config.own_keys {
            command.arg("--identity-jwks").arg(self.folder.path().join("keys/jwks.json"));
        }
        command.args(self.flags.get(name).into_iter().flatten());
        command.env("HUISHANG_LOG__FORMAT", "json");
        command.env("HUISHANG_NATS__REPLICAS", self.config.brokers.to_string());
        // Tests write more than a department does.
        command.env("HUISHANG_LIMITS__DEPARTMENT_WRITE_KIB_PER_SECOND_MAX", "0");
        command.envs(self.config.settings.iter().map(|(name, value)| (*name, value)));
        Process::start(name, &mut command, |line| {
            let line: serde_json::Value = serde_json::from_str(line).ok()?;
            (line["message"] == "serving").then(|| line["address"].as_str().unwrap_or_default().to_owned())
        })
    }

    /// Has a process run another version of the program from its next start on.
    pub fn set_program(&mut self, name: &str, program: &Path) {
        self.programs.insert(name.to_owned(), program.to_owned());
    }

    /// Changes the configuration of processes that are started from now on.
    pub fn configure(&mut self, config: SandboxConfig) {
        self.config = config;
    }

    /// The broker's URL; empty in an installation without one.
    pub fn nats_url(&self) -> &str {
        self.nats.as_deref().unwrap_or_default()
    }

    /// Has a process reach the broker by another URL from its next start on.
    pub fn set_nats_url(&mut self, name: &str, url: String) {
        self.nats_urls.insert(name.to_owned(), url);
    }

    /// Sets further flags with which a process is started from now on.
    pub fn set_flags(&mut self, name: &str, flags: &[&str]) {
        self.flags.insert(name.to_owned(), flags.iter().map(|flag| (*flag).to_owned()).collect());
    }

    /// Its mode.
    pub fn mode(&self) -> Mode {
        self.mode
    }

    /// Its directory.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The data directory of the process that runs a service.
    pub fn data_of(&self, service: &str) -> PathBuf {
        match self.mode {
            Mode::Embedded => self.folder().to_owned(),
            Mode::Distributed => self.folder().join(service),
        }
    }

    /// The name of the process that runs a service.
    pub fn process_of(&self, service: &'static str) -> &'static str {
        match self.mode {
            Mode::Embedded => "up",
            Mode::Distributed => service,
        }
    }

    /// The key that signs its tokens.
    pub fn signing_key(&self) -> PathBuf {
        self.folder.path().join("keys/signing-key.pem")
    }

    /// The value of `--server` that reaches it.
    pub fn server(&self) -> String {
        match self.mode {
            Mode::Embedded => format!("http://{}", self.addresses["up"]),
            Mode::Distributed => {
                let services =
                    SERVICES.iter().map(|service| format!("{service}=http://{}", self.addresses[*service]));
                services.collect::<Vec<_>>().join(",")
            }
        }
    }

    /// The URL of one service.
    pub fn server_of(&self, service: &str) -> String {
        let name = if self.mode == Mode::Embedded { "up" } else { service };
        format!("http://{}", self.addresses[name])
    }

    /// A process, to kill or to terminate.
    pub fn process(&mut self, name: &str) -> &mut Process {
        self.processes.get_mut(name).expect("the name is one of process_names()")
    }

    /// Whether a process runs.
    pub fn is_running(&mut self, name: &str) -> anyhow::Result<bool> {
        match self.processes.get_mut(name) {
            Some(process) => Ok(!process.has_ended()?),
            None => Ok(false),
        }
    }

    /// Kills a process and starts it again at the same address.
    pub fn restart(&mut self, name: &str) -> anyhow::Result<()> {
        self.process(name).kill()?;
        self.processes.remove(name);
        self.start_process(name)
    }

    /// A client with an identity.
    pub async fn client(&self, role: Role, department: Option<&str>) -> anyhow::Result<Client> {
        self.client_with_token(&self.token_of(role, department)?).await
    }

    /// Somebody with an identity who calls by HTTP. A distributed installation gets the process with the console when
    /// it is first called so.
    pub fn http(&mut self, role: Role, department: Option<&str>) -> anyhow::Result<HttpClient> {
        let token = self.token_of(role, department)?;
        self.http_with_token(Some(token))
    }

    /// The same with this token, or none.
    pub fn http_with_token(&mut self, token: Option<String>) -> anyhow::Result<HttpClient> {
        if self.mode == Mode::Distributed && !self.processes.contains_key("console") {
            self.start_process("console")?;
        }
        Ok(HttpClient::new(&self.addresses[self.process_of("console")], token))
    }

    /// A token for an hour.
    pub fn token_of(&self, role: Role, department: Option<&str>) -> anyhow::Result<String> {
        self.token(&self.signing_key(), role, department, 3600)
    }

    /// A client with this token; an empty one sends none.
    pub async fn client_with_token(&self, token: &str) -> anyhow::Result<Client> {
        let token = if token.is_empty() { None } else { Some(Token::bearer(token)?) };
        let connections = Connections::lazy(&self.server().parse()?, &Tls::default())?;
        Ok(Client(client::Client::new(connections, token)))
    }

    /// A token signed with a key that the installation does not know.
    pub fn forged_token(&self, role: Role) -> anyhow::Result<String> {
        let folder = self.folder.path().join("forger");
        ensure_development_keys(&folder)?;
        self.token(&folder.join("signing-key.pem"), role, None, 3600)
    }

    /// A token that expires in a moment.
    pub fn expiring_token(&self, role: Role) -> anyhow::Result<String> {
        self.token(&self.signing_key(), role, None, 1)
    }

    /// A token that has expired.
    pub fn expired_token(&self, role: Role) -> anyhow::Result<String> {
        self.token(&self.signing_key(), role, None, -60)
    }

    fn token(
        &self,
        key: &Path,
        role: Role,
        department: Option<&str>,
        seconds: i64,
    ) -> anyhow::Result<String> {
        let now = jiff::Timestamp::now().as_second();
        let config = Config::default();
        let claims = Claims {
            aud: config.audience(),
            iss: config.identity.issuer,
            sub: format!("{}@{}", role.as_str(), department.unwrap_or("any")),
            department: department.map(str::to_owned),
            roles: vec![role.as_str().to_owned()],
            iat: now,
            exp: now + seconds,
        };
        Ok(SigningKey::read(key)?.sign(&claims)?)
    }

    /// Follows the log from its head.
    pub async fn follow_log(&self) -> anyhow::Result<LogFollower> {
        let auditor = self.client(Role::Auditor, None).await?;
        let head = auditor.call_patiently(proto::ledger::v1::GetHeadRequest {}).await?;
        auditor.follow(head.position).await
    }

    /// Runs a client command against it.
    pub fn run(&self, role: &str, arguments: &[&str]) -> anyhow::Result<std::process::Output> {
        Command::new(huishang())
            .args(arguments)
            .args(["--server", &self.server(), "--as", role, "--data"])
            .arg(self.folder.path())
            .output()
            .context("the binary runs")
    }
}

/// A command whose files may grow to this size. Writing more fails with an error, without a signal.
fn limited(program: PathBuf, file_kib_max: Option<u64>) -> Command {
    let Some(kib) = file_kib_max else { return Command::new(program) };
    let mut command = Command::new("sh");
    // The unit of the shell is 512 bytes.
    let script = format!("trap '' XFSZ; ulimit -f {}; exec \"$0\" \"$@\"", kib * 2);
    command.arg("-c").arg(script).arg(program);
    command
}
