//! Opening a log: proves that every acknowledged record is present, or refuses.

use crate::anchor::{self, Anchor, AnchorFiles, NOTHING_AFTER};
use crate::chunk::{self, ChunkWriter, Frames, parse_key};
use crate::commit_file::{self, CommitFiles, Entry};
use crate::flusher::Flusher;
use crate::index::{self, Index};
use crate::limits::TAIL_RECORDS;
use crate::proof;
use crate::record;
use crate::reserve::Reserve;
use crate::restore;
use crate::store::{Shared, Store};
use crate::tiles::Tiles;
use crate::verify::{Chain, ChainHead};
use crate::writer::{self, Durable, Files, WriterOptions};
use crate::{Damage, EventLog, Head, OpenError, Options, ReadError, durable};
use std::fs::{self, File};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};
use std::{io, thread};
use tokio::sync::watch;
use uuid::Uuid;

/// Result of opening a log.
#[derive(Debug, Clone, PartialEq)]
pub struct Opened {
    /// Head of the log.
    pub head: Head,
    /// Identity of the log, assigned when it was created.
    pub log_id: Uuid,
    /// Number of records of complete but unacknowledged commits found after the anchor; they remain in the log.
    pub recovered: u64,
    /// The incomplete or damaged tail that was removed, if there was one. It was never acknowledged.
    pub truncated: Option<TruncatedTail>,
    /// Number of records read to complete the index: a few thousand, or all of them if the index was lost.
    pub indexed: u64,
    /// Whether the tree had to be rebuilt from all records, as after a power cut.
    pub tree_rebuilt: bool,
    /// How long opening took.
    pub elapsed: Duration,
}

/// A tail of the log that was removed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TruncatedTail {
    /// First position removed.
    pub from: u64,
    /// What was wrong there.
    pub reason: String,
}

impl EventLog {
    /// Opens the log in a directory, creating it if there is none. Blocks, and waits up to
    /// [`Options::lock_wait`] for another process to close the log.
    ///
    /// Fails if an acknowledged record is missing or damaged; the error names the position and the remedy.
    pub fn open(options: Options) -> Result<(EventLog, Opened), OpenError> {
        if restore::is_unfinished(&options.dir) {
            return Err(OpenError::UnfinishedRestore { dir: options.dir });
        }
        EventLog::open_with(options, Uuid::new_v4)
    }

    /// Opens an unfinished restore; a new log gets the identity of the original.
    pub(crate) fn open_copy(options: Options, log_id: Uuid) -> Result<(EventLog, Opened), OpenError> {
        EventLog::open_with(options, || log_id)
    }

    fn open_with(
        options: Options,
        new_log_id: impl FnOnce() -> Uuid,
    ) -> Result<(EventLog, Opened), OpenError> {
        let started = Instant::now();
        let dir = options.dir.clone();
        create_dir(&dir)?;
        let anchor = anchor::read(&dir).map_err(|source| OpenError::Io { path: dir.clone(), source })?;
        let files = dir.join("sled");
        if let Some(anchor) = anchor
            && anchor.head.position > 0
            && !files.join("db").exists()
        {
            return Err(OpenError::BelowAnchor { dir, head: 0, anchor: anchor.head.position });
        }
        let mut store = open_store(&options, &files, anchor.is_none())?;
        if anchor.is_none() && !store.records.is_empty() {
            return Err(OpenError::NoAnchor { dir });
        }
        let anchor = anchor.unwrap_or_else(|| Anchor {
            log_id: new_log_id(),
            sequence: 0,
            head: Head::EMPTY,
            generation: NOTHING_AFTER,
        });
        let unreadable = |fault: ReadError| match fault {
            ReadError::Damaged(damage) => OpenError::Damaged { dir: dir.clone(), damage },
            fault => OpenError::Unreadable { dir: dir.clone(), reason: fault.to_string() },
        };
        catch_panic(&dir, || verify_tail(&store, anchor.head).map_err(|fault| fault.into_open_error(&dir)))?;
        let (in_sled, truncated) =
            catch_panic(&dir, || recover_tail(&store, anchor.head).map_err(unreadable))?;
        let entries = read_commit_files(&dir, anchor)?;
        let acknowledged = entries.iter().map(|entry| entry.head).fold(anchor.head, newer);
        let chain_head = catch_panic(&dir, || add_missing(&store, in_sled, &entries).map_err(unreadable))?;
        if acknowledged != anchor.head {
            catch_panic(&dir, || {
                verify_tail(&store, acknowledged).map_err(|fault| fault.into_open_error(&dir))
            })?;
        }
        let truncated = truncated.filter(|tail| tail.from > chain_head.position);
        let indexed = catch_panic(&dir, || complete_index(&store, chain_head).map_err(unreadable))?;
        let (tiles, tree_rebuilt) =
            catch_panic(&dir, || proof::open_tree(&store, chain_head, acknowledged).map_err(unreadable))?;
        let root = tiles.root(chain_head.position).map_err(|fault| unreadable(fault.into()))?;
        let head = Head { position: chain_head.position, hash: chain_head.hash, root };
        store.tiles = tiles;
        sync_all(&dir, &files)?;

        let failed = |source| OpenError::Io { path: dir.clone(), source };
        let mut anchors = AnchorFiles::open(&dir, anchor).map_err(failed)?;
        let log_id = anchors.log_id();
        anchors.write(head, NOTHING_AFTER).map_err(failed)?;
        sync_path(&dir)?;
        let commits =
            CommitFiles::create(&dir, log_id, options.commit_file_bytes_max, head).map_err(failed)?;
        // Both say so, lest damage to one hides that the commit files are needed.
        anchors.write(head, commits.generation()).map_err(failed)?;
        anchors.write(head, commits.generation()).map_err(failed)?;

        let store = Arc::new(store);
        let reserve = Reserve::new(dir.clone(), options.reserve_bytes);
        reserve.set_growth(commits.growth());
        let shared = Arc::new(Shared::new(store.clone(), log_id, dir.clone(), reserve));
        let flusher = Flusher::start(shared.clone(), store.clone(), anchors).map_err(failed)?;
        let (head_sender, head_receiver) = watch::channel(head);
        let (position_sender, position) = watch::channel(head.position);
        let durable = Durable { head: head_sender, position: position_sender };
        let settings = WriterOptions {
            group_records_max: options.append_batch_records_max.max(1),
            on_group: options.on_group,
        };
        let requests = writer::start(shared.clone(), store, Files { commits, flusher }, durable, settings)
            .map_err(failed)?;
        let recovered = head.position - acknowledged.position;
        let elapsed = started.elapsed();
        let opened = Opened { head, log_id, recovered, truncated, indexed, tree_rebuilt, elapsed };
        Ok((EventLog { requests, head: head_receiver, position, shared }, opened))
    }
}

/// Runs code that reads sled's files, turning a panic over a damaged file into an error.
fn catch_panic<T>(dir: &Path, work: impl FnOnce() -> Result<T, OpenError>) -> Result<T, OpenError> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| {
        let message = panic.downcast_ref::<String>().cloned();
        let message = message.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
        let reason = format!("it panicked: {}", message.unwrap_or_default());
        Err(OpenError::Unreadable { dir: dir.to_owned(), reason })
    })
}

fn open_store(options: &Options, files: &Path, first_opening: bool) -> Result<Store, OpenError> {
    let dir = options.dir.clone();
    let db = catch_panic(&dir, || open_sled(options, files, first_opening))?;
    catch_panic(&dir, || {
        let unreadable =
            |fault: sled::Error| OpenError::Unreadable { dir: dir.clone(), reason: fault.to_string() };
        let records = db.open_tree("records").map_err(unreadable)?;
        let index = Index::open(&db).map_err(unreadable)?;
        // There is now something to flush, so the flush must result in a sync.
        let before = durable::sync_count();
        index.mark_opening().map_err(unreadable)?;
        db.flush().map_err(unreadable)?;
        if durable::sync_count() == before {
            return Err(OpenError::NotDurable);
        }
        let tiles = Tiles::empty(&dir.join("tree"));
        Ok(Store { records, index, tiles, db })
    })
}

/// Removes partly written files that sled would fail on; sled recreates them. A snapshot without its final
/// name was never used. The settings are not synced until the first opening completes, so they may be torn as
/// long as there is no anchor.
fn remove_partial_files(files: &Path, first_opening: bool) -> io::Result<()> {
    let remove = |path: &Path| match fs::remove_file(path) {
        Err(fault) if fault.kind() != io::ErrorKind::NotFound => Err(fault),
        _ => Ok(()),
    };
    // A process that holds the lock may be writing them right now.
    let _lock = match File::open(files.join("db")) {
        Ok(db) if db.try_lock().is_err() => return Ok(()),
        db => db,
    };
    if first_opening {
        remove(&files.join("conf"))?;
    }
    for entry in fs::read_dir(files).into_iter().flatten() {
        let path = entry?.path();
        if path.extension().is_some_and(|ending| ending == "generating") {
            remove(&path)?;
        }
    }
    Ok(())
}

/// Opens sled without its periodic flush thread, which would swallow I/O errors.
#[expect(
    clippy::disallowed_methods,
    reason = "opening may block, and only the operating system knows who has the lock"
)]
fn open_sled(options: &Options, files: &Path, first_opening: bool) -> Result<sled::Db, OpenError> {
    let config = sled::Config::new().path(files).cache_capacity(options.cache_bytes).flush_every_ms(None);
    let started = Instant::now();
    loop {
        let removed = remove_partial_files(files, first_opening);
        removed.map_err(|source| OpenError::Io { path: files.to_owned(), source })?;
        match config.open() {
            Ok(db) => return Ok(db),
            Err(sled::Error::Io(fault)) if fault.to_string().contains("could not acquire lock") => {
                let waited = started.elapsed();
                if waited >= options.lock_wait {
                    return Err(OpenError::Locked { dir: options.dir.clone(), waited });
                }
                thread::sleep(Duration::from_millis(20));
            }
            // An error of the operating system, such as a full disk, does not mean that the files are damaged.
            Err(sled::Error::Io(source)) if source.raw_os_error().is_some() => {
                return Err(OpenError::Io { path: files.to_owned(), source });
            }
            Err(fault) => {
                return Err(OpenError::Unreadable { dir: options.dir.clone(), reason: fault.to_string() });
            }
        }
    }
}

enum TailFault {
    Missing { head: u64, anchor: u64 },
    Read(ReadError),
}

impl TailFault {
    fn into_open_error(self, dir: &Path) -> OpenError {
        let dir = dir.to_owned();
        match self {
            TailFault::Missing { head, anchor } => OpenError::BelowAnchor { dir, head, anchor },
            TailFault::Read(ReadError::Damaged(damage)) => OpenError::Damaged { dir, damage },
            TailFault::Read(fault) => OpenError::Unreadable { dir, reason: fault.to_string() },
        }
    }
}

impl<E: Into<ReadError>> From<E> for TailFault {
    fn from(fault: E) -> Self {
        TailFault::Read(fault.into())
    }
}

/// Verifies the last acknowledged records, up to the anchor.
fn verify_tail(store: &Store, anchor: Head) -> Result<(), TailFault> {
    if anchor.position == 0 {
        return Ok(());
    }
    let last_key = store.records.last()?.map_or(0, |(key, _)| parse_key(&key).map_or(0, |(first, _)| first));
    let mut from = anchor.position.saturating_sub(TAIL_RECORDS - 1).max(1);
    let mut chain: Option<Chain> = None;
    let mut reached = from - 1;
    let wanted = usize::try_from(anchor.position - from + 1).unwrap_or(usize::MAX);
    for record in Frames::from(&store.records, from)?.take(wanted) {
        let record = match record {
            Err(ReadError::Damaged(_)) if last_key < from => break,
            record => record?,
        };
        reached = record.position;
        // The first commit read may have started earlier.
        if chain.is_none() && record.part > 1 {
            from = record.position + 1;
            continue;
        }
        chain.get_or_insert_with(|| Chain::starting_at(record.position, record.previous)).follow(&record)?;
    }
    if reached < anchor.position {
        let head = if reached >= from { reached } else { last_readable(store, last_key) };
        return Err(TailFault::Missing { head, anchor: anchor.position });
    }
    match chain {
        Some(chain) => Ok(chain.expect_end(anchor.chain_head())?),
        None => verify_last(store, anchor),
    }
}

/// Verifies only the last acknowledged record, for when the whole tail is part of one commit that started
/// earlier.
fn verify_last(store: &Store, anchor: Head) -> Result<(), TailFault> {
    match Frames::from(&store.records, anchor.position)?.next().transpose()? {
        Some(record) if record.hash() == anchor.hash && record.part == record.parts => Ok(()),
        _ => Err(Damage::at(anchor.position, "its hash does not match the acknowledged one").into()),
    }
}

/// Returns the last readable position, starting from the last chunk.
fn last_readable(store: &Store, last_key: u64) -> u64 {
    let Ok(frames) = Frames::from(&store.records, last_key) else { return last_key.saturating_sub(1) };
    frames.map_while(Result::ok).last().map_or(last_key.saturating_sub(1), |record| record.position)
}

/// What was acknowledged after the anchor, as the commit files have it.
fn read_commit_files(dir: &Path, anchor: Anchor) -> Result<Vec<Entry>, OpenError> {
    if anchor.generation == NOTHING_AFTER {
        return Ok(Vec::new());
    }
    let read = commit_file::read(dir, anchor.log_id, anchor.generation, anchor.head.position);
    let read = read.map_err(|source| OpenError::Io { path: dir.to_owned(), source })?;
    read.map_err(|damage| OpenError::Damaged { dir: dir.to_owned(), damage })
}

fn newer(one: Head, other: Head) -> Head {
    if other.position > one.position { other } else { one }
}

/// Adds the acknowledged records that sled lacks; returns the head of what it has then. The next flush makes them
/// durable.
fn add_missing(store: &Store, in_sled: ChainHead, entries: &[Entry]) -> Result<ChainHead, ReadError> {
    let mut chain = Chain::after(in_sled);
    let mut chunks = ChunkWriter::new(&store.records);
    for entry in entries.iter().filter(|entry| entry.head.position > in_sled.position) {
        for read in record::read_frames(entry.frames.clone(), entry.first) {
            let (frame, record) = read?;
            if record.position > in_sled.position {
                chain.follow(&record)?;
                chunks.push(record.position, &frame)?;
            }
        }
        chain.expect_end(entry.head.chain_head())?;
    }
    chunks.finish()?;
    let added = chain.head().position - in_sled.position;
    if added > 0 {
        tracing::info!(
            added,
            from = in_sled.position + 1,
            "added the acknowledged records that the store lacked"
        );
    }
    Ok(chain.head())
}

/// Keeps the complete commits after the anchor and removes everything after them; returns the resulting head.
fn recover_tail(store: &Store, anchor: Head) -> Result<(ChainHead, Option<TruncatedTail>), ReadError> {
    let mut chain = Chain::after(anchor.chain_head());
    let mut wrong = None;
    for record in Frames::from(&store.records, anchor.position + 1)? {
        match record.and_then(|record| Ok(chain.follow(&record)?)) {
            Ok(()) => {}
            Err(ReadError::Damaged(damage)) => {
                wrong = Some(damage);
                break;
            }
            Err(fault) => return Err(fault),
        }
    }
    let head = chain.last_complete();
    let from = head.position + 1;
    let reason = match (&wrong, chain.expect_end(head).is_err()) {
        (Some(damage), _) => damage.to_string(),
        (None, true) => "its commit is incomplete".to_owned(),
        (None, false) => return Ok((head, None)),
    };
    chunk::truncate(&store.records, from)?;
    store.db.flush()?;
    tracing::warn!(from, reason, "removed an incomplete tail of the store");
    Ok((head, Some(TruncatedTail { from, reason })))
}

/// Completes the index up to the head; rebuilds it if it contains records that do not exist.
fn complete_index(store: &Store, head: ChainHead) -> Result<u64, ReadError> {
    let mut indexed = store.index.indexed()?;
    if indexed > head.position {
        store.index.clear()?;
        indexed = 0;
    }
    let missing = head.position - indexed;
    let wanted = usize::try_from(missing).unwrap_or(usize::MAX);
    for record in Frames::from(&store.records, indexed + 1)?.take(wanted) {
        let record = record?;
        for full in store.index.add(&[(index::stream_key(&record.stream), record.position)]) {
            store.index.write(&full)?;
        }
    }
    store.db.flush()?;
    Ok(missing)
}

fn create_dir(dir: &Path) -> Result<(), OpenError> {
    let failed = |source| OpenError::Io { path: dir.to_owned(), source };
    if dir.is_dir() {
        return Ok(());
    }
    fs::create_dir_all(dir).map_err(failed)?;
    match dir.canonicalize().map_err(failed)?.parent() {
        Some(parent) => sync_path(parent),
        None => Ok(()),
    }
}

/// Syncs what sled creates but does not sync: the directory entries and its settings.
fn sync_all(dir: &Path, files: &Path) -> Result<(), OpenError> {
    let created: [PathBuf; 4] = [files.join("conf"), files.join("blobs"), files.to_owned(), dir.to_owned()];
    created.iter().filter(|path| path.exists()).try_for_each(|path| sync_path(path))
}

fn sync_path(path: &Path) -> Result<(), OpenError> {
    let synced: io::Result<()> = File::open(path).and_then(|file| file.sync_all());
    synced.map_err(|source| OpenError::Io { path: path.to_owned(), source })
}
