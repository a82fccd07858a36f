//! Copies of the log, and what proves them and the log itself: `huishang log backup`, `restore`, `verify`,
//! `verify-views`, `export`, `import` and `check-receipt`.
//!
//! What comes from a server comes over [`source`], as the log's own bytes, and goes on where it stopped when a
//! connection breaks. Progress is shown on standard error ([`progress`]), results go to standard output.
//! [`line`] is the form of an export.

mod backup;
mod copy;
mod export;
mod import;
mod line;
pub mod progress;
mod receipt;
mod restore;
mod source;
#[cfg(test)]
mod tests;
mod verify;
mod views;

use crate::client::Error;
use crate::client::connection::Options;
use crate::page::say;
use clap::Subcommand;
use event_log::backup::BackupError;
use event_log::{Head, RestoreError, hex};
use serde_json::{Value, json};
use uuid::Uuid;

/// What can be done with the whole log.
#[derive(Debug, Clone, Subcommand)]
pub enum Command {
    /// Copies what is new in the log into a directory of checksummed files, while the ledger runs
    Backup(backup::Arguments),
    /// Makes a log again from a backup, where there is none (--data); it is the same log and goes on
    Restore(restore::Arguments),
    /// Verifies the whole log, its signed head and every read model; or a backup alone
    Verify(verify::Arguments),
    /// Compares every read model with its replay of the log
    VerifyViews,
    /// Writes the log as JSON Lines of CloudEvents
    Export(export::Arguments),
    /// Makes a log again from an export, where there is none (--data); it is the same log and goes on
    Import(import::Arguments),
    /// Verifies a receipt without the log: that its record is in the log that the key is for
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
        Command::CheckReceipt(arguments) => receipt::run(arguments, options),
    }
}

/// What went wrong with a backup; a wrong choice of directory is told apart from damage.
fn of_backup(error: BackupError) -> anyhow::Error {
    match error {
        BackupError::None { .. } | BackupError::OtherLog { .. } | BackupError::Locked { .. } => {
            Error::Usage(error.to_string()).into()
        }
        other => other.into(),
    }
}

/// What went wrong with a copy; a wrong choice of directory is told apart from damage.
fn of_restore(error: RestoreError) -> anyhow::Error {
    match error {
        RestoreError::NotEmpty { .. } | RestoreError::OtherLog { .. } => {
            Error::Usage(error.to_string()).into()
        }
        other => other.into(),
    }
}

/// A head for programs.
fn told(log_id: Uuid, head: &Head) -> Value {
    json!({
        "logId": log_id.to_string(),
        "position": head.position,
        "hash": hex::digits(&head.hash),
        "root": hex::digits(&head.root),
    })
}

/// Says what came out: as JSON for programs, or a sentence with the head for people.
fn conclude(options: &Options, mut outcome: Value, sentence: &str, head: &Head) -> anyhow::Result<()> {
    if options.json {
        if let Value::Object(fields) = &mut outcome {
            fields.retain(|_, value| !value.is_null());
        }
        return say(&outcome.to_string());
    }
    say(sentence)?;
    if head.position == 0 {
        return Ok(());
    }
    say(&format!(
        "  the last has hash {}\n  the tree has root {}",
        hex::digits(&head.hash),
        hex::digits(&head.root)
    ))
}
