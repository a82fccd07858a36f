//! Traces: where the time of a command goes, from its call through the journal to what follows from its records, as
//! spans that a collector puts together.
//!
//! Nothing is traced until [`start`]. A trace begins with a call, in the trace of its caller if they named one in
//! `traceparent` (W3C Trace Context). What is appended carries the context, so whoever consumes the record, in this
//! process or another, adds spans to the same trace. Spans say which rpc, record and consumer, and how it ended; never
//! who called, nor what a request or a record contains.

mod delivery;

use crate::clock::Clock;
use crate::config;
use crate::limits::RECORD_TRACED_AGE_MAX;
use crate::version;
use delivery::Delivery;
use journal::Record;
use opentelemetry::trace::{
    Span as _, SpanContext, SpanId, SpanKind, Status as SpanStatus, TraceContextExt as _, TraceFlags,
    TraceId, TraceState, Tracer as _, TracerProvider as _,
};
use opentelemetry::{Context, KeyValue, Value};
use opentelemetry_otlp::{SpanExporter, WithTonicConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{Sampler, SdkTracer, SdkTracerProvider};
use std::fmt::Display;
use std::path::PathBuf;
use std::sync::OnceLock;
use tonic::transport::{Certificate, ClientTlsConfig, Endpoint};
use tonic::{Code, Status};

/// What makes spans in this process, once traces are on.
static TRACER: OnceLock<SdkTracer> = OnceLock::new();

/// Why traces cannot be sent.
#[derive(Debug, thiserror::Error)]
pub enum TracesError {
    /// The collector's address cannot be used.
    #[error("traces.endpoint: {0}")]
    Endpoint(String),
    /// The file of the authorities cannot be used.
    #[error("traces.ca_file: {}: {error}", file.display())]
    Authorities {
        /// The file.
        file: PathBuf,
        /// Error of the operating system.
        error: std::io::Error,
    },
}

/// The traces of this process, to be ended before it.
#[derive(Debug, Default)]
#[must_use = "spans that are not delivered yet are lost without `end`"]
pub struct Traces(Option<SdkTracerProvider>);

impl Traces {
    /// Delivers the spans that have ended, for [`TRACES_FLUSH_TIMEOUT`](crate::limits::TRACES_FLUSH_TIMEOUT) at most.
    /// Blocks.
    pub fn end(self) {
        let Some(provider) = self.0 else { return };
        if let Err(error) = provider.shutdown_with_timeout(crate::limits::TRACES_FLUSH_TIMEOUT) {
            tracing::warn!(%error, "the last spans were not delivered");
        }
    }
}

/// Sends the spans of this process to a collector from now on, if the settings name one. `process` names what runs here,
/// such as `huishang-ledger`. Called within a runtime, once. A collector that is away only costs the spans.
pub fn start(config: &config::Traces, realm: &str, process: &str) -> Result<Traces, TracesError> {
    let Some(endpoint) = &config.endpoint else { return Ok(Traces::default()) };
    let exporter =
        SpanExporter::builder().with_tonic().with_channel(channel(endpoint, config)?.connect_lazy());
    let exporter = exporter.build().map_err(|error| TracesError::Endpoint(error.to_string()))?;
    let root = Sampler::TraceIdRatioBased(f64::from(config.sampled_percent) / 100.0);
    let resource = Resource::builder()
        .with_service_name(process.to_owned())
        .with_attribute(KeyValue::new("service.namespace", realm.to_owned()))
        .with_attribute(KeyValue::new("service.version", version::VERSION))
        .build();
    let provider = SdkTracerProvider::builder()
        .with_batch_exporter(Delivery::new(exporter))
        .with_sampler(Sampler::ParentBased(Box::new(root)))
        .with_resource(resource)
        .build();
    tracing::info!(endpoint, sampled_percent = config.sampled_percent, "traces are sent");
    // A second start in one process, as in tests, keeps the first.
    let _ = TRACER.set(provider.tracer("huishang"));
    Ok(Traces(Some(provider)))
}

fn channel(endpoint: &str, config: &config::Traces) -> Result<Endpoint, TracesError> {
    let unusable = |error: tonic::transport::Error| {
        let cause = std::error::Error::source(&error).map(ToString::to_string);
        TracesError::Endpoint(format!("{endpoint}: {}", cause.unwrap_or_else(|| error.to_string())))
    };
    let channel = Endpoint::from_shared(endpoint.to_owned()).map_err(unusable)?;
    let channel = channel.timeout(crate::limits::TRACES_DELIVERY_TIMEOUT);
    if !endpoint.starts_with("https://") {
        return Ok(channel);
    }
    let tls = match &config.ca_file {
        Some(file) => {
            let unreadable = |error| TracesError::Authorities { file: file.clone(), error };
            ClientTlsConfig::new()
                .ca_certificate(Certificate::from_pem(std::fs::read(file).map_err(unreadable)?))
        }
        None => ClientTlsConfig::new().with_native_roots(),
    };
    channel.tls_config(tls).map_err(unusable)
}

/// Something that takes time, from its start until it is dropped; nothing, where its trace is not recorded.
#[derive(Debug, Default)]
pub(crate) struct Span(Option<opentelemetry_sdk::trace::Span>);

impl Span {
    /// A call to an rpc, such as `huishang.ledger.v1.LedgerService/GetHead`: in the trace that its caller names, or as the
    /// beginning of one.
    pub(crate) fn of_call(rpc: &str, traceparent: Option<&str>) -> Span {
        let (service, method) = rpc.split_once('/').unwrap_or((rpc, ""));
        let attributes = [
            KeyValue::new("rpc.system", "grpc"),
            KeyValue::new("rpc.service", service.to_owned()),
            KeyValue::new("rpc.method", method.to_owned()),
        ];
        let caller = traceparent.and_then(remote);
        Span::begin(rpc.to_owned(), SpanKind::Server, caller, attributes.into())
    }

    /// A part of what a trace is about; nothing, if there is no trace or it is not recorded.
    pub(crate) fn of_part(name: String, kind: SpanKind, traceparent: Option<&str>) -> Span {
        match traceparent.and_then(remote).filter(SpanContext::is_sampled) {
            Some(parent) => Span::begin(name, kind, Some(parent), Vec::new()),
            None => Span::default(),
        }
    }

    fn begin(name: String, kind: SpanKind, parent: Option<SpanContext>, attributes: Vec<KeyValue>) -> Span {
        let Some(tracer) = TRACER.get() else { return Span::default() };
        let context = match parent {
            Some(parent) => Context::new().with_remote_span_context(parent),
            None => Context::new(),
        };
        let span = tracer.span_builder(name).with_kind(kind).with_attributes(attributes);
        let span = span.start_with_context(tracer, &context);
        Span(Some(span).filter(|span| span.span_context().is_sampled()))
    }

    /// The context to hand on, so that what follows is part of it; none where nothing is recorded.
    pub(crate) fn traceparent(&self) -> Option<String> {
        let context = self.0.as_ref()?.span_context();
        Some(format!("00-{:032x}-{:016x}-01", context.trace_id(), context.span_id()))
    }

    /// Notes something about it.
    pub(crate) fn note(&mut self, name: &'static str, value: impl Into<Value>) {
        if let Some(span) = &mut self.0 {
            span.set_attribute(KeyValue::new(name, value));
        }
    }

    /// Notes that it failed.
    pub(crate) fn fail(&mut self, error: impl Display) {
        if let Some(span) = &mut self.0 {
            span.set_status(SpanStatus::error(error.to_string()));
        }
    }

    /// Ends a call with how it was answered. What is the caller's fault is no error of the server's.
    pub(crate) fn end_call(&mut self, status: &Status, reason: &str) {
        let Some(mut span) = self.0.take() else { return };
        span.set_attribute(KeyValue::new("rpc.grpc.status_code", i64::from(i32::from(status.code()))));
        if !reason.is_empty() {
            span.set_attribute(KeyValue::new("huishang.reason", reason.to_owned()));
        }
        if is_fault_of_server(status.code()) {
            span.set_status(SpanStatus::error(reason.to_owned()));
        }
    }
}

/// As the conventions of OpenTelemetry for gRPC have it.
fn is_fault_of_server(code: Code) -> bool {
    matches!(
        code,
        Code::Unknown
            | Code::DeadlineExceeded
            | Code::Unimplemented
            | Code::Internal
            | Code::Unavailable
            | Code::DataLoss
    )
}

/// A view or process manager, whose work on a record is part of the record's trace.
#[derive(Debug, Clone)]
pub(crate) struct TracedConsumer {
    name: &'static str,
    clock: Clock,
}

impl TracedConsumer {
    /// The consumer of this name.
    pub(crate) fn new(name: &'static str, clock: Clock) -> TracedConsumer {
        TracedConsumer { name, clock }
    }

    /// Begins its work on a record. A record that is old is being replayed, which nobody waits for.
    pub(crate) fn begin(&self, record: &Record) -> Span {
        let traceparent = record.envelope.traceparent.as_deref();
        if traceparent.is_none() || TRACER.get().is_none() {
            return Span::default();
        }
        let age = self.clock.now().duration_since(record.envelope.time);
        if age.as_secs_f64() > RECORD_TRACED_AGE_MAX.as_secs_f64() {
            return Span::default();
        }
        let mut span = Span::of_part(format!("consume {}", self.name), SpanKind::Consumer, traceparent);
        span.note("huishang.consumer", self.name);
        span.note("huishang.position", record.position as i64);
        span
    }
}

/// What marks the log lines of whatever is done for a trace with its id.
pub(crate) fn of_log_lines(traceparent: Option<&str>) -> tracing::Span {
    match traceparent.and_then(trace_id) {
        // At the highest level, so that no filter that lets a line through takes its trace away.
        Some(trace_id) => tracing::error_span!("trace", trace_id),
        None => tracing::Span::none(),
    }
}

/// The trace that a `traceparent` names.
pub(crate) fn trace_id(traceparent: &str) -> Option<&str> {
    is_traceparent(traceparent).then(|| &traceparent[3..35])
}

/// The context in a `traceparent`.
fn remote(traceparent: &str) -> Option<SpanContext> {
    if !is_traceparent(traceparent) {
        return None;
    }
    let mut parts = traceparent.split('-').skip(1);
    let trace = TraceId::from_hex(parts.next()?).ok()?;
    let span = SpanId::from_hex(parts.next()?).ok()?;
    let flags = TraceFlags::new(u8::from_str_radix(parts.next()?, 16).ok()?);
    Some(SpanContext::new(trace, span, flags, true, TraceState::default()))
}

/// Whether a text is a `traceparent` of W3C Trace Context: version, trace, parent and flags, 55 characters. What is
/// not is dropped, as the standard says.
pub(crate) fn is_traceparent(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let &[version, trace, parent, flags] = &parts[..] else { return false };
    let hex = |part: &str, digits: usize| {
        part.len() == digits && part.bytes().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f'))
    };
    let set = |part: &str| part.bytes().any(|digit| digit != b'0');
    hex(version, 2)
        && version != "ff"
        && hex(trace, 32)
        && set(trace)
        && hex(parent, 16)
        && set(parent)
        && hex(flags, 2)
}

#[cfg(test)]
mod tests {
    use super::is_traceparent;

    #[test]
    fn a_traceparent_has_the_55_characters_of_the_standard() {
        let good = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        assert!(is_traceparent(good));
        for bad in [
            "",
            &good[..54],
            &format!("{good}0"),
            &format!("{good}-{}", "x".repeat(12_000)),
            &good.to_uppercase(),
            &good.replace("00-0a", "ff-0a"),
            &good.replace("b7ad6b7169203331", "0000000000000000"),
            &good.replace("0af7651916cd43dd8448eb211c80319c", &"0".repeat(32)),
            &good.replace('-', "_"),
        ] {
            assert!(!is_traceparent(bad), "{bad}");
        }
    }
}
