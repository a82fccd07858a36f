//! Receiving the log from a ledger, byte for byte, up to its head.

use crate::client::connection::{self, Options};
use crate::client::{Error, is_unavailable};
use anyhow::Context as _;
use event_log::{Hash, Head, hex};
use indicatif::ProgressBar;
use proto::ledger::v1 as pb;
use proto::ledger::v1::ledger_service_client::LedgerServiceClient;
use std::time::Duration;
use tonic::metadata::{Ascii, MetadataValue};
use tonic::transport::Channel;
use tonic::{Request, Status, Streaming};
use uuid::Uuid;

/// Attempts in a row to resume a broken stream without receiving anything, at most.
const ATTEMPTS_MAX: u32 = 5;
/// Time before the first attempt to resume; it doubles each time.
const RETRY_DELAY: Duration = Duration::from_millis(200);
/// Maximum size of one answer.
const ANSWER_BYTES_MAX: usize = 16 * 1024 * 1024;

/// A ledger, and the token to show it.
pub struct Source {
    channel: Channel,
    token: MetadataValue<Ascii>,
}

/// Something that receives the log.
pub trait Receiver {
    /// What it has already.
    fn held(&self) -> Held;
    /// Receives the frames that come next.
    fn receive(&mut self, frames: prost::bytes::Bytes) -> anyhow::Result<()>;
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
        let address = options.address("ledger")?;
        let token = options.token()?;
        Ok(Source { channel: connection::connect(&address).await?, token })
    }

    /// A request with the token.
    pub fn request<M>(&self, message: M) -> Request<M> {
        let mut request = Request::new(message);
        request.metadata_mut().insert("authorization", self.token.clone());
        request
    }

    /// A client of the ledger.
    pub fn client(&self) -> LedgerServiceClient<Channel> {
        LedgerServiceClient::new(self.channel.clone()).max_decoding_message_size(ANSWER_BYTES_MAX)
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
        let (mut attempt, mut delay) = (1, RETRY_DELAY);
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
                (attempt, delay) = (1, RETRY_DELAY);
            }
            if attempt == ATTEMPTS_MAX || !is_unavailable(&broken) {
                return Err(from_status(broken));
            }
            attempt += 1;
            tokio::time::sleep(delay).await;
            delay *= 2;
        }
    }

    async fn begin(
        &self,
        after_position: u64,
    ) -> Result<(Beginning, Streaming<pb::BackupRecordsResponse>), Status> {
        let request = self.request(pb::BackupRecordsRequest { after_position });
        let mut answers = self.client().backup_records(request).await?.into_inner();
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
                    "the ledger sent record {}, but {wanted} comes next",
                    answer.first_position
                );
                receiver.receive(answer.frames.into())?;
                bar.set_position(receiver.held().position);
            }
            Ok(None) => return Ok(None),
            Err(status) => return Ok(Some(status)),
        }
    }
}

fn same_log(log_id: Uuid, beginning: &Beginning, held: &Held) -> Result<(), Error> {
    if beginning.log_id != log_id {
        let found = beginning.log_id;
        return Err(Error::Usage(format!("the server has log {found} now, but the copy is of log {log_id}")));
    }
    let after = &beginning.after;
    let same =
        held.hash.is_none_or(|hash| hash == after.hash) && held.root.is_none_or(|root| root == after.root);
    if same && after.position == held.position {
        return Ok(());
    }
    Err(Error::Usage(format!(
        "the server's log does not continue this copy: up to record {} it has another history; nothing was added",
        held.position
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
    hex::decode(digits).with_context(|| format!("the service returned {digits:?} as a hash"))
}
