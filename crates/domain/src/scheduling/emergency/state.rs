//! What is known of an emergency.

use super::{Alarm, EndCause, Event};
use crate::{Code, Timestamp};

/// Number of the deadline at which half of the time for the decision is over.
pub const HALFWAY: u32 = 1;
/// Number of the deadline at which all of it is.
pub const DECISION: u32 = 2;
/// Number of the first deadline of a call; those of the others follow.
pub const FIRST_CALL: u32 = 3;

/// What is known of one emergency.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum State {
    /// Never raised.
    #[default]
    Absent,
    /// Raised, and what became of it.
    Raised(Box<Raised>),
}

/// An emergency that was raised.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Raised {
    /// What it began with.
    pub alarm: Alarm,
    /// The department that raised it.
    pub raised_by: Option<Code>,
    /// When.
    pub raised_at: Timestamp,
    /// When half of the time for the decision is over.
    pub halfway_at: Timestamp,
    /// Whether that was noted.
    pub halfway_passed: bool,
    /// Whether the decision was noted as overdue.
    pub overdue: bool,
    /// The seats whose departments are called.
    pub seats: Vec<CalledSeat>,
    /// When and why it ended.
    pub ended: Option<End>,
    /// The last number given to a deadline.
    pub deadlines: u32,
}

/// A seat whose department is called, and who was in its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CalledSeat {
    /// The department whose seat it is.
    pub department: Code,
    /// Who else can be called, in turn.
    pub substitutes: Vec<Code>,
    /// The calls, the first one to the department itself.
    pub calls: Vec<Call>,
    /// Whether nobody acknowledged in time, and nobody is left to call.
    pub unreached: bool,
}

/// The call of one department.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// The department.
    pub department: Code,
    /// When it was called.
    pub called_at: Timestamp,
    /// Until when it must acknowledge.
    pub acknowledge_by: Timestamp,
    /// The number of that deadline.
    pub number: u32,
    /// Its acknowledgement.
    pub acknowledged: Option<Acknowledgement>,
    /// Whether it was passed over.
    pub passed_over: bool,
}

/// An acknowledgement (签收).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acknowledgement {
    /// When.
    pub at: Timestamp,
    /// The department whose clerk did it; none when it did so itself.
    pub on_behalf_by: Option<Code>,
    /// Whether the time was over.
    pub late: bool,
}

/// When and why an emergency ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct End {
    /// When.
    pub at: Timestamp,
    /// Why.
    pub cause: EndCause,
}

impl CalledSeat {
    /// The last call, which is the one that counts.
    pub fn last(&self) -> Option<&Call> {
        self.calls.last()
    }

    /// The department that stands in for the one whose seat it is: a substitute that acknowledged.
    pub fn stand_in(&self) -> Option<&Code> {
        let last = self.calls.iter().skip(1).find(|call| call.acknowledged.is_some());
        last.map(|call| &call.department)
    }

    /// Who was called after a department, as it did not acknowledge.
    pub(super) fn called_after(&self, department: &Code) -> Option<&Code> {
        let after = self.calls.iter().skip_while(|call| call.department != *department);
        after.skip(1).map(|call| &call.department).next()
    }

    fn call(&mut self, department: &Code, called_at: Timestamp, acknowledge_by: Timestamp, number: u32) {
        let department = department.clone();
        let call =
            Call { department, called_at, acknowledge_by, number, acknowledged: None, passed_over: false };
        self.calls.push(call);
    }
}

impl Raised {
    /// The departments whose matter it is: the one in the chair, those that act for the body, the one that raised it, and
    /// those that were called.
    pub fn concerned(&self) -> impl Iterator<Item = &Code> {
        let Alarm { chair, secretariat, .. } = &self.alarm;
        let called = self.calls().map(|call| &call.department);
        [chair].into_iter().chain(secretariat).chain(&self.raised_by).chain(called)
    }

    /// Every call so far.
    pub fn calls(&self) -> impl Iterator<Item = &Call> {
        self.seats.iter().flat_map(|seat| &seat.calls)
    }

    /// The call of a department, and the seat that it is for.
    pub(super) fn call_of(&self, department: &Code) -> Option<(&CalledSeat, &Call)> {
        let calls = self.seats.iter().flat_map(|seat| seat.calls.iter().map(move |call| (seat, call)));
        calls.into_iter().find(|(_, call)| call.department == *department)
    }

    /// Who is called next for a seat: the first of its substitutes that has not been called yet, for this seat or another
    /// one.
    pub(super) fn next_for<'s>(&self, seat: &'s CalledSeat) -> Option<&'s Code> {
        seat.substitutes.iter().find(|substitute| self.call_of(substitute).is_none())
    }

    /// The moment at which a clock strikes next, with the number of the deadline; none once it has ended.
    pub fn pending(&self) -> Vec<(Timestamp, u32)> {
        if self.ended.is_some() {
            return vec![];
        }
        let waiting = |seat: &&CalledSeat| !seat.unreached;
        let calls = self.seats.iter().filter(waiting).filter_map(CalledSeat::last);
        let calls = calls.filter(|call| call.acknowledged.is_none());
        let mut pending: Vec<_> = calls.map(|call| (call.acknowledge_by, call.number)).collect();
        pending.extend((!self.halfway_passed).then_some((self.halfway_at, HALFWAY)));
        pending.extend((!self.overdue).then_some((self.alarm.decide_by, DECISION)));
        pending.sort_unstable();
        pending
    }

    fn seat_mut(&mut self, department: &Code) -> Option<&mut CalledSeat> {
        self.seats.iter_mut().find(|seat| seat.department == *department)
    }

    pub(super) fn apply(&mut self, event: &Event) {
        match event {
            Event::Raised { .. } => {}
            Event::Acknowledged { seat, department, acknowledged_at, on_behalf_by, late } => {
                let called = self.seat_mut(seat).map(|seat| seat.calls.iter_mut());
                for call in called.into_iter().flatten().filter(|call| call.department == *department) {
                    let (at, on_behalf_by) = (*acknowledged_at, on_behalf_by.clone());
                    call.acknowledged = Some(Acknowledgement { at, on_behalf_by, late: *late });
                }
            }
            Event::SubstituteCalled { seat, substitute, called_at, acknowledge_by, number, .. } => {
                self.deadlines = *number;
                let Some(seat) = self.seat_mut(seat) else { return };
                if let Some(last) = seat.calls.last_mut() {
                    last.passed_over = true;
                }
                seat.call(substitute, *called_at, *acknowledge_by, *number);
            }
            Event::Unreached { seat, .. } => {
                if let Some(seat) = self.seat_mut(seat) {
                    seat.unreached = true;
                }
            }
            Event::DecisionHalfway { .. } => self.halfway_passed = true,
            Event::DecisionOverdue { .. } => self.overdue = true,
            Event::Ended { cause, ended_at } => self.ended = Some(End { at: *ended_at, cause: *cause }),
        }
    }
}

impl State {
    /// The emergency, once it was raised.
    pub fn raised(&self) -> Option<&Raised> {
        match self {
            State::Absent => None,
            State::Raised(raised) => Some(raised),
        }
    }

    pub(super) fn after(self, event: &Event) -> State {
        match (self, event) {
            (State::Absent, Event::Raised { alarm, raised_by, raised_at, acknowledge_by, halfway_at }) => {
                State::Raised(Box::new(raised(
                    alarm,
                    raised_by.as_ref(),
                    *raised_at,
                    *acknowledge_by,
                    *halfway_at,
                )))
            }
            (State::Raised(mut raised), event) => {
                raised.apply(event);
                State::Raised(raised)
            }
            (State::Absent, _) => State::Absent,
        }
    }
}

fn raised(
    alarm: &Alarm,
    raised_by: Option<&Code>,
    raised_at: Timestamp,
    acknowledge_by: Timestamp,
    halfway_at: Timestamp,
) -> Raised {
    let mut raised = Raised {
        alarm: alarm.clone(),
        raised_by: raised_by.cloned(),
        raised_at,
        halfway_at,
        halfway_passed: false,
        overdue: false,
        seats: vec![],
        ended: None,
        deadlines: DECISION,
    };
    for (number, planned) in (FIRST_CALL..).zip(&alarm.calls) {
        raised.deadlines = number;
        let (department, substitutes) = (planned.department.clone(), planned.substitutes.clone());
        let mut seat = CalledSeat { department, substitutes, calls: vec![], unreached: false };
        seat.call(&planned.department, raised_at, acknowledge_by, number);
        raised.seats.push(seat);
    }
    raised
}
