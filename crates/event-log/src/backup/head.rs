//! The head file: how far the log had been acknowledged when the backup was finished.

use super::BackupError;
use crate::{Head, durable_file, hex};
use std::path::{Path, PathBuf};
use std::{fs, io};
use uuid::Uuid;

const FIRST_LINE: &str = "huishang backup 1";

/// Content of the head file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeadFile {
    /// The log's identity.
    pub log_id: Uuid,
    /// Its head when the backup was finished.
    pub head: Head,
    /// That head, as signed by the ledger.
    pub signed: Option<String>,
}

pub(super) fn path(dir: &Path) -> PathBuf {
    dir.join("head")
}

impl HeadFile {
    /// Reads the head file; `None` if there is none.
    pub(super) fn read(dir: &Path) -> Result<Option<HeadFile>, BackupError> {
        let path = path(dir);
        match fs::read_to_string(&path) {
            Ok(text) => match HeadFile::parse(&text) {
                Some(file) => Ok(Some(file)),
                None => Err(BackupError::HeadFile {
                    path,
                    what: "it is not the head file of a backup".to_owned(),
                }),
            },
            Err(fault) if fault.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(BackupError::Io { path, source }),
        }
    }

    /// Replaces the head file atomically.
    pub(super) fn write(&self, dir: &Path) -> Result<(), BackupError> {
        let path = path(dir);
        durable_file::replace(&path, self.text().as_bytes())
            .map_err(|source| BackupError::Io { path, source })
    }

    /// The text of the file.
    pub fn text(&self) -> String {
        let Head { position, hash, root } = self.head;
        let (hash, root) = (hex::encode(&hash), hex::encode(&root));
        let log_id = self.log_id;
        let signed = self.signed.as_ref().map(|note| format!("\n{note}")).unwrap_or_default();
        format!("{FIRST_LINE}\nlog {log_id}\nposition {position}\nhash {hash}\nroot {root}\n{signed}")
    }

    /// Reads the text of a head file; `None` if it is none.
    pub fn parse(text: &str) -> Option<HeadFile> {
        let mut rest = text;
        let mut value = |name: &str| {
            let (line, after) = rest.split_once('\n')?;
            rest = after;
            line.strip_prefix(name)
        };
        value(FIRST_LINE)?;
        let log_id = Uuid::parse_str(value("log ")?).ok()?;
        let position = value("position ")?.parse().ok()?;
        let hash = hex::decode(value("hash ")?)?;
        let root = hex::decode(value("root ")?)?;
        let signed = match rest {
            "" => None,
            rest => Some(rest.strip_prefix('\n')?.to_owned()),
        };
        Some(HeadFile { log_id, head: Head { position, hash, root }, signed })
    }
}
