//! Who could see a thing at a time.

use crate::grpc::blocking;
use domain::{Timestamp, Uuid};
use event_log::{EventLog, ReadError};
use proto::Invalid;
use proto::ledger::v1 as pb;
use service_kit::Kit;
use service_kit::serve::read;
use service_kit::spans::AsOf;
use tonic::Status;

/// Answers a query.
pub(crate) async fn readers(
    kit: &Kit,
    log: &EventLog,
    request: pb::GetReadersRequest,
) -> Result<pb::GetReadersResponse, Status> {
    let id: Uuid = read("subject_id", request.subject_id)?;
    let head = log.head().position;
    let position = match AsOf::read(request.as_of_at, request.as_of_position)? {
        AsOf::Now => head,
        AsOf::Moment(at) => {
            let log = log.clone();
            blocking(move || last_before(&log, at)).await?
        }
        AsOf::Position(position) => u64::try_from(position).unwrap_or_default(),
    };
    if position > head {
        let why = format!("is {position}; the log has no record beyond {head}");
        return Err(Invalid::field("as_of_position", why).into());
    }
    let found = event_feed::readers(kit, id, position).await?;
    let departments = found.departments.into_iter().map(|readers| pb::DepartmentReaders {
        department_code: readers.department.to_string(),
        all: readers.all,
        clerks: readers.clerks,
        leaders: readers.leaders,
        closed_topic_numbers: readers.closed_topics,
    });
    Ok(pb::GetReadersResponse { position, kind: found.kind.to_owned(), departments: departments.collect() })
}

/// The last record by a moment.
fn last_before(log: &EventLog, at: Timestamp) -> Result<u64, ReadError> {
    let (mut before, mut after) = (0, log.head().position + 1);
    while before + 1 < after {
        let middle = before.midpoint(after);
        let record = log.read(middle - 1, 1)?.pop();
        match record.is_some_and(|record| record.time_micros <= at.as_microsecond()) {
            true => before = middle,
            false => after = middle,
        }
    }
    Ok(before)
}
