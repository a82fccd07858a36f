//! What runs, or shall run: the port, TLS, the keys of tokens, NATS, and whether the process is ready.

use super::finding::Finding;
use super::machine::SKEW_SECONDS_MAX;
use super::now;
use crate::client::options::Server;
use crate::language::{say, text};
use crate::server::storage::{self, EMBEDDED};
use client::{Address, connect, root_cause};
use journal::nats::KeysStream;
use service_kit::config::Config;
use service_kit::https;
use service_kit::serve::{READY, Tls, TlsFiles};
use std::fmt::Display;
use std::net::TcpListener;
use std::time::Duration;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

/// Time in which a process must answer.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(5);
/// Days before its end from which on a certificate is to be replaced.
const CERTIFICATE_DAYS_MIN: i64 = 14;
/// Bytes of the metrics of a process, at most.
const METRICS_BYTES_MAX: u64 = 16 << 20;

/// Whether the address is free, or a ready process of ours is there.
pub async fn port(config: &Config, server: &Server) -> Vec<Finding> {
    let address = config.listen;
    if TcpListener::bind(address).is_ok() {
        let what =
            say("nothing listens on {address}; a process can be started there", &[("address", &address)]);
        let stopped = Finding::unknown(
            "ready",
            text("no process runs, so how far its views lag is not known").to_owned(),
            text("start it, and look again").to_owned(),
        );
        return vec![Finding::good("port", what), stopped];
    }
    let scheme = if config.tls_files().is_some() { "https" } else { "http" };
    let here = format!("{scheme}://{address}");
    let asked = match server.is_given() {
        true => {
            server.addresses().map(|all| all.processes().into_iter().cloned().collect()).unwrap_or_default()
        }
        false => here.parse::<Address>().into_iter().collect::<Vec<_>>(),
    };
    let mut findings = Vec::new();
    for address in asked {
        findings.push(ready(&address, server).await);
    }
    findings
}

async fn ready(address: &Address, server: &Server) -> Finding {
    let asked = tokio::time::timeout(ANSWER_TIMEOUT, ask(address, server)).await;
    let values: [(&str, &dyn Display); 1] = [("address", address)];
    match asked {
        Ok(Ok(ServingStatus::Serving)) => Finding::good(
            "ready",
            say("{address} is ready: commands are carried out, and the views follow", &values),
        ),
        Ok(Ok(_)) => Finding::fault(
            "ready",
            say("{address} is not ready: something cannot be committed, or its views lag", &values),
            text("the line 'not ready' in its log says why and what to do").to_owned(),
        ),
        Ok(Err(why)) => Finding::fault(
            "port",
            say("{address} does not answer as a process of Huishang: {why}", &[("address", address), ("why", &why)]),
            text("free the port, or choose another address with --listen; --ca-file names the authority of TLS").to_owned(),
        ),
        Err(_) => Finding::fault(
            "port",
            say("{address} does not answer in time", &values),
            text("restart the process that listens there").to_owned(),
        ),
    }
}

async fn ask(address: &Address, server: &Server) -> Result<ServingStatus, String> {
    let tls = server.tls().map_err(|error| error.to_string())?;
    let channel = connect(address, &tls).await.map_err(|error| error.to_string())?;
    let answer = HealthClient::new(channel).check(HealthCheckRequest { service: READY.to_owned() }).await;
    answer.map(|answer| answer.into_inner().status()).map_err(|status| root_cause(&status))
}

/// Whether the certificate can be used, and for how long.
pub fn tls(config: &Config) -> Finding {
    match config.tls_files() {
        Some(files) => certificate(files),
        None if config.is_loopback() => {
            Finding::good("tls", text("no TLS; only this machine can connect").to_owned())
        }
        None => Finding::warning(
            "tls",
            text("others can connect, and nothing is encrypted").to_owned(),
            text("set tls.certificate_file and tls.key_file, or put a proxy with TLS in front").to_owned(),
        ),
    }
}

fn certificate(files: TlsFiles) -> Finding {
    let remedy = |file: &dyn Display| say("put a new certificate and its key into {file}", &[("file", file)]);
    let file = files.certificate.display().to_string();
    let tls = match Tls::open(files) {
        Ok(tls) => tls,
        Err(error) => return Finding::fault("tls", error.to_string(), remedy(&file)),
    };
    let days = (tls.certificate_expires_at().as_second() - now().as_second()) / 86_400;
    let what = say("the certificate expires in {days} days", &[("days", &days)]);
    match days {
        ..0 => Finding::fault("tls", text("the certificate has expired").to_owned(), remedy(&file)),
        0..CERTIFICATE_DAYS_MIN => Finding::warning("tls", what, remedy(&file)),
        _ => Finding::good("tls", what),
    }
}

/// Whether the keys that verify tokens can be read.
pub fn jwks(config: &Config) -> Vec<Finding> {
    let verifier = match config.verifier() {
        Ok(verifier) => verifier,
        Err(error) => {
            let remedy =
                text("'huishang up' creates development keys; in production name those of your issuer");
            return vec![Finding::fault("jwks", error.to_string(), remedy.to_owned())];
        }
    };
    let keys = verifier.keys().into_iter();
    keys.map(|keys| {
        let values: [(&str, &dyn Display); 2] = [("source", &keys.source), ("count", &keys.count)];
        match keys.problem {
            Some(why) => Finding::fault(
                "jwks",
                say("the keys at {source} cannot be read: {why}", &[("source", &keys.source), ("why", &why)]),
                text("make the URL reachable from here, or correct it in the file of issuers").to_owned(),
            ),
            None if keys.count == 0 => Finding::fault(
                "jwks",
                say("there is no key at {source} that verifies tokens", &values),
                text("have the issuer publish an EdDSA, ES256 or RS256 key").to_owned(),
            ),
            None => Finding::good("jwks", say("{count} keys at {source} verify tokens", &values)),
        }
    })
    .collect()
}

/// Whether the broker is there, is recent enough, permits what is needed, and has the right stream.
pub async fn nats(config: &Config) -> Vec<Finding> {
    if config.journal == EMBEDDED {
        return vec![Finding::good("nats", text("the journal is embedded; no broker is needed").to_owned())];
    }
    let diagnosed = match storage::nats(config) {
        Ok(nats) => journal::nats::diagnose(&nats).await,
        Err(error) => Err(journal::nats::ConnectError::Configuration(error.to_string())),
    };
    let seen = match diagnosed {
        Ok(seen) => seen,
        Err(error) => {
            let remedy =
                text("start nats-server 2.12 or later with -js, and check the address and the credentials");
            return vec![Finding::fault("nats", error.to_string(), remedy.to_owned())];
        }
    };
    let version: [(&str, &dyn Display); 2] = [("version", &seen.version), ("address", &seen.address)];
    let mut findings = vec![Finding::good("nats", say("nats-server {version} at {address}", &version))];
    findings.extend(seen.clock_ahead_seconds.map(skew));
    findings.extend(seen.denied.iter().map(|denied| {
        Finding::fault(
            "permissions",
            say("the broker denies: {what}", &[("what", denied)]),
            text("give the broker's user the permissions of the service in deploy/nats/nats.conf").to_owned(),
        )
    }));
    findings.extend(stream(config, &seen));
    findings.extend(keys_stream(config, &seen));
    findings
}

/// Whether the broker's clock is so near that tokens and deadlines mean the same there.
pub fn skew(ahead_seconds: i64) -> Finding {
    let what = say("the broker's clock differs by {seconds} s", &[("seconds", &ahead_seconds.abs())]);
    match ahead_seconds.abs() > SKEW_SECONDS_MAX {
        true => Finding::fault(
            "clock",
            what,
            text("set the clocks of both machines, and have them kept by NTP").to_owned(),
        ),
        false => Finding::good("clock", what),
    }
}

fn stream(config: &Config, seen: &journal::nats::Diagnosis) -> Option<Finding> {
    if let Some(why) = &seen.stream_fault {
        let remedy = text("use another realm, or move the stream away and run 'huishang ledger repair'");
        return Some(Finding::fault("stream", why.clone(), remedy.to_owned()));
    }
    if !seen.has_stream {
        let none = text("there is no stream yet; the first process creates it").to_owned();
        return seen.denied.is_empty().then(|| Finding::good("stream", none));
    }
    let what = say("the stream has {has} replicas", &[("has", &seen.replicas)]);
    Some(replicas("stream", what, seen.replicas, config))
}

/// Whether the stream with the keys of persons is there, and keeps them.
fn keys_stream(config: &Config, seen: &journal::nats::Diagnosis) -> Option<Finding> {
    const CHECK: &str = "keys-stream";
    match &seen.keys {
        Some(KeysStream { fault: Some(why), .. }) => Some(Finding::fault(
            CHECK,
            why.clone(),
            text("stop all processes, delete that stream, and start a ledger: it puts its copies of the keys back")
                .to_owned(),
        )),
        Some(KeysStream { replicas: has, .. }) => {
            let what = say("the stream with the keys of persons has {has} replicas", &[("has", has)]);
            Some(replicas(CHECK, what, *has, config))
        }
        None if seen.has_stream => Some(Finding::fault(
            CHECK,
            text("the stream with the keys of persons is missing: what was sealed cannot be read").to_owned(),
            text("start a ledger: it puts its copies of the keys back").to_owned(),
        )),
        None => None,
    }
}

fn replicas(check: &'static str, what: String, has: usize, config: &Config) -> Finding {
    let wanted = config.nats.replicas;
    match has < wanted {
        true => Finding::warning(
            check,
            what,
            say("nats stream edit --replicas {wanted} changes that to nats.replicas", &[("wanted", &wanted)]),
        ),
        false => Finding::good(check, what),
    }
}

/// How far views and process managers of the running process lag, where it measures that.
pub fn lag(config: &Config) -> Vec<Finding> {
    let Some(listen) = config.metrics.listen else { return Vec::new() };
    let url = format!("http://{listen}/metrics");
    let measured = match https::agent(None, ANSWER_TIMEOUT).and_then(|agent| fetch(&agent, &url)) {
        Ok(measured) => measured,
        Err(why) => {
            let what = say("{url} cannot be read: {why}", &[("url", &url), ("why", &why)]);
            return vec![Finding::unknown("lag", what, text("start it, and look again").to_owned())];
        }
    };
    let seconds_max = config.limits.view_lag_seconds_max;
    let late: Vec<Finding> = lags(&measured)
        .filter(|(_, seconds)| *seconds > seconds_max as f64)
        .map(|(consumer, seconds)| {
            let values: [(&str, &dyn Display); 2] = [("consumer", &consumer), ("seconds", &(seconds as u64))];
            Finding::fault(
                "lag",
                say("{consumer} lags what is committed by {seconds} s", &values),
                text(
                    "look for its name in the log of the process: the disk or the broker may be slow, or it waits for \
                     something",
                )
                .to_owned(),
            )
        })
        .collect();
    match late.is_empty() {
        true => {
            vec![Finding::good("lag", text("views and process managers follow what is committed").to_owned())]
        }
        false => late,
    }
}

fn fetch(agent: &ureq::Agent, url: &str) -> Result<String, String> {
    let mut answer = agent.get(url).call().map_err(|error| error.to_string())?;
    answer
        .body_mut()
        .with_config()
        .limit(METRICS_BYTES_MAX)
        .read_to_string()
        .map_err(|error| error.to_string())
}

/// The seconds by which each consumer lags, in the text format of Prometheus.
fn lags(measured: &str) -> impl Iterator<Item = (&str, f64)> {
    measured.lines().filter_map(|line| {
        let (labels, seconds) = line.strip_prefix("huishang_consumer_lag_seconds{")?.split_once("} ")?;
        let consumer = labels.split(',').find_map(|label| label.strip_prefix("consumer=\""))?;
        Some((consumer.trim_end_matches('"'), seconds.parse().ok()?))
    })
}
