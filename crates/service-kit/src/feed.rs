//! The one reading of the journal in a process: each record is read and decoded once, in batches, and handed to the
//! consumers that want its category. What does not concern a consumer only moves its progress, in memory: it is
//! not woken, and nothing is written.
//!
//! A consumer that is far from the head reads the past on its own, and joins the feed where that has come to. One
//! that cannot keep up is dropped from the feed and reads on its own again. So the slowest holds up nobody.

mod progress;
mod reading;

pub(crate) use progress::ConsumerProgress;
pub(crate) use reading::Reading;

use crate::Tasks;
use crate::checkpoint::Checkpoint;
use crate::erasure::is_key_destroyed;
use crate::limits::{FEED_RECENT_RECORDS_MAX, VIEW_BATCH_RECORDS_MAX};
use futures::StreamExt as _;
use journal::{Filter, Journal, Position, ReadError, Record};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::mpsc;

/// The categories of streams that a consumer wants.
pub(crate) type Categories = &'static [&'static str];

/// Records for a consumer, in order.
pub(crate) struct Batch {
    /// Those that it wants; at least one.
    pub(crate) records: Vec<Arc<Record>>,
    /// The last record that was looked at, wanted or not.
    pub(crate) last: Checkpoint,
}

/// The reading of one journal, shared. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Feed {
    journal: Arc<dyn Journal>,
    tasks: Tasks,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    running: bool,
    /// Records up to here were handed out.
    reached: Position,
    /// The last of them, for those who join.
    recent: VecDeque<Arc<Record>>,
    members: Vec<Member>,
}

/// A consumer that follows the feed.
struct Member {
    categories: Categories,
    /// What it has read on its own.
    after: Position,
    progress: Arc<ConsumerProgress>,
    /// The number of its reading in the progress.
    reading: u64,
    batches: mpsc::UnboundedSender<Batch>,
}

impl Feed {
    pub(crate) fn new(journal: Arc<dyn Journal>, tasks: Tasks) -> Feed {
        Feed { journal, tasks, state: Arc::default() }
    }

    pub(crate) fn journal(&self) -> &dyn Journal {
        &*self.journal
    }

    /// Hands a consumer all records after those that it has read, from now on. False when it has to read on by
    /// itself, because it is too far back, or would be given more than it can keep.
    fn join(&self, member: Member) -> bool {
        let mut state = self.state();
        if !state.running {
            let reached = member.after.max(*self.journal.committed().borrow());
            *state = State { running: true, reached, ..State::default() };
            self.tasks.spawn(self.clone().run(reached));
        }
        let near = member.after + (state.recent.len() as u64) >= state.reached;
        let joins = near && member.offer(state.recent.make_contiguous());
        if joins {
            state.members.push(member);
        }
        joins
    }

    /// Reads the journal until that breaks off. Its members find out for themselves then whether it is still the
    /// same one, and the next that joins begins a new reading.
    async fn run(self, after: Position) {
        tokio::select! {
            () = self.tasks.stop().cancelled() => {}
            read = self.read(after) => match read {
                Ok(()) => tracing::debug!("the feed ended; its consumers subscribe again"),
                Err(error) => tracing::warn!(%error, "the feed broke off; its consumers subscribe again"),
            }
        }
        *self.state() = State::default();
    }

    async fn read(&self, after: Position) -> Result<(), ReadError> {
        let records = self.journal.subscribe(after, Filter::All).await?;
        let mut batches = records.ready_chunks(VIEW_BATCH_RECORDS_MAX);
        while let Some(batch) = batches.next().await {
            let batch: Vec<Arc<Record>> = batch.into_iter().collect::<Result<_, _>>()?;
            self.state().hand_out(batch);
        }
        Ok(())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn hand_out(&mut self, records: Vec<Arc<Record>>) {
        let Some(last) = records.last() else { return };
        self.reached = last.position;
        self.members.retain(|member| member.offer(&records));
        let erased = records.iter().rposition(|record| is_key_destroyed(record));
        self.recent.extend(records.iter().cloned());
        if let Some(erased) = erased {
            // What was read before may have been erased; it must be read again.
            let before = self.recent.len() - (records.len() - 1 - erased);
            self.recent.drain(..before);
        }
        let surplus = self.recent.len().saturating_sub(FEED_RECENT_RECORDS_MAX);
        self.recent.drain(..surplus);
    }
}

impl Member {
    /// Gives it what it wants of these records. False when it has gone, or cannot keep up.
    fn offer(&self, records: &[Arc<Record>]) -> bool {
        let fresh = records.partition_point(|record| record.position <= self.after);
        let Some(last) = records[fresh..].last() else { return true };
        let last = Checkpoint::from(&**last);
        let wanted = wanted(&records[fresh..], self.categories);
        if wanted.is_empty() {
            return self.progress.pass(self.reading, last) && !self.batches.is_closed();
        }
        self.progress.accept(self.reading, last, wanted.len())
            && self.batches.send(Batch { records: wanted, last }).is_ok()
    }
}

/// The records of these categories.
pub(crate) fn wanted(records: &[Arc<Record>], categories: Categories) -> Vec<Arc<Record>> {
    let wanted = |record: &&Arc<Record>| categories.contains(&record.stream.category.as_str());
    records.iter().filter(wanted).cloned().collect()
}
