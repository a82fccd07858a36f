//! References below gRPC: one sync of the disk, and group commit by the log alone.

use crate::load::closed_loop;
use crate::measure::Sample;
use bytes::Bytes;
use event_log::{Append, EventLog, Expected, NewRecord};
use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::Mutex;
use uuid::Uuid;

/// Bytes of a payload.
pub const PAYLOAD_BYTES: usize = 512;
const BLOCK_BYTES: usize = 4096;
const SYNCS: usize = 300;

/// Writes blocks of 4 KiB one after another and syncs each: how long one takes. The file has its length
/// before, as a new length would have to be synced too.
pub fn syncs(folder: &Path) -> anyhow::Result<Sample> {
    let file: File = tempfile::tempfile_in(folder)?;
    file.write_all_at(&vec![0; SYNCS * BLOCK_BYTES], 0)?;
    file.sync_all()?;
    let mut times = Vec::with_capacity(SYNCS);
    for number in 0..SYNCS {
        let begun = Instant::now();
        file.write_all_at(&[0x5A; BLOCK_BYTES], (number * BLOCK_BYTES) as u64)?;
        file.sync_data()?;
        times.push(begun.elapsed());
    }
    let all: Duration = times.iter().sum();
    times.sort_unstable();
    Ok(Sample { rate: SYNCS as f64 / all.as_secs_f64(), p50: times[SYNCS / 2], cpu: Duration::ZERO })
}

/// Has tasks of this process append to the log, each to a stream of its own at the expected position.
pub async fn group_commit(log: &EventLog, in_flight: usize, time: Duration) -> anyhow::Result<Sample> {
    let streams: Vec<_> =
        (0..in_flight).map(|_| (format!("bench.raw.{}", Uuid::new_v4()), Mutex::new(0))).collect();
    let (log, streams) = (log.clone(), Arc::new(streams));
    let payload = Bytes::from(vec![0x5A; PAYLOAD_BYTES]);
    closed_loop(in_flight, time, &[], move |worker, _| {
        let (log, streams, payload) = (log.clone(), streams.clone(), payload.clone());
        async move {
            let (stream, last) = &streams[worker];
            let mut last = last.lock().await;
            let record = NewRecord {
                stream: stream.clone(),
                expected: Expected::At(*last),
                types: vec!["huishang.directory.events.v1.DepartmentRegistered".to_owned()],
                payload,
                salt: [7; 16],
            };
            let append = Append { command_id: Uuid::now_v7(), time_micros: 0, records: vec![record] };
            *last = log.append(append).await?.last;
            Ok(())
        }
    })
    .await
}
