//! An emergency (应急): who was called to its session and who acknowledged, who stands in for whom, and until when it has
//! to be decided. It has the id of its session.
//!
//! Whoever does not acknowledge in time is passed over, and the next substitute is called. Deadlines are data: each has a
//! number, and happens at most once, however often they are checked.
//!
//! The folder holds its parts: [`alarm`] is what a plan makes of an alarm, `clocks` what happens when time passes, `state`
//! what is known of it.

pub mod alarm;
mod clocks;
mod state;

pub(in crate::scheduling) use clocks::halfway;
pub use state::{Acknowledgement, Call, CalledSeat, DECISION, End, FIRST_CALL, HALFWAY, Raised, State};

use super::body::PlannedCall;
use crate::{Aggregate, Audience, Code, Issued, Line, Role, Timestamp, rejections};

/// What an emergency begins with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alarm {
    /// The body.
    pub body: Code,
    /// The plan by which the departments are called; none when nobody is, as the session was requested by hand.
    pub plan: Option<Code>,
    /// Title of the session.
    pub title: Line,
    /// The department in the chair.
    pub chair: Code,
    /// The departments whose clerks act for the body.
    pub secretariat: Vec<Code>,
    /// Who is called.
    pub calls: Vec<PlannedCall>,
    /// Minutes that each has to acknowledge.
    pub acknowledge_minutes: u32,
    /// The moment by which it must be decided.
    pub decide_by: Timestamp,
}

/// Why an emergency has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EndCause {
    /// 已决定: a decision was adopted.
    Decided,
    /// 未决定: its session ended without one.
    Closed,
    /// 已取消: its session does not take place, or is part of another one.
    Cancelled,
}

/// Commands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Calls the departments and starts the clocks; issued in the commit that convenes or requests the session.
    Raise {
        /// What it begins with.
        alarm: Alarm,
    },
    /// Acknowledges the call of a department.
    Acknowledge {
        /// The department.
        department: Code,
    },
    /// Ends it: its clocks stand still.
    End {
        /// Why.
        cause: EndCause,
    },
    /// Lets everything happen whose time has come.
    CheckDeadlines,
}

/// Events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// The departments are called, and the clocks run.
    Raised {
        /// What it begins with.
        alarm: Alarm,
        /// The department that raised it.
        raised_by: Option<Code>,
        /// When.
        raised_at: Timestamp,
        /// Until when those who are called must acknowledge.
        acknowledge_by: Timestamp,
        /// When half of the time for the decision is over.
        halfway_at: Timestamp,
    },
    /// A department acknowledged its call.
    Acknowledged {
        /// The department whose seat it is.
        seat: Code,
        /// The department that acknowledged: the same, or its substitute.
        department: Code,
        /// When.
        acknowledged_at: Timestamp,
        /// The department whose clerk did it on its behalf; none when it did so itself.
        on_behalf_by: Option<Code>,
        /// Whether the time was over, and nobody had been called in its place.
        late: bool,
    },
    /// A department was passed over, and a substitute called in its place.
    SubstituteCalled {
        /// The department whose seat it is.
        seat: Code,
        /// The department that did not acknowledge in time.
        passed_over: Code,
        /// The one that is called now.
        substitute: Code,
        /// When.
        called_at: Timestamp,
        /// Until when it must acknowledge.
        acknowledge_by: Timestamp,
        /// The number of the new deadline.
        number: u32,
    },
    /// A department did not acknowledge in time, and nobody is left to call in its place.
    Unreached {
        /// The department whose seat it is.
        seat: Code,
        /// The department that was called last.
        department: Code,
        /// Until when it had to acknowledge.
        acknowledge_by: Timestamp,
    },
    /// Half of the time for the decision is over.
    DecisionHalfway {
        /// The moment by which it must be decided.
        decide_by: Timestamp,
    },
    /// The time for the decision is over, and there is none.
    DecisionOverdue {
        /// The moment by which it had to be decided.
        decide_by: Timestamp,
    },
    /// The clocks stand still.
    Ended {
        /// Why.
        cause: EndCause,
        /// When.
        ended_at: Timestamp,
    },
}

rejections! {
    /// Why a command on an emergency is refused.
    Rejection {
        NotFound("NOT_FOUND") { what: &'static str } = "the {what} does not exist",
        NotYourDepartment("NOT_YOUR_DEPARTMENT") { department_code: String, needed_codes: String } =
            "only {needed_codes} may do this; you speak for {department_code}",
        NotCalled("NOT_CALLED") { department_code: Code } =
            "department {department_code} was not called in this emergency",
        PassedOver("PASSED_OVER") { department_code: Code, acknowledge_by: Timestamp, substitute_code: Code } =
            "department {department_code} had until {acknowledge_by} to acknowledge; {substitute_code} is called in its \
             place. It may still come to the session",
        EmergencyEnded("EMERGENCY_ENDED") { ended_at: Timestamp } =
            "the emergency ended at {ended_at}; nobody is called any more",
    }
}

/// The emergency aggregate.
#[derive(Debug)]
pub struct Emergency;

impl Aggregate for Emergency {
    const CATEGORY: &'static str = "scheduling.emergency";
    type Command = Command;
    type Event = Event;
    type Rejection = Rejection;
    type State = State;

    fn decide(state: &State, command: Command, issued: &Issued) -> Result<Vec<Event>, Rejection> {
        match (state, command) {
            (State::Absent, Command::Raise { alarm }) => Ok(vec![raised(alarm, issued)]),
            // Not every session has clocks.
            (State::Absent, Command::End { .. } | Command::CheckDeadlines)
            | (State::Raised(_), Command::Raise { .. }) => Ok(vec![]),
            (State::Absent, Command::Acknowledge { .. }) => Err(Rejection::NotFound { what: "emergency" }),
            (State::Raised(raised), Command::Acknowledge { department }) => {
                acknowledge(raised, department, issued)
            }
            (State::Raised(raised), Command::End { cause }) => Ok(match raised.ended {
                Some(_) => vec![],
                None => vec![Event::Ended { cause, ended_at: issued.at }],
            }),
            (State::Raised(raised), Command::CheckDeadlines) => Ok(clocks::check(raised, issued.at)),
        }
    }

    fn audience(state: &State) -> Audience<'_> {
        state.raised().map_or(Audience::Everybody, |raised| {
            Audience::of(raised.concerned()).before(raised.alarm.body.clone())
        })
    }

    fn evolve(state: State, event: &Event) -> State {
        state.after(event)
    }
}

fn raised(alarm: Alarm, issued: &Issued) -> Event {
    Event::Raised {
        raised_by: issued.by.department.clone(),
        raised_at: issued.at,
        acknowledge_by: clocks::minutes_after(issued.at, alarm.acknowledge_minutes),
        halfway_at: clocks::halfway(issued.at, alarm.decide_by),
        alarm,
    }
}

/// A call is acknowledged by the department that was called, or for it by a clerk of the secretariat. Once its time is over
/// that counts only where nobody else can be called: the room for doubt who comes would be the worst of it.
fn acknowledge(raised: &Raised, department: Code, issued: &Issued) -> Result<Vec<Event>, Rejection> {
    let on_behalf_by = who_acknowledges(raised, &department, issued)?;
    let Some((seat, call)) = raised.call_of(&department) else {
        return Err(Rejection::NotCalled { department_code: department });
    };
    if call.acknowledged.is_some() {
        return Ok(vec![]);
    }
    let late = issued.at > call.acknowledge_by;
    let next = seat.called_after(&department).or_else(|| late.then(|| raised.next_for(seat)).flatten());
    if let Some(substitute) = next {
        return Err(Rejection::PassedOver {
            department_code: department,
            acknowledge_by: call.acknowledge_by,
            substitute_code: substitute.clone(),
        });
    }
    if let Some(End { at, .. }) = raised.ended {
        return Err(Rejection::EmergencyEnded { ended_at: at });
    }
    let (seat, acknowledged_at) = (seat.department.clone(), issued.at);
    Ok(vec![Event::Acknowledged { seat, department, acknowledged_at, on_behalf_by, late }])
}

/// The department whose clerk acts on behalf of another one; none when it acts itself.
fn who_acknowledges(raised: &Raised, department: &Code, issued: &Issued) -> Result<Option<Code>, Rejection> {
    if issued.by.speaks_for(department) {
        return Ok(None);
    }
    let secretariat = &raised.alarm.secretariat;
    let own = issued.by.department.as_ref().filter(|own| secretariat.contains(own));
    match own.filter(|_| issued.by.is(Role::Clerk)) {
        Some(own) => Ok(Some(own.clone())),
        None => Err(Rejection::NotYourDepartment {
            department_code: issued.by.spoken_for(),
            needed_codes: super::authority::joined([department].into_iter().chain(secretariat)),
        }),
    }
}

#[cfg(test)]
mod tests;
