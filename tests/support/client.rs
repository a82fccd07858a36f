//! A client of an installation, with the shortcuts that stories need.

use crate::refusal::checked;
use anyhow::Context as _;
use domain::{Aggregate as _, Code};
use futures::Stream;
use prost::Message as _;
use prost_types::Timestamp;
use proto::directory::v1 as directory;
use proto::ledger::v1 as ledger;
use proto::ledger::v1::ledger_service_client::LedgerServiceClient;
use proto::scheduling::v1 as scheduling;
use proto::{CommandRequest, Rpc};
use std::collections::BTreeMap;
use std::str::FromStr as _;
use std::time::Duration;
use tonic::codegen::http::uri::PathAndQuery;
use tonic::metadata::{Ascii, MetadataValue};
use tonic::transport::Channel;
use tonic::{Code as StatusCode, Request, Status, Streaming};
use tonic_prost::ProstCodec;
use tonic_types::StatusExt as _;

const LEDGER: &str = "/huishang.ledger.v1.LedgerService/";
const READ_RECORDS: &str = "/huishang.ledger.v1.LedgerService/ReadRecords";
const VERIFY_LOG: &str = "/huishang.ledger.v1.LedgerService/VerifyLog";

/// Somebody with an identity, connected to every service. Every refusal that they receive is compared with the
/// contract; one that it does not list panics.
#[derive(Clone)]
pub struct Client {
    pub(crate) channels: BTreeMap<String, Channel>,
    pub(crate) token: Option<MetadataValue<Ascii>>,
}

impl Client {
    /// A new command id.
    pub fn command_id() -> String {
        uuid::Uuid::now_v7().to_string()
    }

    /// A moment from its RFC 3339 form.
    pub fn moment(text: &str) -> Timestamp {
        Timestamp::from_str(text).expect("a moment such as 2027-03-08T02:00:00Z")
    }

    /// The reason of a refusal.
    pub fn reason(status: &Status) -> Option<String> {
        status.get_error_details().error_info().map(|info| info.reason.clone())
    }

    /// The details of a refusal's reason.
    pub fn details(status: &Status) -> BTreeMap<String, String> {
        let details = status.get_error_details();
        details.error_info().map(|info| info.metadata.clone().into_iter().collect()).unwrap_or_default()
    }

    /// The fields that were refused.
    pub fn violations(status: &Status) -> Vec<String> {
        let details = status.get_error_details();
        let faults = details.bad_request().map(|bad| bad.field_violations.clone()).unwrap_or_default();
        faults.into_iter().map(|fault| fault.field).collect()
    }

    fn channel(&self, path: &str) -> Channel {
        let context = path.trim_start_matches("/huishang.").split('.').next().unwrap_or_default();
        self.channels[context].clone()
    }

    fn ledger(&self) -> LedgerServiceClient<Channel> {
        LedgerServiceClient::new(self.channel(LEDGER))
    }

    fn request<M>(&self, message: M) -> Request<M> {
        let mut request = Request::new(message);
        if let Some(token) = &self.token {
            request.metadata_mut().insert("authorization", token.clone());
        }
        request
    }

    /// Calls an rpc, once.
    pub async fn call<R: Rpc>(&self, message: R) -> Result<R::Response, Status> {
        let mut client = tonic::client::Grpc::new(self.channel(R::PATH));
        client.ready().await.map_err(|error| Status::unavailable(error.to_string()))?;
        let codec = ProstCodec::<R, R::Response>::default();
        let answer = client.unary(self.request(message), PathAndQuery::from_static(R::PATH), codec).await;
        Ok(answer.map_err(|status| checked(R::PATH, status))?.into_inner())
    }

    /// Calls an rpc, again and again while the service is unavailable, for at most 30 s.
    pub async fn call_patiently<R: Rpc>(&self, message: R) -> Result<R::Response, Status> {
        let deadline = tokio::time::Instant::now() + Duration::from_secs(30);
        loop {
            match self.call(message.clone()).await {
                Err(status)
                    if status.code() == StatusCode::Unavailable && tokio::time::Instant::now() < deadline =>
                {
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
                answered => return answered,
            }
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
        let mut client = tonic::client::Grpc::new(self.channel(path));
        client.ready().await.map_err(|error| Status::unavailable(error.to_string()))?;
        let (request, codec) = (self.request(request), ProstCodec::<M, A>::default());
        let answer = client.client_streaming(request, PathAndQuery::from_static(path), codec).await;
        Ok(answer.map_err(|status| checked(path, status))?.into_inner())
    }

    /// Sends bytes that are no message.
    pub async fn send_garbage(&self, path: &'static str) -> Result<(), Status> {
        let mut client = tonic::client::Grpc::new(self.channel(path));
        client.ready().await.map_err(|error| Status::unavailable(error.to_string()))?;
        let (request, codec) = (self.request(vec![0xff; 32]), crate::bytes_codec::BytesCodec);
        let answer = client.unary(request, PathAndQuery::from_static(path), codec).await;
        answer.map(drop).map_err(|status| checked(path, status))
    }

    /// Registers a department; returns the position of its record.
    pub async fn register_department(&self, code: &str) -> Result<u64, Status> {
        Ok(self.call(registration(code, &format!("Department {code}"))).await?.position)
    }

    /// Registers a room with 20 seats.
    pub async fn register_room(&self, code: &str) -> Result<(), Status> {
        let room = scheduling::Room { code: code.into(), name: code.into(), seats: 20, equipment: vec![] };
        self.call(scheduling::RegisterRoomRequest { room: Some(room), ..command() }).await.map(drop)
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

    /// Follows the log after a position.
    pub async fn follow(&self, after_position: u64) -> anyhow::Result<LogFollower> {
        let request = ledger::ReadRecordsRequest { after_position, follow: true, ..Default::default() };
        let records = self.ledger().read_records(self.request(request)).await;
        Ok(LogFollower(records.map_err(|status| checked(READ_RECORDS, status))?.into_inner()))
    }

    /// Every record of the log.
    pub async fn whole_log(&self) -> anyhow::Result<Vec<ledger::Record>> {
        let request = self.request(ledger::ReadRecordsRequest::default());
        let answers = self.ledger().read_records(request).await;
        let mut answers = answers.map_err(|status| checked(READ_RECORDS, status))?.into_inner();
        let mut records = Vec::new();
        while let Some(answer) = answers.message().await.map_err(|status| checked(READ_RECORDS, status))? {
            records.push(answer.record.context("an answer without its record")?);
        }
        Ok(records)
    }

    /// Has the log verified; returns how many records hold.
    pub async fn verify_log(&self) -> anyhow::Result<u64> {
        let answers = self.ledger().verify_log(self.request(ledger::VerifyLogRequest {})).await;
        let mut answers = answers.map_err(|status| checked(VERIFY_LOG, status))?.into_inner();
        while let Some(answer) = answers.message().await.map_err(|status| checked(VERIFY_LOG, status))? {
            if answer.done {
                return Ok(answer.verified);
            }
        }
        anyhow::bail!("no verdict")
    }
}

/// The log as it grows.
pub struct LogFollower(Streaming<ledger::ReadRecordsResponse>);

impl LogFollower {
    /// Waits until that many more records have come.
    pub async fn wait_for_more(&mut self, records: usize) -> anyhow::Result<()> {
        let wait = async {
            for _ in 0..records {
                let next = self.0.message().await.map_err(|status| checked(READ_RECORDS, status))?;
                next.context("the log ended")?;
            }
            anyhow::Ok(())
        };
        tokio::time::timeout(Duration::from_secs(60), wait).await.context("the log does not grow")?
    }
}

/// A command with a new id and nothing else: the rest of a request, as in `OpenDocketRequest { docket_id, ..command() }`.
pub fn command<C: CommandRequest>() -> C {
    // Every command has its id in the same field.
    let id = ledger::MoveClockRequest { command_id: Client::command_id(), ..Default::default() };
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
        kind: directory::DepartmentKind::Agency.into(),
    };
    directory::RegisterDepartmentRequest { department: Some(department), ..command() }
}

/// What a session of one department is requested with: one topic, on 8 March 2027.
pub fn outline(title: &str, department_code: &str) -> scheduling::SessionOutline {
    let role = scheduling::TopicRole { topic_number: 1, role: scheduling::RoleOnTopic::Decides.into() };
    scheduling::SessionOutline {
        title: title.into(),
        purpose: "To be decided".into(),
        body_code: "BODY".into(),
        kind: scheduling::SessionKind::Standing.into(),
        chair_code: department_code.into(),
        topics: vec![scheduling::SessionTopic {
            number: 1,
            title: "The topic".into(),
            timebox_minutes: 30,
            papers_required: false,
        }],
        attendees: vec![scheduling::SessionAttendee {
            department_code: department_code.into(),
            roles: vec![role],
        }],
        duration_minutes: 60,
        earliest_start_at: Some(Client::moment("2027-03-08T01:00:00Z")),
        case_reference: None,
        decide_by: None,
        quorum_percent: 50,
    }
}
