//! Traces: a collector receives the spans of what a command does, in every process that has part in it.

use crate::in_both_modes;
use anyhow::{Context as _, ensure};
use domain::Role;
use opentelemetry_proto::tonic::collector::trace::v1::trace_service_server::{
    TraceService, TraceServiceServer,
};
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::trace::v1::Span;
use proto::directory::v1::directory_service_client::DirectoryServiceClient;
use proto::scheduling::v1::scheduling_service_client::SchedulingServiceClient;
use proto::scheduling::v1::{
    ConveneSessionRequest, EmergencyDeclaration, MatterClass, SessionKind, SessionOutline,
};
use std::sync::{Arc, Mutex, PoisonError};
use tests::{Mode, Sandbox, SandboxConfig, command, outline, registration, until};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::{Request, Response, Status};

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const CALLER_SPAN: &str = "b7ad6b7169203331";
const REGISTER: &str = "huishang.directory.v1.DirectoryService/RegisterDepartment";

/// A collector of OTLP over gRPC that remembers what it is sent.
struct Collector {
    port: u16,
    received: Received,
    _served: JoinSet<()>,
}

#[derive(Clone, Default)]
struct Received(Arc<Mutex<Vec<Seen>>>);

/// A span, with the process that sent it.
#[derive(Debug, Clone)]
struct Seen {
    process: String,
    span: Span,
}

impl Seen {
    fn trace_id(&self) -> String {
        hex(&self.span.trace_id)
    }

    fn id(&self) -> String {
        hex(&self.span.span_id)
    }

    fn parent_id(&self) -> String {
        hex(&self.span.parent_span_id)
    }

    fn attribute(&self, name: &str) -> Option<&Value> {
        let found = self.span.attributes.iter().find(|attribute| attribute.key == name)?;
        found.value.as_ref()?.value.as_ref()
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[tonic::async_trait]
impl TraceService for Received {
    async fn export(
        &self,
        request: Request<ExportTraceServiceRequest>,
    ) -> Result<Response<ExportTraceServiceResponse>, Status> {
        for resource in request.into_inner().resource_spans {
            let attributes = resource.resource.unwrap_or_default().attributes;
            let name = attributes.into_iter().find(|attribute| attribute.key == "service.name");
            let process = match name.and_then(|name| name.value?.value) {
                Some(Value::StringValue(name)) => name,
                other => return Err(Status::invalid_argument(format!("no service.name: {other:?}"))),
            };
            let spans = resource.scope_spans.into_iter().flat_map(|scope| scope.spans);
            let seen = spans.map(|span| Seen { process: process.clone(), span });
            self.0.lock().unwrap_or_else(PoisonError::into_inner).extend(seen);
        }
        Ok(Response::new(ExportTraceServiceResponse::default()))
    }
}

impl Collector {
    async fn start() -> anyhow::Result<Collector> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let port = listener.local_addr()?.port();
        let received = Received::default();
        let server =
            tonic::transport::Server::builder().add_service(TraceServiceServer::new(received.clone()));
        let mut served = JoinSet::new();
        served.spawn(async move {
            server.serve_with_incoming(TcpListenerStream::new(listener)).await.expect("the collector serves");
        });
        Ok(Collector { port, received, _served: served })
    }

    /// What has its processes send their spans here, soon after they have ended.
    fn settings(&self) -> Vec<(&'static str, String)> {
        let endpoint = ("HUISHANG_TRACES__ENDPOINT", format!("http://127.0.0.1:{}", self.port));
        vec![endpoint, ("OTEL_BSP_SCHEDULE_DELAY", "50".into())]
    }

    /// Waits for a span of a process with this name.
    async fn span(&self, process: &str, name: &str) -> Seen {
        until(&format!("the span {name:?} of {process}"), async || {
            self.spans(process, name).into_iter().next()
        })
        .await
    }

    /// The spans of a process with this name that have come so far.
    fn spans(&self, process: &str, name: &str) -> Vec<Seen> {
        let received = self.received.0.lock().unwrap_or_else(PoisonError::into_inner);
        received.iter().filter(|seen| seen.process == process && seen.span.name == name).cloned().collect()
    }
}

fn process(mode: Mode, service: &str) -> String {
    match mode {
        Mode::Embedded => "huishang".into(),
        Mode::Distributed => format!("huishang-{service}"),
    }
}

fn request<M>(sandbox: &Sandbox, message: M, flags: &str) -> anyhow::Result<Request<M>> {
    let mut request = Request::new(message);
    let token = sandbox.token_of(Role::Clerk, Some("OFFICE"))?;
    request.metadata_mut().insert("authorization", format!("Bearer {token}").parse()?);
    request.metadata_mut().insert("traceparent", format!("00-{TRACE}-{CALLER_SPAN}-{flags}").parse()?);
    Ok(request)
}

/// An admitted emergency session.
async fn admitted(sandbox: &Sandbox) -> anyhow::Result<String> {
    let clerk = sandbox.client(Role::Clerk, Some("OFFICE")).await?;
    clerk.register_department("OFFICE").await?;
    clerk.define_body("BODY", "OFFICE", "OFFICE").await?;
    let outline = SessionOutline {
        kind: SessionKind::Emergency.into(),
        matter_class: MatterClass::Emergency.into(),
        emergency: Some(EmergencyDeclaration { reason: "A flood".into(), authority: "Plan 3".into() }),
        ..outline("Flood", "OFFICE")
    };
    Ok(clerk.admitted_session(outline).await?)
}

in_both_modes!(a_command_and_all_that_follows_from_it_is_one_trace);

async fn a_command_and_all_that_follows_from_it_is_one_trace(mode: Mode) -> anyhow::Result<()> {
    let collector = Collector::start().await?;
    let config = SandboxConfig { settings: collector.settings(), ..SandboxConfig::default() };
    let sandbox = Sandbox::start_with(mode, config)?;
    let session_id = admitted(&sandbox).await?;
    // When a caller that traces has a session convened
    let convene = request(&sandbox, ConveneSessionRequest { session_id, ..command() }, "01")?;
    let mut client = SchedulingServiceClient::connect(sandbox.server_of("scheduling")).await?;
    let position = client.convene_session(convene).await?.into_inner().position;

    // Then the call is in its trace,
    let (scheduling, deliberation) = (process(mode, "scheduling"), process(mode, "deliberation"));
    let in_trace = async |process: &str, name: &str| {
        until(&format!("{name:?} of {process} in the trace"), async || {
            collector.spans(process, name).into_iter().find(|seen| seen.trace_id() == TRACE)
        })
        .await
    };
    let call = in_trace(&scheduling, "huishang.scheduling.v1.SchedulingService/ConveneSession").await;
    ensure!(call.parent_id() == CALLER_SPAN, "{call:?}");
    ensure!(call.attribute("rpc.grpc.status_code") == Some(&Value::IntValue(0)), "{call:?}");
    // what it appended is part of the call,
    let appended = in_trace(&scheduling, "append scheduling.session").await;
    ensure!(appended.parent_id() == call.id(), "{appended:?}");
    ensure!(
        appended.attribute("huishang.position") == Some(&Value::IntValue(position as i64)),
        "{appended:?}"
    );
    ensure!(in_trace(&scheduling, "commit").await.parent_id() == call.id());
    // and the other service, which learns of it through the journal, goes on with it: its view, its process manager and
    // what that appends.
    let reaction = in_trace(&deliberation, "consume open_docket").await;
    ensure!(reaction.parent_id() == appended.id(), "{reaction:?}");
    let prepared = in_trace(&deliberation, "append deliberation.docket").await;
    ensure!(prepared.parent_id() == reaction.id(), "{prepared:?}");
    let shown = in_trace(&deliberation, "consume deliberation").await;
    ensure!(shown.parent_id() == prepared.id(), "{shown:?}");
    // Without a caller that traces, a call begins a trace of its own.
    let own = collector.span(&process(mode, "directory"), REGISTER).await;
    ensure!(own.parent_id().is_empty() && own.trace_id() != TRACE, "{own:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_that_does_not_record_is_followed_and_a_refusal_says_why() -> anyhow::Result<()> {
    let collector = Collector::start().await?;
    let config = SandboxConfig { settings: collector.settings(), ..SandboxConfig::default() };
    let mut sandbox = Sandbox::start_with(Mode::Embedded, config)?;
    let mut client = DirectoryServiceClient::connect(sandbox.server_of("directory")).await?;
    client.register_department(request(&sandbox, registration("A", "A"), "00")?).await?;
    // When one that records is refused
    let mut below_itself = registration("B", "SECRET-NAME");
    below_itself.department.as_mut().context("a department")?.parent_code = Some("B".into());
    let refused = client.register_department(request(&sandbox, below_itself, "01")?).await;
    ensure!(refused.is_err());
    // Then the one span that comes has the reason, and nothing of what was asked for.
    let span = collector.span("huishang", REGISTER).await;
    ensure!(span.attribute("huishang.reason") == Some(&Value::StringValue("OWN_PARENT".into())), "{span:?}");
    ensure!(
        !format!("{span:?}").contains("SECRET-NAME") && !format!("{span:?}").contains("clerk"),
        "{span:?}"
    );
    sandbox.process("up").terminate()?;
    ensure!(collector.spans("huishang", REGISTER).len() == 1, "{:?}", collector.spans("huishang", REGISTER));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_collector_that_is_away_costs_spans_and_nothing_else() -> anyhow::Result<()> {
    let collector = Collector::start().await?;
    let settings = collector.settings();
    drop(collector);
    let config = SandboxConfig { settings, ..SandboxConfig::default() };
    let mut sandbox = Sandbox::start_with(Mode::Embedded, config)?;
    let clerk = sandbox.client(Role::Clerk, None).await?;
    clerk.register_department("A").await?;
    sandbox.process("up").wait_for_log("spans are lost: the collector cannot be reached");
    clerk.register_department("B").await?;
    let log = sandbox.process("up").log();
    ensure!(log.matches("spans are lost").count() == 1, "{log}");
    Ok(())
}
