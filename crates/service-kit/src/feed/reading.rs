//! What one consumer reads: first the past, on its own, then the feed.

use super::{Batch, Categories, ConsumerProgress, Feed, Member, wanted};
use crate::checkpoint::Checkpoint;
use crate::limits::VIEW_BATCH_RECORDS_MAX;
use futures::StreamExt as _;
use futures::stream::ReadyChunks;
use journal::{Position, ReadError, Record, Subscription};
use std::sync::Arc;
use tokio::sync::mpsc;

/// The records that a consumer wants, after its checkpoint, each once.
pub(crate) struct Reading {
    feed: Feed,
    categories: Categories,
    progress: Arc<ConsumerProgress>,
    /// Its number in the progress.
    number: u64,
    /// Up to where it has read on its own.
    reached: Position,
    source: Source,
}

enum Source {
    Past(ReadyChunks<Subscription>),
    Feed(mpsc::UnboundedReceiver<Batch>),
}

impl Reading {
    /// Reads on from a checkpoint, with the subscription after it.
    pub(crate) fn new(
        feed: &Feed,
        categories: Categories,
        progress: &Arc<ConsumerProgress>,
        at: Option<Checkpoint>,
        records: Subscription,
    ) -> Reading {
        Reading {
            number: progress.begin(at),
            feed: feed.clone(),
            categories,
            progress: progress.clone(),
            reached: at.map_or(0, |at| at.position),
            source: Source::Past(records.ready_chunks(VIEW_BATCH_RECORDS_MAX)),
        }
    }

    /// The next batch; [`ConsumerProgress::finish`] has to follow. None when the consumer must subscribe again.
    pub(crate) async fn next(&mut self) -> Result<Option<Batch>, ReadError> {
        loop {
            if let Source::Feed(batches) = &mut self.source {
                return Ok(newest(batches).await);
            }
            if let Some(batches) = self.join() {
                self.source = Source::Feed(batches);
                continue;
            }
            let Source::Past(past) = &mut self.source else { continue };
            let Some(records) = past.next().await else { return Ok(None) };
            let records: Vec<Arc<Record>> = records.into_iter().collect::<Result<_, _>>()?;
            if let Some(batch) = self.take(&records) {
                return Ok(Some(batch));
            }
        }
    }

    fn join(&self) -> Option<mpsc::UnboundedReceiver<Batch>> {
        let (batches, live) = mpsc::unbounded_channel();
        let member = Member {
            categories: self.categories,
            after: self.reached,
            progress: self.progress.clone(),
            reading: self.number,
            batches,
        };
        self.feed.join(member).then_some(live)
    }

    fn take(&mut self, records: &[Arc<Record>]) -> Option<Batch> {
        let last = Checkpoint::from(&**records.last()?);
        self.reached = last.position;
        let records = wanted(records, self.categories);
        if records.is_empty() {
            self.progress.pass(self.number, last);
            return None;
        }
        self.progress.expect(self.number, last, records.len());
        Some(Batch { records, last })
    }
}

/// The next batch, together with those that have come meanwhile.
async fn newest(batches: &mut mpsc::UnboundedReceiver<Batch>) -> Option<Batch> {
    let mut batch = batches.recv().await?;
    while batch.records.len() < VIEW_BATCH_RECORDS_MAX
        && let Ok(next) = batches.try_recv()
    {
        batch.records.extend(next.records);
        batch.last = next.last;
    }
    Some(batch)
}
