//! The stream index: the positions of each stream's records. It is derived from the records, and rebuilt from
//! them when it disagrees with them.
//!
//! Positions are divided into windows. An entry in sled covers one stream in one window: its key consists of
//! 16 bytes of the SHA-256 of the stream's name and 6 bytes of the window number, short enough for sled to
//! store without an allocation; its value is a list of offsets within the window, 2 bytes each. An entry is
//! written once, when its window is full, so it never changes and rewriting it is harmless. Several windows
//! form a run, which a separate thread writes in key order, off the commit path. Positions not yet written
//! are in memory, and are read from the records when the log is opened. "indexed" is the position up to which
//! windows have been written.

use crate::last_positions::LastPositions;
use crate::limits::{INDEX_RUN_RECORDS, INDEX_RUNS_PENDING_MAX, INDEX_WINDOW_RECORDS};
use sha2::{Digest, Sha256};
use std::collections::{BTreeSet, VecDeque};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use uuid::Uuid;

/// Key of a stream in the index.
pub(crate) type StreamKey = u128;
type Run = BTreeSet<(StreamKey, u64)>;

const INDEXED: &[u8] = b"indexed";

pub(crate) fn stream_key(stream: &str) -> StreamKey {
    let digest: [u8; 32] = Sha256::digest(stream.as_bytes()).into();
    digest.first_chunk::<16>().map_or(0, |bytes| u128::from_be_bytes(*bytes))
}

/// Returns the window of a position, and its offset there.
fn window_of(position: u64) -> (u64, u16) {
    let (window, offset) = ((position - 1) / INDEX_WINDOW_RECORDS, (position - 1) % INDEX_WINDOW_RECORDS);
    (window, u16::try_from(offset).unwrap_or(u16::MAX))
}

fn entry_key(stream: StreamKey, window: u64) -> [u8; 22] {
    let mut key = [0; 22];
    key[..16].copy_from_slice(&stream.to_be_bytes());
    key[16..].copy_from_slice(&window.to_be_bytes()[2..]);
    key
}

/// Decodes the positions of an entry, in order.
fn positions_in<'a>(key: &[u8], value: &'a [u8]) -> impl DoubleEndedIterator<Item = u64> + use<'a> {
    let window = key
        .last_chunk::<6>()
        .map_or(0, |bytes| bytes.iter().fold(0, |sum, byte| (sum << 8) | u64::from(*byte)));
    let first = window * INDEX_WINDOW_RECORDS + 1;
    value.as_chunks::<2>().0.iter().map(move |offset| first + u64::from(u16::from_be_bytes(*offset)))
}

/// A run of full windows, ready to be written.
pub(crate) struct FullRun {
    entries: Arc<Run>,
    up_to: u64,
}

/// The index: its tree, and the entries not written to it yet.
#[derive(Debug)]
pub(crate) struct Index {
    tree: sled::Tree,
    state: sled::Tree,
    pending: RwLock<Pending>,
}

#[derive(Debug, Default)]
struct Pending {
    /// The run that is not full yet.
    current: Run,
    /// Full runs that are waiting to be written, or being written.
    full: VecDeque<Arc<Run>>,
    /// Whether a stream has anything new is asked for each fact that a command is decided on; in sled, that takes longer
    /// than most of the rest.
    last: LastPositions,
}

impl Index {
    pub(crate) fn open(db: &sled::Db) -> sled::Result<Index> {
        let (tree, state) = (db.open_tree("index")?, db.open_tree("state")?);
        Ok(Index { tree, state, pending: RwLock::default() })
    }

    /// Writes a unique value, so that the next flush has something to write.
    pub(crate) fn mark_opening(&self) -> sled::Result<()> {
        self.state.insert(b"opened", Uuid::new_v4().as_bytes()).map(drop)
    }

    /// Returns the last position covered by the windows in the tree.
    pub(crate) fn indexed(&self) -> sled::Result<u64> {
        let stored = self.state.get(INDEXED)?;
        Ok(stored.and_then(|value| value.first_chunk::<8>().copied()).map_or(0, u64::from_be_bytes))
    }

    /// Removes everything, so that the index is rebuilt.
    pub(crate) fn clear(&self) -> sled::Result<()> {
        self.state.remove(INDEXED)?;
        self.write_lock().last = LastPositions::default();
        self.tree.clear()
    }

    /// Adds durable records, in order, and returns the runs that they have completed.
    pub(crate) fn add(&self, entries: &[(StreamKey, u64)]) -> Vec<FullRun> {
        let mut full = Vec::new();
        let mut pending = self.write_lock();
        for entry in entries {
            pending.current.insert(*entry);
            pending.last.put(entry.0, entry.1);
            if entry.1.is_multiple_of(INDEX_RUN_RECORDS) {
                let entries = Arc::new(std::mem::take(&mut pending.current));
                pending.full.push_back(entries.clone());
                full.push(FullRun { entries, up_to: entry.1 });
            }
        }
        full
    }

    /// Returns whether so many runs are pending that commits must wait for them.
    pub(crate) fn is_backlogged(&self) -> bool {
        self.read_lock().full.len() > INDEX_RUNS_PENDING_MAX
    }

    /// Writes a run to the tree; it becomes durable with the next flush. Runs must be written in order.
    pub(crate) fn write(&self, run: &FullRun) -> sled::Result<()> {
        let mut offsets = Vec::new();
        let mut entries = run.entries.iter().peekable();
        while let Some((stream, position)) = entries.next() {
            let (window, offset) = window_of(*position);
            offsets.extend_from_slice(&offset.to_be_bytes());
            if entries.peek().is_none_or(|next| (next.0, window_of(next.1).0) != (*stream, window)) {
                self.tree.insert(entry_key(*stream, window), offsets.as_slice())?;
                offsets.clear();
            }
        }
        self.state.insert(INDEXED, &run.up_to.to_be_bytes())?;
        self.write_lock().full.retain(|pending| !Arc::ptr_eq(pending, &run.entries));
        Ok(())
    }

    /// Returns up to `max` positions of a stream after a position, in order.
    pub(crate) fn positions(&self, stream: StreamKey, after: u64, max: usize) -> sled::Result<Vec<u64>> {
        let first = after.saturating_add(1);
        // Pending runs are read first: one that is written in the meantime is then found in the tree.
        let mut later = BTreeSet::new();
        for run in self.read_lock().runs() {
            later.extend(run.range((stream, first)..=(stream, u64::MAX)).map(|(_, position)| *position));
        }
        let mut found = Vec::new();
        for entry in self.tree.range(entry_key(stream, window_of(first).0)..=entry_key(stream, u64::MAX)) {
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

    /// Returns the last position of a stream; 0 if it has none.
    pub(crate) fn last(&self, stream: StreamKey) -> sled::Result<u64> {
        let dropped = {
            let pending = self.read_lock();
            let known = pending.last.get(stream);
            let known = known.or_else(|| pending.runs().filter_map(|run| last_in(run, stream)).max());
            if let Some(position) = known {
                return Ok(position);
            }
            pending.last.dropped()
        };
        let entries = entry_key(stream, 0)..=entry_key(stream, u64::MAX);
        let last = self.tree.range(entries).next_back().transpose()?;
        let last = last.and_then(|(key, value)| positions_in(&key, &value).next_back()).unwrap_or(0);
        // What was added meanwhile is later, and stays.
        let mut pending = self.write_lock();
        if pending.last.dropped() == dropped && pending.last.get(stream).is_none() {
            pending.last.put(stream, last);
        }
        Ok(last)
    }

    /// Returns whether a stream's entry contains a position.
    pub(crate) fn contains(&self, stream: StreamKey, position: u64) -> sled::Result<bool> {
        if self.read_lock().runs().any(|run| run.contains(&(stream, position))) {
            return Ok(true);
        }
        let key = entry_key(stream, window_of(position).0);
        let value = self.tree.get(key)?;
        Ok(value.is_some_and(|value| positions_in(&key, &value).any(|found| found == position)))
    }

    fn read_lock(&self) -> RwLockReadGuard<'_, Pending> {
        self.pending.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write_lock(&self) -> RwLockWriteGuard<'_, Pending> {
        self.pending.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Pending {
    fn runs(&self) -> impl Iterator<Item = &Run> {
        self.full.iter().map(Arc::as_ref).chain([&self.current])
    }
}

fn last_in(run: &Run, stream: StreamKey) -> Option<u64> {
    run.range((stream, 0)..=(stream, u64::MAX)).next_back().map(|(_, position)| *position)
}
