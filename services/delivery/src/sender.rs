//! One request to a receiver, without redirects, and the beginning of its answer.

use crate::limits::{ANSWER_BYTES_MAX, ANSWER_TIMEOUT, RETRY_AFTER_SECONDS_MAX};
use anyhow::Context as _;
use bytes::Bytes;
use domain::Timestamp;
use http::{HeaderMap, Request, Response, header};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use service_kit::outbound::{Connector, Policy, Target};

/// What sends to receivers. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Sender {
    connector: Connector,
}

/// What is sent.
pub(crate) struct Message {
    /// The headers beside those of HTTP itself.
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

/// What became of a request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Answer {
    /// The status; none if there was no answer.
    pub(crate) status: Option<u16>,
    /// The beginning of the answer, or why there was none.
    pub(crate) text: String,
    /// For how long the receiver asks to be left alone.
    pub(crate) retry_after_seconds: Option<u32>,
    /// What its content says in spite of the status.
    pub(crate) refusal: Option<Refusal>,
}

/// A refusal that is in the content of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// There was too much of late.
    TooMany,
    /// There is no such receiver.
    Gone,
    /// For another reason.
    Other,
}

impl Answer {
    /// None came, for this reason.
    pub(crate) fn missing(why: String) -> Answer {
        Answer { text: why, ..Answer::default() }
    }

    /// Whether what was sent is accepted.
    pub(crate) fn is_acceptance(&self) -> bool {
        matches!(self.status, Some(200..=299)) && self.refusal.is_none()
    }

    /// Whether the receiver is gone for good.
    pub(crate) fn is_gone(&self) -> bool {
        self.status == Some(410) || self.refusal == Some(Refusal::Gone)
    }

    /// Whether the receiver has too much to do, for all things alike.
    pub(crate) fn is_busy(&self) -> bool {
        matches!(self.status, Some(429 | 502..=504)) || self.refusal == Some(Refusal::TooMany)
    }
}

impl Sender {
    pub(crate) fn new(connector: Connector) -> Sender {
        Sender { connector }
    }

    pub(crate) fn policy(&self) -> &Policy {
        self.connector.policy()
    }

    /// Sends a message, and reads the beginning of the answer, within [`ANSWER_TIMEOUT`].
    pub(crate) async fn post(&self, url: &str, message: Message, now: Timestamp) -> Answer {
        let none = Answer::missing;
        match tokio::time::timeout(ANSWER_TIMEOUT, self.try_post(url, message, now)).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(error)) => none(format!("{error:#}")),
            Err(_) => none(format!("there was no answer within {} s", ANSWER_TIMEOUT.as_secs())),
        }
    }

    async fn try_post(&self, url: &str, message: Message, now: Timestamp) -> anyhow::Result<Answer> {
        let target = Target::parse(url, self.policy()).context("the URL")?;
        let mut request = Request::post(target.path_and_query()).body(Full::new(message.body))?;
        *request.headers_mut() = message.headers;
        let read = |response: Response<Incoming>| async move {
            let (status, headers) = (response.status().as_u16(), response.headers().clone());
            let text = beginning(response).await;
            let retry_after_seconds = retry_after(&headers, now);
            Answer { status: Some(status), text, retry_after_seconds, refusal: None }
        };
        Ok(self.connector.send(&target, request, read).await?)
    }
}

/// The beginning of an answer. What comes after it is not read.
async fn beginning(mut response: Response<Incoming>) -> String {
    let mut read = Vec::new();
    while read.len() < ANSWER_BYTES_MAX
        && let Some(Ok(frame)) = response.frame().await
    {
        if let Ok(data) = frame.into_data() {
            let room = ANSWER_BYTES_MAX - read.len();
            read.extend_from_slice(&data[..data.len().min(room)]);
        }
    }
    let text = String::from_utf8_lossy(&read);
    text.chars().filter(|&c| !c.is_control() || c == '\n').collect()
}

/// Seconds for which the receiver asks to be left alone, as a number or a date.
fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<u32> {
    let value = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim();
    let seconds = match value.parse::<i64>() {
        Ok(seconds) => seconds,
        Err(_) => {
            let at = Timestamp::try_from(httpdate::parse_http_date(value).ok()?).ok()?;
            at.as_second() - now.as_second()
        }
    };
    u32::try_from(seconds.max(0)).ok().map(|seconds| seconds.min(RETRY_AFTER_SECONDS_MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_receiver_says_when_to_come_again() {
        let now = Timestamp::from_second(784_111_777).unwrap();
        let asked = |value: &str| {
            let headers = HeaderMap::from_iter([(header::RETRY_AFTER, value.parse().unwrap())]);
            retry_after(&headers, now)
        };
        assert_eq!(asked("120"), Some(120));
        assert_eq!(asked("Sun, 06 Nov 1994 08:51:37 GMT"), Some(120));
        assert_eq!(asked("Sun, 06 Nov 1994 08:00:00 GMT"), Some(0));
        assert_eq!(asked("99999999999"), None, "what is no number of seconds is passed over");
        assert_eq!(asked("9999999"), Some(RETRY_AFTER_SECONDS_MAX));
        assert_eq!(asked("soon"), None);
    }

    #[tokio::test]
    async fn nothing_is_connected_to_that_may_not_be() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let sender = Sender::new(Connector::new(Policy::default(), None).unwrap());
        for url in [format!("https://127.0.0.1:{port}/"), format!("https://localhost:{port}/")] {
            let message = Message { headers: HeaderMap::new(), body: Bytes::new() };
            let answer = sender.post(&url, message, Timestamp::UNIX_EPOCH).await;
            assert!(answer.text.contains("is no public address"), "{answer:?}");
        }
        let connected = futures::FutureExt::now_or_never(listener.accept());
        assert!(connected.is_none(), "somebody connected");
    }
}
