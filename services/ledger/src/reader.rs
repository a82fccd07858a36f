//! Response streams with a bounded buffer; clients that stop reading are disconnected.

use crate::limits::BUFFERED_RESPONSES_MAX;
use futures::StreamExt as _;
use futures::stream::{self, BoxStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};
use tonic::Status;

/// A response stream as returned by a handler.
pub(crate) type ResponseStream<T> = BoxStream<'static, Result<T, Status>>;

/// The buffered responses. It is shared by both sides, so that its memory can be freed when the client stops
/// reading.
struct Buffer<T>(Arc<Mutex<Option<mpsc::Receiver<T>>>>);

impl<T> Buffer<T> {
    fn poll_next(&self, context: &mut Context<'_>) -> Poll<Option<T>> {
        match &mut *self.0.lock().unwrap_or_else(PoisonError::into_inner) {
            Some(receiver) => receiver.poll_recv(context),
            None => Poll::Ready(None),
        }
    }

    fn clear(&self) {
        drop(self.0.lock().unwrap_or_else(PoisonError::into_inner).take());
    }
}

/// The client's side, which discards the buffer when it is dropped.
struct BufferReader<T>(Buffer<T>);

impl<T> BufferReader<T> {
    fn poll_next(&self, context: &mut Context<'_>) -> Poll<Option<Result<T, Status>>> {
        self.0.poll_next(context).map(|next| next.map(Ok))
    }
}

impl<T> Drop for BufferReader<T> {
    fn drop(&mut self) {
        self.0.clear();
    }
}

/// The server's side, which produces the responses.
pub(crate) struct ResponseSender<T> {
    responses: mpsc::Sender<T>,
    buffer: Buffer<T>,
    last: oneshot::Sender<Result<T, Status>>,
}

/// Why no more responses are produced for a client.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum ClientGone {
    /// The client has disconnected.
    Disconnected,
    /// The client has not read for too long.
    Stalled,
}

impl<T: Send + 'static> ResponseSender<T> {
    pub(crate) fn new() -> (ResponseSender<T>, ResponseStream<T>) {
        let (responses, receiver) = mpsc::channel(BUFFERED_RESPONSES_MAX);
        let (last, last_response) = oneshot::channel();
        let shared = Arc::new(Mutex::new(Some(receiver)));
        let reader = BufferReader(Buffer(shared.clone()));
        let buffer = Buffer(shared);
        let buffered = stream::poll_fn(move |context| reader.poll_next(context));
        let last_response = stream::once(last_response).filter_map(async |response| response.ok());
        (ResponseSender { responses, buffer, last }, buffered.chain(last_response).boxed())
    }

    /// Waits until there is room for `count` responses; fails if the client reads nothing for `stall_timeout`.
    pub(crate) async fn reserve(
        &self,
        count: usize,
        stall_timeout: Duration,
    ) -> Result<mpsc::PermitIterator<'_, T>, ClientGone> {
        match tokio::time::timeout(stall_timeout, self.responses.reserve_many(count)).await {
            Ok(permits) => permits.map_err(|_| ClientGone::Disconnected),
            Err(_) => Err(ClientGone::Stalled),
        }
    }

    /// Sends a response if there is room for it, and otherwise drops it.
    pub(crate) fn send_or_drop(&self, response: T) {
        let _ = self.responses.try_send(response);
    }

    /// Waits until the client disconnects.
    pub(crate) async fn disconnected(&self) {
        self.responses.closed().await;
    }

    /// Ends the stream after the buffered responses. The client may have disconnected already.
    pub(crate) fn finish(self, last: Option<Result<T, Status>>) {
        if let Some(last) = last {
            let _ = self.last.send(last);
        }
    }

    /// Ends the stream immediately and discards the buffered responses.
    pub(crate) fn abort(self, status: Status) {
        self.buffer.clear();
        self.finish(Some(Err(status)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Weak;

    #[tokio::test]
    async fn responses_arrive_in_order_and_the_last_one_last() {
        let (sender, responses) = ResponseSender::new();
        let producing = tokio::spawn(async move {
            for number in 0..100 {
                let mut permits = sender.reserve(1, Duration::from_secs(60)).await.expect("the client reads");
                permits.next().expect("there is room").send(number);
            }
            sender.finish(Some(Ok(100)));
        });
        let received: Vec<i32> = responses.map(Result::unwrap).collect().await;
        assert_eq!(received, (0..=100).collect::<Vec<_>>());
        producing.await.unwrap();
    }

    #[tokio::test]
    async fn a_stalled_client_is_disconnected_and_its_buffer_freed() {
        let (sender, mut responses) = ResponseSender::new();
        let mut sent: Vec<Weak<()>> = Vec::new();
        let gone = loop {
            match sender.reserve(1, Duration::from_millis(1)).await {
                Ok(mut permits) => {
                    let response = Arc::new(());
                    sent.push(Arc::downgrade(&response));
                    permits.next().expect("there is room").send(response);
                }
                Err(gone) => break gone,
            }
        };
        assert_eq!((gone, sent.len()), (ClientGone::Stalled, BUFFERED_RESPONSES_MAX));
        sender.abort(Status::unavailable("nothing was read"));
        assert!(sent.iter().all(|response| response.upgrade().is_none()), "the memory is freed");
        let last = responses.next().await.expect("a last response").unwrap_err();
        assert_eq!(last.message(), "nothing was read");
        assert!(responses.next().await.is_none());
    }

    #[tokio::test]
    async fn a_disconnected_client_is_noticed() {
        let (sender, responses) = ResponseSender::<()>::new();
        drop(responses);
        sender.disconnected().await;
        let refused = sender.reserve(1, Duration::from_secs(60)).await.err();
        assert_eq!(refused, Some(ClientGone::Disconnected));
    }
}
