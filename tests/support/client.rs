//! A client of an installation, with the shortcuts that stories need.

use crate::refusal::checked;
use anyhow::Context as _;
use client::{Answer, Refusal};
use domain::{Aggregate as _, Code};
use futures::Stream;
use prost::Message as _;
use prost_reflect::{DynamicMessage, MethodDescriptor};
use prost_types::Timestamp;
use proto::directory::v1 as directory;
use proto::ledger::v1 as ledger;
use proto::scheduling::v1 as scheduling;
use proto::{CommandRequest, Rpc, StreamingRpc};
use std::collections::BTreeMap;
use std::str::FromStr as _;
use std::time::Duration;
use tonic::codegen::http::uri::PathAndQuery;
use tonic::{Status, Streaming};
use tonic_prost::ProstCodec;

/// How long a patient caller repeats a call.
const PATIENCE: Duration = Duration::from_secs(30);

/// Somebody with an identity, connected to every service. Every refusal that they receive is compared with the
/// contract; one that it does not list panics.
#[derive(Clone)]
pub struct Client(pub(crate) client::Client);

impl Client {
    /// A moment from its RFC 3339 form.
    pub fn moment(text: &str) -> Timestamp {
        Timestamp::from_str(text).expect("a moment such as 2027-03-08T02:00:00Z")
    }

    /// The reason of a refusal.
    pub fn reason(status: &Status) -> Option<String> {
        Refusal::of(status).reason().map(str::to_owned)
    }

    /// The details of a refusal's reason.
    pub fn details(status: &Status) -> BTreeMap<String, String> {
        let refusal = Refusal::of(status);
        let details = refusal.details().into_iter();
        details.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
    }

    /// The fields that were refused.
    pub fn violations(status: &Status) -> Vec<String> {
        Refusal::of(status).violations().iter().map(|violation| violation.field.clone()).collect()
    }

    /// Calls an rpc, once.
    pub async fn call<R: Rpc>(&self, message: R) -> Result<R::Response, Status> {
        self.0.call(message).await.map_err(|status| checked(R::PATH, status))
    }

    /// Calls an rpc, again and again while the service is unavailable.
    pub async fn call_patiently<R: Rpc>(&self, message: R) -> Result<R::Response, Status> {
        Client(self.0.clone().patient(PATIENCE)).call(message).await
    }

    /// Begins an rpc that answers with a stream.
    pub async fn stream<R: StreamingRpc>(&self, message: R) -> Result<Answers<R>, Status> {
        self.0.stream(message).await.map(Answers).map_err(|status| checked(R::PATH, status))
    }

    /// Calls an rpc that is known by its descriptor, and answers with one message.
    pub async fn call_by_descriptor(
        &self,
        method: &MethodDescriptor,
        request: &DynamicMessage,
    ) -> Result<DynamicMessage, Status> {
        let path = format!("{}/{}", method.parent_service().full_name(), method.name());
        match self.0.call_reflective(method, request).await.map_err(|status| checked(&path, status))? {
            Answer::One(message) => Ok(message),
            Answer::Many(_) => Err(Status::unimplemented(format!("{path} answers with a stream"))),
        }
    }

    /// Begins an rpc whose request arrives as a stream, or does not arrive.
    pub async fn begin<M, A>(
        &self,
        path: &'static str,
        request: impl Stream<Item = M> + Send + 'static,
    ) -> Result<A, Status>
    where
        M: prost::Message + Default + 'static,
        A: prost::Message + Default + 'static,
    {
        let mut client = self.0.grpc(path).await?;
        let (request, codec) = (self.0.request(request), ProstCodec::<M, A>::default());
        let answer = client.client_streaming(request, PathAndQuery::from_static(path), codec).await;
        Ok(answer.map_err(|status| checked(path, status))?.into_inner())
    }

    /// Sends bytes that are no message.
    pub async fn send_garbage(&self, path: &'static str) -> Result<(), Status> {
        let mut client = self.0.grpc(path).await?;
        let (request, codec) = (self.0.request(vec![0xff; 32]), crate::bytes_codec::BytesCodec);
        let answer = client.unary(request, PathAndQuery::from_static(path), codec).await;
        answer.map(drop).map_err(|status| checked(path, status))
    }

    /// Registers a department; returns the position of its record.
    pub async fn register_department(&self, code: &str) -> Result<u64, Status> {
        Ok(self.call(registration(code, &format!("Department {code}"))).await?.position)
    }

    /// Registers a room with 20 seats.
    pub async fn register_room(&self, code: &str) -> Result<(), Status> {
        let room = scheduling::Room {
            code: code.into(),
            name: code.into(),
            seats: 20,
            equipment: vec![],
            site_code: None,
        };
        self.call(scheduling::RegisterRoomRequest { room: Some(room), ..command() }).await.map(drop)
    }

    /// Defines a body in which this department alone decides, and chairs; for a clerk of its secretariat, which may also
    /// declare an emergency of it.
    pub async fn define_body(
        &self,
        body_code: &str,
        department_code: &str,
        secretariat_code: &str,
    ) -> Result<(), Status> {
        let seat = scheduling::Seat { department_code: department_code.into(), ..Default::default() };
        let charter = scheduling::BodyCharter {
            name: "The body".into(),
            chair_code: department_code.into(),
            seats: vec![seat],
            convenor_codes: vec![secretariat_code.into()],
            secretariat_codes: vec![secretariat_code.into()],
            ..Default::default()
        };
        let request = scheduling::DefineBodyRequest {
            body_code: body_code.into(),
            charter: Some(charter),
            ..command()
        };
        self.call(request).await.map(drop)
    }

    /// Has an operator define the body JOINT, and requests a session of it in which its departments decide on one topic; returns
    /// its id once it is admitted.
    pub async fn joint_session(&self, operator: &Client, departments: &[&str]) -> Result<String, Status> {
        operator.define_joint_body(departments).await?;
        self.admitted_session(joint_outline("The dikes", departments)).await
    }

    /// Defines the body JOINT of these departments, the first of which is in the chair.
    pub async fn define_joint_body(&self, departments: &[&str]) -> Result<(), Status> {
        let seat =
            |code: &&str| scheduling::Seat { department_code: (*code).to_owned(), ..Default::default() };
        let charter = scheduling::BodyCharter {
            name: "Joint sessions".into(),
            chair_code: departments[0].into(),
            seats: departments.iter().map(seat).collect(),
            ..Default::default()
        };
        let define =
            scheduling::DefineBodyRequest { body_code: "JOINT".into(), charter: Some(charter), ..command() };
        self.call(define).await.map(drop)
    }

    /// Requests a session and has it admitted; returns its id.
    pub async fn admitted_session(&self, outline: scheduling::SessionOutline) -> Result<String, Status> {
        let request = scheduling::RequestSessionRequest { outline: Some(outline), ..command() };
        let session = self.call(request).await?.session.unwrap_or_default();
        let session_id = session.session_id;
        self.call(scheduling::ScreenSessionRequest { session_id: session_id.clone(), ..command() }).await?;
        self.call(scheduling::AdmitSessionRequest { session_id: session_id.clone(), ..command() }).await?;
        Ok(session_id)
    }

    /// Requests a session, has it screened, and makes it a countersign until this moment; returns its id, and the position.
    pub async fn countersign(
        &self,
        outline: scheduling::SessionOutline,
        sign_by: &str,
    ) -> Result<(String, u64), Status> {
        let request = scheduling::RequestSessionRequest { outline: Some(outline), ..command() };
        let session_id = self.call(request).await?.session.unwrap_or_default().session_id;
        self.call(scheduling::ScreenSessionRequest { session_id: session_id.clone(), ..command() }).await?;
        let sign = scheduling::ConvertToCountersignRequest {
            session_id: session_id.clone(),
            sign_by: Some(Client::moment(sign_by)),
            reason: "Nobody has to travel".into(),
            ..command()
        };
        Ok((session_id, self.call(sign).await?.position))
    }

    /// Follows the log after a position.
    pub async fn follow(&self, after_position: u64) -> anyhow::Result<LogFollower> {
        let request = ledger::ReadRecordsRequest { after_position, follow: true, ..Default::default() };
        Ok(LogFollower(self.stream(request).await?))
    }

    /// Every record of the log.
    pub async fn whole_log(&self) -> anyhow::Result<Vec<ledger::Record>> {
        let mut answers = self.stream(ledger::ReadRecordsRequest::default()).await?;
        let mut records = Vec::new();
        while let Some(answer) = answers.next().await? {
            records.push(answer.record.context("an answer without its record")?);
        }
        Ok(records)
    }

    /// Has the log verified; returns how many records hold.
    pub async fn verify_log(&self) -> anyhow::Result<u64> {
        let mut answers = self.stream(ledger::VerifyLogRequest {}).await?;
        while let Some(answer) = answers.next().await? {
            if answer.done {
                return Ok(answer.verified);
            }
        }
        anyhow::bail!("no verdict")
    }
}

/// The answers of an rpc, one after the other.
pub struct Answers<R: StreamingRpc>(Streaming<R::Response>);

impl<R: StreamingRpc> Answers<R> {
    /// The next answer; `None` at the end.
    pub async fn next(&mut self) -> Result<Option<R::Response>, Status> {
        self.0.message().await.map_err(|status| checked(R::PATH, status))
    }
}

/// The log as it grows.
pub struct LogFollower(Answers<ledger::ReadRecordsRequest>);

impl LogFollower {
    /// Waits until that many more records have come.
    pub async fn wait_for_more(&mut self, records: usize) -> anyhow::Result<()> {
        let wait = async {
            for _ in 0..records {
                self.0.next().await?.context("the log ended")?;
            }
            anyhow::Ok(())
        };
        tokio::time::timeout(Duration::from_secs(60), wait).await.context("the log does not grow")?
    }
}

/// A command with a new id and nothing else: the rest of a request, as in `OpenDocketRequest { docket_id, ..command() }`.
pub fn command<C: CommandRequest>() -> C {
    // Every command has its id in the same field.
    let id = ledger::MoveClockRequest { command_id: client::command_id(), ..Default::default() };
    C::decode(id.encode_to_vec().as_slice()).expect("a message with a command id")
}

/// The stream of a department.
pub fn department_stream(code: &str) -> String {
    use domain::directory::department::Department;
    let code = Code::parse(code).expect("a department's code");
    Department::stream(Department::id(&code)).to_string()
}

/// A department's registration, with a new command id.
pub fn registration(code: &str, name: &str) -> directory::RegisterDepartmentRequest {
    let department = directory::Department {
        code: code.into(),
        name: name.into(),
        parent_code: None,
        level: directory::DepartmentLevel::Municipal.into(),
        region: None,
        without_users: false,
        kind: directory::DepartmentKind::Agency.into(),
    };
    directory::RegisterDepartmentRequest { department: Some(department), ..command() }
}

/// The outline of a session of the body JOINT in which these departments decide on its topic; the first requests it.
pub fn joint_outline(title: &str, departments: &[&str]) -> scheduling::SessionOutline {
    scheduling::SessionOutline {
        body_code: "JOINT".into(),
        attendees: departments.iter().map(|code| deciding(code)).collect(),
        ..outline(title, departments[0])
    }
}

/// A department that decides on the first topic.
fn deciding(department_code: &str) -> scheduling::SessionAttendee {
    let decides = scheduling::TopicRole { topic_number: 1, role: scheduling::RoleOnTopic::Decides.into() };
    scheduling::SessionAttendee {
        department_code: department_code.into(),
        roles: vec![decides],
        companions: 0,
    }
}

/// What a session of the body BODY is requested with: one topic, which one department decides, on 8 March 2027.
pub fn outline(title: &str, department_code: &str) -> scheduling::SessionOutline {
    scheduling::SessionOutline {
        title: title.into(),
        purpose: "To be decided".into(),
        body_code: "BODY".into(),
        kind: scheduling::SessionKind::Standing.into(),
        matter_class: scheduling::MatterClass::Ordinary.into(),
        topics: vec![scheduling::SessionTopic {
            number: 1,
            title: "The topic".into(),
            timebox_minutes: 30,
            ..Default::default()
        }],
        attendees: vec![deciding(department_code)],
        duration_minutes: 60,
        earliest_start_at: Some(Client::moment("2027-03-08T01:00:00Z")),
        case_reference: None,
        decide_by: None,
        emergency: None,
        carries_out_item_id: None,
        equipment: vec![],
    }
}
