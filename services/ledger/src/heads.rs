//! Signed heads: what this ledger stands by.
//!
//! A head is signed when somebody asks for it, and at least every [`SIGNED_HEAD_INTERVAL`] while the log
//! grows. The newest is kept in a file; a log that is found to contradict it at the next start is not served.

use crate::limits::SIGNED_HEAD_INTERVAL;
use event_log::note::{HeadKey, HeadSigner, NoteError, Receipt, TreeHead};
use event_log::{EventLog, ReadError, durable_file};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::{fs, io};
use tokio_util::sync::CancellationToken;

/// How a ledger signs, and where it keeps what it signed last.
#[derive(Debug)]
pub struct Signing {
    /// Signs the heads.
    pub signer: HeadSigner,
    /// The file for the newest signed head.
    pub file: PathBuf,
    /// Whether to go on, and sign again, although the log contradicts the head in the file. Whoever says so
    /// has recorded it in the log.
    pub accept_stale: bool,
}

/// What shows that the log had more than it has, or something else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    /// How many records it is known to have had.
    pub had: u64,
    /// What shows it, and what the log has instead.
    pub what: String,
}

impl Signing {
    /// The newest head that was signed and kept.
    pub fn kept(&self) -> Result<Option<TreeHead>, HeadError> {
        let file = &self.file;
        match fs::read_to_string(file) {
            Ok(note) => {
                let kept = self.signer.public().open(&note);
                kept.map(Some).map_err(|error| HeadError::NotOurs { file: file.clone(), error })
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(HeadError::File { file: file.clone(), error }),
        }
    }

    /// Whether the log does not go on from the newest head that was signed.
    pub fn contradicted(&self, log: &EventLog) -> Result<Option<Evidence>, HeadError> {
        let Some(kept) = self.kept()? else { return Ok(None) };
        match continues(log, &kept, &self.file) {
            Ok(()) => Ok(None),
            Err(error @ HeadError::Contradicted { .. }) => {
                Ok(Some(Evidence { had: kept.size, what: error.to_string() }))
            }
            Err(error) => Err(error),
        }
    }
}

/// Why a ledger does not serve its log.
#[derive(Debug, thiserror::Error)]
pub enum HeadError {
    /// The signed head cannot be read or written.
    #[error("{}: {error}", file.display())]
    File {
        /// Which file.
        file: PathBuf,
        /// What the system said.
        error: io::Error,
    },
    /// The file does not hold a head that this ledger signed.
    #[error(
        "{}: {error}. If the ledger's key was changed on purpose, move the file away", file.display()
    )]
    NotOurs {
        /// Which file.
        file: PathBuf,
        /// What is wrong with it.
        error: NoteError,
    },
    /// The log is not the one whose head was signed.
    #[error(
        "the log contradicts the head that this ledger signed last, of {size} records ({}): {why}. \
         Restore the log from a backup or another ledger that has them", file.display()
    )]
    Contradicted {
        /// Which file.
        file: PathBuf,
        /// The size that was signed.
        size: u64,
        /// What the log has instead.
        why: String,
    },
    /// The log cannot be read.
    #[error(transparent)]
    Log(#[from] ReadError),
}

/// A head that was signed.
#[derive(Debug, Clone)]
pub(crate) struct SignedHead {
    pub(crate) size: u64,
    pub(crate) note: String,
}

/// Signs the heads of a log.
pub struct Heads {
    log: EventLog,
    signing: Signing,
    newest: Mutex<SignedHead>,
}

impl Heads {
    /// Sees that the log goes on from what was signed last.
    pub(crate) fn open(log: EventLog, signing: Signing) -> Result<Heads, HeadError> {
        if !signing.accept_stale
            && let Some(kept) = signing.kept()?
        {
            continues(&log, &kept, &signing.file)?;
        }
        let newest = Mutex::new(sign(&signing.signer, &log));
        Ok(Heads { log, signing, newest })
    }

    /// What the signatures are verified with.
    pub(crate) fn key(&self) -> &HeadKey {
        self.signing.signer.public()
    }

    /// A signed head of at least so many records, which the log has.
    pub(crate) fn signed(&self, size: u64) -> SignedHead {
        let mut newest = self.newest.lock().unwrap_or_else(PoisonError::into_inner);
        if newest.size < size {
            *newest = sign(&self.signing.signer, &self.log);
        }
        newest.clone()
    }

    /// That the record at a position is in the log.
    pub(crate) fn receipt(&self, position: u64) -> Result<Receipt, ReadError> {
        let there = self.log.head().position;
        if position == 0 || position > there {
            return Err(ReadError::NotThere { asked: position, head: there });
        }
        let head = self.signed(position);
        let proof = self.log.inclusion_proof(position, head.size)?;
        let header =
            self.log.read(position - 1, 1)?.first().map(event_log::Record::header).unwrap_or_default();
        Ok(Receipt { header, position, path: proof.path, head: head.note })
    }

    /// Keeps the newest head in its file until `stop`, and once more then: nothing should be appended any more.
    pub async fn keep(self: Arc<Self>, stop: CancellationToken) {
        let mut kept = None;
        loop {
            let last = stop.is_cancelled();
            let size = self.log.head().position;
            if kept != Some(size) {
                let heads = self.clone();
                let written = tokio::task::spawn_blocking(move || heads.write(size)).await;
                match written.map_err(io::Error::other).flatten() {
                    Ok(()) => kept = Some(size),
                    Err(error) => {
                        tracing::warn!(file = %self.signing.file.display(), %error, "a signed head was not kept")
                    }
                }
            }
            if last {
                return;
            }
            tokio::select! {
                () = stop.cancelled() => {}
                () = tokio::time::sleep(SIGNED_HEAD_INTERVAL) => {}
            }
        }
    }

    fn write(&self, size: u64) -> io::Result<()> {
        let file = &self.signing.file;
        if let Some(folder) = file.parent() {
            fs::create_dir_all(folder)?;
        }
        durable_file::replace(file, self.signed(size).note.as_bytes())
    }
}

fn sign(signer: &HeadSigner, log: &EventLog) -> SignedHead {
    let head = log.head();
    let note = signer.sign(&TreeHead { size: head.position, root: head.root });
    SignedHead { size: head.position, note }
}

fn continues(log: &EventLog, kept: &TreeHead, file: &Path) -> Result<(), HeadError> {
    let contradicted = |why| HeadError::Contradicted { file: file.to_owned(), size: kept.size, why };
    match log.root_at(kept.size) {
        Ok(root) if root == kept.root => Ok(()),
        Ok(_) => Err(contradicted("its first records have another root".to_owned())),
        Err(ReadError::NotThere { head, .. }) => Err(contradicted(format!("it has {head} records"))),
        Err(other) => Err(other.into()),
    }
}

#[cfg(test)]
mod tests;
