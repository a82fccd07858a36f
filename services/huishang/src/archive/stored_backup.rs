//! A backup in a folder, or in object storage.

use super::{backup_error, storage_error};
use ::backup::Store;
use event_log::backup::Backup;
use event_log::{Head, Record};
use std::path::{Path, PathBuf};
use uuid::Uuid;

/// What reaches object storage.
#[derive(Debug, Clone, clap::Args)]
pub struct Credentials {
    /// A file of lines NAME=VALUE with region, endpoint and credentials for the URL of a backup, under the names that
    /// they have in the environment [default: the environment]
    #[arg(
        long = "credentials",
        id = "credentials",
        env = "HUISHANG_BACKUP__CREDENTIALS",
        value_name = "FILE"
    )]
    pub file: Option<PathBuf>,
}

/// Where a backup is, as named on the command line.
pub enum Place {
    /// A directory.
    Folder(PathBuf),
    /// A URL.
    Storage(Store),
}

impl Place {
    /// Reads `DIR` or `SCHEME://…`.
    pub fn open(name: &str, credentials: &Credentials) -> anyhow::Result<Place> {
        match name.contains("://") {
            true => {
                Ok(Place::Storage(Store::open(name, credentials.file.as_deref()).map_err(storage_error)?))
            }
            false => Ok(Place::Folder(name.into())),
        }
    }
}

/// A backup that is read.
pub enum StoredBackup {
    /// In a directory.
    Folder(Backup),
    /// In object storage.
    Storage(Box<::backup::Backup>),
}

impl StoredBackup {
    /// Opens the backup in a place; fails if there is none.
    pub async fn open(place: Place) -> anyhow::Result<StoredBackup> {
        Ok(match place {
            Place::Folder(dir) => StoredBackup::Folder(Backup::open(dir).map_err(backup_error)?),
            Place::Storage(store) => {
                let opened = ::backup::Backup::open(store).await;
                StoredBackup::Storage(Box::new(opened.map_err(storage_error)?))
            }
        })
    }

    /// The identity of the log.
    pub fn log_id(&self) -> Uuid {
        match self {
            StoredBackup::Folder(backup) => backup.log_id(),
            StoredBackup::Storage(backup) => backup.log_id(),
        }
    }

    /// The head of the last run that was finished; `None` if none ever was.
    pub fn finished_head(&self) -> Option<Head> {
        match self {
            StoredBackup::Folder(backup) => backup.finished_head(),
            StoredBackup::Storage(backup) => Some(backup.finished()?.head.head),
        }
    }

    /// That head as signed by the ledger, if it was.
    pub fn signed_head(&self) -> Option<&str> {
        match self {
            StoredBackup::Folder(backup) => backup.signed_head(),
            StoredBackup::Storage(backup) => backup.finished()?.head.signed.as_deref(),
        }
    }

    /// The number of segments.
    pub fn segments(&self) -> usize {
        match self {
            StoredBackup::Folder(backup) => backup.segments(),
            StoredBackup::Storage(backup) => backup.segments(),
        }
    }

    /// Hands every record on, once it is verified; returns the head as of the last one.
    pub async fn read(
        &mut self,
        mut each: impl AsyncFnMut(Record) -> anyhow::Result<()>,
    ) -> anyhow::Result<Head> {
        match self {
            StoredBackup::Folder(backup) => {
                let mut records = backup.records();
                for record in &mut records {
                    each(record.map_err(backup_error)?).await?;
                }
                Ok(records.head())
            }
            StoredBackup::Storage(backup) => {
                while let Some(records) = backup.next().await.map_err(storage_error)? {
                    for record in records {
                        each(record).await?;
                    }
                }
                Ok(backup.head())
            }
        }
    }
}

/// The signed head that a place has of an earlier run, if there is one.
pub async fn earlier_signed_head(place: &Place) -> anyhow::Result<Option<String>> {
    match place {
        Place::Folder(dir) => Ok(signed_head_in(dir)),
        Place::Storage(store) => {
            let newest = ::backup::Backup::newest(store).await.map_err(storage_error)?;
            Ok(newest.and_then(|finished| finished.head.signed))
        }
    }
}

fn signed_head_in(dir: &Path) -> Option<String> {
    Backup::open(dir).ok()?.signed_head().map(str::to_owned)
}
