//! Options of every client command: where the services are, who calls, and how the answer is printed.

use super::error::Error;
use super::token;
use crate::language::say;
use crate::settings::Location;
use client::{Addresses, Client, ClientCertificate, ConnectError, Connections, Tls, Token, Trust};
use domain::Role;
use service_kit::identity::SIGNING_KEY;
use std::fmt::Display;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Where 'huishang up' listens by default.
const DEFAULT_SERVER: &str = "http://127.0.0.1:7400";
/// Validity of a token that --as signs, in hours.
const AS_HOURS: u32 = 1;
/// How long a call is repeated while a service is not available.
const PATIENCE: Duration = Duration::from_secs(4);

/// Where the services are.
#[derive(Debug, Clone, clap::Args)]
pub struct Server {
    /// Where the services are: a URL, or 'directory=URL,scheduling=URL,…' if they have separate addresses
    /// [default: http://127.0.0.1:7400]
    #[arg(long, global = true, env = "HUISHANG_SERVER", hide_env_values = true, value_name = "URL")]
    pub server: Option<String>,
    /// A PEM file with the authorities that may vouch for an https server [default: those of this machine]
    #[arg(long, global = true, env = "HUISHANG_CA_FILE", value_name = "FILE")]
    pub ca_file: Option<PathBuf>,
    /// A PEM file with a certificate of your own, for a server that asks for one
    #[arg(long, global = true, env = "HUISHANG_CERT_FILE", value_name = "FILE", requires = "key_file")]
    pub cert_file: Option<PathBuf>,
    /// A PEM file with the private key of that certificate
    #[arg(long, global = true, env = "HUISHANG_KEY_FILE", value_name = "FILE", requires = "cert_file")]
    pub key_file: Option<PathBuf>,
}

/// Options of every client command.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Connection and output")]
pub struct Options {
    /// Where the services are.
    #[command(flatten)]
    pub server: Server,
    /// The token to send [env: HUISHANG_TOKEN]
    #[arg(long, global = true, value_name = "TOKEN", conflicts_with_all = ["token_file", "as_role"])]
    pub token: Option<String>,
    /// A file with the token to send
    #[arg(long, global = true, value_name = "FILE", conflicts_with = "as_role")]
    pub token_file: Option<PathBuf>,
    /// Signs a token with the development key that 'huishang up' created: 'clerk', 'delegate@CODE'
    #[arg(long = "as", id = "as_role", global = true, value_name = "ROLE[,ROLE][@DEPARTMENT]")]
    pub role: Option<String>,
    /// Where the development key and the settings for its tokens are.
    #[command(flatten)]
    pub location: Location,
    /// Prints protobuf JSON: one object, or one per line for a stream
    #[arg(long, global = true)]
    pub json: bool,
    /// Shows times in UTC, and reads them so where they have no offset, in place of the realm's time zone
    #[arg(long, global = true)]
    pub utc: bool,
}

impl Server {
    /// The server at this URL.
    pub fn at(url: &str) -> Server {
        Server { server: Some(url.to_owned()), ca_file: None, cert_file: None, key_file: None }
    }

    /// Whether a server was named.
    pub fn is_given(&self) -> bool {
        self.server.as_deref().is_some_and(|server| !server.is_empty())
    }

    /// The addresses of the services.
    pub fn addresses(&self) -> Result<Addresses, Error> {
        let server = self.server.as_deref().filter(|server| !server.is_empty()).unwrap_or(DEFAULT_SERVER);
        server.parse().map_err(|error| usage("--server", error))
    }

    /// Whose certificates are accepted, and which is shown.
    pub fn tls(&self) -> Result<Tls, Error> {
        let read = |flag: &str, file: &Path| {
            std::fs::read_to_string(file).map_err(|error| usage(format!("{flag} {}", file.display()), error))
        };
        let trust = match &self.ca_file {
            Some(file) => Trust::Authorities(read("--ca-file", file)?),
            None => Trust::System,
        };
        let certificate = match (&self.cert_file, &self.key_file) {
            (Some(certificate), Some(key)) => Some(ClientCertificate {
                certificate: read("--cert-file", certificate)?,
                key: read("--key-file", key)?,
            }),
            _ => None,
        };
        Ok(Tls { trust, certificate })
    }

    /// Connections to all services, each made when it is needed.
    pub fn connect(&self) -> Result<Connections, Error> {
        Ok(Connections::lazy(&self.addresses()?, &self.tls()?)?)
    }
}

impl Options {
    /// A caller of all services; it connects when it calls.
    pub fn client(&self) -> Result<Client, Error> {
        Ok(Client::new(self.server.connect()?, Some(self.token()?)))
    }

    /// A caller that is connected to one service, such as `scheduling`; to the others it connects when it calls them.
    pub async fn client_of(&self, service: &str) -> Result<Client, Error> {
        let (addresses, tls) = (self.server.addresses()?, self.server.tls()?);
        let address = addresses.of(service).map_err(|error| usage("--server", error))?;
        let token = self.token()?;
        let connection = client::connect(address, &tls).await?;
        let connections = Connections::lazy(&addresses, &tls)?.with(service, connection);
        Ok(Client::new(connections, Some(token)).patient(PATIENCE))
    }

    /// A caller of the services in one process, that is connected.
    pub async fn client_at(&self, address: &client::Address) -> Result<Client, Error> {
        let token = self.token()?;
        let connection = client::connect(address, &self.server.tls()?).await?;
        Ok(Client::new(Connections::One(connection), Some(token)).patient(PATIENCE))
    }

    /// The token to send: from --token, --token-file, --as or the environment.
    #[expect(clippy::disallowed_methods, reason = "this is where a client looks for its token")]
    fn token(&self) -> Result<Token, Error> {
        let token = if let Some(token) = &self.token {
            token.clone()
        } else if let Some(file) = &self.token_file {
            std::fs::read_to_string(file)
                .map_err(|error| usage(format!("--token-file {}", file.display()), error))?
        } else if let Some(role) = &self.role {
            self.sign(role)?
        } else {
            std::env::var("HUISHANG_TOKEN").ok().filter(|token| !token.is_empty()).ok_or(Error::NoToken)?
        };
        Token::bearer(&token).map_err(|error| Error::Usage(error.to_string()))
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
                let unknown = || say("the roles are {roles}", &[("roles", &known())]);
                Role::parse(name.trim()).ok_or_else(|| usage(format!("--as {spec}"), unknown()))
            })
            .collect::<Result<Vec<Role>, Error>>()?;
        // What 'up' was started with: its issuer and its audience are those of the token.
        let config =
            self.location.load().map_err(|error| usage(format!("--as {spec}"), format!("{error:#}")))?;
        let key = config.keys().join(SIGNING_KEY);
        if !key.exists() {
            let missing = say(
                "there is no development key at {file}; 'huishang up' creates one in its data directory, which --data \
                 names",
                &[("file", &key.display())],
            );
            return Err(usage(format!("--as {spec}"), missing));
        }
        let signed = token::signing_key(&config, None)
            .and_then(|key| token::sign(&key, &config, spec, department, &roles, AS_HOURS));
        signed.map_err(|error| usage(format!("--as {spec}"), format!("{error:#}")))
    }
}

/// What is wrong with an option.
fn usage(option: impl Display, why: impl Display) -> Error {
    Error::Usage(format!("{option}: {why}"))
}

impl From<ConnectError> for Error {
    fn from(error: ConnectError) -> Error {
        match error {
            ConnectError::Unreachable { address, why } => {
                Error::Unreachable { server: address.to_string(), why }
            }
            ConnectError::Unusable { .. } | ConnectError::Untrusted { .. } => usage("--server", error),
        }
    }
}
