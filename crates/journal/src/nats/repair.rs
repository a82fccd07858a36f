//! Making JetStream's stream the log's again, while the log's ledger does not run.
//!
//! [`Repair::examine`] compares stream and log, record by record. [`Repair::put_back`] publishes what the
//! stream lacks at the positions that it has in the log; [`Repair::replace`] makes the stream anew first.
//! Meanwhile the stream takes nothing from services: it listens on subjects of the repair's own, which the
//! server maps to the records'. Either may be interrupted anywhere and begun again.

mod examine;

pub use examine::{Findings, Foreign, State};

use super::announcement::Announcement;
use super::ledger::binding;
use super::ledger::put_back::{self, Fault};
use super::message::Names;
use super::setup::{self, Attempt, Config, ConnectError};
use crate::Position;
use crate::limits::LEDGERS_HEARD_WITHIN;
use async_nats::Client;
use async_nats::jetstream::{self, stream};
use event_log::EventLog;
use futures::StreamExt as _;
use std::sync::Arc;
use tokio::time::Instant;

/// Why a stream was not examined or not repaired.
#[derive(Debug, thiserror::Error)]
pub enum RepairError {
    /// There is no connection.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// A ledger follows the stream; it would be in the way.
    #[error("the ledger {0} follows this stream; stop it first, and repair from the log that has most")]
    LedgerRuns(String),
    /// Somebody else wrote into the stream meanwhile.
    #[error("the stream grew while records were put back; run the repair again")]
    Grew,
    /// The broker refused or did not answer.
    #[error("NATS: {0}; run the repair again, it goes on where it stopped")]
    Broker(String),
    /// The log could not be read, or what is beside it not written.
    #[error("the log: {0}")]
    Log(String),
}

impl From<Fault> for RepairError {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Grew => RepairError::Grew,
            Fault::Broker(why) => RepairError::Broker(why),
            Fault::Log(why) => RepairError::Log(why),
            Fault::NoRecord(error) => RepairError::Log(error.to_string()),
        }
    }
}

/// A connection to the broker, and the log that is right.
pub struct Repair {
    client: Client,
    context: jetstream::Context,
    names: Names,
    config: Config,
    log: EventLog,
}

impl Repair {
    /// Connects. No stream is made.
    pub async fn connect(config: Config, log: EventLog) -> Result<Repair, RepairError> {
        let Some(names) = Names::new(&config.realm) else {
            let why = format!("the realm {:?} must be of lower case letters, digits and '-'", config.realm);
            return Err(ConnectError::Configuration(why).into());
        };
        let (client, context) = match setup::broker(&config, &Arc::default()).await {
            Ok(connected) => connected,
            Err(Attempt::Hopeless(error)) => return Err(error.into()),
            Err(Attempt::Failed(why)) => return Err(setup::unreachable(&config, why).into()),
        };
        Ok(Repair { client, context, names, config, log })
    }

    /// Compares the whole stream with the log. `progress` is told the position reached.
    pub async fn examine(&self, progress: impl FnMut(Position)) -> Result<Findings, RepairError> {
        let info = setup::find(&self.context, &self.names).await.map_err(RepairError::Broker)?;
        examine::examine(self, info, progress).await
    }

    /// Publishes what the stream lacks, after having made the stream when there is none, and has the log
    /// follow it. `progress` is told the position reached.
    pub async fn put_back(
        &self,
        findings: &Findings,
        progress: impl FnMut(Position),
    ) -> Result<(), RepairError> {
        self.no_ledger_runs().await?;
        let closed = self.closed(findings);
        let info = match findings.stream_exists {
            true => self.context.update_stream(&closed).await.map_err(broker)?,
            false => self.context.create_stream(closed).await.map_err(broker)?.cached_info().clone(),
        };
        let (end, head) = (info.state.last_sequence, self.log.head().position);
        if findings.stream_exists && end != findings.end {
            return Err(RepairError::Grew);
        }
        let subject = |stream: &str| self.names.repaired_subject(stream);
        put_back::put_back(&self.client, &self.names, &self.log, (end, head), subject, progress).await?;
        self.open_again(findings).await
    }

    /// Deletes the stream with everything in it, makes it anew, and puts the log's records into it.
    pub async fn replace(
        &self,
        findings: &Findings,
        progress: impl FnMut(Position),
    ) -> Result<(), RepairError> {
        self.no_ledger_runs().await?;
        if findings.stream_exists {
            self.context.delete_stream(&self.names.stream).await.map_err(broker)?;
        }
        let none = Findings { stream_exists: false, ..findings.clone() };
        self.put_back(&none, progress).await
    }

    /// Has the log follow the stream that is there, which holds all that the log has.
    pub async fn adopt(&self, findings: &Findings) -> Result<(), RepairError> {
        self.no_ledger_runs().await?;
        self.open_again(findings).await
    }

    /// The stream takes records from everybody, and is remembered as the log's.
    async fn open_again(&self, findings: &Findings) -> Result<(), RepairError> {
        let open = self.open(findings);
        let info = self.context.update_stream(open).await.map_err(broker)?;
        let created = info.created.unix_timestamp_nanos();
        binding::write(self.log.dir(), created).map_err(|fault| RepairError::Log(fault.to_string()))
    }

    /// The stream's settings, with as many replicas as it had.
    fn open(&self, findings: &Findings) -> stream::Config {
        let replicas = findings.replicas.unwrap_or(self.config.replicas);
        setup::wanted(&Config { replicas, ..self.config.clone() }, &self.names)
    }

    /// The stream's settings while it takes records from this repair alone.
    fn closed(&self, findings: &Findings) -> stream::Config {
        let records = self.open(findings);
        stream::Config {
            subjects: vec![self.names.repaired()],
            subject_transform: Some(stream::SubjectTransform {
                source: self.names.repaired(),
                destination: self.names.subject_of("{{wildcard(1)}}.{{wildcard(2)}}.{{wildcard(3)}}"),
            }),
            ..records
        }
    }

    async fn no_ledger_runs(&self) -> Result<(), RepairError> {
        let mut announcements = self.client.subscribe(self.names.committed.clone()).await.map_err(broker)?;
        let deadline = Instant::now() + LEDGERS_HEARD_WITHIN;
        while let Ok(Some(message)) = tokio::time::timeout_at(deadline, announcements.next()).await {
            if let Some(said) = Announcement::parse(&message.payload) {
                return Err(RepairError::LedgerRuns(format!("{} ({})", said.name, said.ledger)));
            }
        }
        Ok(())
    }
}

fn broker(error: impl std::fmt::Display) -> RepairError {
    RepairError::Broker(error.to_string())
}
