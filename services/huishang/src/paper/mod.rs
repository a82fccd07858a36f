//! `huishang verify FILE`: whether a file or a printed page says what the log says. Its figures are made again from a copy of
//! the log, by the same code that pages are made with, and compared one by one.

mod carried;
mod compare;
mod copy;
mod document;
mod markup;
mod remade;
mod sheet;
#[cfg(test)]
mod tests;

use crate::archive::stored_backup::Credentials;
use crate::client::Error;
use crate::client::options::Options;
use crate::language::{say, text};
use crate::stdout::{print_line, print_note, print_text};
use anyhow::{Context as _, bail, ensure};
use compare::{Compared, Difference};
use console::Paper;
use copy::Copied;
use document::Document;
use event_log::note::{HeadKey, TreeHead};
use remade::Asked;
use serde_json::json;
use std::path::{Path, PathBuf};

/// Differences that are printed, at most.
const DIFFERENCES_SHOWN_MAX: usize = 20;

/// `huishang verify`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The file: CSV, a workbook, a saved page, minutes or a resolution as PDF or docx, or a text with the line of a printed
    /// page, typed or read from its code
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// The proof of the file, where it is a document that does not carry it, as minutes and resolutions in HTML do not
    #[arg(long, value_name = "FILE")]
    pub proof: Option<PathBuf>,
    /// The key that must have signed the head of the log, as printed by 'huishang log signed-head'
    #[arg(long, value_name = "KEY")]
    pub key: String,
    /// A copy of the log: a backup, an export, or the data directory of a ledger that is not running [default: it is
    /// fetched from the server, as 'huishang log backup' does]
    #[arg(long, value_name = "DIR|FILE|URL")]
    pub log: Option<String>,
    /// A copy of the ledger's personal-keys; without it, what people are called and wrote is not compared
    #[arg(long, value_name = "DIR")]
    pub personal_keys: Option<PathBuf>,
    /// What reaches the URL.
    #[command(flatten)]
    pub credentials: Credentials,
    /// Where the server is, and how the answer is printed.
    #[command(flatten)]
    pub options: Options,
}

/// Makes what the file shows again, and says whether it is the same.
pub async fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let shown = arguments.file.display();
    let key: HeadKey = arguments.key.parse().map_err(|error| Error::Usage(format!("--key: {error}")))?;
    let bytes = std::fs::read(&arguments.file).map_err(|error| Error::Usage(format!("{shown}: {error}")))?;
    let Read { document, carried, text_of_proof } = read(arguments, &bytes)?;
    let paper = Paper::find(&text_of_proof).ok_or_else(|| {
        Error::Usage(say(
            "{file}: there is no line in it that begins with huishang-paper/1, so nothing says what it was made of",
            &[("file", &arguments.proof.as_ref().unwrap_or(&arguments.file).display())],
        ))
    })?;
    let signed = Paper::signed_head(&text_of_proof);
    if let Some(note) = &signed {
        let head = key.open(note).with_context(|| shown.to_string())?;
        ensure!(
            (head.size, head.root) == paper.head,
            text("the signed head in the file is not the one that its line names")
        );
    }
    let work = tempfile::tempdir().context(text("a temporary directory for the copy of the log"))?;
    let copied = copy::take(arguments, work.path(), &paper).await?;
    ensure_root(&copied, &paper, signed.is_none().then_some(&key))?;
    let Some(document) = document else {
        let asked = Asked::of_document(&paper, &carried)?;
        let given = remade::bytes(work.path(), &arguments.options, &paper, &asked).await?;
        return report_bytes(arguments, &paper, &bytes, &given);
    };
    let remade = remade::document(work.path(), &arguments.options, &paper, &document).await?;
    match document.form {
        document::Form::Text => print_text(&remade.lines()),
        _ => report(arguments, &paper, &compare::compare(&document, &remade)),
    }
}

/// What a file says.
struct Read {
    /// Nothing of one that is compared byte for byte.
    document: Option<Document>,
    /// What such a one carries to prove itself; empty if it does not.
    carried: String,
    text_of_proof: String,
}

fn read(arguments: &Arguments, bytes: &[u8]) -> anyhow::Result<Read> {
    let shown = arguments.file.display();
    let carried = carried::read(bytes).with_context(|| shown.to_string())?;
    let of_bytes = |carried: String, text_of_proof| Read { document: None, carried, text_of_proof };
    Ok(match (carried, &arguments.proof) {
        // What it says of itself counts, as that is what its readers see.
        (Some(carried), _) => of_bytes(carried.clone(), carried),
        (None, Some(proof)) => of_bytes(String::new(), read_proof(proof)?),
        (None, None) if carried::is_document(bytes) => {
            let why =
                say("{file} carries no proof; name the one beside it with --proof", &[("file", &shown)]);
            return Err(Error::Usage(why).into());
        }
        (None, None) => {
            let document = Document::read(bytes).with_context(|| shown.to_string())?;
            let text_of_proof = document.text.clone();
            Read { document: Some(document), carried: String::new(), text_of_proof }
        }
    })
}

fn read_proof(proof: &Path) -> anyhow::Result<String> {
    let shown = proof.display();
    Ok(std::fs::read_to_string(proof).map_err(|error| Error::Usage(format!("{shown}: {error}")))?)
}

/// Says whether a document is, byte for byte, what the log gives.
fn report_bytes(arguments: &Arguments, paper: &Paper, shown: &[u8], given: &[u8]) -> anyhow::Result<()> {
    let differs = shown.iter().zip(given).position(|(one, other)| one != other);
    let differs = differs.or_else(|| (shown.len() != given.len()).then(|| shown.len().min(given.len())));
    if arguments.options.json {
        print_line(
            &json!({
                "same": differs.is_none(), "bytes": given.len(), "firstDifference": differs,
                "position": paper.position, "clockAt": paper.clock_at.to_string(), "page": paper.address,
            })
            .to_string(),
        )?;
    }
    let (file, position) = (arguments.file.display(), paper.position);
    let Some(at) = differs else {
        return match arguments.options.json {
            true => Ok(()),
            false => print_text(&say(
                "same: all {bytes} bytes of {file} are those that the log gives at record {position}, for {page}",
                &[
                    ("file", &file),
                    ("position", &position),
                    ("bytes", &given.len()),
                    ("page", &paper.address),
                ],
            )),
        };
    };
    if arguments.personal_keys.is_none() {
        print_note(text(
            "without the keys for personal data (--personal-keys), the names of people in a document cannot be made again",
        ));
    }
    bail!(say(
        "{file} is not what the log gives at record {position}: they differ from byte {at} on; it has {shown} bytes, and \
         the log gives {given}",
        &[
            ("file", &file),
            ("position", &position),
            ("at", &at),
            ("shown", &shown.len()),
            ("given", &given.len())
        ],
    ))
}

/// Ensures that the copy is of the log that the paper is of. Where the paper has no signed head itself, that of the copy
/// counts.
fn ensure_root(copied: &Copied, paper: &Paper, key: Option<&HeadKey>) -> anyhow::Result<()> {
    let (size, root) = paper.head;
    ensure!(
        copied.size >= size.max(paper.position),
        say(
            "the copy of the log ends with record {reached}, and the file was made of {wanted} records",
            &[("reached", &copied.size), ("wanted", &size.max(paper.position))],
        )
    );
    ensure!(
        copied.roots.get(&size) == Some(&root),
        say(
            "the log has another root at record {position} than the file says: it is another log, or one of them was \
             changed",
            &[("position", &size)],
        )
    );
    let Some(key) = key else { return Ok(()) };
    let note = copied.signed_head.as_ref().context(text(
        "neither the file nor the copy of the log has a signed head, so nothing shows whose log it is",
    ))?;
    let TreeHead { size, root } = key.open(note)?;
    ensure!(
        copied.roots.get(&size) == Some(&root),
        say(
            "the log has another root at record {position} than its signed head says",
            &[("position", &size)],
        )
    );
    Ok(())
}

fn report(arguments: &Arguments, paper: &Paper, compared: &Compared) -> anyhow::Result<()> {
    let Compared { figures, hidden, differences } = compared;
    if arguments.options.json {
        print_line(
            &json!({
                "same": differences.is_empty(), "figures": figures, "hidden": hidden,
                "position": paper.position, "clockAt": paper.clock_at.to_string(), "page": paper.address,
                "differences": differences.iter().map(Difference::json).collect::<Vec<_>>(),
            })
            .to_string(),
        )?;
    } else {
        differences.iter().take(DIFFERENCES_SHOWN_MAX).try_for_each(|one| print_text(&one.sentence()))?;
    }
    if *hidden > 0 {
        print_note(&say(
            "{n} figures were not compared: the copy of the log has no keys for the personal data in them (--personal-keys)",
            &[("n", hidden)],
        ));
    }
    let (file, position) = (arguments.file.display(), paper.position);
    if !differences.is_empty() {
        bail!(say(
            "{file} is not what the log gives at record {position}: {n} of {figures} figures differ",
            &[("file", &file), ("position", &position), ("n", &differences.len()), ("figures", figures)],
        ));
    }
    if arguments.options.json {
        return Ok(());
    }
    print_text(&say(
        "same: all {figures} figures of {file} are those that the log gives at record {position}, for {page}",
        &[("file", &file), ("position", &position), ("figures", figures), ("page", &paper.address)],
    ))
}
