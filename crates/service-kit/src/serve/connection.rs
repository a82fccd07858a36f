//! Connections: how many there may be, and how long one may stay silent after it is opened.

use crate::limits::{ACCEPT_PAUSE, HANDSHAKE_TIMEOUT};
use futures::{Stream, stream};
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Sleep;
use tonic::transport::server::{Connected, TcpConnectInfo};

/// Length of the preface with which every HTTP/2 client begins, in bytes.
const PREFACE_BYTES: usize = 24;

/// Accepts connections, and closes at once those beyond the limit.
pub(super) fn accept(
    listener: TcpListener,
    connections_max: usize,
) -> impl Stream<Item = io::Result<GuardedConnection>> {
    let permits = Arc::new(Semaphore::new(connections_max));
    stream::unfold((listener, false), move |(listener, mut full)| {
        let permits = permits.clone();
        async move {
            loop {
                let connection = match listener.accept().await {
                    Ok((connection, _)) => connection,
                    // Without a file handle left, the next attempt would fail as fast as this one.
                    Err(error) => {
                        tracing::warn!(%error, "a connection was not accepted");
                        tokio::time::sleep(ACCEPT_PAUSE).await;
                        continue;
                    }
                };
                if let Ok(permit) = permits.clone().try_acquire_owned() {
                    // It fails only on a connection that is already closed, which reading will notice.
                    let _ = connection.set_nodelay(true);
                    return Some((Ok(GuardedConnection::new(connection, permit)), (listener, false)));
                }
                if !full {
                    tracing::warn!(connections_max, "too many connections; further ones are closed at once");
                    full = true;
                }
            }
        }
    })
}

/// A connection that releases its permit when it closes, and is closed when its peer does not begin HTTP/2 in
/// time.
pub(super) struct GuardedConnection {
    stream: TcpStream,
    /// How many bytes of the preface are missing, and when they must have arrived.
    handshake: Option<(usize, Pin<Box<Sleep>>)>,
    _permit: OwnedSemaphorePermit,
}

impl GuardedConnection {
    pub(super) fn new(stream: TcpStream, permit: OwnedSemaphorePermit) -> GuardedConnection {
        let handshake = Some((PREFACE_BYTES, Box::pin(tokio::time::sleep(HANDSHAKE_TIMEOUT))));
        GuardedConnection { stream, handshake, _permit: permit }
    }
}

impl Connected for GuardedConnection {
    type ConnectInfo = TcpConnectInfo;
    fn connect_info(&self) -> TcpConnectInfo {
        self.stream.connect_info()
    }
}

impl AsyncRead for GuardedConnection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(context, buffer);
        let came = buffer.filled().len() - before;
        let Some((missing, deadline)) = &mut self.handshake else { return read };
        *missing = missing.saturating_sub(came);
        if *missing == 0 {
            self.handshake = None;
        } else if deadline.as_mut().poll(context).is_ready() {
            return Poll::Ready(Err(io::Error::from(io::ErrorKind::TimedOut)));
        }
        read
    }
}

impl AsyncWrite for GuardedConnection {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }
    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }
    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, slices)
    }
    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}
