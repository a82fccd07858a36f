//! The ledger service: the log as outsiders may read and verify it, and the clock of a rehearsal.

mod grpc;
pub mod limits;
mod reader;

use event_log::EventLog;
use proto::ledger::v1::ledger_service_server::LedgerServiceServer;
use service_kit::Kit;
use service_kit::limits::{REQUEST_BYTES_MAX, RESPONSE_BYTES_MAX};

pub use grpc::Service;

/// The service's full name.
pub const NAME: &str = <LedgerServiceServer<Service> as tonic::server::NamedService>::NAME;

/// Builds the service over an open log.
pub fn build(kit: &Kit, log: EventLog) -> LedgerServiceServer<Service> {
    LedgerServiceServer::new(Service::new(kit.clone(), log))
        .max_decoding_message_size(REQUEST_BYTES_MAX)
        .max_encoding_message_size(RESPONSE_BYTES_MAX)
}
