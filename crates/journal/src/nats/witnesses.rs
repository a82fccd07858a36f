//! What the processes of a realm know of its history, told to the ledgers with each probe.
//!
//! A ledger judges every witness before it confirms the stream. While one contradicts the stream, it confirms it to
//! nobody, so nothing is committed on a younger history, whoever knows of the older one. The records may come back
//! meanwhile: from another ledger, or by a repair.

use super::Link;
use super::received::Received;
use crate::witness::{Acceptance, Witness};
use crate::{Position, Record, payload};
use async_nats::jetstream::stream;
use async_nats::{Message, Subject};
use bytes::Bytes;
use event_log::EventLog;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// How the reply to a probe begins that is a refusal.
pub(super) const REFUSED: &str = "refused ";

/// What this process knows of the history.
pub(super) struct Known {
    name: String,
    witness: Mutex<Option<Witness>>,
}

impl Known {
    pub(super) fn new(name: String, witness: Option<Witness>) -> Known {
        Known { name, witness: Mutex::new(witness) }
    }

    fn witness(&self) -> MutexGuard<'_, Option<Witness>> {
        self.witness.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Learns of committed records that were read, in order.
    pub(super) fn observe(&self, records: &[Arc<Record>]) {
        let Some(first) = records.first() else { return };
        let mut witness = self.witness();
        let witness = witness.get_or_insert_with(|| Witness {
            position: 0,
            command_id: first.envelope.command_id,
            accepted: Vec::new(),
            is_live: true,
            name: self.name.clone(),
        });
        records.iter().for_each(|record| witness.observe(record));
    }

    /// The content of a probe.
    pub(super) fn to_probe(&self) -> Bytes {
        self.witness().as_ref().map(Witness::to_text).unwrap_or_default().into()
    }
}

/// A process's question whether the stream is the one that the ledger's log has.
pub(super) struct Probe {
    pub(super) reply: Option<Subject>,
    pub(super) witness: Option<Witness>,
}

impl Probe {
    pub(super) fn of(message: Message) -> Probe {
        Probe { witness: Witness::parse(&message.payload), reply: message.reply }
    }
}

/// What a witness knows and the stream does not have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contradiction {
    /// Number of records that are known to have existed.
    pub had: Position,
    /// Who knows that, and what the stream has instead.
    pub what: String,
}

impl Contradiction {
    /// The refusal, with the ways out.
    pub(super) fn refusal(&self) -> String {
        format!(
            "{}. Bring the records back: start the ledger that has them, or run 'huishang ledger repair' on its \
             directory, or on one restored from a backup. Or go on without them: start the ledger with \
             --accept-stale, which the log records",
            self.what
        )
    }
}

/// What a witness says of a stream.
pub(super) enum Judgement {
    /// The stream has the record, or an operator has accepted that it is lost.
    Agrees,
    /// That was accepted, but the process has read the lost records, and has to begin anew.
    Outdated(String),
    /// The stream tells a younger history.
    Contradicts(Contradiction),
}

/// Why a witness could not be judged.
pub(super) enum JudgeError {
    Broker(String),
    Log(String),
}

/// Compares a witness with the stream, whose records follow those of the log.
pub(super) async fn judge(
    link: &Link,
    log: &EventLog,
    stream: &stream::Stream,
    witness: &Witness,
) -> Result<Judgement, JudgeError> {
    let Witness { position, command_id, name, .. } = witness;
    let end = stream.get_info().await.map_err(broker)?.state.last_sequence;
    let found = match *position {
        0 => return Ok(Judgement::Agrees),
        at if at > end => format!("this history ends at position {end}"),
        at => {
            let message = stream.get_raw_message(at).await.map_err(broker)?;
            let (subject, headers, payload) = (message.subject.as_str(), &message.headers, &message.payload);
            let found = Received { position: at, subject, headers, payload };
            if found.has_command_id(&link.names, *command_id) {
                return Ok(Judgement::Agrees);
            }
            "this history has another record there".to_owned()
        }
    };
    let given_up = witness.is_given_up(&acceptances(log).map_err(JudgeError::Log)?);
    let what = format!("{name} knows record {position} (command {command_id}), and {found}");
    Ok(match (given_up, witness.is_live) {
        (true, false) => Judgement::Agrees,
        (true, true) => Judgement::Outdated(format!("{what}. That was accepted: restart this process")),
        (false, _) => Judgement::Contradicts(Contradiction { had: *position, what }),
    })
}

/// The acceptances in a log.
pub(super) fn acceptances(log: &EventLog) -> Result<Vec<Acceptance>, String> {
    let stream = Acceptance::stream().to_string();
    let mut found = Vec::new();
    let mut after = 0;
    loop {
        let records = log.read_stream(&stream, after, 256).map_err(|error| error.to_string())?;
        let Some(last) = records.last() else { return Ok(found) };
        after = last.position;
        for record in &records {
            let record = payload::decode(record.position, &record.stream, &record.payload);
            found.extend(record.ok().as_ref().and_then(Acceptance::of));
        }
    }
}

fn broker(error: impl std::fmt::Display) -> JudgeError {
    JudgeError::Broker(error.to_string())
}
