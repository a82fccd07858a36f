//! Response streams with a bounded buffer. The server resets the stream of a client that stops reading, which drops
//! the buffer.

use crate::limits::BUFFERED_RESPONSES_MAX;
use futures::StreamExt as _;
use futures::stream::{self, BoxStream};
use tokio::sync::{mpsc, oneshot};
use tokio_stream::wrappers::ReceiverStream;
use tonic::Status;

/// A response stream as returned by a handler.
pub(crate) type ResponseStream<T> = BoxStream<'static, Result<T, Status>>;

/// The server's side, which produces the responses.
pub(crate) struct ResponseSender<T> {
    responses: mpsc::Sender<T>,
    last: oneshot::Sender<Result<T, Status>>,
}

/// The client has disconnected, or its stream was reset.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Disconnected;

impl<T: Send + 'static> ResponseSender<T> {
    pub(crate) fn new() -> (ResponseSender<T>, ResponseStream<T>) {
        let (responses, receiver) = mpsc::channel(BUFFERED_RESPONSES_MAX);
        let (last, last_response) = oneshot::channel();
        let buffered = ReceiverStream::new(receiver).map(Ok);
        let last_response = stream::once(last_response).filter_map(async |response| response.ok());
        (ResponseSender { responses, last }, buffered.chain(last_response).boxed())
    }

    /// Waits until there is room for `count` responses.
    pub(crate) async fn reserve(&self, count: usize) -> Result<mpsc::PermitIterator<'_, T>, Disconnected> {
        self.responses.reserve_many(count).await.map_err(|_| Disconnected)
    }

    /// Sends a response if there is room for it, and otherwise drops it. Returns whether the client is still there.
    pub(crate) fn send_or_drop(&self, response: T) -> bool {
        let _ = self.responses.try_send(response);
        !self.responses.is_closed()
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
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    #[expect(clippy::disallowed_methods, reason = "a test waits for what it spawns")]
    async fn responses_arrive_in_order_and_the_last_one_last() {
        let (sender, responses) = ResponseSender::new();
        let producing = tokio::spawn(async move {
            for number in 0..100 {
                let mut permits = sender.reserve(1).await.expect("the client reads");
                permits.next().expect("there is room").send(number);
            }
            sender.finish(Some(Ok(100)));
        });
        let received: Vec<i32> = responses.map(Result::unwrap).collect().await;
        assert_eq!(received, (0..=100).collect::<Vec<_>>());
        producing.await.unwrap();
    }

    #[tokio::test]
    async fn a_disconnected_client_is_noticed() {
        let (sender, responses) = ResponseSender::<()>::new();
        drop(responses);
        sender.disconnected().await;
        let refused = sender.reserve(1).await.err();
        assert_eq!(refused, Some(Disconnected));
    }
}
