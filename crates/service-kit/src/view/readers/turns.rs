//! Whose turn it is to read a view. A caller has or waits for a few readers with everybody, and its further queries
//! wait for its own: whoever asks little is served after a round of the others, and not after all that they asked.

use crate::limits::{VIEW_CALLER_READERS_MAX, VIEW_READERS_MAX};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{AcquireError, OwnedSemaphorePermit, Semaphore};

/// The turns at a view's readers.
pub(super) struct Turns {
    readers: Arc<Semaphore>,
    callers: Mutex<HashMap<Arc<str>, Arc<Semaphore>>>,
}

/// A turn, until it is dropped.
pub(super) struct Turn {
    _of_caller: OwnedSemaphorePermit,
    _reader: OwnedSemaphorePermit,
}

impl Turns {
    pub(super) fn new() -> Turns {
        Turns { readers: Arc::new(Semaphore::new(VIEW_READERS_MAX)), callers: Mutex::default() }
    }

    /// Waits for a turn of this caller.
    pub(super) async fn take(&self, caller: Arc<str>) -> Result<Turn, AcquireError> {
        let of_caller = self.of(caller).acquire_owned().await?;
        let reader = self.readers.clone().acquire_owned().await?;
        Ok(Turn { _of_caller: of_caller, _reader: reader })
    }

    /// What the caller's queries wait for among themselves. Callers without a query are forgotten.
    fn of(&self, caller: Arc<str>) -> Arc<Semaphore> {
        let mut callers = self.callers.lock().unwrap_or_else(PoisonError::into_inner);
        if !callers.contains_key(&caller) {
            callers.retain(|_, turns| Arc::strong_count(turns) > 1);
        }
        callers.entry(caller).or_insert_with(|| Arc::new(Semaphore::new(VIEW_CALLER_READERS_MAX))).clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::FutureExt as _;
    use std::pin::pin;

    #[tokio::test]
    async fn a_caller_leaves_readers_to_others_however_much_it_asks() {
        let turns = Turns::new();
        let mut greedy = Vec::new();
        while let Some(turn) = turns.take("greedy".into()).now_or_never() {
            greedy.push(turn.unwrap());
        }
        assert_eq!(greedy.len(), VIEW_CALLER_READERS_MAX);
        let modest = turns.take("modest".into()).now_or_never().expect("there is a reader left");
        drop((greedy, modest));
        turns.take("another".into()).await.unwrap();
        assert_eq!(turns.callers.lock().unwrap().len(), 1, "callers without a query are forgotten");
    }

    #[tokio::test]
    async fn when_all_readers_are_taken_callers_that_wait_take_turns() {
        let turns = Turns::new();
        let mut taken = Vec::new();
        for number in 0..VIEW_READERS_MAX {
            taken.push(turns.take(format!("slow {number}").into()).await.unwrap());
        }
        // Given a caller with many queries that wait, and one with a single query that came last
        let mut greedy: Vec<_> = (0..20).map(|_| Box::pin(turns.take("greedy".into()))).collect();
        greedy.iter_mut().for_each(|query| assert!(query.now_or_never().is_none()));
        let mut modest = pin!(turns.take("modest".into()));
        assert!(modest.as_mut().now_or_never().is_none());
        // When one reader becomes free, and is given back as soon as it was used
        taken.pop();
        let before = greedy.iter_mut().filter_map(|query| query.now_or_never()).count();
        // Then the single query is next after the share of the other.
        assert_eq!(before, VIEW_CALLER_READERS_MAX);
        assert!(modest.now_or_never().is_some());
    }
}
