//! Sample commits.

use crate::{Commit, Position, Write};
use domain::{Actor, Role, StreamName, Timestamp, Uuid};
use proto::record::Envelope;

/// Category of the sample streams.
pub const CATEGORY: &str = "conformance.sample";
/// Another category.
pub const OTHER_CATEGORY: &str = "conformance.other";

/// Returns a new stream name.
pub fn stream() -> StreamName {
    StreamName { category: CATEGORY.into(), id: Uuid::new_v4() }
}

/// Returns a new stream name in the other category.
pub fn other_stream() -> StreamName {
    StreamName { category: OTHER_CATEGORY.into(), id: Uuid::new_v4() }
}

/// Returns an event with this content.
pub fn event(content: &[u8]) -> prost_types::Any {
    prost_types::Any {
        type_url: "type.googleapis.com/huishang.conformance.v1.Sampled".into(),
        value: content.to_vec(),
    }
}

/// Returns a commit with one event for each stream, at its expected position.
pub fn commit(id: Uuid, writes: &[(&StreamName, Position)]) -> Commit {
    let writes = writes.iter().map(|&(stream, expected)| Write {
        stream: stream.clone(),
        expected,
        events: vec![event(id.as_bytes())],
    });
    Commit {
        envelope: Envelope {
            command_id: id,
            command_digest: vec![7; 32],
            time: Timestamp::from_microsecond(1_800_000_000_000_001).unwrap_or_default(),
            actor: Actor { subject: "sampler".into(), department: None, roles: vec![Role::Clerk] },
            on_behalf_of: None,
            causation_id: None,
            correlation_id: id,
            traceparent: Some("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".into()),
            part: 1,
            parts: 1,
        },
        writes: writes.collect(),
    }
}
