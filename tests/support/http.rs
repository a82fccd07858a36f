//! Somebody who calls by HTTP/1.1, with a connection for each request.

use anyhow::Context as _;
use http::{HeaderMap, Request};
use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use serde_json::Value;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio_util::task::AbortOnDropHandle;

/// How long an answer is waited for.
const PATIENCE: Duration = Duration::from_secs(60);

/// Somebody with an identity, or none, who calls one address.
#[derive(Debug, Clone)]
pub struct HttpClient {
    address: String,
    token: Option<String>,
}

/// An answer that is there as a whole.
#[derive(Debug, Clone)]
pub struct HttpAnswer {
    /// Its status.
    pub status: u16,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body.
    pub body: Bytes,
}

impl HttpAnswer {
    /// Its body as JSON; null if it is none.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// Its body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// A header; empty when it is not there.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
}

/// An answer that goes on.
pub struct HttpStream {
    /// Its status.
    pub status: u16,
    body: Incoming,
    read: String,
    _connection: AbortOnDropHandle<()>,
}

impl HttpStream {
    /// Reads on until the separator; none at the end. The separator is no part of what is returned.
    pub async fn next_part(&mut self, separator: &str) -> anyhow::Result<Option<String>> {
        loop {
            if let Some((part, rest)) = self.read.split_once(separator) {
                let (part, rest) = (part.to_owned(), rest.to_owned());
                self.read = rest;
                return Ok(Some(part));
            }
            let frame = tokio::time::timeout(PATIENCE, self.body.frame()).await.context("nothing comes")?;
            let Some(frame) = frame else { return Ok(None) };
            if let Ok(data) = frame?.into_data() {
                self.read.push_str(std::str::from_utf8(&data)?);
            }
        }
    }
}

impl HttpClient {
    /// Somebody who calls this address, such as `127.0.0.1:7400`, with this token.
    pub fn new(address: &str, token: Option<String>) -> HttpClient {
        HttpClient { address: address.trim_start_matches("http://").to_owned(), token }
    }

    /// The address.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Sends a request, and waits for the whole answer.
    pub async fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<Bytes>,
    ) -> anyhow::Result<HttpAnswer> {
        let (stream, headers) = self.begin(method, path, headers, body.into()).await?;
        let body = tokio::time::timeout(PATIENCE, stream.body.collect()).await.context("no end comes")??;
        Ok(HttpAnswer { status: stream.status, headers, body: body.to_bytes() })
    }

    /// Asks for something.
    pub async fn get(&self, path: &str) -> anyhow::Result<HttpAnswer> {
        self.send("GET", path, &[], "").await
    }

    /// Posts JSON.
    pub async fn post(&self, path: &str, json: &Value) -> anyhow::Result<HttpAnswer> {
        self.send("POST", path, &[("content-type", "application/json")], json.to_string()).await
    }

    /// Asks for something whose answer goes on.
    pub async fn open(&self, path: &str, headers: &[(&str, &str)]) -> anyhow::Result<HttpStream> {
        Ok(self.begin("GET", path, headers, Bytes::new()).await?.0)
    }

    async fn begin(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Bytes,
    ) -> anyhow::Result<(HttpStream, HeaderMap)> {
        let io = TokioIo::new(TcpStream::connect(&self.address).await?);
        let (mut sender, connection) = http1::handshake::<_, Full<Bytes>>(io).await?;
        let connection = AbortOnDropHandle::new(tokio::spawn(async move { drop(connection.await) }));
        let mut request = Request::builder().method(method).uri(path);
        if headers.iter().all(|(name, _)| *name != "host") {
            request = request.header("host", &self.address);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(token) = &self.token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        let answer = sender.send_request(request.body(Full::new(body))?);
        let answer = tokio::time::timeout(PATIENCE, answer).await.context("no answer comes")??;
        let (head, body) = answer.into_parts();
        let stream =
            HttpStream { status: head.status.as_u16(), body, read: String::new(), _connection: connection };
        Ok((stream, head.headers))
    }
}
