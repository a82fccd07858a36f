//! Delivers spans, and says once when that fails and once when it works again.

use opentelemetry_otlp::SpanExporter;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{self, SpanData};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// What delivers to the collector.
#[derive(Debug)]
pub(super) struct Delivery {
    exporter: SpanExporter,
    /// Whether the last delivery failed.
    fails: AtomicBool,
}

impl Delivery {
    pub(super) fn new(exporter: SpanExporter) -> Delivery {
        Delivery { exporter, fails: AtomicBool::new(false) }
    }
}

impl trace::SpanExporter for Delivery {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        let delivered = trace::SpanExporter::export(&self.exporter, batch).await;
        match (&delivered, self.fails.swap(delivered.is_err(), Ordering::Relaxed)) {
            (Err(error), false) => tracing::warn!(%error, "spans are lost: the collector cannot be reached"),
            (Ok(()), true) => tracing::info!("spans are delivered again"),
            _ => {}
        }
        delivered
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        trace::SpanExporter::shutdown_with_timeout(&self.exporter, timeout)
    }

    fn force_flush(&self) -> OTelSdkResult {
        trace::SpanExporter::force_flush(&self.exporter)
    }

    fn set_resource(&mut self, resource: &Resource) {
        trace::SpanExporter::set_resource(&mut self.exporter, resource);
    }
}
