//! Witnesses of the realm's history.
//!
//! Whoever has read committed records knows of one that must be there: a view by its checkpoint, a ledger by its
//! log. A stream without that record, or with another one in its place, tells a younger history, in which something
//! that was acknowledged never happened. Nobody may build on it until an operator accepts that, which the log
//! records ([`Acceptance`]).

use crate::{Journal, Position, ReadError, Record};
use domain::ledger::custody::{Custody, Event};
use domain::{Aggregate as _, StreamName, Uuid};
use proto::record::{EventCodec as _, kind_of};

/// The last record that somebody knows to have been committed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Witness {
    /// Its position.
    pub position: Position,
    /// Its command.
    pub command_id: Uuid,
    /// The acceptances in the history that the record belongs to.
    pub accepted: Vec<Uuid>,
    /// Whether a running process has read the record, and holds more of its history than files that it would
    /// recreate.
    pub is_live: bool,
    /// Who knows it, for people.
    pub name: String,
}

/// An operator's decision, in the log, to go on although records were lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Acceptance {
    /// Its command.
    pub command_id: Uuid,
    /// How many records were known to have existed.
    pub expected_records: u64,
}

impl Acceptance {
    /// The stream of all acceptances.
    pub fn stream() -> StreamName {
        Custody::stream(Custody::log_id())
    }

    /// The acceptance in a record, if it has one.
    pub fn of(record: &Record) -> Option<Acceptance> {
        if record.stream.category != Custody::CATEGORY {
            return None;
        }
        let decoded = record.events.iter().map(|event| Custody::decode(kind_of(event), &event.value));
        let event = decoded.filter_map(|event| event.ok().flatten()).next()?;
        let Event::StaleLogAccepted { expected_records, .. } = event;
        Some(Acceptance { command_id: record.envelope.command_id, expected_records })
    }

    /// All acceptances in a journal.
    pub async fn all(journal: &dyn Journal) -> Result<Vec<Acceptance>, ReadError> {
        let records = journal.read(&Acceptance::stream(), 0).await?;
        Ok(records.iter().filter_map(Acceptance::of).collect())
    }

    /// Whether it gives up a record that belongs to a history with these acceptances.
    pub fn gives_up(&self, position: Position, accepted: &[Uuid]) -> bool {
        position <= self.expected_records && !accepted.contains(&self.command_id)
    }
}

impl Witness {
    /// Whether an operator has accepted that the record is lost.
    pub fn is_given_up(&self, acceptances: &[Acceptance]) -> bool {
        acceptances.iter().any(|acceptance| acceptance.gives_up(self.position, &self.accepted))
    }

    /// Learns of a committed record that a running process has read.
    pub(crate) fn observe(&mut self, record: &Record) {
        let acceptance = Acceptance::of(record).filter(|found| !self.accepted.contains(&found.command_id));
        let given_up = acceptance.is_some_and(|found| found.gives_up(self.position, &self.accepted));
        self.accepted.extend(acceptance.map(|found| found.command_id));
        if given_up || record.position > self.position {
            (self.position, self.command_id) = (record.position, record.envelope.command_id);
            self.is_live = true;
        }
    }

    /// `<position> <command id> <live or stored> <acceptances, or -> <name>`
    pub(crate) fn to_text(&self) -> String {
        let Witness { position, command_id, accepted, is_live, name } = self;
        let accepted: Vec<String> = accepted.iter().map(Uuid::to_string).collect();
        let accepted = if accepted.is_empty() { "-".to_owned() } else { accepted.join(",") };
        let kind = if *is_live { "live" } else { "stored" };
        format!("{position} {command_id} {kind} {accepted} {name}")
    }

    pub(crate) fn parse(text: &[u8]) -> Option<Witness> {
        let mut fields = std::str::from_utf8(text).ok()?.splitn(5, ' ');
        let (position, command_id) = (fields.next()?.parse().ok()?, fields.next()?.parse().ok()?);
        let is_live = match fields.next()? {
            "live" => true,
            "stored" => false,
            _ => return None,
        };
        let accepted = match fields.next()? {
            "-" => Vec::new(),
            ids => ids.split(',').map(str::parse).collect::<Result<_, _>>().ok()?,
        };
        Some(Witness { position, command_id, accepted, is_live, name: fields.next()?.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn witness(position: Position, accepted: &[Uuid]) -> Witness {
        Witness {
            position,
            command_id: Uuid::new_v4(),
            accepted: accepted.to_vec(),
            is_live: false,
            name: "directory at one".into(),
        }
    }

    #[test]
    fn a_witness_round_trips() {
        for accepted in [vec![], vec![Uuid::new_v4(), Uuid::new_v4()]] {
            let witness = witness(719, &accepted);
            assert_eq!(Witness::parse(witness.to_text().as_bytes()), Some(witness));
        }
        for nonsense in ["", "7", "7 x stored - a", "-1 00000000-0000-0000-0000-000000000000 stored - a"] {
            assert_eq!(Witness::parse(nonsense.as_bytes()), None, "{nonsense}");
        }
    }

    #[test]
    fn an_acceptance_gives_up_what_was_lost_before_it_and_nothing_after() {
        let acceptance = Acceptance { command_id: Uuid::new_v4(), expected_records: 719 };
        assert!(witness(719, &[]).is_given_up(&[acceptance]));
        assert!(!witness(719, &[]).is_given_up(&[]));
        assert!(!witness(720, &[]).is_given_up(&[acceptance]), "nobody has accepted that this one is lost");
        assert!(
            !witness(650, &[acceptance.command_id]).is_given_up(&[acceptance]),
            "it belongs to the history that began with the acceptance, and was lost after it"
        );
    }
}
