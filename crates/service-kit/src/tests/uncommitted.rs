//! What is ordered and not committed, which over a broker may still be lost, is shown to nobody.

use super::{Place, department, register};
use crate::clock::Clock;
use crate::config::Limits;
use crate::{Kit, Scope};
use async_trait::async_trait;
use domain::directory::department::{Department, State};
use domain::{StreamName, Uuid};
use futures::poll;
use journal::personal::Keys;
use journal::{AppendError, Closed, Commit, Filter, Journal, Position, ReadError, Record, Subscription};
use std::pin::pin;
use std::sync::Arc;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// A journal whose records are committed when the test says so.
struct Held {
    journal: Arc<dyn Journal>,
    committed: watch::Sender<Position>,
    /// The position whose commit was last waited for.
    awaited: watch::Sender<Position>,
}

#[async_trait]
impl Journal for Held {
    async fn append(&self, commit: Commit) -> Result<Position, AppendError> {
        self.journal.append(commit).await
    }

    async fn read(&self, stream: &StreamName, after: Position) -> Result<Vec<Record>, ReadError> {
        self.journal.read(stream, after).await
    }

    async fn subscribe(&self, after: Position, filter: Filter) -> Result<Subscription, ReadError> {
        self.journal.subscribe(after, filter).await
    }

    fn committed(&self) -> watch::Receiver<Position> {
        self.committed.subscribe()
    }

    fn keys(&self) -> &Keys {
        self.journal.keys()
    }

    async fn wait_committed(&self, position: Position) -> Result<(), Closed> {
        self.awaited.send_replace(position);
        let waited = self.committed().wait_for(|&reached| reached >= position).await.map(drop);
        waited.map_err(|_| Closed)
    }
}

fn name(state: State) -> String {
    state.profile().map(|profile| profile.name.to_string()).unwrap_or_default()
}

#[tokio::test]
async fn only_what_is_committed_is_shown() {
    let place = Place::new();
    let journal = Arc::new(Held {
        journal: place.journal.clone(),
        committed: watch::Sender::new(1),
        awaited: watch::Sender::new(0),
    });
    let (stop, limits) = (CancellationToken::new(), Limits::default());
    let kit = Kit::new(journal.clone(), Clock::System, place.folder.path(), limits, stop);
    register(&kit, Uuid::now_v7(), "A", "one").await.unwrap();

    let renaming = {
        let kit = kit.clone();
        async move { register(&kit, Uuid::now_v7(), "A", "two").await }
    };
    let mut renaming = pin!(renaming);
    let mut awaited = journal.awaited.subscribe();
    tokio::select! {
        renamed = &mut renaming => panic!("answered before it was committed: {renamed:?}"),
        ordered = awaited.wait_for(|&position| position == 2) => drop(ordered.unwrap()),
    }
    // The cache has it by now, so that nothing but the commit is waited for.
    let scope = Scope::whole();
    let mut shown = pin!(kit.show::<Department>(&scope, department("A")));
    let mut loaded = pin!(kit.load::<Department>(department("A")));
    assert!(poll!(&mut shown).is_pending());
    assert!(poll!(&mut loaded).is_pending());

    journal.committed.send_replace(2);
    assert_eq!(name(shown.await.unwrap()), "two");
    assert_eq!(name(loaded.await.unwrap()), "two");
    assert_eq!(renaming.await.unwrap(), 2);
}
