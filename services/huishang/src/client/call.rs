//! Calls of rpcs whose messages are known only from their descriptors.

use super::error::{Error, Refused, root_cause};
use prost::Message as _;
use prost::bytes::{Buf as _, Bytes};
use prost_reflect::{DynamicMessage, MethodDescriptor};
use std::time::Duration;
use tonic::client::Grpc;
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::codegen::http::uri::PathAndQuery;
use tonic::metadata::{Ascii, MetadataValue};
use tonic::transport::Channel;
use tonic::{Code, Request, Status, Streaming};

/// Attempts of a call while the service is not available, at most.
const ATTEMPTS_MAX: u32 = 5;
/// Time before the second attempt; it doubles each time.
const RETRY_DELAY: Duration = Duration::from_millis(200);

/// One call, ready to be sent.
pub struct Call {
    /// The rpc.
    pub method: MethodDescriptor,
    /// Its request.
    pub request: DynamicMessage,
    /// The caller's token.
    pub token: MetadataValue<Ascii>,
}

/// An answer: one message, or a stream of them.
pub enum Answer {
    /// One message.
    One(DynamicMessage),
    /// A stream of messages.
    Many(Box<Messages>),
}

impl Call {
    /// Sends the request. While the service is not available it is sent again, with the same command id.
    pub async fn send(&self, channel: &Channel) -> Result<Answer, Status> {
        let mut delay = RETRY_DELAY;
        let mut attempt = 1;
        loop {
            match self.send_once(channel).await {
                Err(status) if attempt < ATTEMPTS_MAX && is_unavailable(&status) => {
                    attempt += 1;
                    tokio::time::sleep(delay).await;
                    delay *= 2;
                }
                outcome => return outcome,
            }
        }
    }

    async fn send_once(&self, channel: &Channel) -> Result<Answer, Status> {
        let path = format!("/{}/{}", self.method.parent_service().full_name(), self.method.name());
        let path = PathAndQuery::try_from(path).map_err(|error| Status::internal(error.to_string()))?;
        let mut request = Request::new(Bytes::from(self.request.encode_to_vec()));
        request.metadata_mut().insert("authorization", self.token.clone());
        let mut client = Grpc::new(channel.clone());
        client.ready().await.map_err(|error| Status::unavailable(root_cause(&error)))?;
        if self.method.is_server_streaming() {
            let stream = client.server_streaming(request, path, Raw).await?.into_inner();
            return Ok(Answer::Many(Box::new(Messages { method: self.method.clone(), stream })));
        }
        let answer = client.unary(request, path, Raw).await?.into_inner();
        decode(&self.method, answer).map(Answer::One)
    }
}

/// The messages of a stream.
pub struct Messages {
    method: MethodDescriptor,
    stream: Streaming<Bytes>,
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

/// Whether another attempt may succeed: the service is not available, or the connection broke.
pub fn is_unavailable(status: &Status) -> bool {
    let broke = || std::error::Error::source(status).is_some();
    status.code() == Code::Unavailable || (matches!(status.code(), Code::Unknown | Code::Internal) && broke())
}

/// The error for a refusal, with what is needed to explain it.
pub fn refused(status: Status, flags: &[super::flags::Flag], request: &DynamicMessage) -> Error {
    let command_id = super::flags::command_id(request);
    // A broken connection is reported like a service that is not available.
    let status = match is_unavailable(&status) {
        true => Status::unavailable(match std::error::Error::source(&status) {
            Some(cause) => format!("the connection broke: {}", root_cause(cause)),
            None => status.message().to_owned(),
        }),
        false => status,
    };
    Error::Refused(Box::new(Refused { status, flags: flags.to_vec(), command_id }))
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
        prost::bytes::BufMut::put(buffer, message);
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
