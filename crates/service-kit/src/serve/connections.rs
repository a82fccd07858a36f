//! Who may keep a connection.
//!
//! A connection is *known* once it has brought a valid token. Known ones have their own places, of which one address
//! and one caller get a share. The others are few and do not stay, and the newest always gets a place: the oldest of
//! the address that has most of them makes room. So a health check, which needs no token, always comes through,
//! whatever fills the other places.

use crate::config::Limits;
use crate::limits::RETRY_PAUSE;
use crate::places::{exhausted, percent};
use proto::api::v1::Reason;
use std::collections::{BTreeMap, HashMap};
use std::net::{IpAddr, Ipv6Addr};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio_util::sync::CancellationToken;
use tonic::Status;

/// The bits of an IPv6 address that name a network. One machine may use all addresses of its network.
const IPV6_NETWORK_BITS: u32 = 64;

/// The connections of a process.
#[derive(Clone)]
pub(super) struct Connections(Arc<Inner>);

struct Inner {
    known_max: usize,
    unknown_max: usize,
    address_share: usize,
    caller_share: usize,
    open: Mutex<Open>,
}

#[derive(Default)]
struct Open {
    last_id: u64,
    /// In the order in which they came.
    unknown: BTreeMap<u64, Unknown>,
    known: HashMap<u64, Known>,
}

struct Unknown {
    address: IpAddr,
    displaced: CancellationToken,
}

struct Known {
    address: IpAddr,
    /// Who brought the first token.
    caller: String,
}

impl Connections {
    pub(super) fn new(limits: &Limits) -> Connections {
        Connections(Arc::new(Inner {
            known_max: limits.connections_max,
            unknown_max: limits.unknown_connections_max,
            address_share: limits.address_connections_max,
            caller_share: percent(limits.connections_max, limits.caller_share_percent),
            open: Mutex::default(),
        }))
    }

    /// Takes in a new connection, in place of another if need be.
    pub(super) fn enter(&self, address: IpAddr) -> Admittance {
        let (address, displaced) = (network(address), CancellationToken::new());
        let mut open = self.0.lock();
        if open.unknown.len() >= self.0.unknown_max
            && let Some(id) = open.oldest_of_the_most_frequent()
            && let Some(oldest) = open.unknown.remove(&id)
        {
            oldest.displaced.cancel();
        }
        open.last_id += 1;
        let id = open.last_id;
        open.unknown.insert(id, Unknown { address, displaced: displaced.clone() });
        drop(open);
        Admittance { connections: self.0.clone(), id, displaced, is_known: AtomicBool::new(false) }
    }
}

impl Inner {
    fn lock(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Open {
    /// Of the unknown connections of the address that has most of them, the oldest.
    fn oldest_of_the_most_frequent(&self) -> Option<u64> {
        let mut by_address: HashMap<IpAddr, (usize, u64)> = HashMap::new();
        for (id, unknown) in &self.unknown {
            by_address.entry(unknown.address).or_insert((0, *id)).0 += 1;
        }
        by_address.into_values().max_by_key(|(count, _)| *count).map(|(_, oldest)| oldest)
    }
}

/// The address by which a peer is counted.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let mask = u128::MAX << (128 - IPV6_NETWORK_BITS);
            IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & mask))
        }
        v4 => v4,
    }
}

/// The right of one connection to be there; it ends when this is dropped.
pub(super) struct Admittance {
    connections: Arc<Inner>,
    id: u64,
    displaced: CancellationToken,
    is_known: AtomicBool,
}

impl Admittance {
    pub(super) fn is_known(&self) -> bool {
        self.is_known.load(Ordering::Acquire)
    }

    /// Waits until another connection has taken the place of this one.
    pub(super) async fn displaced(&self) {
        self.displaced.cancelled().await;
    }

    /// Makes the connection known by a caller's valid token; refuses when there is no place for another one.
    pub(super) fn admit(&self, caller: &str) -> Result<(), Status> {
        if self.is_known() {
            return Ok(());
        }
        let Inner { known_max, address_share, caller_share, .. } = *self.connections;
        let mut open = self.connections.lock();
        // Displaced, or made known by another request at this moment.
        let Some(Unknown { address, .. }) = open.unknown.get(&self.id) else { return Ok(()) };
        let address = *address;
        let (mut of_address, mut of_caller) = (0, 0);
        for known in open.known.values() {
            of_address += usize::from(known.address == address);
            of_caller += usize::from(known.caller == caller);
        }
        let shares = [
            (open.known.len(), known_max, "there are".to_owned()),
            (of_address, address_share, format!("{address} has")),
            (of_caller, caller_share, format!("{caller} has")),
        ];
        if let Some((_, max, who)) = shares.into_iter().find(|(count, max, _)| count >= max) {
            let why = format!("{who} {max} connections, and no more are accepted; use those that are open");
            return Err(exhausted(Reason::TooManyConnections, why, ("max", max.to_string()), RETRY_PAUSE));
        }
        open.unknown.remove(&self.id);
        open.known.insert(self.id, Known { address, caller: caller.to_owned() });
        self.is_known.store(true, Ordering::Release);
        Ok(())
    }
}

impl Drop for Admittance {
    fn drop(&mut self) {
        let mut open = self.connections.lock();
        open.unknown.remove(&self.id);
        open.known.remove(&self.id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: &str = "192.0.2.1";
    const THERE: &str = "192.0.2.2";

    fn connections(connections_max: usize) -> Connections {
        Connections::new(&Limits {
            connections_max,
            unknown_connections_max: 3,
            address_connections_max: 2,
            caller_share_percent: 50,
            ..Limits::default()
        })
    }

    fn enter(connections: &Connections, address: &str) -> Admittance {
        connections.enter(address.parse().unwrap())
    }

    #[test]
    fn the_newest_unknown_connection_displaces_the_oldest_of_the_busiest_address() {
        let connections = connections(8);
        let lone = enter(&connections, THERE);
        let mut flood: Vec<Admittance> = (0..10).map(|_| enter(&connections, HERE)).collect();
        assert!(!lone.displaced.is_cancelled());
        let displaced: Vec<bool> = flood.iter().map(|one| one.displaced.is_cancelled()).collect();
        assert_eq!(displaced.iter().filter(|displaced| !**displaced).count(), 2, "{displaced:?}");
        assert_eq!(displaced[8..], [false, false], "the newest stay");
        flood.pop();
        let next = enter(&connections, HERE);
        assert!(!flood[8].displaced.is_cancelled() && !next.displaced.is_cancelled(), "a place was free");
    }

    #[test]
    fn a_known_connection_is_not_displaced() {
        let connections = connections(8);
        let known = enter(&connections, HERE);
        known.admit("clerk").unwrap();
        let _flood: Vec<Admittance> = (0..10).map(|_| enter(&connections, HERE)).collect();
        assert!(known.is_known() && !known.displaced.is_cancelled());
    }

    #[test]
    fn known_connections_have_a_limit_and_shares() {
        let connections = connections(8);
        let admit = |address: &str, caller: &str| {
            let one = enter(&connections, address);
            one.admit(caller).map(|()| one)
        };
        let mut known: Vec<Admittance> = (0..2).map(|_| admit(HERE, "clerk").unwrap()).collect();
        assert!(admit(HERE, "another").is_err(), "the share of the address is taken");
        known.extend((2..4).map(|host| admit(&format!("192.0.2.{host}"), "clerk").unwrap()));
        assert!(admit("192.0.2.9", "clerk").is_err(), "the share of the caller is taken");
        known.extend((10..14).map(|host| admit(&format!("192.0.2.{host}"), &host.to_string()).unwrap()));
        let refused = admit("192.0.2.20", "late").err().expect("all places are taken");
        assert_eq!(refused.code(), tonic::Code::ResourceExhausted);
        known.clear();
        assert!(admit(HERE, "clerk").is_ok());
    }

    #[test]
    fn a_network_of_ipv6_counts_as_one_address_and_a_mapped_address_as_its_own() {
        let of = |address: &str| network(address.parse().unwrap());
        assert_eq!(of("2001:db8::1"), of("2001:db8::ffff:0:0:1"));
        assert_ne!(of("2001:db8::1"), of("2001:db8:0:1::1"));
        assert_eq!(of("::ffff:192.0.2.1"), of(HERE));
    }
}
