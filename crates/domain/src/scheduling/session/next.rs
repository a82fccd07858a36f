//! What can happen next to a session, by whom, and what refuses the rest: every command is put to the rules of the session and
//! its body. What other things say, such as whether a room is free, is said when the command is given.

use super::{
    Answer, Command, DepartmentRole, Filed, Outline, Paper, Rejection, RoleOnTopic, Session, State, Topic,
};
use crate::calendar::WorkingCalendar;
use crate::constitution::Constitution;
use crate::next_step::{self, Who};
use crate::scheduling::diary::deciding;
use crate::scheduling::{authority, body};
use crate::{Aggregate, Code, Issued, Label, Line, Role, Text, Timestamp, Uuid};
use jiff::ToSpan as _;

/// A command on a session that was put to the rules.
pub type Step = next_step::Step<Rejection>;

/// What a session is looked at with.
#[derive(Debug)]
pub struct Look<'a> {
    /// The session.
    pub state: &'a State,
    /// Its body, as it is now.
    pub body: &'a body::State,
    /// The command that would screen it now.
    pub screening: Command,
    /// What it would be decided by if it were convened now.
    pub constitution: Constitution,
    /// The moment.
    pub at: Timestamp,
}

/// What can happen next, and what refuses the rest, in the order in which a session goes. What would change nothing is left
/// out.
pub fn steps(look: &Look<'_>) -> Vec<Step> {
    let Some(filed) = look.state.filed() else { return vec![] };
    let people = People { filed, constitution: &look.constitution };
    let asked = asked(look, filed, &people);
    asked
        .into_iter()
        .filter_map(|Asked { rpc, people, command }| step(look, rpc, people, &*command))
        .collect()
}

fn step(
    look: &Look<'_>,
    rpc: &'static str,
    people: Vec<Who>,
    command: &dyn Fn(&Code) -> Command,
) -> Option<Step> {
    let decide = |who: &Who, by| {
        // Who speaks for no department names none in a command.
        let own = who.department.as_ref().unwrap_or(&look.constitution.chair);
        let (command, issued) = (command(own), Issued { at: look.at, by });
        authority::check(look.state, look.body, &command, &issued)?;
        Session::decide(look.state, command, &issued).map(|events| events.len())
    };
    let for_who_they_are = |refusal: &Rejection| {
        matches!(
            refusal,
            Rejection::NotYourDepartment { .. }
                | Rejection::NotTheSecretariat { .. }
                | Rejection::NotInCharge { .. }
                | Rejection::NotOfTheSession { .. }
                | Rejection::NotInvited { .. }
        )
    };
    Step::put(rpc, None, people, decide, for_who_they_are)
}

/// Those who have to do with the session.
struct People<'a> {
    filed: &'a Filed,
    constitution: &'a Constitution,
}

impl People<'_> {
    fn clerks(&self) -> Vec<Who> {
        self.constitution.secretariat.iter().map(|department| Who::of(Role::Clerk, department)).collect()
    }

    /// The clerks and the chairs.
    fn in_charge(&self) -> Vec<Who> {
        let chairs = self.constitution.chairs().map(|department| Who::of(Role::Chair, department));
        self.clerks().into_iter().chain(chairs).collect()
    }

    /// These, and the department that requested the session.
    fn and_requester(&self, others: Vec<Who>) -> Vec<Who> {
        let requester = self.filed.requester.iter().map(|own| Who::of(Role::DepartmentLead, own));
        requester.chain(others).collect()
    }

    fn attendees(&self, role: Role) -> Vec<Who> {
        self.filed.outline.attendees.iter().map(|attendee| Who::of(role, &attendee.department)).collect()
    }
}

/// A command with its rpc, and who is asked for it.
struct Asked<'a> {
    rpc: &'static str,
    people: Vec<Who>,
    /// Made for each department: some commands speak for one.
    command: Box<dyn Fn(&Code) -> Command + 'a>,
}

fn ask<'a>(rpc: &'static str, people: Vec<Who>, command: impl Fn(&Code) -> Command + 'a) -> Asked<'a> {
    Asked { rpc, people, command: Box::new(command) }
}

fn asked<'a>(look: &'a Look<'_>, filed: &'a Filed, people: &People<'_>) -> Vec<Asked<'a>> {
    let (outline, at) = (&filed.outline, look.at);
    let earliest = outline.earliest_start_at.max(filed.second_call_at.unwrap_or(at)).max(at);
    let overridable = filed.screening.as_ref().and_then(|screening| {
        screening.findings.iter().map(|finding| finding.rule).find(|rule| rule.is_overridable())
    });
    let supervisors = vec![Who { role: Role::Supervisor, department: None }];
    let override_finding = overridable.map(|rule| {
        ask("OverrideFinding", supervisors, move |_| Command::Override { rule, reason: words() })
    });
    let first = vec![
        ask("SubmitPaper", people.and_requester(people.attendees(Role::DepartmentLead)), move |_| {
            Command::SubmitPaper {
                topic: outline.topics.first().map_or(1, |topic| topic.number),
                paper: paper(),
            }
        }),
        ask("ScreenSession", people.clerks(), move |_| look.screening.clone()),
    ];
    let then = vec![
        ask("AdmitSession", people.clerks(), |_| Command::Admit),
        ask("ReturnSession", people.clerks(), |_| Command::Return { reason: words() }),
        ask("MergeSession", people.clerks(), |_| Command::Merge {
            session: Uuid::nil(),
            into: Uuid::max(),
            reason: words(),
        }),
        ask("ReviseSession", people.and_requester(people.clerks()), move |_| Command::Revise {
            title: Some(line()),
            purpose: None,
            topics: outline.topics.clone(),
            attendees: outline.attendees.clone(),
            duration_minutes: outline.duration_minutes,
            earliest_start_at: outline.earliest_start_at,
            equipment: outline.equipment.clone(),
        }),
        ask("ConvertToCountersign", people.clerks(), move |_| Command::ConvertToCountersign {
            sign_by: at.saturating_add(168.hours()).unwrap_or(at),
            reason: words(),
            constitution: look.constitution.clone(),
        }),
        ask("ScheduleSession", people.clerks(), move |_| Command::Schedule {
            room: outline.body.clone(),
            starts_at: earliest,
            answer_by: None,
        }),
        ask("MoveSession", people.clerks(), move |_| Command::Move {
            room: outline.body.clone(),
            starts_at: earliest,
            reason: words(),
            answer_by: None,
        }),
        ask("AnswerInvitation", people.attendees(Role::Delegate), |own| Command::AnswerInvitation {
            department: own.clone(),
            answer: Answer::Accept,
            reason: None,
            substitute: None,
        }),
        ask("NameDelegate", people.attendees(Role::DepartmentLead), |own| Command::NameDelegate {
            department: own.clone(),
            delegate: line(),
            in_place_of: None,
        }),
        ask("ConveneSession", people.in_charge(), move |_| Command::Convene {
            constitution: look.constitution.clone(),
        }),
        ask("PostponeSession", people.in_charge(), |_| Command::Postpone { reason: words() }),
        ask("CancelSession", people.and_requester(people.in_charge()), |_| Command::Cancel {
            reason: words(),
        }),
    ];
    first
        .into_iter()
        .chain(relabelled(filed, people))
        .chain(override_finding)
        .chain(added(look, outline, people))
        .chain(then)
        .collect()
}

/// To another label than they have now.
fn relabelled<'a>(filed: &'a Filed, people: &People<'_>) -> impl Iterator<Item = Asked<'a>> {
    let other = |label| if label == Label::Secret { Label::Internal } else { Label::Secret };
    let topic = filed.outline.topics.first().map(|topic| {
        let (number, label) = (topic.number, other(topic.label));
        let command = move |_: &Code| Command::RelabelTopic { topic: number, label, reason: words() };
        ask("RelabelTopic", people.and_requester(people.clerks()), command)
    });
    let paper = filed.papers.first().map(|filed| {
        let (topic, paper) = (filed.topic, &filed.paper);
        let label = other(paper.label);
        let command = move |_: &Code| Command::RelabelPaper {
            topic,
            sha256: paper.sha256.clone(),
            label,
            reason: words(),
        };
        ask("RelabelPaper", people.and_requester(people.clerks()), command)
    });
    topic.into_iter().chain(paper)
}

/// One more topic, after all were invited.
fn added<'a>(look: &'a Look<'_>, outline: &'a Outline, people: &People<'_>) -> Option<Asked<'a>> {
    let Command::Screen { calendar, deciders_min, .. } = &look.screening else { return None };
    let add = move |_: &Code| added_topic(outline, calendar.clone(), *deciders_min);
    Some(ask("AddTopic", people.clerks(), add))
}

/// One more topic, on which those decide that decide on another.
fn added_topic(outline: &Outline, calendar: WorkingCalendar, deciders_min: u32) -> Command {
    let topic = Topic {
        number: u32::try_from(outline.topics.len() + 1).unwrap_or(u32::MAX),
        title: line(),
        timebox_minutes: 1,
        papers_required: false,
        label: Label::Internal,
        matter: None,
        section: None,
        parent: None,
    };
    let deciding = deciding(outline).cloned();
    let roles = deciding.map(|department| DepartmentRole { department, role: RoleOnTopic::Decides });
    Command::AddTopic { topic, roles: roles.collect(), reason: words(), calendar, deciders_min }
}

/// Any text: no rule asks what it says.
fn words() -> Text {
    Text::parse("…").expect("a text")
}

fn line() -> Line {
    Line::parse("…").expect("a line")
}

fn paper() -> Paper {
    Paper {
        title: line(),
        sha256: Line::parse(&"0a".repeat(32)).expect("a line"),
        uri: line(),
        label: Label::Internal,
    }
}
