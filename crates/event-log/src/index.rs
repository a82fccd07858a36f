//! Which positions belong to a stream: derived from the records, and rebuilt from them when it disagrees.
//!
//! Positions are divided into windows. In sled an entry stands for a stream in a window: its key is 16 bytes
//! of the SHA-256 of the stream's name and 6 bytes of the window's number, which together sled keeps without
//! an allocation; its value are the places in the window, 2 bytes each. An entry is written once, when its
//! window is full, so it never changes and writing it again is harmless. Some windows are written together,
//! in the order of their keys, by a thread of their own, off the way of the commits; what is not written yet
//! is in memory, and is read from the records at opening. "indexed" says up to where windows are written.

use crate::limits::{INDEX_RUN_RECORDS, INDEX_RUNS_WAITING_MAX, INDEX_WINDOW_RECORDS};
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

/// The window that a position is in, and its place there.
fn place_of(position: u64) -> (u64, u16) {
    let (window, place) = ((position - 1) / INDEX_WINDOW_RECORDS, (position - 1) % INDEX_WINDOW_RECORDS);
    (window, u16::try_from(place).unwrap_or(u16::MAX))
}

fn entry_key(stream: StreamKey, window: u64) -> [u8; 22] {
    let mut key = [0; 22];
    key[..16].copy_from_slice(&stream.to_be_bytes());
    key[16..].copy_from_slice(&window.to_be_bytes()[2..]);
    key
}

/// The positions that an entry tells of, in order.
fn positions_in<'a>(key: &[u8], value: &'a [u8]) -> impl DoubleEndedIterator<Item = u64> + use<'a> {
    let window = key
        .last_chunk::<6>()
        .map_or(0, |bytes| bytes.iter().fold(0, |sum, byte| (sum << 8) | u64::from(*byte)));
    let first = window * INDEX_WINDOW_RECORDS + 1;
    value.as_chunks::<2>().0.iter().map(move |place| first + u64::from(u16::from_be_bytes(*place)))
}

/// Full windows, ready to be written.
pub(crate) struct ReadyRun {
    entries: Arc<Run>,
    up_to: u64,
}

/// The index: its tree, and what is not in it yet.
#[derive(Debug)]
pub(crate) struct Index {
    tree: sled::Tree,
    state: sled::Tree,
    waiting: RwLock<Waiting>,
}

#[derive(Debug, Default)]
struct Waiting {
    /// Of the windows that are not full, or not all of their run.
    current: Run,
    /// Full ones that are being written.
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

    /// The last position of the windows that are in the tree.
    pub(crate) fn indexed(&self) -> sled::Result<u64> {
        let stored = self.state.get(INDEXED)?;
        Ok(stored.and_then(|value| value.first_chunk::<8>().copied()).map_or(0, u64::from_be_bytes))
    }

    /// Forgets everything, to be rebuilt.
    pub(crate) fn clear(&self) -> sled::Result<()> {
        self.state.remove(INDEXED)?;
        self.tree.clear()
    }

    /// Notes durable records, in order, and answers the runs that they made full.
    pub(crate) fn note(&self, entries: &[(StreamKey, u64)]) -> Vec<ReadyRun> {
        let mut full = Vec::new();
        let mut waiting = self.write_lock();
        for entry in entries {
            waiting.current.insert(*entry);
            if entry.1.is_multiple_of(INDEX_RUN_RECORDS) {
                let entries = Arc::new(std::mem::take(&mut waiting.current));
                waiting.ready.push_back(entries.clone());
                full.push(ReadyRun { entries, up_to: entry.1 });
            }
        }
        full
    }

    /// Whether so many runs wait that commits should wait for them.
    pub(crate) fn is_behind(&self) -> bool {
        self.read_lock().ready.len() > INDEX_RUNS_WAITING_MAX
    }

    /// Writes a run into the tree; it is durable with the next flush. Runs are written in their order.
    pub(crate) fn write(&self, run: &ReadyRun) -> sled::Result<()> {
        let mut places = Vec::new();
        let mut entries = run.entries.iter().peekable();
        while let Some((stream, position)) = entries.next() {
            let (window, place) = place_of(*position);
            places.extend_from_slice(&place.to_be_bytes());
            if entries.peek().is_none_or(|next| (next.0, place_of(next.1).0) != (*stream, window)) {
                self.tree.insert(entry_key(*stream, window), places.as_slice())?;
                places.clear();
            }
        }
        self.state.insert(INDEXED, &run.up_to.to_be_bytes())?;
        self.write_lock().ready.retain(|waiting| !Arc::ptr_eq(waiting, &run.entries));
        Ok(())
    }

    /// The first `max` positions after a position that a stream has.
    pub(crate) fn positions(&self, stream: StreamKey, after: u64, max: usize) -> sled::Result<Vec<u64>> {
        let first = after.saturating_add(1);
        // What waits is looked at first: what leaves it in the meantime is in the tree already.
        let mut later = BTreeSet::new();
        for run in self.read_lock().runs() {
            later.extend(run.range((stream, first)..=(stream, u64::MAX)).map(|(_, position)| *position));
        }
        let mut found = Vec::new();
        for entry in self.tree.range(entry_key(stream, place_of(first).0)..=entry_key(stream, u64::MAX)) {
            let (key, value) = entry?;
            let room = max - found.len();
            found.extend(positions_in(&key, &value).filter(|position| *position > after).take(room));
            if found.len() >= max {
                return Ok(found);
            }
        }
        let reached = found.last().copied().unwrap_or(after);
        let room = max - found.len();
        found.extend(later.range(reached + 1..).take(room));
        Ok(found)
    }

    /// The last position of a stream; 0 when it has none.
    pub(crate) fn last(&self, stream: StreamKey) -> sled::Result<u64> {
        let waiting = self.read_lock().runs().filter_map(|run| last_in(run, stream)).max();
        if let Some(position) = waiting {
            return Ok(position);
        }
        let entries = entry_key(stream, 0)..=entry_key(stream, u64::MAX);
        let last = self.tree.range(entries).next_back().transpose()?;
        Ok(last.and_then(|(key, value)| positions_in(&key, &value).next_back()).unwrap_or(0))
    }

    /// Whether a record is found by its stream.
    pub(crate) fn contains(&self, stream: StreamKey, position: u64) -> sled::Result<bool> {
        if self.read_lock().runs().any(|run| run.contains(&(stream, position))) {
            return Ok(true);
        }
        let key = entry_key(stream, place_of(position).0);
        let value = self.tree.get(key)?;
        Ok(value.is_some_and(|value| positions_in(&key, &value).any(|found| found == position)))
    }

    fn read_lock(&self) -> RwLockReadGuard<'_, Waiting> {
        self.waiting.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write_lock(&self) -> RwLockWriteGuard<'_, Waiting> {
        self.waiting.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Waiting {
    fn runs(&self) -> impl Iterator<Item = &Run> {
        self.ready.iter().map(Arc::as_ref).chain([&self.current])
    }
}

fn last_in(run: &Run, stream: StreamKey) -> Option<u64> {
    run.range((stream, 0)..=(stream, u64::MAX)).next_back().map(|(_, position)| *position)
}
