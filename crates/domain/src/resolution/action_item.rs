//! An action item (督办事项): what one department owes under a resolution, from its assignment to the proof that
//! it was done.
//!
//! The folder holds its parts: [`event`] is what can happen, [`item`] how far it has come; then the rules by
//! what they are about: `assignment`, `work`, `extension`, `acceptance`.

mod acceptance;
mod assignment;
pub mod event;
mod extension;
pub mod item;
mod work;

pub use event::Event;
pub use item::{Assignment, Blockage, ExtensionRequest, Item, Stage};

use crate::calendar::WorkingCalendar;
use crate::due::DueRule;
use crate::resolution::evidence::Evidence;
use crate::{
    Aggregate, Audience, Code, Date, Issued, Line, Text, Timestamp, Uuid, aggregate::derived_id, rejections,
};

/// Departments that support one item, at most.
pub const CO_RESPONSIBLE_MAX: usize = 50;
/// How many times the due date of one item may be moved.
pub const EXTENSIONS_MAX: u32 = 2;
/// Working days in which a lead acknowledges after a contest was ruled on.
pub const ACKNOWLEDGE_WORKING_DAYS: u32 = 3;
/// The percentage that means done.
pub const PERCENT_MAX: u32 = 100;

/// The commands.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are those of the events, where each is described")]
pub enum Command {
    /// Assigns the item to its lead.
    Assign { assignment: Assignment },
    /// 签收: the lead acknowledges it; a contest of its own lapses.
    Acknowledge,
    /// The lead disputes, in time, that the item is its own to do.
    Contest { reason: Text },
    /// Rules on a contest: another department leads from now on, or the contest is dismissed.
    ResolveContest { reassign_to: Option<Code>, reason: Text, calendar: WorkingCalendar },
    /// Reports how far the work has come, with evidence.
    ReportProgress { percent: u32, note: Text, evidence: Vec<Evidence> },
    /// Reports that the work cannot go on, and who could help.
    ReportBlockage { reason: Text, help_from: Code },
    /// Reports that it can go on.
    ClearBlockage { note: Text },
    /// Requests a later due date.
    RequestExtension { due: DueRule, reason: Text, calendar: WorkingCalendar },
    /// Grants the later due date that was requested.
    GrantExtension,
    /// Refuses the later due date that was requested.
    RefuseExtension { reason: Text },
    /// Claims that the work is done, with evidence.
    ClaimCompletion { summary: Text, evidence: Vec<Evidence> },
    /// 验收: accepts the work, as the criterion is met.
    Accept { note: Option<Text> },
    /// Returns the work, as the criterion is not met.
    ReturnWork { reason: Text },
    /// Revokes an acceptance.
    Reopen { reason: Text, due: Option<DueRule>, calendar: WorkingCalendar },
    /// Ends an unfinished item, because its resolution is no longer in force.
    Rescind { reason: Text },
    /// 回头看: records, some time after acceptance, whether the result lasts.
    RecordLookBack { observation: Text, holds: bool },
}

rejections! {
    /// Why a command on an item is refused.
    Rejection {
        NotFound("NOT_FOUND") { what: String } = "{what} does not exist",
        AlreadyAssigned("ALREADY_ASSIGNED") { number: Line } =
            "the item is already assigned as {number}, with other content",
        TooManyCoResponsible("TOO_MANY_CO_RESPONSIBLE") { departments: usize, max: usize } =
            "{departments} departments were named to support the item; at most {max} are accepted",
        NotYourDepartment("NOT_YOUR_DEPARTMENT") { department_code: String, needed_codes: String } =
            "only {needed_codes} may do this; you speak for {department_code}",
        WrongStage("WRONG_STAGE") { number: Line, stage: &'static str, needed: &'static str } =
            "the stage of item {number} is {stage}; it has to be {needed}",
        ContestTooLate("CONTEST_TOO_LATE") { acknowledge_by: Timestamp } =
            "the assignment could be contested until {acknowledge_by}",
        AlreadyLead("ALREADY_LEAD") { department_code: Code } = "{department_code} already leads the item",
        OwnCase("OWN_CASE") { department_code: Code } =
            "{department_code} leads the item and cannot rule on its own case",
        OwnWork("OWN_WORK") { department_code: Code } =
            "{department_code} did the work; somebody else has to judge it",
        PercentOutOfRange("PERCENT_OUT_OF_RANGE") { percent: u32, max: u32 } =
            "{percent} percent was reported; at most {max} percent can be done",
        EvidenceRequired("EVIDENCE_REQUIRED") = "a claim of completion needs at least one document as evidence",
        TooMuchEvidence("TOO_MUCH_EVIDENCE") { documents: usize, max: usize } =
            "{documents} documents were given; at most {max} are accepted",
        NotADigest("NOT_A_DIGEST") { sha256: Line } =
            "{sha256} is not a SHA-256; 64 hexadecimal digits are needed",
        HelpFromOwnDepartment("HELP_FROM_OWN_DEPARTMENT") { department_code: Code } =
            "{department_code} cannot ask itself for help",
        ExtensionPending("EXTENSION_PENDING") { due_on: Date } =
            "an extension until {due_on} is waiting for a decision",
        NoExtensionRequested("NO_EXTENSION_REQUESTED") { number: Line } =
            "no extension of item {number} is waiting for a decision",
        ExtensionsExhausted("EXTENSIONS_EXHAUSTED") { granted: u32, max: u32 } =
            "the due date was moved {granted} times; at most {max} are allowed",
        DueTooEarly("DUE_TOO_EARLY") { due_on: Date, earliest_due_on: Date } =
            "{due_on} is too early; it has to be {earliest_due_on} or later",
        DueOutOfRange("DUE_OUT_OF_RANGE") { days: u32, max: u32 } =
            "{days} days were given; at most {max} are accepted",
    }
}

/// What is known of one item.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum State {
    /// Never assigned.
    #[default]
    Absent,
    /// Assigned, and what became of it.
    Assigned(Box<Item>),
}

impl State {
    /// The item, once it is assigned.
    pub fn item(&self) -> Option<&Item> {
        match self {
            State::Absent => None,
            State::Assigned(item) => Some(item),
        }
    }

    fn assigned(&self) -> Result<&Item, Rejection> {
        self.item().ok_or_else(|| Rejection::NotFound { what: "the action item".to_owned() })
    }
}

/// The action item aggregate.
#[derive(Debug)]
pub struct ActionItem;

impl ActionItem {
    /// The id of the item with this number on a docket; its follow-up has the same.
    pub fn id(docket: Uuid, number: u32) -> Uuid {
        derived_id(docket, &["item", &number.to_string()])
    }
}

impl Aggregate for ActionItem {
    const CATEGORY: &'static str = "resolution.action_item";
    type Command = Command;
    type Event = Event;
    type Rejection = Rejection;
    type State = State;

    fn decide(state: &State, command: Command, issued: &Issued) -> Result<Vec<Event>, Rejection> {
        if let Command::Assign { assignment } = command {
            return assignment::assign(state, assignment);
        }
        let item = state.assigned()?;
        match command {
            Command::Assign { .. } => Ok(vec![]),
            Command::Acknowledge => assignment::acknowledge(item, issued),
            Command::Contest { reason } => assignment::contest(item, reason, issued),
            Command::ResolveContest { reassign_to, reason, calendar } => {
                assignment::resolve_contest(item, reassign_to, reason, &calendar, issued)
            }
            Command::ReportProgress { percent, note, evidence } => {
                work::report_progress(item, percent, note, evidence, issued)
            }
            Command::ReportBlockage { reason, help_from } => {
                work::report_blockage(item, reason, help_from, issued)
            }
            Command::ClearBlockage { note } => work::clear_blockage(item, note, issued),
            Command::RequestExtension { due, reason, calendar } => {
                extension::request(item, due, reason, &calendar, issued)
            }
            Command::GrantExtension => extension::grant(item, issued),
            Command::RefuseExtension { reason } => extension::refuse(item, reason, issued),
            Command::ClaimCompletion { summary, evidence } => {
                work::claim_completion(item, summary, evidence, issued)
            }
            Command::Accept { note } => acceptance::accept(item, note, issued),
            Command::ReturnWork { reason } => acceptance::return_work(item, reason, issued),
            Command::Reopen { reason, due, calendar } => {
                acceptance::reopen(item, reason, due, &calendar, issued)
            }
            Command::Rescind { reason } => Ok(acceptance::rescind(item, reason)),
            Command::RecordLookBack { observation, holds } => {
                acceptance::record_look_back(item, observation, holds, issued)
            }
        }
    }

    fn audience(state: &State) -> Audience<'_> {
        state.item().map_or(Audience::Everybody, |item| Audience::of(item.concerned()))
    }

    fn evolve(state: State, event: &Event) -> State {
        match (state, event) {
            (State::Absent, Event::Assigned { assignment }) => {
                State::Assigned(Box::new(Item::new(assignment.clone())))
            }
            (State::Assigned(mut item), event) => {
                item.apply(event);
                State::Assigned(item)
            }
            (State::Absent, _) => State::Absent,
        }
    }
}

/// The caller's department, when it is the item's lead.
fn by_lead(item: &Item, issued: &Issued) -> Result<Code, Rejection> {
    by_one_of(std::iter::once(&item.assignment.lead), issued)
}

/// The caller's department, when it leads or supports the item.
fn by_party(item: &Item, issued: &Issued) -> Result<Code, Rejection> {
    by_one_of(item.parties(), issued)
}

/// The caller's department, when it is one of these.
fn by_one_of<'a>(needed: impl Iterator<Item = &'a Code>, issued: &Issued) -> Result<Code, Rejection> {
    let needed: Vec<&Code> = needed.collect();
    match needed.iter().find(|department| issued.by.speaks_for(department)) {
        Some(&department) => Ok(department.clone()),
        None => Err(Rejection::NotYourDepartment {
            department_code: issued.by.spoken_for(),
            needed_codes: needed.iter().map(|code| code.as_str()).collect::<Vec<_>>().join(", "),
        }),
    }
}

/// Refuses the lead where somebody else has to decide.
fn not_by_lead(item: &Item, issued: &Issued) -> Result<(), Rejection> {
    let lead = &item.assignment.lead;
    if issued.by.speaks_for(lead) {
        Err(Rejection::OwnCase { department_code: lead.clone() })
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests;
