//! The service on a journal of its own, called as the server calls it.

use crate::Service;
use domain::{Actor, Code, Role, Timestamp, Uuid, aggregate::derived_id};
use event_log::{EventLog, Options};
use journal::embedded::EmbeddedJournal;
use proto::Wire as _;
use proto::scheduling::events::v1 as values;
use proto::scheduling::v1 as pb;
use proto::scheduling::v1::scheduling_service_server::SchedulingService as _;
use service_kit::Kit;
use service_kit::clock::Clock;
use service_kit::identity::Caller;
use std::sync::Arc;
use tempfile::TempDir;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tonic::{Code as Grpc, Request, Status};
use tonic_types::StatusExt as _;

mod conclusion;
mod directory;
mod life;

/// A service, its clock, and the folder that it lives in.
struct Place {
    service: Service,
    clock: watch::Sender<Timestamp>,
    _folder: TempDir,
}

const DEPARTMENTS: [&str; 3] = ["NDRC", "MOF", "MIIT"];

impl Place {
    /// An empty place on 1 March 2027, nine in the morning in Shanghai.
    fn empty() -> Place {
        let folder = tempfile::tempdir().unwrap();
        let (log, _) = EventLog::open(Options::new(folder.path().join("log"))).unwrap();
        let (clock, shown) = watch::channel(at("2027-03-01T01:00:00Z"));
        let journal = Arc::new(EmbeddedJournal::new(log));
        let kit = Kit::new(journal, Clock::Movable(shown), folder.path(), CancellationToken::new());
        Place { service: crate::service(&kit, "Asia/Shanghai").unwrap(), clock, _folder: folder }
    }

    /// A place with three departments and a room for ten.
    async fn furnished() -> Place {
        let place = Place::empty();
        for code in DEPARTMENTS {
            place.register_department(code, None).await.unwrap();
        }
        let profile = values::RoomProfile {
            code: "R-301".into(),
            name: "三楼会议室".into(),
            seats: 10,
            equipment: vec!["投影仪".into()],
        };
        let room = pb::RegisterRoomRequest { command_id: id("R-301"), profile: Some(profile) };
        place.service.register_room(clerk(room)).await.unwrap();
        place
    }

    async fn register_department(&self, code: &str, parent: Option<&str>) -> Result<u64, Status> {
        let profile = values::DepartmentProfile {
            code: code.into(),
            name: format!("{code}部门"),
            parent: parent.map(str::to_owned),
            level: values::DepartmentLevel::National.into(),
            region: None,
            kind: values::DepartmentKind::Agency.into(),
        };
        let request = pb::RegisterDepartmentRequest { command_id: id(code), profile: Some(profile) };
        Ok(self.service.register_department(clerk(request)).await?.into_inner().position)
    }

    /// Requests a session under this word and takes it through screening to admission.
    async fn admitted(&self, word: &str) -> String {
        let requested = self.service.request_session(clerk(wish(word))).await.unwrap().into_inner();
        let session_id = requested.session_id;
        let screen = pb::ScreenSessionRequest {
            command_id: id(&format!("screen {word}")),
            session_id: session_id.clone(),
        };
        self.service.screen_session(clerk(screen)).await.unwrap();
        let admit = pb::AdmitSessionRequest {
            command_id: id(&format!("admit {word}")),
            session_id: session_id.clone(),
        };
        self.service.admit_session(clerk(admit)).await.unwrap();
        session_id
    }

    async fn schedule(&self, word: &str, session_id: &str, from: &str) -> Result<u64, Status> {
        let request = pb::ScheduleSessionRequest {
            command_id: id(word),
            session_id: session_id.into(),
            room: "R-301".into(),
            from: at(from).to_wire(),
        };
        Ok(self.service.schedule_session(clerk(request)).await?.into_inner().position)
    }

    async fn session(&self, session_id: &str) -> pb::Session {
        let request = pb::GetSessionRequest { at_least_position: 0, session_id: session_id.into() };
        self.service.get_session(clerk(request)).await.unwrap().into_inner().session.unwrap()
    }
}

/// A session of one hour on one topic, from 8 March on.
fn wish(word: &str) -> pb::RequestSessionRequest {
    let role = |role: values::RoleOnTopic| vec![values::TopicRole { topic: 1, role: role.into() }];
    let attendee = |department: &str, roles| values::SessionAttendee { department: department.into(), roles };
    pb::RequestSessionRequest {
        command_id: id(word),
        outline: Some(values::SessionOutline {
            title: format!("会商 {word}"),
            purpose: "一次办成".into(),
            body: "JOINT".into(),
            kind: values::SessionKind::Standing.into(),
            chair: "NDRC".into(),
            topics: vec![values::SessionTopic {
                no: 1,
                title: "资金来源".into(),
                timebox_minutes: 60,
                papers_required: false,
            }],
            attendees: vec![
                attendee("NDRC", role(values::RoleOnTopic::Decides)),
                attendee("MOF", role(values::RoleOnTopic::Advises)),
            ],
            minutes: 60,
            earliest_start: at("2027-03-08T01:00:00Z").to_wire(),
            case_reference: None,
            decide_by: None,
            quorum_percent: 67,
        }),
    }
}

fn at(moment: &str) -> Timestamp {
    moment.parse().unwrap()
}

/// A command id that follows from a word.
fn id(word: &str) -> String {
    derived_id(Uuid::nil(), &[word]).to_string()
}

fn by<M>(message: M, department: &str, role: Role) -> Request<M> {
    let mut request = Request::new(message);
    let actor = Actor { subject: "chen".into(), department: Code::parse(department).ok(), roles: vec![role] };
    request.extensions_mut().insert(Caller(actor));
    request
}

fn clerk<M>(message: M) -> Request<M> {
    by(message, "NDRC", Role::Clerk)
}

/// The reason of a refusal, and one of its figures.
fn refusal(status: &Status, figure: &str) -> (String, String) {
    assert_eq!(status.code(), Grpc::FailedPrecondition, "{status}");
    let info = status.get_details_error_info().unwrap();
    (info.reason, info.metadata.get(figure).cloned().unwrap_or_default())
}

/// The paths of the fields that were not taken.
fn faulty_fields(status: &Status) -> Vec<String> {
    assert_eq!(status.code(), Grpc::InvalidArgument, "{status}");
    status.get_details_bad_request().unwrap().field_violations.into_iter().map(|v| v.field).collect()
}
