//! Where the services are.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;
use tonic::codegen::http::Uri;

/// The services that may be at separate addresses.
pub const SERVICES: [&str; 7] =
    ["directory", "scheduling", "deliberation", "resolution", "followup", "delivery", "ledger"];

/// The address of one process: `http://HOST:PORT`, or `https://HOST:PORT` for TLS.
///
/// It has no user, password, path or query, so it may be shown to anybody.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Address(String);

/// Why a text names no address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// It cannot be read.
    #[error("{0:?} is no address; expected http://HOST:PORT or https://HOST:PORT")]
    NotAnAddress(String),
    /// It has more than scheme, host and port. What it has is not shown: it may be a password.
    #[error("an address has only a scheme, a host and a port, as in https://HOST:PORT")]
    TooMuch,
    /// A pair names no service.
    #[error("there is no service {name:?}; the services are {}", SERVICES.join(", "))]
    NoSuchService {
        /// What stands before the equals sign.
        name: String,
    },
    /// No address was given for a service.
    #[error("there is no address for {service}; add {service}=URL")]
    Missing {
        /// The service.
        service: String,
    },
}

impl FromStr for Address {
    type Err = AddressError;

    /// Reads an address; without a scheme it is `http`.
    fn from_str(text: &str) -> Result<Address, AddressError> {
        let text = text.trim();
        let scheme_given = if text.contains("://") { text.to_owned() } else { format!("http://{text}") };
        if scheme_given.contains('@') {
            return Err(AddressError::TooMuch);
        }
        let not_an_address = || AddressError::NotAnAddress(text.to_owned());
        let uri: Uri = scheme_given.parse().map_err(|_| not_an_address())?;
        let (Some(scheme @ ("http" | "https")), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
            return Err(not_an_address());
        };
        if !matches!(uri.path(), "" | "/") || uri.query().is_some() {
            return Err(AddressError::TooMuch);
        }
        Ok(Address(format!("{scheme}://{authority}")))
    }
}

impl Address {
    /// Whether it is reached with TLS.
    pub fn is_secure(&self) -> bool {
        self.0.starts_with("https://")
    }

    /// Its text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Address {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

/// The addresses of an installation: one for all services, or one for each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Addresses {
    /// All services are in one process.
    One(Address),
    /// The services that have an address, by name.
    Each(BTreeMap<&'static str, Address>),
}

impl FromStr for Addresses {
    type Err = AddressError;

    /// Reads one address, or `directory=URL,scheduling=URL,…`.
    fn from_str(text: &str) -> Result<Addresses, AddressError> {
        if !text.contains('=') {
            return text.parse().map(Addresses::One);
        }
        let pair = |pair: &str| {
            let (name, address) = pair.split_once('=').unwrap_or((pair, ""));
            let name = name.trim();
            let service = SERVICES.into_iter().find(|service| *service == name);
            let service = service.ok_or_else(|| AddressError::NoSuchService { name: name.to_owned() })?;
            Ok((service, address.parse()?))
        };
        text.split(',').map(pair).collect::<Result<_, _>>().map(Addresses::Each)
    }
}

impl Addresses {
    /// The address of a service.
    pub fn of(&self, service: &str) -> Result<&Address, AddressError> {
        match self {
            Addresses::One(address) => Ok(address),
            Addresses::Each(addresses) => {
                addresses.get(service).ok_or_else(|| AddressError::Missing { service: service.to_owned() })
            }
        }
    }

    /// The processes, each once.
    pub fn processes(&self) -> BTreeSet<&Address> {
        match self {
            Addresses::One(address) => BTreeSet::from([address]),
            Addresses::Each(addresses) => addresses.values().collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> Result<String, AddressError> {
        text.parse().map(|address: Address| address.to_string())
    }

    #[test]
    fn an_address_has_a_scheme_a_host_and_a_port() {
        assert_eq!(address("127.0.0.1:7400"), Ok("http://127.0.0.1:7400".into()));
        assert_eq!(address(" https://huishang.example/ "), Ok("https://huishang.example".into()));
        assert_eq!(address("[::1]:7400"), Ok("http://[::1]:7400".into()));
        for wrong in ["", "ftp://host", "http://", "http://ho st"] {
            assert_eq!(address(wrong), Err(AddressError::NotAnAddress(wrong.trim().into())), "{wrong:?}");
        }
    }

    #[test]
    fn a_password_is_refused_and_not_shown() {
        for wrong in ["http://user:secret@host:7400", "user:secret@host", "http://user:sec ret@host"] {
            let fault = address(wrong).expect_err("it has more than a host");
            assert!(!fault.to_string().contains("sec"), "{fault}");
        }
        assert_eq!(address("http://host:7400/api?key=1"), Err(AddressError::TooMuch));
    }

    #[test]
    fn services_have_one_address_or_each_their_own() {
        let one: Addresses = "host:7400".parse().expect("one address");
        assert_eq!(one.of("ledger").map(Address::as_str), Ok("http://host:7400"));
        let each: Addresses = "ledger=http://a:1, directory=b:2,followup=a:1".parse().expect("three");
        assert_eq!(each.of("directory").map(Address::as_str), Ok("http://b:2"));
        assert_eq!(each.processes().len(), 2);
        assert_eq!(each.of("scheduling"), Err(AddressError::Missing { service: "scheduling".into() }));
        let misspelt = "leger=http://a:1".parse::<Addresses>();
        assert_eq!(misspelt, Err(AddressError::NoSuchService { name: "leger".into() }));
    }
}
