//! A session (会商): from the request, by screening against the body's rules, to a room and a time, to
//! its convening, and to its end when every topic has an outcome.
//!
//! The folder holds its parts: `outline` what it shall be, `screening` the body's rules in figures, `state` what
//! is known of it; and the rules by their place in its life: `admission`, `convening`.

mod admission;
mod convening;
mod outline;
mod screening;
mod state;

pub use outline::{
    ATTENDEES_MAX, Attendee, Kind, MINUTES_MAX, Outline, RoleOnTopic, TOPICS_MAX, Topic, TopicRole,
};
pub use screening::{Finding, Rule};
pub use state::{Delegate, Filed, FiledPaper, Invitation, Slot, Stage, State};

use crate::calendar::WorkingCalendar;
use crate::scheduling::rules::Rules;
use crate::{Aggregate, Code, Issued, Line, Role, Text, Timestamp, Uuid, rejections};
use jiff::SignedDuration;

/// Papers on one topic, at most.
pub const PAPERS_MAX: usize = 10;
/// How long before its start a scheduled session may be convened.
pub const CONVENE_EARLY: SignedDuration = SignedDuration::from_hours(1);

/// A paper kept elsewhere, known by its content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paper {
    /// Its title.
    pub title: Line,
    /// SHA-256 of its content, 64 hexadecimal digits.
    pub sha256: Line,
    /// Where it is.
    pub uri: Line,
}

/// An answer to an invitation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Answer {
    /// The department comes.
    Accept,
    /// The department does not come.
    Decline,
}

/// The wishes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Asks for a session; the actor's department is the requester.
    Request(Outline),
    /// Files a paper for a topic.
    SubmitPapers {
        /// The topic's number.
        topic: u32,
        /// The paper.
        paper: Paper,
    },
    /// Compares the request with the body's rules.
    Screen {
        /// The body's rules in force.
        rules: Rules,
        /// The realm's calendar, for the dates of moments.
        calendar: WorkingCalendar,
        /// The body's other sessions in the quarter of the earliest start.
        sessions_this_quarter: u32,
    },
    /// Lets the request pass although it breaks a rule.
    Override {
        /// The rule.
        rule: Rule,
        /// Why.
        reason: Text,
    },
    /// Allows the session to be scheduled.
    Admit,
    /// Gives the request back to the requester.
    Return {
        /// What it should change.
        reason: Text,
    },
    /// Changes the request, which must then be screened again.
    Revise {
        /// All topics.
        topics: Vec<Topic>,
        /// All attendees.
        attendees: Vec<Attendee>,
        /// Its length.
        minutes: u32,
        /// The moment before which it shall not begin.
        earliest_start: Timestamp,
    },
    /// Has the matter decided by countersign and not in a meeting.
    TurnIntoCountersign {
        /// Until when the departments may answer.
        deadline: Timestamp,
        /// Why no meeting is needed.
        reason: Text,
    },
    /// Has the matter dealt with in another session.
    Merge {
        /// This session's own id.
        session: Uuid,
        /// The other session.
        into: Uuid,
        /// Why.
        reason: Text,
    },
    /// Gives the session a room and a time, and invites its attendees. The room must be booked in the
    /// same commit: see [`room_command`](crate::scheduling::booking::room_command).
    Schedule {
        /// The room.
        room: Code,
        /// When it begins; it ends as many minutes later as were asked for.
        from: Timestamp,
    },
    /// Takes room and time away again.
    Postpone {
        /// Why.
        reason: Text,
    },
    /// Ends the session before it was convened.
    Cancel {
        /// Why.
        reason: Text,
    },
    /// Answers an invitation.
    AnswerInvitation {
        /// The department that answers.
        department: Code,
        /// What it answers.
        answer: Answer,
        /// Why; needed when it declines.
        reason: Option<Text>,
    },
    /// Names the person who comes for a department.
    NameDelegate {
        /// The department.
        department: Code,
        /// The person's name.
        delegate: Line,
        /// The person in whose place they come.
        in_place_of: Option<Line>,
    },
    /// Begins the session.
    Convene,
    /// Ends the session; issued when its docket was closed.
    Conclude,
}

/// The facts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A department asked for a session.
    Requested {
        /// What was asked for.
        outline: Outline,
        /// The department that asked.
        requester: Option<Code>,
    },
    /// A paper for a topic was filed.
    PapersSubmitted {
        /// The topic's number.
        topic: u32,
        /// The paper.
        paper: Paper,
        /// When it came in.
        submitted_at: Timestamp,
    },
    /// The request was compared with the body's rules; overrides of an earlier screening count no longer.
    Screened {
        /// The rules as they were then.
        rules: Rules,
        /// Every rule that the request breaks.
        findings: Vec<Finding>,
    },
    /// A rule that the request breaks does not stand in its way.
    FindingOverridden {
        /// The rule.
        rule: Rule,
        /// Why.
        reason: Text,
    },
    /// The session may be scheduled.
    Admitted,
    /// The request went back to the requester.
    Returned {
        /// What it should change.
        reason: Text,
    },
    /// The request was changed, and must be screened again.
    Revised {
        /// All topics, as they are now.
        topics: Vec<Topic>,
        /// All attendees, as they are now.
        attendees: Vec<Attendee>,
        /// Its length now.
        minutes: u32,
        /// The moment before which it shall not begin, now.
        earliest_start: Timestamp,
    },
    /// The matter is decided by countersign and not in a meeting.
    TurnedIntoCountersign {
        /// Until when the departments may answer.
        deadline: Timestamp,
        /// Why no meeting is needed.
        reason: Text,
    },
    /// The matter is dealt with in another session.
    Merged {
        /// The other session.
        into: Uuid,
        /// Why.
        reason: Text,
    },
    /// The session has a room and a time, and its attendees are invited.
    Scheduled {
        /// The room.
        room: Code,
        /// When it begins.
        from: Timestamp,
        /// When it ends.
        until: Timestamp,
        /// The departments invited.
        invited: Vec<Code>,
    },
    /// The session lost its room and time, and waits for new ones.
    Postponed {
        /// Why.
        reason: Text,
    },
    /// The session does not take place.
    Cancelled {
        /// Why.
        reason: Text,
    },
    /// A department answered its invitation.
    InvitationAnswered {
        /// The department.
        department: Code,
        /// What it answered.
        answer: Answer,
        /// Why.
        reason: Option<Text>,
    },
    /// A department named the person who comes.
    DelegateNamed {
        /// The department.
        department: Code,
        /// The person's name.
        delegate: Line,
        /// The person in whose place they come.
        in_place_of: Option<Line>,
    },
    /// The session begins; its docket opens.
    Convened {
        /// The room; none for an emergency session that did not wait for one.
        room: Option<Code>,
    },
    /// Every topic has an outcome and the docket is closed.
    Concluded,
}

rejections! {
    /// Why a session's way does not go on.
    Rejection {
        NotFound = "no session has this id",
        AlreadyRequested = "this session has been requested already",
        WrongState { wish: &'static str, needed: &'static str, state: Stage } = "a session can be {wish} only when it is {needed}; this one is {state}",
        NotYourDepartment { department: String, needed: Code } = "this is for {needed} to say, and you speak for {department}",
        NoTopics = "a session needs at least one topic",
        TooManyTopics { given: usize, max: usize } = "{given} topics are given; a session takes {max}",
        TopicMisnumbered { given: u32, expected: u32 } = "topics are numbered from 1 in their order; {given} stands where {expected} should",
        NoTimebox { topic: u32 } = "topic {topic} needs a timebox of at least one minute",
        TimeboxesTooLong { timeboxes: u32, minutes: u32 } = "the timeboxes add up to {timeboxes} minutes; the session lasts {minutes}",
        LengthOutOfRange { minutes: u32, max: u32 } = "a session lasts from 1 to {max} minutes, not {minutes}",
        NoAttendees = "a session needs at least one attendee",
        TooManyAttendees { given: usize, max: usize } = "{given} attendees are given; a session takes {max}",
        AttendeeTwice { department: Code } = "department {department} is named twice among the attendees",
        RoleTwice { department: Code, topic: u32 } = "department {department} is given two roles on topic {topic}",
        UnknownTopic { topic: u32 } = "the session has no topic {topic}",
        QuorumOutOfRange { percent: u32 } = "a quorum lies between 1 and 100 percent, not at {percent}",
        NoCaseReference = "a session raised by a case needs the reference of the case",
        DeadlinePassed { deadline: Timestamp, now: Timestamp } = "the deadline {deadline} is not after now, {now}",
        NotADigest { sha256: Line } = "{sha256} is no SHA-256: 64 hexadecimal digits are needed",
        TooManyPapers { topic: u32, max: usize } = "topic {topic} has {max} papers already, the most it takes",
        NoFinding { rule: Rule } = "the screening has nothing to say about the rule {rule}",
        NotOverridable { rule: Rule } = "no reason outweighs the rule {rule}; the request must be revised",
        RuleBroken { rule: Rule, measure: u32, limit: u32 } = "the request breaks the rule {rule}: it has {measure}, the limit is {limit}",
        MergedIntoItself = "a session cannot be merged into itself",
        BeforeEarliestStart { from: Timestamp, earliest: Timestamp } = "the session shall not begin before {earliest}; {from} is earlier",
        StartsInThePast { from: Timestamp, now: Timestamp } = "{from} has passed; it is {now}",
        TooEarly { from: Timestamp, opens: Timestamp } = "the session begins at {from} and can be convened from {opens} on",
        NotInvited { department: Code } = "department {department} does not attend this session",
        NoReason { department: Code } = "department {department} must say why it declines",
    }
}

/// The session aggregate.
#[derive(Debug)]
pub struct Session;

impl Aggregate for Session {
    const CATEGORY: &'static str = "scheduling.session";
    type Command = Command;
    type Event = Event;
    type Rejection = Rejection;
    type State = State;

    fn decide(state: &State, command: Command, issued: &Issued) -> Result<Vec<Event>, Rejection> {
        let filed = match (state, &command) {
            (State::Filed(filed), _) => filed,
            (State::Absent, Command::Request(outline)) => return admission::request(outline.clone(), issued),
            (State::Absent, _) => return Err(Rejection::NotFound),
        };
        match command {
            Command::Request(_) => Err(Rejection::AlreadyRequested),
            Command::SubmitPapers { topic, paper } => admission::submit_papers(filed, topic, paper, issued),
            Command::Screen { rules, calendar, sessions_this_quarter } => {
                admission::screen(filed, rules, &calendar, sessions_this_quarter, issued)
            }
            Command::Override { rule, reason } => admission::override_finding(filed, rule, reason),
            Command::Admit => admission::admit(filed),
            Command::Return { reason } => {
                filed.must_be(&[Stage::Requested, Stage::Screened], "returned", "requested or screened")?;
                Ok(vec![Event::Returned { reason }])
            }
            Command::Revise { topics, attendees, minutes, earliest_start } => admission::revise(
                filed,
                admission::Revision { topics, attendees, minutes, earliest_start },
                issued,
            ),
            Command::TurnIntoCountersign { deadline, reason } => {
                admission::countersign(filed, deadline, reason, issued)
            }
            Command::Merge { session, into, reason } => admission::merge(filed, session, into, reason),
            Command::Schedule { room, from } => convening::schedule(filed, room, from, issued),
            Command::Postpone { reason } => {
                filed.must_be(&[Stage::Scheduled], "postponed", "scheduled")?;
                Ok(vec![Event::Postponed { reason }])
            }
            Command::Cancel { reason } => convening::cancel(filed, reason),
            Command::AnswerInvitation { department, answer, reason } => {
                convening::answer_invitation(filed, department, answer, reason, issued)
            }
            Command::NameDelegate { department, delegate, in_place_of } => {
                convening::name_delegate(filed, Delegate { department, delegate, in_place_of }, issued)
            }
            Command::Convene => convening::convene(filed, issued),
            Command::Conclude => convening::conclude(filed),
        }
    }

    fn evolve(state: State, event: &Event) -> State {
        state.after(event)
    }
}

/// A department speaks for itself; a clerk may put down what it said by telephone, under their own name.
fn must_speak_for(department: &Code, issued: &Issued) -> Result<(), Rejection> {
    if issued.by.speaks_for(department) || issued.by.is(Role::Clerk) {
        return Ok(());
    }
    let spoken_for = issued.by.department.as_ref().map_or_else(|| "none".to_owned(), Code::to_string);
    Err(Rejection::NotYourDepartment { department: spoken_for, needed: department.clone() })
}

fn must_be_ahead(deadline: Timestamp, issued: &Issued) -> Result<(), Rejection> {
    if deadline > issued.at { Ok(()) } else { Err(Rejection::DeadlinePassed { deadline, now: issued.at }) }
}

#[cfg(test)]
mod tests;
