//! One against the rest: whatever one caller or one machine does, others are served and the memory stays bounded.

mod queries;

use anyhow::{Context as _, ensure};
use bytes::Bytes;
use domain::Role;
use h2::client::{ResponseFuture, SendRequest};
use h2::{Reason, SendStream};
use prost::Message as _;
use proto::Rpc;
use proto::directory::v1::{ListDepartmentsRequest, RegisterDepartmentRequest};
use proto::ledger::v1::{BackupRecordsRequest, ReadRecordsRequest, VerifyLogRequest};
use service_kit::limits::{KEEPALIVE_INTERVAL, KEEPALIVE_TIMEOUT};
use std::time::Duration;
use tests::{Client, Mode, Proxy, Sandbox, SandboxConfig, registration};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tonic::transport::Endpoint;
use tonic::{Code, Status};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;
use tonic_types::StatusExt as _;

/// Time for what must happen soon; on a machine with much to do, soon is late.
const PATIENCE: Duration = Duration::from_secs(60);
/// The HTTP/2 client preface, with empty settings.
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";
const READ_RECORDS: &str = "/huishang.ledger.v1.LedgerService/ReadRecords";
const BACKUP_RECORDS: &str = "/huishang.ledger.v1.LedgerService/BackupRecords";
const VERIFY_LOG: &str = "/huishang.ledger.v1.LedgerService/VerifyLog";

fn start(limits: &[(&'static str, u64)]) -> anyhow::Result<Sandbox> {
    let settings = limits.iter().map(|(name, value)| (*name, value.to_string())).collect();
    Sandbox::start_with(Mode::Embedded, SandboxConfig { settings, ..SandboxConfig::default() })
}

async fn connect(sandbox: &Sandbox) -> anyhow::Result<TcpStream> {
    Ok(TcpStream::connect(sandbox.server().replace("http://", "")).await?)
}

/// A client below gRPC, which sends and reads only what it is told to. It answers pings.
struct RawClient {
    token: String,
    requests: SendRequest<Bytes>,
}

impl RawClient {
    /// Connects with this receive window for each stream, in bytes.
    async fn connect(sandbox: &Sandbox, token: &str, window_bytes: u32) -> anyhow::Result<RawClient> {
        RawClient::over(connect(sandbox).await?, token, window_bytes).await
    }

    async fn over(socket: TcpStream, token: &str, window_bytes: u32) -> anyhow::Result<RawClient> {
        let (requests, connection) = h2::client::Builder::new()
            .initial_window_size(window_bytes)
            .initial_connection_window_size(1 << 30)
            .handshake(socket)
            .await?;
        tokio::spawn(connection);
        Ok(RawClient { token: token.to_owned(), requests: requests.ready().await? })
    }

    /// Sends the headers of a request.
    async fn begin(&mut self, path: &str) -> anyhow::Result<(ResponseFuture, SendStream<Bytes>)> {
        let request = http::Request::post(format!("http://localhost{path}"))
            .header("content-type", "application/grpc")
            .header("te", "trailers")
            .header("authorization", format!("Bearer {}", self.token))
            .body(())?;
        self.requests = self.requests.clone().ready().await?;
        Ok(self.requests.send_request(request, false)?)
    }

    /// Sends a request.
    async fn send(&mut self, path: &str, message: impl prost::Message) -> anyhow::Result<ResponseFuture> {
        let (response, mut body) = self.begin(path).await?;
        let message = message.encode_to_vec();
        let mut framed = vec![0];
        framed.extend_from_slice(&u32::try_from(message.len())?.to_be_bytes());
        framed.extend(message);
        body.send_data(framed.into(), true)?;
        Ok(response)
    }
}

/// How an answer ended.
#[derive(Debug, PartialEq)]
enum End {
    /// With this code of gRPC, and nothing else.
    Refused(Code),
    /// The stream was reset for this reason.
    Reset(Option<Reason>),
    /// It was there as a whole.
    Whole,
}

/// Waits for the end of an answer whose body nobody makes room for.
async fn end(response: ResponseFuture) -> anyhow::Result<End> {
    let waiting = async {
        let response = match response.await {
            Ok(response) => response,
            Err(error) => return End::Reset(error.reason()),
        };
        if let Some(code) = response.headers().get("grpc-status") {
            return End::Refused(Code::from_bytes(code.as_bytes()));
        }
        let mut body = response.into_body();
        while let Some(data) = body.data().await {
            if let Err(error) = data {
                return End::Reset(error.reason());
            }
        }
        End::Whole
    };
    tokio::time::timeout(PATIENCE, waiting).await.context("the answer never ends")
}

/// Another caller's requests, all of which must be answered.
async fn others_are_served(sandbox: &Sandbox) -> anyhow::Result<()> {
    let other = sandbox.client(Role::Clerk, Some("OTHER")).await?;
    for number in 0..20 {
        let code = format!("OTHER{number}");
        let answered = tokio::time::timeout(PATIENCE, other.register_department(&code));
        answered.await.context("not answered")??;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_that_never_arrive_keep_nobody_out() -> anyhow::Result<()> {
    const CONNECTIONS: usize = 6;
    const REQUESTS: usize = 4_200;
    let sandbox = start(&[("HUISHANG_LIMITS__REQUEST_BODY_SECONDS_MAX", 2)])?;
    let token = sandbox.token_of(Role::Delegate, Some("GREEDY"))?;
    for _ in 0..2 {
        let (mut ends, mut bodies) = (JoinSet::new(), Vec::new());
        for _ in 0..CONNECTIONS {
            let mut attacker = RawClient::connect(&sandbox, &token, 1 << 16).await?;
            for _ in 0..REQUESTS / CONNECTIONS {
                let (response, body) = attacker.begin(ListDepartmentsRequest::PATH).await?;
                ends.spawn(end(response));
                bodies.push(body);
            }
        }
        others_are_served(&sandbox).await?;
        let ends: Vec<End> = ends.join_all().await.into_iter().collect::<Result<_, _>>()?;
        let refused = ends.iter().filter(|end| **end == End::Refused(Code::ResourceExhausted)).count();
        let timed_out = ends.iter().filter(|end| **end == End::Refused(Code::Cancelled)).count();
        ensure!(refused > 0 && timed_out > 0 && refused + timed_out == ends.len(), "{refused}, {timed_out}");
    }
    let caller = sandbox.client(Role::Delegate, Some("GREEDY")).await?;
    caller.call(ListDepartmentsRequest::default()).await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_that_nobody_reads_are_few_and_do_not_stay() -> anyhow::Result<()> {
    const DEPARTMENTS: usize = 500;
    const REQUESTS: usize = 1_000;
    const MEMORY_MIB: u64 = 8;
    // An answer has more than 300 KiB, so all of a round have more than 300 MiB.
    const GROWTH_BYTES_MAX: u64 = 150 << 20;
    let mut sandbox = start(&[
        ("HUISHANG_LIMITS__CALLER_MEMORY_MIB_MAX", MEMORY_MIB),
        ("HUISHANG_LIMITS__ANSWER_STALL_SECONDS_MAX", 3),
    ])?;
    let clerk = sandbox.client(Role::Clerk, None).await?;
    let name = "水".repeat(200);
    let mut registering = JoinSet::new();
    for number in 0..DEPARTMENTS {
        let (clerk, request) = (clerk.clone(), registration(&format!("D{number}"), &name));
        registering.spawn(async move { clerk.call(request).await });
    }
    let mut at_least_position = 0;
    for registered in registering.join_all().await {
        at_least_position = at_least_position.max(registered?.position);
    }
    let list = ListDepartmentsRequest { at_least_position, page_size: 500, ..Default::default() };
    let whole = clerk.call(list.clone()).await?;
    ensure!(whole.encoded_len() > 300 << 10, "{} bytes", whole.encoded_len());
    let before = sandbox.process("up").peak_resident_bytes()?;

    let token = sandbox.token_of(Role::Operator, Some("GREEDY"))?;
    // A window that is shut, one in which an answer begins, and one that only its last byte does not fit in.
    for window_bytes in [0, 100, u32::try_from(whole.encoded_len())? + 4] {
        let mut attackers = Vec::new();
        for _ in 0..4 {
            attackers.push(RawClient::connect(&sandbox, &token, window_bytes).await?);
        }
        let mut ends = JoinSet::new();
        let follow = ReadRecordsRequest { follow: true, ..Default::default() };
        let stream = tokio::spawn(end(attackers[0].send(READ_RECORDS, follow).await?));
        for number in 0..REQUESTS {
            let attacker = &mut attackers[number % 4];
            ends.spawn(end(attacker.send(ListDepartmentsRequest::PATH, list.clone()).await?));
        }
        others_are_served(&sandbox).await?;
        let ends: Vec<End> = ends.join_all().await.into_iter().collect::<Result<_, _>>()?;
        let reset = ends.iter().filter(|end| **end == End::Reset(Some(Reason::CANCEL))).count();
        let refused = ends.iter().filter(|end| **end == End::Refused(Code::ResourceExhausted)).count();
        ensure!(stream.await?? == End::Reset(Some(Reason::CANCEL)), "a stream is reset as well");
        ensure!(
            reset > 0 && refused > 0 && reset + refused == ends.len(),
            "{window_bytes}: {reset}, {refused}"
        );
    }
    let grown = sandbox.process("up").peak_resident_bytes()? - before;
    ensure!(grown < GROWTH_BYTES_MAX, "{} MiB more", grown >> 20);
    // What was held is free again.
    let caller = sandbox.client(Role::Operator, Some("GREEDY")).await?;
    ensure!(caller.call(list).await?.departments.len() == DEPARTMENTS);
    Ok(())
}

/// Asks for the health of the process over a connection of its own.
async fn probe(sandbox: &Sandbox) -> anyhow::Result<()> {
    let checking = async {
        let channel = Endpoint::from_shared(sandbox.server())?.connect().await?;
        let answer = HealthClient::new(channel).check(HealthCheckRequest::default()).await?;
        ensure!(answer.into_inner().status() == ServingStatus::Serving);
        anyhow::Ok(())
    };
    tokio::time::timeout(PATIENCE, checking).await.context("no answer to a probe")?
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_without_a_token_keep_nobody_out_and_do_not_stay() -> anyhow::Result<()> {
    const CONNECTIONS: usize = 1_200;
    let sandbox = start(&[("HUISHANG_LIMITS__UNKNOWN_CONNECTION_SECONDS_MAX", 3)])?;
    let clerk = sandbox.client(Role::Clerk, None).await?;
    clerk.register_department("BEFORE").await?;
    let mut open = Vec::new();
    for number in 0..CONNECTIONS {
        let mut connection = connect(&sandbox).await?;
        // Some never begin, some begin to speak HTTP/2, some stop within the headers of a request.
        if number % 3 > 0 {
            connection.write_all(PREFACE).await?;
        }
        if number % 3 > 1 {
            connection.write_all(&[0, 1, 0, 1, 4, 0, 0, 0, 1, 0x82]).await?;
        }
        open.push(connection);
    }
    for _ in 0..20 {
        probe(&sandbox).await?;
    }
    others_are_served(&sandbox).await?;
    clerk.register_department("AFTER").await?;
    for mut connection in open {
        let mut received = Vec::new();
        // An error is a close as well.
        let closed = tokio::time::timeout(PATIENCE, connection.read_to_end(&mut received));
        let _ = closed.await.context("a connection stays")?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_beyond_a_share_are_refused_and_probes_are_answered() -> anyhow::Result<()> {
    const SHARE: u64 = 3;
    let sandbox = start(&[("HUISHANG_LIMITS__ADDRESS_CONNECTIONS_MAX", SHARE)])?;
    let mut known = Vec::new();
    for _ in 0..SHARE {
        let clerk = sandbox.client(Role::Clerk, None).await?;
        clerk.call(ListDepartmentsRequest::default()).await?;
        known.push(clerk);
    }
    let refused = sandbox.client(Role::Clerk, None).await?.call(ListDepartmentsRequest::default()).await;
    let refused = refused.err().context("there is a place for another connection")?;
    ensure!(Client::reason(&refused).as_deref() == Some("TOO_MANY_CONNECTIONS"), "{refused}");
    probe(&sandbox).await?;
    known[0].register_department("A").await?;
    known.pop();
    there_is_room_for_another(&sandbox).await
}

/// Waits until a new connection is accepted.
async fn there_is_room_for_another(sandbox: &Sandbox) -> anyhow::Result<()> {
    let trying = async {
        while sandbox.client(Role::Clerk, None).await?.call(ListDepartmentsRequest::default()).await.is_err()
        {
            tokio::task::yield_now().await;
        }
        anyhow::Ok(())
    };
    let silence = KEEPALIVE_INTERVAL + KEEPALIVE_TIMEOUT;
    tokio::time::timeout(silence + PATIENCE, trying).await.context("the place of a connection stays taken")?
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_whose_peer_went_silent_makes_room() -> anyhow::Result<()> {
    let sandbox = start(&[("HUISHANG_LIMITS__ADDRESS_CONNECTIONS_MAX", 1)])?;
    let proxy = Proxy::to(sandbox.server().replace("http://", "").parse()?).await?;
    let token = sandbox.token_of(Role::Clerk, None)?;
    let mut silent = RawClient::over(TcpStream::connect(proxy.address()).await?, &token, 1 << 16).await?;
    let answer = silent.send(ListDepartmentsRequest::PATH, ListDepartmentsRequest::default()).await?;
    ensure!(end(answer).await? == End::Whole);
    let refused = sandbox.client(Role::Clerk, None).await?.call(ListDepartmentsRequest::default()).await;
    ensure!(refused.is_err(), "there is one place");
    proxy.cut();
    there_is_room_for_another(&sandbox).await
}

#[tokio::test(flavor = "multi_thread")]
async fn followers_leave_room_for_other_callers_and_for_the_auditor() -> anyhow::Result<()> {
    // A share is 2, and 2 are kept.
    let sandbox = start(&[("HUISHANG_LIMITS__LOG_READERS_MAX", 8)])?;
    let mut followers = Vec::new();
    for department in ["A", "B", "C", "D"] {
        let operator = sandbox.client(Role::Operator, Some(department)).await?;
        while let Ok(follower) = operator.follow(0).await {
            followers.push(follower);
        }
    }
    ensure!(followers.len() == 6, "{}", followers.len());
    let auditor = sandbox.client(Role::Auditor, None).await?;
    let mut follower = auditor.follow(0).await?;
    sandbox.client(Role::Clerk, None).await?.register_department("A").await?;
    follower.wait_for_more(1).await?;
    let refused = sandbox.client(Role::Operator, Some("E")).await?.follow(0).await;
    let refused = refused.err().context("the rest is kept")?.downcast::<Status>()?;
    ensure!(Client::reason(&refused).as_deref() == Some("TOO_MANY_REQUESTS"), "{refused}");
    ensure!(refused.get_details_retry_info().is_some(), "{refused}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn looping_verifications_do_not_keep_the_auditor_from_verifying() -> anyhow::Result<()> {
    let sandbox = start(&[])?;
    let clerk = sandbox.client(Role::Clerk, None).await?;
    futures::future::try_join_all((0..500).map(|number| {
        let clerk = clerk.clone();
        async move { clerk.register_department(&format!("D{number}")).await }
    }))
    .await?;
    let mut looping = JoinSet::new();
    for department in ["A", "B", "C", "D", "E"] {
        let token = sandbox.token_of(Role::Operator, Some(department))?;
        let mut operator = RawClient::connect(&sandbox, &token, 1 << 16).await?;
        looping.spawn(async move {
            while end(operator.send(VERIFY_LOG, VerifyLogRequest {}).await?).await? != End::Reset(None) {}
            anyhow::Ok(())
        });
    }
    let auditor = sandbox.client(Role::Auditor, None).await?;
    for _ in 0..12 {
        ensure!(auditor.verify_log().await? == 500);
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn looping_backups_leave_room_for_those_of_another_operator() -> anyhow::Result<()> {
    let sandbox = start(&[])?;
    sandbox.client(Role::Clerk, None).await?.register_department("A").await?;
    let token = sandbox.token_of(Role::Operator, Some("A"))?;
    let mut looping = JoinSet::new();
    for _ in 0..8 {
        let mut operator = RawClient::connect(&sandbox, &token, 1 << 16).await?;
        looping.spawn(async move {
            let ask = BackupRecordsRequest::default;
            while end(operator.send(BACKUP_RECORDS, ask()).await?).await? != End::Reset(None) {}
            anyhow::Ok(())
        });
    }
    for round in 0..12 {
        let backup = sandbox.folder().join(format!("backup-{round}"));
        let ran =
            sandbox.run("operator@B", &["log", "backup", backup.to_str().context("a path in UTF-8")?])?;
        ensure!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_department_that_writes_without_end_is_slowed_down_alone() -> anyhow::Result<()> {
    let sandbox = start(&[
        ("HUISHANG_LIMITS__DEPARTMENT_WRITE_KIB_PER_SECOND_MAX", 1),
        ("HUISHANG_LIMITS__DEPARTMENT_WRITE_BURST_MIB", 1),
    ])?;
    let greedy = sandbox.client(Role::Clerk, Some("GREEDY")).await?;
    let mut written = 0;
    let refused = loop {
        let name = "水".repeat(200);
        match greedy.call(registration(&format!("D{written}"), &name)).await {
            Ok(_) => written += 1,
            Err(status) => break status,
        }
        ensure!(written < 2_000, "3 MiB were written");
    };
    ensure!(Client::reason(&refused).as_deref() == Some("WRITE_RATE_EXCEEDED"), "{refused}");
    let info = refused.get_details_retry_info();
    ensure!(info.and_then(|info| info.retry_delay).is_some(), "it has a retry delay: {refused}");
    // It may read, and others may write.
    greedy.call(ListDepartmentsRequest::default()).await?;
    others_are_served(&sandbox).await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_writes_nothing_counts_for_nothing_of_what_a_department_may_write() -> anyhow::Result<()> {
    // All of them together would have more than 1 MiB, each of both kinds.
    const COMMANDS: usize = 800;
    let sandbox = start(&[
        ("HUISHANG_LIMITS__DEPARTMENT_WRITE_KIB_PER_SECOND_MAX", 1),
        ("HUISHANG_LIMITS__DEPARTMENT_WRITE_BURST_MIB", 1),
    ])?;
    let clerk = sandbox.client(Role::Clerk, Some("WATER")).await?;
    let command = |number: usize| registration(&format!("D{number}"), &"水".repeat(200));
    for number in 0..COMMANDS {
        let mut orphan = command(number);
        orphan.department.get_or_insert_default().parent_code = Some("NOWHERE".into());
        let (validated, refused) = tokio::join!(
            clerk.call(RegisterDepartmentRequest { validate_only: true, ..command(number) }),
            clerk.call(orphan),
        );
        ensure!(validated?.position == 0, "it was only validated");
        let refused = refused.err().context("its parent is nowhere")?;
        ensure!(refused.code() == Code::InvalidArgument, "{refused}");
    }
    clerk.call(command(0)).await?;
    Ok(())
}
