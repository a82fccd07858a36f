//! What operators can ask of every process: whether its views equal their replay from the log, and what its
//! consumers have set aside.

use crate::Kit;
use crate::error::refusal;
use crate::limits::{PAGE_BYTES_MAX, REQUEST_BYTES_MAX, RESPONSE_BYTES_MAX};
use crate::list::{self, page_token};
use crate::places::Places;
use crate::serve::caller;
use crate::serve::responses::{ResponseSender, ResponseStream};
use crate::set_aside::SetAside;
use crate::view::{Compared, Difference, RegisteredView, ViewError};
use journal::Position;
use prost::Message as _;
use proto::Invalid;
use proto::api::v1::Reason;
use proto::operations::v1 as pb;
use proto::operations::v1::operations_service_server::{OperationsService, OperationsServiceServer};
use rusqlite::types::Value;
use tonic::{Request, Response, Status};

/// The service's full name on the wire.
pub const NAME: &str = <OperationsServiceServer<Service> as tonic::server::NamedService>::NAME;

/// Progress reports that may wait for a slow reader; further ones are dropped.
const REPORTS_AHEAD: usize = 8;
/// Bytes around a record in an answer, at most.
const RECORD_FRAME_BYTES: usize = 8;

/// The operations of a process.
pub struct Service {
    kit: Kit,
    verifications: Places,
}

/// Builds the service over the kit whose views and process managers it reports on.
pub fn build(kit: &Kit) -> OperationsServiceServer<Service> {
    let limits = kit.limits();
    let verifications =
        Places::new("verifications of views", limits.verifications_max, limits.caller_share_percent)
            .kept_for_supervision(limits.supervision_share_percent);
    OperationsServiceServer::new(Service { kit: kit.clone(), verifications })
        .max_decoding_message_size(REQUEST_BYTES_MAX)
        .max_encoding_message_size(RESPONSE_BYTES_MAX)
}

type Reports = ResponseSender<pb::VerifyViewsResponse>;

#[tonic::async_trait]
impl OperationsService for Service {
    type VerifyViewsStream = ResponseStream<pb::VerifyViewsResponse>;

    async fn verify_views(
        &self,
        request: Request<pb::VerifyViewsRequest>,
    ) -> Result<Response<Self::VerifyViewsStream>, Status> {
        let place = self.verifications.take(&caller(&request)?)?;
        let (reports, responses) = ResponseSender::new(place, REPORTS_AHEAD);
        let kit = self.kit.clone();
        self.kit.tasks().spawn(async move {
            let outcome = tokio::select! {
                outcome = verify(&kit, &reports) => outcome,
                () = reports.disconnected() => Ok(()),
                () = kit.stop().cancelled() => {
                    Err(refusal(Reason::Unavailable, "the process is stopping", []))
                }
            };
            reports.finish(outcome.err().map(Err));
        });
        Ok(Response::new(responses))
    }

    async fn list_set_aside(
        &self,
        request: Request<pb::ListSetAsideRequest>,
    ) -> Result<Response<pb::ListSetAsideResponse>, Status> {
        let request = request.into_inner();
        let size = list::checked_size(request.page_size)? as usize;
        let (position, consumer) = last_shown(&request.page_token)?;
        let kit = self.kit.clone();
        // One more than the page shows whether there is a next one.
        let found = tokio::task::spawn_blocking(move || kit.set_aside((position, &consumer), size + 1)).await;
        let found = found.map_err(|error| internal("the query was aborted", &error))?;
        let (records, total) =
            found.map_err(|error| internal("the files of the consumers could not be read", &error))?;
        Ok(Response::new(page(records, size, total)))
    }
}

/// What the page tokens of this list belong to.
const WALK: &str = "set aside";

/// The last record of the page before, by position and consumer.
fn last_shown(page_token: &str) -> Result<(Position, String), Invalid> {
    if page_token.is_empty() {
        return Ok((0, String::new()));
    }
    page_token::check(page_token)?;
    match page_token::read(page_token, WALK)? {
        [Value::Integer(position), Value::Text(consumer)] => Ok((position as u64, consumer)),
        _ => Err(page_token::invalid()),
    }
}

/// The first of these records, as many as belong on a page.
fn page(found: Vec<SetAside>, size: usize, total: u64) -> pb::ListSetAsideResponse {
    let mut records: Vec<pb::SetAsideRecord> = Vec::new();
    let (mut bytes, mut next_page_token) = (0, String::new());
    for record in found.into_iter().map(render) {
        bytes += record.encoded_len() + RECORD_FRAME_BYTES;
        let is_full = records.len() == size || bytes > PAGE_BYTES_MAX;
        if let Some(last) = records.last().filter(|_| is_full) {
            let last = [Value::Integer(last.position as i64), Value::Text(last.consumer.clone())];
            next_page_token = page_token::write(&last, WALK);
            break;
        }
        records.push(record);
    }
    pb::ListSetAsideResponse { records, total, next_page_token }
}

/// Verifies every view, one after the other, until one fails or nobody reads the reports any longer.
async fn verify(kit: &Kit, reports: &Reports) -> Result<(), Status> {
    for view in kit.views() {
        let compared = compare(kit, &view, reports)
            .await
            .map_err(|error| internal(&format!("the view {} could not be verified", view.name), &error))?;
        if reports.send(verdict(view.name, compared)).await.is_err() {
            break;
        }
    }
    Ok(())
}

async fn compare(kit: &Kit, view: &RegisteredView, reports: &Reports) -> Result<Compared, ViewError> {
    let (report, name) = (reports.reports(), view.name);
    let progress = move |replayed, records| {
        report(pb::VerifyViewsResponse { view: name.to_owned(), replayed, records, ..Default::default() });
    };
    view.compare(kit.journal().clone(), Box::new(progress)).await
}

fn verdict(view: &str, compared: Compared) -> pb::VerifyViewsResponse {
    if let Some(difference) = &compared.difference {
        tracing::error!(view, ?difference, "the view differs from its replay");
    }
    pb::VerifyViewsResponse {
        view: view.to_owned(),
        replayed: compared.position,
        records: compared.position,
        done: true,
        difference: compared.difference.map(|Difference { table, row, has, replay_has }| {
            pb::ViewDifference { table, row, has, replay_has }
        }),
    }
}

fn render(record: SetAside) -> pb::SetAsideRecord {
    pb::SetAsideRecord {
        consumer: record.consumer.to_owned(),
        position: record.position,
        stream: record.stream,
        error: record.reason,
    }
}

fn internal(what: &str, error: &dyn std::error::Error) -> Status {
    tracing::error!(%error, "{what}");
    refusal(Reason::Internal, format!("{what}; the process's log has the cause"), [])
}
