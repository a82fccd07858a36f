//! The service on a journal of its own, called as the server calls it.

use crate::Service;
use domain::{Actor, Role, Timestamp, Uuid, aggregate::derived_id};
use event_log::{EventLog, Options};
use journal::embedded::EmbeddedJournal;
use proto::directory::v1 as pb;
use proto::directory::v1::directory_service_server::DirectoryService as _;
use service_kit::Kit;
use service_kit::clock::Clock;
use service_kit::identity::Caller;
use std::sync::Arc;
use tempfile::TempDir;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tonic::{Code as Grpc, Request, Status};
use tonic_types::StatusExt as _;

mod calendar;
mod contract;
mod lists;
mod rows;

/// A service and the folder that it keeps its files in.
struct Fixture {
    service: Service,
    _clock: watch::Sender<Timestamp>,
    _folder: TempDir,
}

impl Fixture {
    fn empty() -> Fixture {
        let folder = tempfile::tempdir().unwrap();
        let (log, _) = EventLog::open(Options::new(folder.path().join("log"))).unwrap();
        let (clock, now) = watch::channel("2027-03-01T01:00:00Z".parse().unwrap());
        let journal = Arc::new(EmbeddedJournal::new(log, journal::personal::Keys::in_memory()));
        let kit = Kit::new(journal, Clock::Movable(now), folder.path(), CancellationToken::new());
        let service = crate::service(&kit, "Asia/Shanghai").unwrap();
        Fixture { service, _clock: clock, _folder: folder }
    }

    async fn with_departments(codes: &[&str]) -> Fixture {
        let fixture = Fixture::empty();
        for code in codes {
            fixture.register(department(code, None)).await.unwrap();
        }
        fixture
    }

    async fn register(
        &self,
        request: pb::RegisterDepartmentRequest,
    ) -> Result<pb::RegisterDepartmentResponse, Status> {
        self.service.register_department(clerk(request)).await.map(|response| response.into_inner())
    }
}

/// The command that registers a department; its id is derived from the code.
fn department(code: &str, parent: Option<&str>) -> pb::RegisterDepartmentRequest {
    pb::RegisterDepartmentRequest {
        command_id: id(code),
        department: Some(pb::Department {
            code: code.into(),
            name: format!("{code}部门"),
            parent_code: parent.map(str::to_owned),
            level: pb::DepartmentLevel::National.into(),
            region: None,
            kind: pb::DepartmentKind::Agency.into(),
        }),
        ..Default::default()
    }
}

/// The command that registers a member of a department.
fn member(code: &str, department_code: &str) -> pb::RegisterMemberRequest {
    pb::RegisterMemberRequest {
        command_id: id(&format!("{code} of {department_code}")),
        member: Some(pb::Member {
            code: code.into(),
            name: "王主任".into(),
            department_code: department_code.into(),
            email: None,
            roles: vec!["delegate".into()],
        }),
        ..Default::default()
    }
}

/// A command id derived from a word.
fn id(word: &str) -> String {
    derived_id(Uuid::nil(), &[word]).to_string()
}

fn clerk<M>(message: M) -> Request<M> {
    let mut request = Request::new(message);
    request.extensions_mut().insert(Caller(Actor {
        subject: "chen".into(),
        department: None,
        roles: vec![Role::Clerk],
    }));
    request
}

/// The reason of a refusal, and one of its details.
fn refusal(status: &Status, detail: &str) -> (String, String) {
    let info = status.get_details_error_info().unwrap();
    (info.reason, info.metadata.get(detail).cloned().unwrap_or_default())
}

/// The paths of the fields that were not accepted.
fn faulty_fields(status: &Status) -> Vec<String> {
    assert_eq!(status.code(), Grpc::InvalidArgument, "{status}");
    status.get_details_bad_request().unwrap().field_violations.into_iter().map(|v| v.field).collect()
}
