//! Connecting, and the stream that holds a realm's records.

use super::message::Names;
use super::watermark::{Heard, Listener};
use super::{Link, NatsJournal};
use crate::limits::{BATCHES_IN_FLIGHT_MAX, CONNECT_TIMEOUT, REQUEST_TIMEOUT, RETRY_PAUSE_MAX};
use async_nats::jetstream::context::{GetStreamError, GetStreamErrorKind};
use async_nats::jetstream::stream::{self, Compression, DiscardPolicy, RetentionPolicy, StorageType};
use async_nats::jetstream::{self, ErrorCode};
use async_nats::{Client, ConnectOptions, Event, ServerAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::time::Instant;
use tokio_util::task::AbortOnDropHandle;

/// Where the journal is, and what the installation asks of it.
#[derive(Debug, Clone)]
pub struct Config {
    /// `nats://host:4222`, several separated by commas; may hold user and password.
    pub url: String,
    /// The realm: lower case letters, digits and `-`.
    pub realm: String,
    /// How many servers keep the stream, when it is made here.
    pub replicas: usize,
    /// How many ledgers must have a record before it is committed; at least 1.
    pub ledgers_needed: usize,
    /// A credentials file of NATS.
    pub credentials: Option<PathBuf>,
}

impl Config {
    /// One server, one ledger, the realm `main`, no credentials.
    pub fn new(url: impl Into<String>) -> Config {
        Config { url: url.into(), realm: "main".into(), replicas: 1, ledgers_needed: 1, credentials: None }
    }
}

/// Why there is no connection to the journal.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The configuration cannot be right.
    #[error("{0}")]
    Configuration(String),
    /// NATS did not answer, or JetStream was not ready, in time.
    #[error("NATS at {url} cannot be used: {why}")]
    Unreachable {
        /// Where.
        url: String,
        /// What was last seen.
        why: String,
    },
    /// The stream of the realm is there and would not keep what it must.
    #[error("the stream {stream} has {found}; a journal needs {needed}; it was not made by Huishang")]
    Unfit {
        /// The stream.
        stream: String,
        /// What it has.
        found: String,
        /// What it must have.
        needed: String,
    },
}

pub(super) async fn connect(config: Config) -> Result<NatsJournal, ConnectError> {
    let wrong = |why: String| Err(ConnectError::Configuration(why));
    let Some(names) = Names::new(&config.realm) else {
        return wrong(format!("the realm {:?} must be of lower case letters, digits and '-'", config.realm));
    };
    if config.ledgers_needed == 0 || !(1..=5).contains(&config.replicas) {
        return wrong("at least 1 ledger and 1 to 5 replicas are needed".into());
    }
    let epoch = Arc::new(AtomicU64::new(0));
    let deadline = Instant::now() + CONNECT_TIMEOUT;
    let (client, context, info) = loop {
        let why = match attempt(&config, &names, &epoch).await {
            Ok(connected) => break connected,
            Err(Attempt::Hopeless(error)) => return Err(error),
            Err(Attempt::Failed(why)) => why,
        };
        if Instant::now() >= deadline {
            return Err(unreachable(&config, why));
        }
        tracing::debug!(why, "NATS is not ready; trying again");
        tokio::time::sleep(RETRY_PAUSE_MAX).await;
    };
    let created = info.created.unix_timestamp_nanos();
    let heard = Arc::new(Heard::new(config.ledgers_needed, created, &client));
    let (listener, committed) =
        Listener::new(&names, &client, heard.clone()).await.map_err(|why| unreachable(&config, why))?;
    let link = Arc::new(Link {
        client,
        context,
        names,
        replicas: info.config.num_replicas,
        epoch,
        heard,
        checked: [AtomicU64::new(u64::MAX), AtomicU64::new(u64::MAX)],
        batches: Semaphore::new(BATCHES_IN_FLIGHT_MAX),
        committed,
    });
    let listening = tokio::spawn(listener.run(Arc::downgrade(&link)));
    Ok(NatsJournal { link, _watermark: Arc::new(AbortOnDropHandle::new(listening)) })
}

/// Names the servers without the user and password that a URL may hold.
pub(super) fn unreachable(config: &Config, why: String) -> ConnectError {
    let hosts: Vec<&str> = addresses(config)
        .map(|url| url.rsplit_once('@').or(url.rsplit_once("//")).map_or(url, |(_, host)| host))
        .collect();
    ConnectError::Unreachable { url: hosts.join(", "), why }
}

fn addresses(config: &Config) -> impl Iterator<Item = &str> {
    config.url.split(',').map(str::trim).filter(|url| !url.is_empty())
}

pub(super) enum Attempt {
    Failed(String),
    Hopeless(ConnectError),
}

impl From<ConnectError> for Attempt {
    fn from(error: ConnectError) -> Self {
        Attempt::Hopeless(error)
    }
}

async fn attempt(
    config: &Config,
    names: &Names,
    epoch: &Arc<AtomicU64>,
) -> Result<(Client, jetstream::Context, stream::Info), Attempt> {
    let (client, context) = broker(config, epoch).await?;
    let info = stream(&context, config, names).await?;
    if info.config.subjects == [names.repaired()] {
        return Err(Attempt::Failed("a repair of the stream is under way, or was interrupted".into()));
    }
    fit(&info.config, &wanted(config, names))?;
    Ok((client, context, info))
}

/// Connects, and sees that the server is new enough.
pub(super) async fn broker(
    config: &Config,
    epoch: &Arc<AtomicU64>,
) -> Result<(Client, jetstream::Context), Attempt> {
    let addresses = addresses(config)
        .map(str::parse::<ServerAddr>)
        .collect::<Result<Vec<_>, _>>()
        .map_err(|fault| ConnectError::Configuration(format!("no address of NATS: {fault}")))?;
    let client = options(config, epoch)
        .await?
        .connect(addresses)
        .await
        .map_err(|error| Attempt::Failed(error.to_string()))?;
    if !client.is_server_compatible(2, 12, 0) {
        let version = client.server_info().version;
        return Err(ConnectError::Configuration(format!(
            "nats-server {version} cannot write several streams at once; 2.12 or newer is needed"
        ))
        .into());
    }
    let mut context = jetstream::new(client.clone());
    context.set_timeout(REQUEST_TIMEOUT);
    Ok((client, context))
}

async fn options(config: &Config, epoch: &Arc<AtomicU64>) -> Result<ConnectOptions, ConnectError> {
    let epoch = epoch.clone();
    let options = ConnectOptions::new()
        .name("huishang")
        .request_timeout(Some(REQUEST_TIMEOUT))
        .connection_timeout(REQUEST_TIMEOUT)
        .ping_interval(Duration::from_secs(5))
        .reconnect_delay_callback(|attempts| Duration::from_millis(20 * attempts as u64).min(RETRY_PAUSE_MAX))
        .event_callback(move |event| {
            if matches!(event, Event::Connected | Event::Disconnected) {
                epoch.fetch_add(1, Ordering::SeqCst);
            }
            tracing::debug!(%event, "NATS");
            std::future::ready(())
        });
    let Some(file) = &config.credentials else { return Ok(options) };
    options.credentials_file(file).await.map_err(|error| {
        ConnectError::Configuration(format!("the credentials {} cannot be read: {error}", file.display()))
    })
}

/// What a log needs of its stream: nothing may ever leave it, and several messages enter together.
pub(super) fn wanted(config: &Config, names: &Names) -> stream::Config {
    stream::Config {
        name: names.stream.clone(),
        description: Some(format!("The order of all records of the realm {}", config.realm)),
        subjects: vec![names.records()],
        retention: RetentionPolicy::Limits,
        discard: DiscardPolicy::New,
        storage: StorageType::File,
        num_replicas: config.replicas,
        compression: Some(Compression::S2),
        allow_direct: true,
        allow_atomic_publish: true,
        deny_delete: true,
        deny_purge: true,
        max_consumers: -1,
        max_messages: -1,
        max_messages_per_subject: -1,
        max_bytes: -1,
        max_message_size: -1,
        ..stream::Config::default()
    }
}

/// The stream as it is, if there is one.
pub(super) async fn find(
    context: &jetstream::Context,
    names: &Names,
) -> Result<Option<stream::Info>, String> {
    match context.get_stream(&names.stream).await {
        Ok(found) => Ok(Some(found.cached_info().clone())),
        Err(error) if is_not_found(&error) => Ok(None),
        Err(error) => Err(error.to_string()),
    }
}

/// Whether the broker says that it has no such stream.
pub(super) fn is_not_found(error: &GetStreamError) -> bool {
    matches!(error.kind(), GetStreamErrorKind::JetStream(answer)
        if answer.error_code() == ErrorCode::STREAM_NOT_FOUND)
}

async fn stream(
    context: &jetstream::Context,
    config: &Config,
    names: &Names,
) -> Result<stream::Info, Attempt> {
    let failed = |error: &dyn std::fmt::Display| Attempt::Failed(error.to_string());
    if let Some(found) = find(context, names).await.map_err(Attempt::Failed)? {
        return Ok(found);
    }
    // Several processes may find it missing at once; making it twice with equal settings is harmless.
    let made = context.create_stream(wanted(config, names)).await.map_err(|error| failed(&error))?;
    Ok(made.cached_info().clone())
}

/// Refuses a stream that could lose records or cannot do what the contract says.
fn fit(found: &stream::Config, wanted: &stream::Config) -> Result<(), ConnectError> {
    let promises = |config: &stream::Config| {
        format!(
            "subjects {:?}, retention {:?}, discard {:?}, storage {:?}, direct gets {}, atomic batches {}, \
             deletes denied {}, purges denied {}, limits of age {:?}, messages {:?}, bytes {:?}",
            config.subjects,
            config.retention,
            config.discard,
            config.storage,
            config.allow_direct,
            config.allow_atomic_publish,
            config.deny_delete,
            config.deny_purge,
            config.max_age,
            (config.max_messages, config.max_messages_per_subject),
            config.max_bytes,
        )
    };
    let (has, needs) = (promises(found), promises(wanted));
    if has == needs {
        return Ok(());
    }
    Err(ConnectError::Unfit { stream: found.name.clone(), found: has, needed: needs })
}
