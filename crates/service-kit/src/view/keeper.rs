//! The thread that keeps a view's tables: it alone writes them, a batch in a transaction, in order. It waits for the
//! disk, so it is none of the runtime's.

use super::readers::{Failed, Readers};
use super::{View, ViewError, projector};
use crate::checkpoint::Past;
use crate::consumer::{self, advance_checkpoint};
use crate::feed::{Batch, ConsumerProgress};
use crate::set_aside::Halted;
use crate::traces::{Span, TracedConsumer};
use domain::StreamName;
use journal::{Position, Record};
use rusqlite::Connection;
use std::sync::Arc;
use tokio::sync::{mpsc, oneshot, watch};
use uuid::Uuid;

/// Jobs that wait for the thread: what comes meanwhile is gathered into the next batch.
const JOBS_AHEAD: usize = 1;

type Job = Box<dyn FnOnce(&mut Tables) + Send>;

/// The thread of a view, as its task sees it. It ends with this, when it has done what it was given.
pub(super) struct Keeper {
    jobs: mpsc::Sender<Job>,
    /// Closed when the thread has closed the file.
    closed: oneshot::Receiver<()>,
}

/// The thread has ended, and the tables are lost to this process.
#[derive(Debug, thiserror::Error)]
#[error("its thread has ended")]
pub(super) struct Ended;

impl Keeper {
    /// Starts the thread.
    pub(super) fn start(name: &'static str, mut tables: Tables) -> std::io::Result<Keeper> {
        let (jobs, mut given) = mpsc::channel::<Job>(JOBS_AHEAD);
        let (closing, closed) = oneshot::channel();
        let keep = move || {
            while let Some(job) = given.blocking_recv() {
                job(&mut tables);
            }
            drop(tables);
            drop(closing);
        };
        std::thread::Builder::new().name(format!("view {name}")).spawn(keep)?;
        Ok(Keeper { jobs, closed })
    }

    /// Ends the thread when it has done what it was given, and waits until it has closed the file.
    pub(super) async fn end(self) {
        drop(self.jobs);
        let _ = self.closed.await;
    }

    /// Waits until the thread can take a job, without an answer.
    pub(super) async fn place(&self) -> Result<Place<'_>, Ended> {
        self.jobs.reserve().await.map(Place).map_err(|_| Ended)
    }

    /// Has work done on the tables, and waits for its outcome.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Tables) -> Result<T, ViewError> + Send + 'static,
    ) -> Result<Result<T, Failed>, Ended> {
        let (outcome, done) = oneshot::channel();
        self.place().await?.take(move |tables| {
            let worked = work(tables).map_err(|error| tables.failed(error));
            let _ = outcome.send(worked);
        });
        done.await.map_err(|_| Ended)
    }

    /// Saves how far the view has come, if the thread has nothing else to do.
    pub(super) fn save_progress_when_idle(&self) {
        // With a job to do, it saves that anyway.
        let _ = self.jobs.try_send(Box::new(|tables| {
            let saved = tables.save_progress();
            tables.report(saved);
        }));
    }
}

/// A place for one job.
pub(super) struct Place<'k>(mpsc::Permit<'k, Job>);

impl Place<'_> {
    pub(super) fn take(self, job: impl FnOnce(&mut Tables) + Send + 'static) {
        self.0.send(Box::new(job));
    }
}

/// A view's tables and its place in the journal.
pub(super) struct Tables {
    /// None when the file was damaged, and could not be begun anew so far.
    connection: Option<Connection>,
    schema: &'static str,
    readers: Arc<Readers>,
    halted: Halted,
    /// Whether what an earlier process has set aside was retried.
    retried: bool,
    /// Whether a batch has failed: those after it are passed over until the view has read on from its checkpoint.
    interrupted: bool,
    /// The checkpoint in the file.
    saved: Position,
    progress: Arc<ConsumerProgress>,
    changes: watch::Sender<Position>,
    /// The last erasure up to which the tables hold nothing that was erased.
    clean: watch::Sender<Position>,
    failures: mpsc::UnboundedSender<Failed>,
    traced: TracedConsumer,
}

impl Tables {
    pub(super) fn new<V: View>(
        connection: Connection,
        readers: Arc<Readers>,
        progress: Arc<ConsumerProgress>,
        changes: watch::Sender<Position>,
        clean: watch::Sender<Position>,
        failures: mpsc::UnboundedSender<Failed>,
        traced: TracedConsumer,
    ) -> Tables {
        Tables {
            connection: Some(connection),
            schema: V::SCHEMA,
            readers,
            halted: Halted::default(),
            retried: false,
            interrupted: true,
            saved: 0,
            progress,
            changes,
            clean,
            failures,
            traced,
        }
    }

    /// What it knows of the journal, to read on from.
    pub(super) fn begin(&mut self) -> Result<Past, ViewError> {
        let (past, halted) = {
            let tables = self.connection()?;
            (consumer::past(tables)?, Halted::read(tables)?)
        };
        self.halted = halted;
        self.saved = past.checkpoint.map_or(0, |at| at.position);
        self.interrupted = false;
        Ok(past)
    }

    /// Saves which acceptances of lost records the history has.
    pub(super) fn save_accepted(&mut self, accepted: &[Uuid]) -> Result<(), ViewError> {
        Ok(consumer::save_accepted(self.connection()?, accepted)?)
    }

    /// Projects a batch; a failure is reported.
    pub(super) fn apply<V: View>(&mut self, batch: &Batch) {
        if !self.interrupted {
            let applied = self.project::<V>(batch);
            self.report(applied);
        }
    }

    fn project<V: View>(&mut self, batch: &Batch) -> Result<(), ViewError> {
        let Some(tables) = &mut self.connection else { return Ok(()) };
        // They end together: a batch is one transaction.
        let _spans: Vec<Span> = batch.records.iter().map(|record| self.traced.begin(record)).collect();
        projector::apply_batch::<V>(tables, &mut self.halted, &batch.records, batch.last)?;
        self.saved = batch.last.position;
        self.progress.finish(batch);
        self.changes.send_replace(batch.last.position);
        Ok(())
    }

    fn report(&mut self, outcome: Result<(), ViewError>) {
        if let Err(error) = outcome {
            let failed = self.failed(error);
            let _ = self.failures.send(failed);
        }
    }

    fn failed(&mut self, error: ViewError) -> Failed {
        self.interrupted = true;
        Failed { generation: self.readers.generation(), error }
    }

    /// Saves how far it has come over records that do not concern it.
    pub(super) fn save_progress(&mut self) -> Result<(), ViewError> {
        let further = self.progress.settled().filter(|at| at.position > self.saved && !self.interrupted);
        let Some(at) = further else { return Ok(()) };
        advance_checkpoint(self.connection()?, at)?;
        self.saved = at.position;
        Ok(())
    }

    /// The streams whose records an earlier process has set aside, unless they were retried.
    pub(super) fn to_retry(&self) -> Vec<(StreamName, Position)> {
        if self.retried { Vec::new() } else { self.halted.streams() }
    }

    /// Retries what was set aside of a stream; returns how many records were projected.
    pub(super) fn retry_set_aside<V: View>(
        &mut self,
        stream: &StreamName,
        records: &[Record],
    ) -> Result<usize, ViewError> {
        let tables = self.connection()?;
        let taken = projector::retry_set_aside::<V>(tables, stream, records)?;
        self.halted = Halted::read(tables)?;
        Ok(taken)
    }

    pub(super) fn all_retried(&mut self) {
        self.retried = true;
    }

    /// Empties the tables, to follow another history with these acceptances.
    pub(super) fn give_up(&mut self, accepted: &[Uuid]) -> Result<(), ViewError> {
        let schema = self.schema;
        consumer::give_up(self.connection()?, schema, accepted)?;
        self.saved = 0;
        Ok(())
    }

    /// Moves the damaged file aside, unless that was done meanwhile, and begins another.
    pub(super) fn begin_anew(&mut self, failed: &Failed) -> Result<(), ViewError> {
        let Some(damage) = failed.damage() else { return Ok(()) };
        if failed.generation == self.readers.generation() {
            self.interrupted = true;
            // Closed first: at its end, a connection tidies up what has the file's name by then.
            self.connection = None;
            consumer::move_aside(self.readers.file(), damage)?;
            // Nobody may find the new file at the position of the old one.
            self.progress.begin(None);
            self.readers.begin_anew();
        }
        self.connection().map(drop)
    }

    /// Begins the file anew if it was begun before the last erasure, whose key was destroyed at this position; returns
    /// whether it did. Overwriting rows would leave what was erased in free pages and in indexes.
    pub(super) fn forget_erased(&mut self, erased: Position) -> Result<bool, ViewError> {
        let tables = self.connection()?;
        let is_new = consumer::checkpoint(tables)?.is_none();
        if !is_new && consumer::erased_up_to(tables)? < erased {
            let past = consumer::past(tables)?;
            self.interrupted = true;
            self.connection = None;
            consumer::remove(self.readers.file())?;
            // Nobody may find the new file at the position of the old one.
            self.progress.begin(None);
            self.readers.begin_anew();
            let tables = self.connection()?;
            consumer::save_witness(tables, past.last(), &past.accepted)?;
            consumer::save_erased_up_to(tables, erased)?;
            self.clean.send_replace(erased);
            return Ok(true);
        }
        if is_new {
            consumer::save_erased_up_to(tables, erased)?;
        }
        self.clean.send_replace(erased);
        Ok(false)
    }

    fn connection(&mut self) -> Result<&mut Connection, ViewError> {
        let opened = match self.connection.take() {
            Some(connection) => connection,
            None => consumer::open_or_begin_anew(self.readers.file(), self.schema)?,
        };
        Ok(self.connection.insert(opened))
    }
}
