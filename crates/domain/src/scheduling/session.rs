//! A session (会商): from the request, through screening against the body's rules, to a room and a time, to
//! its convening, and to its end when every topic has an outcome.
//!
//! The folder holds its parts: `outline` is what is requested, `agenda` whether its topics are one, `screening` compares it
//! with the body's rules, `state` is what is known of it, and `seen` how much of that somebody may see; the rules are grouped by
//! when they apply: `admission`, `convening`, `invitations`, `added_topics`.

mod added_topics;
mod admission;
mod agenda;
mod convening;
mod invitations;
mod labels;
pub mod next;
mod outline;
mod rejection;
mod screening;
mod seen;
mod state;

pub use agenda::{AGENDA_BYTES_MAX, TOPICS_MAX};
pub use convening::{
    START_AHEAD_DAYS_MAX, check_notice, check_start, check_working_time, first_day_after_notice,
    latest_start_at, notice_days,
};
pub use invitations::{Attendance, asking};
pub use outline::{
    ATTENDEES_MAX, Attendee, COMPANIONS_MAX, DURATION_MINUTES_MAX, Declaration, DepartmentRole, Kind,
    Outline, RoleOnTopic, Topic, TopicRole, person_minutes, topics_to_decide,
};
pub use rejection::Rejection;
pub use screening::{Finding, Rule};
pub use state::{
    AddedTopic, Appointment, Delegate, Filed, FiledPaper, Forum, Invitation, Progress, Screening, Slot,
    Stage, State,
};

use crate::calendar::WorkingCalendar;
use crate::constitution::Constitution;
use crate::scheduling::body::MeetingRules;
use crate::{Aggregate, Audience, Code, Issued, Label, Line, Text, Timestamp, Uuid};
use jiff::SignedDuration;
use std::collections::BTreeSet;

/// Papers on one topic, at most.
pub const PAPERS_MAX: usize = 10;
/// Topics of a session that is convened by an alarm, at most: all of it is one record.
pub const ALARM_TOPICS_MAX: usize = 5;
/// How long before its start a scheduled session may be convened.
pub const CONVENE_EARLY: SignedDuration = SignedDuration::from_hours(1);

/// A paper that is kept elsewhere, identified by its content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paper {
    /// Its title.
    pub title: Line,
    /// SHA-256 of its content, 64 hexadecimal digits.
    pub sha256: Line,
    /// Where it is kept.
    pub uri: Line,
    /// Who may see it.
    pub label: Label,
}

/// An answer to an invitation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Answer {
    /// The department attends.
    Accept,
    /// The department does not attend.
    Decline,
    /// The department does not know yet. It is expected neither to come nor to stay away.
    Tentative,
}

/// Commands.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::large_enum_variant, reason = "few are kept at a time, and the large one comes once")]
pub enum Command {
    /// Requests a session; the actor's department is the requester.
    Request {
        /// What is requested.
        outline: Outline,
        /// The department in the chair of its body.
        chair: Code,
    },
    /// Requests an emergency session and convenes it at once, as an emergency plan of its body has it.
    Alarm {
        /// What the plan makes of it.
        outline: Outline,
        /// The department in the chair of its body.
        chair: Code,
        /// The body's rules in force.
        rules: MeetingRules,
        /// The body as it is now; the docket keeps to it.
        constitution: Constitution,
    },
    /// Submits a paper for a topic.
    SubmitPaper {
        /// The topic's number.
        topic: u32,
        /// The paper.
        paper: Paper,
    },
    /// Compares the request with the body's rules.
    Screen {
        /// The body's rules in force.
        rules: MeetingRules,
        /// The realm's calendar, for the dates of moments.
        calendar: WorkingCalendar,
        /// The body's other sessions in the quarter of the earliest start.
        sessions_this_quarter: u32,
        /// How many departments must decide on a topic, so that it can be decided.
        deciders_min: u32,
    },
    /// Overrides a rule that the request breaks.
    Override {
        /// The rule.
        rule: Rule,
        /// Why.
        reason: Text,
    },
    /// Allows the session to be scheduled.
    Admit,
    /// Returns the request to the requester.
    Return {
        /// What should change.
        reason: Text,
    },
    /// Changes the request, which must then be screened again.
    Revise {
        /// Its title; none to keep it.
        title: Option<Line>,
        /// Its purpose; none to keep it.
        purpose: Option<Text>,
        /// All topics.
        topics: Vec<Topic>,
        /// All attendees.
        attendees: Vec<Attendee>,
        /// Its duration.
        duration_minutes: u32,
        /// The moment before which it must not start.
        earliest_start_at: Timestamp,
        /// All equipment that its room must have.
        equipment: Vec<Line>,
    },
    /// Labels a topic otherwise, at any time.
    RelabelTopic {
        /// The topic's number.
        topic: u32,
        /// The label.
        label: Label,
        /// Why.
        reason: Text,
    },
    /// Labels a paper otherwise, at any time.
    RelabelPaper {
        /// The topic's number.
        topic: u32,
        /// The digest of the paper's content.
        sha256: Line,
        /// The label.
        label: Label,
        /// Why.
        reason: Text,
    },
    /// Has the matter decided by countersign instead of in a meeting.
    ConvertToCountersign {
        /// The moment until which the departments may sign.
        sign_by: Timestamp,
        /// Why no meeting is needed.
        reason: Text,
        /// The body as it is now; the docket keeps to it.
        constitution: Constitution,
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
    /// Takes on the topics of a session that is merged into this one; issued in the same commit.
    Absorb {
        /// The other session.
        from: Uuid,
        /// Its outline.
        outline: Outline,
    },
    /// Gives the session a room and a time, and invites its attendees. The room must be booked in the
    /// same commit: see [`room_command`](crate::scheduling::booking::room_command).
    Schedule {
        /// The room.
        room: Code,
        /// When it starts; it ends after the requested duration.
        starts_at: Timestamp,
        /// The moment until which those that are invited are asked to answer; none where they are not asked to by one. See
        /// [`asking`].
        answer_by: Option<Timestamp>,
    },
    /// Gives a scheduled session another room or time; the rooms change in the same commit.
    Move {
        /// The room.
        room: Code,
        /// When it starts; it ends after the requested duration.
        starts_at: Timestamp,
        /// Why.
        reason: Text,
        /// The moment until which those that are invited are asked to answer, again; as for [`Command::Schedule`].
        answer_by: Option<Timestamp>,
    },
    /// Adds a topic to a session to which all are invited (增补议题).
    AddTopic {
        /// The topic, which is the last.
        topic: Topic,
        /// Who has a role on it, of those that attend.
        roles: Vec<DepartmentRole>,
        /// Why it comes late.
        reason: Text,
        /// The realm's calendar, for the dates of moments.
        calendar: WorkingCalendar,
        /// How many departments must decide on a topic, so that it can be decided.
        deciders_min: u32,
    },
    /// Notes a topic that was taken on the agenda from the floor of the sitting; issued when its docket has it.
    NoteFloorTopic {
        /// The topic.
        topic: Topic,
        /// Who has a role on it.
        roles: Vec<DepartmentRole>,
    },
    /// Frees its room and time.
    Postpone {
        /// Why.
        reason: Text,
    },
    /// Cancels the session before it is convened.
    Cancel {
        /// Why.
        reason: Text,
    },
    /// Answers an invitation.
    AnswerInvitation {
        /// The department that answers.
        department: Code,
        /// Its answer.
        answer: Answer,
        /// Why; required when it declines.
        reason: Option<Text>,
        /// Who would come in the place of whoever is invited; becomes its delegate.
        substitute: Option<Line>,
    },
    /// Names a department's delegate.
    NameDelegate {
        /// The department.
        department: Code,
        /// The delegate's name.
        delegate: Line,
        /// The person whom they replace.
        in_place_of: Option<Line>,
    },
    /// Begins the session.
    Convene {
        /// The body as it is now; the docket keeps to it.
        constitution: Constitution,
    },
    /// Has the session scheduled again, because its meeting had no quorum; issued when its docket was adjourned.
    Adjourn {
        /// What the chair says about it.
        reason: Text,
    },
    /// Notes that its countersign can be signed until a later moment; issued when its docket was extended.
    ExtendSigning {
        /// Until then.
        sign_by: Timestamp,
        /// Why.
        reason: Text,
    },
    /// Has it take place as a meeting after all, which is screened and admitted like any other; issued when its docket says
    /// so.
    CallMeeting {
        /// Why.
        reason: Text,
    },
    /// Ends the session; issued when its docket was closed.
    Conclude,
    /// Reminds those that have not answered their invitations, once the time for that is over.
    CheckDeadlines,
}

/// Events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A department requested a session.
    Requested {
        /// What was requested.
        outline: Outline,
        /// The requesting department.
        requester: Option<Code>,
        /// The department in the chair of its body.
        chair: Code,
    },
    /// A paper was submitted for a topic.
    PaperSubmitted {
        /// The topic's number.
        topic: u32,
        /// The paper.
        paper: Paper,
        /// When it was submitted.
        submitted_at: Timestamp,
    },
    /// The request was compared with the body's rules; overrides stay for findings that did not change.
    Screened {
        /// The rules as they were then.
        rules: MeetingRules,
        /// Every rule that the request breaks.
        findings: Vec<Finding>,
    },
    /// A rule that the request breaks was overridden.
    FindingOverridden {
        /// The rule.
        rule: Rule,
        /// Why.
        reason: Text,
    },
    /// The session may be scheduled.
    Admitted,
    /// The request was returned to the requester.
    Returned {
        /// What should change.
        reason: Text,
    },
    /// The request was changed, and must be screened again.
    Revised {
        /// Its title now; none when it is the same.
        title: Option<Line>,
        /// Its purpose now; none when it is the same.
        purpose: Option<Text>,
        /// All topics, as they are now.
        topics: Vec<Topic>,
        /// All attendees, as they are now.
        attendees: Vec<Attendee>,
        /// Its duration now.
        duration_minutes: u32,
        /// The moment before which it must not start, now.
        earliest_start_at: Timestamp,
        /// All equipment that its room must have, as it is now.
        equipment: Vec<Line>,
    },
    /// A topic is labelled otherwise.
    TopicRelabelled {
        /// The topic's number.
        topic: u32,
        /// The label.
        label: Label,
        /// Why.
        reason: Text,
    },
    /// A paper is labelled otherwise.
    PaperRelabelled {
        /// The topic's number.
        topic: u32,
        /// The digest of the paper's content.
        sha256: Line,
        /// The label.
        label: Label,
        /// Why.
        reason: Text,
    },
    /// The matter is decided by countersign instead of in a meeting.
    ConvertedToCountersign {
        /// The moment until which the departments may sign.
        sign_by: Timestamp,
        /// Why no meeting is needed.
        reason: Text,
        /// The body as it was then; the docket keeps to it.
        constitution: Constitution,
    },
    /// The matter is dealt with in another session.
    Merged {
        /// The other session.
        into: Uuid,
        /// Why.
        reason: Text,
    },
    /// Another session is dealt with in this one, which must be screened again.
    TopicsAbsorbed {
        /// The other session.
        from: Uuid,
        /// All topics, as they are now.
        topics: Vec<Topic>,
        /// All attendees, as they are now.
        attendees: Vec<Attendee>,
        /// Its duration now.
        duration_minutes: u32,
        /// All equipment that its room must have, as it is now.
        equipment: Vec<Line>,
    },
    /// The session has a room and a time, and its attendees are invited.
    Scheduled {
        /// The room.
        room: Code,
        /// When it starts.
        starts_at: Timestamp,
        /// When it ends.
        ends_at: Timestamp,
        /// The invited departments.
        invited: Vec<Code>,
        /// The moment until which they are asked to answer; none where they are not asked to by one.
        answer_by: Option<Timestamp>,
    },
    /// A topic was added to its agenda, after all were invited.
    TopicAdded {
        /// The topic, which is the last.
        topic: Topic,
        /// Who has a role on it.
        roles: Vec<DepartmentRole>,
        /// Why it came late; none when it was taken on the agenda from the floor of the sitting.
        reason: Option<Text>,
    },
    /// The session lost its room and time, and must be scheduled again.
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
        /// Its answer.
        answer: Answer,
        /// Why.
        reason: Option<Text>,
        /// When; none where that was not recorded.
        answered_at: Option<Timestamp>,
        /// Whether that was after the moment until which it was asked to.
        late: bool,
        /// Whether a clerk of the secretariat put it down.
        put_down_by_clerk: bool,
    },
    /// A department that had not answered its invitation in time was reminded of it.
    InvitationReminded {
        /// The department.
        department: Code,
        /// The moment until which it was asked to answer.
        answer_by: Timestamp,
        /// When it was reminded.
        reminded_at: Timestamp,
    },
    /// A department named its delegate.
    DelegateNamed {
        /// The department.
        department: Code,
        /// The delegate's name.
        delegate: Line,
        /// The person whom they replace.
        in_place_of: Option<Line>,
        /// Whether a clerk of the secretariat put it down.
        put_down_by_clerk: bool,
    },
    /// The session begins; its docket opens.
    Convened {
        /// The room; none for an emergency session without one.
        room: Option<Code>,
        /// The body as it was then; the docket keeps to it.
        constitution: Constitution,
    },
    /// The meeting had no quorum: the session must be scheduled again, for its next call.
    Adjourned {
        /// What the chair says about it.
        reason: Text,
        /// How many times it has been adjourned, this time included.
        adjournments: u32,
        /// Moment from which the quorum of a second call is enough; none where the body has none.
        second_call_at: Option<Timestamp>,
    },
    /// Its countersign can be signed until a later moment.
    SigningExtended {
        /// Until then.
        sign_by: Timestamp,
        /// Why.
        reason: Text,
    },
    /// Its countersign ended without an outcome: it is to be a meeting, once it is screened and admitted.
    MeetingCalled {
        /// Why.
        reason: Text,
    },
    /// Every topic has an outcome and the docket is closed.
    Concluded,
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
        match (state, command) {
            (State::Filed(filed), command) => decide(filed, command, issued),
            (State::Absent, Command::Request { outline, chair }) => {
                admission::request(outline, chair, issued)
            }
            (State::Absent, Command::Alarm { outline, chair, rules, constitution }) => {
                admission::alarm(&outline, &chair, rules, &constitution, issued)
            }
            (State::Absent, _) => Err(Rejection::NotFound { what: "session" }),
        }
    }

    fn audience(state: &State) -> Audience<'_> {
        state.filed().map_or(Audience::Everybody, Filed::audience)
    }

    fn closed_topics(
        state: &State,
        covers: &dyn Fn(&Audience<'_>) -> bool,
        _is_recused: &dyn Fn(&BTreeSet<Code>) -> bool,
    ) -> BTreeSet<u32> {
        state.filed().map(|filed| filed.hidden_from(covers)).unwrap_or_default()
    }

    fn evolve(state: State, event: &Event) -> State {
        state.after(event)
    }
}

/// Decides on a session that was requested.
fn decide(filed: &Filed, command: Command, issued: &Issued) -> Result<Vec<Event>, Rejection> {
    match command {
        Command::Request { .. } | Command::Alarm { .. } => Err(filed.wrong_stage("requested", "new")),
        Command::SubmitPaper { topic, paper } => admission::submit_paper(filed, topic, paper, issued),
        Command::Screen { rules, calendar, sessions_this_quarter, deciders_min } => {
            let limits = screening::Limits { rules, sessions_this_quarter, deciders_min };
            admission::screen(filed, limits, &calendar, issued)
        }
        Command::Override { rule, reason } => admission::override_finding(filed, rule, reason),
        Command::Admit => admission::admit(filed),
        Command::Return { reason } => {
            filed.must_be(&[Stage::Requested, Stage::Screened], "returned", "requested or screened")?;
            Ok(vec![Event::Returned { reason }])
        }
        Command::Revise {
            title,
            purpose,
            topics,
            attendees,
            duration_minutes,
            earliest_start_at,
            equipment,
        } => {
            let own = filed.outline.named(title, purpose);
            let revised =
                Outline { topics, attendees, duration_minutes, earliest_start_at, equipment, ..own };
            admission::revise(filed, revised)
        }
        Command::RelabelTopic { topic, label, reason } => labels::relabel_topic(filed, topic, label, reason),
        Command::RelabelPaper { topic, sha256, label, reason } => {
            labels::relabel_paper(filed, topic, sha256, label, reason)
        }
        Command::ConvertToCountersign { sign_by, reason, constitution } => {
            admission::countersign(filed, sign_by, reason, constitution, issued)
        }
        Command::Merge { session, into, reason } => admission::merge(filed, session, into, reason),
        Command::Absorb { from, outline } => admission::absorb(filed, from, &outline),
        Command::Schedule { room, starts_at, answer_by } => {
            convening::schedule(filed, room, starts_at, answer_by, issued)
        }
        Command::Move { room, starts_at, reason, answer_by } => {
            convening::relocate(filed, room, starts_at, answer_by, reason, issued)
        }
        Command::AddTopic { topic, roles, reason, calendar, deciders_min } => {
            let late = added_topics::Late { topic, roles, reason, deciders_min };
            added_topics::add(filed, late, &calendar, issued)
        }
        Command::NoteFloorTopic { topic, roles } => added_topics::note(filed, topic, roles),
        Command::Postpone { reason } => {
            filed.must_be(&[Stage::Scheduled], "postponed", "scheduled")?;
            Ok(vec![Event::Postponed { reason }])
        }
        Command::Cancel { reason } => convening::cancel(filed, reason),
        Command::AnswerInvitation { department, answer, reason, substitute } => {
            let answer = invitations::Given { answer, reason, substitute };
            invitations::answer(filed, department, answer, issued)
        }
        Command::NameDelegate { department, delegate, in_place_of } => {
            invitations::name_delegate(filed, (department, delegate, in_place_of), issued)
        }
        Command::Convene { constitution } => convening::convene(filed, constitution, issued),
        Command::Adjourn { reason } => convening::adjourn(filed, reason, issued),
        Command::ExtendSigning { sign_by, reason } => {
            filed.must_be(&[Stage::Countersigning], "extended", "converted to a countersign")?;
            Ok(vec![Event::SigningExtended { sign_by, reason }])
        }
        Command::CallMeeting { reason } => {
            filed.must_be(&[Stage::Countersigning], "held as a meeting", "converted to a countersign")?;
            Ok(vec![Event::MeetingCalled { reason }])
        }
        Command::Conclude => convening::conclude(filed),
        Command::CheckDeadlines => Ok(invitations::check(filed, issued.at)),
    }
}

fn must_be_ahead(field: &'static str, deadline: Timestamp, issued: &Issued) -> Result<(), Rejection> {
    if deadline > issued.at {
        return Ok(());
    }
    Err(Rejection::DeadlinePassed { field, deadline, now: issued.at })
}

#[cfg(test)]
mod tests;
