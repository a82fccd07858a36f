//! The floor (发言席) of a topic: who speaks, who wants to, for how long each has, and the points of order.

use super::{Event, Topic};
use crate::{Code, Text, Timestamp};
use jiff::SignedDuration;
use std::collections::BTreeMap;

/// Who speaks on a topic, and who wants to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Floor {
    /// Who asked to speak and was not called yet, in order.
    pub waiting: Vec<Code>,
    /// Whether nobody else may ask to.
    pub list_closed: bool,
    /// Minutes that each may speak on the topic in all, 0 without a limit; as the body's rule says when `None`.
    pub speaking_minutes: Option<u32>,
    /// Who has the floor.
    pub speaker: Option<Speaker>,
    /// For how many seconds each has spoken, but for the turn that goes on.
    pub spoken: BTreeMap<Code, u64>,
    /// The points of order, in order.
    pub points: Vec<PointOfOrder>,
}

/// Who has the floor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Speaker {
    /// The number of its turn on the docket.
    pub turn: u32,
    /// The department.
    pub department: Code,
    /// Since when it speaks; while a point of order interrupts it, it does not.
    pub since: Option<Timestamp>,
    /// Seconds that it spoke in this turn before that.
    pub spoken_seconds: u64,
    /// When its time is over, while that is limited and not over.
    pub ends_at: Option<Timestamp>,
    /// Whether its time was over.
    pub time_ended: bool,
}

impl Speaker {
    /// Seconds spoken in this turn until a moment.
    pub fn spoken_until(&self, at: Timestamp) -> u64 {
        let running = self.since.map_or(0, |since| at.duration_since(since).as_secs());
        self.spoken_seconds.saturating_add(u64::try_from(running).unwrap_or(0))
    }
}

/// 秩序问题: that something is not in order, and what the chair said to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PointOfOrder {
    /// Its number within the topic, from 1.
    pub number: u32,
    /// The department that raised it.
    pub department: Code,
    /// What it says.
    pub text: Text,
    /// The ruling, once there is one.
    pub ruling: Option<Ruling>,
}

/// What the chair said to a point of order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ruling {
    /// Whether it was well taken.
    pub sustained: bool,
    /// Why.
    pub reason: Text,
    /// The motion by which it was reversed: what it says now is not what the chair said.
    pub reversed_by: Option<u32>,
}

impl Floor {
    /// The point of order that waits for a ruling, if one does.
    pub fn pending_point(&self) -> Option<&PointOfOrder> {
        self.points.iter().find(|point| point.ruling.is_none())
    }

    /// Reverses the ruling on a point of order.
    pub(super) fn reverse(&mut self, point: u32, motion: u32) {
        let known = self.points.iter_mut().find(|known| known.number == point);
        if let Some(ruling) = known.and_then(|known| known.ruling.as_mut()) {
            ruling.sustained = !ruling.sustained;
            ruling.reversed_by = Some(motion);
        }
    }

    /// Whether a department has the floor.
    pub(super) fn is_held_by(&self, department: &Code) -> bool {
        self.speaker.as_ref().is_some_and(|speaker| speaker.department == *department)
    }

    /// For how many seconds a department has spoken until a moment.
    pub fn spoken_by(&self, department: &Code, at: Timestamp) -> u64 {
        let before = self.spoken.get(department).copied().unwrap_or(0);
        let speaker = self.speaker.as_ref().filter(|speaker| speaker.department == *department);
        before.saturating_add(speaker.map_or(0, |speaker| speaker.spoken_until(at)))
    }

    /// That whoever has the floor yields it.
    pub(super) fn yielded(&self, topic: u32, at: Timestamp) -> Option<Event> {
        let speaker = self.speaker.as_ref()?;
        Some(Event::FloorYielded {
            topic,
            turn: speaker.turn,
            department: speaker.department.clone(),
            spoken_seconds: speaker.spoken_until(at),
        })
    }
}

impl Topic {
    /// When its timebox would be over, if it is opened at a moment and was not over before.
    pub(super) fn timebox_ends_at(&self, opened_at: Timestamp) -> Option<Timestamp> {
        let ends_at = time_ends_at(self.timebox_minutes, self.spent_seconds, opened_at);
        ends_at.filter(|_| !self.time_ended)
    }

    /// When the clocks of the topic and of whoever speaks on it are over. Of two that ever end in the same moment, the
    /// numbers differ.
    pub(super) fn running_clocks(&self) -> impl Iterator<Item = (Timestamp, u32)> {
        let speaker = self.floor.speaker.as_ref();
        let speaking = speaker.and_then(|speaker| Some((speaker.ends_at?, clock_of_turn(speaker.turn))));
        let topic = self.time_ends_at.map(|at| (at, clock_of_topic(self.number)));
        speaking.into_iter().chain(topic)
    }
}

/// When so many minutes are over of which so many seconds are spent; `None` when that was so before, or they are 0.
pub(super) fn time_ends_at(minutes: u32, spent_seconds: u64, at: Timestamp) -> Option<Timestamp> {
    let left = (u64::from(minutes) * 60).checked_sub(spent_seconds).filter(|left| *left > 0)?;
    at.checked_add(SignedDuration::from_secs(i64::try_from(left).ok()?)).ok()
}

/// The number of the clock of somebody's turn.
pub fn clock_of_turn(turn: u32) -> u32 {
    turn.saturating_mul(2)
}

/// The number of the clock of a topic.
pub fn clock_of_topic(topic: u32) -> u32 {
    topic.saturating_mul(2).saturating_add(1)
}

pub(super) fn evolve(topic: &mut Topic, event: &Event) {
    let floor = &mut topic.floor;
    match event {
        Event::FloorRequested { department, .. } => floor.waiting.push(department.clone()),
        Event::FloorRequestWithdrawn { department, .. } | Event::RecusalRecorded { department, .. } => {
            floor.waiting.retain(|known| known != department);
        }
        Event::FloorGiven { turn, department, given_at, ends_at, .. } => {
            floor.waiting.retain(|known| known != department);
            floor.speaker = Some(Speaker {
                turn: *turn,
                department: department.clone(),
                since: Some(*given_at),
                spoken_seconds: 0,
                ends_at: *ends_at,
                time_ended: false,
            });
        }
        Event::FloorYielded { department, spoken_seconds, .. } => {
            floor.speaker = None;
            let spoken = floor.spoken.entry(department.clone()).or_default();
            *spoken = spoken.saturating_add(*spoken_seconds);
        }
        Event::DebateLimited { speaking_minutes, list_closed, .. } => {
            floor.speaking_minutes = *speaking_minutes;
            floor.list_closed = *list_closed;
        }
        Event::SpeakingTimeEnded { turn, .. } => {
            if let Some(speaker) = floor.speaker.as_mut().filter(|speaker| speaker.turn == *turn) {
                speaker.ends_at = None;
                speaker.time_ended = true;
            }
        }
        // Whoever wants to speak asks again, should the debate be opened again.
        Event::DebateClosed { .. } => {
            floor.waiting.clear();
            floor.list_closed = false;
        }
        _ => rule(floor, event),
    }
}

/// Points of order, and whom they interrupt.
fn rule(floor: &mut Floor, event: &Event) {
    match event {
        Event::PointOfOrderRaised { point, department, text, spoken_seconds, .. } => {
            let (department, text) = (department.clone(), text.clone());
            floor.points.push(PointOfOrder { number: *point, department, text, ruling: None });
            if let Some(speaker) = &mut floor.speaker {
                speaker.since = None;
                speaker.ends_at = None;
                speaker.spoken_seconds = *spoken_seconds;
            }
        }
        Event::PointOfOrderRuled { point, sustained, reason, resumed_at, ends_at, .. } => {
            if let Some(known) = floor.points.iter_mut().find(|known| known.number == *point) {
                known.ruling =
                    Some(Ruling { sustained: *sustained, reason: reason.clone(), reversed_by: None });
            }
            if let (Some(speaker), Some(at)) = (&mut floor.speaker, resumed_at) {
                speaker.since = Some(*at);
                speaker.ends_at = *ends_at;
            }
        }
        _ => {}
    }
}
