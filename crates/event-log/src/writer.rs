//! The one thread that appends.
//!
//! It takes what waits, checks it against the stream's last positions, gives positions and hashes, hands
//! the frames to sled, has everything synced once, adds the hashes to the tree, writes the anchor, moves the
//! head, and answers all. A
//! conflict is answered with the group too: what caused it may be a record that is not durable yet, and who
//! reads after a conflict shall find that record.

use crate::anchor::AnchorFiles;
use crate::chunk::ChunkWriter;
use crate::index::{self, ReadyRun, StreamKey};
use crate::limits::{REMEMBERED_STREAMS_MAX, WAITING_COMMITS_MAX};
use crate::record::{self, Fields};
use crate::store::{Shared, Store};
use crate::verify::Tip;
use crate::{Append, AppendError, Appended, Expected, Hash, Head, OrderedRecord};
use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, mpsc as threads};
use std::time::Duration;
use std::{mem, thread};
use tokio::sync::{mpsc, oneshot, watch};

/// A commit on its way to the writer, with what could be computed before.
pub(crate) struct PreparedAppend {
    append: Append,
    proofs: Vec<(StreamKey, Hash)>,
}

impl PreparedAppend {
    pub(crate) fn new(append: Append) -> Self {
        let proof = |stream: &str, salt, payload: &[u8]| {
            (index::stream_key(stream), record::commitment(salt, payload))
        };
        let proofs = append.records.iter().map(|new| proof(&new.stream, &new.salt, &new.payload)).collect();
        PreparedAppend { append, proofs }
    }
}

/// What the writer is asked for.
pub(crate) enum Request {
    Append(PreparedAppend, oneshot::Sender<Result<Appended, AppendError>>),
    Ordered(Vec<OrderedRecord>, oneshot::Sender<Result<u64, AppendError>>),
    Close(oneshot::Sender<()>),
}

enum Answer {
    Append(oneshot::Sender<Result<Appended, AppendError>>, Result<Appended, AppendError>),
    Ordered(oneshot::Sender<Result<u64, AppendError>>, Result<u64, AppendError>),
}

impl Answer {
    /// Gives the answer, or the failure that overtook it. Nobody may be waiting for it any more.
    fn send(self, failure: Option<&AppendError>) {
        match self {
            Answer::Append(to, answer) => drop(to.send(failure.cloned().map_or(answer, Err))),
            Answer::Ordered(to, answer) => drop(to.send(failure.cloned().map_or(answer, Err))),
        }
    }
}

/// What the writer is started with.
pub(crate) struct WriterOptions {
    pub(crate) group_records_max: usize,
}

/// Those who follow the durable head.
pub(crate) struct Durable {
    pub(crate) head: watch::Sender<Head>,
    pub(crate) position: watch::Sender<u64>,
}

/// Starts the writer, and the thread that writes the index.
pub(crate) fn start(
    shared: Arc<Shared>,
    store: Arc<Store>,
    anchors: AnchorFiles,
    durable: Durable,
    options: WriterOptions,
) -> std::io::Result<mpsc::Sender<Request>> {
    let (sender, requests) = mpsc::channel(WAITING_COMMITS_MAX);
    let (runs, ready) = threads::channel();
    let (indexer_store, indexer_shared) = (store.clone(), shared.clone());
    let indexer = thread::Builder::new()
        .name("event-log-index".to_owned())
        .spawn(move || write_runs(&indexer_store, &indexer_shared, &ready))?;
    let staged = durable.head.borrow().tip();
    let mut writer = Writer {
        shared,
        store,
        anchors,
        durable,
        staged,
        streams: Remembered::default(),
        group: Group::default(),
        frame: Vec::new(),
        group_records_max: options.group_records_max,
        runs,
    };
    thread::Builder::new().name("event-log-writer".to_owned()).spawn(move || {
        let closing = writer.run(requests);
        writer.end(indexer, closing);
    })?;
    Ok(sender)
}

fn write_runs(store: &Store, shared: &Shared, ready: &threads::Receiver<ReadyRun>) {
    for run in ready {
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
    anchors: AnchorFiles,
    durable: Durable,
    /// The last record including what is in the group.
    staged: Tip,
    streams: Remembered,
    group: Group,
    /// Reused for each frame.
    frame: Vec<u8>,
    group_records_max: usize,
    runs: threads::Sender<ReadyRun>,
}

#[derive(Default)]
struct Group {
    leaves: Vec<Hash>,
    entries: Vec<(StreamKey, u64)>,
    answers: Vec<Answer>,
}

impl Writer {
    /// Works until the log is closed, given up by all its owners, or its storage failed.
    fn run(&mut self, mut requests: mpsc::Receiver<Request>) -> Option<oneshot::Sender<()>> {
        let mut waiting = Vec::new();
        let mut closing = None;
        while closing.is_none() && requests.blocking_recv_many(&mut waiting, self.group_records_max) > 0 {
            let mut batch = waiting.drain(..);
            while batch.len() > 0 && closing.is_none() {
                let written = catch_unwind(AssertUnwindSafe(|| self.group(&mut batch, &mut closing)));
                let failure = match written {
                    Ok(Ok(())) => self.shared.failure(),
                    Ok(Err(reason)) => Some(reason),
                    Err(_) => Some("sled panicked".to_owned()),
                };
                if let Some(reason) = failure {
                    self.shared.fail(reason.clone());
                    let fault = AppendError::Storage(reason);
                    self.answer(Some(&fault));
                    requests.close();
                    batch.for_each(|request| refuse(request, &fault));
                    while let Ok(request) = requests.try_recv() {
                        refuse(request, &fault);
                    }
                    return closing;
                }
                self.answer(None);
            }
        }
        closing
    }

    /// One group: staged, written, synced, anchored, published.
    fn group(
        &mut self,
        batch: &mut impl ExactSizeIterator<Item = Request>,
        closing: &mut Option<oneshot::Sender<()>>,
    ) -> Result<(), String> {
        let store = self.store.clone();
        let mut chunks = ChunkWriter::new(&store.records);
        let read_only = self.shared.reserve.short().map(|short| AppendError::ReadOnly {
            free_bytes: short.free_bytes,
            reserve_bytes: short.reserve_bytes,
        });
        while self.group.entries.len() < self.group_records_max
            && let Some(request) = batch.next()
        {
            let answer = match (request, &read_only) {
                (Request::Close(done), _) => {
                    *closing = Some(done);
                    break;
                }
                (Request::Append(_, to), Some(fault)) => Answer::Append(to, Err(fault.clone())),
                (Request::Ordered(_, to), Some(fault)) => Answer::Ordered(to, Err(fault.clone())),
                (Request::Append(prepared, to), None) => {
                    let answer = self.stage(prepared, &mut chunks).map_err(storage)?;
                    Answer::Append(to, answer)
                }
                (Request::Ordered(records, to), None) => {
                    let answer = self.stage_ordered(&records, &mut chunks).map_err(storage)?;
                    Answer::Ordered(to, answer)
                }
            };
            self.group.answers.push(answer);
        }
        if self.group.entries.is_empty() {
            return Ok(());
        }
        chunks.finish().map_err(storage)?;
        store.db.flush().map_err(storage)?;
        let root =
            store.tiles.push(&self.group.leaves).map_err(|fault| format!("writing the tree: {fault}"))?;
        let head = Head { position: self.staged.position, hash: self.staged.hash, root };
        self.anchors.write(head).map_err(|fault| format!("writing the anchor: {fault}"))?;
        self.publish(head)
    }

    /// Makes the group visible, and has the index written when enough of it waits.
    fn publish(&mut self, head: Head) -> Result<(), String> {
        let full = self.store.index.note(&self.group.entries);
        self.durable.head.send_replace(head);
        self.durable.position.send_replace(head.position);
        for run in full {
            self.runs.send(run).map_err(|_| "the thread of the stream index ended".to_owned())?;
            while self.store.index.is_behind() && self.shared.failure().is_none() {
                thread::sleep(Duration::from_millis(1));
            }
        }
        Ok(())
    }

    fn answer(&mut self, failure: Option<&AppendError>) {
        self.group.entries.clear();
        self.group.leaves.clear();
        for answer in self.group.answers.drain(..) {
            answer.send(failure);
        }
    }

    fn stage(
        &mut self,
        prepared: PreparedAppend,
        chunks: &mut ChunkWriter<'_>,
    ) -> sled::Result<Result<Appended, AppendError>> {
        let PreparedAppend { append, proofs } = prepared;
        for (new, (stream, _)) in append.records.iter().zip(&proofs) {
            if let Expected::At(expected) = new.expected {
                let actual = self.last_of(*stream)?;
                if actual != expected {
                    let stream = new.stream.clone();
                    return Ok(Err(AppendError::Conflict { stream, expected, actual }));
                }
            }
        }
        let first = self.staged.position + 1;
        let parts = u32::try_from(append.records.len()).unwrap_or(u32::MAX);
        for ((new, (stream, commitment)), part) in append.records.iter().zip(proofs).zip(1..) {
            let fields = Fields {
                position: self.staged.position + 1,
                stream: &new.stream,
                types: &new.types,
                time_micros: append.time_micros,
                commit_id: append.commit_id,
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
                commit_id: given.commit_id,
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
        self.staged = Tip { position: fields.position, hash };
        self.group.leaves.push(hash);
        self.streams.put(stream, fields.position);
        self.group.entries.push((stream, fields.position));
        Ok(())
    }

    fn last_of(&mut self, stream: StreamKey) -> sled::Result<u64> {
        match self.streams.get(stream) {
            Some(position) => Ok(position),
            None => {
                let position = self.store.index.last(stream)?;
                self.streams.put(stream, position);
                Ok(position)
            }
        }
    }

    /// Lets the index be written as far as it is full, lets go of the files, and says so.
    fn end(self, indexer: thread::JoinHandle<()>, closing: Option<oneshot::Sender<()>>) {
        let Writer { shared, store, anchors, durable, runs, .. } = self;
        drop(runs);
        drop(indexer.join());
        if shared.failure().is_none()
            && let Err(fault) = store.tiles.sync()
        {
            tracing::warn!(%fault, "the tree was not synced; after a power cut it is made anew at opening");
        }
        drop(durable);
        drop(anchors);
        drop(store);
        shared.let_go();
        // Who asked may have stopped waiting.
        closing.map(|done| done.send(())).transpose().unwrap_or_default();
    }
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

/// The last positions of the streams used lately: two generations, the older dropped when the newer is full.
#[derive(Default)]
struct Remembered {
    newer: HashMap<StreamKey, u64>,
    older: HashMap<StreamKey, u64>,
}

impl Remembered {
    fn get(&self, stream: StreamKey) -> Option<u64> {
        self.newer.get(&stream).or_else(|| self.older.get(&stream)).copied()
    }

    fn put(&mut self, stream: StreamKey, position: u64) {
        if self.newer.len() >= REMEMBERED_STREAMS_MAX / 2 {
            self.older = mem::take(&mut self.newer);
        }
        self.newer.insert(stream, position);
    }
}
