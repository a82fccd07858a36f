//! Ledgers and JetStream restore each other, or stop: tests against a real server whose files are deleted,
//! replaced by older ones, or modified by others.

use crate::support::{Ledger, NatsServer, connect};
use crate::{all_records, append_many, copy, wait_committed};
use domain::Uuid;
use event_log::{EventLog, Options, OrderedRecord};
use journal::conformance::sample;
use journal::nats::repair::{Repair, RepairError, State};
use journal::nats::{Config, LedgerError, NatsJournal};
use journal::{AppendError, Commit, Journal, Position};
use std::path::Path;
use std::time::Duration;
use tempfile::TempDir;

fn one_record() -> Commit {
    sample::commit(Uuid::new_v4(), &[(&sample::stream(), 0)])
}

fn open(folder: &Path) -> EventLog {
    EventLog::open(Options::new(folder)).unwrap().0
}

/// Deletes JetStream's files while the server is down, or replaces them with a copy.
fn replace_store(server: &NatsServer, by: Option<&Path>) {
    std::fs::remove_dir_all(server.store()).unwrap();
    if let Some(older) = by {
        copy(older, &server.store());
    }
}

/// Writes invalid messages to the stream.
async fn scribble(server: &NatsServer, count: usize) {
    connect(server, 1).await;
    let stranger = async_nats::connect(server.url()).await.unwrap();
    for _ in 0..count {
        let subject = format!("huishang.main.{}", sample::stream());
        stranger.request(subject, "scribble".into()).await.unwrap();
    }
}

/// Returns a server, the folder of a stopped ledger with `count` records, and the records.
async fn stopped_ledger(count: usize) -> (NatsServer, TempDir, Vec<event_log::Record>) {
    let server = NatsServer::start();
    let folder = TempDir::new().unwrap();
    let journal = connect(&server, 1).await;
    let ledger = Ledger::start(&journal, "one", folder.path());
    wait_committed(&journal, append_many(&journal, count).await).await;
    let records = all_records(&ledger.log);
    ledger.stop().await;
    (server, folder, records)
}

/// Repairs the stream like the command does, and returns the state found.
pub async fn repair(server: &NatsServer, folder: &Path, replace: bool) -> Result<State, RepairError> {
    let log = open(folder);
    let repair = Repair::connect(Config::new(server.url()), log.clone()).await?;
    let findings = repair.examine(|_| {}).await?;
    match findings.state {
        State::Complete => {}
        State::Recreated => repair.adopt(&findings).await?,
        State::Truncated => repair.restore_tail(&findings, |_| {}).await?,
        State::Diverged if replace => repair.replace_stream(&findings, |_| {}).await?,
        State::Diverged => {}
    }
    assert_eq!(log.head().position, findings.head);
    log.close().await;
    Ok(findings.state)
}

/// Checks that, after a repair, a service can append, and the ledger has the earlier records and the new one.
pub async fn check_continues(server: &NatsServer, folder: &Path, before: &[event_log::Record]) {
    let journal = connect(server, 1).await;
    let ledger = Ledger::start(&journal, "one", folder);
    let next = journal.append(one_record()).await.unwrap();
    assert_eq!(next, before.len() as u64 + 1);
    wait_committed(&journal, next).await;
    assert_eq!(all_records(&ledger.log)[..before.len()], *before);
    ledger.stop().await;
    let fresh = TempDir::new().unwrap();
    let rebuilt = Ledger::start(&journal, "rebuilt", fresh.path());
    wait_committed(&journal, journal.append(one_record()).await.unwrap()).await;
    assert_eq!(
        all_records(&rebuilt.log)[..before.len()],
        *before,
        "the stream has exactly the log's records"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_appended_to_a_wiped_stream_whoever_starts_first() {
    for service_first in [true, false] {
        let (mut server, folder, before) = stopped_ledger(20).await;
        server.kill();
        replace_store(&server, None);
        server.restart();

        let journal = connect(&server, 1).await;
        let waiting =
            async { tokio::time::timeout(Duration::from_secs(1), journal.append(one_record())).await };
        if service_first {
            assert!(waiting.await.is_err(), "no ledger has confirmed the stream");
        }
        let fault = Ledger::start(&journal, "one", folder.path()).fault().await;
        assert!(matches!(fault, LedgerError::StreamReplaced { .. }), "{fault}");
        if service_first {
            assert!(matches!(journal.append(one_record()).await, Err(AppendError::Unavailable(_))));
        }
        assert_eq!(*journal.committed().borrow(), 0);

        assert_eq!(repair(&server, folder.path(), false).await.unwrap(), State::Truncated);
        assert_eq!(repair(&server, folder.path(), false).await.unwrap(), State::Complete);
        check_continues(&server, folder.path(), &before).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_continues_with_the_repaired_stream_without_a_restart() {
    let mut server = NatsServer::start();
    let folder = TempDir::new().unwrap();
    let (service, journal) = (connect(&server, 1).await, connect(&server, 1).await);
    let ledger = Ledger::start(&journal, "one", folder.path());
    wait_committed(&service, append_many(&service, 20).await).await;
    server.kill();
    replace_store(&server, None);
    server.restart();
    // The first process to connect recreates the stream.
    connect(&server, 1).await;
    let fault = ledger.fault().await;
    assert!(matches!(fault, LedgerError::StreamReplaced { .. }), "{fault}");

    assert_eq!(repair(&server, folder.path(), false).await.unwrap(), State::Truncated);
    let journal = connect(&server, 1).await;
    let _ledger = Ledger::start(&journal, "one", folder.path());
    let next = service.append(one_record()).await.unwrap();
    assert_eq!(next, 21);
    wait_committed(&service, next).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_diverged_stream_is_replaced_only_on_request() {
    let (mut server, folder, _) = stopped_ledger(5).await;
    server.kill();
    let older = server.folder.path().join("older");
    copy(&server.store(), &older);
    server.restart();
    let journal = connect(&server, 1).await;
    let ledger = Ledger::start(&journal, "one", folder.path());
    wait_committed(&journal, append_many(&journal, 1500).await).await;
    let before = all_records(&ledger.log);
    ledger.stop().await;
    server.kill();
    replace_store(&server, Some(&older));
    server.restart();
    scribble(&server, 7).await;

    assert_eq!(repair(&server, folder.path(), false).await.unwrap(), State::Diverged);
    let log = open(folder.path());
    let found = Repair::connect(Config::new(server.url()), log.clone()).await.unwrap();
    let findings = found.examine(|_| {}).await.unwrap();
    assert_eq!((findings.equal_up_to, findings.end, findings.head), (5, 12, 1505));
    let foreign: Vec<_> = findings.foreign.iter().map(|foreign| foreign.position).collect();
    assert_eq!(foreign, [6, 7, 8, 9, 10, 11, 12]);
    assert_eq!(findings.foreign[0].payload, b"scribble");
    log.close().await;

    assert_eq!(repair(&server, folder.path(), true).await.unwrap(), State::Diverged);
    assert_eq!(repair(&server, folder.path(), false).await.unwrap(), State::Complete);
    check_continues(&server, folder.path(), &before).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interrupted_repair_resumes_where_it_stopped() {
    let (mut server, folder, before) = stopped_ledger(1500).await;
    server.kill();
    replace_store(&server, None);
    server.restart();
    let log = open(folder.path());
    let repairing = Repair::connect(Config::new(server.url()), log.clone()).await.unwrap();
    let findings = repairing.examine(|_| {}).await.unwrap();
    {
        // It is dropped in the middle, with messages in flight.
        let (sender, mut reached) = tokio::sync::watch::channel(0);
        let restoring = repairing.restore_tail(&findings, |position| {
            sender.send_replace(position);
        });
        tokio::select! {
            done = restoring => panic!("it should have been interrupted: {done:?}"),
            _ = reached.wait_for(|position| *position > 500) => {}
        }
    }
    log.close().await;

    // Until it is finished, no process accepts the partial stream.
    let waiting =
        tokio::time::timeout(Duration::from_secs(2), NatsJournal::connect(Config::new(server.url())));
    assert!(waiting.await.is_err());
    assert_eq!(repair(&server, folder.path(), false).await.unwrap(), State::Truncated);
    check_continues(&server, folder.path(), &before).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_is_not_repaired_under_a_running_ledger() {
    let (server, folder, _) = stopped_ledger(3).await;
    let journal = connect(&server, 1).await;
    let other = TempDir::new().unwrap();
    let _ledger = Ledger::start(&journal, "two", other.path());
    wait_committed(&journal, append_many(&journal, 1).await).await;
    let log = open(folder.path());
    let found = Repair::connect(Config::new(server.url()), log).await.unwrap();
    let findings = found.examine(|_| {}).await.unwrap();
    assert!(matches!(found.replace_stream(&findings, |_| {}).await, Err(RepairError::LedgerRunning(_))));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_ordered_record_is_detected_when_another_gets_its_position() {
    let mut server = NatsServer::start();
    let folder = TempDir::new().unwrap();
    let (service, journal) = (connect(&server, 1).await, connect(&server, 1).await);
    let ledger = Ledger::start(&journal, "one", folder.path());
    wait_committed(&service, append_many(&service, 5).await).await;
    ledger.stop().await;
    server.kill();
    let older = server.folder.path().join("older");
    copy(&server.store(), &older);
    server.restart();
    let ledger = Ledger::start(&journal, "one", folder.path());
    wait_committed(&service, append_many(&service, 1).await).await;
    ledger.stop().await;

    let (commit, epoch) = (one_record(), service.epoch());
    assert_eq!(service.append(commit.clone()).await, Ok(7));
    server.kill();
    replace_store(&server, Some(&older));
    server.restart();
    let journal = connect(&server, 1).await;
    let _ledger = Ledger::start(&journal, "one", folder.path());
    assert_eq!(journal.append(one_record()).await, Ok(7), "the position was free again");
    wait_committed(&service, 7).await;
    assert_ne!(service.epoch(), epoch, "waiters for position 7 learn that another record may be there");
    assert_eq!(service.append(commit).await, Ok(8));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_ledger_is_rebuilt_from_the_stream_and_counts_once_caught_up() {
    let (server, folder, before) = stopped_ledger(2500).await;
    let journal = connect(&server, 2).await;
    let _one = Ledger::start(&journal, "one", folder.path());
    let last = journal.append(one_record()).await.unwrap();
    wait_committed(&connect(&server, 1).await, last).await;
    assert_eq!(*journal.committed().borrow(), 0, "one of two is not enough");
    let empty = TempDir::new().unwrap();
    let two = Ledger::start(&journal, "two", empty.path());
    wait_committed(&journal, last).await;
    assert_eq!(two.log.head().position, last, "it is committed once the second ledger has it");
    assert_eq!(all_records(&two.log)[..2500], before);
}

/// Creates a log with the same records, except for another salt in one of them.
async fn altered(records: &[event_log::Record], at: Position, folder: &Path) {
    let log = open(folder);
    let ordered = records.iter().map(|record| OrderedRecord {
        salt: if record.position == at { [0; 16] } else { record.salt },
        ..OrderedRecord::from(record)
    });
    log.append_ordered(ordered.collect()).await.unwrap();
    log.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_differing_ledgers_raise_an_alarm_and_commit_nothing_more() {
    let (server, folder, before) = stopped_ledger(10).await;
    let other = TempDir::new().unwrap();
    altered(&before, 4, other.path()).await;
    let (one, two, service) =
        (connect(&server, 1).await, connect(&server, 1).await, connect(&server, 2).await);
    let first = Ledger::start(&one, "one", folder.path());
    let second = Ledger::start(&two, "two", other.path());
    let last = service.append(one_record()).await;
    for (ledger, name) in [(first, "one"), (second, "two")] {
        let fault = ledger.fault().await;
        assert!(matches!(fault, LedgerError::Disputed { .. }), "{fault}");
        let message = fault.to_string();
        assert!(
            message.contains("one (") && message.contains("two (") && message.contains("position 1"),
            "{name}: {message}"
        );
    }
    assert!(*service.committed().borrow() <= 11, "{last:?}");
    // The alarm persists over a restart, until an operator removes it.
    let fault = Ledger::start(&one, "one", folder.path()).fault().await;
    assert!(matches!(fault, LedgerError::Disputed { .. }), "{fault}");
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_truncated_by_the_broker_at_a_flipped_bit_are_restored_from_the_log() {
    let mut server = NatsServer::start();
    let folder = TempDir::new().unwrap();
    let journal = connect(&server, 1).await;
    let ledger = Ledger::start(&journal, "one", folder.path());
    let stream = sample::stream();
    let (mut last, mut commits) = (0, Vec::new());
    for _ in 0..12 {
        let commit = sample::commit(Uuid::new_v4(), &[(&stream, last)]);
        commits.push(commit.envelope.command_id);
        last = journal.append(commit).await.unwrap();
    }
    wait_committed(&journal, 12).await;
    let before = all_records(&ledger.log);
    ledger.stop().await;
    server.kill();
    flip_a_bit_of(&server, &commits[4]);
    server.restart();

    // The server silently truncates its stream there, and would assign the positions again.
    let journal = connect(&server, 1).await;
    let ledger = Ledger::start(&journal, "one", folder.path());
    let read = journal.read(&stream, 0).await.unwrap();
    let found: Vec<_> = read.iter().map(|record| record.envelope.command_id).collect();
    assert_eq!(found, commits);
    ledger.stop().await;
    check_continues(&server, folder.path(), &before).await;
}

/// Flips a bit in the event of a commit.
fn flip_a_bit_of(server: &NatsServer, commit: &Uuid) {
    let block = server.store().join("jetstream/$G/streams/huishang-main/msgs/1.blk");
    let mut bytes = std::fs::read(&block).unwrap();
    let at = bytes.windows(16).position(|window| window == commit.as_bytes()).unwrap();
    bytes[at] ^= 1;
    std::fs::write(&block, bytes).unwrap();
}
