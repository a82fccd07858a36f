//! How a ledger backs itself up.

use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// How a ledger backs itself up.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Backup {
    /// Where its backups go: `s3://BUCKET/PREFIX`, `gs://…`, `az://…` or `file:///FOLDER`; absent: nowhere. Each ledger
    /// needs a place of its own.
    pub url: Option<String>,
    /// A file of lines `NAME=VALUE` with region, endpoint and credentials, under the names that they have in the
    /// environment, such as `AWS_ACCESS_KEY_ID`; absent: the environment alone.
    pub credentials: Option<PathBuf>,
    /// Minutes from the end of one backup to the beginning of the next.
    pub interval_minutes: u64,
    /// Days for which segments that were replaced by longer ones, and earlier heads, are kept. 0 means for ever.
    pub retention_days: u64,
}

impl Default for Backup {
    fn default() -> Self {
        Backup { url: None, credentials: None, interval_minutes: 15, retention_days: 30 }
    }
}
