//! What witnesses say about the log: which heads they have cosigned.

use crate::client::Error;
use crate::language::{say, text};
use anyhow::Context as _;
use event_log::note::{HeadKey, TreeHead, WitnessKey};
use jiff::Timestamp;
use serde_json::{Value, json};

/// A head that a witness has cosigned.
pub struct Cosigned {
    /// The witness.
    pub witness: String,
    /// When it did.
    pub at: Timestamp,
    /// The head.
    pub head: TreeHead,
}

/// Reads the keys of witnesses.
pub fn keys(texts: &[String]) -> anyhow::Result<Vec<WitnessKey>> {
    let read =
        |text: &String| text.parse().map_err(|error| Error::Usage(format!("--witness: {error}")).into());
    texts.iter().map(read).collect()
}

/// The first of these heads, which are the newest first, that each witness has cosigned; all must have.
pub fn newest(witnesses: &[WitnessKey], key: &HeadKey, heads: &[String]) -> anyhow::Result<Vec<Cosigned>> {
    witnesses.iter().map(|witness| cosigned(witness, key, heads)).collect()
}

fn cosigned(witness: &WitnessKey, key: &HeadKey, heads: &[String]) -> anyhow::Result<Cosigned> {
    let by = |note: &String| Some((note.clone(), witness.cosigned_at(note).ok()?));
    let (note, at) = heads.iter().find_map(by).with_context(|| {
        say(
            "the witness {witness} has cosigned no head of this log that was shown; a head is cosigned some time after \
             its records",
            &[("witness", &witness.name())],
        )
    })?;
    let head = key.open(&note)?;
    let at = i64::try_from(at).ok().and_then(|seconds| Timestamp::from_second(seconds).ok());
    Ok(Cosigned {
        witness: witness.name().to_owned(),
        at: at.context(text("the time of a cosignature"))?,
        head,
    })
}

/// For programs.
pub fn json(cosigned: &Cosigned) -> Value {
    json!({ "witness": cosigned.witness, "at": cosigned.at.to_string(), "records": cosigned.head.size })
}

/// For people.
pub fn sentence(cosigned: &Cosigned) -> String {
    say(
        "the witness {witness} has cosigned the head of {records} records at {at}",
        &[("witness", &cosigned.witness), ("records", &cosigned.head.size), ("at", &cosigned.at)],
    )
}
