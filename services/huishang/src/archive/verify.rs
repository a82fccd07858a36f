//! `huishang log verify`: verifies what a server has, or a backup.

use super::source::{Source, from_status, hash};
use super::{backup_error, head_json, print_outcome, progress, views};
use crate::client::Error;
use crate::client::options::Options;
use crate::stdout::print_line;
use anyhow::{Context as _, ensure};
use event_log::Head;
use event_log::backup::Backup;
use event_log::note::{HeadKey, TreeHead};
use event_log::tree::verify_consistency;
use proto::ledger::v1 as pb;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// What is verified.
#[derive(Debug, Clone, clap::Args)]
pub struct Arguments {
    /// Verifies this backup without a server: every checksum, the chain, complete commits, footers, roots
    #[arg(long, value_name = "DIR")]
    pub backup: Option<PathBuf>,
    /// The key that must have signed the head, as printed by 'huishang log signed-head'; without it, the key that
    /// the server returns is used, and a backup's signed head is not checked
    #[arg(long, value_name = "KEY")]
    pub key: Option<String>,
}

/// Verifies, and reports the first fault.
pub async fn run(arguments: &Arguments, options: &Options) -> anyhow::Result<()> {
    let key = arguments.key.as_ref().map(|key| key.parse::<HeadKey>());
    let key = key.transpose().map_err(|error| Error::Usage(format!("--key: {error}")))?;
    match &arguments.backup {
        Some(dir) => backup(dir, key.as_ref(), options),
        None => server(key, options).await,
    }
}

fn backup(dir: &Path, key: Option<&HeadKey>, options: &Options) -> anyhow::Result<()> {
    let backup = Backup::open(dir).map_err(backup_error)?;
    let finished = backup.finished_head();
    let bar = progress::records("verifying", finished.map_or(0, |head| head.position));
    let head = backup.verify(|position| bar.set_position(position)).map_err(backup_error)?;
    bar.finish_and_clear();
    let signed = key.map(|key| signed_in(&backup, key)).transpose()?;
    let finished = finished.with_context(|| {
        let (dir, position) = (dir.display(), head.position);
        format!("{dir}: the backup was never finished; its segments are intact up to record {position}. Run the backup again")
    })?;

    let mut outcome = head_json(backup.log_id(), &head);
    outcome["segments"] = backup.segments().into();
    outcome["acknowledged"] = finished.position.into();
    outcome["signed"] = signed.as_ref().map(|head| head.size).into();
    outcome["signedHeadChecked"] = signed.is_some().into();
    let mut sentence = format!(
        "all {} records of log {} are intact, in {} segments",
        head.position,
        backup.log_id(),
        backup.segments()
    );
    sentence += &match signed {
        Some(head) => format!("; the head at {} is signed by this key", head.size),
        None => "; its signed head was not checked: --key names the key that must have signed it".to_owned(),
    };
    print_outcome(options, outcome, &sentence, &head)
}

/// The signed head that a backup was finished at.
fn signed_in(backup: &Backup, key: &HeadKey) -> anyhow::Result<TreeHead> {
    let note = backup.signed_head().context("the backup has no signed head")?;
    let signed = key.open(note).map_err(|error| anyhow::anyhow!("the backup's signed head: {error}"))?;
    let same =
        backup.finished_head().is_some_and(|head| (head.position, head.root) == (signed.size, signed.root));
    ensure!(same, "the backup's signed head is of {} records and has another root", signed.size);
    Ok(signed)
}

async fn server(key: Option<HeadKey>, options: &Options) -> anyhow::Result<()> {
    let source = Source::connect(options).await?;
    let log = verify_log(&source).await?;
    let intact = format!("all {} records are intact; the last one has hash {}", log.records, log.hash);
    let whose_key = match &key {
        Some(_) => ", and is signed by this key",
        None => ", and is signed by the key that the server names; --key names the one that you kept",
    };
    let signed = verify_signed_head(&source, key).await?;
    let views = views::verify(options).await?;
    if options.json {
        let outcome: Value = json!({
            "records": log.records, "hash": log.hash, "signed": signed.size,
            "erased": log.erased.iter().map(erased_json).collect::<Vec<_>>(),
            "recordsWithoutKey": log.records_without_key,
            "views": views.iter().map(views::json).collect::<Vec<_>>(),
        });
        print_line(&outcome.to_string())?;
    } else {
        print_line(&intact)?;
        log.erased.iter().try_for_each(|erased| print_line(&erased_sentence(erased)))?;
        if log.records_without_key > 0 {
            print_line(&format!(
                "{} records have values whose key is missing although no erasure was requested: put back the folder \
                 personal-keys of the ledger",
                log.records_without_key
            ))?;
        }
        print_line(&format!("the signed head of {} records belongs to this log{whose_key}", signed.size))?;
        views.iter().try_for_each(|result| print_line(&views::sentence(result)))?;
    }
    views::ensure_equal(&views)?;
    match options.json {
        true => Ok(()),
        false => print_line("everything is as it should be"),
    }
}

/// What an erasure has taken, for programs.
fn erased_json(erased: &pb::ErasedRecords) -> Value {
    json!({ "requestedPosition": erased.requested_position, "records": erased.records })
}

/// What an erasure has taken, for people.
fn erased_sentence(erased: &pb::ErasedRecords) -> String {
    let pb::ErasedRecords { requested_position, records } = erased;
    format!("values in {records} records were erased by record {requested_position}")
}

async fn verify_log(source: &Source) -> anyhow::Result<pb::VerifyLogResponse> {
    let mut answers = source.client.stream(pb::VerifyLogRequest {}).await.map_err(from_status)?;
    let bar = progress::records("verifying", 0);
    while let Some(answer) = answers.message().await.map_err(from_status)? {
        bar.set_length(answer.records);
        bar.set_position(answer.verified);
        if answer.done {
            bar.finish_and_clear();
            return Ok(answer);
        }
    }
    anyhow::bail!("the verification ended without a result")
}

/// Verifies that the latest signed head was signed with the key, and that the log begins with what was signed.
async fn verify_signed_head(source: &Source, key: Option<HeadKey>) -> anyhow::Result<TreeHead> {
    let answer = source.client.call(pb::GetSignedHeadRequest {}).await.map_err(from_status)?;
    let key = key.map_or_else(|| answer.key.parse(), Ok).context("the ledger's key")?;
    let signed = key
        .open(&answer.signed_head)
        .map_err(|error| anyhow::anyhow!("the ledger's signed head: {error}"))?;
    let request = pb::GetConsistencyProofRequest { old_size: signed.size, size: 0 };
    let proof = source.client.call(request).await.map_err(from_status)?;
    let path = proof.path.iter().map(|digits| hash(digits)).collect::<anyhow::Result<Vec<_>>>()?;
    let now = Head { position: proof.size, root: hash(&proof.root)?, ..Head::EMPTY };
    ensure!(
        verify_consistency(signed.size, &signed.root, now.position, &now.root, &path),
        "the log does not begin with the {} records whose head was signed: the root differs",
        signed.size
    );
    Ok(signed)
}
