//! What happens to an emergency when time passes.

use super::state::{DECISION, HALFWAY};
use super::{Event, Raised, State};
use crate::{Aggregate as _, Timestamp};
use jiff::SignedDuration;

/// The moment so many minutes later.
pub(super) fn minutes_after(at: Timestamp, minutes: u32) -> Timestamp {
    at.checked_add(SignedDuration::from_mins(i64::from(minutes))).unwrap_or(Timestamp::MAX)
}

/// The moment in the middle of two.
pub(in crate::scheduling) fn halfway(from: Timestamp, until: Timestamp) -> Timestamp {
    from.checked_add(until.duration_since(from) / 2).unwrap_or(until)
}

/// Everything whose time has come, in the order in which it was due. Substitutes have their own time from now on.
pub(super) fn check(raised: &Raised, now: Timestamp) -> Vec<Event> {
    let mut raised = raised.clone();
    let mut events = Vec::new();
    let due = raised.pending().into_iter().filter(|(at, _)| *at <= now);
    for (_, number) in due {
        let Some(event) = strike(&raised, number, now) else { continue };
        raised.apply(&event);
        events.push(event);
    }
    events
}

/// What a deadline makes happen.
fn strike(raised: &Raised, number: u32, now: Timestamp) -> Option<Event> {
    let decide_by = raised.alarm.decide_by;
    match number {
        HALFWAY => return Some(Event::DecisionHalfway { decide_by }),
        DECISION => return Some(Event::DecisionOverdue { decide_by }),
        _ => {}
    }
    let waits = |seat: &&super::CalledSeat| seat.last().is_some_and(|call| call.number == number);
    let seat = raised.seats.iter().find(waits)?;
    let call = seat.last()?;
    let (department, acknowledge_by) = (call.department.clone(), call.acknowledge_by);
    Some(match raised.next_for(seat) {
        Some(substitute) => Event::SubstituteCalled {
            seat: seat.department.clone(),
            passed_over: department,
            substitute: substitute.clone(),
            called_at: now,
            acknowledge_by: minutes_after(now, raised.alarm.acknowledge_minutes),
            number: raised.deadlines.saturating_add(1),
        },
        None => Event::Unreached { seat: seat.department.clone(), department, acknowledge_by },
    })
}

impl State {
    /// What will happen between two moments if nobody acts, and when.
    pub fn upcoming(&self, now: Timestamp, until: Timestamp) -> Vec<(Timestamp, Event)> {
        let (mut state, mut events) = (self.clone(), Vec::new());
        while let Some(&(at, _)) =
            state.raised().and_then(|raised| raised.pending().first().copied()).as_ref()
        {
            let at = at.max(now);
            let State::Raised(raised) = &state else { break };
            let due = check(raised, at);
            if at > until || due.is_empty() {
                break;
            }
            state = super::Emergency::fold(state, &due);
            events.extend(due.into_iter().map(|event| (at, event)));
        }
        events
    }
}
