//! Where callers come in: the address, its TLS, and who may call.

use super::services::Service;
use super::storage::ensure_journal_fits;
use crate::language::say;
use anyhow::Context as _;
use console::Forward;
use service_kit::Tasks;
use service_kit::config::{Config, ConfigError};
use service_kit::identity::{IdentityLayer, SIGNING_KEY, ensure_development_keys};
use service_kit::serve::Tls;
use std::sync::Arc;
use tokio::net::TcpListener;
use tonic::service::Routes;

/// Listens on the configured address.
pub async fn bind(config: &Config) -> anyhow::Result<TcpListener> {
    TcpListener::bind(config.listen).await.with_context(|| {
        say(
            "cannot listen on {address}; choose another address with --listen",
            &[("address", &config.listen)],
        )
    })
}

/// The TLS of a listener, for gRPC alone or for HTTP in general; it follows its files.
pub fn tls(config: &Config, http: bool, tasks: &Tasks) -> anyhow::Result<Option<Arc<Tls>>> {
    let Some(files) = config.tls_files() else { return Ok(None) };
    let opened = if http { Tls::open_for_http(files) } else { Tls::open(files) };
    let tls = Arc::new(opened.context("the certificates of TLS")?);
    tls.watch(tasks).context("watching for SIGHUP")?;
    Ok(Some(tls))
}

/// Who may call; it follows its files.
pub fn identity(config: &Config, tasks: &Tasks) -> anyhow::Result<IdentityLayer> {
    if config.keys().join(SIGNING_KEY).exists() {
        refuse_exposed_development_keys(config)?;
    }
    // Keys may have to be fetched.
    let verifier =
        tokio::task::block_in_place(|| config.verifier()).context("the keys that verify tokens")?;
    let identity = IdentityLayer::new(verifier, config.step_up_acr());
    identity.watch_keys(tasks).context("watching for SIGHUP")?;
    Ok(identity)
}

/// Whether the settings name public keys, so that development keys are not used.
pub fn has_keys_of_its_own(config: &Config) -> bool {
    config.identity.jwks.is_some() || config.identity.issuers_file.is_some()
}

/// Refuses development keys where others can reach gRPC: whoever can read the private one can act as anybody.
fn refuse_exposed_development_keys(config: &Config) -> Result<(), ConfigError> {
    if has_keys_of_its_own(config) || config.is_loopback() || config.identity.allow_development_keys {
        return Ok(());
    }
    let why = say(
        "is not set, and others can reach {address}: development keys, with which whoever can read {keys} can act \
         as anybody, are not used there. Name the file with your public keys, or set \
         identity.allow_development_keys = true",
        &[("address", &config.listen), ("keys", &config.keys().display())],
    );
    Err(ConfigError::new("identity.jwks", why))
}

/// Creates development keys in the data directory, unless they exist or a JWKS file is configured. Returns
/// whether it did.
pub fn create_development_keys(config: &Config) -> anyhow::Result<bool> {
    if has_keys_of_its_own(config) {
        return Ok(false);
    }
    // Whoever cannot be started gets no keys either.
    ensure_journal_fits(config, Service::all())?;
    refuse_exposed_development_keys(config)?;
    Ok(ensure_development_keys(&config.keys())?)
}

/// The routes, with all else passed on.
pub fn passing_on(routes: Routes, forward: Forward) -> Routes {
    Routes::from(routes.into_axum_router().fallback_service(forward))
}
