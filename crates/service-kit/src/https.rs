//! Requests to other machines: with TLS whose authorities the settings name, without redirects and proxies, so that what
//! is asked and answered goes where the settings say.

use crate::limits::KEY_FILE_BYTES_MAX;
use crate::reload;
use http::Uri;
use std::fmt;
use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use ureq::tls::{Certificate, RootCerts, TlsConfig};

/// Checks that a URL needs TLS, or stays on this machine, and holds no secret; says what is wrong with it. `danger` is
/// what others could do without TLS.
pub fn check_url(url: &str, danger: &str) -> Result<(), String> {
    let uri: Uri = url.parse().map_err(|_| format!("{url:?} is no URL"))?;
    if uri.authority().is_some_and(|authority| authority.as_str().contains('@')) {
        return Err("a user or a password in a URL would be shown in logs; leave it out".into());
    }
    let host = uri.host().ok_or_else(|| format!("{url:?} has no host"))?;
    let address: Option<IpAddr> = host.trim_matches(['[', ']']).parse().ok();
    let is_local = host == "localhost" || address.is_some_and(|address| address.is_loopback());
    match uri.scheme_str() {
        Some("https") => Ok(()),
        Some("http") if is_local => Ok(()),
        _ => Err(format!("{url:?} must begin with https://: {danger}")),
    }
}

/// What makes requests that take `timeout` at most. `ca_file` has the authorities that may vouch for servers, PEM; absent:
/// those of this machine. An answer with any status is an answer.
pub fn agent(ca_file: Option<&Path>, timeout: Duration) -> Result<ureq::Agent, String> {
    let tls = TlsConfig::builder()
        .root_certs(RootCerts::new_with_certs(&authorities(ca_file)?))
        .unversioned_rustls_crypto_provider(Arc::new(ring::default_provider()))
        .build();
    let agent = ureq::Agent::config_builder()
        .tls_config(tls)
        .proxy(None)
        .max_redirects(0)
        .http_status_as_error(false)
        .timeout_global(Some(timeout))
        .build();
    Ok(agent.new_agent())
}

fn authorities(ca_file: Option<&Path>) -> Result<Vec<Certificate<'static>>, String> {
    let certificates = match ca_file {
        Some(file) => {
            let why = |error: &dyn fmt::Display| format!("{}: {error}", file.display());
            let pem = reload::read(file, KEY_FILE_BYTES_MAX).map_err(|error| why(&error))?;
            let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&pem).collect();
            certificates.map_err(|error| why(&error))?
        }
        None => rustls_native_certs::load_native_certs().certs,
    };
    Ok(certificates.iter().map(|certificate| Certificate::from_der(certificate).to_owned()).collect())
}
