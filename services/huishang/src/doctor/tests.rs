//! Each finding, provoked once.

use super::machine;
use super::services;
use super::{Finding, Level, now};
use crate::client::options::Server;
use crate::language::tests::in_chinese;
use crate::server::storage::nats;
use harness::{Process, broker};
use service_kit::config::Config;
use service_kit::identity::ensure_development_keys;
use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::{Duration, SystemTime};

/// Settings of an installation in an empty folder, which has development keys.
fn installation() -> (tempfile::TempDir, Config) {
    let folder = tempfile::tempdir().unwrap();
    let config = Config { data: folder.path().to_owned(), ..Config::default() };
    ensure_development_keys(&config.keys()).unwrap();
    (folder, config)
}

fn expect(findings: &[Finding], check: &str, level: Level, what: &str) {
    let found = findings.iter().find(|finding| finding.check == check && finding.level == level);
    let finding = found.unwrap_or_else(|| panic!("{level:?} {check} is missing: {findings:#?}"));
    assert!(finding.what.contains(what), "{finding:?}");
    assert_eq!(finding.remedy.is_some(), level != Level::Good, "{finding:?}");
    assert!(finding.remedy.iter().all(|remedy| !remedy.contains('\n')), "{finding:?}");
}

/// Has a file, which was written just now, be from so long after, or before.
fn set_age(file: &Path, change: impl Fn(SystemTime) -> SystemTime) {
    let file = fs::File::options().append(true).open(file).unwrap();
    file.set_modified(change(file.metadata().unwrap().modified().unwrap())).unwrap();
}

#[test]
fn a_sound_machine_has_nothing_to_mend() {
    let (_folder, config) = installation();
    expect(&machine::keys(&config), "keys", Level::Good, "1 secrets");
    expect(&[machine::clock(&config)], "clock", Level::Good, "");
    assert!(machine::fsync(&config).level < Level::Fault);
    expect(&services::jwks(&config), "jwks", Level::Good, "1 keys");
    expect(&[services::tls(&config)], "tls", Level::Good, "only this machine");
}

#[test]
fn a_key_that_others_can_read_is_a_fault() {
    let (_folder, config) = installation();
    let key = config.keys().join("signing-key.pem");
    fs::set_permissions(&key, fs::Permissions::from_mode(0o644)).unwrap();
    expect(&machine::keys(&config), "keys", Level::Fault, "signing-key.pem");
    in_chinese(|| expect(&machine::keys(&config), "keys", Level::Fault, "任何人都可以读取"));
    fs::set_permissions(&key, fs::Permissions::from_mode(0o640)).unwrap();
    expect(&machine::keys(&config), "keys", Level::Warning, "signing-key.pem");
}

#[test]
fn a_clock_that_was_set_back_is_a_fault() {
    let (_folder, config) = installation();
    set_age(&config.keys().join("jwks.json"), |now| now + Duration::from_secs(600));
    expect(&[machine::clock(&config)], "clock", Level::Fault, "behind the newest file");
}

#[test]
fn a_folder_that_cannot_be_written_is_a_fault() {
    let config = Config { data: "/proc/1".into(), ..Config::default() };
    expect(&[machine::fsync(&config)], "fsync", Level::Fault, "cannot be written");
}

#[test]
fn a_disk_without_its_reserve_is_a_fault() {
    let (_folder, mut config) = installation();
    config.limits.log_reserve_mib = 1 << 40;
    expect(&[machine::disk(&config)], "disk", Level::Fault, "commands are refused");
    config.limits.log_reserve_mib = 0;
    assert!(machine::disk(&config).level < Level::Fault);
}

#[test]
fn more_connections_than_open_files_are_warned_of() {
    let (_folder, mut config) = installation();
    config.limits.connections_max = usize::MAX;
    expect(&[machine::open_files(&config)], "files", Level::Warning, "with all connections");
}

#[tokio::test]
async fn an_old_backup_is_warned_of_and_a_missing_one_a_fault() {
    let (data, mut config) = installation();
    expect(&machine::backups(&config, None).await, "backups", Level::Warning, "no backup is made");
    // By hand, in a folder.
    let folder = tempfile::tempdir().unwrap();
    let by_hand = async |config: &Config| machine::backups(config, Some(folder.path())).await;
    expect(&by_hand(&config).await, "backups", Level::Fault, "no backup");
    let segment = folder.path().join("segment");
    fs::write(&segment, "records").unwrap();
    expect(&by_hand(&config).await, "backups", Level::Good, "0 h old");
    set_age(&segment, |now| now - Duration::from_secs(30 * 3600));
    expect(&by_hand(&config).await, "backups", Level::Warning, "30 h old");
    // By itself, where the settings say.
    let place = data.path().join("stored");
    config.backup.url = Some(format!("file://{}", place.display()));
    expect(&machine::backups(&config, None).await, "backups", Level::Fault, "no backup");
    let log_id = domain::Uuid::now_v7();
    let store = backup::Store::open(config.backup.url.as_deref().unwrap(), None).unwrap();
    let empty = backup::Writer::open(store, log_id).await.unwrap();
    let head = empty.head();
    empty.finish(head, None).await.unwrap();
    expect(&machine::backups(&config, None).await, "backups", Level::Good, "0 min old");
    for file in files_below(&place) {
        set_age(&file, |now| now - Duration::from_secs(2 * 3600));
    }
    expect(&machine::backups(&config, None).await, "backups", Level::Warning, "120 min old");
}

fn files_below(folder: &Path) -> Vec<std::path::PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files_below(&path) } else { vec![path] }).collect()
}

#[tokio::test]
async fn a_port_is_free_or_somebody_elses() {
    let (_folder, mut config) = installation();
    let server = Server { server: None, ca_file: None, cert_file: None, key_file: None };
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    config.listen = taken.local_addr().unwrap();
    // Whoever accepts and hangs up is none of ours.
    let hang_up = move || taken.incoming().for_each(drop);
    std::thread::Builder::new().spawn(hang_up).unwrap();
    expect(
        &services::port(&config, &server).await,
        "port",
        Level::Fault,
        "does not answer as a process of Huishang",
    );
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    config.listen = free;
    let findings = services::port(&config, &server).await;
    expect(&findings, "port", Level::Good, "nothing listens");
    expect(&findings, "ready", Level::Unknown, "no process runs");
}

#[test]
fn a_port_that_others_reach_without_tls_and_certificates_at_their_end_are_found() {
    let (folder, mut config) = installation();
    config.listen = "0.0.0.0:7400".parse().unwrap();
    expect(&[services::tls(&config)], "tls", Level::Warning, "nothing is encrypted");
    let (certificate, key) = (folder.path().join("c.pem"), folder.path().join("k.pem"));
    config.tls.certificate_file = Some(certificate.clone());
    config.tls.key_file = Some(key.clone());
    expect(&[services::tls(&config)], "tls", Level::Fault, "c.pem");
    let past = rcgen::date_time_ymd(2020, 1, 1);
    let today = jiff::tz::TimeZone::UTC.to_datetime(now()).date();
    let soon = today.saturating_add(jiff::Span::new().days(3));
    let late = today.saturating_add(jiff::Span::new().days(300));
    let at = |date: jiff::civil::Date| {
        rcgen::date_time_ymd(date.year().into(), date.month() as u8, date.day() as u8)
    };
    for (not_after, level, what) in [
        (past, Level::Fault, "has expired"),
        (at(soon), Level::Warning, "expires in 2 days"),
        (at(late), Level::Good, "expires in 299 days"),
    ] {
        let mut params = rcgen::CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        params.not_after = not_after;
        let pair = rcgen::KeyPair::generate().unwrap();
        fs::write(&certificate, params.self_signed(&pair).unwrap().pem()).unwrap();
        fs::write(&key, pair.serialize_pem()).unwrap();
        expect(&[services::tls(&config)], "tls", level, what);
    }
}

#[test]
fn keys_that_cannot_be_read_are_a_fault() {
    let (folder, mut config) = installation();
    fs::remove_file(config.jwks()).unwrap();
    expect(&services::jwks(&config), "jwks", Level::Fault, "jwks.json");
    // Nothing listens on port 1.
    let file = folder.path().join("issuers.toml");
    fs::write(&file, "[[issuer]]\nissuer = 'a'\njwks_url = 'http://127.0.0.1:1/jwks'\n").unwrap();
    config.identity.issuers_file = Some(file);
    expect(&services::jwks(&config), "jwks", Level::Fault, "http://127.0.0.1:1/jwks cannot be read");
}

#[tokio::test]
async fn a_process_that_is_not_ready_is_a_fault() {
    let (_folder, mut config) = installation();
    let server = Server { server: None, ca_file: None, cert_file: None, key_file: None };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    config.listen = listener.local_addr().unwrap();
    let (reporter, health) = tonic_health::server::health_reporter();
    let incoming = tonic::transport::server::TcpIncoming::from(listener);
    let serving = tonic::transport::Server::builder().add_service(health).serve_with_incoming(incoming);
    let mut tasks = tokio::task::JoinSet::new();
    tasks.spawn(serving);
    for (status, level, what) in [
        (tonic_health::ServingStatus::NotServing, Level::Fault, "its views lag"),
        (tonic_health::ServingStatus::Serving, Level::Good, "is ready"),
    ] {
        reporter.set_service_status(service_kit::serve::READY, status).await;
        expect(&services::port(&config, &server).await, "ready", level, what);
    }
}

#[test]
fn a_clock_that_differs_from_the_brokers_is_a_fault() {
    expect(&[services::skew(-60)], "clock", Level::Fault, "differs by 60 s");
    expect(&[services::skew(1)], "clock", Level::Good, "differs by 1 s");
}

/// A broker that lets its only user, `li`, do what this says.
fn broker_with(permissions: &str) -> (tempfile::TempDir, Process, String) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("nats.conf");
    let user = format!("{{ user: li, password: sesame, permissions: {{ {permissions} }} }}");
    fs::write(&file, format!("authorization {{ users: [{user}] }}\n")).unwrap();
    let flags = ["--config".to_owned(), file.display().to_string()];
    let (process, address) = broker::start("nats", &folder.path().join("store"), None, &flags).unwrap();
    (folder, process, format!("nats://li:sesame@{address}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_is_examined_with_its_permissions_and_the_stream() {
    let (_folder, mut config) = installation();
    let (_broker, _process, url) = broker_with("publish: '>', subscribe: '>'");
    config.journal = url.clone();
    let findings = services::nats(&config).await;
    expect(&findings, "nats", Level::Good, "nats-server 2.");
    expect(&findings, "stream", Level::Good, "no stream yet");
    // A stream that fits is there once a process has connected.
    let connected = journal::nats::NatsJournal::connect(nats(&config).unwrap()).await.unwrap();
    drop(connected);
    let findings = services::nats(&config).await;
    expect(&findings, "stream", Level::Good, "1 replicas");
    expect(&findings, "keys-stream", Level::Good, "1 replicas");
    config.nats.replicas = 3;
    let findings = services::nats(&config).await;
    expect(&findings, "stream", Level::Warning, "1 replicas");
    expect(&findings, "keys-stream", Level::Warning, "1 replicas");

    let (_broker, _process, url) = broker_with("publish: '>', subscribe: { deny: 'huishang.>' }");
    config.journal = url;
    let findings = services::nats(&config).await;
    expect(&findings, "permissions", Level::Fault, "the broker denies");
    assert!(!format!("{findings:?}").contains("sesame"), "{findings:?}");
}

#[tokio::test]
async fn an_old_broker_is_a_fault() {
    let (_folder, mut config) = installation();
    // What nats-server of Debian 12 says first.
    let info = r#"INFO {"server_id":"N","server_name":"n","version":"2.9.10","go":"go1.19","host":"127.0.0.1","port":4222,"headers":true,"max_payload":1048576,"jetstream":true,"proto":1,"client_id":1}"#;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    config.journal = format!("nats://{}", listener.local_addr().unwrap());
    let mut tasks = tokio::task::JoinSet::new();
    tasks.spawn(async move {
        use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
        let (mut socket, _) = listener.accept().await.unwrap();
        let (read, mut write) = socket.split();
        write.write_all(format!("{info}\r\n").as_bytes()).await.unwrap();
        let mut lines = BufReader::new(read).lines();
        while let Ok(Some(line)) = lines.next_line().await {
            if line == "PING" {
                write.write_all(b"PONG\r\n").await.unwrap();
            }
        }
    });
    expect(&services::nats(&config).await, "nats", Level::Fault, "nats-server 2.9.10 does not support");
}

#[test]
fn a_consumer_that_lags_is_a_fault() {
    let (_folder, mut config) = installation();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    config.metrics.listen = Some(listener.local_addr().unwrap());
    // Each line of lag is what a process measures, in the format of Prometheus.
    let serve = move |seconds: &'static [&'static str]| {
        for seconds in seconds {
            let (mut socket, _) = listener.accept().unwrap();
            let mut request = [0; 1024];
            let _ = std::io::Read::read(&mut socket, &mut request).unwrap();
            let body =
                format!("# TYPE x gauge\nhuishang_consumer_lag_seconds{{consumer=\"followup\"}} {seconds}\n");
            let head =
                format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
            std::io::Write::write_all(&mut socket, format!("{head}{body}").as_bytes()).unwrap();
        }
    };
    let served = std::thread::Builder::new().spawn(move || serve(&["0", "31.5"])).unwrap();
    expect(&services::lag(&config), "lag", Level::Good, "follow what is committed");
    expect(&services::lag(&config), "lag", Level::Fault, "followup lags what is committed by 31 s");
    served.join().unwrap();
    expect(&services::lag(&config), "lag", Level::Unknown, "cannot be read");
    config.metrics.listen = None;
    assert!(services::lag(&config).is_empty());
}

#[tokio::test]
async fn a_broker_that_cannot_be_reached_is_a_fault() {
    let (_folder, mut config) = installation();
    expect(&services::nats(&config).await, "nats", Level::Good, "embedded");
    config.journal = "nats://user:sesame@127.0.0.1:1".into();
    let findings = services::nats(&config).await;
    expect(&findings, "nats", Level::Fault, "127.0.0.1:1");
    assert!(!format!("{findings:?}").contains("sesame"), "{findings:?}");
}
