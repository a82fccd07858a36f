//! The door for HTTP of a process, with the pages of the console.

use super::entrance::has_keys_of_its_own;
use crate::client::token;
use anyhow::Context as _;
use console::{Desk, Door, SignToken};
use domain::Role;
use service_kit::config::Config;
use service_kit::identity::{SIGNING_KEY, SigningKey, ensure_session_key};
use service_kit::serve::{HttpDoor, Stack};
use std::sync::Arc;

/// Hours for which a token is valid that somebody signs in with by choosing a role.
const TOKEN_HOURS: u32 = 12;

/// The door that a process with the console has.
pub fn http_door(config: &Config) -> anyhow::Result<HttpDoor> {
    let key = ensure_session_key(&config.session_key()).context("console.session_key")?;
    let https = config.tls_files().is_some();
    let desk = Arc::new(Desk::new(key, https, &config.time_zone, sign_token(config)?));
    Ok(Box::new(|stack| Stack::new(Door::new(stack, desk))))
}

/// What signs tokens for whoever is at this machine, in development.
fn sign_token(config: &Config) -> anyhow::Result<Option<SignToken>> {
    let file = config.keys().join(SIGNING_KEY);
    if has_keys_of_its_own(config) || !config.is_loopback() || !file.exists() {
        return Ok(None);
    }
    let (key, config) = (SigningKey::read(&file)?, config.clone());
    Ok(Some(Arc::new(move |role, department| {
        let role = Role::parse(role).ok_or_else(|| format!("there is no role {role:?}"))?;
        let subject = format!("{}@{}", role.as_str(), department.unwrap_or("any"));
        let hours = token::accepted_hours(&config, TOKEN_HOURS);
        token::sign(&key, &config, &subject, department, &[role], hours).map_err(|error| error.to_string())
    })))
}
