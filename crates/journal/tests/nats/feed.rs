//! Records that ledgers send: who takes them, what is fetched all the same, and who is not believed.

use crate::support::{Ledger, NatsServer, connect};
use crate::{append_many, wait_committed};
use bytes::Bytes;
use domain::Uuid;
use futures::{FutureExt as _, StreamExt as _};
use harness::until;
use journal::conformance::{sample, take};
use journal::nats::NatsJournal;
use journal::{Filter, Journal, Position, Record};
use prost::Message as _;
use std::path::Path;
use tempfile::TempDir;

/// Starts a broker with settings of its own.
fn server_with(settings: &str, folder: &Path) -> NatsServer {
    let file = folder.join("nats.conf");
    std::fs::write(&file, settings).unwrap();
    NatsServer::with(vec!["--config".into(), file.display().to_string()])
}

/// What is published on a subject from now on.
async fn overhear(server: &NatsServer, subject: &str) -> (async_nats::Client, async_nats::Subscriber) {
    let stranger = async_nats::connect(server.url()).await.unwrap();
    let overheard = stranger.subscribe(subject.to_owned()).await.unwrap();
    stranger.flush().await.unwrap();
    (stranger, overheard)
}

/// How many messages were overheard so far.
async fn count((stranger, overheard): &mut (async_nats::Client, async_nats::Subscriber)) -> usize {
    stranger.flush().await.unwrap();
    let mut count = 0;
    while let Some(Some(_)) = overheard.next().now_or_never() {
        count += 1;
    }
    count
}

const FETCHES: &str = "$JS.API.DIRECT.GET.huishang-main";
const FEED: &str = "huishang.main.feed";

async fn all_from(journal: &NatsJournal, after: Position) -> journal::Subscription {
    journal.subscribe(after, Filter::All).await.unwrap()
}

fn positions(records: &[Record]) -> Vec<Position> {
    records.iter().map(|record| record.position).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn new_records_are_sent_to_all_and_the_past_is_fetched() {
    let server = NatsServer::start();
    let folder = TempDir::new().unwrap();
    let (service, journal) = (connect(&server, 1).await, connect(&server, 1).await);
    let _ledger = Ledger::start(&journal, "one", folder.path());
    let mut all = all_from(&service, 0).await;
    let mut of_category = service
        .subscribe(0, Filter::Categories(vec![sample::CATEGORY.into(), sample::OTHER_CATEGORY.into()]))
        .await
        .unwrap();
    append_many(&service, 1).await;
    take(&mut all, 1).await;

    let mut fetches = overhear(&server, FETCHES).await;
    let last = append_many(&service, 30).await;
    let (sent, of_category) = (take(&mut all, 30).await, take(&mut of_category, 31).await);
    assert_eq!(positions(&sent), (2..=last).collect::<Vec<_>>());
    assert_eq!(sent, of_category[1..]);
    assert_eq!(count(&mut fetches).await, 0, "nothing of it was fetched");

    // Somebody who comes later fetches what they were not sent, and it is the same.
    let late = connect(&server, 1).await;
    let mut all = all_from(&late, 0).await;
    let past = take(&mut all, 31).await;
    assert_eq!(past[1..], sent);
    let fetched = count(&mut fetches).await;
    assert!(fetched > 0);
    append_many(&service, 5).await;
    assert_eq!(positions(&take(&mut all, 5).await), [32, 33, 34, 35, 36]);
    assert_eq!(count(&mut fetches).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_is_fetched_where_ledgers_may_not_send() {
    // As in an installation whose permissions are of an earlier version, and with a ledger of one.
    let folder = TempDir::new().unwrap();
    let deny = format!(
        r#"authorization {{ default_permissions {{ publish {{ deny: "{FEED}" }} }}, users: [{{ user: u, password: p }}] }}
no_auth_user: u
"#
    );
    let server = server_with(&deny, folder.path());
    let journal = connect(&server, 1).await;
    let _ledger = Ledger::start(&journal, "one", folder.path());
    let mut all = all_from(&journal, 0).await;
    let mut sent = overhear(&server, FEED).await;
    append_many(&journal, 20).await;
    assert_eq!(positions(&take(&mut all, 20).await), (1..=20).collect::<Vec<_>>());
    assert_eq!(count(&mut sent).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_broker_does_not_take_in_one_message_is_fetched() {
    let folder = TempDir::new().unwrap();
    let server = server_with("max_payload: 70KB\n", folder.path());
    let journal = connect(&server, 1).await;
    let _ledger = Ledger::start(&journal, "one", folder.path());
    let mut all = all_from(&journal, 0).await;
    let contents: Vec<Vec<u8>> = (0..12).map(|byte| vec![byte; 50_000]).collect();
    let appends = contents.iter().map(|content| {
        let mut commit = sample::commit(Uuid::new_v4(), &[(&sample::stream(), 0)]);
        commit.writes[0].events = vec![sample::event(content)];
        journal.append(commit)
    });
    assert!(futures::future::join_all(appends).await.iter().all(Result::is_ok));
    let all = take(&mut all, 12).await;
    assert_eq!(positions(&all), (1..=12).collect::<Vec<_>>());
    let mut received: Vec<_> = all.iter().map(|record| record.events[0].value.clone()).collect();
    received.sort();
    assert_eq!(received, contents);
}

/// The message, as anybody can make it.
#[derive(Clone, PartialEq, prost::Message)]
struct Sent {
    #[prost(bytes = "vec", tag = "1")]
    ledger: Vec<u8>,
    #[prost(uint64, tag = "2")]
    session: u64,
    #[prost(uint64, tag = "3")]
    first: Position,
    #[prost(message, repeated, tag = "4")]
    records: Vec<SentRecord>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct SentRecord {
    #[prost(string, tag = "1")]
    stream: String,
    #[prost(bytes = "vec", tag = "2")]
    payload: Vec<u8>,
}

const CODE_BYTES: usize = 32;

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_believed_who_sends_records_in_the_name_of_a_ledger() {
    let server = NatsServer::start();
    let folder = TempDir::new().unwrap();
    let journal = connect(&server, 1).await;
    let _ledger = Ledger::start(&journal, "one", folder.path());
    let mut all = all_from(&journal, 0).await;
    append_many(&journal, 1).await;
    take(&mut all, 1).await;
    let (stranger, mut overheard) = overhear(&server, FEED).await;
    append_many(&journal, 1).await;
    let genuine = overheard.next().await.unwrap().payload;
    assert_eq!(positions(&take(&mut all, 1).await), [2]);

    // Given what was sent, again, and in the place of the next records
    let (code, content) = genuine.split_at(CODE_BYTES);
    let sent = Sent::decode(content).unwrap();
    assert_eq!((sent.first, sent.records.len()), (2, 1));
    for first in [2, 3, 4] {
        let forged = Sent { first, ..sent.clone() }.encode_to_vec();
        for forged in [[code, &forged].concat(), [&[0; CODE_BYTES], forged.as_slice()].concat()] {
            stranger.publish(FEED, forged.into()).await.unwrap();
        }
    }
    for junk in [Bytes::new(), Bytes::from_static(&[7; 100]), genuine] {
        stranger.publish(FEED, junk).await.unwrap();
    }
    stranger.flush().await.unwrap();

    // Then what follows is what was appended.
    let [one, two] = [Uuid::new_v4(), Uuid::new_v4()];
    for id in [one, two] {
        journal.append(sample::commit(id, &[(&sample::stream(), 0)])).await.unwrap();
    }
    let next = take(&mut all, 2).await;
    let ids: Vec<_> = next.iter().map(|record| record.envelope.command_id).collect();
    assert_eq!((positions(&next), ids), (vec![3, 4], vec![one, two]));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_one_ledger_sends_is_handed_out_once_enough_of_them_have_it() {
    let server = NatsServer::start();
    let folders = [TempDir::new().unwrap(), TempDir::new().unwrap()];
    let (service, journal) = (connect(&server, 2).await, connect(&server, 2).await);
    let one = Ledger::start(&journal, "one", folders[0].path());
    let mut all = all_from(&service, 0).await;
    let mut sent = overhear(&server, FEED).await;
    append_many(&service, 5).await;
    until("the first ledger has sent them", async || (count(&mut sent).await > 0).then_some(())).await;
    until("it has them all", async || (one.log.head().position == 5).then_some(())).await;
    assert!(all.next().now_or_never().is_none(), "one of two is not enough");

    let two = Ledger::start(&connect(&server, 2).await, "two", folders[1].path());
    assert_eq!(positions(&take(&mut all, 5).await), [1, 2, 3, 4, 5]);
    let last = append_many(&service, 20).await;
    assert_eq!(positions(&take(&mut all, 20).await), (6..=last).collect::<Vec<_>>());

    // One that joins again sends on, and what was not sent meanwhile is fetched.
    one.stop().await;
    let last = append_many(&service, 5).await;
    let one = Ledger::start(&journal, "one", folders[0].path());
    wait_committed(&service, last).await;
    append_many(&service, 5).await;
    assert_eq!(positions(&take(&mut all, 10).await), (26..=35).collect::<Vec<_>>());
    drop((one, two));
}
