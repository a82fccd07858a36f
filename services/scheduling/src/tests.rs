//! The service on a journal of its own, called as the server calls it.

use crate::Service;
use domain::aggregate::derived_id;
use domain::directory::department::{self, Department};
use domain::testing::{self, at, line};
use domain::{Actor, Role, Timestamp, Uuid};
use proto::Wire as _;
use proto::scheduling::v1 as pb;
use proto::scheduling::v1::scheduling_service_server::SchedulingService as _;
use service_kit::CommandContext;
use service_kit::outbound::{Connector, Policy};
use std::time::Duration;
use tonic::{Code as Grpc, Request, Status};
use workbench::{Workbench, by, faulty_fields, id, refusal};

mod bodies;
mod conclusion;
mod contract;
mod diaries;
mod diary_rows;
mod life;
mod lists;
mod matters;
mod member_diaries;
mod polls;
mod quota;
mod rooms;
mod rows;
mod scope;
mod series;
mod slots;
mod times;
mod timetables;
mod travel;

/// A service on a workbench.
struct Fixture {
    service: Service,
    bench: Workbench,
}

impl Fixture {
    /// Nothing is registered.
    fn empty() -> Fixture {
        let bench = Workbench::default();
        let connector = Connector::new(Policy::default(), None).unwrap();
        let following = crate::Following { connector, refresh: Duration::from_secs(3600) };
        Fixture { service: crate::service(&bench.kit, "Asia/Shanghai", following).unwrap(), bench }
    }

    /// Three departments, a room for ten, and the body JOINT.
    async fn furnished() -> Fixture {
        let fixture = Fixture::without_body().await;
        fixture.service.define_body(operator(define("JOINT", charter(None)))).await.unwrap();
        fixture
    }

    /// Three departments and a room for ten.
    async fn without_body() -> Fixture {
        let fixture = Fixture::empty();
        for code in ["NDRC", "MOF", "MIIT"] {
            fixture.register_department(code).await;
        }
        let room = pb::Room {
            code: "R-301".into(),
            name: "三楼会议室".into(),
            seats: 10,
            equipment: vec!["投影仪".into()],
            site_code: None,
        };
        let register =
            pb::RegisterRoomRequest { command_id: id("R-301"), room: Some(room), ..Default::default() };
        fixture.service.register_room(clerk(register)).await.unwrap();
        fixture
    }

    /// Registers a department as the directory does it.
    async fn register_department(&self, code: &str) {
        let profile = department::Profile {
            code: testing::code(code),
            name: line(&format!("{code}部门")),
            parent: None,
            level: department::Level::National,
            region: None,
            without_users: false,
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
    let attendee =
        |code: &str, roles| pb::SessionAttendee { department_code: code.into(), roles, companions: 0 };
    pb::RequestSessionRequest {
        command_id: id(word),
        outline: Some(pb::SessionOutline {
            title: format!("会商 {word}"),
            purpose: "一次办成".into(),
            body_code: "JOINT".into(),
            kind: pb::SessionKind::Standing.into(),
            matter_class: pb::MatterClass::Unspecified.into(),
            topics: vec![pb::SessionTopic {
                number: 0,
                title: "资金来源".into(),
                timebox_minutes: 60,
                ..Default::default()
            }],
            attendees: vec![
                attendee("NDRC", role(pb::RoleOnTopic::Decides)),
                attendee("MOF", role(pb::RoleOnTopic::Advises)),
            ],
            duration_minutes: 60,
            earliest_start_at: at("2027-03-08T01:00:00Z").to_wire(),
            case_reference: None,
            decide_by: None,
            emergency: None,
            carries_out_item_id: None,
            equipment: vec![],
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

/// A body that NDRC and MOF decide in, with a limit on its sessions in a quarter; the rest is as usual.
fn charter(sessions_per_quarter_max: Option<u32>) -> pb::BodyCharter {
    let seat = |code: &str| pb::Seat { department_code: code.into(), ..Default::default() };
    let meeting_rules = pb::MeetingRules {
        topics_max: 5,
        duration_minutes_max: 120,
        notice_days_min: 3,
        papers_days_min: 2,
        sessions_per_quarter_max,
        ..Default::default()
    };
    pb::BodyCharter {
        name: "部际联席会议".into(),
        chair_code: "NDRC".into(),
        seats: vec![seat("NDRC"), seat("MOF")],
        meeting_rules: Some(meeting_rules),
        ..Default::default()
    }
}

fn operator<M>(message: M) -> Request<M> {
    by(message, "", Role::Operator)
}

fn define(word: &str, charter: pb::BodyCharter) -> pb::DefineBodyRequest {
    let (command_id, body_code) = (id(word), "JOINT".into());
    pb::DefineBodyRequest { command_id, body_code, charter: Some(charter), ..Default::default() }
}

fn change(word: &str, charter: pb::BodyCharter) -> pb::ChangeBodyRequest {
    pb::ChangeBodyRequest {
        command_id: id(word),
        body_code: "JOINT".into(),
        charter: Some(charter),
        reason: "国务院批复".into(),
        ..Default::default()
    }
}

fn clerk<M>(message: M) -> Request<M> {
    by(message, "NDRC", Role::Clerk)
}
