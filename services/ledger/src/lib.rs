//! The ledger service: reading and verifying the log, its signed heads, erasures, and the clock of a rehearsal.

mod backup;
mod ballot_keys;
mod erasure;
mod events;
mod grpc;
mod heads;
pub mod limits;
mod readers;
mod rejection;
mod scheduled_backup;
mod witnesses;

use event_log::EventLog;
use proto::ledger::v1::ledger_service_server::LedgerServiceServer;
use service_kit::Kit;
use service_kit::limits::{REQUEST_BYTES_MAX, RESPONSE_BYTES_MAX};
use std::path::PathBuf;
use std::sync::Arc;

pub use grpc::Service;
pub use heads::{Evidence, HeadError, Heads, Signing};
pub use rejection::Rejection;
pub use scheduled_backup::{LastBackup, ScheduledBackup};
pub use witnesses::{Witnesses, WitnessesError};

/// Full name of the service.
pub const NAME: &str = <LedgerServiceServer<Service> as tonic::server::NamedService>::NAME;

/// Builds the service for an open log, after checking that the log continues the last signed head. The caller
/// must run [`Heads::store_until`] to store the signed heads. Erasures that were requested are carried out, and the
/// keys of secret ballots that have ended are destroyed, until the kit stops. Who read a thing is looked for in the folder of
/// the access log.
pub fn build(
    kit: &Kit,
    log: EventLog,
    signing: Signing,
    access_log: Option<PathBuf>,
) -> Result<(LedgerServiceServer<Service>, Arc<Heads>), HeadError> {
    let heads = Arc::new(Heads::open(log.clone(), signing)?);
    erasure::start(kit);
    ballot_keys::start(kit);
    let service = LedgerServiceServer::new(Service::new(kit.clone(), log, heads.clone(), access_log))
        .max_decoding_message_size(REQUEST_BYTES_MAX)
        .max_encoding_message_size(RESPONSE_BYTES_MAX);
    Ok((service, heads))
}
