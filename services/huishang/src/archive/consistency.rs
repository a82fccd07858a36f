//! `huishang log consistency`: proves that the log has only grown.

use super::source::{Source, from_status, hash};
use crate::client::Error;
use crate::client::options::Options;
use crate::client::text_file::without_bom;
use crate::language::{say, text};
use crate::stdout::{print_line, print_text};
use anyhow::{Context as _, ensure};
use event_log::note::{HeadKey, TreeHead};
use event_log::tree::verify_consistency;
use event_log::{Hash, hex};
use proto::ledger::v1 as pb;
use serde_json::json;
use std::path::PathBuf;

/// What is compared.
#[derive(Debug, Clone, clap::Args)]
pub struct Arguments {
    /// The number of records that the log had
    #[arg(long, value_name = "RECORDS", required_unless_present = "old_head")]
    pub old_size: Option<u64>,
    /// The root of those records, in hexadecimal, as kept; without it, the server's own is used
    #[arg(long, value_name = "ROOT", requires = "old_size")]
    pub old_root: Option<String>,
    /// A signed head that was kept, as printed by 'huishang log signed-head', instead of size and root
    #[arg(long, value_name = "FILE", conflicts_with_all = ["old_size", "old_root"], requires = "key")]
    pub old_head: Option<PathBuf>,
    /// The key that must have signed that head
    #[arg(long, value_name = "KEY", requires = "old_head")]
    pub key: Option<String>,
    /// The number of records up to which the log is compared; all of them when not given
    #[arg(long, value_name = "RECORDS", default_value_t = 0, hide_default_value = true)]
    pub size: u64,
}

/// Checks that the log begins with the records that it had.
pub async fn run(arguments: &Arguments, options: &Options) -> anyhow::Result<()> {
    let (old_size, known_root) = kept(arguments)?;
    let source = Source::connect(options).await?;
    let request = pb::GetConsistencyProofRequest { old_size, size: arguments.size };
    let proof = source.client.call(request).await.map_err(from_status)?;
    let old_root = known_root.map_or_else(|| hash(&proof.old_root), Ok)?;
    let (size, root) = (proof.size, hash(&proof.root)?);
    let path = proof.path.iter().map(|digits| hash(digits)).collect::<anyhow::Result<Vec<_>>>()?;
    ensure!(
        verify_consistency(old_size, &old_root, size, &root, &path),
        say(
            "the log of {size} records does not begin with the {old_size} records whose root is {root}: it has not \
             only grown",
            &[("size", &size), ("old_size", &old_size), ("root", &hex::encode(&old_root))]
        )
    );
    if options.json {
        let outcome = json!({
            "oldSize": old_size, "oldRoot": hex::encode(&old_root), "oldRootKept": known_root.is_some(),
            "size": size, "root": hex::encode(&root), "consistent": true,
        });
        return print_line(&outcome.to_string());
    }
    print_text(&say(
        "the log has only grown: its {size} records begin with the {old_size} of before\n  \
         root before  {old_root}\n  root now     {root}",
        &[
            ("size", &size),
            ("old_size", &old_size),
            ("old_root", &hex::encode(&old_root)),
            ("root", &hex::encode(&root)),
        ],
    ))?;
    match known_root {
        Some(_) => Ok(()),
        None => print_text(text(
            "the root of before is the one that the server names: compare it with the one that you kept, or name that \
             with --old-root or --old-head",
        )),
    }
}

/// The size and the root that the caller knows.
fn kept(arguments: &Arguments) -> anyhow::Result<(u64, Option<Hash>)> {
    if let (Some(file), Some(key)) = (&arguments.old_head, &arguments.key) {
        let shown = file.display();
        let key: HeadKey = key.parse().map_err(|error| Error::Usage(format!("--key: {error}")))?;
        let note =
            std::fs::read_to_string(file).map_err(|error| Error::Usage(format!("{shown}: {error}")))?;
        let TreeHead { size, root } = key.open(without_bom(&note)).with_context(|| shown.to_string())?;
        return Ok((size, Some(root)));
    }
    let root = arguments.old_root.as_deref().map(|digits| {
        let root = hex::decode(digits);
        root.ok_or_else(|| Error::Usage(text("--old-root: it is not 64 hexadecimal digits").into()))
    });
    Ok((arguments.old_size.unwrap_or_default(), root.transpose()?))
}
