//! Where a client command is sent, and with which token.

use super::error::{Error, root_cause};
use crate::token;
use domain::Role;
use serde::Serialize;
use service_kit::config::{Config, without_credentials};
use service_kit::identity::SIGNING_KEY;
use std::path::PathBuf;
use std::time::Duration;
use tonic::metadata::{Ascii, MetadataValue};
use tonic::transport::{Channel, Endpoint};

/// Where 'huishang up' listens by default.
const DEFAULT_SERVER: &str = "http://127.0.0.1:7400";
/// Validity of a token that --as signs, in hours.
const AS_HOURS: u32 = 1;
/// Time to wait for a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// The services that may be at separate addresses, by the names that --server uses.
pub const SERVICES: [&str; 6] =
    ["directory", "scheduling", "deliberation", "resolution", "followup", "ledger"];

/// Options of every client command.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Connection and output")]
pub struct Options {
    /// Where the services are: a URL, or 'directory=URL,scheduling=URL,…' if they have separate addresses
    /// [default: http://127.0.0.1:7400]
    #[arg(
        long,
        global = true,
        env = "HUISHANG_SERVER",
        hide_env_values = true,
        default_value = "",
        hide_default_value = true,
        value_name = "URL"
    )]
    pub server: String,
    /// The token to send [env: HUISHANG_TOKEN]
    #[arg(long, global = true, value_name = "TOKEN", conflicts_with_all = ["token_file", "as_role"])]
    pub token: Option<String>,
    /// A file with the token to send
    #[arg(long, global = true, value_name = "FILE", conflicts_with = "as_role")]
    pub token_file: Option<PathBuf>,
    /// Signs a token with the development key that 'huishang up' created: 'clerk', 'delegate@CODE'
    #[arg(long = "as", id = "as_role", global = true, value_name = "ROLE[,ROLE][@DEPARTMENT]")]
    pub role: Option<String>,
    /// The data directory with the development key
    #[arg(long, global = true, env = "HUISHANG_DATA", value_name = "DIR", default_value = "./huishang-data")]
    pub data: PathBuf,
    /// Prints protobuf JSON: one object, or one per line for a stream
    #[arg(long, global = true)]
    pub json: bool,
}

impl Options {
    /// Options that only say where the services are.
    pub fn for_server(server: &str) -> Options {
        Options {
            server: server.to_owned(),
            token: None,
            token_file: None,
            role: None,
            data: Config::default().data,
            json: false,
        }
    }

    /// Whether they say where the services are.
    pub fn names_a_server(&self) -> bool {
        !self.server.is_empty()
    }

    /// The address of a service, such as `scheduling`.
    pub fn address(&self, service: &str) -> Result<String, Error> {
        let address = if !self.names_a_server() {
            DEFAULT_SERVER
        } else if self.server.contains('=') {
            let pairs = self.server.split(',').filter_map(|pair| pair.split_once('='));
            let mut named = pairs.filter(|(name, _)| name.trim() == service).map(|(_, url)| url.trim());
            named.next().ok_or_else(|| {
                Error::Usage(format!("--server has no address for {service}; add {service}=URL to it"))
            })?
        } else {
            self.server.trim()
        };
        if address.starts_with("https://") {
            let why = format!(
                "{}: this client uses HTTP/2 without TLS; run a TLS proxy on this machine",
                without_credentials(address)
            );
            return Err(Error::Usage(why));
        }
        let bare = address.strip_prefix("http://").unwrap_or(address);
        Ok(format!("http://{bare}"))
    }

    /// The token to send: from --token, --token-file, --as or the environment.
    pub fn token(&self) -> Result<MetadataValue<Ascii>, Error> {
        let token = if let Some(token) = &self.token {
            token.clone()
        } else if let Some(file) = &self.token_file {
            std::fs::read_to_string(file)
                .map_err(|error| Error::Usage(format!("--token-file {}: {error}", file.display())))?
        } else if let Some(role) = &self.role {
            self.sign(role)?
        } else {
            std::env::var("HUISHANG_TOKEN").ok().filter(|token| !token.is_empty()).ok_or(Error::NoToken)?
        };
        format!("Bearer {}", token.trim())
            .parse()
            .map_err(|_| Error::Usage("the token contains characters that are not allowed in one".into()))
    }

    fn sign(&self, spec: &str) -> Result<String, Error> {
        let (names, department) = match spec.split_once('@') {
            Some((names, department)) => (names, Some(department)),
            None => (spec, None),
        };
        let known = || Role::ALL.map(Role::as_str).join(", ");
        let roles = names
            .split(',')
            .map(|name| {
                Role::parse(name.trim()).ok_or_else(|| format!("--as {spec}: the roles are {}", known()))
            })
            .collect::<Result<Vec<Role>, String>>()
            .map_err(Error::Usage)?;
        // What 'up' was started with: its issuer and its audience are those of the token.
        let file = std::env::var_os("HUISHANG_CONFIG").filter(|file| !file.is_empty()).map(PathBuf::from);
        let config = Config::load(file.as_deref(), Data { data: &self.data })
            .map_err(|error| Error::Usage(format!("--as {spec}: the configuration: {error}")))?;
        let key = config.keys().join(SIGNING_KEY);
        if !key.exists() {
            return Err(Error::Usage(format!(
                "--as {spec}: there is no development key at {}; 'huishang up' creates one in its data directory, which --data names",
                key.display()
            )));
        }
        let signed = token::signing_key(&config, None)
            .and_then(|key| token::sign(&key, &config, spec, department, &roles, AS_HOURS));
        signed.map_err(|error| Error::Usage(format!("--as {spec}: {error:#}")))
    }
}

#[derive(Serialize)]
struct Data<'a> {
    data: &'a PathBuf,
}

/// Connects to an address.
pub async fn connect(address: &str) -> Result<Channel, Error> {
    let endpoint = Endpoint::from_shared(address.to_owned())
        .map_err(|error| Error::Usage(format!("--server {}: {error}", without_credentials(address))))?
        .connect_timeout(CONNECT_TIMEOUT);
    endpoint
        .connect()
        .await
        .map_err(|error| Error::Unreachable { server: without_credentials(address), why: root_cause(&error) })
}
