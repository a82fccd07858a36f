//! Opening: proves that what was acknowledged is there, or refuses.

use crate::anchor::{self, Anchor, AnchorFiles};
use crate::chunk::{self, Frames, parse_key};
use crate::index::{self, Index};
use crate::limits::TAIL_RECORDS;
use crate::proof;
use crate::reserve::Reserve;
use crate::restore;
use crate::store::{Shared, Store};
use crate::tiles::Tiles;
use crate::verify::{Chain, Tip};
use crate::writer::{self, Durable, WriterOptions};
use crate::{Damage, EventLog, Head, OpenError, Options, ReadError, durable};
use std::fs::{self, File};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};
use std::{io, thread};
use tokio::sync::watch;
use uuid::Uuid;

/// What was found at opening.
#[derive(Debug, Clone, PartialEq)]
pub struct Opened {
    /// The last record.
    pub head: Head,
    /// The log's identity, given when it was made.
    pub log_id: Uuid,
    /// How many records were there whole though nobody was told so before; they stay.
    pub kept: u64,
    /// What was cut off: it was never acknowledged, and it was no whole commit.
    pub cut: Option<Cut>,
    /// How many records were read to complete the index: some thousands at the end, or all when it was lost.
    pub indexed: u64,
    /// Whether the tree had to be made anew from all records, as after a power cut.
    pub regrown: bool,
    /// How long it took.
    pub took: Duration,
}

/// An end of the log that was cut off.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cut {
    /// The first position cut off.
    pub from: u64,
    /// What was wrong there.
    pub why: String,
}

impl EventLog {
    /// Opens the log in a directory, or makes it. It blocks, and waits a while for another process that
    /// is about to close it.
    ///
    /// It is refused, with the position and what to do, when less is there than was acknowledged.
    pub fn open(options: Options) -> Result<(EventLog, Opened), OpenError> {
        if restore::is_unfinished(&options.dir) {
            return Err(OpenError::HalfRestored { dir: options.dir });
        }
        EventLog::open_as(options, Uuid::new_v4)
    }

    /// Opens a copy that is not finished; when it is new, it takes the identity of the log that it is of.
    pub(crate) fn open_copy(options: Options, log_id: Uuid) -> Result<(EventLog, Opened), OpenError> {
        EventLog::open_as(options, || log_id)
    }

    fn open_as(
        options: Options,
        new_identity: impl FnOnce() -> Uuid,
    ) -> Result<(EventLog, Opened), OpenError> {
        let begun = Instant::now();
        let dir = options.dir.clone();
        make_dir(&dir)?;
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
        let anchor =
            anchor.unwrap_or_else(|| Anchor { log_id: new_identity(), sequence: 0, head: Head::EMPTY });
        let unreadable = |fault: ReadError| match fault {
            ReadError::Damaged(damage) => OpenError::Damaged { dir: dir.clone(), damage },
            fault => OpenError::Unreadable { dir: dir.clone(), reason: fault.to_string() },
        };
        guarded(&dir, || prove_tail(&store, anchor.head).map_err(|fault| fault.refuse(&dir)))?;
        let (tip, cut) = guarded(&dir, || settle_end(&store, anchor.head).map_err(unreadable))?;
        let indexed = guarded(&dir, || catch_up(&store, tip).map_err(unreadable))?;
        let (tiles, regrown) = guarded(&dir, || proof::grow(&store, tip, anchor.head).map_err(unreadable))?;
        let root = tiles.root(tip.position).map_err(|fault| unreadable(fault.into()))?;
        let head = Head { position: tip.position, hash: tip.hash, root };
        store.tiles = tiles;
        sync_all(&dir, &files)?;

        let failed = |source| OpenError::Io { path: dir.clone(), source };
        let mut anchors = AnchorFiles::open(&dir, anchor).map_err(failed)?;
        anchors.write(head).map_err(failed)?;
        sync_path(&dir)?;

        let log_id = anchors.log_id();
        let store = Arc::new(store);
        let reserve = Reserve::new(dir.clone(), options.reserve_bytes);
        let shared = Arc::new(Shared::new(store.clone(), log_id, dir.clone(), reserve));
        let (head_sender, head_receiver) = watch::channel(head);
        let (position_sender, position) = watch::channel(head.position);
        let durable = Durable { head: head_sender, position: position_sender };
        let settings = WriterOptions { group_records_max: options.append_batch_records_max.max(1) };
        let requests = writer::start(shared.clone(), store, anchors, durable, settings).map_err(failed)?;
        let kept = head.position - anchor.head.position;
        let opened = Opened { head, log_id, kept, cut, indexed, regrown, took: begun.elapsed() };
        Ok((EventLog { requests, head: head_receiver, position, shared }, opened))
    }
}

/// Runs what reads sled's files, so that its panic over a damaged one becomes a refusal.
fn guarded<T>(dir: &Path, work: impl FnOnce() -> Result<T, OpenError>) -> Result<T, OpenError> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| {
        let said = panic.downcast_ref::<String>().cloned();
        let said = said.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
        let reason = format!("it panicked: {}", said.unwrap_or_default());
        Err(OpenError::Unreadable { dir: dir.to_owned(), reason })
    })
}

fn open_store(options: &Options, files: &Path, first_opening: bool) -> Result<Store, OpenError> {
    let dir = options.dir.clone();
    let db = guarded(&dir, || open_sled(options, files, first_opening))?;
    guarded(&dir, || {
        let unreadable =
            |fault: sled::Error| OpenError::Unreadable { dir: dir.clone(), reason: fault.to_string() };
        let records = db.open_tree("records").map_err(unreadable)?;
        let index = Index::open(&db).map_err(unreadable)?;
        // Opening the trees has written something, so this flush must be seen to sync.
        let before = durable::syncs();
        index.mark_opening().map_err(unreadable)?;
        db.flush().map_err(unreadable)?;
        if durable::syncs() == before {
            return Err(OpenError::NotDurable);
        }
        let tiles = Tiles::empty(&dir.join("tree"));
        Ok(Store { records, index, tiles, db })
    })
}

/// Removes what sled was interrupted in writing and would stumble over; it makes both anew. A snapshot that
/// has no final name yet was never used. Settings are only synced with the first opening, so as long as there
/// is no anchor they may be torn.
fn remove_unfinished(files: &Path, first_opening: bool) -> io::Result<()> {
    let remove = |path: &Path| match fs::remove_file(path) {
        Err(fault) if fault.kind() != io::ErrorKind::NotFound => Err(fault),
        _ => Ok(()),
    };
    // Who holds the lock may be writing them just now.
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

/// No thread of sled's own flushes now and then: it would swallow an error of the disk.
fn open_sled(options: &Options, files: &Path, first_opening: bool) -> Result<sled::Db, OpenError> {
    let config = sled::Config::new().path(files).cache_capacity(options.cache_bytes).flush_every_ms(None);
    let begun = Instant::now();
    loop {
        let removed = remove_unfinished(files, first_opening);
        removed.map_err(|source| OpenError::Io { path: files.to_owned(), source })?;
        match config.open() {
            Ok(db) => return Ok(db),
            Err(sled::Error::Io(fault)) if fault.to_string().contains("could not acquire lock") => {
                let waited = begun.elapsed();
                if waited >= options.lock_wait {
                    return Err(OpenError::Locked { dir: options.dir.clone(), waited });
                }
                thread::sleep(Duration::from_millis(20));
            }
            // The system's own errors, such as a full disk, say nothing against what the files hold.
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
    fn refuse(self, dir: &Path) -> OpenError {
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
fn prove_tail(store: &Store, anchor: Head) -> Result<(), TailFault> {
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
        // The first commit seen may have begun before.
        if chain.is_none() && record.part > 1 {
            from = record.position + 1;
            continue;
        }
        chain.get_or_insert_with(|| Chain::before(record.position, record.previous)).follow(&record)?;
    }
    if reached < anchor.position {
        let head = if reached >= from { reached } else { end_of(store, last_key) };
        return Err(TailFault::Missing { head, anchor: anchor.position });
    }
    match chain {
        Some(chain) => Ok(chain.end(anchor.tip())?),
        None => prove_one(store, anchor),
    }
}

/// All of the tail is one commit that began before it: at least its last record must be the one.
fn prove_one(store: &Store, anchor: Head) -> Result<(), TailFault> {
    match Frames::from(&store.records, anchor.position)?.next().transpose()? {
        Some(record) if record.hash() == anchor.hash && record.part == record.parts => Ok(()),
        _ => Err(Damage::at(anchor.position, "its hash is not the one that was acknowledged").into()),
    }
}

/// The last position that can be read, from the last chunk on.
fn end_of(store: &Store, last_key: u64) -> u64 {
    let Ok(frames) = Frames::from(&store.records, last_key) else { return last_key.saturating_sub(1) };
    frames.map_while(Result::ok).last().map_or(last_key.saturating_sub(1), |record| record.position)
}

/// Keeps the whole commits after the anchor, cuts off what follows them, and answers the head.
fn settle_end(store: &Store, anchor: Head) -> Result<(Tip, Option<Cut>), ReadError> {
    let mut chain = Chain::after(anchor.tip());
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
    let head = chain.whole();
    let from = head.position + 1;
    let reason = match (&wrong, chain.end(head).is_err()) {
        (Some(damage), _) => damage.to_string(),
        (None, true) => "its commit is not whole".to_owned(),
        (None, false) => return Ok((head, None)),
    };
    chunk::cut(&store.records, from)?;
    store.db.flush()?;
    tracing::warn!(from, reason, "cut off the end of the log, which was never acknowledged");
    Ok((head, Some(Cut { from, why: reason })))
}

/// Brings the index up to the head; makes it anew when it speaks of records that are not there.
fn catch_up(store: &Store, head: Tip) -> Result<u64, ReadError> {
    let mut indexed = store.index.indexed()?;
    if indexed > head.position {
        store.index.clear()?;
        indexed = 0;
    }
    let missing = head.position - indexed;
    let wanted = usize::try_from(missing).unwrap_or(usize::MAX);
    for record in Frames::from(&store.records, indexed + 1)?.take(wanted) {
        let record = record?;
        for full in store.index.note(&[(index::stream_key(&record.stream), record.position)]) {
            store.index.write(&full)?;
        }
    }
    store.db.flush()?;
    Ok(missing)
}

fn make_dir(dir: &Path) -> Result<(), OpenError> {
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

/// Syncs what sled creates and does not sync itself: the directories' entries and its settings.
fn sync_all(dir: &Path, files: &Path) -> Result<(), OpenError> {
    let created: [PathBuf; 4] = [files.join("conf"), files.join("blobs"), files.to_owned(), dir.to_owned()];
    created.iter().filter(|path| path.exists()).try_for_each(|path| sync_path(path))
}

fn sync_path(path: &Path) -> Result<(), OpenError> {
    let synced: io::Result<()> = File::open(path).and_then(|file| file.sync_all());
    synced.map_err(|source| OpenError::Io { path: path.to_owned(), source })
}
