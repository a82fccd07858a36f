//! Calls whose messages are known only from their descriptors.

use crate::call::Client;
use prost::Message as _;
use prost::bytes::{Buf as _, BufMut as _, Bytes};
use prost_reflect::{DynamicMessage, MethodDescriptor};
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::codegen::http::uri::PathAndQuery;
use tonic::{Status, Streaming};

/// An answer: one message, or a stream of them.
#[derive(Debug)]
pub enum Answer {
    /// One message.
    One(DynamicMessage),
    /// A stream of messages.
    Many(Box<Messages>),
}

/// The messages of a stream.
#[derive(Debug)]
pub struct Messages {
    method: MethodDescriptor,
    stream: Streaming<Bytes>,
}

impl Client {
    /// Calls an rpc, unary or with a stream of answers.
    pub async fn call_reflective(
        &self,
        method: &MethodDescriptor,
        request: &DynamicMessage,
    ) -> Result<Answer, Status> {
        let path = format!("/{}/{}", method.parent_service().full_name(), method.name());
        let path_and_query =
            PathAndQuery::try_from(path.as_str()).map_err(|error| Status::internal(error.to_string()))?;
        let request = Bytes::from(request.encode_to_vec());
        let mut attempts = self.attempts();
        loop {
            let answered = self.send(method, &path, path_and_query.clone(), request.clone()).await;
            match answered {
                Ok(answer) => return Ok(answer),
                Err(status) => attempts.pause_after(status).await?,
            }
        }
    }

    async fn send(
        &self,
        method: &MethodDescriptor,
        path: &str,
        path_and_query: PathAndQuery,
        request: Bytes,
    ) -> Result<Answer, Status> {
        let mut grpc = self.grpc(path).await?;
        let request = self.request(request);
        if method.is_server_streaming() {
            let stream = grpc.server_streaming(request, path_and_query, Raw).await?.into_inner();
            return Ok(Answer::Many(Box::new(Messages { method: method.clone(), stream })));
        }
        decode(method, grpc.unary(request, path_and_query, Raw).await?.into_inner()).map(Answer::One)
    }
}

impl Messages {
    /// The next message; `None` at the end of the stream.
    pub async fn next(&mut self) -> Result<Option<DynamicMessage>, Status> {
        let message = self.stream.message().await?;
        message.map(|message| decode(&self.method, message)).transpose()
    }
}

fn decode(method: &MethodDescriptor, message: Bytes) -> Result<DynamicMessage, Status> {
    DynamicMessage::decode(method.output(), message)
        .map_err(|error| Status::internal(format!("the answer cannot be decoded: {error}")))
}

/// Passes messages through as bytes.
struct Raw;

impl Codec for Raw {
    type Encode = Bytes;
    type Decode = Bytes;
    type Encoder = Raw;
    type Decoder = Raw;
    fn encoder(&mut self) -> Raw {
        Raw
    }
    fn decoder(&mut self) -> Raw {
        Raw
    }
}

impl Encoder for Raw {
    type Item = Bytes;
    type Error = Status;
    fn encode(&mut self, message: Bytes, buffer: &mut EncodeBuf<'_>) -> Result<(), Status> {
        buffer.put(message);
        Ok(())
    }
}

impl Decoder for Raw {
    type Item = Bytes;
    type Error = Status;
    fn decode(&mut self, buffer: &mut DecodeBuf<'_>) -> Result<Option<Bytes>, Status> {
        let length = buffer.remaining();
        Ok(Some(buffer.copy_to_bytes(length)))
    }
}
