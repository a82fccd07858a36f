//! A whole deployment, seen from outside: callers with their own identities, over gRPC only.

use crate::client::options::Server;
use crate::client::token;
use client::{Client, Connections, Token};
use domain::Role;
use service_kit::config::Config;
use service_kit::identity::SigningKey;
use std::sync::Arc;
use std::time::Duration;

/// How long a call is repeated while a service is not available.
pub const PATIENCE: Duration = Duration::from_secs(60);
/// Validity of a caller's token, in hours.
const TOKEN_HOURS: u32 = 4;

/// The services, and the key that signs tokens for them.
#[derive(Clone)]
pub struct Deployment {
    connections: Connections,
    key: Arc<SigningKey>,
    config: Arc<Config>,
}

impl Deployment {
    /// The deployment at these addresses; `config` has the issuer and audience of its tokens.
    pub fn new(server: &Server, key: SigningKey, config: Config) -> anyhow::Result<Deployment> {
        Ok(Deployment { connections: server.connect()?, key: Arc::new(key), config: Arc::new(config) })
    }

    /// A caller with a role, which acts for a department if one is given.
    pub fn client(&self, role: Role, department: Option<&str>) -> anyhow::Result<Client> {
        let subject = format!("{}@{}", role.as_str(), department.unwrap_or(&self.config.realm));
        let hours = token::accepted_hours(&self.config, TOKEN_HOURS);
        let token = token::sign(&self.key, &self.config, &subject, department, &[role], hours)?;
        Ok(Client::new(self.connections.clone(), Some(Token::bearer(&token)?)).patient(PATIENCE))
    }
}
