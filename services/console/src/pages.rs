//! What can be read without a token: the description of the door, for machines and for people. It says nothing of any
//! matter.

mod reference;

use crate::openapi;
use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use http::{HeaderValue, Response};
use http_body_util::Full;
use std::sync::LazyLock;
use tonic::body::Body;

/// A page needs nothing but its own style.
const POLICY: &str =
    "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The page at a path, if there is one.
pub(crate) fn at(path: &str) -> Option<Response<Body>> {
    static OPENAPI: LazyLock<Bytes> = LazyLock::new(|| openapi::document().to_string().into());
    static DOCS: LazyLock<Bytes> = LazyLock::new(|| reference::page(&openapi::document()).into());
    let (media_type, bytes) = match path {
        "/openapi.json" => ("application/json", OPENAPI.clone()),
        "/docs" => ("text/html; charset=utf-8", DOCS.clone()),
        "/docs.css" => ("text/css; charset=utf-8", Bytes::from_static(include_bytes!("pages/docs.css"))),
        _ => return None,
    };
    let mut response = Response::new(Body::new(Full::new(bytes)));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    headers.insert("x-content-type-options", HeaderValue::from_static("nosniff"));
    Some(response)
}
