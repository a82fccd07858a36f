//! Where the keys of an issuer come from: a file, or a URL.

use crate::limits::{JWKS_FETCH_TIMEOUT, KEY_FILE_BYTES_MAX};
use crate::reload;
use http::Uri;
use std::fmt;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use ureq::tls::{Certificate, RootCerts, TlsConfig};

/// Where a JWKS is read.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum KeySource {
    File(PathBuf),
    Url {
        url: String,
        /// The authorities that may vouch for the server, PEM; absent: those of this machine.
        ca_file: Option<PathBuf>,
    },
}

impl fmt::Display for KeySource {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            KeySource::File(file) => file.display().fmt(out),
            KeySource::Url { url, .. } => url.fmt(out),
        }
    }
}

impl KeySource {
    /// A URL; says what is wrong with one that is not safe. Whoever can change what is read can act as anybody, so it is
    /// read with TLS, unless it stays on this machine.
    pub(super) fn url(url: &str, ca_file: Option<PathBuf>) -> Result<KeySource, String> {
        let uri: Uri = url.parse().map_err(|_| format!("{url:?} is no URL"))?;
        let host = uri.host().ok_or_else(|| format!("{url:?} has no host"))?;
        let address: Option<IpAddr> = host.trim_matches(['[', ']']).parse().ok();
        let is_local = host == "localhost" || address.is_some_and(|address| address.is_loopback());
        match uri.scheme_str() {
            Some("https") => {}
            Some("http") if is_local => {}
            _ => {
                return Err(format!(
                    "{url:?} must begin with https://: others could replace the keys on their way"
                ));
            }
        }
        if uri.authority().is_some_and(|authority| authority.as_str().contains('@')) {
            return Err("a user or a password in a URL would be shown in logs; leave it out".into());
        }
        Ok(KeySource::Url { url: url.to_owned(), ca_file })
    }

    /// Whether another machine may have to be asked, which takes time and may fail.
    pub(super) fn is_remote(&self) -> bool {
        matches!(self, KeySource::Url { .. })
    }

    /// Reads the JWKS; says why it cannot be read. Blocks, for [`JWKS_FETCH_TIMEOUT`] at most.
    pub(super) fn read(&self) -> Result<Vec<u8>, String> {
        match self {
            KeySource::File(file) => {
                reload::read(file, KEY_FILE_BYTES_MAX).map_err(|error| error.to_string())
            }
            KeySource::Url { url, ca_file } => fetch(url, ca_file.as_deref()),
        }
    }
}

/// Without redirects and proxies: the keys come from where the settings say.
fn fetch(url: &str, ca_file: Option<&Path>) -> Result<Vec<u8>, String> {
    let tls = TlsConfig::builder()
        .root_certs(RootCerts::new_with_certs(&authorities(ca_file)?))
        .unversioned_rustls_crypto_provider(Arc::new(ring::default_provider()))
        .build();
    let agent = ureq::Agent::config_builder()
        .tls_config(tls)
        .proxy(None)
        .max_redirects(0)
        .timeout_global(Some(JWKS_FETCH_TIMEOUT))
        .build()
        .new_agent();
    let mut answer = agent.get(url).call().map_err(|error| error.to_string())?;
    let status = answer.status();
    if !status.is_success() {
        return Err(format!("it answers {status}"));
    }
    let body = answer.body_mut().with_config().limit(KEY_FILE_BYTES_MAX);
    body.read_to_vec().map_err(|error| error.to_string())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_only_read_where_nobody_else_can_replace_them() {
        for good in [
            "https://login.example.gov/jwks",
            "http://127.0.0.1:8080/jwks",
            "http://localhost/jwks",
            "http://[::1]/k",
        ] {
            assert!(KeySource::url(good, None).is_ok(), "{good}");
        }
        for bad in [
            "http://login.example.gov/jwks",
            "ftp://x/jwks",
            "jwks",
            "https://user:sesame@login.example/jwks",
        ] {
            let refused = KeySource::url(bad, None).unwrap_err();
            assert!(
                bad == "https://user:sesame@login.example/jwks" && !refused.contains("sesame")
                    || refused.contains(bad)
            );
        }
    }
}
