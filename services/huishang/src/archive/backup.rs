//! `huishang log backup DIR|URL`.

use super::source::{Beginning, Held, Receiver, Source, from_status};
use super::stored_backup::{Credentials, Place, earlier_signed_head};
use super::{backup_error, head_json, print_outcome, progress, storage_error};
use crate::client::Error;
use crate::client::options::Options;
use crate::language::{say, text};
use anyhow::{Context as _, ensure};
use event_log::Head;
use event_log::backup::BackupWriter;
use event_log::note::HeadKey;
use prost::bytes::Bytes;
use proto::ledger::v1 as pb;
use uuid::Uuid;

/// Where a backup is written.
#[derive(Debug, Clone, clap::Args)]
pub struct Arguments {
    /// The backup's directory or URL (s3, gs, az, file); what it already contains is kept, only new records are added
    #[arg(value_name = "DIR|URL")]
    pub place: String,
    /// What reaches the URL.
    #[command(flatten)]
    pub credentials: Credentials,
    /// The key that must sign the head, as printed by 'huishang log signed-head'; without it, the key that signed the
    /// backup's earlier head
    #[arg(long, value_name = "KEY")]
    pub key: Option<String>,
}

impl Receiver for BackupWriter {
    fn held(&self) -> Held {
        self.head().into()
    }

    async fn receive(&mut self, frames: Bytes) -> anyhow::Result<()> {
        self.add(frames).map_err(backup_error)
    }
}

impl Receiver for ::backup::Writer {
    fn held(&self) -> Held {
        self.head().into()
    }

    async fn receive(&mut self, frames: Bytes) -> anyhow::Result<()> {
        self.add(frames).await.map_err(storage_error)
    }
}

/// Adds the new records, up to the head at the beginning. If it is interrupted, the next run continues.
pub async fn run(arguments: &Arguments, options: &Options) -> anyhow::Result<()> {
    let named = arguments.key.as_deref().map(str::parse::<HeadKey>);
    let named = named.transpose().map_err(|error| Error::Usage(format!("--key: {error}")))?;
    let place = Place::open(&arguments.place, &arguments.credentials)?;
    let source = Source::connect(options).await?;
    let log_id = source.log_id().await?;
    let (held, head, key) = match place {
        Place::Folder(ref dir) => {
            let mut backup = BackupWriter::open(dir, log_id).map_err(backup_error)?;
            let key = key_of(&source, named.as_ref(), &place, &arguments.place).await?;
            let held = backup.head().position;
            let (head, signed) = receive(&source, log_id, &mut backup, &key).await?;
            (held, backup.finish(head, signed).map_err(backup_error)?, key)
        }
        Place::Storage(ref store) => {
            let opened = ::backup::Writer::open(store.clone(), log_id).await;
            let mut backup = opened.map_err(storage_error)?;
            let key = key_of(&source, named.as_ref(), &place, &arguments.place).await?;
            let held = backup.head().position;
            let (head, signed) = receive(&source, log_id, &mut backup, &key).await?;
            (held, backup.finish(head, signed).await.map_err(storage_error)?, key)
        }
    };

    let new = head.position - held;
    let mut outcome = head_json(log_id, &head);
    outcome["new"] = new.into();
    let mut sentence = say(
        "{place} has all {records} records of log {log}, {new} of them new; the head is signed by {key}",
        &[
            ("place", &arguments.place),
            ("records", &head.position),
            ("log", &log_id),
            ("new", &new),
            ("key", &key),
        ],
    );
    if named.is_none() {
        sentence += text(", the key that the server names");
    }
    print_outcome(options, outcome, &sentence, &head)
}

/// Receives what a backup lacks; returns the head that it has then, and the same as signed by the key.
async fn receive(
    source: &Source,
    log_id: Uuid,
    backup: &mut impl Receiver,
    key: &HeadKey,
) -> anyhow::Result<(Head, Option<String>)> {
    let bar = progress::records(text("backing up"), backup.held().position);
    let beginning = source.send_missing(log_id, backup, &bar).await?;
    check_signed_head(&beginning, key)?;
    bar.finish_and_clear();
    Ok((beginning.head, beginning.signed_head))
}

/// The key with which the ledger signs. Refuses another one than was named, or than signed the backup's earlier head.
async fn key_of(
    source: &Source,
    named: Option<&HeadKey>,
    place: &Place,
    shown: &str,
) -> anyhow::Result<HeadKey> {
    let answer = source.client.call(pb::GetSignedHeadRequest {}).await.map_err(from_status)?;
    let key: HeadKey = answer.key.parse().context(text("the ledger's key"))?;
    if let Some(named) = named {
        ensure!(
            *named == key,
            say("the ledger signs with {key}, and not with the key that --key names", &[("key", &key)])
        );
        return Ok(key);
    }
    let earlier = earlier_signed_head(place).await?;
    ensure!(
        earlier.is_none_or(|note| key.open(&note).is_ok()),
        say(
            "the ledger signs with {key}, which has not signed the head that {place} has; nothing was added. Put back \
             the key of the log; if it was changed on purpose, name the new one with --key",
            &[("key", &key), ("place", &shown)]
        )
    );
    Ok(key)
}

/// Checks that the key has signed the head up to which the ledger has sent its records.
fn check_signed_head(beginning: &Beginning, key: &HeadKey) -> anyhow::Result<()> {
    let note = beginning.signed_head.as_deref().context(text("the ledger sent no signed head"))?;
    let signed = key.open(note).context(text("the head that the ledger sent"))?;
    ensure!(
        (signed.size, signed.root) == (beginning.head.position, beginning.head.root),
        say(
            "the signed head that the ledger sent is of {records} records, and not of what it sent",
            &[("records", &signed.size)]
        )
    );
    Ok(())
}
