//! The single thread that appends.
//!
//! It takes the queued requests as a group, checks them against the streams' last positions, assigns positions
//! and hashes, inserts the frames into sled, adds the hashes to the tree, writes frames and head to the commit file,
//! syncs that once, advances the head, and only then replies to all of them. sled is flushed in the background, whenever
//! a commit file is full; a group that is large is made durable by sled itself. Conflicts are reported with the group too: the conflicting
//! record may not be durable yet, and a caller that reads after a conflict must find it.

use crate::chunk::ChunkWriter;
use crate::commit_file::CommitFiles;
use crate::flusher::Flusher;
use crate::index::{self, FullRun, StreamKey};
use crate::limits::QUEUED_COMMITS_MAX;
use crate::record::{self, Fields};
use crate::store::{Shared, Store};
use crate::verify::ChainHead;
use crate::{Append, AppendError, Appended, Expected, Group, Hash, Head, OrderedRecord};
use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, mpsc as threads};
use std::thread;
use std::time::{Duration, Instant};
use tokio::sync::{mpsc, oneshot, watch};

/// A commit with the stream keys and commitments of its records, computed by the caller's thread.
pub(crate) struct PreparedAppend {
    append: Append,
    keys: Vec<(StreamKey, Hash)>,
}

impl PreparedAppend {
    pub(crate) fn new(append: Append) -> Self {
        let keys_of = |stream: &str, salt, payload: &[u8]| {
            (index::stream_key(stream), record::commitment(salt, payload))
        };
        let keys = append.records.iter().map(|new| keys_of(&new.stream, &new.salt, &new.payload)).collect();
        PreparedAppend { append, keys }
    }

    /// Returns the size of its payloads.
    fn bytes(&self) -> u64 {
        self.append.records.iter().map(|new| new.payload.len() as u64).sum()
    }
}

/// A request to the writer.
pub(crate) enum Request {
    Append(PreparedAppend, oneshot::Sender<Result<Appended, AppendError>>),
    Ordered(Vec<OrderedRecord>, oneshot::Sender<Result<u64, AppendError>>),
    Close(oneshot::Sender<()>),
}

/// An outcome, and where to send it.
enum Reply {
    Append(oneshot::Sender<Result<Appended, AppendError>>, Result<Appended, AppendError>),
    Ordered(oneshot::Sender<Result<u64, AppendError>>, Result<u64, AppendError>),
}

impl Reply {
    /// Sends the outcome, or the failure that superseded it. The caller may have stopped waiting.
    fn send(self, failure: Option<&AppendError>) {
        match self {
            Reply::Append(to, outcome) => drop(to.send(failure.cloned().map_or(outcome, Err))),
            Reply::Ordered(to, outcome) => drop(to.send(failure.cloned().map_or(outcome, Err))),
        }
    }
}

/// Settings of the writer.
pub(crate) struct WriterOptions {
    pub(crate) group_records_max: usize,
    pub(crate) on_group: fn(Group),
}

/// What makes groups durable.
pub(crate) struct Files {
    pub(crate) commits: CommitFiles,
    pub(crate) flusher: Flusher,
}

/// Publishes the durable head.
pub(crate) struct Durable {
    pub(crate) head: watch::Sender<Head>,
    pub(crate) position: watch::Sender<u64>,
}

/// Starts the writer thread, and the thread that writes the index.
pub(crate) fn start(
    shared: Arc<Shared>,
    store: Arc<Store>,
    files: Files,
    durable: Durable,
    options: WriterOptions,
) -> std::io::Result<mpsc::Sender<Request>> {
    let (sender, requests) = mpsc::channel(QUEUED_COMMITS_MAX);
    let (runs, full_runs) = threads::channel();
    let (indexer_store, indexer_shared) = (store.clone(), shared.clone());
    let indexer = thread::Builder::new()
        .name("event-log-index".to_owned())
        .spawn(move || write_runs(&indexer_store, &indexer_shared, &full_runs))?;
    let staged = durable.head.borrow().chain_head();
    let mut writer = Writer {
        shared,
        store,
        files,
        durable,
        staged,
        group: StagedGroup::default(),
        frame: Vec::new(),
        group_records_max: options.group_records_max,
        on_group: options.on_group,
        runs,
    };
    thread::Builder::new().name("event-log-writer".to_owned()).spawn(move || {
        let closing = writer.run(requests);
        writer.shut_down(indexer, closing);
    })?;
    Ok(sender)
}

fn write_runs(store: &Store, shared: &Shared, full_runs: &threads::Receiver<FullRun>) {
    for run in full_runs {
        match catch_unwind(AssertUnwindSafe(|| store.index.write(&run))) {
            Ok(Ok(())) => {}
            Ok(Err(fault)) => return shared.fail(format!("writing the stream index: {fault}")),
            Err(_) => return shared.fail("writing the stream index: sled panicked".to_owned()),
        }
    }
}

struct Writer {
    shared: Arc<Shared>,
    store: Arc<Store>,
    files: Files,
    durable: Durable,
    /// The last record, including those in the current group.
    staged: ChainHead,
    group: StagedGroup,
    /// Buffer reused for each frame.
    frame: Vec<u8>,
    group_records_max: usize,
    on_group: fn(Group),
    runs: threads::Sender<FullRun>,
}

#[derive(Default)]
struct StagedGroup {
    bytes: u64,
    frames: Vec<u8>,
    leaves: Vec<Hash>,
    entries: Vec<(StreamKey, u64)>,
    /// The last positions of the streams in it, which the index does not have before it is durable.
    last: HashMap<StreamKey, u64>,
    replies: Vec<Reply>,
}

impl StagedGroup {
    /// Sets the outcome of the commit added last.
    fn set_appended(&mut self, result: Result<Appended, AppendError>) {
        if let Some(Reply::Append(_, outcome)) = self.replies.last_mut() {
            *outcome = result;
        }
    }

    /// Sets the outcome of the ordered records added last.
    fn set_ordered(&mut self, result: Result<u64, AppendError>) {
        if let Some(Reply::Ordered(_, outcome)) = self.replies.last_mut() {
            *outcome = result;
        }
    }
}

impl Writer {
    /// Runs until the log is closed, all its clones are dropped, or the storage fails.
    fn run(&mut self, mut requests: mpsc::Receiver<Request>) -> Option<oneshot::Sender<()>> {
        let mut waiting = Vec::new();
        let mut closing = None;
        while closing.is_none() && requests.blocking_recv_many(&mut waiting, self.group_records_max) > 0 {
            let mut batch = waiting.drain(..);
            while batch.len() > 0 && closing.is_none() {
                let written = catch_unwind(AssertUnwindSafe(|| self.write_group(&mut batch, &mut closing)));
                let failure = match written {
                    Ok(Ok(())) => self.shared.failure(),
                    Ok(Err(reason)) => Some(reason),
                    Err(_) => Some("sled panicked".to_owned()),
                };
                if let Some(reason) = failure {
                    self.shared.fail(reason.clone());
                    let fault = AppendError::Storage(reason);
                    self.reply_all(Some(&fault));
                    requests.close();
                    batch.for_each(|request| refuse(request, &fault));
                    while let Ok(request) = requests.try_recv() {
                        refuse(request, &fault);
                    }
                    return closing;
                }
                self.reply_all(None);
            }
        }
        closing
    }

    /// Stages, writes, syncs, anchors and publishes one group.
    fn write_group(
        &mut self,
        batch: &mut impl ExactSizeIterator<Item = Request>,
        closing: &mut Option<oneshot::Sender<()>>,
    ) -> Result<(), String> {
        let store = self.store.clone();
        let mut chunks = ChunkWriter::new(&store.records);
        self.shared.reserve.begin_group();
        while self.group.entries.len() < self.group_records_max
            && let Some(request) = batch.next()
        {
            // The caller is registered for a reply before anything can fail.
            match request {
                Request::Close(done) => {
                    *closing = Some(done);
                    break;
                }
                Request::Append(prepared, to) => {
                    let read_only = self.read_only(prepared.bytes())?;
                    self.group.replies.push(Reply::Append(to, initial_outcome(&read_only)));
                    if read_only.is_none() {
                        let staged = self.stage(prepared, &mut chunks).map_err(storage)?;
                        self.group.set_appended(staged);
                    }
                }
                Request::Ordered(records, to) => {
                    let bytes = records.iter().map(|record| record.payload.len() as u64).sum();
                    let read_only = self.read_only(bytes)?;
                    self.group.replies.push(Reply::Ordered(to, initial_outcome(&read_only)));
                    if read_only.is_none() {
                        let staged = self.stage_ordered(&records, &mut chunks).map_err(storage)?;
                        self.group.set_ordered(staged);
                    }
                }
            }
        }
        if self.group.entries.is_empty() {
            return Ok(());
        }
        let began = Instant::now();
        chunks.finish().map_err(storage)?;
        let root =
            store.tiles.push(&self.group.leaves).map_err(|fault| format!("writing the tree: {fault}"))?;
        let head = Head { position: self.staged.position, hash: self.staged.hash, root };
        self.make_durable(head)?;
        let (records, bytes) = (self.group.entries.len(), self.group.bytes);
        (self.on_group)(Group { position: head.position, records, bytes, duration: began.elapsed() });
        self.publish(head)
    }

    /// Syncs the group, which sled has in its memory.
    fn make_durable(&mut self, head: Head) -> Result<(), String> {
        let Files { commits, flusher } = &mut self.files;
        let frames = &self.group.frames;
        if self.group.bytes > frames.len() as u64 {
            flusher.begin(head, commits.generation())?;
            return flusher.wait();
        }
        let first = head.position + 1 - self.group.entries.len() as u64;
        let full = !commits.fits(frames.len());
        if full {
            flusher.wait()?;
            commits.take_other();
        }
        commits.append(frames, first, head).map_err(|fault| format!("writing the commit file: {fault}"))?;
        self.shared.reserve.set_growth(commits.growth());
        if full { flusher.begin(head, commits.generation()) } else { Ok(()) }
    }

    /// Returns why records of this size are refused, if there is no space for them.
    fn read_only(&mut self, bytes: u64) -> Result<Option<AppendError>, String> {
        let reserve = &self.shared.reserve;
        let flushable = reserve.unflushed() > self.group.bytes;
        let mut shortage = reserve.shortage_with(bytes);
        if shortage.is_some() && flushable {
            // What sled will write is an estimate; what it has written is not.
            let head = *self.durable.head.borrow();
            self.files.flusher.begin(head, self.files.commits.generation())?;
            self.files.flusher.wait()?;
            reserve.begin_group();
            shortage = reserve.shortage_with(bytes);
        }
        Ok(shortage.map(|short| AppendError::ReadOnly {
            free_bytes: short.free_bytes,
            reserve_bytes: short.reserve_bytes,
        }))
    }

    /// Makes the group visible, and hands full index runs to the index thread.
    #[expect(clippy::disallowed_methods, reason = "it is the writer's own thread")]
    fn publish(&mut self, head: Head) -> Result<(), String> {
        let full = self.store.index.add(&self.group.entries);
        self.durable.head.send_replace(head);
        self.durable.position.send_replace(head.position);
        for run in full {
            self.runs.send(run).map_err(|_| "the stream index thread has stopped".to_owned())?;
            while self.store.index.is_backlogged() && self.shared.failure().is_none() {
                thread::sleep(Duration::from_millis(1));
            }
        }
        Ok(())
    }

    fn reply_all(&mut self, failure: Option<&AppendError>) {
        self.group.entries.clear();
        self.group.last.clear();
        self.group.leaves.clear();
        self.group.frames.clear();
        self.group.bytes = 0;
        for reply in self.group.replies.drain(..) {
            reply.send(failure);
        }
    }

    fn stage(
        &mut self,
        prepared: PreparedAppend,
        chunks: &mut ChunkWriter<'_>,
    ) -> sled::Result<Result<Appended, AppendError>> {
        let PreparedAppend { append, keys } = prepared;
        for (new, (stream, _)) in append.records.iter().zip(&keys) {
            if let Expected::At(expected) = new.expected {
                let actual = self.last_position(*stream)?;
                if actual != expected {
                    let stream = new.stream.clone();
                    return Ok(Err(AppendError::Conflict { stream, expected, actual }));
                }
            }
        }
        let first = self.staged.position + 1;
        let parts = u32::try_from(append.records.len()).unwrap_or(u32::MAX);
        for ((new, (stream, commitment)), part) in append.records.iter().zip(keys).zip(1..) {
            let fields = Fields {
                position: self.staged.position + 1,
                stream: &new.stream,
                types: &new.types,
                time_micros: append.time_micros,
                command_id: append.command_id,
                part,
                parts,
                previous: self.staged.hash,
            };
            self.push(&fields, stream, (&new.salt, &new.payload, &commitment), chunks)?;
        }
        Ok(Ok(Appended { first, last: self.staged.position }))
    }

    fn stage_ordered(
        &mut self,
        records: &[OrderedRecord],
        chunks: &mut ChunkWriter<'_>,
    ) -> sled::Result<Result<u64, AppendError>> {
        for (given, next) in records.iter().zip(self.staged.position + 1..) {
            if given.position != next {
                return Ok(Err(AppendError::OutOfOrder { given: given.position, next }));
            }
        }
        for given in records {
            let fields = Fields {
                position: given.position,
                stream: &given.stream,
                types: &given.types,
                time_micros: given.time_micros,
                command_id: given.command_id,
                part: given.part,
                parts: given.parts,
                previous: self.staged.hash,
            };
            let commitment = record::commitment(&given.salt, &given.payload);
            let stream = index::stream_key(&given.stream);
            self.push(&fields, stream, (&given.salt, &given.payload, &commitment), chunks)?;
        }
        Ok(Ok(self.staged.position))
    }

    fn push(
        &mut self,
        fields: &Fields<'_>,
        stream: StreamKey,
        (salt, payload, commitment): (&[u8; 16], &[u8], &Hash),
        chunks: &mut ChunkWriter<'_>,
    ) -> sled::Result<()> {
        self.frame.clear();
        let hash = fields.encode(salt, payload, commitment, &mut self.frame);
        chunks.push(fields.position, &self.frame)?;
        self.staged = ChainHead { position: fields.position, hash };
        self.group.leaves.push(hash);
        self.group.bytes += self.frame.len() as u64;
        if self.group.bytes <= self.files.commits.group_bytes_max() {
            self.group.frames.extend_from_slice(&self.frame);
        }
        self.shared.reserve.add_staged(self.frame.len() as u64);
        self.group.last.insert(stream, fields.position);
        self.group.entries.push((stream, fields.position));
        Ok(())
    }

    fn last_position(&self, stream: StreamKey) -> sled::Result<u64> {
        match self.group.last.get(&stream) {
            Some(position) => Ok(*position),
            None => self.store.index.last(stream),
        }
    }

    /// Waits for the index thread to write the full runs, releases the files, and confirms the close.
    fn shut_down(self, indexer: thread::JoinHandle<()>, closing: Option<oneshot::Sender<()>>) {
        let Writer { shared, store, files, durable, runs, .. } = self;
        drop(runs);
        drop(indexer.join());
        let head = shared.failure().is_none().then(|| *durable.head.borrow());
        if let Err(fault) = files.flusher.finish(head) {
            shared.fail(fault);
        }
        if shared.failure().is_none()
            && let Err(fault) = store.tiles.sync()
        {
            tracing::warn!(%fault, "the tree was not synced; after a power cut it will be rebuilt when the log is opened");
        }
        drop(durable);
        drop(store);
        shared.release();
        // The caller may have stopped waiting.
        closing.map(|done| done.send(())).transpose().unwrap_or_default();
    }
}

/// Returns the outcome of a request before it is staged.
fn initial_outcome<T>(read_only: &Option<AppendError>) -> Result<T, AppendError> {
    Err(read_only.clone().unwrap_or(AppendError::Closed))
}

fn storage(fault: sled::Error) -> String {
    fault.to_string()
}

fn refuse(request: Request, fault: &AppendError) {
    match request {
        Request::Append(_, to) => drop(to.send(Err(fault.clone()))),
        Request::Ordered(_, to) => drop(to.send(Err(fault.clone()))),
        Request::Close(done) => done.send(()).unwrap_or_default(),
    }
}
