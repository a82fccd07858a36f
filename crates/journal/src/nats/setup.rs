//! Connecting to NATS, and setting up the realm's stream.

use super::addresses::{self, Login};
use super::keys::BrokerKeys;
use super::message::Names;
use super::watermark::{LedgerRegistry, Listener};
use super::{Known, Link, NatsJournal, nkey};
use crate::latest_time::LatestTime;
use crate::limits::{BATCHES_IN_FLIGHT_MAX, CONNECT_TIMEOUT, REQUEST_TIMEOUT, RETRY_PAUSE_MAX};
use crate::personal::Keys;
use crate::witness::Witness;
use async_nats::jetstream::context::{AccountErrorKind, GetStreamError, GetStreamErrorKind};
use async_nats::jetstream::stream::{self, Compression, DiscardPolicy, RetentionPolicy, StorageType};
use async_nats::jetstream::{self, ErrorCode};
use async_nats::{Client, ClientError, ConnectErrorKind, ConnectOptions, Event, ServerError};
use std::collections::VecDeque;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::time::Instant;
use tokio_util::task::AbortOnDropHandle;

/// Configuration of the distributed journal.
#[derive(Clone)]
pub struct Config {
    /// Addresses such as `nats://host:4222`, separated by commas. One may contain `user:password@` or `token@`,
    /// percent-encoded where they have other characters than letters and digits.
    pub url: String,
    /// Name of the realm: lower-case letters, digits and `-`.
    pub realm: String,
    /// Number of servers that store the stream, if it is created here.
    pub replicas: usize,
    /// Number of ledgers that must have a record for it to be committed; at least 1.
    pub ledgers_needed: usize,
    /// NATS credentials file.
    pub credentials: Option<PathBuf>,
    /// File with the seed of the NKey that stands for this process. It is read at every connection.
    pub nkey_file: Option<PathBuf>,
    /// PEM file with the authorities that may vouch for the broker; without it, those of the system may. With it,
    /// only connections with TLS are made. It is read at every connection.
    pub ca_file: Option<PathBuf>,
    /// First token of the subjects on which this process receives replies.
    pub inbox_prefix: String,
    /// What this process is called in messages to people.
    pub name: String,
    /// The last record that files of this process show to have been committed. A ledger that does not have it
    /// refuses to confirm the stream.
    pub witness: Option<Witness>,
    /// The folder where a ledger keeps the keys of persons; none in a process that runs no ledger.
    pub personal_keys: Option<PathBuf>,
}

// A password in the URL is not for logs.
impl fmt::Debug for Config {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Config")
            .field("url", &addresses::shown(&self.url))
            .field("realm", &self.realm)
            .field("replicas", &self.replicas)
            .field("ledgers_needed", &self.ledgers_needed)
            .field("credentials", &self.credentials)
            .field("nkey_file", &self.nkey_file)
            .field("ca_file", &self.ca_file)
            .field("inbox_prefix", &self.inbox_prefix)
            .field("name", &self.name)
            .field("witness", &self.witness)
            .field("personal_keys", &self.personal_keys)
            .finish()
    }
}

impl Config {
    /// Returns the configuration for one replica, one ledger, the realm `main`, no credentials, and the authorities of
    /// the system.
    pub fn new(url: impl Into<String>) -> Config {
        Config {
            url: url.into(),
            realm: "main".into(),
            replicas: 1,
            ledgers_needed: 1,
            credentials: None,
            nkey_file: None,
            ca_file: None,
            inbox_prefix: "_INBOX".into(),
            name: "a process".into(),
            witness: None,
            personal_keys: None,
        }
    }
}

/// What the client has reported about its connection.
#[derive(Debug, Default)]
pub(super) struct ConnectionEvents {
    /// Incremented when the connection is lost or established, possibly with a short delay.
    epoch: AtomicU64,
    /// Why the last attempt to connect failed.
    failure: Mutex<Option<String>>,
    /// The errors that the broker has reported last, at most [`REPORTS_KEPT_MAX`].
    reported: Mutex<VecDeque<String>>,
}

/// Errors of the broker that are kept, at most.
const REPORTS_KEPT_MAX: usize = 8;

impl ConnectionEvents {
    fn note(&self, event: &Event) {
        let failure = match event {
            Event::Connected | Event::Disconnected => {
                self.epoch.fetch_add(1, Ordering::SeqCst);
                None
            }
            Event::ClientError(ClientError::Other(why)) => Some(why.trim_start_matches("nats: ").to_owned()),
            Event::ServerError(ServerError::Other(why)) => return self.note_reported(why),
            _ => return,
        };
        *self.failure.lock().unwrap_or_else(PoisonError::into_inner) = failure;
    }

    /// Warns of an error that the broker reports, unless it is the same as the one before.
    fn note_reported(&self, why: &str) {
        let mut reported = self.reported.lock().unwrap_or_else(PoisonError::into_inner);
        if reported.back().is_some_and(|last| last == why) {
            return;
        }
        tracing::warn!(error = why, "the broker reports an error; what its permissions forbid gets no reply");
        if reported.len() == REPORTS_KEPT_MAX {
            reported.pop_front();
        }
        reported.push_back(why.to_owned());
    }

    pub(super) fn reported(&self) -> Vec<String> {
        self.reported.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }

    pub(super) fn epoch(&self) -> u64 {
        self.epoch.load(Ordering::SeqCst)
    }

    pub(super) fn last_failure(&self) -> String {
        let failure = self.failure.lock().unwrap_or_else(PoisonError::into_inner);
        failure.clone().unwrap_or_else(|| "it was closed".into())
    }
}

/// Why the journal could not be connected.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The configuration is invalid.
    #[error("{0}")]
    Configuration(String),
    /// NATS could not be reached, or JetStream did not become ready, in time.
    #[error("NATS at {url} is not available: {reason}")]
    Unreachable {
        /// Addresses of the servers.
        url: String,
        /// The last error.
        reason: String,
    },
    /// The broker has no JetStream.
    #[error(
        "nats-server at {url} runs without JetStream; start it with -js, or with 'jetstream {{}}' in its configuration"
    )]
    NoJetStream {
        /// Addresses of the servers.
        url: String,
    },
    /// The realm's stream exists, but its settings do not satisfy the contract.
    #[error(
        "the stream {stream} has the settings {found}, but the journal requires {required}; it was not created by \
         Huishang"
    )]
    UnsuitableStream {
        /// Name of the stream.
        stream: String,
        /// Its settings.
        found: String,
        /// The required settings.
        required: String,
    },
}

#[expect(clippy::disallowed_methods, reason = "it ends with the journal that holds its handle")]
pub(super) async fn connect(config: Config) -> Result<NatsJournal, ConnectError> {
    let invalid = |reason: String| Err(ConnectError::Configuration(reason));
    let Some(names) = Names::new(&config.realm) else {
        return invalid(invalid_realm(&config.realm));
    };
    if config.ledgers_needed == 0 || !(1..=5).contains(&config.replicas) {
        return invalid("at least 1 ledger and 1 to 5 replicas are required".into());
    }
    let events = Arc::new(ConnectionEvents::default());
    let deadline = Instant::now() + CONNECT_TIMEOUT;
    let mut told = false;
    let (client, context, info, broker_keys) = loop {
        let reason = match try_connect(&config, &names, &events).await {
            Ok(connected) => break connected,
            Err(Failure::Permanent(error)) => return Err(error),
            Err(Failure::Retryable(reason)) => reason,
        };
        if Instant::now() >= deadline {
            return Err(unreachable(&config, reason));
        }
        let seconds = CONNECT_TIMEOUT.as_secs();
        match std::mem::replace(&mut told, true) {
            false => tracing::warn!(
                address = addresses::shown(&config.url),
                reason,
                "NATS is not ready; trying for {seconds} s"
            ),
            true => tracing::debug!(reason, "NATS is not ready; trying again"),
        }
        tokio::time::sleep(RETRY_PAUSE_MAX).await;
    };
    let created = info.created.unix_timestamp_nanos();
    let ledgers = Arc::new(LedgerRegistry::new(config.ledgers_needed, created, &client));
    let known = Arc::new(Known::new(config.name.clone(), config.witness.clone()));
    let (listener, committed) = Listener::new(&names, &client, ledgers.clone(), known.clone())
        .await
        .map_err(|reason| unreachable(&config, reason))?;
    let keys = Keys::shared(config.personal_keys.as_deref(), broker_keys)
        .map_err(|error| ConnectError::Configuration(error.to_string()))?;
    let link = Arc::new(Link {
        client,
        context,
        names,
        replicas: info.config.num_replicas,
        address: addresses::shown(&config.url),
        events,
        ledgers,
        known,
        verified_epochs: [AtomicU64::new(u64::MAX), AtomicU64::new(u64::MAX)],
        batch_permits: Semaphore::new(BATCHES_IN_FLIGHT_MAX),
        committed,
        latest: LatestTime::new(None),
        keys,
    });
    let listening = tokio::spawn(listener.run(Arc::downgrade(&link)));
    Ok(NatsJournal { link, _watermark: Arc::new(AbortOnDropHandle::new(listening)) })
}

/// Creates the error for unreachable servers, without user and password from their URLs.
pub(super) fn unreachable(config: &Config, reason: String) -> ConnectError {
    ConnectError::Unreachable { url: addresses::shown(&config.url), reason }
}

pub(super) fn invalid_realm(realm: &str) -> String {
    format!("the realm {realm:?} must consist of lower-case letters, digits and '-'")
}

/// Why an attempt to connect failed.
pub(super) enum Failure {
    Retryable(String),
    Permanent(ConnectError),
}

impl From<ConnectError> for Failure {
    fn from(error: ConnectError) -> Self {
        Failure::Permanent(error)
    }
}

async fn try_connect(
    config: &Config,
    names: &Names,
    events: &Arc<ConnectionEvents>,
) -> Result<(Client, jetstream::Context, stream::Info, BrokerKeys), Failure> {
    let (client, context) = connect_broker(config, events).await?;
    let info = find_or_create_stream(&context, config, names).await?;
    if info.config.subjects == [names.repair_subjects()] {
        return Err(Failure::Retryable("the stream is being repaired, or its repair was interrupted".into()));
    }
    check_settings(&info.config, &stream_settings(config, names))?;
    let keys = BrokerKeys::open(&client, &context, names, info.config.num_replicas).await;
    Ok((client, context, info, keys.map_err(Failure::Retryable)?))
}

/// Connects to the broker, and checks that the server is recent enough.
pub(super) async fn connect_broker(
    config: &Config,
    events: &Arc<ConnectionEvents>,
) -> Result<(Client, jetstream::Context), Failure> {
    let (addresses, login) = addresses::read(&config.url)
        .map_err(|fault| ConnectError::Configuration(format!("invalid NATS address: {fault}")))?;
    if login.is_some() && config.nkey_file.is_some() {
        let why =
            "the NATS address has a login, and there is an NKey; only one of them can stand for this process";
        return Err(ConnectError::Configuration(why.into()).into());
    }
    let options = options(config, events).await?;
    let options = match login {
        Some(Login::UserAndPassword(user, password)) => options.user_and_password(user, password),
        Some(Login::Token(token)) => options.token(token),
        None => options,
    };
    let client = options.connect(addresses).await.map_err(|error| match error.kind() {
        // Time does not make a wrong password right.
        ConnectErrorKind::AuthorizationViolation | ConnectErrorKind::Authentication => {
            Failure::Permanent(unreachable(config, error.to_string()))
        }
        _ => Failure::Retryable(error.to_string()),
    })?;
    if !client.is_server_compatible(2, 12, 0) {
        let version = client.server_info().version;
        return Err(ConnectError::Configuration(format!(
            "nats-server {version} does not support atomic batches; 2.12 or newer is required"
        ))
        .into());
    }
    let mut context = jetstream::new(client.clone());
    context.set_timeout(REQUEST_TIMEOUT);
    if lacks_jetstream(&client, &context).await {
        return Err(ConnectError::NoJetStream { url: addresses::shown(&config.url) }.into());
    }
    Ok((client, context))
}

/// Returns whether the broker has no JetStream. A server without it may pass requests on to others that have it.
async fn lacks_jetstream(client: &Client, context: &jetstream::Context) -> bool {
    let answer = if client.server_info().jetstream { None } else { context.query_account().await.err() };
    answer.is_some_and(|error| match error.kind() {
        AccountErrorKind::JetStreamUnavailable => true,
        AccountErrorKind::JetStream(error) => {
            [ErrorCode::JETSTREAM_NOT_ENABLED, ErrorCode::JETSTREAM_NOT_ENABLED_FOR_ACCOUNT]
                .contains(&error.error_code())
        }
        AccountErrorKind::TimedOut | AccountErrorKind::Other => false,
    })
}

async fn options(config: &Config, events: &Arc<ConnectionEvents>) -> Result<ConnectOptions, ConnectError> {
    let events = events.clone();
    let options = match &config.nkey_file {
        Some(file) => nkey::options(file).map_err(ConnectError::Configuration)?,
        None => ConnectOptions::new(),
    };
    let options = options
        .name("huishang")
        .custom_inbox_prefix(&config.inbox_prefix)
        .request_timeout(Some(REQUEST_TIMEOUT))
        .connection_timeout(REQUEST_TIMEOUT)
        .ping_interval(Duration::from_secs(5))
        .reconnect_delay_callback(|attempts| Duration::from_millis(20 * attempts as u64).min(RETRY_PAUSE_MAX))
        .event_callback(move |event| {
            tracing::debug!(%event, "NATS");
            events.note(&event);
            std::future::ready(())
        });
    let options = match &config.ca_file {
        Some(file) => trusting(file, options)?,
        None => options,
    };
    let Some(file) = &config.credentials else { return Ok(options) };
    options.credentials_file(file).await.map_err(|error| {
        ConnectError::Configuration(format!("the credentials {} cannot be read: {error}", file.display()))
    })
}

/// Accepts only brokers for which the authorities in a file vouch.
fn trusting(file: &Path, options: ConnectOptions) -> Result<ConnectOptions, ConnectError> {
    // When it connects, the client does not say which file it cannot read.
    std::fs::File::open(file).map_err(|error| {
        ConnectError::Configuration(format!("the authorities in {} cannot be read: {error}", file.display()))
    })?;
    Ok(options.add_root_certificates(file.to_owned()).require_tls(true))
}

/// Returns the settings of the realm's stream: messages are never removed, and batches are atomic.
pub(super) fn stream_settings(config: &Config, names: &Names) -> stream::Config {
    stream::Config {
        name: names.stream.clone(),
        description: Some(format!("All records of the realm {}, in order", config.realm)),
        subjects: vec![names.record_subjects()],
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

/// Returns the present state of a stream, if it exists.
pub(super) async fn find_stream(
    context: &jetstream::Context,
    name: &str,
) -> Result<Option<stream::Info>, String> {
    match context.get_stream(name).await {
        Ok(found) => Ok(Some(found.cached_info().clone())),
        Err(error) if is_not_found(&error) => Ok(None),
        Err(error) => Err(error.to_string()),
    }
}

/// Returns whether the broker reports that the stream does not exist.
pub(super) fn is_not_found(error: &GetStreamError) -> bool {
    matches!(error.kind(), GetStreamErrorKind::JetStream(answer)
        if answer.error_code() == ErrorCode::STREAM_NOT_FOUND)
}

async fn find_or_create_stream(
    context: &jetstream::Context,
    config: &Config,
    names: &Names,
) -> Result<stream::Info, Failure> {
    let failed = |error: &dyn std::fmt::Display| Failure::Retryable(error.to_string());
    if let Some(found) = find_stream(context, &names.stream).await.map_err(Failure::Retryable)? {
        return Ok(found);
    }
    // Several processes may create it at the same time, which is harmless with equal settings.
    let created =
        context.create_stream(stream_settings(config, names)).await.map_err(|error| failed(&error))?;
    Ok(created.cached_info().clone())
}

/// Refuses a stream that could lose records or does not support what the contract requires.
pub(super) fn check_settings(found: &stream::Config, required: &stream::Config) -> Result<(), ConnectError> {
    let describe = |config: &stream::Config| {
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
    let (found_settings, required) = (describe(found), describe(required));
    if found_settings == required {
        return Ok(());
    }
    Err(ConnectError::UnsuitableStream { stream: found.name.clone(), found: found_settings, required })
}
