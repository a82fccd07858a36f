//! A poll (时间征询): times for one session that are held while the departments that attend say which of them suit. It has the
//! id of its session, which has one at a time.
//!
//! A hold gives way: it books nothing, and whoever looks for a slot meanwhile is told that the time is held. A department that
//! is asked may propose another time, also when nobody was asked and the session is scheduled (反提议). The organiser adopts one
//! of the times, which schedules or moves the session by the usual rules, or declines what was proposed.
//!
//! The folder holds its parts: `state` is what is known of it, `rules` decides, and `ranking` says which time suits best.

mod ranking;
mod rules;
mod state;

pub use ranking::ranking;
pub use state::{Answered, End, Known, ProposedTime, State};

use super::session::{self, Slot};
use crate::{Aggregate, Audience, Code, Issued, Text, Timestamp, rejections};
use jiff::SignedDuration;

/// Times that a poll opens with, at most.
pub const TIMES_MAX: usize = 10;
/// Times of a poll, at most: those that departments proposed are among them.
pub const ALL_TIMES_MAX: usize = 30;
/// Times that one department has proposed and nobody declined, at most.
pub const PROPOSALS_MAX: usize = 3;

/// How long before a poll closes whoever has not answered is reminded; one that runs for less than twice that has no reminder.
pub const REMINDED_BEFORE: SignedDuration = SignedDuration::from_hours(24);

/// Whom a poll is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// The body.
    pub body: Code,
    /// The departments that attend: they are asked.
    pub departments: Vec<Code>,
    /// Those of them that decide.
    pub deciding: Vec<Code>,
    /// All who take part in the session, and so may know of its poll.
    pub concerned: Vec<Code>,
}

impl Asked {
    /// Whom a poll of this session is about.
    pub fn of(filed: &session::Filed) -> Asked {
        Asked {
            body: filed.outline.body.clone(),
            departments: filed.outline.departments().cloned().collect(),
            deciding: super::diary::deciding(&filed.outline).cloned().collect(),
            concerned: filed.concerned().cloned().collect(),
        }
    }
}

/// A room and a start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Start {
    /// The room.
    pub room: Code,
    /// When the session is to start.
    pub starts_at: Timestamp,
}

/// How a time suits a department.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Suitability {
    /// 可以: it does.
    Yes,
    /// 必要时可以: it does, if no other time can be found.
    IfNeeded,
    /// 不可以: it does not.
    No,
}

/// What a department says to one time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimeAnswer {
    /// The number of the time.
    pub number: u32,
    /// How it suits.
    pub suitability: Suitability,
}

/// Why a poll has ended without one of its times.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EndCause {
    /// 已撤回: the organiser withdrew it.
    Withdrawn,
    /// 均未采纳: every time was declined.
    Declined,
    /// 已排期: the session was given another time.
    Placed,
    /// 会商有变: the session was changed, or does not take place.
    SessionChanged,
}

/// How far a poll has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Stage {
    /// 征询中: departments answer.
    Open,
    /// 已截止: the time for answers is over; one of the times may be adopted.
    Closed,
    /// 已采纳: one of the times was adopted.
    Adopted,
    /// 已结束: it ended without one.
    Ended,
}

impl std::fmt::Display for Stage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Stage::Open => "open",
            Stage::Closed => "closed",
            Stage::Adopted => "adopted",
            Stage::Ended => "ended",
        })
    }
}

/// Commands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Asks the departments about these times.
    Open {
        /// Whom it is about.
        asked: Asked,
        /// The times; each can be booked as it is now.
        slots: Vec<Slot>,
        /// The moment until which they may answer.
        close_by: Timestamp,
    },
    /// Says how times suit a department; a later answer to a time replaces an earlier one.
    Answer {
        /// The department.
        department: Code,
        /// Its answers.
        answers: Vec<TimeAnswer>,
        /// What it adds.
        comment: Option<Text>,
    },
    /// Proposes another time.
    Propose {
        /// Whom a poll is about that begins with it, and until when they may answer; none when none begins with it, as the
        /// session is not scheduled.
        begins: Option<(Asked, Timestamp)>,
        /// The room and the time that the session has now.
        present: Option<Slot>,
        /// The time; it can be booked as it is now.
        slot: Slot,
        /// The department that proposes it.
        department: Code,
        /// Why.
        reason: Text,
    },
    /// Leaves a time out.
    Decline {
        /// Its number.
        number: u32,
        /// Why.
        reason: Text,
    },
    /// Takes a time; the session is scheduled or moved in the same commit.
    Adopt {
        /// Its number.
        number: u32,
    },
    /// Ends it without a time.
    Withdraw {
        /// Why.
        reason: Text,
    },
    /// Ends it, as its session has changed; issued in the commit that changes the session.
    End {
        /// Why.
        cause: EndCause,
    },
    /// Closes it when its time is over, and before that reminds once whoever has not answered.
    CheckDeadlines,
}

/// Events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// The departments are asked.
    Opened {
        /// Whom it is about.
        asked: Asked,
        /// The times, numbered from 1; none when it begins with a proposal.
        slots: Vec<Slot>,
        /// The moment until which they may answer.
        close_by: Timestamp,
        /// The moment at which whoever has not answered is reminded; none when nobody is.
        remind_at: Option<Timestamp>,
    },
    /// A department answered.
    Answered {
        /// The department.
        department: Code,
        /// Its answers.
        answers: Vec<TimeAnswer>,
        /// What it adds.
        comment: Option<Text>,
        /// When.
        answered_at: Timestamp,
        /// The department whose clerk did it on its behalf; none when it did so itself.
        on_behalf_by: Option<Code>,
    },
    /// A department proposed another time, which suits it.
    TimeProposed {
        /// Its number.
        number: u32,
        /// The time.
        slot: Slot,
        /// The department.
        department: Code,
        /// Why.
        reason: Text,
        /// When.
        proposed_at: Timestamp,
        /// The department whose clerk did it on its behalf; none when it did so itself.
        on_behalf_by: Option<Code>,
    },
    /// A time was left out.
    TimeDeclined {
        /// Its number.
        number: u32,
        /// Why.
        reason: Text,
    },
    /// A time was taken.
    TimeAdopted {
        /// Its number.
        number: u32,
    },
    /// A department that has not answered to every time was reminded that the poll closes soon.
    Reminded {
        /// The department.
        department: Code,
        /// The moment until which it may answer.
        close_by: Timestamp,
        /// When.
        reminded_at: Timestamp,
    },
    /// The time for answers is over.
    Closed {
        /// The moment until which they could answer.
        close_by: Timestamp,
    },
    /// It ended without a time.
    Ended {
        /// Why.
        cause: EndCause,
        /// What the organiser says about it.
        reason: Option<Text>,
    },
}

rejections! {
    /// Why a command on a poll is refused.
    Rejection {
        NotFound("NOT_FOUND") { what: &'static str } = "the {what} does not exist",
        WrongStage("WRONG_STAGE") { action: &'static str, needed: &'static str, stage: Stage } =
            "a poll can be {action} only when it is {needed}; this one is {stage}",
        DeadlinePassed("DEADLINE_PASSED") { field: &'static str, deadline: Timestamp, now: Timestamp } =
            "{field} must be in the future; {deadline} is not, as it is {now}",
        ClosesTooLate("CLOSES_TOO_LATE") { close_by: Timestamp, starts_at: Timestamp } =
            "the poll would close at {close_by}, and the first of its times starts at {starts_at}; close it before",
        TooManyEntries("TOO_MANY_ENTRIES") { field: &'static str, given: usize, max: usize } =
            "{field} has {given} entries; {max} are accepted",
        NotInvited("NOT_INVITED") { department_code: Code } =
            "department {department_code} does not attend this session",
        UnknownTime("UNKNOWN_TIME") { time_number: u32, last_number: usize } =
            "the poll has no time {time_number}; its times are numbered from 1 to {last_number}",
        DuplicateTime("DUPLICATE_TIME") { time_number: u32 } =
            "the same is there as time {time_number}; name each time once",
        TimeDeclined("TIME_DECLINED") { time_number: u32 } =
            "time {time_number} was declined; it is not answered or adopted any more",
        PollClosed("POLL_CLOSED") { close_by: Timestamp } =
            "the poll closed at {close_by}; ask its organiser for another one",
        SameTime("SAME_TIME") { starts_at: Timestamp } =
            "the session has this room at {starts_at} already; propose another time",
    }
}

/// What a command on a session makes of its poll; it belongs in the same commit. A session that is postponed waits for a time
/// as before, and so does its poll.
pub fn poll_command(command: &session::Command) -> Option<Command> {
    use session::Command as OnSession;
    match command {
        OnSession::Schedule { .. } | OnSession::Move { .. } | OnSession::Convene { .. } => {
            Some(Command::End { cause: EndCause::Placed })
        }
        OnSession::Revise { .. }
        | OnSession::Absorb { .. }
        | OnSession::Cancel { .. }
        | OnSession::Merge { .. }
        | OnSession::ConvertToCountersign { .. } => Some(Command::End { cause: EndCause::SessionChanged }),
        _ => None,
    }
}

/// The command that gives a session one of the times.
pub fn placing(filed: &session::Filed, slot: &Slot, reason: &Text) -> session::Command {
    let (room, starts_at) = (slot.room.clone(), slot.starts_at);
    match filed.stage() {
        session::Stage::Scheduled => {
            session::Command::Move { room, starts_at, reason: reason.clone(), answer_by: None }
        }
        _ => session::Command::Schedule { room, starts_at, answer_by: None },
    }
}

/// The poll aggregate.
#[derive(Debug)]
pub struct Poll;

impl Aggregate for Poll {
    const CATEGORY: &'static str = "scheduling.poll";
    type Command = Command;
    type Event = Event;
    type Rejection = Rejection;
    type State = State;

    fn decide(state: &State, command: Command, issued: &Issued) -> Result<Vec<Event>, Rejection> {
        rules::decide(state, command, issued)
    }

    fn audience(state: &State) -> Audience<'_> {
        state.known().map_or(Audience::Everybody, |known| {
            Audience::of(&known.asked.concerned).before(known.asked.body.clone())
        })
    }

    fn evolve(state: State, event: &Event) -> State {
        state.after(event)
    }
}

#[cfg(test)]
mod tests;
