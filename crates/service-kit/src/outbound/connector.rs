//! One request to a target: to the very address that was checked, with TLS, without redirects and proxies.

use super::{Policy, Target, TargetError};
use bytes::Bytes;
use http::{HeaderValue, Request, Response, header};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use std::path::Path;
use std::sync::Arc;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

/// What connects to targets. Cheap to clone.
#[derive(Clone)]
pub struct Connector {
    tls: TlsConnector,
    policy: Arc<Policy>,
}

/// Why there was no answer.
#[derive(Debug, thiserror::Error)]
pub enum OutboundError {
    /// It is not connected to.
    #[error("the URL {0}")]
    Target(#[from] TargetError),
    /// Nobody is there.
    #[error("the server cannot be reached: {0}")]
    Unreachable(std::io::Error),
    /// It is not who it says, or does not speak TLS.
    #[error("TLS with the server: {0}")]
    Tls(std::io::Error),
    /// It did not answer in HTTP.
    #[error("the server did not answer: {0}")]
    Http(#[from] hyper::Error),
}

impl Connector {
    /// `ca_file` has the authorities that may vouch for servers, PEM; none: those of this machine.
    ///
    /// # Errors
    /// The authorities cannot be read.
    pub fn new(policy: Policy, ca_file: Option<&Path>) -> Result<Connector, String> {
        let mut roots = RootCertStore::empty();
        match ca_file {
            Some(file) => {
                let unreadable = |error: &dyn std::fmt::Display| format!("{}: {error}", file.display());
                for certificate in CertificateDer::pem_file_iter(file).map_err(|error| unreadable(&error))? {
                    let certificate = certificate.map_err(|error| unreadable(&error))?;
                    roots.add(certificate).map_err(|error| unreadable(&error))?;
                }
            }
            None => {
                roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
            }
        }
        let tls = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|error| error.to_string())?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Connector { tls: TlsConnector::from(Arc::new(tls)), policy: Arc::new(policy) })
    }

    /// Where it connects to.
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// Sends a request to a target, and reads the answer. The connection ends with that: a server holds nothing open.
    ///
    /// # Errors
    /// There was no answer.
    pub async fn send<T, F: Future<Output = T>>(
        &self,
        target: &Target,
        mut request: Request<Full<Bytes>>,
        read: impl FnOnce(Response<Incoming>) -> F,
    ) -> Result<T, OutboundError> {
        let no_host = || TargetError::NotAUrl("its host is none".to_owned());
        let host = HeaderValue::try_from(target.authority()).map_err(|_| no_host())?;
        request.headers_mut().insert(header::HOST, host);
        let address = target.resolve(&self.policy).await?;
        let connection = TcpStream::connect(address).await.map_err(OutboundError::Unreachable)?;
        if !target.has_tls() {
            return exchange(connection, request, read).await;
        }
        let name = ServerName::try_from(target.host().to_owned()).map_err(|_| no_host())?;
        let encrypted = self.tls.connect(name, connection).await.map_err(OutboundError::Tls)?;
        exchange(encrypted, request, read).await
    }
}

async fn exchange<T, F: Future<Output = T>>(
    connection: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
    request: Request<Full<Bytes>>,
    read: impl FnOnce(Response<Incoming>) -> F,
) -> Result<T, OutboundError> {
    let (mut sending, connection) = http1::handshake(TokioIo::new(connection)).await?;
    let answered = async { Ok(read(sending.send_request(request).await?).await) };
    // The connection is driven here, and ends with the answer.
    tokio::pin!(connection);
    tokio::pin!(answered);
    tokio::select! {
        answer = &mut answered => answer,
        _ = &mut connection => answered.await,
    }
}
