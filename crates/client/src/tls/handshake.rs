//! The end of a handshake. With TLS 1.3 a server looks at the client's certificate when the client is done already: the
//! connection that is to carry calls may be gone before anybody has read why.

use super::{Tls, Trust, explain};
use crate::address::Address;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};
use tonic::codegen::http::Uri;

/// Time for all of it.
const TIMEOUT: Duration = Duration::from_secs(5);
/// How HTTP/2 begins, with which a server that waits for its client goes on: the preface and settings without any.
const BEGINNING: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";
const PORT_DEFAULT: u16 = 443;

/// Connects once more, and waits for the first that the server says. Returns why it ends the connection, and what to
/// do, if that is because of certificates.
pub(crate) async fn refusal(address: &Address, tls: &Tls) -> Option<String> {
    let first = tokio::time::timeout(TIMEOUT, first_byte(address, tls)).await.ok()?;
    first.err().and_then(|error| explain(&error.to_string()))
}

async fn first_byte(address: &Address, tls: &Tls) -> io::Result<()> {
    let uri: Uri = address.as_str().parse().map_err(io::Error::other)?;
    let host = uri.host().unwrap_or_default().trim_matches(['[', ']']).to_owned();
    let name = ServerName::try_from(host.clone()).map_err(io::Error::other)?;
    let socket = TcpStream::connect((host, uri.port_u16().unwrap_or(PORT_DEFAULT))).await?;
    let connector = TlsConnector::from(Arc::new(config(tls)?));
    let mut stream = connector.connect(name, socket).await?;
    stream.write_all(BEGINNING).await?;
    stream.flush().await?;
    stream.read_u8().await.map(drop)
}

fn config(tls: &Tls) -> io::Result<ClientConfig> {
    let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(io::Error::other)?
        .with_root_certificates(authorities(&tls.trust)?);
    let mut config = match &tls.certificate {
        Some(own) => {
            let key = PrivateKeyDer::from_pem_slice(own.key.as_bytes()).map_err(io::Error::other)?;
            builder.with_client_auth_cert(read(&own.certificate)?, key).map_err(io::Error::other)?
        }
        None => builder.with_no_client_auth(),
    };
    config.alpn_protocols = vec![b"h2".to_vec()];
    Ok(config)
}

fn authorities(trust: &Trust) -> io::Result<RootCertStore> {
    let mut store = RootCertStore::empty();
    store.add_parsable_certificates(match trust {
        Trust::System => rustls_native_certs::load_native_certs().certs,
        Trust::Authorities(pem) => read(pem)?,
    });
    Ok(store)
}

fn read(pem: &str) -> io::Result<Vec<CertificateDer<'static>>> {
    CertificateDer::pem_slice_iter(pem.as_bytes()).collect::<Result<_, _>>().map_err(io::Error::other)
}
