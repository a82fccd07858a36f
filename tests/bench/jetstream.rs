//! Plain publishes to JetStream that are durable when they are acknowledged: `sync_interval: always`.

use crate::disk::PAYLOAD_BYTES;
use crate::load::closed_loop;
use crate::measure::Sample;
use async_nats::jetstream::{self, stream};
use bytes::Bytes;
use std::path::Path;
use std::time::Duration;
use tempfile::TempDir;
use tests::{Process, broker};

/// A broker of its own with one stream.
pub struct JetStream {
    context: jetstream::Context,
    process: Process,
    _folder: TempDir,
}

impl JetStream {
    /// Starts the broker and makes the stream.
    pub async fn start(root: &Path) -> anyhow::Result<JetStream> {
        let folder = TempDir::new_in(root)?;
        let (store, settings) = (folder.path().join("store"), folder.path().join("nats.conf"));
        std::fs::write(&settings, "jetstream { sync_interval: always }\n")?;
        let more = ["--config".to_owned(), settings.display().to_string()];
        let (process, address) = broker::start("nats-always", &store, None, &more)?;
        let context = jetstream::new(async_nats::connect(format!("nats://{address}")).await?);
        let config = stream::Config {
            name: "events".to_owned(),
            subjects: vec!["events.>".to_owned()],
            ..stream::Config::default()
        };
        context.create_stream(config).await?;
        Ok(JetStream { context, process, _folder: folder })
    }

    /// Publishes, with `in_flight` under way, and waits for the acknowledgement of each.
    pub async fn load(&self, in_flight: usize, time: Duration) -> anyhow::Result<Sample> {
        let context = self.context.clone();
        let payload = Bytes::from(vec![0x5A; PAYLOAD_BYTES]);
        closed_loop(in_flight, time, &[self.process.id()], move |worker, _| {
            let (context, payload) = (context.clone(), payload.clone());
            async move {
                context.publish(format!("events.{worker}"), payload).await?.await?;
                Ok(())
            }
        })
        .await
    }
}
