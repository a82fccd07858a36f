//! What minutes are made from: the events of one docket, in their order.

use domain::deliberation::docket::{Docket, Event, MotionKind, Outcome, Proceedings, State};
use domain::{Aggregate as _, Code, Line, Text, Timestamp, Uuid};
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

/// A call to a meeting that too few heeded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Adjournment {
    /// When it was adjourned.
    pub at: Timestamp,
    /// Deciding departments that were there.
    pub present: u32,
    /// How many had to be.
    pub needed: u32,
    /// What the chair said about it.
    pub reason: Text,
}

/// How long a topic was debated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Debate {
    /// Seconds spent on it.
    pub spent_seconds: u64,
    /// Those beyond its timebox.
    pub overrun_seconds: u64,
    /// Minutes off the topic.
    pub digression_minutes: u32,
}

/// That a department took no part in a topic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recusal {
    /// In which topic.
    pub topic: u32,
    /// Which department.
    pub department: Code,
    /// Why.
    pub reason: Text,
    /// The version with which it ended, when it was from that alone.
    pub version: Option<u32>,
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
    /// The calls before that were adjourned, in their order.
    pub adjourned: Vec<Adjournment>,
    /// When a countersign ended without an outcome, for this meeting to take its place, and why; in their order.
    pub countersigned: Vec<(Timestamp, Text)>,
    /// How long each topic was debated.
    pub debates: BTreeMap<u32, Debate>,
    /// Who took no part in which topic, in their order.
    pub recusals: Vec<Recusal>,
    /// When a topic's decision was due, and how many minutes later it came.
    pub late: BTreeMap<u32, (Timestamp, u64)>,
    /// The numbers of earlier resolutions that a decision changes.
    pub resolutions: BTreeMap<Uuid, Line>,
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
        let proceedings = state.proceedings()?.clone();
        Some(Record {
            proceedings,
            attendance: seen.attendance,
            quorum: seen.quorum,
            opened_at: seen.opened_at,
            closed_at: seen.closed_at,
            reasons: seen.reasons,
            adjourned: seen.adjourned,
            countersigned: seen.countersigned,
            debates: seen.debates,
            recusals: seen.recusals,
            late: seen.late,
            resolutions: BTreeMap::new(),
            notes: Vec::new(),
        })
    }
}

impl Record {
    /// The departments that the minutes name.
    pub fn departments(&self) -> BTreeSet<&Code> {
        let Proceedings { agenda, topics, .. } = &self.proceedings;
        let mut named: BTreeSet<&Code> = agenda.participants.iter().map(|one| &one.department).collect();
        named.insert(&agenda.constitution.chair);
        named.extend(self.attendance.iter().map(|one| &one.department));
        named.extend(self.recusals.iter().map(|recusal| &recusal.department));
        for mandate in &self.proceedings.mandates {
            named.insert(&mandate.department);
            named.extend(&mandate.holders);
        }
        for topic in topics {
            let of_amendments = topic.amendments.iter();
            named.extend(of_amendments.flat_map(|one| one.seconded_by.iter().chain([&one.department])));
            named.extend(topic.ballots.iter().flat_map(|ballot| ballot.votes.keys()));
            let votes = topic.ballots.iter().flat_map(|ballot| ballot.votes.values());
            named.extend(votes.filter_map(|vote| vote.cast_by.as_ref()));
            named.extend(topic.statements.keys());
            named.extend(&topic.moved_by);
            named
                .extend(topic.motions.iter().flat_map(|one| one.seconded_by.iter().chain([&one.department])));
            named.extend(topic.items.iter().flat_map(|item| item.draft.bound()));
        }
        named
    }

    /// The bodies that the minutes name.
    pub fn bodies(&self) -> BTreeSet<&Code> {
        let mut named = BTreeSet::from([&self.proceedings.agenda.body]);
        for topic in &self.proceedings.topics {
            named.extend(topic.outcome.iter().filter_map(|outcome| match outcome {
                Outcome::Referred { referred_to } => Some(referred_to),
                _ => None,
            }));
            named.extend(topic.motions.iter().filter_map(|motion| match &motion.kind {
                MotionKind::Refer { referred_to } => Some(referred_to),
                _ => None,
            }));
        }
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
    adjourned: Vec<Adjournment>,
    countersigned: Vec<(Timestamp, Text)>,
    debates: BTreeMap<u32, Debate>,
    recusals: Vec<Recusal>,
    late: BTreeMap<u32, (Timestamp, u64)>,
}

impl Seen {
    fn note(&mut self, at: Timestamp, event: &Event) {
        match event {
            // Prepared again for another call, it begins anew, and remembers that there was one.
            Event::Prepared { .. } => {
                let Seen { adjourned, countersigned, .. } = std::mem::take(self);
                *self = Seen { adjourned, countersigned, ..Seen::default() };
            }
            Event::Adjourned { present, needed, reason } => {
                let (present, needed, reason) = (*present, *needed, reason.clone());
                self.adjourned.push(Adjournment { at, present, needed, reason });
            }
            Event::MeetingCalled { reason } => self.countersigned.push((at, reason.clone())),
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
            Event::Closed { closed_at, .. } => self.closed_at = Some(*closed_at),
            _ => self.note_topic(event),
        }
    }

    fn note_topic(&mut self, event: &Event) {
        match event {
            Event::TopicOpened { topic, .. } => drop(self.reasons.remove(topic)),
            Event::TopicReconsidered { topic, .. } => {
                self.reasons.remove(topic);
                self.late.remove(topic);
            }
            Event::DebateClosed { topic, spent_seconds, overrun_seconds, digression_minutes } => {
                let (spent_seconds, overrun_seconds) = (*spent_seconds, *overrun_seconds);
                let debate =
                    Debate { spent_seconds, overrun_seconds, digression_minutes: *digression_minutes };
                self.debates.insert(*topic, debate);
            }
            Event::RecusalRecorded { topic, department, reason, version, .. } => {
                let (topic, version) = (*topic, *version);
                let (department, reason) = (department.clone(), reason.clone());
                self.recusals.push(Recusal { topic, department, reason, version });
            }
            Event::RecusalWithdrawn { topic, department, .. } => {
                self.recusals.retain(|known| known.topic != *topic || known.department != *department);
            }
            Event::TopicDeferred { topic, reason, .. }
            | Event::TopicRejected { topic, reason }
            | Event::TopicReferred { topic, reason, .. }
            | Event::TopicWithdrawn { topic, reason } => drop(self.reasons.insert(*topic, reason.clone())),
            Event::DecidedLate { topic, decide_by, late_minutes } => {
                self.late.insert(*topic, (*decide_by, *late_minutes));
            }
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
