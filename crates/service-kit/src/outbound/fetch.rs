//! What is fetched from where somebody says: only when it has changed, within limits, and after each redirect only from where it may be.

use super::{Connector, OutboundError, Target, TargetError};
use crate::limits::{FETCH_BYTES_MAX, FETCH_REDIRECTS_MAX, FETCH_TIMEOUT};
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response, StatusCode, header};
use http_body_util::{BodyExt as _, Full, LengthLimitError, Limited};
use hyper::body::Incoming;

/// By what a server knows which content somebody has.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Validators {
    etag: Option<HeaderValue>,
    last_modified: Option<HeaderValue>,
}

/// What was fetched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fetched {
    /// It is what it was.
    Unchanged,
    /// The content, and by what it is known.
    Content(Bytes, Validators),
}

/// Why nothing was fetched.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// It may not be fetched from there.
    #[error("the URL {0}")]
    NotAllowed(TargetError),
    /// There was no answer.
    #[error("{0}")]
    Unreachable(OutboundError),
    /// It took too long.
    #[error("it was not there within {} s", FETCH_TIMEOUT.as_secs())]
    TimedOut,
    /// The answer is no success.
    #[error("the server answered with status {0}")]
    Status(u16),
    /// There were too many redirects.
    #[error("there were more than {FETCH_REDIRECTS_MAX} redirects")]
    TooManyRedirects,
    /// There is too much of it.
    #[error("it has more than {FETCH_BYTES_MAX} bytes")]
    TooLarge,
}

impl From<OutboundError> for FetchError {
    fn from(error: OutboundError) -> FetchError {
        match error {
            OutboundError::Target(TargetError::Unresolved(_)) => FetchError::Unreachable(error),
            OutboundError::Target(fault) => FetchError::NotAllowed(fault),
            _ => FetchError::Unreachable(error),
        }
    }
}

/// What an answer is.
enum Answer {
    Fetched(Fetched),
    /// It is elsewhere.
    Redirect(String),
}

impl Connector {
    /// Fetches what is at a URL, unless it is what it was when it was known by these validators, within [`FETCH_TIMEOUT`].
    ///
    /// # Errors
    /// See [`FetchError`]; none of them says the URL.
    pub async fn fetch(
        &self,
        url: &str,
        accept: &'static str,
        known: &Validators,
    ) -> Result<Fetched, FetchError> {
        let fetching = tokio::time::timeout(FETCH_TIMEOUT, self.follow(url, accept, known));
        fetching.await.map_err(|_| FetchError::TimedOut)?
    }

    async fn follow(
        &self,
        url: &str,
        accept: &'static str,
        known: &Validators,
    ) -> Result<Fetched, FetchError> {
        let mut target = Target::parse(url, self.policy()).map_err(FetchError::NotAllowed)?;
        for _ in 0..=FETCH_REDIRECTS_MAX {
            let request = request(&target, accept, known);
            match self.send(&target, request, read).await?? {
                Answer::Fetched(fetched) => return Ok(fetched),
                Answer::Redirect(location) => {
                    target = target.join(&location, self.policy()).map_err(FetchError::NotAllowed)?;
                }
            }
        }
        Err(FetchError::TooManyRedirects)
    }
}

fn request(target: &Target, accept: &'static str, known: &Validators) -> Request<Full<Bytes>> {
    let mut request = Request::new(Full::default());
    // A URL that was parsed has a path that can be asked for.
    *request.uri_mut() = target.path_and_query().parse().unwrap_or_default();
    let headers = request.headers_mut();
    headers.insert(header::ACCEPT, HeaderValue::from_static(accept));
    let mut say = |name: HeaderName, value: &Option<HeaderValue>| {
        value.as_ref().map(|value| headers.insert(name, value.clone()))
    };
    say(header::IF_NONE_MATCH, &known.etag);
    say(header::IF_MODIFIED_SINCE, &known.last_modified);
    request
}

async fn read(response: Response<Incoming>) -> Result<Answer, FetchError> {
    let (head, body) = response.into_parts();
    match head.status {
        StatusCode::NOT_MODIFIED => Ok(Answer::Fetched(Fetched::Unchanged)),
        StatusCode::OK => {
            let whole = Limited::new(body, FETCH_BYTES_MAX).collect().await.map_err(|error| {
                match error.downcast::<hyper::Error>() {
                    Ok(error) => FetchError::Unreachable((*error).into()),
                    Err(error) => {
                        debug_assert!(error.is::<LengthLimitError>(), "{error}");
                        FetchError::TooLarge
                    }
                }
            })?;
            let validators = Validators {
                etag: head.headers.get(header::ETAG).cloned(),
                last_modified: head.headers.get(header::LAST_MODIFIED).cloned(),
            };
            Ok(Answer::Fetched(Fetched::Content(whole.to_bytes(), validators)))
        }
        status if status.is_redirection() => match location(&head.headers) {
            Some(location) => Ok(Answer::Redirect(location)),
            None => Err(FetchError::Status(status.as_u16())),
        },
        status => Err(FetchError::Status(status.as_u16())),
    }
}

fn location(headers: &HeaderMap) -> Option<String> {
    headers.get(header::LOCATION)?.to_str().ok().map(str::to_owned)
}
