//! Settings that can be read and make no sense.

use super::Config;
use domain::Timestamp;
use domain::calendar::WorkingCalendar;
use std::path::Path;
use tracing_subscriber::EnvFilter;

/// Requests and connections at once, at most: more than any machine has memory for.
const AT_ONCE_MAX: usize = 1_000_000;

/// Seconds in which a call is answered, at most: the waits for a ledger and for a view end before.
const ANSWER_SECONDS_MAX: u64 = 60;
/// Seconds by which a view may lag, at most: a day.
const VIEW_LAG_SECONDS_MAX: u64 = 24 * 60 * 60;

/// A setting and what is wrong with it.
#[derive(Debug)]
pub(super) struct Nonsense {
    pub(super) key: &'static str,
    /// Continues the key.
    pub(super) why: String,
}

type Checked = Result<(), Nonsense>;

fn nonsense(key: &'static str, why: impl Into<String>) -> Checked {
    Err(Nonsense { key, why: why.into() })
}

/// Finds the first setting that makes no sense.
pub(super) fn check(config: &Config) -> Checked {
    realm(&config.realm)?;
    journal(&config.journal)?;
    clock(&config.clock)?;
    if let Err(fault) = WorkingCalendar::weekends_only(&config.time_zone) {
        return nonsense("time_zone", format!("is not accepted: {fault}"));
    }
    if let Err(fault) = EnvFilter::builder().parse(&config.log.filter) {
        return nonsense("log.filter", format!("is {:?}: {fault}", config.log.filter));
    }
    texts(config)?;
    numbers(config)
}

fn realm(realm: &str) -> Checked {
    let is_allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    match !realm.is_empty() && realm.chars().all(is_allowed) {
        true => Ok(()),
        false => {
            nonsense("realm", format!("is {realm:?}; it must consist of lower-case letters, digits and '-'"))
        }
    }
}

fn journal(journal: &str) -> Checked {
    let schemes = ["nats://", "tls://"];
    match journal == "embedded" || schemes.iter().any(|scheme| journal.starts_with(scheme)) {
        true => Ok(()),
        // Where a secret is in something that is no URL cannot be known.
        false => nonsense(
            "journal",
            "must be 'embedded' or begin like a URL of NATS, such as nats://127.0.0.1:4222",
        ),
    }
}

fn clock(clock: &str) -> Checked {
    let is_valid = match clock.split_once(':') {
        None => clock == "system",
        Some((kind, start)) => kind == "movable" && start.parse::<Timestamp>().is_ok(),
    };
    match is_valid {
        true => Ok(()),
        false => nonsense(
            "clock",
            format!(
                "is {clock:?}; it must be 'system', or 'movable:' and a moment: movable:2027-03-01T01:00:00Z"
            ),
        ),
    }
}

fn texts(config: &Config) -> Checked {
    let path = |path: Option<&Path>| path.is_some_and(|path| path.as_os_str().is_empty());
    let identity = &config.identity;
    let empty = [
        ("data", path(Some(&config.data))),
        ("identity.jwks", path(identity.jwks.as_deref())),
        ("identity.issuer", identity.issuer.trim().is_empty()),
        ("identity.audience", identity.audience.as_ref().is_some_and(|audience| audience.trim().is_empty())),
        ("nats.credentials", path(config.nats.credentials.as_deref())),
        ("ledger.key", path(config.ledger.key.as_deref())),
        ("ledger.signed_head", path(config.ledger.signed_head.as_deref())),
    ];
    match empty.into_iter().find(|(_, is_empty)| *is_empty) {
        Some((key, _)) => nonsense(key, "is empty; leave it out for its default"),
        None => Ok(()),
    }
}

fn numbers(config: &Config) -> Checked {
    let at_once = [
        ("limits.connections_max", config.limits.connections_max),
        ("limits.requests_at_once_max", config.limits.requests_at_once_max),
    ];
    for (key, value) in at_once {
        if !(1..=AT_ONCE_MAX).contains(&value) {
            return nonsense(key, format!("is {value}; it must be from 1 to {AT_ONCE_MAX}"));
        }
    }
    let seconds = [
        ("limits.answer_seconds_max", config.limits.answer_seconds_max, ANSWER_SECONDS_MAX),
        ("limits.view_lag_seconds_max", config.limits.view_lag_seconds_max, VIEW_LAG_SECONDS_MAX),
    ];
    for (key, value, max) in seconds {
        if !(1..=max).contains(&value) {
            return nonsense(key, format!("is {value}; it must be from 1 to {max}"));
        }
    }
    if ![1, 3, 5].contains(&config.nats.replicas) {
        return nonsense("nats.replicas", format!("is {}; it must be 1, 3 or 5", config.nats.replicas));
    }
    match config.commit.ledgers {
        0 => nonsense("commit.ledgers", "is 0; a command is committed by at least 1 ledger"),
        _ => Ok(()),
    }
}
