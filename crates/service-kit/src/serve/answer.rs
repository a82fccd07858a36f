//! An answer on its way to the client: it keeps its place until the last byte has left this process.

use super::stream::Reader;
use crate::limits::STREAM_TOKEN_CHECK_INTERVAL;
use crate::places::Place;
use bytes::Bytes;
use futures::future::BoxFuture;
use futures::ready;
use http::HeaderMap;
use http_body::{Body as HttpBody, Frame};
use http_body_util::BodyExt as _;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use tokio::time::{Interval, MissedTickBehavior};
use tonic::body::Body;
use tonic::{Code, Status};

/// Bytes that are handed out at a time. A reader that takes as much has not stalled.
const CHUNK_BYTES_MAX: usize = 16 * 1024;

/// The rest of an answer.
pub(super) struct Answer {
    /// What is to be handed out before anything else.
    ahead: Bytes,
    rest: Rest,
    place: Arc<Place>,
    reader: Reader,
}

enum Rest {
    /// More comes: the rest of a server stream, as long as its caller's token is accepted.
    Stream(Body, TokenWatch),
    /// Nothing but the trailers.
    Trailers(Option<HeaderMap>),
}

impl Answer {
    /// The answer of a unary rpc. It is taken whole, so that its size counts; an answer for which the caller has no
    /// memory left is not kept.
    pub(super) async fn unary(mut body: Body, mut place: Place) -> Result<Body, Status> {
        let (mut ahead, mut trailers) = (Bytes::new(), None);
        while let Some(frame) = body.frame().await {
            match frame?.into_data() {
                Ok(data) => {
                    place.hold(data.len())?;
                    // A unary answer comes in one piece.
                    ahead = if ahead.is_empty() { data } else { [ahead, data].concat().into() };
                }
                Err(frame) => trailers = frame.into_trailers().ok(),
            }
        }
        Ok(Answer::body(ahead, Rest::Trailers(trailers), place))
    }

    /// The answer of an rpc that streams. It ends with the refusal of `check_token` once there is one.
    pub(super) fn stream(
        body: Body,
        place: Place,
        check_token: impl Fn() -> BoxFuture<'static, Result<(), Status>> + Send + 'static,
    ) -> Body {
        let mut looks = tokio::time::interval(STREAM_TOKEN_CHECK_INTERVAL);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let watch = TokenWatch { looks, check: Box::new(check_token), looking: None };
        Answer::body(Bytes::new(), Rest::Stream(body, watch), place)
    }

    fn body(ahead: Bytes, rest: Rest, place: Place) -> Body {
        Body::new(Answer { ahead, rest, place: Arc::new(place), reader: Reader::of_this_stream() })
    }

    /// The next piece. The last byte comes alone: only when the client lets it through is the answer done, and not
    /// when the rest of the piece before it still waits in the connection.
    fn next_chunk(&mut self) -> Bytes {
        let length = (self.ahead.len() - 1).clamp(1, CHUNK_BYTES_MAX);
        let bytes = self.ahead.split_to(length);
        Bytes::from_owner(Chunk { bytes, _place: self.place.clone() })
    }
}

/// Looks now and then at whether a token is still accepted.
struct TokenWatch {
    looks: Interval,
    check: Box<dyn Fn() -> BoxFuture<'static, Result<(), Status>> + Send>,
    /// A look that is not over yet.
    looking: Option<BoxFuture<'static, Result<(), Status>>>,
}

impl TokenWatch {
    /// The refusal of the token, once it is not accepted any more.
    fn poll_refused(&mut self, context: &mut Context<'_>) -> Poll<Status> {
        loop {
            if self.looking.is_none() {
                ready!(self.looks.poll_tick(context));
            }
            let looking = self.looking.get_or_insert_with(|| (self.check)());
            let found = ready!(looking.as_mut().poll(context));
            self.looking = None;
            match found {
                Err(refused)
                    if refused.code() == Code::Unauthenticated
                        || refused.code() == Code::PermissionDenied =>
                {
                    return Poll::Ready(refused);
                }
                // What cannot be looked at now is looked at again.
                _ => {}
            }
        }
    }
}

/// A piece of an answer. It keeps the place for as long as the connection keeps the piece.
struct Chunk {
    bytes: Bytes,
    _place: Arc<Place>,
}

impl AsRef<[u8]> for Chunk {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl HttpBody for Answer {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let answer = self.get_mut();
        // Asked for more, the connection has sent what it was given, or may send it at once.
        answer.reader.took();
        loop {
            if !answer.ahead.is_empty() {
                answer.reader.was_given();
                return Poll::Ready(Some(Ok(Frame::data(answer.next_chunk()))));
            }
            let frame = match &mut answer.rest {
                Rest::Trailers(trailers) => return Poll::Ready(trailers.take().map(Frame::trailers).map(Ok)),
                Rest::Stream(body, watch) => match watch.poll_refused(context) {
                    Poll::Ready(refused) => {
                        answer.rest = Rest::Trailers(None);
                        let mut trailers = HeaderMap::new();
                        refused.add_header(&mut trailers)?;
                        return Poll::Ready(Some(Ok(Frame::trailers(trailers))));
                    }
                    Poll::Pending => ready!(Pin::new(body).poll_frame(context)),
                },
            };
            match frame.map(|frame| frame.map(Frame::into_data)) {
                Some(Ok(Ok(data))) => answer.ahead = data,
                Some(Ok(Err(frame))) => return Poll::Ready(Some(Ok(frame))),
                Some(Err(status)) => return Poll::Ready(Some(Err(status))),
                None => return Poll::Ready(None),
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.rest {
            Rest::Trailers(trailers) => self.ahead.is_empty() && trailers.is_none(),
            Rest::Stream(body, _) => self.ahead.is_empty() && body.is_end_stream(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::places::Places;
    use domain::Actor;
    use futures::{FutureExt as _, StreamExt as _};
    use std::sync::atomic::{AtomicUsize, Ordering};

    async fn answer(bytes: usize) -> (Places, Body) {
        let places = Places::new("requests", 1, 100).with_bytes_max(1 << 20);
        let place = places.take(&Actor::process("reader")).unwrap();
        let whole = Body::new(http_body_util::Full::new(Bytes::from(vec![7; bytes])));
        let body = Answer::unary(whole, place).await.unwrap();
        (places, body)
    }

    #[tokio::test]
    async fn an_answer_arrives_in_pieces_and_whole() {
        for bytes in [0, 1, 2, CHUNK_BYTES_MAX, CHUNK_BYTES_MAX + 1, 100_000] {
            let (_, mut body) = answer(bytes).await;
            let mut sizes = Vec::new();
            while let Some(frame) = body.frame().await {
                sizes.push(frame.unwrap().into_data().unwrap().len());
            }
            assert_eq!(sizes.iter().sum::<usize>(), bytes);
            assert!(sizes.iter().all(|size| *size <= CHUNK_BYTES_MAX), "{sizes:?}");
            assert!(bytes == 0 || sizes.last() == Some(&1), "{sizes:?}");
        }
    }

    #[tokio::test]
    async fn its_place_is_kept_until_the_connection_is_done_with_every_piece() {
        let (places, mut body) = answer(100).await;
        let piece = body.frame().await.unwrap().unwrap().into_data().unwrap();
        drop(body);
        assert!(places.take(&Actor::process("other")).is_err(), "a piece is still in the connection");
        drop(piece);
        assert!(places.take(&Actor::process("other")).is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn a_stream_ends_when_its_token_is_accepted_no_longer() {
        let places = Places::new("requests", 1, 100);
        let place = places.take(&Actor::process("reader")).unwrap();
        let more = futures::stream::iter([Ok::<_, Status>(Frame::data(Bytes::from_static(b"12345")))]);
        let endless = Body::new(http_body_util::StreamBody::new(more.chain(futures::stream::pending())));
        let looks = AtomicUsize::new(0);
        let check = move || {
            let found = match looks.fetch_add(1, Ordering::Relaxed) {
                0 => Ok(()),
                1 => Err(Status::unavailable("it cannot be looked at now")),
                _ => Err(Status::unauthenticated("it has expired")),
            };
            std::future::ready(found).boxed()
        };
        let whole = Answer::stream(endless, place, check).collect().await.unwrap();
        let status = Status::from_header_map(whole.trailers().expect("it says why it ends")).unwrap();
        assert_eq!(status.code(), tonic::Code::Unauthenticated);
        assert_eq!(whole.to_bytes(), "12345", "what came before stays");
        assert!(places.take(&Actor::process("other")).is_ok(), "its place is free");
    }

    #[tokio::test]
    async fn an_answer_that_its_caller_has_no_memory_for_is_refused() {
        let places = Places::new("requests", 1, 100).with_bytes_max(1000);
        let place = places.take(&Actor::process("reader")).unwrap();
        let whole = Body::new(http_body_util::Full::new(Bytes::from(vec![7; 1001])));
        let refused = Answer::unary(whole, place).await.expect_err("it is too large");
        assert_eq!(refused.code(), tonic::Code::ResourceExhausted);
        assert!(places.take(&Actor::process("other")).is_ok(), "its place is free");
    }
}
