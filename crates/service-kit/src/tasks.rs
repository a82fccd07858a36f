//! What a process does beside answering requests. All of it ends with the process's stop, which waits for it.

use std::future::Future;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// The tasks of a process, and the signal at which they end. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Tasks {
    stop: CancellationToken,
    running: TaskTracker,
}

impl From<CancellationToken> for Tasks {
    /// Tasks that end with this signal.
    fn from(stop: CancellationToken) -> Tasks {
        Tasks { stop, running: TaskTracker::new() }
    }
}

impl Tasks {
    /// Cancelled when the process drains.
    pub fn stop(&self) -> &CancellationToken {
        &self.stop
    }

    /// Runs a task, which has to end soon after the stop.
    pub fn spawn<F>(&self, task: F) -> JoinHandle<F::Output>
    where
        F: Future<Output: Send> + Send + 'static,
    {
        self.running.spawn(task)
    }

    /// Runs what may wait for the disk on a thread of its own. It has to end soon after the stop.
    pub fn spawn_blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> JoinHandle<T> {
        self.running.spawn_blocking(work)
    }

    /// Waits until everything that was spawned has ended, after the stop.
    pub async fn ended(&self) {
        self.running.close();
        self.running.wait().await;
    }
}
