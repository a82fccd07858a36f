//! What minutes are made from: the events of one docket, in their order.

use domain::deliberation::docket::{Docket, Event, Outcome, Proceedings, State};
use domain::{Aggregate as _, Code, Line, Text, Timestamp};
use std::collections::{BTreeMap, BTreeSet};

/// Who spoke for a department, and from when until when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attendance {
    /// The department.
    pub department: Code,
    /// Who spoke for it.
    pub delegate: Line,
    /// When they came.
    pub arrived_at: Timestamp,
    /// When they left; none when they stayed to the end.
    pub left_at: Option<Timestamp>,
}

/// A docket with its attendance and its times, which it forgets while it goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// The docket at its end.
    pub proceedings: Proceedings,
    /// Who was there, in the order of their arrival.
    pub attendance: Vec<Attendance>,
    /// How many deciding departments were there when it was opened, and how many had to be.
    pub quorum: Option<(u32, u32)>,
    /// When it was opened.
    pub opened_at: Option<Timestamp>,
    /// When it was closed.
    pub closed_at: Option<Timestamp>,
    /// Why a topic was rejected, deferred, referred or withdrawn.
    pub reasons: BTreeMap<u32, Text>,
    /// Corrections and objections, in their order.
    pub notes: Vec<Text>,
}

impl Record {
    /// Reads a docket's events, each with its moment; none when it was never prepared.
    pub fn of<'e>(events: impl IntoIterator<Item = (Timestamp, &'e Event)>) -> Option<Record> {
        let mut state = State::default();
        let mut seen = Seen::default();
        for (at, event) in events {
            seen.note(at, event);
            state = Docket::evolve(state, event);
        }
        let Seen { attendance, quorum, opened_at, closed_at, reasons } = seen;
        let proceedings = state.proceedings()?.clone();
        Some(Record { proceedings, attendance, quorum, opened_at, closed_at, reasons, notes: Vec::new() })
    }
}

impl Record {
    /// The departments that the minutes name.
    pub fn departments(&self) -> BTreeSet<&Code> {
        let Proceedings { agenda, topics, .. } = &self.proceedings;
        let mut named: BTreeSet<&Code> = agenda.participants.iter().map(|one| &one.department).collect();
        named.insert(&agenda.constitution.chair);
        named.extend(self.attendance.iter().map(|one| &one.department));
        for topic in topics {
            named.extend(&topic.recused);
            named.extend(topic.statements.keys());
            named.extend(topic.items.iter().flat_map(|item| item.draft.bound()));
        }
        named
    }

    /// The bodies that the minutes name.
    pub fn bodies(&self) -> BTreeSet<&Code> {
        let mut named = BTreeSet::from([&self.proceedings.agenda.body]);
        named.extend(self.proceedings.topics.iter().filter_map(|topic| match &topic.outcome {
            Some(Outcome::Referred { referred_to }) => Some(referred_to),
            _ => None,
        }));
        named
    }
}

#[derive(Default)]
struct Seen {
    attendance: Vec<Attendance>,
    quorum: Option<(u32, u32)>,
    opened_at: Option<Timestamp>,
    closed_at: Option<Timestamp>,
    reasons: BTreeMap<u32, Text>,
}

impl Seen {
    fn note(&mut self, at: Timestamp, event: &Event) {
        match event {
            // Prepared again for another call, it begins anew.
            Event::Prepared { .. } => *self = Seen::default(),
            Event::ArrivalRecorded { department, delegate } => {
                self.leave(department, at);
                let (department, delegate) = (department.clone(), delegate.clone());
                self.attendance.push(Attendance { department, delegate, arrived_at: at, left_at: None });
            }
            Event::DepartureRecorded { department } => self.leave(department, at),
            Event::Opened { opened_at, present, needed, .. } => {
                self.opened_at = Some(*opened_at);
                self.quorum = Some((*present, *needed));
            }
            Event::TopicOpened { topic, .. } => drop(self.reasons.remove(topic)),
            Event::TopicRejected { topic, reason }
            | Event::TopicDeferred { topic, reason, .. }
            | Event::TopicReferred { topic, reason, .. }
            | Event::TopicWithdrawn { topic, reason } => drop(self.reasons.insert(*topic, reason.clone())),
            Event::Closed { closed_at, .. } => self.closed_at = Some(*closed_at),
            _ => {}
        }
    }

    fn leave(&mut self, department: &Code, at: Timestamp) {
        let here = self.attendance.iter_mut().rev();
        let mut here = here.filter(|known| known.department == *department && known.left_at.is_none());
        if let Some(known) = here.next() {
            known.left_at = Some(at);
        }
    }
}
