//! What can happen next to an item, by whom, and what refuses the rest: every command is put to the rules of the item. What
//! other items say, such as those above and below it, is said when the command is given.

use super::put_down::{Grounds, Kind, Means, Said, Saying};
use super::{ActionItem, Command, Item, PartStage, Rejection, Stage, State};
use crate::calendar::WorkingCalendar;
use crate::due::DueRule;
use crate::next_step::{self, Who};
use crate::resolution::evidence::Evidence;
use crate::{Aggregate, Code, Issued, Line, Role, Text, Timestamp};

/// A command on an item that was put to the rules.
pub type Step = next_step::Step<Rejection>;

/// What can happen next, and what refuses the rest, in the order in which an item goes. What would change nothing is left out.
pub fn steps(state: &State, grounds: &Grounds, calendar: &WorkingCalendar, at: Timestamp) -> Vec<Step> {
    let Some(item) = state.item() else { return vec![] };
    let of_clerks = said_for(state, item, grounds, calendar, at);
    let leaders = grounds.leaders.iter().map(|code| Who::of(Role::Leader, code)).collect();
    let instruct = ask("InstructItem", leaders, |_| Command::Instruct {
        text: words(),
        leaders: grounds.leaders.clone(),
    });
    let asked = asked(item, calendar).into_iter().chain([instruct]).chain(of_clerks);
    asked.filter_map(|Asked { rpc, people, command }| step(state, rpc, people, &*command, at)).collect()
}

fn step(
    state: &State,
    rpc: &'static str,
    people: Vec<Who>,
    command: &dyn Fn(Option<&Code>) -> Command,
    at: Timestamp,
) -> Option<Step> {
    let decide = |who: &Who, by| {
        let issued = Issued { at, by };
        ActionItem::decide(state, command(who.department.as_ref()), &issued).map(|events| events.len())
    };
    let for_who_they_are = |refusal: &Rejection| {
        matches!(
            refusal,
            Rejection::NotYourDepartment { .. }
                | Rejection::NotAcceptor { .. }
                | Rejection::NotSupervisor { .. }
                | Rejection::NoSuchPart { .. }
                | Rejection::NothingPutDown { .. }
        )
    };
    Step::put(rpc, None, people, decide, for_who_they_are)
}

/// Makes the command of a department, or of somebody who speaks for none.
type Making<'a> = Box<dyn Fn(Option<&Code>) -> Command + 'a>;

/// A command with its rpc, and who is asked for it.
struct Asked<'a> {
    rpc: &'static str,
    people: Vec<Who>,
    /// Made for each department: some commands speak for one.
    command: Making<'a>,
}

fn ask<'a>(
    rpc: &'static str,
    people: Vec<Who>,
    command: impl Fn(Option<&Code>) -> Command + 'a,
) -> Asked<'a> {
    Asked { rpc, people, command: Box::new(command) }
}

fn asked<'a>(item: &'a Item, calendar: &'a WorkingCalendar) -> Vec<Asked<'a>> {
    let of = |code: &Code| Who::of(Role::DepartmentLead, code);
    let lead = || vec![of(&item.assignment.lead)];
    let doers = || -> Vec<Who> {
        lead().into_iter().chain(item.parts.iter().map(|part| of(&part.department))).collect()
    };
    let helpers = || item.blockages.iter().map(|blockage| of(&blockage.help_from)).collect::<Vec<_>>();
    let supervisors = || vec![Who { role: Role::Supervisor, department: None }];
    let judges = || item.acceptor.as_ref().map_or_else(supervisors, |acceptor| vec![of(acceptor)]);
    let of_lead = work(item, calendar, &lead, &doers);
    let helped = move |own: Option<&Code>| {
        let asked = item.blockages.iter().find(|blockage| Some(&blockage.help_from) == own);
        asked.map_or_else(|| item.assignment.lead.clone(), |blockage| blockage.department.clone())
    };
    let of_helpers = [
        ask("AcknowledgeHelp", helpers(), move |own| Command::AcknowledgeHelp { blocked: helped(own) }),
        ask("GiveHelp", helpers(), move |own| Command::GiveHelp { blocked: helped(own), note: words() }),
    ];
    let of_judges = [
        ask("AcceptWork", judges(), |_| Command::Accept { part: None, note: None }),
        ask("ReturnWork", judges(), move |_| Command::ReturnWork {
            part: None,
            reason: words(),
            calendar: calendar.clone(),
        }),
    ];
    let of_supervisors = supervision(calendar, &supervisors);
    of_lead.into_iter().chain(of_helpers).chain(of_judges).chain(of_supervisors).collect()
}

/// What clerks put down, where a department has no users; and what a department contests of it.
fn said_for<'a>(
    state: &State,
    item: &'a Item,
    grounds: &'a Grounds,
    calendar: &'a WorkingCalendar,
    at: Timestamp,
) -> Vec<Asked<'a>> {
    let mut asked = Vec::new();
    let putting = |department: &Code| putting_down(item, department, grounds, calendar, at);
    let clerks: Vec<Who> = grounds.stewards.iter().map(|code| Who::of(Role::Clerk, code)).collect();
    let can = |department: &&Code| {
        clerks.iter().any(|clerk| {
            let issued = Issued { at, by: clerk.actor() };
            ActionItem::decide(state, putting(department), &issued).is_ok_and(|events| !events.is_empty())
        })
    };
    // One that has something to say, if any has.
    let voiceless = &grounds.without_users;
    if let Some(department) = voiceless.iter().find(can).or(voiceless.first()) {
        let command = putting(department);
        asked.push(ask("PutDown", clerks, move |_| command.clone()));
    }
    if !item.put_down.is_empty() {
        let of = item.put_down.iter().map(|one| Who::of(Role::DepartmentLead, &one.department)).collect();
        asked.push(ask("ContestPutDown", of, move |own| Command::ContestPutDown {
            kind: item
                .put_down
                .iter()
                .find(|one| Some(&one.department) == own)
                .map_or(Kind::Progress, |one| one.kind),
            reason: words(),
            calendar: calendar.clone(),
        }));
    }
    asked
}

/// What a clerk would put down for a department first: what it has not said yet.
fn putting_down(
    item: &Item,
    department: &Code,
    grounds: &Grounds,
    calendar: &WorkingCalendar,
    at: Timestamp,
) -> Command {
    let part = item.parts.iter().find(|part| part.department == *department);
    let is_offered = match part {
        Some(part) => part.stage == PartStage::Assigned,
        None => matches!(item.stage, Stage::Assigned | Stage::Contested),
    };
    let asked_for_help = item.blockages.iter().find(|blockage| blockage.help_from == *department);
    let said = match asked_for_help {
        Some(blockage) if !item.parties().any(|party| party == department) => {
            Said::HelpPromised { blocked: blockage.department.clone() }
        }
        _ if is_offered => Said::Acknowledgement,
        _ => Said::Progress { percent: 50, note: words(), evidence: vec![] },
    };
    let (department, said_on) = (department.clone(), calendar.date_of(at));
    Command::PutDown {
        saying: Saying { department, said_by: line(), means: Means::Telephone, said_on },
        said,
        grounds: grounds.clone(),
        calendar: calendar.clone(),
    }
}

/// What the departments do that carry it out.
fn work<'a>(
    item: &'a Item,
    calendar: &'a WorkingCalendar,
    lead: &dyn Fn() -> Vec<Who>,
    doers: &dyn Fn() -> Vec<Who>,
) -> Vec<Asked<'a>> {
    // Any department but one's own.
    let another = |own: Option<&Code>| {
        let all = std::iter::once(&item.assignment.lead).chain(&item.assignment.co_responsible);
        all.into_iter().find(|code| Some(*code) != own).cloned().unwrap_or_else(nobody)
    };
    vec![
        ask("AcknowledgeItem", doers(), |_| Command::Acknowledge),
        ask("ContestItem", lead(), |_| Command::Contest { reason: words() }),
        ask("ReportProgress", doers(), |_| Command::ReportProgress {
            percent: 50,
            note: words(),
            evidence: vec![],
        }),
        ask("ReportBlockage", doers(), move |own| Command::ReportBlockage {
            reason: words(),
            help_from: another(own),
        }),
        ask("ClearBlockage", doers(), |_| Command::ClearBlockage { blocked: None, note: words() }),
        ask("RequestExtension", lead(), move |_| Command::RequestExtension {
            due: far(),
            reason: words(),
            calendar: calendar.clone(),
        }),
        ask("ClaimCompletion", doers(), |_| Command::ClaimCompletion {
            summary: words(),
            evidence: vec![evidence()],
        }),
    ]
}

/// What those do who oversee it.
fn supervision<'a>(calendar: &'a WorkingCalendar, supervisors: &dyn Fn() -> Vec<Who>) -> Vec<Asked<'a>> {
    vec![
        ask("UrgeItem", supervisors(), move |_| Command::Urge { text: words(), calendar: calendar.clone() }),
        ask("ResolveContest", supervisors(), move |_| Command::ResolveContest {
            reassign_to: None,
            due: None,
            reason: words(),
            calendar: calendar.clone(),
        }),
        ask("GrantExtension", supervisors(), move |_| Command::GrantExtension { calendar: calendar.clone() }),
        ask("RefuseExtension", supervisors(), |_| Command::RefuseExtension { reason: words() }),
        ask("SuspendItem", supervisors(), |_| Command::Suspend { reason: words(), authority: line() }),
        ask("ResumeItem", supervisors(), move |_| Command::Resume {
            note: words(),
            calendar: calendar.clone(),
        }),
        ask("ReopenItem", supervisors(), move |_| Command::Reopen {
            reason: words(),
            due: Some(far()),
            calendar: calendar.clone(),
        }),
        ask("RecordLookBack", supervisors(), |_| Command::RecordLookBack {
            observation: words(),
            holds: true,
        }),
    ]
}

/// Any text: no rule asks what it says.
fn words() -> Text {
    Text::parse("…").expect("a text")
}

fn line() -> Line {
    Line::parse("…").expect("a line")
}

fn nobody() -> Code {
    Code::parse("NOBODY").expect("a code")
}

/// Later than any due date that is agreed on.
fn far() -> DueRule {
    DueRule::AfterDays(3_000)
}

fn evidence() -> Evidence {
    Evidence { title: line(), sha256: Line::parse(&"0a".repeat(32)).expect("a line"), uri: line() }
}

#[cfg(test)]
mod tests;
