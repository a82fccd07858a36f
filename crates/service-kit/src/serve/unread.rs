//! Requests over HTTP/1.1 that are answered before their body was read, such as those that are refused. What is left of the
//! body cannot be told from the next request, so that the connection ends; the answer says so (RFC 9112, 9.6).

use bytes::Bytes;
use http::header::CONNECTION;
use http::{HeaderValue, Request, Response, Version};
use hyper::body::{Body, Frame, Incoming, SizeHint};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};

/// Whether the body of a request was read to its end; none where that does not matter.
pub(super) struct Reading(Option<Arc<AtomicBool>>);

/// A body that notes when it was read to its end.
pub(super) struct Noted {
    body: Incoming,
    is_read: Option<Arc<AtomicBool>>,
}

/// The same request, with what becomes known of its body.
pub(super) fn noted(request: Request<Incoming>) -> (Request<Noted>, Reading) {
    let matters = request.version() < Version::HTTP_2 && !request.body().is_end_stream();
    let is_read = matters.then(|| Arc::new(AtomicBool::new(false)));
    let reading = Reading(is_read.clone());
    (request.map(|body| Noted { body, is_read }), reading)
}

impl Reading {
    /// The answer, which says whether the connection ends with it.
    pub(super) fn answered<B>(self, mut response: Response<B>) -> Response<B> {
        if self.0.is_some_and(|is_read| !is_read.load(Ordering::Relaxed)) {
            response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
        }
        response
    }
}

impl Body for Noted {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let frame = ready!(Pin::new(&mut self.body).poll_frame(context));
        if let Some(is_read) = self.is_read.as_ref().filter(|_| frame.is_none() || self.body.is_end_stream())
        {
            is_read.store(true, Ordering::Relaxed);
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
