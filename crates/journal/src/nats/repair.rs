//! Repairing the JetStream stream from a log, while the log's ledger is not running.
//!
//! [`Repair::examine`] compares stream and log, record by record. [`Repair::restore_tail`] publishes the missing
//! records at their positions in the log; [`Repair::replace_stream`] recreates the stream first. During the
//! repair the stream accepts nothing from services: it listens on separate subjects, which the server maps to
//! those of the records. Both operations may be interrupted at any point and started again.

mod examine;

pub use examine::{Findings, Foreign, State};

use super::announcement::Announcement;
use super::ledger::binding;
use super::ledger::restore_tail::{self, RestoreTailError};
use super::message::Names;
use super::setup::{self, Config, ConnectError, Failure};
use crate::Position;
use crate::limits::LEDGER_DETECTION_TIME;
use async_nats::Client;
use async_nats::jetstream::{self, stream};
use event_log::EventLog;
use futures::StreamExt as _;
use std::sync::Arc;
use tokio::time::Instant;

/// Why a stream could not be examined or repaired.
#[derive(Debug, thiserror::Error)]
pub enum RepairError {
    /// The broker could not be connected.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// A running ledger follows the stream and would interfere.
    #[error(
        "the ledger {0} follows this stream; stop it first, and repair from the log with the most records"
    )]
    LedgerRunning(String),
    /// Another process wrote to the stream during the repair.
    #[error("the stream grew while records were being restored; run the repair again")]
    StreamGrew,
    /// The broker refused a request or did not reply.
    #[error("NATS: {0}; run the repair again to resume it")]
    Broker(String),
    /// The log could not be read, or a file next to it not written.
    #[error("the log: {0}")]
    Log(String),
}

impl From<RestoreTailError> for RepairError {
    fn from(error: RestoreTailError) -> Self {
        match error {
            RestoreTailError::StreamGrew => RepairError::StreamGrew,
            RestoreTailError::Broker(reason) => RepairError::Broker(reason),
            RestoreTailError::Log(reason) => RepairError::Log(reason),
            RestoreTailError::InvalidRecord(error) => RepairError::Log(error.to_string()),
        }
    }
}

/// A repair of the stream from a log.
pub struct Repair {
    client: Client,
    context: jetstream::Context,
    names: Names,
    config: Config,
    log: EventLog,
}

impl Repair {
    /// Connects to the broker, without creating a stream.
    pub async fn connect(config: Config, log: EventLog) -> Result<Repair, RepairError> {
        let Some(names) = Names::new(&config.realm) else {
            return Err(ConnectError::Configuration(setup::invalid_realm(&config.realm)).into());
        };
        let (client, context) = match setup::connect_broker(&config, &Arc::default()).await {
            Ok(connected) => connected,
            Err(Failure::Permanent(error)) => return Err(error.into()),
            Err(Failure::Retryable(reason)) => return Err(setup::unreachable(&config, reason).into()),
        };
        Ok(Repair { client, context, names, config, log })
    }

    /// Compares the whole stream with the log. `progress` is called with the position reached.
    pub async fn examine(&self, progress: impl FnMut(Position)) -> Result<Findings, RepairError> {
        let info =
            setup::find_stream(&self.context, &self.names.stream).await.map_err(RepairError::Broker)?;
        examine::examine(self, info, progress).await
    }

    /// Publishes the records missing at the end of the stream, creating the stream if there is none, and makes
    /// the log follow it. `progress` is called with the position reached.
    pub async fn restore_tail(
        &self,
        findings: &Findings,
        progress: impl FnMut(Position),
    ) -> Result<(), RepairError> {
        self.ensure_no_ledger_running().await?;
        let closed = self.settings_during_repair(findings);
        let info = match findings.stream_exists {
            true => self.context.update_stream(&closed).await.map_err(broker)?,
            false => self.context.create_stream(closed).await.map_err(broker)?.cached_info().clone(),
        };
        let (end, head) = (info.state.last_sequence, self.log.head().position);
        if findings.stream_exists && end != findings.end {
            return Err(RepairError::StreamGrew);
        }
        let subject = |stream: &str| self.names.repair_subject(stream);
        restore_tail::restore_tail(&self.client, &self.names, &self.log, (end, head), subject, progress)
            .await?;
        self.reopen(findings).await
    }

    /// Deletes the stream with all its messages, recreates it, and publishes the log's records to it.
    pub async fn replace_stream(
        &self,
        findings: &Findings,
        progress: impl FnMut(Position),
    ) -> Result<(), RepairError> {
        self.ensure_no_ledger_running().await?;
        if findings.stream_exists {
            self.context.delete_stream(&self.names.stream).await.map_err(broker)?;
        }
        let none = Findings { stream_exists: false, ..findings.clone() };
        self.restore_tail(&none, progress).await
    }

    /// Makes the log follow the present stream, which contains everything in the log.
    pub async fn adopt(&self, findings: &Findings) -> Result<(), RepairError> {
        self.ensure_no_ledger_running().await?;
        self.reopen(findings).await
    }

    /// Makes the stream accept records from services again, and records it as the one that the log follows.
    async fn reopen(&self, findings: &Findings) -> Result<(), RepairError> {
        let settings = self.regular_settings(findings);
        let info = self.context.update_stream(settings).await.map_err(broker)?;
        let created = info.created.unix_timestamp_nanos();
        binding::write(self.log.dir(), created).map_err(|fault| RepairError::Log(fault.to_string()))
    }

    /// Returns the regular settings of the stream, with its present number of replicas.
    fn regular_settings(&self, findings: &Findings) -> stream::Config {
        let replicas = findings.replicas.unwrap_or(self.config.replicas);
        setup::stream_settings(&Config { replicas, ..self.config.clone() }, &self.names)
    }

    /// Returns the settings with which the stream accepts records only from this repair.
    fn settings_during_repair(&self, findings: &Findings) -> stream::Config {
        let regular = self.regular_settings(findings);
        stream::Config {
            subjects: vec![self.names.repair_subjects()],
            subject_transform: Some(stream::SubjectTransform {
                source: self.names.repair_subjects(),
                destination: self.names.subject_of("{{wildcard(1)}}.{{wildcard(2)}}.{{wildcard(3)}}"),
            }),
            ..regular
        }
    }

    async fn ensure_no_ledger_running(&self) -> Result<(), RepairError> {
        let mut announcements =
            self.client.subscribe(self.names.announcements.clone()).await.map_err(broker)?;
        let deadline = Instant::now() + LEDGER_DETECTION_TIME;
        while let Ok(Some(message)) = tokio::time::timeout_at(deadline, announcements.next()).await {
            if let Some(ledger) = Announcement::parse(&message.payload) {
                return Err(RepairError::LedgerRunning(format!("{} ({})", ledger.name, ledger.ledger)));
            }
        }
        Ok(())
    }
}

fn broker(error: impl std::fmt::Display) -> RepairError {
    RepairError::Broker(error.to_string())
}
