//! How events are delivered to webhooks.

use ipnet::IpNet;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// How events are delivered to webhooks.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Delivery {
    /// The key from which the secrets of subscriptions are derived, PKCS #8 PEM; absent: `<data>/keys/delivery-key.pem`,
    /// created when missing. Copies of the service need the same.
    pub key: Option<PathBuf>,
    /// Networks to which events may be sent although they are not public, such as `10.1.0.0/16 fd00::/8`; absent: none.
    pub private_networks: Option<String>,
    /// Whether events may be sent without TLS to these networks.
    pub allow_http: bool,
    /// The authorities that may vouch for receivers, PEM; absent: those of the system.
    pub ca_file: Option<PathBuf>,
}

impl Delivery {
    /// The networks to which events may be sent although they are not public.
    ///
    /// # Errors
    /// The first word that is no network.
    pub fn networks(&self) -> Result<Vec<IpNet>, String> {
        let words = self.private_networks.as_deref().unwrap_or_default().split_whitespace();
        words.map(|word| word.parse().map_err(|_| word.to_owned())).collect()
    }
}
