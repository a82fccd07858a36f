//! 代填: what a department without users of its own said by other means, put down for it by a clerk who sees to the
//! business of the body, and marked so. Judging is never among it.

use super::{
    ACKNOWLEDGE_WORKING_DAYS, Command, Event, Help, Item, PartStage, Rejection, Stage, State, by_one_of,
};
use crate::calendar::WorkingCalendar;
use crate::due::DueRule;
use crate::resolution::evidence::Evidence;
use crate::{Actor, Code, Date, ERASED_PREFIX, Issued, Line, Role, Text};

/// What was said, in kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// 签收
    Acknowledgement,
    /// 异议
    Contest,
    /// 进展
    Progress,
    /// 受阻
    Blockage,
    /// 解除受阻
    Clearance,
    /// 响应协助
    HelpPromised,
    /// 已协助
    HelpGiven,
    /// 申请延期
    Extension,
    /// 申请验收
    Completion,
}

impl Kind {
    /// Every kind, in the order in which an item goes.
    pub const ALL: [Kind; 9] = [
        Kind::Acknowledgement,
        Kind::Contest,
        Kind::Progress,
        Kind::Blockage,
        Kind::Clearance,
        Kind::HelpPromised,
        Kind::HelpGiven,
        Kind::Extension,
        Kind::Completion,
    ];

    /// The kind in words.
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::Acknowledgement => "acknowledgement",
            Kind::Contest => "contest",
            Kind::Progress => "progress",
            Kind::Blockage => "blockage",
            Kind::Clearance => "clearance",
            Kind::HelpPromised => "help-promised",
            Kind::HelpGiven => "help-given",
            Kind::Extension => "extension",
            Kind::Completion => "completion",
        }
    }
}

/// By what means it was said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Means {
    /// 当面
    InPerson,
    /// 电话
    Telephone,
    /// 来函
    Letter,
    /// 短信、邮件等
    Message,
}

/// Who said it for which department, how and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Saying {
    /// The department.
    pub department: Code,
    /// Who spoke or signed for it.
    pub said_by: Line,
    /// By what means.
    pub means: Means,
    /// On what day.
    pub said_on: Date,
}

/// What a department can say of an item.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are those of the commands that they become")]
pub enum Said {
    /// See [`Command::Acknowledge`].
    Acknowledgement,
    /// See [`Command::Contest`].
    Contest { reason: Text },
    /// See [`Command::ReportProgress`].
    Progress { percent: u32, note: Text, evidence: Vec<Evidence> },
    /// See [`Command::ReportBlockage`].
    Blockage { reason: Text, help_from: Code },
    /// See [`Command::ClearBlockage`].
    Clearance { note: Text },
    /// See [`Command::AcknowledgeHelp`].
    HelpPromised { blocked: Code },
    /// See [`Command::GiveHelp`].
    HelpGiven { blocked: Code, note: Text },
    /// See [`Command::RequestExtension`].
    Extension { due: DueRule, reason: Text },
    /// See [`Command::ClaimCompletion`].
    Completion { summary: Text, evidence: Vec<Evidence> },
}

impl Said {
    /// Its kind.
    pub fn kind(&self) -> Kind {
        match self {
            Said::Acknowledgement => Kind::Acknowledgement,
            Said::Contest { .. } => Kind::Contest,
            Said::Progress { .. } => Kind::Progress,
            Said::Blockage { .. } => Kind::Blockage,
            Said::Clearance { .. } => Kind::Clearance,
            Said::HelpPromised { .. } => Kind::HelpPromised,
            Said::HelpGiven { .. } => Kind::HelpGiven,
            Said::Extension { .. } => Kind::Extension,
            Said::Completion { .. } => Kind::Completion,
        }
    }

    /// The command that the department would give itself.
    fn command(self, calendar: WorkingCalendar) -> Command {
        match self {
            Said::Acknowledgement => Command::Acknowledge,
            Said::Contest { reason } => Command::Contest { reason },
            Said::Progress { percent, note, evidence } => Command::ReportProgress { percent, note, evidence },
            Said::Blockage { reason, help_from } => Command::ReportBlockage { reason, help_from },
            Said::Clearance { note } => Command::ClearBlockage { blocked: None, note },
            Said::HelpPromised { blocked } => Command::AcknowledgeHelp { blocked },
            Said::HelpGiven { blocked, note } => Command::GiveHelp { blocked, note },
            Said::Extension { due, reason } => Command::RequestExtension { due, reason, calendar },
            Said::Completion { summary, evidence } => Command::ClaimCompletion { summary, evidence },
        }
    }
}

/// What counts, of the directory and the body, when a clerk puts something down or a leader gives an instruction.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Grounds {
    /// The departments whose clerks see to the business of the item's body.
    pub stewards: Vec<Code>,
    /// Those of the item's departments that the directory marks as without users.
    pub without_users: Vec<Code>,
    /// The day on which the item was decided; none where that does not count.
    pub decided_on: Option<Date>,
    /// The departments whose leaders are told when the item is escalated to the leadership.
    pub leaders: Vec<Code>,
}

/// What was put down last for a department, of its kind, while the department has neither contested it nor said
/// something of that kind itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PutDown {
    /// What kind of thing was said.
    pub kind: Kind,
    /// The department that it was put down for.
    pub department: Code,
    /// Who spoke or signed for it.
    pub said_by: Line,
    /// By what means.
    pub means: Means,
    /// On what day.
    pub said_on: Date,
    /// Who put it down.
    pub by: String,
    /// The department of whoever did.
    pub by_department: Code,
}

/// Decides it as if by the department, once the clerk may put it down.
pub(super) fn put_down(
    state: &State,
    saying: Saying,
    said: Said,
    grounds: &Grounds,
    calendar: WorkingCalendar,
    issued: &Issued,
) -> Result<Vec<Event>, Rejection> {
    let item = state.assigned()?;
    let by_department = by_one_of(grounds.stewards.iter(), issued)?;
    let department = saying.department.clone();
    if let Some(sign) = sign_of_users(item, &department, &by_department, grounds) {
        return Err(Rejection::HasOwnUsers { department_code: department, sign });
    }
    let today = calendar.date_of(issued.at);
    if saying.said_on > today {
        return Err(Rejection::SaidLater { said_on: saying.said_on, today });
    }
    if let Some(decided_on) = grounds.decided_on.filter(|decided_on| saying.said_on < *decided_on) {
        return Err(Rejection::SaidEarlier { said_on: saying.said_on, decided_on });
    }
    let kind = said.kind();
    let of_department = Actor {
        subject: issued.by.subject.clone(),
        department: Some(department),
        roles: vec![Role::DepartmentLead],
    };
    let as_department = Issued { at: issued.at, by: of_department };
    let mut events = super::decide_on(item, said.command(calendar), &as_department)?;
    if !events.is_empty() {
        let Saying { department, said_by, means, said_on } = saying;
        let by = issued.by.subject.clone();
        let put_down = PutDown { kind, department, said_by, means, said_on, by, by_department };
        events.push(Event::PutDown { put_down });
    }
    Ok(events)
}

/// What shows that a department speaks for itself, if anything does.
fn sign_of_users(item: &Item, department: &Code, clerk_of: &Code, grounds: &Grounds) -> Option<&'static str> {
    if clerk_of == department {
        Some("you are of it")
    } else if !grounds.without_users.contains(department) {
        Some("the directory does not mark it as one without users")
    } else if item.own_voices.contains(department) {
        Some("somebody of it has acted on this item")
    } else {
        None
    }
}

/// The department takes it back, as far as nothing was made of it yet: what was judged stays judged.
pub(super) fn contest(
    item: &Item,
    kind: Kind,
    reason: Text,
    calendar: &WorkingCalendar,
    issued: &Issued,
) -> Result<Vec<Event>, Rejection> {
    let own = item.put_down.iter().find(|one| one.kind == kind && issued.by.speaks_for(&one.department));
    let Some(own) = own else {
        return Err(Rejection::NothingPutDown {
            department_code: issued.by.spoken_for(),
            kind: kind.as_str(),
        });
    };
    let department = own.department.clone();
    let due = item.due_after_pause(|item| item.take_back(&department, kind), calendar, issued.at);
    let mut without = item.clone();
    without.take_back(&department, kind);
    let is_offered_again = without.stage == Stage::Assigned && item.stage != Stage::Assigned;
    let today = calendar.date_of(issued.at);
    let acknowledge_by = is_offered_again
        .then(|| calendar.end_of(calendar.after_working_days(today, ACKNOWLEDGE_WORKING_DAYS)));
    Ok(vec![Event::PutDownContested { department, kind, reason, acknowledge_by, due }])
}

/// Refuses whoever made or put down the claim that is to be judged, or the request or contest that is to be ruled on, whatever they
/// speak for now. Once whoever put it down was erased, nobody can tell who it was: only what they spoke for stays, and whoever does
/// not speak for another department is refused.
pub(super) fn by_another(
    item: &Item,
    kind: Kind,
    department: &Code,
    issued: &Issued,
) -> Result<(), Rejection> {
    let may_be_own = |one: &PutDown| {
        let of_another = issued.by.department.as_ref().is_some_and(|own| *own != one.by_department);
        one.by == issued.by.subject || one.by.starts_with(ERASED_PREFIX) && !of_another
    };
    let mut marked = item.put_down.iter().filter(|one| one.kind == kind && one.department == *department);
    let said_it = item.said_by.get(&(kind, department.clone())) == Some(&issued.by.subject);
    if said_it || marked.any(may_be_own) {
        Err(Rejection::OwnEntry { department_code: department.clone() })
    } else {
        Ok(())
    }
}

impl Item {
    /// Marks what was just recorded as put down: it was not the department that said it.
    pub(super) fn mark(&mut self, put_down: &PutDown) {
        self.own_voices.remove(&put_down.department);
        self.said_by.remove(&(put_down.kind, put_down.department.clone()));
        self.unmark(&put_down.department, put_down.kind);
        self.put_down.push(put_down.clone());
    }

    /// What is said for a department stands in place of what was put down for it before, of the same kind; and nobody
    /// takes back an acknowledgement after a ruling on what came of it, or a contest that was ruled on.
    pub(super) fn settle_marks(&mut self, event: &Event) {
        if let Some((department, kind)) = self.said_in(event) {
            self.unmark(&department, kind);
            if let Some(by) = said_by(event) {
                self.said_by.insert((kind, department.clone()), by.clone());
            }
            self.own_voices.insert(department);
        }
        if self.put_down.is_empty() {
            return;
        }
        let lead = self.assignment.lead.clone();
        match event {
            Event::ExtensionGranted { .. }
            | Event::ExtensionRefused { .. }
            | Event::Returned { .. }
            | Event::Accepted { .. }
            | Event::Reopened { .. } => self.unmark(&lead, Kind::Acknowledgement),
            Event::ContestDismissed { .. } => self.unmark(&lead, Kind::Contest),
            Event::Reassigned { .. } => self.put_down.retain(|one| one.department != lead),
            Event::PartReturned { part, .. } | Event::PartAccepted { part, .. } => {
                self.unmark(part, Kind::Acknowledgement);
            }
            _ => {}
        }
    }

    fn unmark(&mut self, department: &Code, kind: Kind) {
        self.put_down.retain(|one| one.kind != kind || one.department != *department);
    }

    /// See [`Event::PutDownContested`].
    pub(super) fn contested_by(&mut self, event: &Event) {
        let Event::PutDownContested { department, kind, acknowledge_by, due, .. } = event else { return };
        self.take_back(department, *kind);
        self.unmark(department, *kind);
        self.own_voices.insert(department.clone());
        self.move_on(*due);
        if let Some(acknowledge_by) = *acknowledge_by {
            self.assignment.acknowledge_by = acknowledge_by;
        }
    }

    /// How it is without what was put down, when nothing was made of that yet.
    fn take_back(&mut self, department: &Code, kind: Kind) {
        let is_lead = *department == self.assignment.lead;
        match (kind, self.stage) {
            (Kind::Acknowledgement, Stage::Underway) if is_lead => {
                let came_of_it =
                    self.reported_percent > 0 || self.extension.is_some() || !self.blockages.is_empty();
                if !came_of_it {
                    self.stage = Stage::Assigned;
                }
            }
            (Kind::Contest, Stage::Contested) if is_lead => {
                (self.stage, self.contested) = (Stage::Assigned, false);
            }
            (Kind::Completion, Stage::Claimed) if is_lead => {
                (self.stage, self.claimed_at) = (Stage::Underway, None);
            }
            (Kind::Extension, Stage::Underway) if is_lead && self.extension.is_some() => {
                self.extension = None;
                self.extensions_requested = self.extensions_requested.saturating_sub(1);
            }
            (Kind::Acknowledgement, _) if !is_lead => {
                self.move_part(department, PartStage::Underway, PartStage::Assigned);
            }
            (Kind::Completion, _) if !is_lead => {
                self.move_part(department, PartStage::Claimed, PartStage::Underway);
            }
            (Kind::Blockage, _) => self.blockages.retain(|blockage| blockage.department != *department),
            (Kind::HelpPromised, _) => self.owe_help(department, Help::Acknowledged),
            (Kind::HelpGiven, _) => self.owe_help(department, Help::Given),
            _ => {}
        }
    }

    fn move_part(&mut self, department: &Code, from: PartStage, to: PartStage) {
        let part = self.parts.iter_mut().find(|part| part.department == *department && part.stage == from);
        if let Some(part) = part {
            part.stage = to;
        }
    }

    /// What was promised, or said to be given, is owed again; where several wait for it, it is not known which was meant.
    fn owe_help(&mut self, helper: &Code, said: Help) {
        let mut helped = self.blockages.iter_mut().filter(|blockage| blockage.help_from == *helper);
        if let (Some(blockage), None) = (helped.next(), helped.next())
            && blockage.help == said
        {
            blockage.help = Help::Owed;
        }
    }

    /// The kind of thing that an event says for a department, and for which.
    pub(super) fn said_in(&self, event: &Event) -> Option<(Code, Kind)> {
        let (department, kind) = match event {
            Event::ExtensionRequested { .. } => (&self.assignment.lead, Kind::Extension),
            Event::Acknowledged { department } | Event::PartAcknowledged { department } => {
                (department, Kind::Acknowledgement)
            }
            Event::Contested { department, .. } => (department, Kind::Contest),
            Event::ProgressReported { department, .. } => (department, Kind::Progress),
            Event::BlockageReported { department, .. } => (department, Kind::Blockage),
            Event::BlockageCleared { department, .. } => (department, Kind::Clearance),
            Event::HelpAcknowledged { department, .. } => (department, Kind::HelpPromised),
            Event::HelpGiven { department, .. } => (department, Kind::HelpGiven),
            Event::CompletionClaimed { department, .. } | Event::PartClaimed { department, .. } => {
                (department, Kind::Completion)
            }
            _ => return None,
        };
        Some((department.clone(), kind))
    }
}

/// Who said what is to be judged or ruled on, where that is noted.
fn said_by(event: &Event) -> Option<&String> {
    match event {
        Event::Contested { by, .. }
        | Event::ExtensionRequested { by, .. }
        | Event::CompletionClaimed { by, .. }
        | Event::PartClaimed { by, .. } => by.as_ref(),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
