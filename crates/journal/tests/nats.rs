//! The distributed journal against the conformance suite, and against a real server that is killed, loses
//! messages and is replaced.

#![expect(clippy::disallowed_methods, reason = "a test waits for what it spawns")]

#[path = "nats/duty.rs"]
mod duty;
#[path = "nats/feed.rs"]
mod feed;
#[path = "nats/recovery.rs"]
mod recovery;
mod support;

use async_nats::HeaderMap;
use bytes::Bytes;
use domain::Uuid;
use event_log::EventLog;
use harness::{let_pass, until};
use journal::conformance::{JournalUnderTest, sample, take};
use journal::nats::repair::State;
use journal::nats::{Config, ConnectError, LedgerError, NatsJournal, diagnose};
use journal::{AppendError, Filter, Journal, Position, Record};
use prost::Message as _;
use proto::record::changes_nothing;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;
use support::{Ledger, NatsServer, connect, connect_to};
use tempfile::TempDir;

struct Sandbox {
    journal: JournalUnderTest,
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

/// Appends `count` records to a new stream, one after another, and returns the last position.
async fn append_many(journal: &NatsJournal, count: usize) -> Position {
    let stream = sample::stream();
    let mut last = 0;
    for _ in 0..count {
        last = journal.append(sample::commit(Uuid::new_v4(), &[(&stream, last)])).await.unwrap();
    }
    last
}

async fn wait_committed(journal: &NatsJournal, position: Position) {
    let waited = tokio::time::timeout(Duration::from_secs(30), journal.wait_committed(position)).await;
    waited.expect("the position is committed in time").unwrap();
}

fn all_records(log: &EventLog) -> Vec<event_log::Record> {
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
                // A caller retries an append whose outcome is unknown, and finds the first result.
                let last = loop {
                    match journal.append(commit.clone()).await {
                        Ok(last) | Err(AppendError::AppendedBefore(last)) => break last,
                        Err(AppendError::Unavailable(_)) => {}
                        Err(error) => panic!("{error}"),
                    }
                };
                wait_committed(&journal, last).await;
            }
        })
    });
    let writers = tokio::spawn(futures::future::join_all(writers));
    for records in [100, 300, 500] {
        wait_committed(&journal, records).await;
        server.kill();
        until("the loss of the connection", async || journal.obstacle()).await;
        server.restart();
    }
    writers.await.unwrap().into_iter().for_each(Result::unwrap);

    let count = WRITERS * EACH;
    let all = take(&mut all, 2 * count).await;
    assert!((1..).zip(&all).all(|(position, record)| record.position == position));
    assert_eq!(take(&mut filtered, count).await.len(), count);
    assert_eq!(all_records(&ledger.log).len(), 2 * count);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_subscription_continues_after_a_long_outage_of_the_server() {
    let mut server = NatsServer::start();
    let folder = TempDir::new().unwrap();
    let journal = connect(&server, 1).await;
    let _ledger = Ledger::start(&journal, "one", folder.path());
    let mut records = journal.subscribe(0, Filter::All).await.unwrap();
    append_many(&journal, 3).await;
    assert_eq!(take(&mut records, 3).await.len(), 3);

    server.kill();
    let_pass(Duration::from_secs(6)).await;
    server.restart();
    let restarted = tokio::time::Instant::now();
    let last = append_many(&journal, 2).await;
    assert_eq!(last, 5);
    let rest = take(&mut records, 2).await;
    assert_eq!([rest[0].position, rest[1].position], [4, 5]);
    assert!(restarted.elapsed() < Duration::from_secs(5), "it took {:?}", restarted.elapsed());
}

/// The clocks of two processes differ; what one of them decides after it has taken in what the other one did is not earlier.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_process_has_taken_in_is_not_later_than_what_it_appends() {
    let server = NatsServer::start();
    let folder = TempDir::new().unwrap();
    let (fast, slow) = (connect(&server, 1).await, connect(&server, 1).await);
    let _ledger = Ledger::start(&fast, "one", folder.path());
    let at = |second, stream: &_| {
        let mut commit = sample::commit(Uuid::new_v4(), &[(stream, 0)]);
        commit.envelope.time = domain::Timestamp::from_second(second).unwrap();
        commit
    };
    fast.append(at(200, &sample::stream())).await.unwrap();
    let mut records = slow.subscribe(0, Filter::All).await.unwrap();
    take(&mut records, 1).await;
    slow.append(at(100, &sample::stream())).await.unwrap();
    let [record] = &take(&mut records, 1).await[..] else { panic!("one record") };
    assert_eq!((record.position, record.envelope.time.as_second()), (2, 200));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ledger_resumes_where_it_stopped_and_catches_up() {
    let server = NatsServer::start();
    let folder = TempDir::new().unwrap();
    let journal = connect(&server, 1).await;
    let ledger = Ledger::start(&journal, "one", folder.path());
    wait_committed(&journal, append_many(&journal, 10).await).await;
    ledger.stop().await;

    let last = append_many(&journal, 3000).await;
    assert_eq!(*journal.committed().borrow(), 10, "nothing is committed without a ledger");
    let ledger = Ledger::start(&journal, "one", folder.path());
    wait_committed(&journal, last).await;
    assert_eq!(ledger.log.head().position, 3010);
}

#[tokio::test(flavor = "multi_thread")]
async fn with_two_ledgers_needed_both_have_identical_committed_records() {
    let server = NatsServer::start();
    let folders = [TempDir::new().unwrap(), TempDir::new().unwrap()];
    let journal = connect(&server, 2).await;
    let one = Ledger::start(&journal, "one", folders[0].path());
    let last = append_many(&journal, 5).await;
    wait_committed(&connect(&server, 1).await, last).await;
    assert_eq!(*journal.committed().borrow(), 0, "one ledger is not enough");

    let two = Ledger::start(&journal, "two", folders[1].path());
    wait_committed(&journal, last).await;
    assert_eq!(all_records(&one.log), all_records(&two.log));
    assert_eq!(one.log.head(), two.log.head());
}

/// Copies a folder, preserving all attributes.
fn copy(from: &std::path::Path, to: &std::path::Path) {
    assert!(Command::new("cp").arg("-a").arg(from).arg(to).status().unwrap().success());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_lost_its_tail_is_restored_by_the_ledger() {
    let mut server = NatsServer::start();
    let folder = TempDir::new().unwrap();
    let journal = connect(&server, 1).await;
    let ledger = Ledger::start(&journal, "one", folder.path());
    wait_committed(&journal, append_many(&journal, 10).await).await;
    server.kill();
    let older = server.folder.path().join("older");
    copy(&server.store(), &older);
    server.restart();

    let [one, two] = [sample::stream(), sample::stream()];
    let both = sample::commit(Uuid::new_v4(), &[(&one, 0), (&two, 0)]);
    assert_eq!(journal.append(both).await, Ok(12));
    wait_committed(&journal, append_many(&journal, 3).await).await;
    let before = all_records(&ledger.log);
    server.kill();
    std::fs::remove_dir_all(server.store()).unwrap();
    copy(&older, &server.store());
    server.restart();

    // No new record gets the position of a committed one while the stream is truncated.
    assert_eq!(append_many(&journal, 1).await, 16);
    wait_committed(&journal, 16).await;
    assert_eq!(all_records(&ledger.log)[..15], before[..]);
    assert_eq!(journal.read(&two, 0).await.unwrap()[0].position, 12);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ledger_stops_when_stream_and_log_differ() {
    let mut server = NatsServer::start();
    let folder = TempDir::new().unwrap();
    let journal = connect(&server, 1).await;
    let ledger = Ledger::start(&journal, "one", folder.path());
    wait_committed(&journal, append_many(&journal, 5).await).await;
    server.kill();
    let older = server.folder.path().join("older");
    copy(&server.store(), &older);
    server.restart();
    wait_committed(&journal, append_many(&journal, 5).await).await;
    ledger.stop().await;
    server.kill();
    std::fs::remove_dir_all(server.store()).unwrap();
    copy(&older, &server.store());
    server.restart();

    // A process without a confirmation by a ledger appends nothing, but a foreign client may.
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

/// Publishes to the subject of a stream, as somebody who is not the journal; returns the position.
async fn publish(server: &NatsServer, subject: String, headers: HeaderMap, payload: Bytes) -> Position {
    let stranger = async_nats::connect(server.url()).await.unwrap();
    let context = async_nats::jetstream::new(stranger);
    let published = context.publish_with_headers(subject, headers, payload).await.unwrap();
    published.await.unwrap().sequence
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_record_is_passed_over_by_all_ledgers_and_readers_alike() {
    let server = NatsServer::start();
    let folders = [TempDir::new().unwrap(), TempDir::new().unwrap()];
    let journal = connect(&server, 2).await;
    let one = Ledger::start(&journal, "one", folders[0].path());
    let two = Ledger::start(&connect(&server, 2).await, "two", folders[1].path());
    let stream = sample::stream();
    let commit = sample::commit(Uuid::new_v4(), &[(&stream, 0)]);
    assert_eq!(journal.append(commit.clone()).await, Ok(1));

    let subject = format!("huishang.main.{stream}");
    let context = async_nats::jetstream::new(async_nats::connect(server.url()).await.unwrap());
    let original = context.get_stream("huishang-main").await.unwrap().get_raw_message(1).await.unwrap();
    let mut headers = original.headers.clone();
    headers.insert("Nats-Expected-Last-Subject-Sequence", "1");
    let junk = Bytes::from_static(&[7; 100]);
    let nowhere = "huishang.main.a.b.c".to_owned();
    assert_eq!(publish(&server, subject.clone(), HeaderMap::new(), junk.clone()).await, 2);
    assert_eq!(publish(&server, nowhere, HeaderMap::new(), junk).await, 3);
    assert_eq!(publish(&server, subject.clone(), HeaderMap::new(), original.payload.clone()).await, 4);
    headers.insert("Nats-Expected-Last-Subject-Sequence", "4");
    assert_eq!(publish(&server, subject, headers, original.payload).await, 5);

    // The stream goes on, and its command is there once.
    let read = journal.read(&stream, 0).await.unwrap();
    let effective = |record: &&Record| !record.events.iter().all(changes_nothing);
    assert_eq!(read.iter().map(|record| record.position).collect::<Vec<_>>(), [1, 2, 4, 5]);
    assert_eq!(read.iter().filter(effective).count(), 1);
    let repeated = journal.append(commit).await;
    assert_eq!(repeated, Err(AppendError::AppendedBefore(1)), "a repeat has its first answer");
    let next = sample::commit(Uuid::new_v4(), &[(&stream, 5)]);
    assert_eq!(journal.append(next).await, Ok(6));
    wait_committed(&journal, 6).await;
    let mut all = journal.subscribe(0, Filter::All).await.unwrap();
    let all = take(&mut all, 6).await;
    let positions: Vec<_> = all.iter().filter(effective).map(|record| record.position).collect();
    assert_eq!(positions, [1, 6]);
    let before = all_records(&one.log);
    assert_eq!(before, all_records(&two.log));
    assert!(before.is_sorted_by_key(|record| record.time_micros));
    assert_eq!(before[2].types, ["huishang.log.v1.MessagePassedOver"]);

    // A stream that is restored from a log has the same records.
    one.stop().await;
    two.stop().await;
    context.delete_stream("huishang-main").await.unwrap();
    assert_eq!(recovery::repair(&server, folders[0].path(), false).await.unwrap(), State::Truncated);
    recovery::check_continues(&server, folders[0].path(), &before).await;
}

/// Publishes the message at a position again, as a ledger would that restores it at the stream's end.
async fn publish_again(server: &NatsServer, position: Position) -> Position {
    let context = async_nats::jetstream::new(async_nats::connect(server.url()).await.unwrap());
    let realm = context.get_stream("huishang-main").await.unwrap();
    let original = realm.get_raw_message(position).await.unwrap();
    let end = realm.get_info().await.unwrap().state.last_sequence;
    let mut headers = HeaderMap::new();
    headers.insert("Huishang-Salt", original.headers.get("Huishang-Salt").unwrap().clone());
    headers.insert("Nats-Expected-Last-Sequence", end.to_string());
    publish(server, original.subject.to_string(), headers, original.payload).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_part_of_a_commit_without_the_rest_is_passed_over_by_all_ledgers_and_readers_alike() {
    let server = NatsServer::start();
    let folders = [TempDir::new().unwrap(), TempDir::new().unwrap()];
    let journal = connect(&server, 2).await;
    let one = Ledger::start(&journal, "one", folders[0].path());
    let two = Ledger::start(&connect(&server, 2).await, "two", folders[1].path());
    let (left, right) = (sample::stream(), sample::stream());
    let commit = sample::commit(Uuid::new_v4(), &[(&left, 0), (&right, 0)]);
    assert_eq!(journal.append(commit.clone()).await, Ok(2));

    // Given the second part alone, the first part with something else after it, and the first part at the end
    assert_eq!(publish_again(&server, 2).await, 3);
    assert_eq!(publish_again(&server, 1).await, 4);
    let other = sample::stream();
    assert_eq!(journal.append(sample::commit(Uuid::new_v4(), &[(&other, 0)])).await, Ok(5));
    assert_eq!(publish_again(&server, 1).await, 6);

    // Then the streams into which they were published take commits, and nothing that was published has an effect.
    let effective = |record: &&Record| !record.events.iter().all(changes_nothing);
    let read = journal.read(&left, 0).await.unwrap();
    assert_eq!(read.iter().map(|record| record.position).collect::<Vec<_>>(), [1, 4, 6]);
    assert_eq!(read.iter().filter(effective).count(), 1);
    let repeated = journal.append(commit).await;
    assert_eq!(repeated, Err(AppendError::AppendedBefore(2)), "a repeat has its first answer");
    let next = sample::commit(Uuid::new_v4(), &[(&left, 6), (&right, 3)]);
    let last = journal.append(next).await.unwrap();
    wait_committed(&journal, last).await;
    let mut all = journal.subscribe(0, Filter::All).await.unwrap();
    let all = take(&mut all, last as usize).await;
    let positions: Vec<_> = all.iter().filter(effective).map(|record| record.position).collect();
    assert_eq!(positions, [1, 2, 5, last - 1, last]);
    let mut of_category =
        journal.subscribe(0, Filter::Categories(vec![left.category.clone()])).await.unwrap();
    let of_category = take(&mut of_category, 8).await;
    let positions: Vec<_> = of_category.iter().filter(effective).map(|record| record.position).collect();
    assert_eq!(positions, [1, 2, 5, last - 1, last], "readers of one category see the same");
    let before = all_records(&one.log);
    assert_eq!(before, all_records(&two.log));
    for position in [3, 4, 6] {
        assert_eq!(before[position - 1].types, ["huishang.log.v1.MessagePassedOver"]);
    }

    // A ledger that starts again agrees with the stream, and so does one that has nothing yet.
    one.stop().await;
    two.stop().await;
    let third = TempDir::new().unwrap();
    let journal = connect(&server, 2).await;
    let _one = Ledger::start(&journal, "one", folders[0].path());
    let three = Ledger::start(&connect(&server, 2).await, "three", third.path());
    let after = journal.append(sample::commit(Uuid::new_v4(), &[(&other, 5)])).await.unwrap();
    wait_committed(&journal, after).await;
    assert_eq!(all_records(&three.log)[..last as usize], before);
}

#[tokio::test(flavor = "multi_thread")]
async fn records_that_no_log_takes_are_passed_over() {
    let server = NatsServer::start();
    let folder = TempDir::new().unwrap();
    let journal = connect(&server, 1).await;
    let ledger = Ledger::start(&journal, "one", folder.path());
    let stream = sample::stream();
    assert_eq!(journal.append(sample::commit(Uuid::new_v4(), &[(&stream, 0)])).await, Ok(1));
    let context = async_nats::jetstream::new(async_nats::connect(server.url()).await.unwrap());
    let original = context.get_stream("huishang-main").await.unwrap().get_raw_message(1).await.unwrap();
    let payload = proto::log::v1::Payload::decode(original.payload.as_ref()).unwrap();
    let event = payload.events[0].clone();
    let large = prost_types::Any { value: vec![7; 100 * 1024], ..event.clone() };
    let named =
        prost_types::Any { type_url: format!("type.googleapis.com/{}", "x".repeat(300)), ..event.clone() };
    for (events, position) in [(vec![large], 2), (vec![event; 300], 3), (vec![named], 4), (vec![], 5)] {
        let forged = proto::log::v1::Payload { events, ..payload.clone() };
        let mut headers = HeaderMap::new();
        headers.insert("Huishang-Salt", original.headers.get("Huishang-Salt").unwrap().clone());
        headers.insert("Nats-Expected-Last-Sequence", (position - 1).to_string());
        let published =
            publish(&server, original.subject.to_string(), headers, forged.encode_to_vec().into());
        assert_eq!(published.await, position);
    }
    let last = journal.append(sample::commit(Uuid::new_v4(), &[(&stream, 5)])).await.unwrap();
    wait_committed(&journal, last).await;
    let types: Vec<_> = all_records(&ledger.log).into_iter().flat_map(|record| record.types).collect();
    assert_eq!(
        types.iter().filter(|name| *name == "huishang.log.v1.MessagePassedOver").count(),
        4,
        "{types:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn invalid_configurations_and_unreachable_servers_are_reported() {
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
        _ => panic!("there is no server"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_could_lose_records_is_refused_and_a_diagnosis_says_so_without_changing_anything() {
    let server = NatsServer::start();
    let config = Config::new(server.url());
    let seen = diagnose(&config).await.unwrap();
    assert!(!seen.has_stream && seen.denied.is_empty() && seen.stream_fault.is_none(), "{seen:?}");
    // Had the diagnosis created the stream, this would fail.
    let jetstream = async_nats::jetstream::new(async_nats::connect(server.url()).await.unwrap());
    let forgetful = async_nats::jetstream::stream::Config {
        name: "huishang-main".into(),
        subjects: vec!["huishang.main.*.*.*".into()],
        max_age: Duration::from_secs(3600),
        ..Default::default()
    };
    jetstream.create_stream(forgetful).await.unwrap();
    let seen = diagnose(&config).await.unwrap();
    assert!(seen.clock_ahead_seconds.is_some_and(|seconds| seconds.abs() <= 5), "{seen:?}");
    let fault = seen.stream_fault.expect("a fault");
    assert!(fault.contains("huishang-main") && fault.contains("3600s"), "{fault}");
    let refused = NatsJournal::connect(config).await.err().expect("it is refused");
    assert_eq!(refused.to_string(), fault);
}

/// Whether all servers of a cluster have the whole of a stream.
async fn is_whole(url: &str, stream: &str) -> bool {
    let addresses: Vec<&str> = url.split(',').collect();
    let Ok(client) = async_nats::connect(addresses).await else { return false };
    let Ok(stream) = async_nats::jetstream::new(client).get_stream(stream).await else { return false };
    let Some(cluster) = &stream.cached_info().cluster else { return false };
    cluster.leader.is_some()
        && cluster.replicas.len() == 2
        && cluster.replicas.iter().all(|peer| peer.current && !peer.offline)
}

/// Three replicas behave differently from one: other error codes, other duplicates, reads by any replica.
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
        a_wrong_expected_position_is_a_conflict,
        a_conflict_in_one_write_appends_none,
        a_repeated_append_finds_the_first_result,
        one_of_many_concurrent_writers_wins_each_position,
        a_subscription_returns_the_records_of_concurrent_writers,
        a_filtered_subscription_returns_only_matching_records
    );

    let journal = connect_to(Config { realm: "killed".into(), replicas: 3, ..Config::new(&url) }).await;
    let folder = TempDir::new().unwrap();
    let _ledger = Ledger::start(&journal, "one", folder.path());
    wait_committed(&journal, append_many(&journal, 5).await).await;
    for server in &mut servers {
        server.kill();
        wait_committed(&journal, append_many(&journal, 5).await).await;
        server.restart();
        until("a whole cluster", async || is_whole(&url, "huishang-killed").await.then_some(())).await;
    }
    let mut records = journal.subscribe(0, Filter::All).await.unwrap();
    assert_eq!(take(&mut records, 20).await.len(), 20);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_with_a_password_in_the_address_connects_and_another_is_refused_without_naming_it() {
    let server = NatsServer::with(vec!["--user=joint".into(), "--pass=p@ss,word".into()]);
    let address = |login: &str| server.url().replace("nats://", &format!("nats://{login}@"));
    let folder = TempDir::new().unwrap();
    let journal = connect_to(Config::new(address("joint:p%40ss%2Cword"))).await;
    let _ledger = Ledger::start(&journal, "one", folder.path());
    wait_committed(&journal, append_many(&journal, 1).await).await;

    let config = Config::new(address("joint:wr,ong"));
    assert!(!format!("{config:?}").contains("ong"), "{config:?}");
    let refused = NatsJournal::connect(config).await.err().unwrap().to_string();
    assert!(!refused.contains("joint") && !refused.contains("ong"), "{refused}");
}
