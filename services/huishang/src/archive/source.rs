//! Receiving the log from a ledger, byte for byte, up to its head.

use crate::client::Error;
use crate::client::options::Options;
use crate::language::say;
use anyhow::Context as _;
use client::Client;
use event_log::{Hash, Head, hex};
use indicatif::ProgressBar;
use proto::ledger::v1 as pb;
use tonic::{Status, Streaming};
use uuid::Uuid;

/// A ledger.
pub struct Source {
    /// Who calls it.
    pub client: Client,
}

/// Something that receives the log.
pub trait Receiver {
    /// What it has already.
    fn held(&self) -> Held;
    /// Receives the frames that come next.
    async fn receive(&mut self, frames: prost::bytes::Bytes) -> anyhow::Result<()>;
}

/// What a receiver has: up to which position, and the hash and root there where they are known.
pub struct Held {
    pub position: u64,
    pub hash: Option<Hash>,
    pub root: Option<Hash>,
}

impl From<Head> for Held {
    fn from(head: Head) -> Held {
        Held { position: head.position, hash: Some(head.hash), root: Some(head.root) }
    }
}

/// What a ledger sends before its records.
pub struct Beginning {
    pub log_id: Uuid,
    pub after: Head,
    /// The last record that comes.
    pub head: Head,
    /// That head, signed by the ledger.
    pub signed_head: Option<String>,
}

impl Source {
    /// Connects to the ledger named in the options.
    pub async fn connect(options: &Options) -> Result<Source, Error> {
        Ok(Source { client: options.client_of("ledger").await? })
    }

    /// The log's id.
    pub async fn log_id(&self) -> anyhow::Result<Uuid> {
        let (beginning, _) = self.begin(0).await.map_err(from_status)?;
        Ok(beginning.log_id)
    }

    /// Sends the receiver every record that it lacks, up to the ledger's head; returns what the ledger sent before
    /// them. Fails if the receiver has something that is not in the ledger's log.
    pub async fn send_missing(
        &self,
        log_id: Uuid,
        receiver: &mut impl Receiver,
        bar: &ProgressBar,
    ) -> anyhow::Result<Beginning> {
        let mut attempts = self.client.attempts();
        loop {
            let before = receiver.held().position;
            let broken = match self.begin(before).await {
                Ok((beginning, records)) => {
                    same_log(log_id, &beginning, &receiver.held())?;
                    bar.set_length(beginning.head.position);
                    bar.set_position(before);
                    match receive(records, receiver, bar).await? {
                        None => return Ok(beginning),
                        Some(status) => status,
                    }
                }
                Err(status) => status,
            };
            if receiver.held().position > before {
                attempts = self.client.attempts();
            }
            attempts.pause_after(broken).await.map_err(from_status)?;
        }
    }

    async fn begin(
        &self,
        after_position: u64,
    ) -> Result<(Beginning, Streaming<pb::BackupRecordsResponse>), Status> {
        let mut answers = self.client.stream(pb::BackupRecordsRequest { after_position }).await?;
        let first = answers.message().await?.and_then(|answer| answer.beginning);
        let beginning = first.and_then(read_beginning);
        let beginning =
            beginning.ok_or_else(|| Status::internal("the ledger's first answer has no beginning"))?;
        Ok((beginning, answers))
    }
}

/// Receives records to the end of the stream, or until it breaks; returns why it broke.
async fn receive(
    mut records: Streaming<pb::BackupRecordsResponse>,
    receiver: &mut impl Receiver,
    bar: &ProgressBar,
) -> anyhow::Result<Option<Status>> {
    loop {
        match records.message().await {
            Ok(Some(answer)) => {
                let wanted = receiver.held().position + 1;
                anyhow::ensure!(
                    answer.first_position == wanted,
                    say(
                        "the ledger sent record {sent}, but {wanted} comes next",
                        &[("sent", &answer.first_position), ("wanted", &wanted)]
                    )
                );
                receiver.receive(answer.frames.into()).await?;
                bar.set_position(receiver.held().position);
            }
            Ok(None) => return Ok(None),
            Err(status) => return Ok(Some(status)),
        }
    }
}

fn same_log(log_id: Uuid, beginning: &Beginning, held: &Held) -> Result<(), Error> {
    if beginning.log_id != log_id {
        return Err(Error::Usage(say(
            "the server has log {found} now, but the copy is of log {log}",
            &[("found", &beginning.log_id), ("log", &log_id)],
        )));
    }
    let after = &beginning.after;
    let same =
        held.hash.is_none_or(|hash| hash == after.hash) && held.root.is_none_or(|root| root == after.root);
    if same && after.position == held.position {
        return Ok(());
    }
    Err(Error::Usage(say(
        "the server's log does not continue this copy: up to record {position} it has another history; nothing was \
         added",
        &[("position", &held.position)],
    )))
}

fn read_beginning(beginning: pb::BackupBeginning) -> Option<Beginning> {
    Some(Beginning {
        log_id: Uuid::try_parse(&beginning.log_id).ok()?,
        after: read_point(&beginning.after?)?,
        head: read_point(&beginning.head?)?,
        signed_head: Some(beginning.signed_head).filter(|note| !note.is_empty()),
    })
}

fn read_point(point: &pb::LogPoint) -> Option<Head> {
    Some(Head { position: point.position, hash: hex::decode(&point.hash)?, root: hex::decode(&point.root)? })
}

/// A service's refusal, as the error of a client command.
pub fn from_status(status: Status) -> anyhow::Error {
    Error::from_status(status).into()
}

/// Reads a hash from a service in hexadecimal.
pub fn hash(digits: &str) -> anyhow::Result<Hash> {
    hex::decode(digits)
        .with_context(|| say("the service returned {digits} as a hash", &[("digits", &digits)]))
}
