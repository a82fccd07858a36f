//! The messages in the body of a gRPC answer.

use bytes::{Buf as _, Bytes, BytesMut};
use http::HeaderMap;
use http_body_util::BodyExt as _;
use tonic::body::Body;
use tonic::{Code, Status};

/// Bytes before each message: whether it is compressed, and its length.
pub(crate) const PREFIX_BYTES: usize = 5;

/// A message with its prefix, as gRPC and the streams of Connect have it.
pub(crate) fn enveloped(flags: u8, message: &[u8]) -> Bytes {
    let mut bytes = Vec::with_capacity(PREFIX_BYTES + message.len());
    bytes.push(flags);
    bytes.extend_from_slice(&u32::try_from(message.len()).unwrap_or(u32::MAX).to_be_bytes());
    bytes.extend_from_slice(message);
    bytes.into()
}

/// The messages of an answer, one after the other.
pub(crate) struct Messages {
    body: Body,
    read: BytesMut,
    /// The piece that came last. As long as it is kept, so is the answer's place among those under way.
    last_piece: Bytes,
    ended: bool,
}

impl Messages {
    /// Of an answer. What was refused from the beginning says so in its headers.
    pub(crate) fn of(response: http::Response<Body>) -> Result<Messages, Status> {
        let (head, body) = response.into_parts();
        match Status::from_header_map(&head.headers) {
            Some(status) if status.code() != Code::Ok => Err(status),
            _ => Ok(Messages { body, read: BytesMut::new(), last_piece: Bytes::new(), ended: false }),
        }
    }

    /// The next message; none at the end.
    pub(crate) async fn next(&mut self) -> Result<Option<Bytes>, Status> {
        loop {
            if let Some(message) = self.split()? {
                return Ok(Some(message));
            }
            if self.ended {
                return Ok(None);
            }
            match self.body.frame().await {
                None => {
                    self.ended = true;
                    return Err(Status::unknown("the answer ended without a status"));
                }
                Some(frame) => match frame?.into_data() {
                    Ok(piece) => {
                        self.read.extend_from_slice(&piece);
                        self.last_piece = piece;
                    }
                    Err(frame) => {
                        self.ended = true;
                        ended_with(&frame.into_trailers().unwrap_or_default())?;
                    }
                },
            }
        }
    }

    /// The last piece that was read.
    pub(crate) fn into_last_piece(self) -> Bytes {
        self.last_piece
    }

    fn split(&mut self) -> Result<Option<Bytes>, Status> {
        let Some((&[flags, a, b, c, d], rest)) = self.read.split_first_chunk::<PREFIX_BYTES>() else {
            return Ok(None);
        };
        if flags != 0 {
            return Err(Status::internal("the answer is compressed, which nobody asked for"));
        }
        let length = u32::from_be_bytes([a, b, c, d]) as usize;
        if rest.len() < length {
            return Ok(None);
        }
        self.read.advance(PREFIX_BYTES);
        Ok(Some(self.read.split_to(length).freeze()))
    }
}

fn ended_with(trailers: &HeaderMap) -> Result<(), Status> {
    match Status::from_header_map(trailers) {
        Some(status) if status.code() == Code::Ok => Ok(()),
        Some(status) => Err(status),
        None => Err(Status::unknown("the answer ended without a status")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::executor::block_on;
    use http_body::Frame;
    use http_body_util::StreamBody;

    fn answer(pieces: &[&[u8]], code: Option<Code>) -> Messages {
        let data = pieces.iter().map(|piece| Ok::<_, Status>(Frame::data(Bytes::copy_from_slice(piece))));
        let mut trailers = HeaderMap::new();
        let trailers = code.map(|code| {
            Status::new(code, "so it ended").add_header(&mut trailers).unwrap();
            Ok(Frame::trailers(trailers))
        });
        let frames: Vec<_> = data.chain(trailers).collect();
        let body = Body::new(StreamBody::new(futures::stream::iter(frames)));
        Messages::of(http::Response::new(body)).unwrap()
    }

    #[test]
    fn messages_come_whole_however_they_are_cut() {
        let whole = [enveloped(0, b"one"), enveloped(0, b""), enveloped(0, b"three")].concat();
        for cut in 0..whole.len() {
            let mut messages = answer(&[&whole[..cut], &whole[cut..]], Some(Code::Ok));
            for expected in [b"one".as_slice(), b"", b"three"] {
                assert_eq!(block_on(messages.next()).unwrap().unwrap(), expected, "cut at {cut}");
            }
            assert_eq!(block_on(messages.next()).unwrap(), None);
        }
    }

    #[test]
    fn a_stream_says_how_it_ended() {
        let one = enveloped(0, b"one");
        let mut refused = answer(&[&one], Some(Code::DataLoss));
        assert!(block_on(refused.next()).unwrap().is_some());
        assert_eq!(block_on(refused.next()).unwrap_err().code(), Code::DataLoss);
        let mut broken = answer(&[&one[..6]], None);
        assert_eq!(block_on(broken.next()).unwrap_err().code(), Code::Unknown);
    }
}
