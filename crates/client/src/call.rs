//! Calls whose messages are known at compile time.

use crate::connection::Connections;
use crate::refusal::root_cause;
use crate::retry::Attempts;
use crate::token::Token;
use prost::Message;
use proto::{Rpc, StreamingRpc};
use std::time::Duration;
use tonic::client::Grpc;
use tonic::codegen::http::uri::PathAndQuery;
use tonic::transport::Channel;
use tonic::{Request, Status, Streaming};
use tonic_prost::ProstCodec;

/// The largest answer that is read.
pub const ANSWER_BYTES_MAX: usize = 16 * 1024 * 1024;

/// A caller with one identity, connected to an installation.
#[derive(Debug, Clone)]
pub struct Client {
    connections: Connections,
    token: Option<Token>,
    patience: Duration,
}

impl Client {
    /// A caller that shows this token, or none, and repeats nothing.
    pub fn new(connections: Connections, token: Option<Token>) -> Client {
        Client { connections, token, patience: Duration::ZERO }
    }

    /// The same caller, which repeats calls for this long (see [`Attempts`]).
    #[must_use]
    pub fn patient(self, patience: Duration) -> Client {
        Client { patience, ..self }
    }

    /// Attempts within the caller's patience.
    pub fn attempts(&self) -> Attempts {
        Attempts::within(self.patience)
    }

    /// Calls an rpc.
    pub async fn call<R: Rpc>(&self, request: R) -> Result<R::Response, Status> {
        self.call_at(R::PATH, request).await
    }

    /// Calls a unary method by its path.
    pub async fn call_at<M, A>(&self, path: &'static str, request: M) -> Result<A, Status>
    where
        M: Message + Clone + 'static,
        A: Message + Default + 'static,
    {
        let mut attempts = self.attempts();
        loop {
            let mut grpc = self.grpc(path).await?;
            let codec = ProstCodec::<M, A>::default();
            let path = PathAndQuery::from_static(path);
            match grpc.unary(self.request(request.clone()), path, codec).await {
                Ok(answer) => return Ok(answer.into_inner()),
                Err(status) => attempts.pause_after(status).await?,
            }
        }
    }

    /// Begins an rpc that answers with a stream; only its beginning is repeated.
    pub async fn stream<R: StreamingRpc>(&self, request: R) -> Result<Streaming<R::Response>, Status> {
        let mut attempts = self.attempts();
        loop {
            let mut grpc = self.grpc(R::PATH).await?;
            let codec = ProstCodec::<R, R::Response>::default();
            let path = PathAndQuery::from_static(R::PATH);
            match grpc.server_streaming(self.request(request.clone()), path, codec).await {
                Ok(answers) => return Ok(answers.into_inner()),
                Err(status) => attempts.pause_after(status).await?,
            }
        }
    }

    /// A request with the caller's token.
    pub fn request<M>(&self, message: M) -> Request<M> {
        let mut request = Request::new(message);
        if let Some(token) = &self.token {
            request.metadata_mut().insert("authorization", token.metadata());
        }
        request
    }

    /// A ready connection to the service that has an rpc.
    pub async fn grpc(&self, path: &str) -> Result<Grpc<Channel>, Status> {
        let mut grpc = Grpc::new(self.connections.for_rpc(path)?).max_decoding_message_size(ANSWER_BYTES_MAX);
        grpc.ready().await.map_err(|error| Status::unavailable(root_cause(&error)))?;
        Ok(grpc)
    }
}
