//! Settings that can be read and make no sense.

use super::{Backup, Config, Delivery, Diaries, Limits, Mail, MailServer, Nats, Tls, Traces};
use crate::https;
use domain::Timestamp;
use domain::calendar::WorkingCalendar;
use std::net::SocketAddr;
use std::path::Path;
use tracing_subscriber::EnvFilter;

/// Requests and connections at once, at most: more than any machine has memory for.
const AT_ONCE_MAX: u64 = 1_000_000;
/// Seconds that something may take or wait, at most: a day.
const SECONDS_MAX: u64 = 86_400;
/// MiB of one caller's requests and answers, at least: the largest request and the largest answer fit in.
const CALLER_MEMORY_MIB_MIN: u64 = 5;
/// MiB of one caller's requests and answers, at most: more than any machine has.
const MIB_MAX: u64 = 1 << 24;
/// KiB of commands in a second, at most: more than any disk takes.
const KIB_PER_SECOND_MAX: u64 = 1 << 21;
/// MiB of commands at once, at most: they are counted in bytes with 32 bits.
const BURST_MIB_MAX: u64 = 4_095;
/// Minutes between two backups, at most: a week.
const INTERVAL_MINUTES_MAX: u64 = 7 * 24 * 60;
/// Days for which something is kept, at most: a century.
const RETENTION_DAYS_MAX: u64 = 36_500;
/// Seconds in which a call is answered, at most: the waits for a ledger and for a view end before.
const ANSWER_SECONDS_MAX: u64 = 60;

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
    backup_url(config.backup.url.as_deref())?;
    public_url(config.console.public_url.as_deref())?;
    clock(&config.clock)?;
    if let Err(fault) = WorkingCalendar::weekends_only(&config.time_zone) {
        return nonsense("time_zone", format!("is not accepted: {fault}"));
    }
    if let Err(fault) = EnvFilter::builder().parse(&config.log.filter) {
        return nonsense("log.filter", format!("is {:?}: {fault}", config.log.filter));
    }
    texts(config)?;
    tls(&config.tls)?;
    if config.identity.issuers_file.is_some() && config.identity.jwks.is_some() {
        return nonsense(
            "identity.jwks",
            "is set, and so is identity.issuers_file, which names the keys; leave one out",
        );
    }
    nats(&config.nats)?;
    metrics(config)?;
    syslog(config)?;
    traces(&config.traces)?;
    delivery(&config.delivery)?;
    mail(&config.mail)?;
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

/// Refuses a URL with a secret in it: the others may be shown.
fn public_url(url: Option<&str>) -> Checked {
    let Some(url) = url else { return Ok(()) };
    let path = url.parse::<http::Uri>().ok().and_then(|url| url.into_parts().path_and_query);
    if path.is_none_or(|path| path != "/") || url.ends_with('/') {
        return nonsense(
            "console.public_url",
            format!(
                "is {url:?}; it must be like https://huishang.example, and end with the host or its port"
            ),
        );
    }
    https::check_url(url, "others could read who signs in, and act as they")
        .or_else(|why| nonsense("console.public_url", why))
}

fn backup_url(url: Option<&str>) -> Checked {
    match url {
        Some(url) if !url.contains("://") => {
            nonsense("backup.url", "is no URL: it must begin with s3://, gs://, az:// or file:///")
        }
        Some(url) if url.contains(['@', '?', '#']) => nonsense(
            "backup.url",
            "must not contain credentials or options: put them into the environment or into backup.credentials",
        ),
        _ => Ok(()),
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

fn metrics(config: &Config) -> Checked {
    let is_taken = |listen: &SocketAddr| *listen == config.listen && listen.port() != 0;
    match config.metrics.listen.filter(is_taken) {
        Some(listen) => {
            nonsense("metrics.listen", format!("is {listen}, where gRPC listens; it must be another address"))
        }
        None => Ok(()),
    }
}

fn traces(traces: &Traces) -> Checked {
    let is_url = |url: &str| url.starts_with("http://") || url.starts_with("https://");
    match traces.endpoint.as_deref() {
        Some(url) if !is_url(url) => {
            nonsense("traces.endpoint", format!("is {url:?}; it must be like http://127.0.0.1:4317"))
        }
        Some(url) if url.contains('@') => nonsense(
            "traces.endpoint",
            "must not contain credentials: put them into OTEL_EXPORTER_OTLP_HEADERS in the environment",
        ),
        _ if traces.sampled_percent > 100 => nonsense(
            "traces.sampled_percent",
            format!("is {}; it must be from 0 to 100", traces.sampled_percent),
        ),
        _ => Ok(()),
    }
}

fn delivery(delivery: &Delivery) -> Checked {
    match delivery.networks() {
        Err(word) => nonsense(
            "delivery.private_networks",
            format!("has {word:?}, which is no network such as 10.1.0.0/16; separate several by spaces"),
        ),
        Ok(networks) if networks.is_empty() && delivery.allow_http => nonsense(
            "delivery.allow_http",
            "is set, but only networks in delivery.private_networks are reached without TLS, and there are none",
        ),
        Ok(_) => Ok(()),
    }
}

/// Characters before the "@" of the address for answers, at most: the 64 that mail allows, less the secret.
const ANSWERS_NAME_BYTES_MAX: usize = 18;

fn mail(mail: &Mail) -> Checked {
    let is_address = |sender: &String| sender.split('@').filter(|part| !part.trim().is_empty()).count() == 2;
    match (&mail.server, &mail.sender) {
        (Some(server), _) if MailServer::parse(server).is_none() => nonsense(
            "mail.server",
            "must be like smtps://host:465 or smtp://host:587, without a user: put that into mail.credentials",
        ),
        (Some(_), None) => {
            nonsense("mail.sender", "is not set; mail.server needs an address that mail comes from")
        }
        (_, Some(sender)) if !is_address(sender) => nonsense(
            "mail.sender",
            format!("is {sender:?}; it must be an address such as huishang@example.cn"),
        ),
        _ => answers(mail),
    }
}

/// Refuses an address that has no room for a secret before its "@".
fn answers(mail: &Mail) -> Checked {
    let Some(address) = &mail.answers_address else { return Ok(()) };
    let is_name = |name: &str| {
        let is_allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        (1..=ANSWERS_NAME_BYTES_MAX).contains(&name.len()) && name.chars().all(is_allowed)
    };
    match address.split_once('@') {
        Some((name, host)) if is_name(name) && !host.is_empty() && !host.contains(['@', ' ', '"']) => Ok(()),
        _ => nonsense(
            "mail.answers_address",
            format!(
                "is {address:?}; it must be an address such as answers@example.cn, with at most \
                 {ANSWERS_NAME_BYTES_MAX} letters before the @"
            ),
        ),
    }
}

fn syslog(config: &Config) -> Checked {
    let is_valid = |address: &String| match address.split_once(':') {
        Some(("unix", path)) => path.starts_with('/'),
        Some(("udp", host)) => {
            host.rsplit_once(':').is_some_and(|(name, port)| !name.is_empty() && port.parse::<u16>().is_ok())
        }
        _ => false,
    };
    match config.access_log.syslog.as_ref().filter(|address| !is_valid(address)) {
        Some(address) => nonsense(
            "access_log.syslog",
            format!("is {address:?}; it must be like unix:/dev/log or udp:host:514"),
        ),
        None => Ok(()),
    }
}

fn texts(config: &Config) -> Checked {
    let path = |path: Option<&Path>| path.is_some_and(|path| path.as_os_str().is_empty());
    let identity = &config.identity;
    let empty = [
        ("data", path(Some(&config.data))),
        ("tls.certificate_file", path(config.tls.certificate_file.as_deref())),
        ("tls.key_file", path(config.tls.key_file.as_deref())),
        ("tls.client_ca_file", path(config.tls.client_ca_file.as_deref())),
        ("identity.jwks", path(identity.jwks.as_deref())),
        ("identity.issuers_file", path(identity.issuers_file.as_deref())),
        ("identity.step_up_acr", identity.step_up_acr.as_ref().is_some_and(|acr| acr.trim().is_empty())),
        ("identity.issuer", identity.issuer.trim().is_empty()),
        ("identity.audience", identity.audience.as_ref().is_some_and(|audience| audience.trim().is_empty())),
        ("nats.credentials", path(config.nats.credentials.as_deref())),
        ("backup.credentials", path(config.backup.credentials.as_deref())),
        ("delivery.key", path(config.delivery.key.as_deref())),
        ("mail.credentials", path(config.mail.credentials.as_deref())),
        ("mail.ca_file", path(config.mail.ca_file.as_deref())),
        ("delivery.ca_file", path(config.delivery.ca_file.as_deref())),
        (
            "delivery.private_networks",
            config.delivery.private_networks.as_ref().is_some_and(|networks| networks.trim().is_empty()),
        ),
        ("nats.nkey_file", path(config.nats.nkey_file.as_deref())),
        ("nats.ca_file", path(config.nats.ca_file.as_deref())),
        ("access_log.folder", path(config.access_log.folder.as_deref())),
        ("console.session_key", path(config.console.session_key.as_deref())),
        ("console.oparl_folder", path(config.console.oparl_folder.as_deref())),
        ("documents.fonts_folder", path(config.documents.fonts_folder.as_deref())),
        ("ledger.sm2_key", path(config.ledger.sm2_key.as_deref())),
        ("ledger.witnesses_file", path(config.ledger.witnesses_file.as_deref())),
        ("traces.ca_file", path(config.traces.ca_file.as_deref())),
        ("ledger.key", path(config.ledger.key.as_deref())),
        ("ledger.signed_head", path(config.ledger.signed_head.as_deref())),
    ];
    match empty.into_iter().find(|(_, is_empty)| *is_empty) {
        Some((key, _)) => nonsense(key, "is empty; leave it out for its default"),
        None => Ok(()),
    }
}

fn tls(tls: &Tls) -> Checked {
    match (&tls.certificate_file, &tls.key_file) {
        (Some(_), None) => nonsense("tls.key_file", "is not set; tls.certificate_file needs its key"),
        (None, Some(_)) => {
            nonsense("tls.certificate_file", "is not set; tls.key_file is of no use without it")
        }
        (None, None) if tls.client_ca_file.is_some() => nonsense(
            "tls.certificate_file",
            "is not set; certificates of clients, for which tls.client_ca_file is, need TLS",
        ),
        _ => Ok(()),
    }
}

fn nats(nats: &Nats) -> Checked {
    if nats.credentials.is_some() && nats.nkey_file.is_some() {
        return nonsense("nats.nkey_file", "is set beside nats.credentials; only one of them can log in");
    }
    let is_allowed = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    let prefix = &nats.inbox_prefix;
    match !prefix.is_empty() && prefix.chars().all(is_allowed) {
        true => Ok(()),
        false => nonsense(
            "nats.inbox_prefix",
            format!("is {prefix:?}; it must consist of letters, digits, '-' and '_'"),
        ),
    }
}

fn numbers(config: &Config) -> Checked {
    limits(&config.limits)?;
    backup_numbers(&config.backup)?;
    diaries(&config.diaries)?;
    if ![1, 3, 5].contains(&config.nats.replicas) {
        return nonsense("nats.replicas", format!("is {}; it must be 1, 3 or 5", config.nats.replicas));
    }
    if config.access_log.retention_days == 0 {
        return nonsense(
            "access_log.retention_days",
            "is 0; today's file is kept in any case, so it must be at least 1",
        );
    }
    let seconds = config.ledger.witness_interval_seconds;
    if !(1..=SECONDS_MAX).contains(&seconds) {
        return nonsense(
            "ledger.witness_interval_seconds",
            format!("is {seconds}; it must be from 1 to {SECONDS_MAX}"),
        );
    }
    match config.commit.ledgers {
        0 => nonsense("commit.ledgers", "is 0; a command is committed by at least 1 ledger"),
        _ => Ok(()),
    }
}

/// Minutes from one look at a subscribed calendar to the next, at most: a day.
const REFRESH_MINUTES_MAX: u32 = 24 * 60;

fn diaries(diaries: &Diaries) -> Checked {
    match diaries.refresh_minutes {
        1..=REFRESH_MINUTES_MAX => Ok(()),
        minutes => nonsense(
            "diaries.refresh_minutes",
            format!("is {minutes}; it must be from 1 to {REFRESH_MINUTES_MAX}"),
        ),
    }
}

fn backup_numbers(backup: &Backup) -> Checked {
    match (backup.interval_minutes, backup.retention_days) {
        (minutes, _) if !(1..=INTERVAL_MINUTES_MAX).contains(&minutes) => nonsense(
            "backup.interval_minutes",
            format!("is {minutes}; it must be from 1 to {INTERVAL_MINUTES_MAX}"),
        ),
        (_, days) if days > RETENTION_DAYS_MAX => nonsense(
            "backup.retention_days",
            format!("is {days}; it must be from 0, for ever, to {RETENTION_DAYS_MAX}"),
        ),
        _ => Ok(()),
    }
}

fn limits(limits: &Limits) -> Checked {
    let ranges = [
        ("limits.connections_max", limits.connections_max as u64, 1, AT_ONCE_MAX),
        ("limits.address_connections_max", limits.address_connections_max as u64, 1, AT_ONCE_MAX),
        ("limits.unknown_connections_max", limits.unknown_connections_max as u64, 1, AT_ONCE_MAX),
        (
            "limits.unknown_connection_seconds_max",
            limits.unknown_connection_seconds_max.into(),
            1,
            SECONDS_MAX,
        ),
        (
            "limits.connection_requests_at_once_max",
            limits.connection_requests_at_once_max.into(),
            1,
            AT_ONCE_MAX,
        ),
        ("limits.requests_at_once_max", limits.requests_at_once_max as u64, 1, AT_ONCE_MAX),
        ("limits.caller_share_percent", limits.caller_share_percent.into(), 1, 100),
        ("limits.supervision_share_percent", limits.supervision_share_percent.into(), 1, 99),
        ("limits.caller_memory_mib_max", limits.caller_memory_mib_max as u64, CALLER_MEMORY_MIB_MIN, MIB_MAX),
        ("limits.request_body_seconds_max", limits.request_body_seconds_max.into(), 1, SECONDS_MAX),
        ("limits.answer_stall_seconds_max", limits.answer_stall_seconds_max.into(), 1, SECONDS_MAX),
        (
            "limits.department_write_kib_per_second_max",
            limits.department_write_kib_per_second_max.into(),
            0,
            KIB_PER_SECOND_MAX,
        ),
        ("limits.department_write_burst_mib", limits.department_write_burst_mib.into(), 1, BURST_MIB_MAX),
        ("limits.log_readers_max", limits.log_readers_max as u64, 1, AT_ONCE_MAX),
        ("limits.verifications_max", limits.verifications_max as u64, 1, AT_ONCE_MAX),
        ("limits.answer_seconds_max", limits.answer_seconds_max, 1, ANSWER_SECONDS_MAX),
        ("limits.view_lag_seconds_max", limits.view_lag_seconds_max, 1, SECONDS_MAX),
    ];
    match ranges.into_iter().find(|(_, value, min, max)| !(min..=max).contains(&value)) {
        Some((key, value, min, max)) => nonsense(key, format!("is {value}; it must be from {min} to {max}")),
        None => Ok(()),
    }
}
