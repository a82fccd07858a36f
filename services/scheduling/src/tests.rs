//! The service on a journal of its own, called as the server calls it.

use crate::Service;
use domain::directory::department::{self, Department};
use domain::{Actor, Code, Line, Role, Timestamp, Uuid, aggregate::derived_id};
use event_log::{EventLog, Options};
use journal::embedded::EmbeddedJournal;
use proto::Wire as _;
use proto::scheduling::v1 as pb;
use proto::scheduling::v1::scheduling_service_server::SchedulingService as _;
use service_kit::clock::Clock;
use service_kit::identity::Caller;
use service_kit::{CommandContext, Kit};
use std::sync::Arc;
use tempfile::TempDir;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tonic::{Code as Grpc, Request, Status};
use tonic_types::StatusExt as _;

mod conclusion;
mod contract;
mod life;
mod lists;
mod rows;
mod rules;

/// A service, its clock, and the folder that it keeps its files in.
struct Fixture {
    service: Service,
    clock: watch::Sender<Timestamp>,
    _folder: TempDir,
}

impl Fixture {
    /// Nothing is registered; it is 1 March 2027, nine in the morning in Shanghai.
    fn empty() -> Fixture {
        let folder = tempfile::tempdir().unwrap();
        let (log, _) = EventLog::open(Options::new(folder.path().join("log"))).unwrap();
        let (clock, now) = watch::channel(at("2027-03-01T01:00:00Z"));
        let journal = Arc::new(EmbeddedJournal::new(log, journal::personal::Keys::in_memory()));
        let kit = Kit::new(journal, Clock::Movable(now), folder.path(), CancellationToken::new());
        Fixture { service: crate::service(&kit, "Asia/Shanghai").unwrap(), clock, _folder: folder }
    }

    /// Three departments and a room for ten.
    async fn furnished() -> Fixture {
        let fixture = Fixture::empty();
        for code in ["NDRC", "MOF", "MIIT"] {
            fixture.register_department(code).await;
        }
        let room = pb::Room {
            code: "R-301".into(),
            name: "三楼会议室".into(),
            seats: 10,
            equipment: vec!["投影仪".into()],
        };
        let register =
            pb::RegisterRoomRequest { command_id: id("R-301"), room: Some(room), ..Default::default() };
        fixture.service.register_room(clerk(register)).await.unwrap();
        fixture
    }

    /// Registers a department as the directory does it.
    async fn register_department(&self, code: &str) {
        let profile = department::Profile {
            code: Code::parse(code).unwrap(),
            name: Line::parse(&format!("{code}部门")).unwrap(),
            parent: None,
            level: department::Level::National,
            region: None,
            kind: department::Kind::Agency,
        };
        let (department, register) = (Department::id(&profile.code), department::Command::Register(profile));
        let context = CommandContext::of_process("directory", derived_id(Uuid::nil(), &["department", code]));
        self.service.kit.execute::<Department>(&context, department, register).await.unwrap();
    }

    /// Requests a session under this word, and takes it through screening to admission.
    async fn admitted(&self, word: &str) -> String {
        let requested = self.service.request_session(clerk(request(word))).await.unwrap().into_inner();
        let session_id = requested.session.unwrap().session_id;
        self.service.screen_session(clerk(screen(word, &session_id))).await.unwrap();
        self.service.admit_session(clerk(admit(word, &session_id))).await.unwrap();
        session_id
    }

    async fn schedule(
        &self,
        word: &str,
        session_id: &str,
        starts_at: &str,
    ) -> Result<pb::ScheduleSessionResponse, Status> {
        let request = schedule(word, session_id, starts_at);
        self.service.schedule_session(clerk(request)).await.map(|response| response.into_inner())
    }

    async fn session(&self, session_id: &str) -> pb::Session {
        let get = pb::GetSessionRequest { at_least_position: 0, session_id: session_id.into() };
        self.service.get_session(clerk(get)).await.unwrap().into_inner().session.unwrap()
    }
}

/// The request for a session of one hour on one topic, from 8 March on.
fn request(word: &str) -> pb::RequestSessionRequest {
    let role = |role: pb::RoleOnTopic| vec![pb::TopicRole { topic_number: 1, role: role.into() }];
    let attendee = |code: &str, roles| pb::SessionAttendee { department_code: code.into(), roles };
    pb::RequestSessionRequest {
        command_id: id(word),
        outline: Some(pb::SessionOutline {
            title: format!("会商 {word}"),
            purpose: "一次办成".into(),
            body_code: "JOINT".into(),
            kind: pb::SessionKind::Standing.into(),
            chair_code: "NDRC".into(),
            topics: vec![pb::SessionTopic {
                number: 0,
                title: "资金来源".into(),
                timebox_minutes: 60,
                papers_required: false,
            }],
            attendees: vec![
                attendee("NDRC", role(pb::RoleOnTopic::Decides)),
                attendee("MOF", role(pb::RoleOnTopic::Advises)),
            ],
            duration_minutes: 60,
            earliest_start_at: at("2027-03-08T01:00:00Z").to_wire(),
            case_reference: None,
            decide_by: None,
            quorum_percent: 67,
        }),
        ..Default::default()
    }
}

fn screen(word: &str, session_id: &str) -> pb::ScreenSessionRequest {
    pb::ScreenSessionRequest {
        command_id: id(&format!("screen {word}")),
        session_id: session_id.into(),
        ..Default::default()
    }
}

fn admit(word: &str, session_id: &str) -> pb::AdmitSessionRequest {
    pb::AdmitSessionRequest {
        command_id: id(&format!("admit {word}")),
        session_id: session_id.into(),
        ..Default::default()
    }
}

fn schedule(word: &str, session_id: &str, starts_at: &str) -> pb::ScheduleSessionRequest {
    pb::ScheduleSessionRequest {
        command_id: id(word),
        session_id: session_id.into(),
        room_code: "R-301".into(),
        starts_at: at(starts_at).to_wire(),
        ..Default::default()
    }
}

fn convene(word: &str, session_id: &str) -> pb::ConveneSessionRequest {
    pb::ConveneSessionRequest { command_id: id(word), session_id: session_id.into(), ..Default::default() }
}

/// Rules under which a body may hold this many sessions in a quarter.
fn quarterly(sessions_per_quarter_max: u32) -> pb::MeetingRules {
    pb::MeetingRules {
        topics_max: 5,
        duration_minutes_max: 120,
        notice_days_min: 3,
        papers_days_min: 2,
        sessions_per_quarter_max: Some(sessions_per_quarter_max),
    }
}

fn define(rules: pb::MeetingRules) -> pb::DefineRulesRequest {
    pb::DefineRulesRequest {
        command_id: id("rules"),
        body_code: "JOINT".into(),
        rules: Some(rules),
        ..Default::default()
    }
}

fn at(moment: &str) -> Timestamp {
    moment.parse().unwrap()
}

/// A command id derived from a word.
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
