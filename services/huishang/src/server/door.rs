//! The door for HTTP of a process, with the pages of the console.

use super::entrance::has_keys_of_its_own;
use crate::client::token;
use crate::language::say;
use anyhow::Context as _;
use console::{AskProvider, Desk, Door, Provider, Providers, SignIns, SignToken};
use domain::Role;
use service_kit::config::{Config, ConfigError};
use service_kit::https;
use service_kit::identity::{SIGNING_KEY, SignIn, SigningKey, Verifier, ensure_session_key};
use service_kit::serve::{HttpDoor, Stack};
use std::sync::Arc;
use std::time::Duration;

/// Hours for which a token is valid that somebody signs in with by choosing a role.
const TOKEN_HOURS: u32 = 12;
/// Seconds in which a provider answers, at most.
const PROVIDER_SECONDS_MAX: u64 = 5;
/// Bytes of the answer of a provider, at most.
const PROVIDER_ANSWER_BYTES_MAX: u64 = 1 << 20;

/// The door that a process with the console has.
pub fn http_door(config: &Config, verifier: &Arc<Verifier>) -> anyhow::Result<HttpDoor> {
    let key = ensure_session_key(&config.session_key()).context("console.session_key")?;
    let at_providers = at_providers(config, verifier)?;
    let is_public_https = at_providers.as_ref().is_some_and(|(url, _)| url.starts_with("https://"));
    let https = config.tls_files().is_some() || is_public_https;
    let sign_ins = SignIns { by_role: sign_token(config)?, at_providers };
    let desk = Arc::new(Desk::new(key, https, &config.time_zone, sign_ins));
    let published = config.console.oparl_folder.clone();
    Ok(Box::new(|stack| Stack::new(Door::new(stack, desk).publishing(published))))
}

/// The providers at which readers sign in, and the URL to which they send them back.
fn at_providers(config: &Config, verifier: &Arc<Verifier>) -> anyhow::Result<Option<(String, Providers)>> {
    let Some(url) = &config.console.public_url else {
        return match verifier.sign_ins().first() {
            Some(sign_in) => {
                let why = say(
                    "is not set, but people sign in at {issuer}, which has to know where to send them back",
                    &[("issuer", &sign_in.issuer)],
                );
                Err(ConfigError::new("console.public_url", why).into())
            }
            None => Ok(None),
        };
    };
    let verifier = verifier.clone();
    Ok(Some((url.clone(), Arc::new(move || verifier.sign_ins().into_iter().map(provider).collect()))))
}

fn provider(sign_in: SignIn) -> Provider {
    let ca_file = sign_in.ca_file;
    let ask: AskProvider = Arc::new(move |request| {
        https::check_url(&request.uri().to_string(), "others could sign in as anybody")?;
        let agent = https::agent(ca_file.as_deref(), Duration::from_secs(PROVIDER_SECONDS_MAX))?;
        let (head, mut body) = agent.run(request).map_err(|error| error.to_string())?.into_parts();
        let body = body.with_config().limit(PROVIDER_ANSWER_BYTES_MAX).read_to_vec();
        Ok(http::Response::from_parts(head, body.map_err(|error| error.to_string())?))
    });
    Provider {
        issuer: sign_in.issuer,
        name: sign_in.name,
        client_id: sign_in.client_id,
        client_secret: sign_in.client_secret.map(|secret| secret.expose().to_owned()),
        scopes: sign_in.scopes,
        ask,
    }
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
