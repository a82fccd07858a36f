//! The log as a ledger gives it away: its own bytes, up to its head.

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

/// Times in a row that a broken stream is taken up again without anything having come.
const ATTEMPTS_MAX: u32 = 5;
/// Time before it is taken up again; it doubles each time.
const RETRY_DELAY: Duration = Duration::from_millis(200);
/// Bytes of one answer, at most.
const ANSWER_BYTES_MAX: usize = 16 * 1024 * 1024;

/// A ledger, and who asks it.
pub struct Source {
    channel: Channel,
    token: MetadataValue<Ascii>,
}

/// What receives the log.
pub trait Receiver {
    /// The last position that it has, with the record's hash and the root, as far as they are known.
    fn stands(&self) -> Stand;
    /// Takes the frames that come next.
    fn take(&mut self, frames: prost::bytes::Bytes) -> anyhow::Result<()>;
}

/// Where a receiver stands.
pub struct Stand {
    pub position: u64,
    pub hash: Option<Hash>,
    pub root: Option<Hash>,
}

impl From<Head> for Stand {
    fn from(head: Head) -> Stand {
        Stand { position: head.position, hash: Some(head.hash), root: Some(head.root) }
    }
}

/// What a ledger says before its records.
pub struct Beginning {
    pub log_id: Uuid,
    pub after: Head,
    /// The last record that comes.
    pub head: Head,
    /// That head as the ledger signed it.
    pub signed_head: Option<String>,
}

impl Source {
    /// The ledger that the options name.
    pub async fn connect(options: &Options) -> Result<Source, Error> {
        let address = options.address("ledger")?;
        let token = options.token()?;
        Ok(Source { channel: connection::connect(&address).await?, token })
    }

    /// A request in the name of who asks.
    pub fn request<M>(&self, message: M) -> Request<M> {
        let mut request = Request::new(message);
        request.metadata_mut().insert("authorization", self.token.clone());
        request
    }

    /// The ledger's rpcs.
    pub fn client(&self) -> LedgerServiceClient<Channel> {
        LedgerServiceClient::new(self.channel.clone()).max_decoding_message_size(ANSWER_BYTES_MAX)
    }

    /// The log's identity.
    pub async fn log_id(&self) -> anyhow::Result<Uuid> {
        let (beginning, _) = self.begin(0).await.map_err(said)?;
        Ok(beginning.log_id)
    }

    /// Gives the receiver every record that it lacks, up to the ledger's head, and answers with what the
    /// ledger said of this head. Refused where the receiver holds something that is not in the ledger's log.
    pub async fn give(
        &self,
        log_id: Uuid,
        receiver: &mut impl Receiver,
        bar: &ProgressBar,
    ) -> anyhow::Result<Beginning> {
        let (mut attempt, mut delay) = (1, RETRY_DELAY);
        loop {
            let before = receiver.stands().position;
            let broken = match self.begin(before).await {
                Ok((beginning, records)) => {
                    same_log(log_id, &beginning, &receiver.stands())?;
                    bar.set_length(beginning.head.position);
                    bar.set_position(before);
                    match receive(records, receiver, bar).await? {
                        None => return Ok(beginning),
                        Some(status) => status,
                    }
                }
                Err(status) => status,
            };
            if receiver.stands().position > before {
                (attempt, delay) = (1, RETRY_DELAY);
            }
            if attempt == ATTEMPTS_MAX || !is_unavailable(&broken) {
                return Err(said(broken));
            }
            attempt += 1;
            tokio::time::sleep(delay).await;
            delay *= 2;
        }
    }

    async fn begin(&self, after: u64) -> Result<(Beginning, Streaming<pb::BackupRecordsResponse>), Status> {
        let request = self.request(pb::BackupRecordsRequest { after });
        let mut answers = self.client().backup_records(request).await?.into_inner();
        let first = answers.message().await?.and_then(|answer| answer.beginning);
        let beginning = first.and_then(read_beginning);
        let beginning = beginning.ok_or_else(|| Status::internal("the answer has no beginning"))?;
        Ok((beginning, answers))
    }
}

/// Receives records to the end of the stream, or until it breaks.
async fn receive(
    mut records: Streaming<pb::BackupRecordsResponse>,
    receiver: &mut impl Receiver,
    bar: &ProgressBar,
) -> anyhow::Result<Option<Status>> {
    loop {
        match records.message().await {
            Ok(Some(answer)) => {
                let wanted = receiver.stands().position + 1;
                anyhow::ensure!(
                    answer.first_position == wanted,
                    "record {} came where {wanted} comes next",
                    answer.first_position
                );
                receiver.take(answer.frames.into())?;
                bar.set_position(receiver.stands().position);
            }
            Ok(None) => return Ok(None),
            Err(status) => return Ok(Some(status)),
        }
    }
}

fn same_log(log_id: Uuid, beginning: &Beginning, stands: &Stand) -> Result<(), Error> {
    if beginning.log_id != log_id {
        let found = beginning.log_id;
        return Err(Error::Usage(format!("the server has log {found} now, and log {log_id} was begun")));
    }
    let after = &beginning.after;
    let same = stands.hash.is_none_or(|hash| hash == after.hash)
        && stands.root.is_none_or(|root| root == after.root);
    if same && after.position == stands.position {
        return Ok(());
    }
    Err(Error::Usage(format!(
        "the server's log does not continue what is here: up to record {} it has another history; nothing was added",
        stands.position
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
    Some(Head { position: point.position, hash: hex::hash(&point.hash)?, root: hex::hash(&point.root)? })
}

/// What a service said, as a client command's error.
pub fn said(status: Status) -> anyhow::Error {
    Error::said(status).into()
}

/// Reads the hexadecimal form of a hash that a service gave.
pub fn hash(digits: &str) -> anyhow::Result<Hash> {
    hex::hash(digits).with_context(|| format!("the service gave {digits:?} for a hash"))
}
