//! A TCP proxy that can stop forwarding without closing its connections.

use std::net::SocketAddr;
use std::pin::pin;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio_util::task::AbortOnDropHandle;

/// Forwards TCP connections to an address. When it is cut, both ends of each connection stay open and receive
/// nothing, as with a firewall that drops everything; connections that were open then never forward anything
/// again.
pub struct Proxy {
    address: SocketAddr,
    /// Incremented by each cut and each healing; odd: cut.
    state: watch::Sender<u64>,
    _accepting: AbortOnDropHandle<()>,
}

impl Proxy {
    /// Starts to forward connections.
    pub async fn to(target: SocketAddr) -> std::io::Result<Proxy> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let (state, seen) = watch::channel(0);
        let accepting = tokio::spawn(async move {
            while let Ok((from, _)) = listener.accept().await {
                tokio::spawn(forward(from, target, seen.clone()));
            }
        });
        Ok(Proxy { address, state, _accepting: AbortOnDropHandle::new(accepting) })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Stops forwarding.
    pub fn cut(&self) {
        self.state.send_modify(|state| *state |= 1);
    }

    /// Forwards new connections again.
    pub fn heal(&self) {
        self.state.send_modify(|state| *state += *state % 2);
    }
}

async fn forward(from: TcpStream, target: SocketAddr, mut state: watch::Receiver<u64>) {
    let began = *state.borrow_and_update();
    if began % 2 == 1 {
        // The system has accepted it; nobody answers.
        return std::future::pending().await;
    }
    let Ok(to) = TcpStream::connect(target).await else { return };
    let ((from_in, from_out), (to_in, to_out)) = (from.into_split(), to.into_split());
    let mut both = pin!(async { tokio::join!(pass(from_in, to_out), pass(to_in, from_out)) });
    let cut = async move { state.wait_for(|state| *state != began).await.is_ok() };
    tokio::select! {
        _ = &mut both => {}
        // The sockets are kept, so that nothing is closed, and no longer polled.
        _ = cut => std::future::pending().await,
    }
}

async fn pass(mut from: OwnedReadHalf, mut to: OwnedWriteHalf) {
    let mut bytes = vec![0; 64 * 1024];
    while let Ok(count) = from.read(&mut bytes).await {
        if count == 0 || to.write_all(&bytes[..count]).await.is_err() {
            return;
        }
    }
}
