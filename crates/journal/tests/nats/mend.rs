//! Ledgers and JetStream mend each other, or stop: against a real server whose files are taken away,
//! replaced by older ones, or written by somebody else.

use crate::support::{Ledger, NatsServer, connect};
use crate::{append_many, committed, copy, everything};
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

/// Replaces JetStream's files while the server is down; by nothing, or by a copy.
fn replace_store(server: &NatsServer, by: Option<&Path>) {
    std::fs::remove_dir_all(server.store()).unwrap();
    if let Some(older) = by {
        copy(older, &server.store());
    }
}

/// Writes into the stream as no process of ours would.
async fn scribble(server: &NatsServer, count: usize) {
    connect(server, 1).await;
    let stranger = async_nats::connect(server.url()).await.unwrap();
    for _ in 0..count {
        let subject = format!("huishang.main.{}", sample::stream());
        stranger.request(subject, "scribble".into()).await.unwrap();
    }
}

/// A server, a ledger that was stopped with so many records, and what these are.
async fn stopped_ledger(count: usize) -> (NatsServer, TempDir, Vec<event_log::Record>) {
    let server = NatsServer::start();
    let folder = TempDir::new().unwrap();
    let journal = connect(&server, 1).await;
    let ledger = Ledger::start(&journal, "one", folder.path());
    committed(&journal, append_many(&journal, count).await).await;
    let records = everything(&ledger.log);
    ledger.stop().await;
    (server, folder, records)
}

/// Repairs as the command does; answers with what was found.
async fn repair(server: &NatsServer, folder: &Path, replace: bool) -> Result<State, RepairError> {
    let log = open(folder);
    let repair = Repair::connect(Config::new(server.url()), log.clone()).await?;
    let findings = repair.examine(|_| {}).await?;
    match findings.state {
        State::Whole => {}
        State::OtherStream => repair.adopt(&findings).await?,
        State::Short => repair.put_back(&findings, |_| {}).await?,
        State::Different if replace => repair.replace(&findings, |_| {}).await?,
        State::Different => {}
    }
    assert_eq!(log.head().position, findings.head);
    log.close().await;
    Ok(findings.state)
}

/// After a repair a service appends, and the ledger has the same records as before and the new one.
async fn goes_on(server: &NatsServer, folder: &Path, before: &[event_log::Record]) {
    let journal = connect(server, 1).await;
    let ledger = Ledger::start(&journal, "one", folder);
    let next = journal.append(one_record()).await.unwrap();
    assert_eq!(next, before.len() as u64 + 1);
    committed(&journal, next).await;
    assert_eq!(everything(&ledger.log)[..before.len()], *before);
    ledger.stop().await;
    let fresh = TempDir::new().unwrap();
    let rebuilt = Ledger::start(&journal, "rebuilt", fresh.path());
    committed(&journal, journal.append(one_record()).await.unwrap()).await;
    assert_eq!(everything(&rebuilt.log)[..before.len()], *before, "the stream has every byte of the log");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_appended_to_a_wiped_stream_whoever_comes_first() {
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
        assert!(matches!(fault, LedgerError::Replaced { .. }), "{fault}");
        if service_first {
            assert!(matches!(journal.append(one_record()).await, Err(AppendError::Unavailable(_))));
        }
        assert_eq!(*journal.committed().borrow(), 0);

        assert_eq!(repair(&server, folder.path(), false).await.unwrap(), State::Short);
        assert_eq!(repair(&server, folder.path(), false).await.unwrap(), State::Whole);
        goes_on(&server, folder.path(), &before).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_goes_on_with_the_repaired_stream_without_a_restart() {
    let mut server = NatsServer::start();
    let folder = TempDir::new().unwrap();
    let (service, journal) = (connect(&server, 1).await, connect(&server, 1).await);
    let ledger = Ledger::start(&journal, "one", folder.path());
    committed(&service, append_many(&service, 20).await).await;
    server.kill();
    replace_store(&server, None);
    server.restart();
    // Whoever starts first makes the stream anew.
    connect(&server, 1).await;
    let fault = ledger.fault().await;
    assert!(matches!(fault, LedgerError::Replaced { .. }), "{fault}");

    assert_eq!(repair(&server, folder.path(), false).await.unwrap(), State::Short);
    let journal = connect(&server, 1).await;
    let _ledger = Ledger::start(&journal, "one", folder.path());
    let next = service.append(one_record()).await.unwrap();
    assert_eq!(next, 21);
    committed(&service, next).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_holds_something_else_is_replaced_only_when_told_to() {
    let (mut server, folder, _) = stopped_ledger(5).await;
    server.kill();
    let older = server.folder.path().join("older");
    copy(&server.store(), &older);
    server.restart();
    let journal = connect(&server, 1).await;
    let ledger = Ledger::start(&journal, "one", folder.path());
    committed(&journal, append_many(&journal, 1500).await).await;
    let before = everything(&ledger.log);
    ledger.stop().await;
    server.kill();
    replace_store(&server, Some(&older));
    server.restart();
    scribble(&server, 7).await;

    assert_eq!(repair(&server, folder.path(), false).await.unwrap(), State::Different);
    let log = open(folder.path());
    let found = Repair::connect(Config::new(server.url()), log.clone()).await.unwrap();
    let findings = found.examine(|_| {}).await.unwrap();
    assert_eq!((findings.same_up_to, findings.end, findings.head), (5, 12, 1505));
    let foreign: Vec<_> = findings.foreign.iter().map(|foreign| foreign.position).collect();
    assert_eq!(foreign, [6, 7, 8, 9, 10, 11, 12]);
    assert_eq!(findings.foreign[0].payload, b"scribble");
    log.close().await;

    assert_eq!(repair(&server, folder.path(), true).await.unwrap(), State::Different);
    assert_eq!(repair(&server, folder.path(), false).await.unwrap(), State::Whole);
    goes_on(&server, folder.path(), &before).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interrupted_repair_goes_on_where_it_stopped() {
    let (mut server, folder, before) = stopped_ledger(1500).await;
    server.kill();
    replace_store(&server, None);
    server.restart();
    let log = open(folder.path());
    let begun = Repair::connect(Config::new(server.url()), log.clone()).await.unwrap();
    let findings = begun.examine(|_| {}).await.unwrap();
    {
        // It is given up in the middle, with messages on their way.
        let (told, mut reached) = tokio::sync::watch::channel(0);
        let putting = begun.put_back(&findings, |position| {
            told.send_replace(position);
        });
        tokio::select! {
            done = putting => panic!("it was to be interrupted: {done:?}"),
            _ = reached.wait_for(|position| *position > 500) => {}
        }
    }
    log.close().await;

    // Until it is done, nobody takes the half stream for the whole.
    let waiting =
        tokio::time::timeout(Duration::from_secs(2), NatsJournal::connect(Config::new(server.url())));
    assert!(waiting.await.is_err());
    assert_eq!(repair(&server, folder.path(), false).await.unwrap(), State::Short);
    goes_on(&server, folder.path(), &before).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_is_not_repaired_under_a_running_ledger() {
    let (server, folder, _) = stopped_ledger(3).await;
    let journal = connect(&server, 1).await;
    let other = TempDir::new().unwrap();
    let _ledger = Ledger::start(&journal, "two", other.path());
    committed(&journal, append_many(&journal, 1).await).await;
    let log = open(folder.path());
    let found = Repair::connect(Config::new(server.url()), log).await.unwrap();
    let findings = found.examine(|_| {}).await.unwrap();
    assert!(matches!(found.replace(&findings, |_| {}).await, Err(RepairError::LedgerRuns(_))));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_only_ordered_and_lost_is_not_confirmed_when_another_takes_its_place() {
    let mut server = NatsServer::start();
    let folder = TempDir::new().unwrap();
    let (service, journal) = (connect(&server, 1).await, connect(&server, 1).await);
    let ledger = Ledger::start(&journal, "one", folder.path());
    committed(&service, append_many(&service, 5).await).await;
    ledger.stop().await;
    server.kill();
    let older = server.folder.path().join("older");
    copy(&server.store(), &older);
    server.restart();
    let ledger = Ledger::start(&journal, "one", folder.path());
    committed(&service, append_many(&service, 1).await).await;
    ledger.stop().await;

    let (commit, tenure) = (one_record(), service.tenure());
    assert_eq!(service.append(commit.clone()).await, Ok(7));
    server.kill();
    replace_store(&server, Some(&older));
    server.restart();
    let journal = connect(&server, 1).await;
    let _ledger = Ledger::start(&journal, "one", folder.path());
    assert_eq!(journal.append(one_record()).await, Ok(7), "the place was free again");
    committed(&service, 7).await;
    assert_ne!(service.tenure(), tenure, "who waits for 7 learns that it may be another's");
    assert_eq!(service.append(commit).await, Ok(8));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_ledger_is_rebuilt_from_the_stream_and_counts_once_it_has_caught_up() {
    let (server, folder, before) = stopped_ledger(2500).await;
    let journal = connect(&server, 2).await;
    let _one = Ledger::start(&journal, "one", folder.path());
    let last = journal.append(one_record()).await.unwrap();
    tokio::time::sleep(Duration::from_millis(700)).await;
    assert_eq!(*journal.committed().borrow(), 0, "one of two is not enough");
    let empty = TempDir::new().unwrap();
    let two = Ledger::start(&journal, "two", empty.path());
    committed(&journal, last).await;
    assert_eq!(two.log.head().position, last, "it is committed when the second has it");
    assert_eq!(everything(&two.log)[..2500], before);
}

/// A log like another one, but with another salt in one record.
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
async fn two_ledgers_that_differ_raise_an_alarm_and_commit_nothing_more() {
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
        let said = fault.to_string();
        assert!(
            said.contains("one (") && said.contains("two (") && said.contains("position 1"),
            "{name}: {said}"
        );
    }
    assert!(*service.committed().borrow() <= 11, "{last:?}");
    // Started again, it remembers until somebody has looked.
    let fault = Ledger::start(&one, "one", folder.path()).fault().await;
    assert!(matches!(fault, LedgerError::Disputed { .. }), "{fault}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_broker_cuts_off_at_a_flipped_bit_comes_back_from_the_log() {
    let mut server = NatsServer::start();
    let folder = TempDir::new().unwrap();
    let journal = connect(&server, 1).await;
    let ledger = Ledger::start(&journal, "one", folder.path());
    let stream = sample::stream();
    let (mut last, mut commits) = (0, Vec::new());
    for _ in 0..12 {
        let commit = sample::commit(Uuid::new_v4(), &[(&stream, last)]);
        commits.push(commit.envelope.commit_id);
        last = journal.append(commit).await.unwrap();
    }
    committed(&journal, 12).await;
    let before = everything(&ledger.log);
    ledger.stop().await;
    server.kill();
    flip_a_bit_of(&server, &commits[4]);
    server.restart();

    // The server cuts its stream there, without a word, and would give the positions away again.
    let journal = connect(&server, 1).await;
    let ledger = Ledger::start(&journal, "one", folder.path());
    let read = journal.read(&stream, 0).await.unwrap();
    let found: Vec<_> = read.iter().map(|record| record.envelope.commit_id).collect();
    assert_eq!(found, commits);
    ledger.stop().await;
    goes_on(&server, folder.path(), &before).await;
}

/// Flips a bit of the bytes that hold a commit's event.
fn flip_a_bit_of(server: &NatsServer, commit: &Uuid) {
    let block = server.store().join("jetstream/$G/streams/huishang-main/msgs/1.blk");
    let mut bytes = std::fs::read(&block).unwrap();
    let at = bytes.windows(16).position(|window| window == commit.as_bytes()).unwrap();
    bytes[at] ^= 1;
    std::fs::write(&block, bytes).unwrap();
}
