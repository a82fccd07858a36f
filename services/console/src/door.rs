//! The door itself: what comes as gRPC passes, what comes as HTTP and JSON is translated, and nothing else comes in.

use crate::asker::{Asker, Stack, console_url};
use crate::binding::Parts;
use crate::calendar;
use crate::desk::{self, Desk};
use crate::oparl::{self, Published};
use crate::pages;
use crate::request::{self, Written};
use crate::response::{self, Around, Writing};
use crate::route::{self, Found, Rpc};
use crate::wanted::{Wanted, accepts};
use futures::future::{BoxFuture, Either, FutureExt as _};
use http::header::{ALLOW, AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode};
use proto::Invalid;
use std::convert::Infallible;
use std::path::PathBuf;
use std::sync::Arc;
use std::task::{Context, Poll};
use tonic::Status;
use tonic::body::Body;
use tower::Service;
use tower::util::BoxCloneService;

/// What a reader of server-sent events got last.
const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");
const JSON: &str = "application/json";
const CONNECT_STREAM: &str = "application/connect+json";

/// The HTTP door before a stack that answers gRPC.
#[derive(Clone)]
pub struct Door<S> {
    inner: S,
    desk: Arc<Desk>,
    published: Option<Arc<Published>>,
}

impl<S> Door<S> {
    /// A door before this stack, with the pages of this desk.
    pub fn new(inner: S, desk: Arc<Desk>) -> Door<S> {
        Door { inner, desk, published: None }
    }

    /// The door, which serves besides what `huishang export oparl` has written into a folder.
    #[must_use]
    pub fn publishing(self, folder: Option<PathBuf>) -> Door<S> {
        Door { published: folder.map(|folder| Arc::new(Published::new(folder))), ..self }
    }
}

impl<S> Service<Request<Body>> for Door<S>
where
    S: Service<Request<Body>, Response = Response<Body>, Error = Infallible> + Clone + Send + 'static,
    S::Future: Send + 'static,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Either<S::Future, BoxFuture<'static, Result<Response<Body>, Infallible>>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        if media_type(request.headers()).starts_with("application/grpc") {
            return Either::Left(self.inner.call(request));
        }
        // The one that was found ready is used.
        let next = self.inner.clone();
        let inner = std::mem::replace(&mut self.inner, next);
        if let Some(secret) = calendar::secret_in(request.uri().path()) {
            let (secret, is_https) = (secret.to_owned(), self.desk.is_https());
            return Either::Right(
                async move {
                    Ok(calendar::answer(BoxCloneService::new(inner), request, secret, is_https).await)
                }
                .boxed(),
            );
        }
        let is_of_published = |_: &&Arc<Published>| oparl::is_of_published(request.uri().path());
        if let Some(published) = self.published.as_ref().filter(is_of_published) {
            let (published, method, uri) =
                (published.clone(), request.method().clone(), request.uri().clone());
            return Either::Right(async move { Ok(oparl::answer(published, &method, &uri).await) }.boxed());
        }
        if desk::is_of_desk(request.uri().path()) {
            let desk = self.desk.clone();
            return Either::Right(
                async move { Ok(desk::answer(&desk, BoxCloneService::new(inner), request).await) }.boxed(),
            );
        }
        if wants_page(&request) {
            return Either::Right(async move { Ok(desk::nothing_there(&request)) }.boxed());
        }
        let desk = self.desk.clone();
        let answering = async move {
            Ok(match Call::read(&request) {
                Ok(call) => call.answer(BoxCloneService::new(inner), request, &desk).await,
                Err(NoCall(response)) => *response,
            })
        };
        Either::Right(answering.boxed())
    }
}

/// Whether a browser asks for a page where nothing is.
fn wants_page(request: &Request<Body>) -> bool {
    let (method, path) = (request.method(), request.uri().path());
    method == Method::GET
        && accepts(request.headers(), "text/html")
        && route::by_name(path).is_none()
        && pages::at(path).is_none()
        && matches!(route::by_route(method.as_str(), path), Found::Nothing)
}

/// An rpc as it is called by HTTP.
struct Call {
    rpc: &'static Rpc,
    written: Written,
    writing: Writing,
}

/// The answer to a request that calls no rpc.
struct NoCall(Box<Response<Body>>);

impl From<Response<Body>> for NoCall {
    fn from(response: Response<Body>) -> NoCall {
        NoCall(Box::new(response))
    }
}

impl Call {
    /// What a request calls; nothing of its message is looked at yet.
    fn read(request: &Request<Body>) -> Result<Call, NoCall> {
        match route::by_name(request.uri().path()) {
            Some(rpc) => Call::by_name(rpc, request),
            None => Call::by_route(request),
        }
    }

    /// By the Connect protocol.
    fn by_name(rpc: &'static Rpc, request: &Request<Body>) -> Result<Call, NoCall> {
        let streams = rpc.contract.streams;
        let media_type = media_type(request.headers());
        let (written, writing) = match (request.method(), media_type.as_str()) {
            (&Method::POST, JSON) if !streams => (Written::Body, Writing::Connect),
            (&Method::POST, CONNECT_STREAM) if streams => (Written::Enveloped, Writing::ConnectStream),
            (&Method::GET, _) if !streams && rpc.contract.reads => {
                let query = request.uri().query().unwrap_or_default();
                (Written::Query(query.to_owned()), Writing::Connect)
            }
            (&Method::POST, _) => {
                return Err(unsupported(Writing::Connect, if streams { CONNECT_STREAM } else { JSON }).into());
            }
            _ => return Err(not_allowed(Writing::Connect, &["POST"]).into()),
        };
        Ok(Call { rpc, written, writing })
    }

    /// By `google.api.http`.
    fn by_route(request: &Request<Body>) -> Result<Call, NoCall> {
        if let (&Method::GET, Some(page)) = (request.method(), pages::at(request.uri().path())) {
            return Err(page.into());
        }
        let wanted = Wanted::read(request.headers());
        let writing = Writing::ByRoute(wanted);
        let (rpc, mut variables) = match route::by_route(request.method().as_str(), request.uri().path()) {
            Found::Rpc(rpc, variables) => (rpc, variables),
            Found::OtherMethods(methods) => return Err(not_allowed(writing, &methods).into()),
            Found::Nothing => {
                let nothing =
                    Status::not_found("there is nothing at this path; /openapi.json lists what there is");
                return Err(writing.refusal(&nothing).into());
            }
        };
        let has_body = rpc.contract.route.as_ref().is_some_and(|route| route.has_body);
        if has_body && media_type(request.headers()) != JSON {
            return Err(unsupported(writing, JSON).into());
        }
        let last =
            last_event_id(rpc, request.headers()).map_err(|invalid| writing.refusal(&invalid.into()))?;
        let mut query = request.uri().query().unwrap_or_default().to_owned();
        if let Some((name, value)) = last {
            query = without(&query, name);
            variables.push((name, value));
        }
        Ok(Call { rpc, written: Written::ByRoute(Parts { variables, query }), writing })
    }

    async fn answer(self, mut stack: Stack, request: Request<Body>, desk: &Desk) -> Response<Body> {
        let Call { rpc, written, writing } = self;
        let uri = request.uri().clone();
        let (head, body) = request.into_parts();
        let around = writing.is_workbook().then(|| Around {
            asker: Asker::new(
                stack.clone(),
                head.extensions.clone(),
                head.headers.get(AUTHORIZATION).cloned(),
            ),
            console_url: console_url(&head, desk.is_https()),
            time_zone: desk.time_zone().to_owned(),
        });
        let request = Request::from_parts(head, body);
        let request = match request::to_grpc(rpc, written, request) {
            Ok(request) => request,
            Err(status) => return writing.refusal(&status),
        };
        let Ok(answered) = stack.call(request).await;
        let answer = match rpc.contract.streams {
            true => response::streamed(rpc, answered, writing),
            false => response::unary(rpc, answered, writing, &uri, around).await,
        };
        answer.unwrap_or_else(|status| writing.refusal(&status))
    }
}

/// Where a reader of server-sent events goes on, if the rpc can begin after a position: the field, and its value.
fn last_event_id(rpc: &Rpc, headers: &HeaderMap) -> Result<Option<(&'static str, String)>, Invalid> {
    const AFTER_POSITION: &str = "after_position";
    let Some(last) = headers.get(LAST_EVENT_ID) else { return Ok(None) };
    if !rpc.contract.streams || rpc.method.input().get_field_by_name(AFTER_POSITION).is_none() {
        return Ok(None);
    }
    let position = last.to_str().ok().filter(|text| text.parse::<u64>().is_ok());
    let position = position.ok_or_else(|| Invalid::field("Last-Event-ID", "is no position in the log"))?;
    Ok(Some((AFTER_POSITION, position.to_owned())))
}

/// A query string without the parameter for this field: what a reader got last counts, and not where it once began.
fn without(query: &str, field: &str) -> String {
    let parameters = query.split('&').filter(|parameter| {
        let name = parameter.split('=').next().unwrap_or_default();
        name != field && name != "afterPosition"
    });
    parameters.collect::<Vec<_>>().join("&")
}

/// The media type of a request's body, without parameters.
fn media_type(headers: &HeaderMap) -> String {
    let value = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

fn not_allowed(writing: Writing, methods: &[&str]) -> Response<Body> {
    let mut response =
        writing.refusal(&Status::unimplemented(format!("this path is for {}", methods.join(" and "))));
    *response.status_mut() = StatusCode::METHOD_NOT_ALLOWED;
    let allowed = HeaderValue::from_str(&methods.join(", "));
    allowed.into_iter().for_each(|allowed| drop(response.headers_mut().insert(ALLOW, allowed)));
    response
}

fn unsupported(writing: Writing, wanted: &'static str) -> Response<Body> {
    let why = format!("send the message with content-type: {wanted}");
    let mut response = writing.refusal(&Status::invalid_argument(why));
    *response.status_mut() = StatusCode::UNSUPPORTED_MEDIA_TYPE;
    response.headers_mut().insert("accept-post", HeaderValue::from_static(wanted));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_read_last_counts_and_not_where_reading_began() {
        assert_eq!(without("after_position=3&follow=true&afterPosition=4", "after_position"), "follow=true");
    }
}
