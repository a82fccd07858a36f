//! What is known of a poll.

use super::{Asked, EndCause, Event, Stage, Suitability};
use crate::scheduling::session::Slot;
use crate::{Code, Text, Timestamp};
use std::collections::{BTreeMap, BTreeSet};

/// A time that departments are asked about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProposedTime {
    /// Its number, from 1.
    pub number: u32,
    /// The room and the time.
    pub slot: Slot,
    /// The department that proposed it; none when the organiser did.
    pub proposed_by: Option<Code>,
    /// Why it was proposed.
    pub reason: Option<Text>,
    /// Why it was declined; none when it was not.
    pub declined: Option<Text>,
}

/// What a department answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answered {
    /// How the times suit it, by their numbers.
    pub answers: BTreeMap<u32, Suitability>,
    /// What it added last.
    pub comment: Option<Text>,
    /// When it answered last.
    pub answered_at: Timestamp,
    /// The department whose clerk did it on its behalf; none when it did so itself.
    pub on_behalf_by: Option<Code>,
}

/// How it ended without a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct End {
    /// Why.
    pub cause: EndCause,
    /// What the organiser said about it.
    pub reason: Option<Text>,
}

/// A poll that was opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// Whom it is about.
    pub asked: Asked,
    /// The moment until which departments may answer.
    pub close_by: Timestamp,
    /// The times, in the order of their numbers.
    pub times: Vec<ProposedTime>,
    /// The answers, by the department.
    pub answers: BTreeMap<Code, Answered>,
    /// The moment at which whoever has not answered is reminded; none when nobody is, and once somebody was.
    pub remind_at: Option<Timestamp>,
    /// Whether the time for answers was noted to be over.
    pub is_closed: bool,
    /// The number of the time that was adopted.
    pub adopted: Option<u32>,
    /// How it ended without one.
    pub ended: Option<End>,
}

impl Known {
    /// The poll as it is seen by somebody who does not see that these departments take part.
    #[must_use]
    pub fn without(&self, departments: &BTreeSet<Code>) -> Known {
        let mut seen = self.clone();
        seen.asked.departments.retain(|department| !departments.contains(department));
        seen.asked.deciding.retain(|department| !departments.contains(department));
        seen.answers.retain(|department, _| !departments.contains(department));
        for time in &mut seen.times {
            time.proposed_by.take_if(|department| departments.contains(department));
        }
        seen
    }

    fn new(asked: &Asked, slots: &[Slot], close_by: Timestamp, remind_at: Option<Timestamp>) -> Known {
        let proposed = |(number, slot): (u32, &Slot)| ProposedTime {
            number,
            slot: slot.clone(),
            proposed_by: None,
            reason: None,
            declined: None,
        };
        Known {
            asked: asked.clone(),
            close_by,
            times: (1..).zip(slots).map(proposed).collect(),
            answers: BTreeMap::new(),
            remind_at,
            is_closed: false,
            adopted: None,
            ended: None,
        }
    }

    /// How far it has come.
    pub fn stage(&self) -> Stage {
        match (self.adopted, &self.ended) {
            (Some(_), _) => Stage::Adopted,
            (None, Some(_)) => Stage::Ended,
            (None, None) if self.is_closed => Stage::Closed,
            (None, None) => Stage::Open,
        }
    }

    /// Whether one of its times may still be adopted: they are held until then.
    pub fn is_running(&self) -> bool {
        matches!(self.stage(), Stage::Open | Stage::Closed)
    }

    /// The times that were not declined.
    pub fn open_times(&self) -> impl Iterator<Item = &ProposedTime> {
        self.times.iter().filter(|time| time.declined.is_none())
    }

    /// The time with this number.
    pub fn time(&self, number: u32) -> Option<&ProposedTime> {
        self.times.iter().find(|time| time.number == number)
    }

    /// What a department says to a time; none when it has not said.
    pub fn answer(&self, department: &Code, number: u32) -> Option<Suitability> {
        self.answers.get(department)?.answers.get(&number).copied()
    }

    /// The departments that have not answered to every time that was not declined.
    pub fn waiting(&self) -> impl Iterator<Item = &Code> {
        let all_answered =
            |department: &&Code| self.open_times().all(|time| self.answer(department, time.number).is_some());
        self.asked.departments.iter().filter(move |department| !all_answered(department))
    }

    fn apply(&mut self, event: &Event) {
        match event {
            Event::Opened { .. } => {}
            Event::Answered { department, answers, comment, answered_at, on_behalf_by } => {
                let known = self.answered(department, *answered_at);
                known.answers.extend(answers.iter().map(|answer| (answer.number, answer.suitability)));
                known.comment.clone_from(comment);
                known.on_behalf_by.clone_from(on_behalf_by);
            }
            Event::TimeProposed { number, slot, department, reason, proposed_at, on_behalf_by } => {
                self.times.push(ProposedTime {
                    number: *number,
                    slot: slot.clone(),
                    proposed_by: Some(department.clone()),
                    reason: Some(reason.clone()),
                    declined: None,
                });
                let known = self.answered(department, *proposed_at);
                known.answers.insert(*number, Suitability::Yes);
                known.on_behalf_by.clone_from(on_behalf_by);
            }
            Event::TimeDeclined { number, reason } => {
                let times = self.times.iter_mut().filter(|time| time.number == *number);
                times.for_each(|time| time.declined = Some(reason.clone()));
            }
            Event::TimeAdopted { number } => self.adopted = Some(*number),
            Event::Reminded { .. } => self.remind_at = None,
            Event::Closed { .. } => self.is_closed = true,
            Event::Ended { cause, reason } => {
                self.ended = Some(End { cause: *cause, reason: reason.clone() });
            }
        }
    }

    fn answered(&mut self, department: &Code, answered_at: Timestamp) -> &mut Answered {
        let none = Answered { answers: BTreeMap::new(), comment: None, answered_at, on_behalf_by: None };
        let known = self.answers.entry(department.clone()).or_insert(none);
        known.answered_at = answered_at;
        known
    }
}

/// What is known of the poll of a session: the last one, when there were several.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum State {
    /// Nobody was asked.
    #[default]
    Absent,
    /// There was one.
    Known(Box<Known>),
}

impl State {
    /// The last poll.
    pub fn known(&self) -> Option<&Known> {
        match self {
            State::Absent => None,
            State::Known(known) => Some(known),
        }
    }

    /// The poll, as long as one of its times may be adopted.
    pub fn running(&self) -> Option<&Known> {
        self.known().filter(|known| known.is_running())
    }

    pub(super) fn after(mut self, event: &Event) -> State {
        match (&mut self, event) {
            (_, Event::Opened { asked, slots, close_by, remind_at }) => {
                return State::Known(Box::new(Known::new(asked, slots, *close_by, *remind_at)));
            }
            (State::Absent, _) => {}
            (State::Known(known), event) => known.apply(event),
        }
        self
    }
}
