//! A place in object storage.

use crate::BackupError;
use bytes::Bytes;
use futures::TryStreamExt as _;
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{Error, ObjectMeta, ObjectStore, ObjectStoreExt as _, PutMode, parse_url_opts};
use std::fs;
use std::sync::Arc;
use url::Url;

/// What a URL may begin with.
const SCHEMES: &[&str] = &["file", "s3", "gs", "az", "abfss"];
/// What variables of the environment, and lines of a file with credentials, may begin with.
const OPTIONS: &[&str] = &["AWS_", "AZURE_", "GOOGLE_"];

/// A place in object storage: a bucket or folder, and what all names in it begin with.
#[derive(Debug, Clone)]
pub struct Store {
    objects: Arc<dyn ObjectStore>,
    prefix: Path,
    url: String,
}

impl Store {
    /// Opens the place that a URL names: `s3://BUCKET/PREFIX`, `gs://BUCKET/PREFIX`, `az://CONTAINER/PREFIX` or
    /// `file:///FOLDER`. Region, endpoint and credentials are taken from variables whose names begin with `AWS_`,
    /// `AZURE_` or `GOOGLE_`, and from a file of lines `NAME=VALUE` with the same names, which overrides them.
    /// Nothing is sent.
    #[expect(
        clippy::disallowed_methods,
        reason = "credentials of object storage are found where its tools look for them"
    )]
    pub fn open(url: &str, credentials: Option<&std::path::Path>) -> Result<Store, BackupError> {
        let shown = url.split(['?', '#']).next().unwrap_or_default();
        let refused = |why: String| BackupError::Url { url: without_user(shown), why };
        let parsed = Url::parse(url).map_err(|error| refused(format!("it is no URL: {error}")))?;
        if !SCHEMES.contains(&parsed.scheme()) {
            return Err(refused(format!("it must begin with one of {}, and ://", SCHEMES.join(", "))));
        }
        if !parsed.username().is_empty() || parsed.password().is_some() || parsed.query().is_some() {
            let why = "credentials do not belong into it: put them into the environment or into a file";
            return Err(refused(why.to_owned()));
        }
        if parsed.scheme() == "file" {
            return Store::folder(&parsed).map_err(refused);
        }
        // Whoever else has chosen the same process-wide provider has chosen the same one.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut options: Vec<(String, String)> =
            std::env::vars().filter(|(name, _)| is_option(name)).collect();
        if let Some(file) = credentials {
            options.extend(read_options(file)?);
        }
        let (objects, prefix) =
            parse_url_opts(&parsed, options).map_err(|error| refused(error.to_string()))?;
        Ok(Store { objects: objects.into(), prefix, url: shown.trim_end_matches('/').to_owned() })
    }

    /// A folder, which is made when something is written there. What is written is synced.
    fn folder(url: &Url) -> Result<Store, String> {
        let folder = url.to_file_path().map_err(|()| "it names no folder of this machine".to_owned())?;
        let prefix = Path::from_absolute_path(folder).map_err(|error| error.to_string())?;
        let objects = Arc::new(LocalFileSystem::new().with_fsync(true));
        Ok(Store { objects, prefix, url: url.as_str().trim_end_matches('/').to_owned() })
    }

    /// Returns the URL, for people.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Returns what an object is called in messages.
    pub(crate) fn shown(&self, name: &str) -> String {
        format!("{}/{name}", self.url)
    }

    /// Returns the objects of a folder, with their names in it.
    pub(crate) async fn list(&self, folder: &str) -> Result<Vec<(String, ObjectMeta)>, BackupError> {
        let path = self.path(folder);
        let found: Result<Vec<ObjectMeta>, Error> = self.objects.list(Some(&path)).try_collect().await;
        let found = found.map_err(|source| self.failed(folder, source))?;
        let named = |meta: ObjectMeta| Some((meta.location.filename()?.to_owned(), meta));
        Ok(found.into_iter().filter_map(named).collect())
    }

    /// Returns an object.
    pub(crate) async fn get(&self, name: &str) -> Result<Bytes, BackupError> {
        let read = async { self.objects.get(&self.path(name)).await?.bytes().await };
        read.await.map_err(|source| self.failed(name, source))
    }

    /// Writes an object; what is there is never overwritten. An equal one is as good.
    pub(crate) async fn create(&self, name: &str, content: Bytes) -> Result<(), BackupError> {
        let put =
            self.objects.put_opts(&self.path(name), content.clone().into(), PutMode::Create.into()).await;
        match put {
            Ok(_) => Ok(()),
            Err(Error::AlreadyExists { .. }) if self.get(name).await? == content => Ok(()),
            Err(Error::AlreadyExists { .. }) => Err(BackupError::Occupied { object: self.shown(name) }),
            Err(source) => Err(self.failed(name, source)),
        }
    }

    /// Removes an object.
    pub(crate) async fn remove(&self, name: &str) -> Result<(), BackupError> {
        self.objects.delete(&self.path(name)).await.map_err(|source| self.failed(name, source))
    }

    fn path(&self, name: &str) -> Path {
        name.split('/').fold(self.prefix.clone(), |path, part| path.join(part))
    }

    fn failed(&self, name: &str, source: Error) -> BackupError {
        BackupError::Storage { object: self.shown(name), source }
    }
}

/// A URL without what might be a password.
fn without_user(url: &str) -> String {
    match (url.split_once("://"), url.rsplit_once('@')) {
        (Some((scheme, _)), Some((_, host))) => format!("{scheme}://***@{host}"),
        (None, Some((_, host))) => format!("***@{host}"),
        _ => url.to_owned(),
    }
}

fn is_option(name: &str) -> bool {
    OPTIONS.iter().any(|begin| name.starts_with(begin))
}

/// Reads lines `NAME=VALUE`; empty ones and those that begin with `#` are passed over.
fn read_options(file: &std::path::Path) -> Result<Vec<(String, String)>, BackupError> {
    let refused = |why: String| BackupError::Credentials { file: file.display().to_string(), why };
    let text = fs::read_to_string(file).map_err(|error| refused(error.to_string()))?;
    let lines = text.lines().map(str::trim).enumerate();
    let lines = lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('#'));
    lines
        .map(|(index, line)| match line.split_once('=') {
            Some((name, value)) if is_option(name.trim()) => {
                Ok((name.trim().to_owned(), value.trim().to_owned()))
            }
            _ => Err(refused(format!(
                "line {} is not NAME=VALUE with a name that begins with {}",
                index + 1,
                OPTIONS.join(", ")
            ))),
        })
        .collect()
}
