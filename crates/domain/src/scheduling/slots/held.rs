//! What polls say about times: what is held for other sessions, and how times suit the departments that were asked.

use super::{Busy, Timeline};
use crate::Code;
use crate::scheduling::poll::{self, Suitability};
use std::collections::BTreeMap;

/// Times that are held for other sessions while departments are asked about them. They give way.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Holds {
    /// Of rooms.
    pub rooms: BTreeMap<Code, Timeline>,
    /// Of departments that are asked.
    pub departments: BTreeMap<Code, Timeline>,
}

impl Holds {
    /// Whether a room is held at this time.
    pub(super) fn of_room(&self, room: &Code, time: &Busy) -> bool {
        self.rooms.get(room).is_some_and(|held| held.overlapping(*time).next().is_some())
    }

    /// Whether a department is asked about this time.
    pub(super) fn of_department(&self, department: &Code, time: &Busy) -> bool {
        self.departments.get(department).is_some_and(|held| held.overlapping(*time).next().is_some())
    }
}

/// A time about which the departments of the session were asked, and what they said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AskedTime {
    /// The time.
    pub time: Busy,
    /// What they said; one that did not answer is not here.
    pub answers: BTreeMap<Code, Suitability>,
}

impl AskedTime {
    /// The times of a poll that were not declined.
    pub fn all(poll: &poll::Known) -> Vec<AskedTime> {
        let asked = |time: &poll::ProposedTime| AskedTime {
            time: Busy { starts_at: time.slot.starts_at, ends_at: time.slot.ends_at },
            answers: poll
                .answers
                .iter()
                .filter_map(|(department, given)| {
                    Some((department.clone(), *given.answers.get(&time.number)?))
                })
                .collect(),
        };
        poll.open_times().map(asked).collect()
    }
}

/// What a department said about a time: about exactly this one, or else the worst that it said about one that overlaps it.
pub(super) fn said(asked: &[AskedTime], department: &Code, time: &Busy) -> Option<Suitability> {
    let answer = |one: &AskedTime| one.answers.get(department).copied();
    let exactly = asked.iter().filter(|one| one.time == *time).filter_map(answer).min();
    exactly.or_else(|| asked.iter().filter(|one| one.time.overlaps(time)).filter_map(answer).max())
}
