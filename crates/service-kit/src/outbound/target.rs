//! Where this process may connect to: a public address, reached with TLS, unless the operator's settings say otherwise.
//!
//! Whoever subscribes says where it connects to, which may stand where they cannot reach themselves. So a name
//! is resolved once, what it resolves to is checked, and exactly that is connected to.

use crate::limits::URL_BYTES_MAX;
use ipnet::IpNet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use url::{Host, Url};

/// What the operator allows beyond public addresses with TLS.
#[derive(Debug, Clone, Default)]
pub struct Policy {
    /// Networks that are not public.
    pub private_networks: Vec<IpNet>,
    /// Whether these are reached without TLS as well.
    pub allow_http: bool,
}

/// A URL that may be connected to, as far as the URL says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    url: Url,
}

/// Why a URL is not connected to; each continues "the URL".
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TargetError {
    /// It is something else.
    #[error("is no URL: {0}")]
    NotAUrl(String),
    /// It is too long.
    #[error("is {actual} bytes long; at most {URL_BYTES_MAX} are accepted")]
    TooLong {
        /// Its bytes.
        actual: usize,
    },
    /// It is of another scheme.
    #[error("has the scheme {0:?}; it must begin with https://")]
    Scheme(String),
    /// It has a user or a password.
    #[error("has a user or a password, which would be sent in the clear; leave them out")]
    Credentials,
    /// It has a fragment.
    #[error("has a fragment, which is not sent; leave it out")]
    Fragment,
    /// It leads to an address that is not public.
    #[error(
        "leads to {0}, which is no public address; the operator can allow it in delivery.private_networks"
    )]
    NotPublic(IpAddr),
    /// It leads there without TLS.
    #[error(
        "begins with http://, which is allowed for networks in delivery.private_networks only, by delivery.allow_http"
    )]
    WithoutTls,
    /// Its host has no address.
    #[error("has a host that cannot be resolved: {0}")]
    Unresolved(String),
}

impl Policy {
    fn is_listed(&self, address: IpAddr) -> bool {
        self.private_networks.iter().any(|network| network.contains(&address))
    }

    /// Checks one address.
    fn check(&self, address: IpAddr, with_tls: bool) -> Result<(), TargetError> {
        let canonical = address.to_canonical();
        match (self.is_listed(canonical), with_tls) {
            (true, true) => Ok(()),
            (true, false) if self.allow_http => Ok(()),
            (_, false) => Err(TargetError::WithoutTls),
            (false, true) if is_public(canonical) => Ok(()),
            (false, true) => Err(TargetError::NotPublic(canonical)),
        }
    }
}

impl Target {
    /// Reads a URL, and refuses what can be refused without resolving its host.
    ///
    /// # Errors
    /// See [`TargetError`].
    pub fn parse(text: &str, policy: &Policy) -> Result<Target, TargetError> {
        if text.len() > URL_BYTES_MAX {
            return Err(TargetError::TooLong { actual: text.len() });
        }
        let url = Url::parse(text).map_err(|fault| TargetError::NotAUrl(fault.to_string()))?;
        if !["https", "http"].contains(&url.scheme()) {
            return Err(TargetError::Scheme(url.scheme().to_owned()));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(TargetError::Credentials);
        }
        if url.fragment().is_some() {
            return Err(TargetError::Fragment);
        }
        let target = Target { url };
        match target.url.host() {
            Some(Host::Ipv4(address)) => policy.check(address.into(), target.has_tls())?,
            Some(Host::Ipv6(address)) => policy.check(address.into(), target.has_tls())?,
            // Where its host is decides later.
            Some(Host::Domain(_)) if target.has_tls() || policy.allow_http => {}
            Some(Host::Domain(_)) => return Err(TargetError::WithoutTls),
            None => return Err(TargetError::NotAUrl("it has no host".to_owned())),
        }
        Ok(target)
    }

    /// Resolves the host, once.
    ///
    /// # Errors
    /// It has no address, or one of its addresses is none that is allowed: whoever answers for the name cannot be trusted
    /// with the others.
    pub(super) async fn resolve(&self, policy: &Policy) -> Result<SocketAddr, TargetError> {
        let port = self.url.port_or_known_default().unwrap_or(443);
        let addresses: Vec<SocketAddr> = match self.url.host() {
            Some(Host::Ipv4(address)) => vec![(address, port).into()],
            Some(Host::Ipv6(address)) => vec![(address, port).into()],
            Some(Host::Domain(name)) => {
                let found = tokio::net::lookup_host((name, port)).await;
                found.map_err(|error| TargetError::Unresolved(error.to_string()))?.collect()
            }
            None => Vec::new(),
        };
        self.checked(&addresses, policy)
    }

    /// The first of these addresses, if all of them are allowed.
    fn checked(&self, addresses: &[SocketAddr], policy: &Policy) -> Result<SocketAddr, TargetError> {
        for address in addresses {
            policy.check(address.ip(), self.has_tls())?;
        }
        let first = addresses.first().copied();
        first.ok_or_else(|| TargetError::Unresolved("it has no address".to_owned()))
    }

    /// Where an answer from here says that it is to be asked for, which may be relative to this.
    ///
    /// # Errors
    /// See [`TargetError`].
    pub(super) fn join(&self, location: &str, policy: &Policy) -> Result<Target, TargetError> {
        let url = self.url.join(location).map_err(|fault| TargetError::NotAUrl(fault.to_string()))?;
        Target::parse(url.as_str(), policy)
    }

    /// Whether it is reached with TLS.
    pub(super) fn has_tls(&self) -> bool {
        self.url.scheme() == "https"
    }

    /// Its host as a certificate names it: without the brackets of an address.
    pub(super) fn host(&self) -> &str {
        self.url.host_str().unwrap_or_default().trim_matches(['[', ']'])
    }

    /// Its host and port, as the header `host` has them.
    pub(super) fn authority(&self) -> String {
        let host = self.url.host_str().unwrap_or_default();
        self.url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
    }

    /// What is asked for there.
    pub fn path_and_query(&self) -> String {
        let query = self.url.query().map(|query| format!("?{query}")).unwrap_or_default();
        format!("{}{query}", self.url.path())
    }

    /// What may be shown to whoever has not chosen it: a path may hold a secret.
    pub fn origin(&self) -> String {
        format!("{}://{}", self.url.scheme(), self.authority())
    }
}

/// Whether an address is one of the public internet, by the registries of special-purpose addresses (RFC 6890 and its
/// successors). What wraps another address, by which it could lead anywhere, is none.
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let is_special = address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_documentation()
        || a == 0
        // Shared by providers (100.64/10), for protocols (192.0.0/24), relays of 6to4 (192.88.99/24), AS112 (192.31.196/24,
        // 192.175.48/24), AMT (192.52.193/24), benchmarks (198.18/15).
        || (a == 100 && b & 0b1100_0000 == 64)
        || matches!((a, b, c), (192, 0, 0) | (192, 88, 99) | (192, 31, 196) | (192, 175, 48) | (192, 52, 193))
        || (a == 198 && b & 0b1111_1110 == 18)
        // Multicast, reserved, broadcast.
        || a >= 224;
    !is_special
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let [first, second, third, ..] = address.segments();
    // Only this part is given out as global unicast.
    let is_unicast = first & 0xe000 == 0x2000;
    let is_special = match (first, second) {
        // Protocols (2001::/23), with Teredo, ORCHID and benchmarks among them.
        (0x2001, second) if second < 0x200 => true,
        // Documentation.
        (0x2001, 0x0db8) => true,
        (0x3fff, second) if second < 0x1000 => true,
        // 6to4 and AS112.
        (0x2002, _) => true,
        (0x2620, 0x004f) => third == 0x8000,
        _ => false,
    };
    is_unicast && !is_special
}

#[cfg(test)]
mod tests;
