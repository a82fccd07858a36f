//! TLS of the listener: the certificate that it shows, and whose certificates clients must show. The files are read again
//! when they change.

mod certificate;

use crate::Tasks;
use crate::limits::CERTIFICATE_FILE_BYTES_MAX;
use crate::metrics;
use crate::reload::{self, Occasion};
use certificate::{Chain, Lifetime};
use domain::Timestamp;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::{self, RootCertStore, ServerConfig};

pub(super) use certificate::client_certificate;

/// HTTP/2, which gRPC runs on.
const HTTP2: &[u8] = b"h2";
/// HTTP/1.1.
const HTTP1: &[u8] = b"http/1.1";

/// The files of a listener's TLS, all in PEM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsFiles {
    /// The certificate that is shown, followed by those between it and its authority.
    pub certificate: PathBuf,
    /// The private key of the certificate.
    pub key: PathBuf,
    /// The authorities of clients' certificates. If there are any, every client must show a certificate.
    pub client_authorities: Option<PathBuf>,
}

/// A file cannot be used for TLS.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}: {why}", file.display())]
pub struct TlsError {
    file: PathBuf,
    why: String,
}

impl TlsError {
    fn new(file: &Path, why: impl ToString) -> TlsError {
        TlsError { file: file.to_owned(), why: why.to_string() }
    }
}

/// The TLS of a listener. A connection gets what is in force when it begins.
pub struct Tls {
    files: TlsFiles,
    /// Of which a client must name one for its connection to be used.
    protocols: &'static [&'static [u8]],
    in_force: RwLock<InForce>,
    reading: Mutex<Reading>,
}

#[derive(Clone)]
struct InForce {
    config: Arc<ServerConfig>,
    expires_at: Timestamp,
}

/// What is known of the files.
#[derive(Default)]
struct Reading {
    /// What was read last.
    content: Content,
    /// Why that could not be used, so that it is reported once.
    problem: Option<TlsError>,
    /// What was warned of last.
    warned_of: Lifetime,
}

/// What is in the files.
#[derive(Default, PartialEq, Eq)]
struct Content {
    certificate: Vec<u8>,
    key: Vec<u8>,
    client_authorities: Option<Vec<u8>>,
}

impl Tls {
    /// Reads the files, for connections of gRPC. A certificate that has expired is used with an error in the log, as
    /// there is no other.
    pub fn open(files: TlsFiles) -> Result<Tls, TlsError> {
        Tls::speaking(&[HTTP2], files)
    }

    /// The same for connections of gRPC and of HTTP in general.
    pub fn open_for_http(files: TlsFiles) -> Result<Tls, TlsError> {
        Tls::speaking(&[HTTP2, HTTP1], files)
    }

    fn speaking(protocols: &'static [&'static [u8]], files: TlsFiles) -> Result<Tls, TlsError> {
        let content = files.read()?;
        let in_force = RwLock::new(files.build(&content, protocols)?);
        let reading = Mutex::new(Reading { content, ..Reading::default() });
        let tls = Tls { files, protocols, in_force, reading };
        tls.warn_of_expiry(&mut tls.reading.lock().unwrap_or_else(PoisonError::into_inner));
        Ok(tls)
    }

    /// Keeps it up to date until the stop. Files that cannot be used change nothing, and are warned of once.
    pub fn watch(self: &Arc<Self>, tasks: &Tasks) -> io::Result<()> {
        let tls = self.clone();
        reload::watch("the certificates of TLS", tasks, move |occasion| {
            tls.reread(occasion == Occasion::Hangup);
        })
    }

    /// When the certificate that is shown, or one of those that come with it, expires.
    pub fn certificate_expires_at(&self) -> Timestamp {
        self.in_force().expires_at
    }

    /// What a connection that begins now gets.
    pub(super) fn config(&self) -> Arc<ServerConfig> {
        self.in_force().config
    }

    fn in_force(&self) -> InForce {
        self.in_force.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Reads the files again, and takes over what is in them if that has changed, or `anyway`.
    fn reread(&self, anyway: bool) {
        let mut reading = self.reading.lock().unwrap_or_else(PoisonError::into_inner);
        match self.files.read() {
            Ok(content) if content != reading.content || anyway => self.take_over(content, &mut reading),
            Ok(_) => reading.problem = None,
            Err(problem) => reading.keep_the_old(problem),
        }
        self.warn_of_expiry(&mut reading);
    }

    fn take_over(&self, content: Content, reading: &mut Reading) {
        let in_force = match self.files.build(&content, self.protocols) {
            Ok(new) => match self.refuse_what_is_worse(&new) {
                Ok(()) => new,
                Err(problem) => return reading.keep_the_old(problem),
            },
            Err(problem) => return reading.keep_the_old(problem),
        };
        (reading.content, reading.problem) = (content, None);
        let (file, expires_at) = (self.files.certificate.display(), in_force.expires_at);
        tracing::info!(%file, %expires_at, "read the certificates of TLS again");
        *self.in_force.write().unwrap_or_else(PoisonError::into_inner) = in_force;
    }

    /// An expired certificate does not take the place of one that is valid.
    fn refuse_what_is_worse(&self, new: &InForce) -> Result<(), TlsError> {
        let (now, expires_at) = (now(), new.expires_at);
        match expires_at <= now && self.certificate_expires_at() > now {
            true => Err(TlsError::new(&self.files.certificate, format!("it has expired, on {expires_at}"))),
            false => Ok(()),
        }
    }

    fn warn_of_expiry(&self, reading: &mut Reading) {
        let expires_at = self.certificate_expires_at();
        metrics::certificate_expires("server", expires_at);
        let lifetime = Lifetime::of(expires_at, now());
        if std::mem::replace(&mut reading.warned_of, lifetime) == lifetime {
            return;
        }
        let file = self.files.certificate.display();
        match lifetime {
            Lifetime::Long => {}
            Lifetime::Short => {
                tracing::warn!(%file, %expires_at, "the certificate expires soon: put a new one there");
            }
            Lifetime::Over => {
                tracing::error!(%file, %expires_at, "the certificate has expired, and clients do not accept it: put a new one there");
            }
        }
    }
}

impl Reading {
    fn keep_the_old(&mut self, problem: TlsError) {
        if self.problem.as_ref() != Some(&problem) {
            tracing::warn!(%problem, "the certificates of TLS stay as they were: a file cannot be used");
            self.problem = Some(problem);
        }
    }
}

impl TlsFiles {
    fn read(&self) -> Result<Content, TlsError> {
        let read = |file: &Path| {
            reload::read(file, CERTIFICATE_FILE_BYTES_MAX).map_err(|error| TlsError::new(file, error))
        };
        Ok(Content {
            certificate: read(&self.certificate)?,
            key: read(&self.key)?,
            client_authorities: self.client_authorities.as_deref().map(read).transpose()?,
        })
    }

    fn build(&self, content: &Content, protocols: &[&[u8]]) -> Result<InForce, TlsError> {
        let provider = Arc::new(ring::default_provider());
        let chain =
            Chain::parse(&content.certificate).map_err(|why| TlsError::new(&self.certificate, why))?;
        let key = PrivateKeyDer::from_pem_slice(&content.key)
            .map_err(|error| TlsError::new(&self.key, format!("it has no private key in PEM ({error})")))?;
        let builder = ServerConfig::builder_with_provider(provider.clone())
            .with_safe_default_protocol_versions()
            .map_err(|error| TlsError::new(&self.certificate, error))?;
        let builder = match (&self.client_authorities, &content.client_authorities) {
            (Some(file), Some(pem)) => {
                let authorities = authorities(pem).map_err(|why| TlsError::new(file, why))?;
                let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(authorities), provider);
                builder.with_client_cert_verifier(verifier.build().map_err(|why| TlsError::new(file, why))?)
            }
            _ => builder.with_no_client_auth(),
        };
        let expires_at = chain.expires_at;
        let mut config =
            builder.with_single_cert(chain.certificates, key).map_err(|error| self.mismatch(&error))?;
        config.alpn_protocols = protocols.iter().map(|name| name.to_vec()).collect();
        Ok(InForce { config: Arc::new(config), expires_at })
    }

    fn mismatch(&self, error: &rustls::Error) -> TlsError {
        match error {
            rustls::Error::InconsistentKeys(_) => TlsError::new(
                &self.key,
                format!(
                    "the key is not that of the certificate in {}; put both there",
                    self.certificate.display()
                ),
            ),
            other => TlsError::new(&self.key, format!("the key cannot be used: {other}")),
        }
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "certificates expire by the machine's clock, also in a rehearsal"
)]
fn now() -> Timestamp {
    Timestamp::now()
}

/// The authorities in a PEM file.
fn authorities(pem: &[u8]) -> Result<RootCertStore, String> {
    let mut store = RootCertStore::empty();
    for certificate in Chain::parse(pem)?.certificates {
        store.add(certificate).map_err(|error| format!("a certificate in it is no authority: {error}"))?;
    }
    Ok(store)
}

#[cfg(test)]
mod tests;
