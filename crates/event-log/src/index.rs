//! Which positions belong to a stream: derived from the records, and rebuilt from them when it disagrees.
//!
//! In sled an entry is a key without a value: 16 bytes of the SHA-256 of the stream's name, 6 bytes of the
//! position, which together sled keeps without an allocation. Entries wait in memory until some thousands
//! can be written in their own order, by a thread of their own, off the way of the commits; "indexed"
//! says up to where that was done.

use crate::limits::{INDEX_RUN_RECORDS, INDEX_RUNS_WAITING_MAX};
use sha2::{Digest, Sha256};
use std::collections::{BTreeSet, VecDeque};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use uuid::Uuid;

/// What a stream is known by in the index.
pub(crate) type StreamKey = u128;
type Run = BTreeSet<(StreamKey, u64)>;

const INDEXED: &[u8] = b"indexed";

pub(crate) fn stream_key(stream: &str) -> StreamKey {
    let digest: [u8; 32] = Sha256::digest(stream.as_bytes()).into();
    digest.first_chunk::<16>().map_or(0, |bytes| u128::from_be_bytes(*bytes))
}

fn entry_key(stream: StreamKey, position: u64) -> [u8; 22] {
    let mut key = [0; 22];
    key[..16].copy_from_slice(&stream.to_be_bytes());
    key[16..].copy_from_slice(&position.to_be_bytes()[2..]);
    key
}

fn position_in(key: &[u8]) -> u64 {
    key.last_chunk::<6>().map_or(0, |bytes| bytes.iter().fold(0, |sum, byte| (sum << 8) | u64::from(*byte)))
}

/// A run of entries that is ready to be written, with the last position in it.
pub(crate) struct ReadyRun {
    entries: Arc<Run>,
    up_to: u64,
}

/// The index: its tree, and the entries that are not in it yet.
#[derive(Debug)]
pub(crate) struct Index {
    tree: sled::Tree,
    state: sled::Tree,
    waiting: RwLock<Waiting>,
}

#[derive(Debug, Default)]
struct Waiting {
    current: Run,
    ready: VecDeque<Arc<Run>>,
}

impl Index {
    pub(crate) fn open(db: &sled::Db) -> sled::Result<Index> {
        let (tree, state) = (db.open_tree("index")?, db.open_tree("state")?);
        Ok(Index { tree, state, waiting: RwLock::default() })
    }

    /// Writes a note that no opening wrote before, so that something waits to be flushed.
    pub(crate) fn mark_opening(&self) -> sled::Result<()> {
        self.state.insert(b"opened", Uuid::new_v4().as_bytes()).map(drop)
    }

    /// The last position whose entry, with all before it, is in the tree.
    pub(crate) fn indexed(&self) -> sled::Result<u64> {
        Ok(self.state.get(INDEXED)?.map_or(0, |value| position_in(&value)))
    }

    /// Forgets everything, to be rebuilt.
    pub(crate) fn clear(&self) -> sled::Result<()> {
        self.state.remove(INDEXED)?;
        self.tree.clear()
    }

    /// Notes durable records. Answers a run when one is full, and whether its writing must be waited for.
    pub(crate) fn note(&self, entries: &[(StreamKey, u64)], up_to: u64) -> Option<ReadyRun> {
        let mut waiting = self.write_lock();
        waiting.current.extend(entries);
        (waiting.current.len() >= INDEX_RUN_RECORDS).then(|| waiting.take_run(up_to))
    }

    /// Whether so many runs wait that commits should wait for them.
    pub(crate) fn is_behind(&self) -> bool {
        self.read_lock().ready.len() > INDEX_RUNS_WAITING_MAX
    }

    /// What waits, as a run, though it is not full.
    pub(crate) fn take_rest(&self, up_to: u64) -> ReadyRun {
        self.write_lock().take_run(up_to)
    }

    /// Writes a run into the tree; it is durable with the next flush. Runs are written in their order.
    pub(crate) fn write(&self, run: &ReadyRun) -> sled::Result<()> {
        for (stream, position) in run.entries.iter() {
            self.tree.insert(entry_key(*stream, *position), &[])?;
        }
        self.state.insert(INDEXED, &run.up_to.to_be_bytes()[2..])?;
        self.write_lock().ready.retain(|waiting| !Arc::ptr_eq(waiting, &run.entries));
        Ok(())
    }

    /// The first `max` positions after a position that a stream has.
    pub(crate) fn positions(&self, stream: StreamKey, after: u64, max: usize) -> sled::Result<Vec<u64>> {
        let range = (stream, after.saturating_add(1))..=(stream, u64::MAX);
        // What waits is looked at first: what leaves it in the meantime is in the tree already.
        let mut later: BTreeSet<u64> = BTreeSet::new();
        {
            let waiting = self.read_lock();
            for run in waiting.runs() {
                later.extend(run.range(range.clone()).map(|(_, position)| *position));
            }
        }
        let mut found = Vec::new();
        for entry in self.tree.range(entry_key(stream, after + 1)..=entry_key(stream, u64::MAX)).take(max) {
            found.push(position_in(&entry?.0));
        }
        let last = found.last().copied().unwrap_or(after);
        let room = max - found.len();
        found.extend(later.range(last + 1..).take(room));
        Ok(found)
    }

    /// The last position of a stream, not above `head`; 0 when it has none.
    pub(crate) fn last(&self, stream: StreamKey) -> sled::Result<u64> {
        let waiting = self.read_lock().runs().filter_map(|run| last_in(run, stream)).max();
        if let Some(position) = waiting {
            return Ok(position);
        }
        let range = entry_key(stream, 0)..=entry_key(stream, u64::MAX);
        Ok(self.tree.range(range).next_back().transpose()?.map_or(0, |(key, _)| position_in(&key)))
    }

    /// Whether a record is found by its stream.
    pub(crate) fn contains(&self, stream: StreamKey, position: u64) -> sled::Result<bool> {
        let waits = self.read_lock().runs().any(|run| run.contains(&(stream, position)));
        Ok(waits || self.tree.contains_key(entry_key(stream, position))?)
    }

    fn read_lock(&self) -> RwLockReadGuard<'_, Waiting> {
        self.waiting.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write_lock(&self) -> RwLockWriteGuard<'_, Waiting> {
        self.waiting.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Waiting {
    fn take_run(&mut self, up_to: u64) -> ReadyRun {
        let entries = Arc::new(std::mem::take(&mut self.current));
        self.ready.push_back(entries.clone());
        ReadyRun { entries, up_to }
    }

    fn runs(&self) -> impl Iterator<Item = &Run> {
        self.ready.iter().map(Arc::as_ref).chain([&self.current])
    }
}

fn last_in(run: &Run, stream: StreamKey) -> Option<u64> {
    run.range((stream, 0)..=(stream, u64::MAX)).next_back().map(|(_, position)| *position)
}
