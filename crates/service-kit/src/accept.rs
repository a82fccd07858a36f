//! How a listener takes connections.

use crate::limits::ACCEPT_PAUSE;
use std::net::SocketAddr;
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;

/// The next connection and the address of its peer; `None` once the process stops.
pub(crate) async fn next(
    listener: &TcpListener,
    stop: &CancellationToken,
) -> Option<(TcpStream, SocketAddr)> {
    loop {
        let accepted = tokio::select! {
            () = stop.cancelled() => return None,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((socket, peer)) => {
                // It fails only on a connection that is already closed, which reading will notice.
                let _ = socket.set_nodelay(true);
                return Some((socket, peer));
            }
            // Without a file handle left, the next attempt would fail as fast as this one.
            Err(error) => {
                tracing::warn!(%error, "a connection was not accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}
