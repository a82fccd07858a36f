//! Where the keys of an issuer come from: a file, or a URL.

use crate::https;
use crate::limits::{JWKS_FETCH_TIMEOUT, KEY_FILE_BYTES_MAX};
use crate::reload;
use std::fmt;
use std::path::{Path, PathBuf};

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
        https::check_url(url, "others could replace the keys on their way")?;
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

fn fetch(url: &str, ca_file: Option<&Path>) -> Result<Vec<u8>, String> {
    let agent = https::agent(ca_file, JWKS_FETCH_TIMEOUT)?;
    let mut answer = agent.get(url).call().map_err(|error| error.to_string())?;
    let status = answer.status();
    if !status.is_success() {
        return Err(format!("it answers {status}"));
    }
    let body = answer.body_mut().with_config().limit(KEY_FILE_BYTES_MAX);
    body.read_to_vec().map_err(|error| error.to_string())
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
