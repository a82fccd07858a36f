//! Signed heads.
//!
//! A head is signed on request, and at least every [`SIGNED_HEAD_INTERVAL`] while the log grows. The newest one
//! is stored in a file; a log that contradicts it at the next start is not served.

use crate::limits::SIGNED_HEAD_INTERVAL;
use crate::witnesses::Witnesses;
use event_log::note::{HeadKey, HeadSigner, NoteError, Receipt, TreeHead};
use event_log::{EventLog, ReadError, durable_file};
use service_kit::metrics;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::{fs, io};
use tokio_util::sync::CancellationToken;

/// How a ledger signs heads, and where it stores the newest one.
#[derive(Debug)]
pub struct Signing {
    /// Signs the heads.
    pub signer: HeadSigner,
    /// File with the newest signed head.
    pub file: PathBuf,
    /// Whether to serve and sign a log that contradicts the head in the file. The caller must have recorded this
    /// decision in the log.
    pub accept_stale: bool,
    /// Who cosigns the heads.
    pub witnesses: Arc<Witnesses>,
}

/// Evidence that the log once had more records than now, or other ones.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    /// Number of records that it is known to have had.
    pub had: u64,
    /// How that is known, and what the log has instead.
    pub what: String,
}

impl Signing {
    /// Reads and verifies the newest signed head from the file; `None` if there is no file.
    pub fn stored_head(&self) -> Result<Option<TreeHead>, HeadError> {
        let file = &self.file;
        match fs::read(file) {
            Ok(note) => {
                let head = self.signer.public().open(&String::from_utf8_lossy(&note));
                head.map(Some).map_err(|error| HeadError::InvalidHead { file: file.clone(), error })
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(HeadError::File { file: file.clone(), error }),
        }
    }

    /// Returns evidence if the log is not a continuation of the stored head.
    pub fn find_contradiction(&self, log: &EventLog) -> Result<Option<Evidence>, HeadError> {
        let Some(stored) = self.stored_head()? else { return Ok(None) };
        match check_continues(log, &stored, &self.file) {
            Ok(()) => Ok(None),
            Err(error @ HeadError::Contradicted { .. }) => {
                Ok(Some(Evidence { had: stored.size, what: error.to_string() }))
            }
            Err(error) => Err(error),
        }
    }
}

/// Why a ledger refuses to serve its log.
#[derive(Debug, thiserror::Error)]
pub enum HeadError {
    /// The file of the signed head cannot be read or written.
    #[error("{}: {error}", file.display())]
    File {
        /// The file.
        file: PathBuf,
        /// Error of the operating system.
        error: io::Error,
    },
    /// The file does not contain a head signed by this ledger.
    #[error(
        "{}, the head last signed by this ledger, is damaged or signed by another key: {error}. Put back a copy of \
         the file. If there is none, compare the log with a backup and move the file away; likewise if the ledger's \
         key was changed intentionally", file.display()
    )]
    InvalidHead {
        /// The file.
        file: PathBuf,
        /// Why it is invalid.
        error: NoteError,
    },
    /// The log is not a continuation of the signed head.
    #[error(
        "the log contradicts the head last signed by this ledger, of {size} records ({}): {reason}. \
         Restore the log from a backup or another ledger that has these records", file.display()
    )]
    Contradicted {
        /// File of the signed head.
        file: PathBuf,
        /// Number of records of the signed head.
        size: u64,
        /// What the log has instead.
        reason: String,
    },
    /// The log cannot be read.
    #[error(transparent)]
    Log(#[from] ReadError),
}

/// A signed head and the number of its records.
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
    /// Checks that the log continues the stored head, unless a stale log is accepted, and signs the present head.
    pub(crate) fn open(log: EventLog, signing: Signing) -> Result<Heads, HeadError> {
        if !signing.accept_stale
            && let Some(stored) = signing.stored_head()?
        {
            check_continues(&log, &stored, &signing.file)?;
        }
        signing.witnesses.take_up(&log, signing.signer.public());
        let newest = Mutex::new(sign(&signing.signer, &log));
        Ok(Heads { log, signing, newest })
    }

    /// Returns the key that verifies the signatures.
    pub(crate) fn key(&self) -> &HeadKey {
        self.signing.signer.public()
    }

    /// Returns a signed head of at least `size` records; the log must have that many.
    pub(crate) fn signed(&self, size: u64) -> SignedHead {
        let mut newest = self.newest.lock().unwrap_or_else(PoisonError::into_inner);
        if newest.size < size {
            *newest = sign(&self.signing.signer, &self.log);
        }
        newest.clone()
    }

    /// Returns the SM2 key that verifies them as well, if there is one.
    pub(crate) fn sm2_key(&self) -> String {
        self.signing.signer.sm2_key().map(ToString::to_string).unwrap_or_default()
    }

    /// Returns the newest head that each witness has cosigned, the newest first.
    pub(crate) fn cosigned(&self) -> Vec<String> {
        self.signing.witnesses.cosigned().into_iter().map(|head| head.note).collect()
    }

    /// Has the heads cosigned by the witnesses until `stop`.
    pub async fn show_until(self: Arc<Self>, stop: CancellationToken) {
        self.signing.witnesses.clone().run(self.log.clone(), self, stop).await;
    }

    /// Creates a receipt for the record at a position, of a head that witnesses have cosigned, if one has the record.
    pub(crate) fn receipt(&self, position: u64) -> Result<Receipt, ReadError> {
        let head = self.log.head().position;
        if position == 0 || position > head {
            return Err(ReadError::OutOfRange { position, head });
        }
        let cosigned = self.signing.witnesses.cosigned_with(position);
        let head = cosigned.unwrap_or_else(|| self.signed(position));
        let proof = self.log.inclusion_proof(position, head.size)?;
        let header =
            self.log.read(position - 1, 1)?.first().map(event_log::Record::header).unwrap_or_default();
        Ok(Receipt { header, position, path: proof.path, head: head.note })
    }

    /// Stores the newest head in its file until `stop`, and then once more; nothing should be appended after that.
    pub async fn store_until(self: Arc<Self>, stop: CancellationToken) {
        let mut stored = None;
        loop {
            let last = stop.is_cancelled();
            let size = self.log.head().position;
            if stored != Some(size) {
                let heads = self.clone();
                let written = tokio::task::spawn_blocking(move || heads.write(size)).await;
                match written.map_err(io::Error::other).flatten() {
                    Ok(()) => stored = Some(size),
                    Err(error) => {
                        tracing::warn!(file = %self.signing.file.display(), %error, "storing a signed head failed")
                    }
                }
            }
            if stored == Some(size) {
                metrics::signed_head_stored(size);
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

/// Checks that the log is a continuation of a signed head.
fn check_continues(log: &EventLog, signed: &TreeHead, file: &Path) -> Result<(), HeadError> {
    let contradicted = |reason| HeadError::Contradicted { file: file.to_owned(), size: signed.size, reason };
    match log.root_at(signed.size) {
        Ok(root) if root == signed.root => Ok(()),
        Ok(_) => Err(contradicted("the root of those records is different".to_owned())),
        Err(ReadError::OutOfRange { head, .. }) => Err(contradicted(format!("it has only {head} records"))),
        Err(other) => Err(other.into()),
    }
}

#[cfg(test)]
mod tests;
