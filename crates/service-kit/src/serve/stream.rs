//! One HTTP/2 stream: it is reset when its client stops reading the answer, or when its time is over.

use hyper::rt::Executor;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Poll;
use std::time::Duration;
use tokio::time::{Instant, Sleep};
use tokio_util::task::TaskTracker;

tokio::task_local! {
    static READER: Reader;
}

/// The reader of an answer.
#[derive(Debug, Clone, Default)]
pub(super) struct Reader(Arc<Mutex<Patience>>);

/// How long a reader is served.
#[derive(Debug, Default)]
struct Patience {
    /// Since when it has left unread what it was given.
    waiting_since: Option<Instant>,
    /// When its time is over, whatever it reads.
    ends_at: Option<Instant>,
}

impl Reader {
    /// The reader of the stream that this task serves.
    pub(super) fn of_this_stream() -> Reader {
        READER.try_with(Reader::clone).unwrap_or_default()
    }

    /// Notes that the reader was given something.
    pub(super) fn was_given(&self) {
        self.lock().waiting_since = Some(Instant::now());
    }

    /// Notes that the reader took what it was given.
    pub(super) fn took(&self) {
        self.lock().waiting_since = None;
    }

    /// Limits the time for which the reader is served.
    pub(super) fn is_served_for(&self, time: Duration) {
        self.lock().ends_at = Some(Instant::now() + time);
    }

    fn deadline(&self, stall_timeout: Duration) -> Option<Instant> {
        let Patience { waiting_since, ends_at } = *self.lock();
        waiting_since.map(|since| since + stall_timeout).into_iter().chain(ends_at).min()
    }

    fn lock(&self) -> MutexGuard<'_, Patience> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Serves each stream in a task of its own, which ends when the reader takes nothing for `stall_timeout`. What a task that
/// ends has not sent is discarded with it, and the stream is reset.
#[derive(Debug, Clone)]
pub(super) struct StreamExecutor {
    pub(super) stall_timeout: Duration,
    pub(super) tasks: TaskTracker,
}

impl<F: Future<Output = ()> + Send + 'static> Executor<F> for StreamExecutor {
    fn execute(&self, stream: F) {
        self.tasks.spawn(until_over(stream, self.stall_timeout));
    }
}

/// How long the reader is served is known only inside of `stream`, so it is looked at whenever `stream` waits.
pub(super) async fn until_over(stream: impl Future<Output = ()>, stall_timeout: Duration) {
    let reader = Reader::default();
    let mut stream = pin!(READER.scope(reader.clone(), stream));
    let mut timer = pin!(None::<Sleep>);
    poll_fn(|context| {
        if stream.as_mut().poll(context).is_ready() {
            return Poll::Ready(());
        }
        let Some(deadline) = reader.deadline(stall_timeout) else {
            timer.set(None);
            return Poll::Pending;
        };
        if timer.as_ref().as_pin_ref().map(|timer| timer.deadline()) != Some(deadline) {
            timer.set(Some(tokio::time::sleep_until(deadline)));
        }
        let Some(running) = timer.as_mut().as_pin_mut() else { return Poll::Pending };
        let over = running.poll(context);
        if over.is_ready() {
            tracing::debug!("a stream is reset: its client does not read the answer, or its time is over");
        }
        over
    })
    .await;
}

#[cfg(test)]
mod tests {
    use super::*;

    const TIMEOUT: Duration = Duration::from_secs(30);

    #[tokio::test(start_paused = true)]
    async fn a_stream_ends_when_its_reader_stalls() {
        let stream = async {
            Reader::of_this_stream().was_given();
            std::future::pending().await
        };
        let began = Instant::now();
        until_over(stream, TIMEOUT).await;
        assert_eq!(began.elapsed().as_secs(), TIMEOUT.as_secs());
    }

    #[tokio::test(start_paused = true)]
    async fn a_stream_ends_when_its_time_is_over_whatever_its_reader_takes() {
        let stream = async {
            let reader = Reader::of_this_stream();
            reader.is_served_for(TIMEOUT * 2);
            loop {
                reader.was_given();
                tokio::time::sleep(TIMEOUT / 2).await;
            }
        };
        let began = Instant::now();
        until_over(stream, TIMEOUT).await;
        assert_eq!(began.elapsed().as_secs(), TIMEOUT.as_secs() * 2);
    }

    #[tokio::test(start_paused = true)]
    async fn a_slow_reader_and_one_that_has_read_everything_are_waited_for() {
        let stream = async {
            let reader = Reader::of_this_stream();
            for _ in 0..10 {
                reader.was_given();
                tokio::time::sleep(TIMEOUT / 2).await;
            }
            reader.took();
            tokio::time::sleep(TIMEOUT * 10).await;
        };
        let began = Instant::now();
        until_over(stream, TIMEOUT).await;
        assert_eq!(began.elapsed(), TIMEOUT * 15);
    }
}
