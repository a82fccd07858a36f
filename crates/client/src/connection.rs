//! Connections to the services, with TLS where the address says so.

use crate::address::{Address, AddressError, Addresses, SERVICES};
use crate::refusal::root_cause;
use crate::tls::{self, Tls};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tonic::Status;
use tonic::transport::{Channel, Endpoint};

/// How long a connection may take to come about.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// There is no connection.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The address, what is trusted, or the certificate that is shown there cannot be used.
    #[error("{address}: {why}")]
    Unusable {
        /// The address.
        address: Address,
        /// Why not.
        why: String,
    },
    /// The certificate that is shown there is not accepted.
    #[error("{address} shows a certificate that is not trusted: {why}")]
    Untrusted {
        /// The address.
        address: Address,
        /// What is wrong with it.
        why: String,
    },
    /// Nobody answers there, or not as one of ours.
    #[error("cannot reach {address}: {why}")]
    Unreachable {
        /// The address.
        address: Address,
        /// The cause.
        why: String,
    },
}

/// A connection to every service of an installation.
#[derive(Debug, Clone)]
pub enum Connections {
    /// All services are in one process.
    One(Channel),
    /// The services that have an address, by name.
    Each(Arc<BTreeMap<&'static str, Channel>>),
}

impl Connections {
    /// Connects on first use, and again whenever a connection broke.
    pub fn lazy(addresses: &Addresses, tls: &Tls) -> Result<Connections, ConnectError> {
        let connect = |address| endpoint(address, tls).map(|endpoint| endpoint.connect_lazy());
        match addresses {
            Addresses::One(address) => connect(address).map(Connections::One),
            Addresses::Each(addresses) => {
                let each = addresses.iter().map(|(service, address)| Ok((*service, connect(address)?)));
                each.collect::<Result<_, _>>().map(|each| Connections::Each(Arc::new(each)))
            }
        }
    }

    /// The same, with this connection to one of the services.
    #[must_use]
    pub fn with(self, service: &str, connection: Channel) -> Connections {
        match self {
            Connections::One(_) => Connections::One(connection),
            Connections::Each(mut channels) => {
                if let Some(channel) = Arc::make_mut(&mut channels).get_mut(service) {
                    *channel = connection;
                }
                Connections::Each(channels)
            }
        }
    }

    /// The connection for an rpc, such as `/huishang.ledger.v1.LedgerService/GetHead`.
    pub fn for_rpc(&self, path: &str) -> Result<Channel, Status> {
        let service = path.trim_start_matches("/huishang.").split('.').next().unwrap_or_default();
        match self {
            Connections::One(channel) => Ok(channel.clone()),
            Connections::Each(channels) => channels.get(service).cloned().ok_or_else(|| {
                let known = SERVICES.contains(&service);
                let missing = AddressError::Missing { service: service.to_owned() };
                let why =
                    if known { missing.to_string() } else { format!("{service} has no address of its own") };
                Status::invalid_argument(why)
            }),
        }
    }
}

/// Connects to one process now, and makes sure that it accepts the certificate, or that none is shown.
pub async fn connect(address: &Address, tls: &Tls) -> Result<Channel, ConnectError> {
    let channel = endpoint(address, tls)?.connect().await.map_err(|error| {
        let (address, why) = (address.clone(), root_cause(&error));
        match tls::distrust(&why) {
            Some(why) => ConnectError::Untrusted { address, why },
            None => ConnectError::Unreachable { address, why },
        }
    })?;
    let refused = if address.is_secure() { tls::refusal(address, tls).await } else { None };
    match refused {
        Some(why) => Err(ConnectError::Unusable { address: address.clone(), why }),
        None => Ok(channel),
    }
}

fn endpoint(address: &Address, tls: &Tls) -> Result<Endpoint, ConnectError> {
    let unusable = |error: tonic::transport::Error| ConnectError::Unusable {
        address: address.clone(),
        why: root_cause(&error),
    };
    let endpoint = Endpoint::from_shared(address.to_string()).map_err(unusable)?;
    let endpoint = endpoint.connect_timeout(CONNECT_TIMEOUT).tcp_nodelay(true);
    if !address.is_secure() {
        return Ok(endpoint);
    }
    endpoint.tls_config(tls.config()).map_err(unusable)
}
