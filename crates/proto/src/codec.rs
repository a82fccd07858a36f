//! Messages as bytes. A request that cannot be decoded is the caller's fault; a response is not.

use crate::Invalid;
use prost::Message;
use std::marker::PhantomData;
use tonic::Status;
use tonic::codec::{BufferSettings, Codec, DecodeBuf, Decoder};
use tonic_prost::{ProstCodec, ProstEncoder};

/// A message that travels on its own.
pub trait Travelling: Message + Default + Send + 'static {
    /// Whether a caller sends it.
    const IS_REQUEST: bool;
}

/// The codec of our servers and clients.
#[derive(Debug, Clone)]
pub struct MessageCodec<T, U>(PhantomData<(T, U)>);

impl<T, U> Default for MessageCodec<T, U> {
    fn default() -> Self {
        MessageCodec(PhantomData)
    }
}

impl<T: Travelling, U: Travelling> Codec for MessageCodec<T, U> {
    type Encode = T;
    type Decode = U;
    type Encoder = ProstEncoder<T>;
    type Decoder = MessageDecoder<U>;

    fn encoder(&mut self) -> Self::Encoder {
        ProstCodec::<T, U>::raw_encoder(BufferSettings::default())
    }

    fn decoder(&mut self) -> Self::Decoder {
        MessageDecoder(PhantomData)
    }
}

/// The decoder of [`MessageCodec`].
#[derive(Debug, Clone)]
pub struct MessageDecoder<U>(PhantomData<U>);

impl<U: Travelling> Decoder for MessageDecoder<U> {
    type Item = U;
    type Error = Status;

    fn decode(&mut self, bytes: &mut DecodeBuf<'_>) -> Result<Option<U>, Status> {
        U::decode(bytes).map(Some).map_err(|fault| match U::IS_REQUEST {
            true => Invalid::value(format!("the request's bytes are not such a message: {fault}")).into(),
            false => Status::internal(fault.to_string()),
        })
    }
}
