//! An item as it is now.

use super::keep::Kept;
use super::promise::{Missed, Promises};
use super::put_down::Kind;
use super::{Event, Place, PutDown, Rejection};
use crate::calendar::{WorkingCalendar, Zone};
use crate::weekly::Weekly;
use crate::{Code, Date, Line, Text, Timestamp, Uuid};
use std::collections::{BTreeMap, BTreeSet};

/// What is owed, by whom, until when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assignment {
    /// Its resolution.
    pub resolution: Uuid,
    /// Its number, the resolution's and its own: `JC-2027-0003/2`.
    pub number: Line,
    /// Its title.
    pub title: Line,
    /// What is to be delivered.
    pub deliverable: Text,
    /// The acceptance criterion: how to tell that it is done.
    pub criterion: Text,
    /// 牵头: the department that answers for it.
    pub lead: Code,
    /// 配合: the departments that support it. The lead is none of them; in old logs it may be.
    pub co_responsible: Vec<Code>,
    /// When it is due.
    pub due_on: Date,
    /// The last moment of that date.
    pub due_at: Timestamp,
    /// Until when the lead must acknowledge or contest.
    pub acknowledge_by: Timestamp,
}

/// Stage of an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Stage {
    /// 待签收
    Assigned,
    /// 异议
    Contested,
    /// 办理中
    Underway,
    /// 待验收
    Claimed,
    /// 办结
    Accepted,
    /// 撤销
    Rescinded,
}

impl Stage {
    /// The stage in words.
    pub fn as_str(self) -> &'static str {
        match self {
            Stage::Assigned => "assigned",
            Stage::Contested => "contested",
            Stage::Underway => "underway",
            Stage::Claimed => "claimed",
            Stage::Accepted => "accepted",
            Stage::Rescinded => "rescinded",
        }
    }

    /// See [`Item::days_late`].
    pub fn days_late(self, paused: bool, due_at: Timestamp, now: Timestamp, zone: &Zone) -> Option<u32> {
        let waits_for_lead = matches!(self, Stage::Assigned | Stage::Contested | Stage::Underway) && !paused;
        (waits_for_lead && now > due_at).then(|| zone.days_between(due_at, now))
    }
}

/// When an item is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Due {
    /// The date.
    pub due_on: Date,
    /// The last moment of that date.
    pub due_at: Timestamp,
}

/// When an item is due once its clock runs on: everything that was ahead is later by the time that it stood still.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moved {
    /// The date.
    pub due_on: Date,
    /// The last moment of that date.
    pub due_at: Timestamp,
    /// The date of what its lead promised: first, or at the last reopening; not noted in old logs.
    pub promised_on: Option<Date>,
    /// The last moment of that date; not noted in old logs.
    pub promised_at: Option<Timestamp>,
    /// Until when the lead must acknowledge or contest, while it has to.
    pub acknowledge_by: Option<Timestamp>,
}

/// How far the help has come that a blocked department asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Help {
    /// 待协助: it is owed.
    Owed,
    /// 已响应: whoever was asked will help.
    Acknowledged,
    /// 已协助: whoever was asked says that it has helped.
    Given,
}

/// Why the work of a department cannot go on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Blockage {
    /// The department that is blocked.
    pub department: Code,
    /// Why.
    pub reason: Text,
    /// The department that could help.
    pub help_from: Code,
    /// How far its help has come.
    pub help: Help,
}

/// How far the part of a supporting department has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PartStage {
    /// 待签收
    Assigned,
    /// 办理中
    Underway,
    /// 待验收
    Claimed,
    /// 办结
    Accepted,
}

impl PartStage {
    /// The stage in words.
    pub fn as_str(self) -> &'static str {
        match self {
            PartStage::Assigned => "assigned",
            PartStage::Underway => "underway",
            PartStage::Claimed => "claimed",
            PartStage::Accepted => "accepted",
        }
    }
}

/// What a supporting department does of an item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// The department.
    pub department: Code,
    /// How far it has come.
    pub stage: PartStage,
    /// How much is done according to its last report, in percent.
    pub percent: u32,
}

/// Why nothing is owed for the time being.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suspension {
    /// Why.
    pub reason: Text,
    /// Who or what ordered it.
    pub authority: Line,
}

/// A later due date that was requested.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExtensionRequest {
    /// The date.
    pub due_on: Date,
    /// The last moment of that date.
    pub due_at: Timestamp,
    /// Why.
    pub reason: Text,
}

/// One item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// What is owed, by whom, until when, as it is now.
    pub assignment: Assignment,
    /// When it was first promised to be done, by the lead that it has now. No extension moves it; what the clock stood
    /// still for does.
    pub first_due: Due,
    /// When the work was claimed that was accepted first; none before.
    pub first_done_at: Option<Timestamp>,
    /// What was promised when it was reopened last, with which another count begins; none unless it was.
    pub reopened_due: Option<Due>,
    /// The promise that was missed by most, of those whose work was accepted.
    pub missed: Option<Missed>,
    /// Its stage.
    pub stage: Stage,
    /// The department that judges the work; none: the supervisors.
    pub acceptor: Option<Code>,
    /// What the departments that support it do, in the order in which they were named.
    pub parts: Vec<Part>,
    /// How much is done according to the lead's last report, in percent.
    pub reported_percent: u32,
    /// Why work cannot go on, by department.
    pub blockages: Vec<Blockage>,
    /// The extension that nobody has decided on yet.
    pub extension: Option<ExtensionRequest>,
    /// How many times a later due date was requested of the present assignment.
    pub extensions_requested: u32,
    /// How many times the due date was moved by an extension.
    pub extensions_granted: u32,
    /// Whether the present assignment was contested.
    pub contested: bool,
    /// Why nothing is owed for the time being, while nothing is.
    pub suspension: Option<Suspension>,
    /// The items that it waits for, with their numbers.
    pub waits_for: BTreeMap<Uuid, Line>,
    /// The items that wait or waited for it.
    pub dependants: BTreeSet<Uuid>,
    /// Where it is in a cascade, when it is a part of another item.
    pub place: Option<Place>,
    /// The items below it, which carry it out, with their numbers, in the order in which they came.
    pub sub_items: Vec<(Uuid, Line)>,
    /// Those of them that it was split into; the others were decided by sessions that carry it out.
    pub split: BTreeSet<Uuid>,
    /// The sessions that were requested to carry it out.
    pub sessions: BTreeSet<Uuid>,
    /// Since when its clock stands still; none while it runs.
    pub paused_since: Option<Timestamp>,
    /// When the work was claimed to be done, while that is claimed or accepted; not known in old logs.
    pub claimed_at: Option<Timestamp>,
    /// How often it was urged lately.
    pub urges: Weekly,
    /// Whether the last look-back found that the result holds.
    pub holds: Option<bool>,
    /// The departments that have said something of it themselves: nobody puts anything down for them any more.
    pub own_voices: BTreeSet<Code>,
    /// Who claimed, asked for an extension or contested for a department last, by the name in their token.
    pub said_by: BTreeMap<(Kind, Code), String>,
    /// What was put down by a clerk for a department, the last of each kind, while it counts.
    pub put_down: Vec<PutDown>,
    /// The documents whose content is kept, by their SHA-256 in lower-case digits.
    pub kept: BTreeMap<String, Kept>,
}

impl Item {
    pub(super) fn new(assignment: Assignment) -> Item {
        let part = |department: &Code| Part {
            department: department.clone(),
            stage: PartStage::Assigned,
            percent: 0,
        };
        let lead = &assignment.lead;
        Item {
            first_due: Due { due_on: assignment.due_on, due_at: assignment.due_at },
            first_done_at: None,
            reopened_due: None,
            missed: None,
            parts: assignment.co_responsible.iter().filter(|code| *code != lead).map(part).collect(),
            assignment,
            stage: Stage::Assigned,
            acceptor: None,
            reported_percent: 0,
            blockages: vec![],
            extension: None,
            extensions_requested: 0,
            extensions_granted: 0,
            contested: false,
            suspension: None,
            waits_for: BTreeMap::new(),
            dependants: BTreeSet::new(),
            place: None,
            sub_items: vec![],
            split: BTreeSet::new(),
            sessions: BTreeSet::new(),
            paused_since: None,
            claimed_at: None,
            urges: Weekly::default(),
            holds: None,
            own_voices: BTreeSet::new(),
            said_by: BTreeMap::new(),
            put_down: vec![],
            kept: BTreeMap::new(),
        }
    }

    /// The lead and the departments that support it.
    pub fn parties(&self) -> impl Iterator<Item = &Code> {
        std::iter::once(&self.assignment.lead)
            .chain(self.assignment.co_responsible.iter().filter(|code| **code != self.assignment.lead))
    }

    /// The departments whose matter it is: its parties, its acceptor, those that are asked for help, and those that lead
    /// what it is a part of.
    pub fn concerned(&self) -> impl Iterator<Item = &Code> {
        let helpers = self.blockages.iter().map(|blockage| &blockage.help_from);
        let above = self.place.iter().flat_map(|place| &place.above);
        self.parties().chain(&self.acceptor).chain(helpers).chain(above)
    }

    /// How much is done, in percent: what the lead last said, or all of it once that was accepted.
    pub fn percent(&self) -> u32 {
        if self.stage == Stage::Accepted { super::PERCENT_MAX } else { self.reported_percent }
    }

    /// Whether nothing is owed any more.
    pub fn is_over(&self) -> bool {
        matches!(self.stage, Stage::Accepted | Stage::Rescinded)
    }

    /// Calendar days since it was due; none unless it is late: past due, with its clock running. What is claimed,
    /// contested or suspended, or waits for another item, waits for somebody else.
    pub fn days_late(&self, now: Timestamp, zone: &Zone) -> Option<u32> {
        self.stage.days_late(self.paused_since.is_some(), self.assignment.due_at, now, zone)
    }

    /// Calendar days by which a promise was missed, whatever was agreed since: the first one, up to the claim that was
    /// accepted first, or that of reopened work, if that is more; while its work is not accepted, up to now, or since when
    /// the clock stands still. At least 1 for what was missed by hours; 0 for what is no longer owed.
    pub fn days_past_promise(&self, now: Timestamp, zone: &Zone) -> u32 {
        self.promises().days_past(now, zone)
    }

    /// What its lead promised, and how far that is kept.
    pub fn promises(&self) -> Promises {
        Promises {
            stage: self.stage,
            first_due_at: self.first_due.due_at,
            first_done_at: self.first_done_at,
            missed: self.missed,
            promised_at: self.promise().due_at,
            paused_since: self.paused_since,
        }
    }

    /// The promise that counts now: the first, or the one at the last reopening.
    pub fn promise(&self) -> Due {
        self.reopened_due.unwrap_or(self.first_due)
    }

    /// The part of a department, if it has one.
    pub(super) fn part(&self, department: &Code) -> Result<&Part, Rejection> {
        let found = self.parts.iter().find(|part| part.department == *department);
        found.ok_or_else(|| Rejection::NoSuchPart { department_code: department.clone() })
    }

    /// When it is due once this reason ends for its clock to stand still, if that is later: when no other reason is
    /// left, it is due later by the working days that its clock stood still.
    pub(super) fn due_after_pause(
        &self,
        ends: impl FnOnce(&mut Item),
        calendar: &WorkingCalendar,
        now: Timestamp,
    ) -> Option<Moved> {
        let since = self.paused_since?;
        let mut after = self.clone();
        ends(&mut after);
        if after.has_reason_to_pause() {
            return None;
        }
        let days = calendar.working_days_between(calendar.date_of(since), calendar.date_of(now));
        let later = |Due { due_on, due_at }: Due| {
            if due_at == calendar.end_of(due_on) {
                let due_on = if days > 0 { calendar.after_working_days(due_on, days) } else { due_on };
                return Due { due_on, due_at: calendar.end_of(due_on) };
            }
            // It is due at a moment, and not at the end of a day: nights and holidays count.
            let due_at = due_at.checked_add(now.duration_since(since)).unwrap_or(Timestamp::MAX);
            Due { due_on: calendar.date_of(due_at), due_at }
        };
        let Assignment { due_on, due_at, acknowledge_by, .. } = self.assignment;
        let due = later(Due { due_on, due_at });
        let promised = later(self.promise());
        let is_offered = after.stage == Stage::Assigned && since <= acknowledge_by;
        let by = Due { due_on: calendar.date_of(acknowledge_by), due_at: acknowledge_by };
        let acknowledge_by = is_offered.then(|| later(by).due_at);
        let stays = due.due_at == due_at
            && promised.due_at == self.promise().due_at
            && acknowledge_by.is_none_or(|moved| moved == by.due_at);
        (!stays).then_some(Moved {
            due_on: due.due_on,
            due_at: due.due_at,
            promised_on: Some(promised.due_on),
            promised_at: Some(promised.due_at),
            acknowledge_by,
        })
    }

    fn has_reason_to_pause(&self) -> bool {
        matches!(self.stage, Stage::Claimed | Stage::Contested)
            || self.suspension.is_some()
            || !self.waits_for.is_empty()
    }

    /// Refuses unless the item is in this stage.
    pub(super) fn must_be(&self, needed: Stage) -> Result<(), Rejection> {
        if self.stage == needed { Ok(()) } else { Err(self.wrong_stage(needed.as_str())) }
    }

    pub(super) fn wrong_stage(&self, needed: &'static str) -> Rejection {
        Rejection::WrongStage { number: self.assignment.number.clone(), stage: self.stage.as_str(), needed }
    }

    pub(super) fn wrong_part_stage(&self, part: &Part, needed: PartStage) -> Rejection {
        let number = self.assignment.number.clone();
        Rejection::WrongStage { number, stage: part.stage.as_str(), needed: needed.as_str() }
    }

    pub(super) fn apply(&mut self, event: &Event) {
        self.settle_marks(event);
        match event {
            Event::Assigned { .. } => {}
            Event::AcceptorNamed { acceptor, .. } => self.acceptor.clone_from(acceptor),
            Event::Acknowledged { .. } => self.stage = Stage::Underway,
            Event::Contested { contested_at, .. } => {
                self.stage = Stage::Contested;
                self.contested = true;
                self.pause(*contested_at);
            }
            Event::ContestDismissed { acknowledge_by, due, .. } => {
                self.move_on(*due);
                self.offer(*acknowledge_by);
            }
            Event::Reassigned { lead, acknowledge_by, due, .. } => {
                self.reassign(lead, *due);
                self.offer(*acknowledge_by);
            }
            Event::ProgressReported { department, percent, .. } => self.report(department, *percent),
            Event::ExtensionRequested { due_on, due_at, reason, .. } => {
                self.extensions_requested += 1;
                self.extension =
                    Some(ExtensionRequest { due_on: *due_on, due_at: *due_at, reason: reason.clone() });
            }
            Event::ExtensionGranted { due_on, due_at, granted } => {
                self.move_due(Some(Due { due_on: *due_on, due_at: *due_at }));
                self.extensions_granted = *granted;
                self.extension = None;
            }
            Event::ExtensionRefused { .. } => self.extension = None,
            Event::CompletionClaimed { claimed_at, .. } => {
                self.stop(Stage::Claimed);
                self.claimed_at = *claimed_at;
                self.pause(*claimed_at);
            }
            Event::Accepted { .. } => {
                self.settle_promise();
                self.end(Stage::Accepted);
            }
            Event::Returned { due, .. } => {
                self.claimed_at = None;
                self.move_on(*due);
                self.stage = Stage::Underway;
            }
            Event::Reopened { due_on, due_at, .. } => {
                self.move_due(Some(Due { due_on: *due_on, due_at: *due_at }));
                self.reopened_due = Some(Due { due_on: *due_on, due_at: *due_at });
                (self.holds, self.claimed_at) = (None, None);
                self.stage = Stage::Underway;
            }
            Event::Suspended { reason, authority, suspended_at } => {
                self.suspension = Some(Suspension { reason: reason.clone(), authority: authority.clone() });
                self.pause(Some(*suspended_at));
            }
            Event::Resumed { due, .. } => {
                self.suspension = None;
                self.move_on(*due);
            }
            Event::DependencyAdded { on, on_number, added_at } => {
                self.waits_for.insert(*on, on_number.clone());
                self.pause(Some(*added_at));
            }
            Event::DependantNoted { dependant } => {
                self.dependants.insert(*dependant);
            }
            Event::Released { on, due } => {
                self.waits_for.remove(on);
                self.move_on(*due);
            }
            Event::Urged { urged_on, .. } => self.urges = self.urges.and_on(*urged_on),
            Event::Rescinded { .. } => self.end(Stage::Rescinded),
            Event::LookBackRecorded { holds, .. } => self.holds = Some(*holds),
            of_one_department => self.apply_to_department(of_one_department),
        }
        if !self.has_reason_to_pause() {
            self.paused_since = None;
        }
    }

    /// What is so for one of its departments, and changes nothing for the item as a whole.
    fn apply_to_department(&mut self, event: &Event) {
        match event {
            Event::PartAcknowledged { department } => self.set_part(department, PartStage::Underway),
            Event::BlockageReported { department, reason, help_from } => {
                self.unblock(Some(department));
                let (department, reason) = (department.clone(), reason.clone());
                let (help_from, help) = (help_from.clone(), Help::Owed);
                self.blockages.push(Blockage { department, reason, help_from, help });
            }
            Event::BlockageCleared { blocked, .. } => self.unblock(blocked.as_ref()),
            Event::HelpAcknowledged { blocked, .. } => self.set_help(blocked, Help::Acknowledged),
            Event::HelpGiven { blocked, .. } => self.set_help(blocked, Help::Given),
            Event::PartClaimed { department, .. } => {
                self.unblock(Some(department));
                self.set_part(department, PartStage::Claimed);
            }
            Event::PartAccepted { part, .. } => self.set_part(part, PartStage::Accepted),
            Event::PartReturned { part, .. } => self.set_part(part, PartStage::Underway),
            of_a_cascade => self.apply_in_cascade(of_a_cascade),
        }
    }

    /// What is above and below it, and what was put down.
    fn apply_in_cascade(&mut self, event: &Event) {
        match event {
            Event::PlacedBelow { place } => self.place = Some(place.clone()),
            Event::SubItemNoted { sub_item, number, is_split } => {
                self.sub_items.push((*sub_item, number.clone()));
                if *is_split {
                    self.split.insert(*sub_item);
                }
            }
            Event::SessionNoted { session } => {
                self.sessions.insert(*session);
            }
            Event::PutDown { put_down } => self.mark(put_down),
            Event::EvidenceKept { sha256, bytes, content, .. } => {
                self.kept.insert(sha256.as_str().to_owned(), Kept { bytes: *bytes, content: *content });
            }
            contested => self.contested_by(contested),
        }
    }

    fn pause(&mut self, at: Option<Timestamp>) {
        self.paused_since = self.paused_since.or(at);
    }

    /// Its clock runs on, and with the due date what was promised moves. Old logs do not note how: there, the promise moves
    /// along unless an extension came between the two.
    pub(super) fn move_on(&mut self, moved: Option<Moved>) {
        let Some(Moved { due_on, due_at, promised_on, promised_at, acknowledge_by }) = moved else { return };
        let due = Due { due_on, due_at };
        let noted = promised_on.zip(promised_at).map(|(due_on, due_at)| Due { due_on, due_at });
        let was_extended = self.promise().due_at != self.assignment.due_at;
        let promised = noted.or((!was_extended).then_some(due)).unwrap_or(self.promise());
        match &mut self.reopened_due {
            Some(reopened) => *reopened = promised,
            None => self.first_due = promised,
        }
        self.move_due(Some(due));
        self.assignment.acknowledge_by = acknowledge_by.unwrap_or(self.assignment.acknowledge_by);
    }

    /// The work is accepted: its lead took until it claimed that, or until it had to wait for somebody else before.
    fn settle_promise(&mut self) {
        let promised_at = self.promise().due_at;
        let done_at = self.paused_since.or(self.claimed_at).unwrap_or(promised_at);
        if done_at > promised_at {
            self.missed = Some(Missed { promised_at, done_at }.worse(self.missed));
        }
        self.first_done_at = self.first_done_at.or(Some(done_at));
    }

    fn move_due(&mut self, due: Option<Due>) {
        if let Some(Due { due_on, due_at }) = due {
            (self.assignment.due_on, self.assignment.due_at) = (due_on, due_at);
        }
    }

    /// A new lead makes a promise of its own, and has its own extensions and its own contest. What it did in support
    /// is no part any more.
    fn reassign(&mut self, lead: &Code, due: Option<Due>) {
        self.assignment.lead = lead.clone();
        self.parts.retain(|part| part.department != *lead);
        self.assignment.co_responsible.retain(|code| code != lead);
        self.move_due(due);
        self.first_due = Due { due_on: self.assignment.due_on, due_at: self.assignment.due_at };
        (self.extensions_requested, self.extensions_granted, self.contested) = (0, 0, false);
    }

    fn report(&mut self, department: &Code, percent: u32) {
        if *department == self.assignment.lead {
            self.reported_percent = percent;
        } else if let Some(part) = self.parts.iter_mut().find(|part| part.department == *department) {
            part.percent = percent;
        }
    }

    fn set_part(&mut self, department: &Code, stage: PartStage) {
        if let Some(part) = self.parts.iter_mut().find(|part| part.department == *department) {
            part.stage = stage;
        }
    }

    fn set_help(&mut self, blocked: &Code, help: Help) {
        if let Some(blockage) = self.blockages.iter_mut().find(|found| found.department == *blocked) {
            blockage.help = help;
        }
    }

    /// Ends the blockage of a department; with none, every one.
    fn unblock(&mut self, department: Option<&Code>) {
        self.blockages.retain(|blockage| department.is_some_and(|code| blockage.department != *code));
    }

    /// Offers the item to its lead again.
    fn offer(&mut self, acknowledge_by: Timestamp) {
        self.assignment.acknowledge_by = acknowledge_by;
        self.stage = Stage::Assigned;
    }

    /// Ends the work, and with it blockages and a request for an extension.
    fn stop(&mut self, stage: Stage) {
        self.stage = stage;
        self.blockages.clear();
        self.extension = None;
    }

    /// Ends the item: it waits for nothing any more.
    fn end(&mut self, stage: Stage) {
        self.stop(stage);
        self.suspension = None;
        self.waits_for.clear();
    }
}
