//! The contract of the journal, held by the one on NATS, against a real server that is killed, cut and
//! replaced.

#[path = "nats/mend.rs"]
mod mend;
mod support;

use domain::Uuid;
use event_log::EventLog;
use journal::conformance::{Tested, sample, take};
use journal::nats::{Config, ConnectError, LedgerError, NatsJournal};
use journal::{AppendError, Filter, Journal, Position, ReadError};
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;
use support::{Ledger, NatsServer, connect, connect_to};
use tempfile::TempDir;

struct Sandbox {
    journal: Tested,
    _ledger: Ledger,
    _server: NatsServer,
    _folder: TempDir,
}

async fn start() -> Sandbox {
    let server = NatsServer::start();
    let folder = TempDir::new().unwrap();
    let journal = connect(&server, 1).await;
    let ledger = Ledger::start(&journal, "one", folder.path());
    Sandbox { journal: Arc::new(journal), _ledger: ledger, _server: server, _folder: folder }
}

journal::conformance_cases!(start);

/// Appends one record after the other to a new stream; answers with the last position.
async fn append_many(journal: &NatsJournal, count: usize) -> Position {
    let stream = sample::stream();
    let mut last = 0;
    for _ in 0..count {
        last = journal.append(sample::commit(Uuid::new_v4(), &[(&stream, last)])).await.unwrap();
    }
    last
}

async fn committed(journal: &NatsJournal, position: Position) {
    let waited = tokio::time::timeout(Duration::from_secs(30), journal.wait_committed(position)).await;
    waited.expect("a ledger that commits").unwrap();
}

fn everything(log: &EventLog) -> Vec<event_log::Record> {
    log.read(0, usize::MAX).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_or_repeated_when_the_server_is_killed_under_load() {
    let mut server = NatsServer::start();
    let folder = TempDir::new().unwrap();
    let journal = connect(&server, 1).await;
    let ledger = Ledger::start(&journal, "one", folder.path());
    let mut all = journal.subscribe(0, Filter::All).await.unwrap();
    let only = Filter::Categories(vec![sample::OTHER_CATEGORY.into()]);
    let mut filtered = journal.subscribe(0, only).await.unwrap();

    const WRITERS: usize = 4;
    const EACH: usize = 100;
    let writers = (0..WRITERS).map(|_| {
        let journal = journal.clone();
        tokio::spawn(async move {
            for _ in 0..EACH {
                let [one, two] = [sample::stream(), sample::other_stream()];
                let commit = sample::commit(Uuid::new_v4(), &[(&one, 0), (&two, 0)]);
                // A caller repeats what was not answered, and gets the first answer.
                let last = loop {
                    match journal.append(commit.clone()).await {
                        Ok(last) => break last,
                        Err(AppendError::Unavailable(_)) => {}
                        Err(error) => panic!("{error}"),
                    }
                };
                committed(&journal, last).await;
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        })
    });
    let writers = tokio::spawn(futures::future::join_all(writers));
    for _ in 0..3 {
        tokio::time::sleep(Duration::from_millis(400)).await;
        server.kill();
        tokio::time::sleep(Duration::from_millis(300)).await;
        server.restart();
    }
    writers.await.unwrap().into_iter().for_each(Result::unwrap);

    let count = WRITERS * EACH;
    let all = take(&mut all, 2 * count).await;
    assert!((1..).zip(&all).all(|(position, record)| record.position == position));
    assert_eq!(take(&mut filtered, count).await.len(), count);
    assert_eq!(everything(&ledger.log).len(), 2 * count);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_subscription_goes_on_after_a_long_absence_of_the_server() {
    let mut server = NatsServer::start();
    let folder = TempDir::new().unwrap();
    let journal = connect(&server, 1).await;
    let _ledger = Ledger::start(&journal, "one", folder.path());
    let mut records = journal.subscribe(0, Filter::All).await.unwrap();
    append_many(&journal, 3).await;
    assert_eq!(take(&mut records, 3).await.len(), 3);

    server.kill();
    tokio::time::sleep(Duration::from_secs(6)).await;
    server.restart();
    let restarted = tokio::time::Instant::now();
    let last = append_many(&journal, 2).await;
    assert_eq!(last, 5);
    let rest = take(&mut records, 2).await;
    assert_eq!([rest[0].position, rest[1].position], [4, 5]);
    assert!(restarted.elapsed() < Duration::from_secs(5), "it took {:?}", restarted.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ledger_goes_on_where_it_was_and_catches_up() {
    let server = NatsServer::start();
    let folder = TempDir::new().unwrap();
    let journal = connect(&server, 1).await;
    let ledger = Ledger::start(&journal, "one", folder.path());
    committed(&journal, append_many(&journal, 10).await).await;
    ledger.stop().await;

    let last = append_many(&journal, 3000).await;
    assert_eq!(*journal.committed().borrow(), 10, "nothing is committed without a ledger");
    let ledger = Ledger::start(&journal, "one", folder.path());
    committed(&journal, last).await;
    assert_eq!(ledger.log.head().position, 3010);
}

#[tokio::test(flavor = "multi_thread")]
async fn with_two_ledgers_needed_both_have_equal_bytes_of_what_is_committed() {
    let server = NatsServer::start();
    let folders = [TempDir::new().unwrap(), TempDir::new().unwrap()];
    let journal = connect(&server, 2).await;
    let one = Ledger::start(&journal, "one", folders[0].path());
    let last = append_many(&journal, 5).await;
    tokio::time::sleep(Duration::from_millis(700)).await;
    assert_eq!(*journal.committed().borrow(), 0, "one ledger is not enough");

    let two = Ledger::start(&journal, "two", folders[1].path());
    committed(&journal, last).await;
    assert_eq!(everything(&one.log), everything(&two.log));
    assert_eq!(one.log.head(), two.log.head());
}

/// Copies a folder as it is.
fn copy(from: &std::path::Path, to: &std::path::Path) {
    assert!(Command::new("cp").arg("-a").arg(from).arg(to).status().unwrap().success());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_lost_its_end_gets_it_back_from_the_ledger() {
    let mut server = NatsServer::start();
    let folder = TempDir::new().unwrap();
    let journal = connect(&server, 1).await;
    let ledger = Ledger::start(&journal, "one", folder.path());
    committed(&journal, append_many(&journal, 10).await).await;
    server.kill();
    let older = server.folder.path().join("older");
    copy(&server.store(), &older);
    server.restart();

    let [one, two] = [sample::stream(), sample::stream()];
    let both = sample::commit(Uuid::new_v4(), &[(&one, 0), (&two, 0)]);
    assert_eq!(journal.append(both).await, Ok(12));
    committed(&journal, append_many(&journal, 3).await).await;
    let before = everything(&ledger.log);
    server.kill();
    std::fs::remove_dir_all(server.store()).unwrap();
    copy(&older, &server.store());
    server.restart();

    // Nothing takes the place of what is committed while the stream is short.
    assert_eq!(append_many(&journal, 1).await, 16);
    committed(&journal, 16).await;
    assert_eq!(everything(&ledger.log)[..15], before[..]);
    assert_eq!(journal.read(&two, 0).await.unwrap()[0].position, 12);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ledger_stops_when_stream_and_log_differ() {
    let mut server = NatsServer::start();
    let folder = TempDir::new().unwrap();
    let journal = connect(&server, 1).await;
    let ledger = Ledger::start(&journal, "one", folder.path());
    committed(&journal, append_many(&journal, 5).await).await;
    server.kill();
    let older = server.folder.path().join("older");
    copy(&server.store(), &older);
    server.restart();
    committed(&journal, append_many(&journal, 5).await).await;
    ledger.stop().await;
    server.kill();
    std::fs::remove_dir_all(server.store()).unwrap();
    copy(&older, &server.store());
    server.restart();

    // A process that knows nothing of the ledger appends nothing; one that is not ours might.
    let journal = connect(&server, 1).await;
    let waiting = journal.append(sample::commit(Uuid::new_v4(), &[(&sample::stream(), 0)]));
    assert!(tokio::time::timeout(Duration::from_secs(1), waiting).await.is_err());
    let stranger = async_nats::connect(server.url()).await.unwrap();
    for _ in 0..6 {
        let subject = format!("huishang.main.{}", sample::stream());
        stranger.request(subject, "scribble".into()).await.unwrap();
    }
    let fault = Ledger::start(&journal, "one", folder.path()).fault().await;
    assert!(matches!(fault, LedgerError::Diverged { position: 10 }), "{fault}");
    assert_eq!(*journal.committed().borrow(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ledger_stops_at_what_is_no_record() {
    let server = NatsServer::start();
    let folder = TempDir::new().unwrap();
    let journal = connect(&server, 1).await;
    let ledger = Ledger::start(&journal, "one", folder.path());
    append_many(&journal, 2).await;
    let stranger = async_nats::connect(server.url()).await.unwrap();
    let subject = format!("huishang.main.{}", sample::stream());
    stranger.request(subject, "scribble".into()).await.unwrap();
    let log = ledger.log.clone();
    let fault = ledger.fault().await;
    assert!(matches!(fault, LedgerError::Damaged(ReadError::Damaged { position: 3, .. })), "{fault}");
    assert!(log.head().position <= 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_work_is_told() {
    let server = NatsServer::start();
    let config = Config::new(server.url());
    connect(&server, 1).await;
    let wrong_realm = Config { realm: "a.b".into(), ..config.clone() };
    assert!(matches!(NatsJournal::connect(wrong_realm).await, Err(ConnectError::Configuration(_))));
    let nonsense = Config::new("nats://:no port");
    assert!(matches!(NatsJournal::connect(nonsense).await, Err(ConnectError::Configuration(_))));
    let nowhere = Config::new("nats://user:secret@127.0.0.1:1");
    match NatsJournal::connect(nowhere).await {
        Err(error @ ConnectError::Unreachable { .. }) => assert!(!error.to_string().contains("secret")),
        _ => panic!("nobody is there"),
    }
}

/// Three replicas answer otherwise than one: other codes, other repeats, reads by whoever is there.
#[tokio::test(flavor = "multi_thread")]
async fn a_cluster_of_three_servers_keeps_the_contract() {
    let mut servers = NatsServer::cluster();
    let urls: Vec<String> = servers.iter().map(NatsServer::url).collect();
    let url = urls.join(",");
    macro_rules! cases {
        ($($case:ident),+) => { $( {
            let realm = stringify!($case).replace('_', "-");
            let journal = connect_to(Config { realm, replicas: 3, ..Config::new(&url) }).await;
            let folder = TempDir::new().unwrap();
            let _ledger = Ledger::start(&journal, "one", folder.path());
            journal::conformance::$case(Arc::new(journal)).await;
        } )+ };
    }
    cases!(
        an_expected_position_that_is_not_the_last_is_a_conflict,
        a_conflict_in_one_write_stores_none,
        a_repeat_is_given_the_first_answer,
        one_of_many_writers_wins_each_position,
        a_subscription_takes_what_many_writers_append,
        a_filtered_subscription_brings_what_it_is_for
    );

    let journal = connect_to(Config { realm: "killed".into(), replicas: 3, ..Config::new(&url) }).await;
    let folder = TempDir::new().unwrap();
    let _ledger = Ledger::start(&journal, "one", folder.path());
    committed(&journal, append_many(&journal, 5).await).await;
    for server in &mut servers {
        server.kill();
        committed(&journal, append_many(&journal, 5).await).await;
        server.restart();
        tokio::time::sleep(Duration::from_secs(3)).await;
    }
    let mut records = journal.subscribe(0, Filter::All).await.unwrap();
    assert_eq!(take(&mut records, 20).await.len(), 20);
}
