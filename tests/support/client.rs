//! A client of an installation, with the shortcuts that stories need.

use anyhow::Context as _;
use domain::scheduling::department::Department;
use domain::{Aggregate as _, Code};
use futures::Stream;
use prost_types::Timestamp;
use proto::ledger::v1 as ledger;
use proto::scheduling::events::v1 as values;
use proto::scheduling::v1 as scheduling;
use proto::{Rpc, ledger::v1::ledger_service_client::LedgerServiceClient};
use std::collections::BTreeMap;
use std::str::FromStr as _;
use std::time::Duration;
use tonic::codegen::http::uri::PathAndQuery;
use tonic::metadata::{Ascii, MetadataValue};
use tonic::transport::Channel;
use tonic::{Code as StatusCode, Request, Status, Streaming};
use tonic_prost::ProstCodec;
use tonic_types::StatusExt as _;

/// Somebody with an identity, connected to every service.
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

    /// The rule that refused.
    pub fn reason(status: &Status) -> Option<String> {
        status.get_error_details().error_info().map(|info| info.reason.clone())
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
        let answer = client.unary(self.request(message), PathAndQuery::from_static(R::PATH), codec).await?;
        Ok(answer.into_inner())
    }

    /// Calls an rpc, again and again while the service is away, for at most 30 s.
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

    /// Begins an rpc whose request comes, or does not come, as a stream.
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
        let codec = ProstCodec::<M, A>::default();
        let answer =
            client.client_streaming(self.request(request), PathAndQuery::from_static(path), codec).await?;
        Ok(answer.into_inner())
    }

    /// Sends bytes that are no message.
    pub async fn send_garbage(&self, path: &'static str) -> Result<(), Status> {
        // As a string field of another number and kind, these bytes are no RegisterDepartmentRequest.
        let garbage =
            ledger::MoveClockRequest { command_id: "\u{1}".repeat(3), to: Some(Default::default()) };
        let mut broken = prost::Message::encode_to_vec(&garbage);
        broken.extend([0xff; 7]);
        let mut client = tonic::client::Grpc::new(self.channel(path));
        client.ready().await.map_err(|error| Status::unavailable(error.to_string()))?;
        client
            .unary(self.request(broken), PathAndQuery::from_static(path), crate::bytes_codec::BytesCodec)
            .await
            .map(drop)
    }

    /// Enters a department; answers with its position.
    pub async fn register_department(&self, code: &str) -> Result<u64, Status> {
        let profile = values::DepartmentProfile {
            code: code.into(),
            name: format!("Department {code}"),
            parent: None,
            level: values::DepartmentLevel::Municipal.into(),
            region: None,
            kind: values::DepartmentKind::Agency.into(),
        };
        let request = scheduling::RegisterDepartmentRequest {
            command_id: Client::command_id(),
            profile: Some(profile),
        };
        Ok(self.call(request).await?.position)
    }

    /// Enters a room with 20 seats.
    pub async fn register_room(&self, code: &str) -> Result<(), Status> {
        let profile =
            values::RoomProfile { code: code.into(), name: code.into(), seats: 20, equipment: vec![] };
        let request =
            scheduling::RegisterRoomRequest { command_id: Client::command_id(), profile: Some(profile) };
        self.call(request).await.map(drop)
    }

    /// Asks for a session of one department on 8 March 2027 and has it admitted; answers with its id.
    pub async fn admitted_session(&self, title: &str, department: &str) -> Result<String, Status> {
        let role = values::TopicRole { topic: 1, role: values::RoleOnTopic::Decides.into() };
        let outline = values::SessionOutline {
            title: title.into(),
            purpose: "To be decided".into(),
            body: "BODY".into(),
            kind: values::SessionKind::Standing.into(),
            chair: department.into(),
            topics: vec![values::SessionTopic {
                no: 1,
                title: "The topic".into(),
                timebox_minutes: 30,
                papers_required: false,
            }],
            attendees: vec![values::SessionAttendee { department: department.into(), roles: vec![role] }],
            minutes: 60,
            earliest_start: Some(Client::moment("2027-03-08T01:00:00Z")),
            case_reference: None,
            decide_by: None,
            quorum_percent: 50,
        };
        let request =
            scheduling::RequestSessionRequest { command_id: Client::command_id(), outline: Some(outline) };
        let session_id = self.call(request).await?.session_id;
        let command_id = Client::command_id;
        self.call(scheduling::ScreenSessionRequest {
            command_id: command_id(),
            session_id: session_id.clone(),
        })
        .await?;
        self.call(scheduling::AdmitSessionRequest {
            command_id: command_id(),
            session_id: session_id.clone(),
        })
        .await?;
        Ok(session_id)
    }

    /// Follows the log from its head.
    pub async fn follow(&self, after: u64) -> anyhow::Result<LogFollower> {
        let request = ledger::ReadRecordsRequest { after, follow: true, ..Default::default() };
        let mut client = LedgerServiceClient::new(self.channel("/huishang.ledger."));
        Ok(LogFollower(client.read_records(self.request(request)).await?.into_inner()))
    }

    /// Every record of the log.
    pub async fn whole_log(&self) -> anyhow::Result<Vec<ledger::Record>> {
        let mut client = LedgerServiceClient::new(self.channel("/huishang.ledger."));
        let mut answers =
            client.read_records(self.request(ledger::ReadRecordsRequest::default())).await?.into_inner();
        let mut records = Vec::new();
        while let Some(answer) = answers.message().await? {
            records.push(answer.record.context("an answer without its record")?);
        }
        Ok(records)
    }

    /// Has the log verified; answers how many records hold.
    pub async fn verify_log(&self) -> anyhow::Result<u64> {
        let mut client = LedgerServiceClient::new(self.channel("/huishang.ledger."));
        let mut answers = client.verify_log(self.request(ledger::VerifyLogRequest {})).await?.into_inner();
        while let Some(answer) = answers.message().await? {
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
    /// Waits until so many records have come.
    pub async fn wait_for_more(&mut self, records: usize) -> anyhow::Result<()> {
        let wait = async {
            for _ in 0..records {
                self.0.message().await?.context("the log ended")?;
            }
            anyhow::Ok(())
        };
        tokio::time::timeout(Duration::from_secs(60), wait).await.context("the log does not grow")?
    }
}

/// The stream of a department.
pub fn department_stream(code: &str) -> String {
    let code = Code::parse(code).expect("a department's code");
    Department::stream(Department::id(&code)).to_string()
}
