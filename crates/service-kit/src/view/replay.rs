//! A view compared with its replay from the log.

use super::difference::{self, Difference};
use super::projector::apply_batch;
use super::{View, ViewError, reader};
use crate::checkpoint::Checkpoint;
use crate::consumer::{self, checkpoint};
use crate::feed::wanted;
use crate::limits::VIEW_BATCH_RECORDS_MAX;
use crate::set_aside::Halted;
use futures::StreamExt as _;
use futures::future::BoxFuture;
use journal::{Filter, Journal, Position, Record};
use rusqlite::Connection;
use std::path::Path;
use std::sync::Arc;
use tokio::sync::watch;
use tokio::task::spawn_blocking;

/// Called with how many records were replayed, and of how many.
pub type Progress = Box<dyn FnMut(Position, Position) + Send>;

type Compare = fn(Arc<dyn Journal>, Arc<Path>, Progress) -> BoxFuture<'static, Result<Compared, ViewError>>;

/// A view that is running, known by its name.
#[derive(Clone)]
pub struct RegisteredView {
    /// Its name.
    pub name: &'static str,
    file: Arc<Path>,
    position: watch::Receiver<Position>,
    compare: Compare,
}

/// The result of a comparison.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Compared {
    /// The position up to which the log was replayed, which the view had reached.
    pub position: Position,
    /// The first difference; `None` when the view equals its replay.
    pub difference: Option<Difference>,
}

impl RegisteredView {
    pub(super) fn of<V: View>(file: Arc<Path>, position: watch::Receiver<Position>) -> RegisteredView {
        let compare: Compare = |journal, file, progress| Box::pin(compare::<V>(journal, file, progress));
        RegisteredView { name: V::NAME, file, position, compare }
    }

    /// Waits until the view has projected the record at a position.
    pub async fn reached(&self, position: Position) -> Result<(), watch::error::RecvError> {
        self.position.clone().wait_for(|&reached| reached >= position).await.map(|_| ())
    }

    /// Replays the log into fresh tables, up to the position that the view has reached, and compares the two.
    /// The view goes on meanwhile; it is compared as of one moment.
    pub async fn compare(
        &self,
        journal: Arc<dyn Journal>,
        progress: Progress,
    ) -> Result<Compared, ViewError> {
        self.compare_with(journal, self.file.clone(), progress).await
    }

    /// The same with another file of this view, which nobody must be writing: one that another version has kept. The
    /// journal must have everything that it has seen.
    pub async fn compare_with(
        &self,
        journal: Arc<dyn Journal>,
        file: Arc<Path>,
        progress: Progress,
    ) -> Result<Compared, ViewError> {
        (self.compare)(journal, file, progress).await
    }
}

async fn compare<V: View>(
    journal: Arc<dyn Journal>,
    file: Arc<Path>,
    mut progress: Progress,
) -> Result<Compared, ViewError> {
    let folder = file.parent().unwrap_or(Path::new("."));
    let fresh = tempfile::tempdir_in(folder).map_err(|error| ViewError::Replay(error.to_string()))?;
    let replayed = fresh.path().join("replay.sqlite");
    let (view, position, mut tables) = blocking(move || {
        // The transaction pins the view at the moment at which the checkpoint is read.
        let view = reader(&file)?;
        view.execute_batch("BEGIN")?;
        let position = checkpoint(&view)?.map_or(0, |at| at.position);
        Ok((view, position, consumer::open(&replayed, V::SCHEMA)?))
    })
    .await?;
    let (mut reached, mut halted) = (0, Halted::default());
    if position > 0 {
        let records = journal.subscribe(0, Filter::All).await;
        let records = records.map_err(|error| ViewError::Replay(error.to_string()))?;
        let mut batches = records.ready_chunks(VIEW_BATCH_RECORDS_MAX);
        while reached < position {
            let batch = batches.next().await;
            let batch = batch.ok_or_else(|| ViewError::Replay("the journal ended".to_owned()))?;
            let batch: Result<Vec<Arc<Record>>, _> = batch.into_iter().collect();
            let mut batch = batch.map_err(|error| ViewError::Replay(error.to_string()))?;
            batch.retain(|record| record.position <= position);
            let Some(last) = batch.last().map(|last| Checkpoint::from(&**last)) else { continue };
            (tables, halted) = blocking(move || {
                let records = wanted(&batch, V::CATEGORIES);
                apply_batch::<V>(&mut tables, &mut halted, &records, last)?;
                Ok((tables, halted))
            })
            .await?;
            reached = last.position;
            progress(reached, position);
        }
    }
    let difference = blocking(move || compare_tables(&view, &tables)).await?;
    Ok(Compared { position, difference })
}

fn compare_tables(view: &Connection, replay: &Connection) -> Result<Option<Difference>, ViewError> {
    let found = difference::first(view, replay)?;
    view.execute_batch("ROLLBACK")?;
    Ok(found)
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, ViewError> + Send + 'static,
) -> Result<T, ViewError> {
    spawn_blocking(work)
        .await
        .unwrap_or_else(|_| Err(ViewError::Replay("the comparison was aborted".to_owned())))
}
