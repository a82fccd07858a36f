//! Shows the signed heads of the log to witnesses, which cosign them when they continue what they have seen before, and
//! keeps the newest head that each of them has cosigned.

use crate::heads::{Heads, SignedHead};
use crate::limits::{WITNESS_ANSWER_BYTES_MAX, WITNESS_TIMEOUT, WITNESSES_MAX};
use event_log::note::{HeadKey, WitnessKey, add_checkpoint, with_signatures};
use event_log::{EventLog, ReadError, durable_file};
use serde::Deserialize;
use service_kit::{https, metrics};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use std::{fs, io};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// Where a witness takes heads, below its URL.
const ADD_CHECKPOINT: &str = "add-checkpoint";

/// Why the witnesses that the settings name cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("{}: {why}", file.display())]
pub struct WitnessesError {
    file: PathBuf,
    why: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    witness: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    key: String,
    url: String,
    ca_file: Option<PathBuf>,
}

/// The witnesses of a log.
#[derive(Debug, Default)]
pub struct Witnesses {
    each: Vec<Arc<Witness>>,
    interval: Duration,
}

#[derive(Debug)]
struct Witness {
    key: WitnessKey,
    url: String,
    agent: ureq::Agent,
    /// Where the head is kept that it has cosigned last.
    file: PathBuf,
    cosigned: Mutex<Option<SignedHead>>,
    /// Why it did not cosign the last time, so that it is reported once.
    problem: Mutex<Option<String>>,
}

/// Why a head was not cosigned.
#[derive(Debug, thiserror::Error)]
enum Fault {
    #[error("{0}")]
    Request(String),
    #[error("it answers {status}: {what}; {remedy}")]
    Refused { status: u16, what: String, remedy: &'static str },
    #[error(
        "its answer has no valid cosignature by its key; compare the key in ledger.witnesses_file with its own"
    )]
    NoCosignature,
    #[error(
        "it has cosigned {known} records of this log, which has {has}: the log was restored from an old copy, or another \
         one uses its key"
    )]
    KnowsMore { known: u64, has: u64 },
    #[error("it has seen another history of this log: {0}")]
    OtherHistory(String),
    #[error(transparent)]
    Log(#[from] ReadError),
    #[error("the cosigned head cannot be kept in {}: {error}", file.display())]
    File { file: PathBuf, error: io::Error },
}

impl Fault {
    /// Whether it is evidence against the log, and not just in the way.
    fn is_evidence(&self) -> bool {
        matches!(self, Fault::KnowsMore { .. } | Fault::OtherHistory(_))
    }
}

/// What a witness answers.
enum Answer {
    /// It has cosigned, in one of these lines.
    Lines(String),
    /// It has seen a log of this size, and wants the proof from there.
    Knows(u64),
}

impl Witnesses {
    /// Reads the file that names them. The newest head that each has cosigned is kept in `folder`. Heads that have grown
    /// are shown to them after each `interval`.
    pub fn read(file: &Path, folder: &Path, interval: Duration) -> Result<Witnesses, WitnessesError> {
        let wrong = |why: String| WitnessesError { file: file.to_owned(), why };
        let text = fs::read_to_string(file).map_err(|error| wrong(error.to_string()))?;
        let entries: File = toml::from_str(&text).map_err(|error| wrong(error.to_string()))?;
        if entries.witness.is_empty() || entries.witness.len() > WITNESSES_MAX {
            let count = entries.witness.len();
            return Err(wrong(format!("it names {count} witnesses; from 1 to {WITNESSES_MAX} can be used")));
        }
        let below = file.parent().unwrap_or(Path::new("."));
        let mut each: Vec<Arc<Witness>> = Vec::new();
        for entry in entries.witness {
            let named = format!("witness {:?}", entry.key);
            let witness =
                Witness::new(entry, below, folder).map_err(|why| wrong(format!("{named}: {why}")))?;
            if each.iter().any(|other| other.key.name() == witness.key.name()) {
                return Err(wrong(format!("{named}: its name is there twice")));
            }
            each.push(Arc::new(witness));
        }
        Ok(Witnesses { each, interval })
    }

    /// Takes up the heads that were cosigned before. One that the log does not continue is evidence that the log was
    /// restored from an old copy; it is reported, and not shown.
    pub(crate) fn take_up(&self, log: &EventLog, key: &HeadKey) {
        for witness in &self.each {
            match witness.kept(log, key) {
                Ok(kept) => *witness.cosigned.lock().unwrap_or_else(PoisonError::into_inner) = kept,
                Err(why) => {
                    let (witness, file) = (witness.key.name(), witness.file.display());
                    tracing::error!(witness, %file, why, "a head that was cosigned does not belong to this log");
                }
            }
        }
    }

    /// The newest head that each witness has cosigned, with the cosignatures of all that cosigned the same; the newest
    /// first.
    pub(crate) fn cosigned(&self) -> Vec<SignedHead> {
        let mut heads: Vec<(SignedHead, Vec<String>)> = Vec::new();
        for witness in &self.each {
            let Some(cosigned) = witness.cosigned() else { continue };
            let (note, lines) = parts(&cosigned.note);
            match heads.iter_mut().find(|(head, _)| head.note == note) {
                Some((_, known)) => {
                    let new: Vec<String> = lines.into_iter().filter(|line| !known.contains(line)).collect();
                    known.extend(new);
                }
                None => heads.push((SignedHead { size: cosigned.size, note }, lines)),
            }
        }
        heads.sort_by_key(|(head, _)| std::cmp::Reverse(head.size));
        let merge = |(head, lines): (SignedHead, Vec<String>)| {
            let note = with_signatures(&head.note, lines.iter().map(String::as_str));
            SignedHead { note, ..head }
        };
        heads.into_iter().map(merge).collect()
    }

    /// The head of at least `size` records that most witnesses have cosigned, if one has.
    pub(crate) fn cosigned_with(&self, size: u64) -> Option<SignedHead> {
        let heads = self.cosigned().into_iter().filter(|head| head.size >= size);
        heads.max_by_key(|head| (head.note.lines().count(), head.size))
    }

    /// Shows the log's heads to the witnesses until `stop`.
    pub async fn run(self: Arc<Self>, log: EventLog, heads: Arc<Heads>, stop: CancellationToken) {
        metrics::witnesses_silent(0);
        if self.each.is_empty() {
            return;
        }
        let again = async {
            loop {
                self.show(&log, &heads).await;
                tokio::time::sleep(self.interval).await;
            }
        };
        stop.run_until_cancelled(again).await;
    }

    /// Shows the newest head to each witness that has not cosigned it.
    async fn show(&self, log: &EventLog, heads: &Arc<Heads>) {
        let head = heads.signed(log.head().position);
        let mut asked = JoinSet::new();
        for witness in &self.each {
            if head.size == 0 || witness.cosigned().is_some_and(|cosigned| cosigned.size == head.size) {
                continue;
            }
            let (witness, log, head) = (witness.clone(), log.clone(), head.clone());
            asked.spawn_blocking(move || witness.report(witness.cosign(&log, &head)));
        }
        asked.join_all().await;
        metrics::witnesses_silent(self.each.iter().filter(|witness| witness.is_silent()).count());
    }
}

impl Witness {
    fn new(entry: Entry, below: &Path, folder: &Path) -> Result<Witness, String> {
        let key: WitnessKey = entry.key.parse().map_err(|error| format!("{error}"))?;
        https::check_url(&entry.url, "others could answer in its place")?;
        let ca_file = entry.ca_file.map(|file| below.join(file));
        let agent = https::agent(ca_file.as_deref(), WITNESS_TIMEOUT)?;
        let file = folder.join(key.id());
        let url = format!("{}/{ADD_CHECKPOINT}", entry.url.trim_end_matches('/'));
        Ok(Witness { key, url, agent, file, cosigned: Mutex::default(), problem: Mutex::default() })
    }

    fn cosigned(&self) -> Option<SignedHead> {
        self.cosigned.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The head in its file, if it is one of this log.
    fn kept(&self, log: &EventLog, key: &HeadKey) -> Result<Option<SignedHead>, String> {
        let note = match fs::read_to_string(&self.file) {
            Ok(note) => note,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error.to_string()),
        };
        let head = key.open(&note).map_err(|error| error.to_string())?;
        self.key.cosigned_at(&note).map_err(|error| error.to_string())?;
        match log.root_at(head.size) {
            Ok(root) if root == head.root => Ok(Some(SignedHead { size: head.size, note })),
            Ok(_) => Err(format!("the root of its {} records is different", head.size)),
            Err(error) => Err(error.to_string()),
        }
    }

    /// Has a head cosigned, and keeps it. Blocks.
    fn cosign(&self, log: &EventLog, head: &SignedHead) -> Result<(), Fault> {
        let mut old = self.cosigned().map_or(0, |cosigned| cosigned.size);
        // It may have seen another head than is known here, and says which.
        let lines = match self.ask(log, old, head)? {
            Answer::Lines(lines) => lines,
            Answer::Knows(known) if known > head.size => {
                return Err(Fault::KnowsMore { known, has: head.size });
            }
            Answer::Knows(known) => {
                old = known;
                match self.ask(log, old, head)? {
                    Answer::Lines(lines) => lines,
                    Answer::Knows(known) if known == old => {
                        return Err(Fault::OtherHistory(format!("its root of {known} records is different")));
                    }
                    Answer::Knows(known) => {
                        return Err(Fault::Request(format!(
                            "it asks for the proof from {old}, then from {known}"
                        )));
                    }
                }
            }
        };
        let line = self.key.cosignature(&head.note, &lines).ok_or(Fault::NoCosignature)?;
        let note = with_signatures(&head.note, [line]);
        self.keep(&note).map_err(|error| Fault::File { file: self.file.clone(), error })?;
        let cosigned = SignedHead { size: head.size, note };
        *self.cosigned.lock().unwrap_or_else(PoisonError::into_inner) = Some(cosigned);
        Ok(())
    }

    fn keep(&self, note: &str) -> io::Result<()> {
        if let Some(folder) = self.file.parent() {
            fs::create_dir_all(folder)?;
        }
        durable_file::replace(&self.file, note.as_bytes())
    }

    fn ask(&self, log: &EventLog, old: u64, head: &SignedHead) -> Result<Answer, Fault> {
        let path = if old == 0 { Vec::new() } else { log.consistency_proof(old, head.size)?.path };
        let failed = |error: ureq::Error| Fault::Request(error.to_string());
        let mut answer =
            self.agent.post(&self.url).send(add_checkpoint(old, &path, &head.note)).map_err(failed)?;
        let status = answer.status().as_u16();
        let text = answer.body_mut().with_config().limit(WITNESS_ANSWER_BYTES_MAX).read_to_string();
        let text = text.map_err(failed)?;
        if status == 200 {
            return Ok(Answer::Lines(text));
        }
        if let (409, Ok(known)) = (status, text.trim_end_matches('\n').parse()) {
            return Ok(Answer::Knows(known));
        }
        let what: String = text.trim().chars().take(200).collect();
        if status == 422 {
            return Err(Fault::OtherHistory(what));
        }
        let remedy = match status {
            403 | 404 => {
                "whoever runs it must add this log, with the name and the key that 'huishang log signed-head' prints"
            }
            _ => "look at the witness, or at its URL in ledger.witnesses_file",
        };
        Err(Fault::Refused { status, what, remedy })
    }

    fn is_silent(&self) -> bool {
        self.problem.lock().unwrap_or_else(PoisonError::into_inner).is_some()
    }

    /// Says once why it does not cosign, and when it does again.
    fn report(&self, outcome: Result<(), Fault>) {
        let mut problem = self.problem.lock().unwrap_or_else(PoisonError::into_inner);
        let witness = self.key.name();
        match outcome {
            Ok(()) if problem.take().is_some() => tracing::info!(witness, "a witness cosigns again"),
            Ok(()) => {}
            Err(fault) => {
                let why = fault.to_string();
                if problem.as_ref() == Some(&why) {
                    return;
                }
                match fault.is_evidence() {
                    true => tracing::error!(witness, why, "a witness contradicts the log"),
                    false => tracing::warn!(witness, why, "a witness does not cosign; it is asked again"),
                }
                *problem = Some(why);
            }
        }
    }
}

/// A head that was cosigned: as the ledger signed it, and the cosignatures.
fn parts(cosigned: &str) -> (String, Vec<String>) {
    // The ledger's own signature is the first, right after the empty line.
    let body_lines = cosigned.lines().position(str::is_empty).unwrap_or_default() + 2;
    let note: String = cosigned.lines().take(body_lines).map(|line| format!("{line}\n")).collect();
    (note, cosigned.lines().skip(body_lines).map(str::to_owned).collect())
}
