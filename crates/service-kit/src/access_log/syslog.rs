//! Syslog (RFC 5424) over a local socket (`unix:/dev/log`) or UDP (`udp:host:514`, RFC 5426).

use super::{AccessLogError, Destination};
use domain::Timestamp;
use std::io;
use std::net::{ToSocketAddrs as _, UdpSocket};
use std::os::unix::net::UnixDatagram;

/// Facility 10, security and authorization, with severity 6, informational.
const INFORMATIONAL: u8 = 10 * 8 + 6;
/// The same facility with severity 5, notice.
const NOTICE: u8 = 10 * 8 + 5;

/// A collector of syslog.
pub(super) struct Syslog {
    address: String,
    socket: Option<Socket>,
    /// The name of this machine; `-` when it has none.
    host: String,
}

enum Socket {
    Unix(UnixDatagram),
    Udp(UdpSocket),
}

impl Syslog {
    /// Connects to a collector. One that restarts is connected to again.
    pub(super) fn connect(address: &str) -> Result<Syslog, AccessLogError> {
        let socket = Socket::connect(address).map_err(|error| AccessLogError {
            setting: "access_log.syslog",
            what: format!("cannot reach {address}"),
            error,
        })?;
        let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
        let host = match host.trim() {
            "" => "-".to_owned(),
            name => name.to_owned(),
        };
        Ok(Syslog { address: address.to_owned(), socket: Some(socket), host })
    }

    fn message(&self, now: Timestamp, line: &str, is_refusal: bool) -> String {
        let priority = if is_refusal { NOTICE } else { INFORMATIONAL };
        let (host, process) = (&self.host, std::process::id());
        // The standard allows six digits of a second.
        format!("<{priority}>1 {now:.6} {host} huishang {process} access - {line}")
    }
}

impl Socket {
    fn connect(address: &str) -> io::Result<Socket> {
        if let Some(path) = address.strip_prefix("unix:") {
            let socket = UnixDatagram::unbound()?;
            socket.connect(path)?;
            return Ok(Socket::Unix(socket));
        }
        let host = address.strip_prefix("udp:").unwrap_or(address);
        let collector = host.to_socket_addrs()?.next().ok_or(io::ErrorKind::AddrNotAvailable)?;
        let socket = UdpSocket::bind(if collector.is_ipv4() { "0.0.0.0:0" } else { "[::]:0" })?;
        socket.connect(collector)?;
        Ok(Socket::Udp(socket))
    }

    fn send(&self, message: &[u8]) -> io::Result<usize> {
        match self {
            Socket::Unix(socket) => socket.send(message),
            Socket::Udp(socket) => socket.send(message),
        }
    }
}

impl Destination for Syslog {
    #[expect(
        clippy::disallowed_methods,
        reason = "who came when is told by the machine's clock, also in a rehearsal"
    )]
    fn write(&mut self, line: &str, is_refusal: bool) -> io::Result<()> {
        let message = self.message(Timestamp::now(), line, is_refusal);
        let sent = self.socket.as_ref().map(|socket| socket.send(message.as_bytes()));
        if let Some(Ok(_)) = sent {
            return Ok(());
        }
        // The collector was restarted, or was away when the line before was written.
        self.socket = None;
        let socket = Socket::connect(&self.address)?;
        socket.send(message.as_bytes())?;
        self.socket = Some(socket);
        Ok(())
    }
}
