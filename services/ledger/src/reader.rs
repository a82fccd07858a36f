//! One who reads a stream of answers: some are made ahead, not more, and who stops reading is let go.

use crate::limits::AHEAD_RECORDS_MAX;
use futures::StreamExt as _;
use futures::stream::{self, BoxStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};
use tonic::Status;

/// What a reader receives.
pub(crate) type Answers<T> = BoxStream<'static, Result<T, Status>>;

/// Where the answers wait that are made ahead. Both sides have it, so that the memory of a reader that
/// stopped reading can be had back.
struct Ahead<T>(Arc<Mutex<Option<mpsc::Receiver<T>>>>);

impl<T> Ahead<T> {
    fn poll_next(&self, context: &mut Context<'_>) -> Poll<Option<T>> {
        match &mut *self.0.lock().unwrap_or_else(PoisonError::into_inner) {
            Some(receiver) => receiver.poll_recv(context),
            None => Poll::Ready(None),
        }
    }

    fn forget(&self) {
        drop(self.0.lock().unwrap_or_else(PoisonError::into_inner).take());
    }
}

/// The reader's side: when it goes away, nothing waits for it any more.
struct Taking<T>(Ahead<T>);

impl<T> Taking<T> {
    fn poll_next(&self, context: &mut Context<'_>) -> Poll<Option<Result<T, Status>>> {
        self.0.poll_next(context).map(|next| next.map(Ok))
    }
}

impl<T> Drop for Taking<T> {
    fn drop(&mut self) {
        self.0.forget();
    }
}

/// The side that makes the answers.
pub(crate) struct Reader<T> {
    answers: mpsc::Sender<T>,
    ahead: Ahead<T>,
    last: oneshot::Sender<Result<T, Status>>,
}

/// Why nothing more is made for a reader.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Gone {
    /// It went away.
    Left,
    /// It has taken nothing for too long.
    Stalled,
}

impl<T: Send + 'static> Reader<T> {
    pub(crate) fn new() -> (Reader<T>, Answers<T>) {
        let (answers, receiver) = mpsc::channel(AHEAD_RECORDS_MAX);
        let (last, last_word) = oneshot::channel();
        let ahead = Arc::new(Mutex::new(Some(receiver)));
        let taking = Taking(Ahead(ahead.clone()));
        let ahead = Ahead(ahead);
        let made_ahead = stream::poll_fn(move |context| taking.poll_next(context));
        let last_word = stream::once(last_word).filter_map(async |said| said.ok());
        (Reader { answers, ahead, last }, made_ahead.chain(last_word).boxed())
    }

    /// Waits until so many answers can be given at once, for as long as the reader may take nothing.
    pub(crate) async fn room(
        &self,
        answers: usize,
        stall: Duration,
    ) -> Result<mpsc::PermitIterator<'_, T>, Gone> {
        match tokio::time::timeout(stall, self.answers.reserve_many(answers)).await {
            Ok(room) => room.map_err(|_| Gone::Left),
            Err(_) => Err(Gone::Stalled),
        }
    }

    /// Gives an answer if there is room for it; nobody misses it otherwise.
    pub(crate) fn mention(&self, answer: T) {
        let _ = self.answers.try_send(answer);
    }

    /// Waits until the reader goes away.
    pub(crate) async fn left(&self) {
        self.answers.closed().await;
    }

    /// Ends the answers behind those that are made. Nobody may be there any more to hear it.
    pub(crate) fn end(self, last: Option<Result<T, Status>>) {
        if let Some(last) = last {
            let _ = self.last.send(last);
        }
    }

    /// Ends the answers now: what was made and not taken is forgotten.
    pub(crate) fn let_go(self, why: Status) {
        self.ahead.forget();
        self.end(Some(Err(why)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Weak;

    #[tokio::test]
    async fn answers_come_in_order_and_the_last_word_last() {
        let (reader, answers) = Reader::new();
        let making = tokio::spawn(async move {
            for number in 0..100 {
                let mut room = reader.room(1, Duration::from_secs(60)).await.expect("it reads");
                room.next().expect("there is room").send(number);
            }
            reader.end(Some(Ok(100)));
        });
        let got: Vec<i32> = answers.map(Result::unwrap).collect().await;
        assert_eq!(got, (0..=100).collect::<Vec<_>>());
        making.await.unwrap();
    }

    #[tokio::test]
    async fn a_reader_that_stops_is_let_go_and_its_answers_with_it() {
        let (reader, mut answers) = Reader::new();
        let mut made: Vec<Weak<()>> = Vec::new();
        let gone = loop {
            match reader.room(1, Duration::from_millis(1)).await {
                Ok(mut room) => {
                    let answer = Arc::new(());
                    made.push(Arc::downgrade(&answer));
                    room.next().expect("there is room").send(answer);
                }
                Err(gone) => break gone,
            }
        };
        assert_eq!((gone, made.len()), (Gone::Stalled, AHEAD_RECORDS_MAX));
        reader.let_go(Status::unavailable("nothing was taken"));
        assert!(made.iter().all(|answer| answer.upgrade().is_none()), "the memory is back");
        let said = answers.next().await.expect("a last word").unwrap_err();
        assert_eq!(said.message(), "nothing was taken");
        assert!(answers.next().await.is_none());
    }

    #[tokio::test]
    async fn a_reader_that_goes_away_is_noticed() {
        let (reader, answers) = Reader::<()>::new();
        drop(answers);
        reader.left().await;
        assert_eq!(reader.room(1, Duration::from_secs(60)).await.err(), Some(Gone::Left));
    }
}
