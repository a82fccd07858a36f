//! Files that are read again while the process runs: keys, certificates, issuers.

use crate::Tasks;
use crate::limits::KEY_FILE_POLL_INTERVAL;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;
use tokio::signal::unix::{SignalKind, signal};

/// Why a file is read again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Occasion {
    /// It is time to look whether it has changed.
    Interval,
    /// The process was told to, by SIGHUP.
    Hangup,
}

/// Calls `reread`, on a thread that may block, every [`KEY_FILE_POLL_INTERVAL`] and at once on SIGHUP, which no longer
/// ends the process, until the stop.
pub(crate) fn watch(
    what: &'static str,
    tasks: &Tasks,
    reread: impl Fn(Occasion) + Clone + Send + 'static,
) -> io::Result<()> {
    let mut hangups = signal(SignalKind::hangup())?;
    let stop = tasks.stop().clone();
    tasks.spawn(async move {
        loop {
            let occasion = tokio::select! {
                () = stop.cancelled() => return,
                _ = hangups.recv() => Occasion::Hangup,
                () = tokio::time::sleep(KEY_FILE_POLL_INTERVAL) => Occasion::Interval,
            };
            let reread = reread.clone();
            if let Err(error) = tokio::task::spawn_blocking(move || reread(occasion)).await {
                tracing::error!(%error, "{what}: they were not read again");
            }
        }
    });
    Ok(())
}

/// Reads a file of `bytes_max` bytes at most.
pub(crate) fn read(file: &Path, bytes_max: u64) -> io::Result<Vec<u8>> {
    let mut content = Vec::new();
    File::open(file)?.take(bytes_max + 1).read_to_end(&mut content)?;
    if content.len() as u64 > bytes_max {
        return Err(io::Error::other(format!("it has more than {bytes_max} bytes")));
    }
    Ok(content)
}
