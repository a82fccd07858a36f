//! How mail is sent.

use serde::{Deserialize, Serialize};
use std::net::IpAddr;
use std::path::PathBuf;

/// How mail is sent.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mail {
    /// The server that sends it on: `smtps://host:465`, or `smtp://host:587` for STARTTLS; absent: no mail is sent. On this
    /// machine, `smtp://` does without TLS.
    pub server: Option<String>,
    /// The address that it comes from, such as `huishang@example.cn`.
    pub sender: Option<String>,
    /// The address to which answers to invitations go, such as `answers@example.cn`: its mail server passes what comes for
    /// `answers+…@example.cn` on to `huishang take-answer`; absent: invitations are not answered by mail.
    pub answers_address: Option<String>,
    /// A file with one line, `USER:PASSWORD`, for the server; absent: it asks for none.
    pub credentials: Option<PathBuf>,
    /// The authorities that may vouch for the server, PEM; absent: those of the system.
    pub ca_file: Option<PathBuf>,
}

/// A server that sends mail on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailServer {
    /// Its name or address.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How it is spoken to.
    pub security: MailSecurity,
}

/// How a server is spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MailSecurity {
    /// TLS from the beginning.
    Tls,
    /// TLS before anything is said.
    StartTls,
    /// No TLS: it is on this machine.
    ThisMachine,
}

impl MailServer {
    /// Reads `smtps://host:465` or `smtp://host:587`; none if it is neither.
    pub fn parse(text: &str) -> Option<MailServer> {
        let (scheme, authority) = text.split_once("://")?;
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) if !port.ends_with(']') => (host, Some(port.parse().ok()?)),
            _ => (authority, None),
        };
        let host = host.trim_matches(['[', ']']);
        if host.is_empty() || host.contains(['@', '/', '?', '#']) || host.contains(char::is_whitespace) {
            return None;
        }
        let is_here =
            host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
        let (security, default_port) = match scheme {
            "smtps" => (MailSecurity::Tls, 465),
            "smtp" if is_here => (MailSecurity::ThisMachine, 25),
            "smtp" => (MailSecurity::StartTls, 587),
            _ => return None,
        };
        Some(MailServer { host: host.to_owned(), port: port.unwrap_or(default_port), security })
    }
}
