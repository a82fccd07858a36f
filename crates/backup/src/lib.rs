//! Backups of a log in object storage: S3, Azure, Google Cloud, or a folder.
//!
//! Nothing is ever overwritten. Below the URL there are
//!
//! - `segments/FIRST-LAST.segment`: the records from one position to another, in the format of
//!   [`event_log::backup`], with checksum, hash chain and the hashes of the tree. A run adds what is new, and puts small
//!   segments before it together with it; those they replace stay until [`retention`] removes them.
//! - `heads/POSITION.head`: the manifest: the head as signed by the ledger when a run was finished, written last. The
//!   newest says how far the backup must reach.
//!
//! An interrupted run leaves whole segments without a head; the next one continues after them. [`Writer`] adds
//! records; [`Backup`] reads, and verifies everything that it reads.

mod error;
mod names;
mod reader;
mod retention;
mod store;
mod writer;

pub use error::BackupError;
pub use reader::{Backup, Finished};
pub use retention::remove_superseded;
pub use store::Store;
pub use writer::Writer;

#[cfg(test)]
mod tests;
