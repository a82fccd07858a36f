//! How a view follows the journal: what is read is handed to the thread that keeps its tables.

use super::keeper::{Ended, Keeper, Tables};
use super::readers::Failed;
use super::{View, ViewError};
use crate::checkpoint::{Resumed, resume};
use crate::erasure::last_key_destroyed;
use crate::feed::{ConsumerProgress, Feed, Reading};
use crate::limits::CHECKPOINT_LAG_MAX;
use journal::{Journal, Position, ReadError};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

/// Time between two subscriptions.
const PAUSE: Duration = Duration::from_millis(500);

/// The task of a view.
pub(super) struct Following {
    pub(super) feed: Feed,
    pub(super) keeper: Keeper,
    pub(super) progress: Arc<ConsumerProgress>,
    /// The last erasure whose key was destroyed.
    pub(super) erased: watch::Receiver<Position>,
    /// What failed on the thread, or in a query.
    pub(super) failed: mpsc::UnboundedReceiver<Failed>,
}

/// Why a view subscribes again.
#[derive(Debug, thiserror::Error)]
enum Interrupted {
    #[error("its file: {0}")]
    Failed(#[from] Failed),
    #[error("{0}")]
    Journal(#[from] ReadError),
    #[error("{0}")]
    Ended(#[from] Ended),
}

impl Following {
    /// Follows the journal until the process stops, and saves how far that went.
    pub(super) async fn run<V: View>(mut self, stop: CancellationToken) {
        tokio::select! {
            () = stop.cancelled() => {}
            Ended = self.follow::<V>() => tracing::error!(view = V::NAME, "the view is no longer updated"),
        }
        if let Ok(Err(error)) = self.keeper.run(Tables::save_progress).await {
            tracing::debug!(view = V::NAME, %error, "its last progress was not saved");
        }
        self.keeper.end().await;
    }

    /// Follows the journal forever; returns only when the thread has ended.
    async fn follow<V: View>(&mut self) -> Ended {
        loop {
            match self.consume::<V>().await {
                Ok(()) => tracing::debug!(view = V::NAME, "the subscription ended; subscribing again"),
                Err(Interrupted::Ended(ended)) => return ended,
                Err(Interrupted::Failed(failed)) if failed.damage().is_some() => {
                    let anew = self.keeper.run(move |tables| tables.begin_anew(&failed)).await;
                    match anew {
                        Ok(Ok(())) => {}
                        Ok(Err(error)) => {
                            tracing::warn!(view = V::NAME, %error, "the view waits; trying again")
                        }
                        Err(ended) => return ended,
                    }
                }
                Err(error) => tracing::warn!(view = V::NAME, %error, "the view waits; trying again"),
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    async fn consume<V: View>(&mut self) -> Result<(), Interrupted> {
        let past = self.keeper.run(Tables::begin).await??;
        let feed = self.feed.clone();
        match resume(feed.journal(), &past).await? {
            Resumed::After(records, accepted) => {
                self.keeper.run(move |tables| tables.save_accepted(&accepted)).await??;
                let erased = last_key_destroyed(feed.journal()).await?.max(*self.erased.borrow_and_update());
                if self.keeper.run(move |tables| tables.forget_erased(erased)).await?? {
                    tracing::info!(view = V::NAME, erased, "personal data was erased; rebuilding the view");
                    return Ok(());
                }
                self.retry_set_aside::<V>(feed.journal()).await?;
                let reading = Reading::new(&feed, V::CATEGORIES, &self.progress, past.checkpoint, records);
                self.hand_over::<V>(reading).await
            }
            Resumed::GivenUp(accepted) => {
                tracing::warn!(
                    view = V::NAME,
                    "records that this view has projected are lost, which was accepted; rebuilding it"
                );
                Ok(self.keeper.run(move |tables| tables.give_up(&accepted)).await??)
            }
        }
    }

    /// Hands batches to the thread as it can take them; it projects one while the next is read.
    async fn hand_over<V: View>(&mut self, mut reading: Reading) -> Result<(), Interrupted> {
        let mut lag = tokio::time::interval(CHECKPOINT_LAG_MAX);
        // There is nothing to save at first.
        lag.reset();
        loop {
            let Following { keeper, failed, erased, .. } = &mut *self;
            let next = async {
                let place = keeper.place().await?;
                Ok::<_, Interrupted>((place, reading.next().await?))
            };
            tokio::select! {
                next = next => match next? {
                    (place, Some(batch)) => place.take(move |tables| tables.apply::<V>(&batch)),
                    (_, None) => return Ok(()),
                },
                Some(failed) = failed.recv() => return Err(failed.into()),
                Ok(()) = erased.changed() => return Ok(()),
                _ = lag.tick() => keeper.save_progress_when_idle(),
            }
        }
    }

    /// Retries, once in a process, what an earlier one has set aside.
    async fn retry_set_aside<V: View>(&mut self, journal: &dyn Journal) -> Result<(), Interrupted> {
        let halted = self.keeper.run(|tables| Ok(tables.to_retry())).await??;
        for (stream, first) in halted {
            let records = journal.read(&stream, first - 1).await?;
            let retry = move |tables: &mut Tables| -> Result<(), ViewError> {
                let taken = tables.retry_set_aside::<V>(&stream, &records)?;
                tracing::info!(view = V::NAME, %stream, taken, "records that were set aside were retried");
                Ok(())
            };
            self.keeper.run(retry).await??;
        }
        let all_retried = |tables: &mut Tables| {
            tables.all_retried();
            Ok(())
        };
        Ok(self.keeper.run(all_retried).await??)
    }
}
