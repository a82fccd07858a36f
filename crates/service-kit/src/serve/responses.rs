//! Response streams that a task of their own produces, in one of the places there are for such work. The server resets
//! the stream of a client that stops reading, which drops what is buffered.

use crate::places::Place;
use futures::StreamExt as _;
use futures::stream::{self, BoxStream};
use tokio::sync::{mpsc, oneshot};
use tokio_stream::wrappers::ReceiverStream;
use tonic::Status;

/// A response stream as returned by a handler.
pub type ResponseStream<T> = BoxStream<'static, Result<T, Status>>;

/// The server's side, which produces the responses. Its place is free again before the client sees the end of the
/// stream, so that a client may ask for the next one at once.
pub struct ResponseSender<T> {
    // Dropped first.
    place: Place,
    responses: mpsc::Sender<T>,
    last: oneshot::Sender<Result<T, Status>>,
}

/// The client has disconnected, or its stream was reset.
#[derive(Debug, PartialEq, Eq)]
pub struct Disconnected;

impl<T: Send + 'static> ResponseSender<T> {
    /// Creates a stream that buffers this many responses for its client, and its sender.
    pub fn new(place: Place, buffered_max: usize) -> (ResponseSender<T>, ResponseStream<T>) {
        let (responses, receiver) = mpsc::channel(buffered_max);
        let (last, last_response) = oneshot::channel();
        let buffered = ReceiverStream::new(receiver).map(Ok);
        let last_response = stream::once(last_response).filter_map(async |response| response.ok());
        (ResponseSender { place, responses, last }, buffered.chain(last_response).boxed())
    }

    /// Waits until there is room for `count` responses.
    pub async fn reserve(&self, count: usize) -> Result<mpsc::PermitIterator<'_, T>, Disconnected> {
        self.responses.reserve_many(count).await.map_err(|_| Disconnected)
    }

    /// Sends a response when there is room for it.
    pub async fn send(&self, response: T) -> Result<(), Disconnected> {
        self.responses.send(response).await.map_err(|_| Disconnected)
    }

    /// Sends a response when there is room for it, from a thread that may block.
    pub fn blocking_send(&self, response: T) -> Result<(), Disconnected> {
        self.responses.blocking_send(response).map_err(|_| Disconnected)
    }

    /// Sends a response if there is room for it, and otherwise drops it. Returns whether the client is still there.
    pub fn send_or_drop(&self, response: T) -> bool {
        let _ = self.responses.try_send(response);
        !self.responses.is_closed()
    }

    /// A way to send responses from elsewhere, which are dropped when there is no room for them. The stream ends after
    /// it is dropped.
    pub fn reports(&self) -> impl Fn(T) + Send + use<T> {
        let responses = self.responses.clone();
        move |response| drop(responses.try_send(response))
    }

    /// Waits until the client disconnects.
    pub async fn disconnected(&self) {
        self.responses.closed().await;
    }

    /// Ends the stream after the buffered responses. The client may have disconnected already.
    pub fn finish(self, last: Option<Result<T, Status>>) {
        drop(self.place);
        if let Some(last) = last {
            let _ = self.last.send(last);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::places::Places;
    use domain::Actor;

    fn one_place() -> (Places, Place) {
        let places = Places::new("streams", 1, 100);
        let place = places.take(&Actor::process("reader")).unwrap();
        (places, place)
    }

    #[tokio::test]
    #[expect(clippy::disallowed_methods, reason = "a test waits for what it spawns")]
    async fn responses_arrive_in_order_and_the_last_one_last() {
        let (sender, responses) = ResponseSender::new(one_place().1, 32);
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
        let (sender, responses) = ResponseSender::<()>::new(one_place().1, 1);
        drop(responses);
        sender.disconnected().await;
        let refused = sender.reserve(1).await.err();
        assert_eq!(refused, Some(Disconnected));
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn who_sees_the_end_of_a_stream_may_begin_another() {
        let (places, mut place) = one_place();
        for number in 0..10_000 {
            let (sender, responses) = ResponseSender::new(place, 1);
            let last = (number % 2 == 0).then_some(Ok(()));
            let ending = tokio::task::spawn_blocking(move || sender.finish(last));
            responses.collect::<Vec<_>>().await;
            place = places.take(&Actor::process("reader")).expect("the place is free");
            ending.await.unwrap();
        }
    }
}
