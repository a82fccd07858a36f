//! What was published as OParl, served as `huishang export oparl` has written it into a folder, with the filters that OParl
//! asks of a server. Nobody shows a token here: what is in the folder is public.

mod filter;
mod list;

pub use list::list_page;

use bytes::Bytes;
use filter::{Filter, WrongFilter};
use http::header::{
    ACCESS_CONTROL_ALLOW_ORIGIN, ALLOW, CACHE_CONTROL, CONTENT_TYPE, LOCATION, X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderValue, Method, Response, StatusCode, Uri};
use http_body_util::Full;
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;
use tokio::sync::Semaphore;
use tonic::body::Body;

/// Where it is served.
const PREFIX: &str = "/oparl";
/// The folder of lists.
const LISTS: &str = "list";
/// Where readers begin.
const SYSTEM: &str = "/oparl/system/system.json";
/// Requests for which files are read at once, at most; others wait.
const READ_AT_ONCE_MAX: usize = 4;
const JSON: &str = "application/json; charset=utf-8";

/// A published folder.
pub(crate) struct Published {
    folder: PathBuf,
    turns: Semaphore,
    /// The objects of each kind, as they were when their folder was changed last.
    objects: Mutex<BTreeMap<String, OfKind>>,
}

/// The objects of a kind, and when their folder was changed last.
type OfKind = (SystemTime, Arc<Vec<Value>>);

/// What is answered: a media type and content, or why there is none.
type Answer = Result<(&'static str, Vec<u8>), (StatusCode, String)>;

impl Published {
    pub(crate) fn new(folder: PathBuf) -> Published {
        Published { folder, turns: Semaphore::new(READ_AT_ONCE_MAX), objects: Mutex::default() }
    }

    /// The objects of a kind, those that were deleted among them, by their addresses.
    fn objects(&self, kind: &str) -> std::io::Result<Arc<Vec<Value>>> {
        let folder = self.folder.join(kind);
        // Looked at before it is read: what is written meanwhile is read the next time.
        let changed = match folder.metadata() {
            Ok(metadata) => metadata.modified()?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Arc::default()),
            Err(error) => return Err(error),
        };
        let known = self.objects.lock().unwrap_or_else(PoisonError::into_inner).get(kind).cloned();
        if let Some((_, objects)) = known.filter(|(at, _)| *at == changed) {
            return Ok(objects);
        }
        let mut objects = Vec::new();
        for entry in folder.read_dir()? {
            let path = entry?.path();
            if path.extension().is_some_and(|extension| extension == "json") {
                objects.push(serde_json::from_slice::<Value>(&std::fs::read(path)?)?);
            }
        }
        objects.sort_by(|one, other| one["id"].as_str().cmp(&other["id"].as_str()));
        let objects = Arc::new(objects);
        let mut known = self.objects.lock().unwrap_or_else(PoisonError::into_inner);
        known.insert(kind.to_owned(), (changed, objects.clone()));
        Ok(objects)
    }

    fn read(&self, folder: &str, name: &str, query: &str) -> Answer {
        let path = self.folder.join(folder).join(name);
        let filter = Filter::read(query).map_err(|WrongFilter(why)| (StatusCode::BAD_REQUEST, why))?;
        let kind = name.strip_suffix(".json").filter(|_| folder == LISTS);
        if let (Some(kind), false) = (kind, filter.is_empty()) {
            // The first page says where it is, and that there is such a list.
            let first: Value = serde_json::from_slice(&content(&path)?).map_err(|error| failed(&error))?;
            let url = first["links"]["first"].as_str().filter(|url| first["links"]["self"] == *url);
            let url = url.ok_or_else(nothing)?;
            let objects = self.objects(kind).map_err(|error| failed(&error))?;
            return Ok((JSON, filter.page(kind, url, &objects).to_string().into_bytes()));
        }
        let media_type = match path.extension().and_then(|extension| extension.to_str()) {
            Some("json") => JSON,
            Some("txt") => "text/plain; charset=utf-8",
            _ => return Err(nothing()),
        };
        Ok((media_type, content(&path)?))
    }
}

fn nothing() -> (StatusCode, String) {
    (StatusCode::NOT_FOUND, "there is nothing at this address".to_owned())
}

fn content(path: &Path) -> Result<Vec<u8>, (StatusCode, String)> {
    match std::fs::read(path) {
        Ok(content) => Ok(content),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Err(nothing()),
        Err(error) => Err(failed(&error)),
    }
}

/// Why is for the operators, and not for the public.
fn failed(error: &dyn std::fmt::Display) -> (StatusCode, String) {
    tracing::error!(%error, "what is published cannot be read");
    (StatusCode::INTERNAL_SERVER_ERROR, "what is published cannot be read".to_owned())
}

/// Whether a path is of what is published.
pub(crate) fn is_of_published(path: &str) -> bool {
    path.strip_prefix(PREFIX).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Answers a request for something that is published.
pub(crate) async fn answer(published: Arc<Published>, method: &Method, uri: &Uri) -> Response<Body> {
    if !matches!(*method, Method::GET | Method::HEAD) {
        let mut response = refused(StatusCode::METHOD_NOT_ALLOWED, "this is only to be read");
        response.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
        return response;
    }
    let rest = uri.path().strip_prefix(PREFIX).unwrap_or_default().trim_start_matches('/');
    if rest.is_empty() {
        let mut response = written(StatusCode::MOVED_PERMANENTLY, JSON, Vec::new());
        response.headers_mut().insert(LOCATION, HeaderValue::from_static(SYSTEM));
        return response;
    }
    let Some((folder, name)) = file(rest) else {
        let (status, why) = nothing();
        return refused(status, &why);
    };
    let query = uri.query().unwrap_or_default().to_owned();
    let _turn = published.turns.acquire().await;
    let reading = published.clone();
    let read = tokio::task::spawn_blocking(move || reading.read(&folder, &name, &query)).await;
    match read.unwrap_or_else(|error| Err(failed(&error))) {
        Ok((media_type, content)) => {
            let content = if *method == Method::HEAD { Vec::new() } else { content };
            written(StatusCode::OK, media_type, content)
        }
        Err((status, why)) => refused(status, &why),
    }
}

/// The folder and the file that a path names: nothing above them, and nothing hidden.
fn file(path: &str) -> Option<(String, String)> {
    let (folder, name) = path.split_once('/')?;
    let name = percent_decode_str(name).decode_utf8().ok()?.into_owned();
    let is_folder =
        !folder.is_empty() && folder.chars().all(|letter| letter.is_ascii_lowercase() || letter == '-');
    let is_file = !name.starts_with('.') && !name.contains(['/', '\\', '\0']);
    (is_folder && is_file).then(|| (folder.to_owned(), name))
}

fn refused(status: StatusCode, why: &str) -> Response<Body> {
    let error =
        json!({"type": "https://schema.oparl.org/1.1/Error", "message": why, "debug": status.to_string()});
    written(status, JSON, error.to_string().into_bytes())
}

fn written(status: StatusCode, media_type: &'static str, content: Vec<u8>) -> Response<Body> {
    let mut response = Response::new(Body::new(Full::new(Bytes::from(content))));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

#[cfg(test)]
mod tests;
