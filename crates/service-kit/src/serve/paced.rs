//! What is not gRPC, handed out in pieces: whoever does not read it is noticed, as with answers of gRPC.

use super::Stack;
use super::connection::is_grpc;
use super::stream::Reader;
use bytes::Bytes;
use http_body::{Body as HttpBody, Frame, SizeHint};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tonic::Status;
use tonic::body::Body;
use tower::ServiceExt as _;

/// Bytes that are handed out at a time. A reader that takes as much has not stalled.
const PIECE_BYTES_MAX: usize = 16 * 1024;

/// The stack, with every answer that is not gRPC handed out in pieces.
pub(super) fn paced(stack: Stack) -> Stack {
    let begins = |request| {
        // Over HTTP/1.1, the same reader has read the answer before this one.
        Reader::of_this_stream().took();
        request
    };
    stack.map_request(begins).map_response(in_pieces).boxed_clone()
}

fn in_pieces(response: http::Response<Body>) -> http::Response<Body> {
    match is_grpc(response.headers()) {
        true => response,
        false => response
            .map(|body| Body::new(Paced { body, ahead: Bytes::new(), reader: Reader::of_this_stream() })),
    }
}

struct Paced {
    body: Body,
    /// What is to be handed out before anything else.
    ahead: Bytes,
    reader: Reader,
}

impl HttpBody for Paced {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let paced = self.get_mut();
        // Asked for more, the connection has sent what it was given, or may send it at once.
        paced.reader.took();
        while paced.ahead.is_empty() {
            match ready!(Pin::new(&mut paced.body).poll_frame(context)).transpose()?.map(Frame::into_data) {
                Some(Ok(data)) => paced.ahead = data,
                Some(Err(_)) => {}
                None => return Poll::Ready(None),
            }
        }
        // What was asked of the body in between may have noted the same of what is inside of it.
        paced.reader.was_given();
        let length = paced.ahead.len().min(PIECE_BYTES_MAX);
        Poll::Ready(Some(Ok(Frame::data(paced.ahead.split_to(length)))))
    }

    fn is_end_stream(&self) -> bool {
        self.ahead.is_empty() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let (inner, ahead) = (self.body.size_hint(), self.ahead.len() as u64);
        match inner.exact() {
            Some(exact) => SizeHint::with_exact(exact + ahead),
            None => SizeHint::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http_body_util::{BodyExt as _, Full};

    #[tokio::test]
    async fn an_answer_comes_in_pieces_and_with_its_length() {
        let whole = vec![7; 3 * PIECE_BYTES_MAX + 1];
        let response = http::Response::new(Body::new(Full::from(whole.clone())));
        let mut body = in_pieces(response).into_body();
        assert_eq!(body.size_hint().exact(), Some(whole.len() as u64));
        let mut read = Vec::new();
        while let Some(frame) = body.frame().await {
            let piece = frame.unwrap().into_data().unwrap();
            assert!(piece.len() <= PIECE_BYTES_MAX);
            read.extend_from_slice(&piece);
        }
        assert_eq!(read, whole);
    }
}
