//! A resolution that ends while its items are still being assigned.

use super::*;
use domain::StreamName;
use futures::StreamExt as _;
use harness::{let_pass, until};
use journal::personal::Keys;
use journal::{AppendError, Commit, Filter, ReadError, Record, Subscription};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::sync::watch;

/// A journal that takes its time, another one for each call.
struct Dawdling {
    journal: Arc<dyn Journal>,
    calls: Arc<AtomicU64>,
}

impl Dawdling {
    fn over(journal: Arc<dyn Journal>, seed: u64) -> Arc<dyn Journal> {
        Arc::new(Dawdling { journal, calls: Arc::new(AtomicU64::new(seed << 32)) })
    }
}

/// Waits for up to two milliseconds, half of the time not at all.
async fn dawdle(calls: &AtomicU64) {
    let call = calls.fetch_add(1, Ordering::Relaxed);
    let drawn = derived_id(Uuid::nil(), &[&call.to_string()]).as_u128() % 4_000;
    let pause = Duration::from_micros(u64::try_from(drawn).unwrap().saturating_sub(2_000));
    if !pause.is_zero() {
        let_pass(pause).await;
    }
}

#[tonic::async_trait]
impl Journal for Dawdling {
    async fn append(&self, commit: Commit) -> Result<Position, AppendError> {
        dawdle(&self.calls).await;
        self.journal.append(commit).await
    }

    async fn read(&self, stream: &StreamName, after: Position) -> Result<Vec<Record>, ReadError> {
        dawdle(&self.calls).await;
        self.journal.read(stream, after).await
    }

    async fn subscribe(&self, after: Position, filter: Filter) -> Result<Subscription, ReadError> {
        let calls = self.calls.clone();
        let records = self.journal.subscribe(after, filter).await?;
        Ok(Subscription::new(records.then(move |record| {
            let calls = calls.clone();
            async move {
                dawdle(&calls).await;
                record
            }
        })))
    }

    fn committed(&self) -> watch::Receiver<Position> {
        self.journal.committed()
    }

    fn keys(&self) -> &Keys {
        self.journal.keys()
    }
}

/// Runs the process managers of a second copy of the service.
fn second_copy(place: &Place, seed: u64) -> Workbench {
    let copy = place.bench.another_on(|journal| Dawdling::over(journal, seed));
    crate::reactions::run(&copy.kit, &default_calendar());
    copy
}

/// Rescinds a resolution as soon as it is there; returns the position.
async fn rescind_at_once(place: &Place, docket: Uuid) -> Position {
    loop {
        match place.change(docket, ChangeEffect::Rescinds, vec![]).await.map_err(Status::from) {
            Ok(position) => return position,
            Err(refused) if refused.code() == Grpc::NotFound => tokio::task::yield_now().await,
            Err(refused) => panic!("{refused}"),
        }
    }
}

/// The stages of all items, once everything that follows from a position has happened.
async fn stages(place: &Place, at_least_position: Position) -> Vec<pb::ItemStage> {
    until("all that follows", async || {
        let request = pb::ListItemsRequest { at_least_position, page_size: 500, ..Default::default() };
        match place.service.list_items(supervisor(request)).await {
            Ok(listed) => Some(listed.into_inner().items.iter().map(pb::Item::stage).collect()),
            Err(late) if late.code() == Grpc::Unavailable => None,
            Err(refused) => panic!("{refused}"),
        }
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_end_of_a_resolution_never_overtakes_the_assignment_of_its_items() {
    for (seed, items) in (1..).zip([1, 2, 2, 5, 5, 20, 20, 300]) {
        let place = Place::with_journal(|journal| Dawdling::over(journal, seed)).await;
        let _copy = second_copy(&place, seed + 100);
        let docket = Uuid::from_u128(1);
        place.decide(docket, items).await;
        let ended = rescind_at_once(&place, docket).await;
        let expected = vec![pb::ItemStage::Rescinded; items as usize];
        assert_eq!(stages(&place, ended).await, expected, "of {items} items, seed {seed}");
        let (left, _) = place.bench.kit.set_aside((0, ""), 10).unwrap();
        assert_eq!(left, [], "of {items} items, seed {seed}");
        place.bench.kit.stop().cancel();
    }
}
