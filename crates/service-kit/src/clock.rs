//! The only place that reads the time.

use crate::Tasks;
use crate::events::decode;
use domain::ledger::rehearsal_clock::{Event, RehearsalClock};
use domain::{Aggregate as _, Timestamp};
use futures::StreamExt as _;
use journal::{Filter, Journal};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

/// The source of time: the machine's clock, or one that stands still until the log says that it was moved.
#[derive(Debug, Clone)]
pub enum Clock {
    /// The machine's clock.
    System,
    /// A clock for rehearsals: every process that follows the log shows the same time.
    Movable(watch::Sender<Timestamp>),
}

impl Clock {
    /// A clock that shows `start` until the journal says that it was moved.
    pub fn movable(start: Timestamp, journal: Arc<dyn Journal>, tasks: &Tasks) -> Clock {
        let clock = Clock::Movable(watch::Sender::new(start));
        let (stop, shown) = (tasks.stop().clone(), clock.clone());
        tasks.spawn(async move { stop.run_until_cancelled(shown.follow(&*journal)).await });
        clock
    }

    /// Shows what the clock was moved to, if it can be moved and does not show more by now.
    pub(crate) fn moved_to(&self, moment: Timestamp) {
        let Clock::Movable(time) = self else { return };
        time.send_if_modified(|shown| (*shown < moment).then(|| *shown = moment).is_some());
    }

    /// The present moment, to the microsecond.
    #[expect(clippy::disallowed_methods, reason = "this is the place that reads the clock")]
    pub fn now(&self) -> Timestamp {
        match self {
            Clock::System => {
                let now = Timestamp::now();
                Timestamp::from_microsecond(now.as_microsecond()).unwrap_or(now)
            }
            Clock::Movable(time) => *time.borrow(),
        }
    }

    /// Returns once the moment has come. With a movable clock, that is when it has been moved there.
    #[expect(clippy::disallowed_methods, reason = "this is the place that reads the clock")]
    pub async fn wait_until(&self, moment: Timestamp) {
        match self {
            Clock::System => loop {
                let left = moment.duration_since(Timestamp::now());
                if left.is_negative() || left.is_zero() {
                    return;
                }
                // Short sleeps notice when the system clock is set meanwhile.
                let sleep = Duration::try_from(left).unwrap_or_default().min(Duration::from_secs(30));
                tokio::time::sleep(sleep).await;
            },
            Clock::Movable(time) => {
                let mut time = time.subscribe();
                if time.wait_for(|now| *now >= moment).await.is_err() {
                    std::future::pending::<()>().await;
                }
            }
        }
    }

    async fn follow(&self, journal: &dyn Journal) {
        let moves = Filter::Stream(RehearsalClock::stream(RehearsalClock::realm_id()));
        let mut after = 0;
        loop {
            if let Ok(mut records) = journal.subscribe(after, moves.clone()).await {
                while let Some(Ok(record)) = records.next().await {
                    after = record.position;
                    for Event::Moved { clock_at } in decode::<RehearsalClock>(&record).unwrap_or_default() {
                        self.moved_to(clock_at);
                    }
                }
            }
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
    }
}
