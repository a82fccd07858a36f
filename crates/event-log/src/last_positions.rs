//! The last positions of the streams that were written or asked for last, in memory.

use crate::index::StreamKey;
use crate::limits::CACHED_STREAMS_MAX;
use std::collections::HashMap;
use std::mem;

/// A cache in two generations: the older is dropped when the newer is full.
#[derive(Debug, Default)]
pub(crate) struct LastPositions {
    newer: HashMap<StreamKey, u64>,
    older: HashMap<StreamKey, u64>,
    dropped: u64,
}

impl LastPositions {
    pub(crate) fn get(&self, stream: StreamKey) -> Option<u64> {
        self.newer.get(&stream).or_else(|| self.older.get(&stream)).copied()
    }

    pub(crate) fn put(&mut self, stream: StreamKey, position: u64) {
        if self.newer.len() >= CACHED_STREAMS_MAX / 2 {
            self.older = mem::take(&mut self.newer);
            self.dropped += 1;
        }
        self.newer.insert(stream, position);
    }

    /// How many generations were dropped. While that is the same, nothing that was put is forgotten.
    pub(crate) fn dropped(&self) -> u64 {
        self.dropped
    }
}
