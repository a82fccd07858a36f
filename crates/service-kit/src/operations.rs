//! What those who run a process ask it, the same in each.

use crate::Kit;
use crate::limits::{PAGE_ITEMS_MAX, REQUEST_BYTES_MAX, RESPONSE_BYTES_MAX};
use proto::operations::v1 as pb;
use proto::operations::v1::operations_service_server::{OperationsService, OperationsServiceServer};
use tonic::{Request, Response, Status};

/// The service's full name on the wire.
pub const NAME: &str = <OperationsServiceServer<Service> as tonic::server::NamedService>::NAME;

/// The operations of a process.
pub struct Service {
    kit: Kit,
}

/// Builds the service over the kit whose consumers it tells of.
pub fn build(kit: &Kit) -> OperationsServiceServer<Service> {
    OperationsServiceServer::new(Service { kit: kit.clone() })
        .max_decoding_message_size(REQUEST_BYTES_MAX)
        .max_encoding_message_size(RESPONSE_BYTES_MAX)
}

#[tonic::async_trait]
impl OperationsService for Service {
    async fn list_set_aside(
        &self,
        _: Request<pb::ListSetAsideRequest>,
    ) -> Result<Response<pb::ListSetAsideResponse>, Status> {
        let kit = self.kit.clone();
        let asked = tokio::task::spawn_blocking(move || kit.set_aside(PAGE_ITEMS_MAX as usize));
        let answered = asked.await.map_err(|_| Status::internal("the answer broke off"))?;
        let (records, total) = answered.map_err(|error| {
            tracing::error!(%error, "the files of the consumers could not be read");
            Status::internal("the files of the consumers could not be read; the log has the reason")
        })?;
        let records = records
            .into_iter()
            .map(|record| pb::SetAsideRecord {
                consumer: record.consumer.to_owned(),
                position: record.position,
                stream: record.stream,
                reason: record.reason,
            })
            .collect();
        Ok(Response::new(pb::ListSetAsideResponse { records, total }))
    }
}
