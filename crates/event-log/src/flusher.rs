//! The thread that flushes sled in the background, and then moves the anchor.

use crate::Head;
use crate::anchor::{AnchorFiles, NOTHING_AFTER};
use crate::store::{Shared, Store};
use std::sync::{Arc, mpsc};
use std::thread;

/// What is to be on sled's disk: everything up to `head`, which is in sled's memory.
struct Flush {
    head: Head,
    /// Generation of the commit file that continues from there, as the anchor records it.
    generation: u64,
    /// Bytes of records that were not flushed when it was asked for.
    bytes: u64,
    done: mpsc::Sender<()>,
}

/// The writer's side: at most one flush is under way.
pub(crate) struct Flusher {
    requests: mpsc::Sender<Flush>,
    under_way: Option<mpsc::Receiver<()>>,
    thread: thread::JoinHandle<()>,
    shared: Arc<Shared>,
}

impl Flusher {
    /// Starts the thread.
    pub(crate) fn start(
        shared: Arc<Shared>,
        store: Arc<Store>,
        mut anchors: AnchorFiles,
    ) -> std::io::Result<Flusher> {
        let (requests, flushes) = mpsc::channel::<Flush>();
        let of_thread = shared.clone();
        let run = move || {
            for flush in flushes {
                if let Err(reason) = carry_out(&store, &mut anchors, &flush) {
                    return of_thread.fail(reason);
                }
                of_thread.reserve.flushed(flush.bytes);
                // The writer may have stopped.
                flush.done.send(()).unwrap_or_default();
            }
        };
        let thread = thread::Builder::new().name("event-log-flush".to_owned()).spawn(run)?;
        Ok(Flusher { requests, under_way: None, thread, shared })
    }

    /// Begins to flush everything up to a head; what is acknowledged after it is in the commit file of this generation.
    pub(crate) fn begin(&mut self, head: Head, generation: u64) -> Result<(), String> {
        self.wait()?;
        let (done, under_way) = mpsc::channel();
        let flush = Flush { head, generation, bytes: self.shared.reserve.unflushed(), done };
        self.requests.send(flush).map_err(|_| self.failure())?;
        self.under_way = Some(under_way);
        Ok(())
    }

    /// Waits for the flush that is under way, if there is one.
    pub(crate) fn wait(&mut self) -> Result<(), String> {
        match self.under_way.take() {
            Some(flush) => flush.recv().map_err(|_| self.failure()),
            None => Ok(()),
        }
    }

    /// Ends the thread; flushes everything up to a head before, if there is one, after which nothing comes.
    pub(crate) fn finish(mut self, head: Option<Head>) -> Result<(), String> {
        let flushed = match head {
            Some(head) => self.begin(head, NOTHING_AFTER).and_then(|()| self.wait()),
            None => Ok(()),
        };
        drop(self.requests);
        drop(self.thread.join());
        flushed
    }

    fn failure(&self) -> String {
        self.shared.failure().unwrap_or_else(|| "the flushing thread has stopped".to_owned())
    }
}

fn carry_out(store: &Store, anchors: &mut AnchorFiles, flush: &Flush) -> Result<(), String> {
    store.db.flush().map_err(|fault| fault.to_string())?;
    anchors.write(flush.head, flush.generation).map_err(|fault| format!("writing the anchor: {fault}"))
}
