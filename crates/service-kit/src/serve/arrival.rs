//! How a connection begins: with a TLS handshake where TLS is spoken.

use super::tls::{Tls, client_certificate};
use crate::identity::ClientCertificate;
use crate::limits::CLOSE_TIMEOUT;
use std::io;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tokio_util::either::Either;

/// The first byte of a TLS connection: the type of the record that the handshake is in.
const HANDSHAKE_RECORD: u8 = 0x16;

/// A connection that can be served.
pub(super) struct Arrival {
    pub(super) io: Either<TcpStream, TlsStream<TcpStream>>,
    /// Whether it should speak TLS, and does not.
    pub(super) lacks_tls: bool,
    /// What the client showed, if it was asked for a certificate.
    pub(super) certificate: Option<ClientCertificate>,
}

/// Completes the handshake, if TLS is spoken; says why it failed.
pub(super) async fn arrive(socket: TcpStream, tls: Option<&Tls>) -> Result<Arrival, String> {
    let plain = |socket, lacks_tls| Arrival { io: Either::Left(socket), lacks_tls, certificate: None };
    let Some(tls) = tls else { return Ok(plain(socket, false)) };
    if !begins_with_handshake(&socket).await.map_err(|error| error.to_string())? {
        return Ok(plain(socket, true));
    }
    match TlsAcceptor::from(tls.config()).accept(socket).into_fallible().await {
        Ok(stream) => {
            let certificate = stream.get_ref().1.peer_certificates().and_then(<[_]>::first);
            let certificate = certificate.and_then(client_certificate);
            Ok(Arrival { io: Either::Right(stream), lacks_tls: false, certificate })
        }
        Err((error, socket)) => {
            linger(socket).await;
            Err(error.to_string())
        }
    }
}

async fn begins_with_handshake(socket: &TcpStream) -> io::Result<bool> {
    let mut first = [0];
    let length = socket.peek(&mut first).await?;
    Ok(length == 0 || first[0] == HANDSHAKE_RECORD)
}

/// Lets the client read why the handshake failed: what is sent is lost if the connection is closed while there is
/// something to read.
async fn linger(mut socket: TcpStream) {
    let read = async {
        socket.shutdown().await?;
        tokio::io::copy(&mut socket, &mut tokio::io::sink()).await
    };
    // Whoever does not read it in time does not want to know.
    let _ = tokio::time::timeout(CLOSE_TIMEOUT, read).await;
}
