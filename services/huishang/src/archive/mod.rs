//! Copies of the log, and verification of copies and of the log itself: `huishang log backup`, `restore`, `verify`,
//! `verify-views`, `export`, `import`, `consistency` and `check-receipt`.
//!
//! Records of a server come from [`source`] as the log's own bytes; a transfer is resumed when the connection
//! breaks. Progress is shown on standard error ([`progress`]), results on standard output. [`line`] is the format
//! of an export.

mod backup;
mod consistency;
mod erased;
mod export;
mod import;
pub mod line;
pub mod log_copy;
pub mod progress;
mod receipt;
pub mod restore;
pub mod source;
pub mod stored_backup;
#[cfg(test)]
mod tests;
mod verify;
mod views;
mod witness;

use crate::client::Error;
use crate::client::options::Options;
use crate::language::say;
use crate::stdout::{print_line, print_text};
use clap::Subcommand;
use event_log::backup::BackupError;
use event_log::{Head, RestoreError, hex};
use serde_json::{Value, json};
use service_kit::config::Config;
use std::path::{Path, PathBuf};
use uuid::Uuid;

/// What can be done with the whole log.
#[derive(Debug, Clone, Subcommand)]
pub enum Command {
    /// Copies new records of the log into a directory or object storage, while the ledger is running
    Backup(backup::Arguments),
    /// Restores a log from a backup to an empty place (--data); it is the same log and can be continued
    Restore(restore::Arguments),
    /// Verifies the whole log, its signed head and every view; or a backup, without a server
    Verify(verify::Arguments),
    /// Compares every view with its replay of the log
    VerifyViews,
    /// Writes the log as JSON Lines of CloudEvents
    Export(export::Arguments),
    /// Creates a log from an export in an empty place (--data); it is the same log and can be continued
    Import(import::Arguments),
    /// Proves that the log has only grown since it had some records
    Consistency(Box<consistency::Arguments>),
    /// Verifies a receipt without the log: that its record is in the log that the key belongs to
    CheckReceipt(receipt::Arguments),
}

/// Runs one to its end.
pub async fn run(command: &Command, options: &Options) -> anyhow::Result<()> {
    match command {
        Command::Backup(arguments) => backup::run(arguments, options).await,
        Command::Restore(arguments) => restore::run(arguments, options).await,
        Command::Verify(arguments) => verify::run(arguments, options).await,
        Command::VerifyViews => views::run(options).await,
        Command::Export(arguments) => export::run(arguments, options).await,
        Command::Import(arguments) => import::run(arguments, options).await,
        Command::Consistency(arguments) => consistency::run(arguments, options).await,
        Command::CheckReceipt(arguments) => receipt::run(arguments, options),
    }
}

/// The error of a backup; a wrong choice of directory has another exit code than damage.
fn backup_error(error: BackupError) -> anyhow::Error {
    match error {
        BackupError::NotFound { .. } | BackupError::OtherLog { .. } | BackupError::Locked { .. } => {
            Error::Usage(error.to_string()).into()
        }
        other => other.into(),
    }
}

/// The error of a backup in object storage; a wrong choice of URL has another exit code than damage.
fn storage_error(error: ::backup::BackupError) -> anyhow::Error {
    use ::backup::BackupError;
    match error {
        BackupError::Url { .. }
        | BackupError::Credentials { .. }
        | BackupError::NotFound { .. }
        | BackupError::OtherLog { .. } => Error::Usage(error.to_string()).into(),
        other => other.into(),
    }
}

/// The error of a copy; a wrong choice of directory has another exit code than damage.
fn restore_error(error: RestoreError) -> anyhow::Error {
    match error {
        RestoreError::NotEmpty { .. } | RestoreError::OtherLog { .. } => {
            Error::Usage(error.to_string()).into()
        }
        other => other.into(),
    }
}

/// Where a log in a data directory has the key that signs its heads, unless `ledger.key` names another place.
fn ledger_key(data: &Path) -> PathBuf {
    Config { data: data.to_owned(), ..Config::default() }.ledger_key()
}

/// A head, for programs.
fn head_json(log_id: Uuid, head: &Head) -> Value {
    json!({
        "logId": log_id.to_string(),
        "position": head.position,
        "hash": hex::encode(&head.hash),
        "root": hex::encode(&head.root),
    })
}

/// Prints the outcome: as JSON for programs, or a sentence and the head for people.
fn print_outcome(options: &Options, mut outcome: Value, sentence: &str, head: &Head) -> anyhow::Result<()> {
    if options.json {
        if let Value::Object(fields) = &mut outcome {
            fields.retain(|_, value| !value.is_null());
        }
        return print_line(&outcome.to_string());
    }
    print_text(sentence)?;
    if head.position == 0 {
        return Ok(());
    }
    let (hash, root) = (hex::encode(&head.hash), hex::encode(&head.root));
    print_text(&say("  last hash  {hash}\n  root       {root}", &[("hash", &hash), ("root", &root)]))
}
