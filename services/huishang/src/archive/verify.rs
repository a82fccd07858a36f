//! `huishang log verify`: verifies what a server has, or a backup.

use super::erased::{Compared, Erased};
use super::source::{Source, from_status, hash};
use super::stored_backup::{Credentials, Place, StoredBackup};
use super::witness::{self, Cosigned};
use super::{head_json, print_outcome, progress, views};
use crate::client::Error;
use crate::client::options::Options;
use crate::language::{say, text};
use crate::stdout::{print_line, print_text};
use anyhow::{Context as _, ensure};
use event_log::Head;
use event_log::note::{HeadKey, Sm2Key, TreeHead, WitnessKey};
use event_log::tree::verify_consistency;
use proto::ledger::v1 as pb;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// What is verified.
#[derive(Debug, Clone, clap::Args)]
pub struct Arguments {
    /// Verifies this backup without a server: every checksum, the chain, complete commits, footers, roots
    #[arg(long, value_name = "DIR|URL")]
    pub backup: Option<String>,
    /// What reaches the URL.
    #[command(flatten)]
    pub credentials: Credentials,
    /// Also compares this copy of the ledger's personal-keys with the erasures that the backup records
    #[arg(long, value_name = "DIR", requires = "backup")]
    pub personal_keys: Option<PathBuf>,
    /// The key that must have signed the head, as printed by 'huishang log signed-head'; without it, the key that
    /// the server returns is used, and a backup's signed head is not checked
    #[arg(long, value_name = "KEY")]
    pub key: Option<String>,
    /// Also requires that the signed head is signed by this SM2 key, as printed by 'huishang log signed-head'
    #[arg(long, value_name = "KEY", conflicts_with = "backup")]
    pub sm2_key: Option<String>,
    /// Also requires that this witness has cosigned a head that the log continues: the key of the witness, of
    /// cosignature/v1; may be repeated
    #[arg(long, value_name = "KEY", conflicts_with = "backup")]
    pub witness: Vec<String>,
}

/// Verifies, and reports the first fault.
pub async fn run(arguments: &Arguments, options: &Options) -> anyhow::Result<()> {
    let key = arguments.key.as_ref().map(|key| key.parse::<HeadKey>());
    let key = key.transpose().map_err(|error| Error::Usage(format!("--key: {error}")))?;
    match &arguments.backup {
        Some(place) => backup(place, arguments, key.as_ref(), options).await,
        None => {
            let required = Required {
                sm2: sm2_key(arguments.sm2_key.as_ref())?,
                witnesses: witness::keys(&arguments.witness)?,
            };
            server(key, &required, options).await
        }
    }
}

/// Who else must have signed.
struct Required {
    sm2: Option<Sm2Key>,
    witnesses: Vec<WitnessKey>,
}

/// Reads an SM2 key.
pub fn sm2_key(text: Option<&String>) -> anyhow::Result<Option<Sm2Key>> {
    let read =
        |text: &String| text.parse().map_err(|error| Error::Usage(format!("--sm2-key: {error}")).into());
    text.map(read).transpose()
}

async fn backup(
    place: &str,
    arguments: &Arguments,
    key: Option<&HeadKey>,
    options: &Options,
) -> anyhow::Result<()> {
    let mut backup = StoredBackup::open(Place::open(place, &arguments.credentials)?).await?;
    let finished = backup.finished_head();
    let bar = progress::records(text("verifying"), finished.map_or(0, |head| head.position));
    let mut erased = Erased::default();
    let read = backup.read(async |record| {
        bar.set_position(record.position);
        erased.note(&record)
    });
    let head = read.await?;
    bar.finish_and_clear();
    let signed = key.map(|key| signed_in(&backup, key)).transpose()?;
    let finished = finished.with_context(|| {
        say(
            "{place}: the backup was never finished; its segments are intact up to record {position}. Run the backup \
             again",
            &[("place", &place), ("position", &head.position)],
        )
    })?;

    let mut outcome = head_json(backup.log_id(), &head);
    outcome["segments"] = backup.segments().into();
    outcome["acknowledged"] = finished.position.into();
    outcome["signed"] = signed.as_ref().map(|head| head.size).into();
    outcome["signedHeadChecked"] = signed.is_some().into();
    let taken = erased.by_request().into_iter();
    let taken: Vec<pb::ErasedRecords> = taken
        .map(|(requested_position, records)| pb::ErasedRecords { requested_position, records })
        .collect();
    outcome["erased"] = taken.iter().map(erased_json).collect();
    let mut sentence = say(
        "all {records} records of log {log} are intact, in {segments} segments",
        &[("records", &head.position), ("log", &backup.log_id()), ("segments", &backup.segments())],
    );
    sentence += &match signed {
        Some(head) => say("; the head at {position} is signed by this key", &[("position", &head.size)]),
        None => {
            text("; its signed head was not checked: --key names the key that must have signed it").into()
        }
    };
    print_outcome(options, outcome, &sentence, &head)?;
    if !options.json {
        taken.iter().try_for_each(|erased| print_text(&erased_sentence(erased)))?;
    }
    arguments.personal_keys.as_ref().map_or(Ok(()), |folder| ensure_keys_agree(&erased, folder))
}

/// Ensures that a copy of the keys has those that the records need, and none that was erased.
fn ensure_keys_agree(erased: &Erased, folder: &Path) -> anyhow::Result<()> {
    let Compared { still_there, records_without_key } = erased.compare(folder)?;
    let positions: Vec<String> = still_there.iter().map(u64::to_string).collect();
    ensure!(
        still_there.is_empty(),
        say(
            "{folder} still has keys that were erased by record {positions}: destroy this copy, with which what was \
             erased can be read, and make another",
            &[("folder", &folder.display()), ("positions", &positions.join(", "))],
        )
    );
    ensure!(
        records_without_key == 0,
        say(
            "{records} records have values whose key is not in {folder}, although no erasure was requested: it is no \
             copy that goes with this backup",
            &[("records", &records_without_key), ("folder", &folder.display())],
        )
    );
    Ok(())
}

/// The signed head that a backup was finished at.
fn signed_in(backup: &StoredBackup, key: &HeadKey) -> anyhow::Result<TreeHead> {
    let note = backup.signed_head().context(text("the backup has no signed head"))?;
    let signed = key.open(note).context(text("the backup's signed head"))?;
    let same =
        backup.finished_head().is_some_and(|head| (head.position, head.root) == (signed.size, signed.root));
    ensure!(
        same,
        say(
            "the backup's signed head is of {records} records and has another root",
            &[("records", &signed.size)]
        )
    );
    Ok(signed)
}

async fn server(key: Option<HeadKey>, required: &Required, options: &Options) -> anyhow::Result<()> {
    let source = Source::connect(options).await?;
    let log = verify_log(&source).await?;
    let whose_key = match &key {
        Some(_) => {
            text("the signed head of {records} records belongs to this log, and is signed by this key")
        }
        None => text(
            "the signed head of {records} records belongs to this log, and is signed by the key that the server names; \
             --key names the one that you kept",
        ),
    };
    let (signed, cosigned) = verify_signed_head(&source, key, required).await?;
    let views = views::verify(options).await?;
    if options.json {
        let outcome: Value = json!({
            "records": log.records, "hash": log.hash, "signed": signed.size,
            "cosigned": cosigned.iter().map(witness::json).collect::<Vec<_>>(),
            "erased": log.erased.iter().map(erased_json).collect::<Vec<_>>(),
            "recordsWithoutKey": log.records_without_key,
            "views": views.iter().map(views::json).collect::<Vec<_>>(),
        });
        print_line(&outcome.to_string())?;
    } else {
        print_text(&say(
            "all {records} records are intact\n  last hash  {hash}",
            &[("records", &log.records), ("hash", &log.hash)],
        ))?;
        log.erased.iter().try_for_each(|erased| print_text(&erased_sentence(erased)))?;
        if log.records_without_key > 0 {
            print_text(&say(
                "{records} records have values whose key is missing although no erasure was requested: put back the \
                 folder personal-keys of the ledger",
                &[("records", &log.records_without_key)],
            ))?;
        }
        print_text(&say(whose_key, &[("records", &signed.size)]))?;
        cosigned.iter().try_for_each(|cosigned| print_text(&witness::sentence(cosigned)))?;
        views.iter().try_for_each(|result| print_text(&views::sentence(result)))?;
    }
    views::ensure_equal(&views)?;
    match options.json {
        true => Ok(()),
        false => print_text(text("everything is as it should be")),
    }
}

/// What an erasure has taken, for programs.
fn erased_json(erased: &pb::ErasedRecords) -> Value {
    json!({ "requestedPosition": erased.requested_position, "records": erased.records })
}

/// What an erasure has taken, for people.
fn erased_sentence(erased: &pb::ErasedRecords) -> String {
    say(
        "values in {records} records were erased by record {position}",
        &[("records", &erased.records), ("position", &erased.requested_position)],
    )
}

async fn verify_log(source: &Source) -> anyhow::Result<pb::VerifyLogResponse> {
    let mut answers = source.client.stream(pb::VerifyLogRequest {}).await.map_err(from_status)?;
    let bar = progress::records(text("verifying"), 0);
    while let Some(answer) = answers.message().await.map_err(from_status)? {
        bar.set_length(answer.records);
        bar.set_position(answer.verified);
        if answer.done {
            bar.finish_and_clear();
            return Ok(answer);
        }
    }
    anyhow::bail!(text("the verification ended without a result"))
}

/// Verifies that the latest signed head was signed with the key, that each witness has cosigned one, and that the log
/// begins with what was signed.
async fn verify_signed_head(
    source: &Source,
    key: Option<HeadKey>,
    required: &Required,
) -> anyhow::Result<(TreeHead, Vec<Cosigned>)> {
    let answer = source.client.call(pb::GetSignedHeadRequest {}).await.map_err(from_status)?;
    let key = key.map_or_else(|| answer.key.parse(), Ok).context(text("the ledger's key"))?;
    let signed = key.open(&answer.signed_head).context(text("the ledger's signed head"))?;
    if let Some(sm2) = &required.sm2 {
        sm2.verify(&answer.signed_head).context(text("the ledger's signed head"))?;
    }
    let cosigned = witness::newest(&required.witnesses, &key, &answer.cosigned_heads)?;
    for head in cosigned.iter().map(|cosigned| &cosigned.head).chain([&signed]) {
        ensure_begins_with(source, head).await?;
    }
    Ok((signed, cosigned))
}

/// Ensures that the log begins with the records of a head.
async fn ensure_begins_with(source: &Source, head: &TreeHead) -> anyhow::Result<()> {
    let request = pb::GetConsistencyProofRequest { old_size: head.size, size: 0 };
    let proof = source.client.call(request).await.map_err(from_status)?;
    let path = proof.path.iter().map(|digits| hash(digits)).collect::<anyhow::Result<Vec<_>>>()?;
    let now = Head { position: proof.size, root: hash(&proof.root)?, ..Head::EMPTY };
    ensure!(
        verify_consistency(head.size, &head.root, now.position, &now.root, &path),
        say(
            "the log does not begin with the {records} records whose head was signed: the root differs",
            &[("records", &head.size)]
        )
    );
    Ok(())
}
