//! An action item (督办事项): what one department owes under a resolution, from its assignment to the proof that
//! it was done.
//!
//! The folder holds its parts: [`event`] is what can happen, [`item`] how far it has come; then the rules by
//! what they are about: `assignment`, `work`, `help`, `extension`, `acceptance`, `pause`, `urge`,
//! `instruct`, [`cascade`].

mod acceptance;
mod assignment;
pub mod cascade;
pub mod event;
mod extension;
mod help;
mod instruct;
pub mod item;
pub mod keep;
pub mod next;
mod pause;
mod promise;
pub mod put_down;
mod urge;
mod work;

pub use cascade::{Neighbours, Parent, Place, SubItem};
pub use event::Event;
pub use item::{
    Assignment, Blockage, Due, ExtensionRequest, Help, Item, Moved, Part, PartStage, Stage, Suspension,
};
pub use promise::{Missed, Promises};
pub use put_down::{Grounds, Means, PutDown, Said, Saying};

use crate::calendar::WorkingCalendar;
use crate::due::DueRule;
use crate::resolution::evidence::Evidence;
use crate::resolution::register;
use crate::{
    Aggregate, Audience, Code, Date, Issued, Line, Text, Timestamp, Uuid, aggregate::derived_id, rejections,
};

/// Departments that support one item, at most.
pub const CO_RESPONSIBLE_MAX: usize = 50;
/// How many times its lead may ask for a later due date of one item.
pub const EXTENSIONS_MAX: u32 = 2;
/// Items that one item may wait for, at most.
pub const DEPENDENCIES_MAX: usize = 20;
/// Items that may wait for one item, at most.
pub const DEPENDANTS_MAX: usize = 200;
/// Urges on one item in a week, at most; weeks begin on Monday.
pub const URGES_PER_WEEK_MAX: u32 = 2;
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
    /// Names who judges the work: a department that is no party, or with none the supervisors.
    NameAcceptor { acceptor: Option<Code>, reason: Text },
    /// 签收: the lead acknowledges the item, and a contest of its own lapses; or a department that supports it
    /// acknowledges its part.
    Acknowledge,
    /// The lead disputes, in time, that the item is its own to do.
    Contest { reason: Text },
    /// Rules on a contest: another department leads from now on, until a day of its own, or the contest is
    /// dismissed.
    ResolveContest {
        reassign_to: Option<Code>,
        due: Option<DueRule>,
        reason: Text,
        calendar: WorkingCalendar,
    },
    /// Reports how far the work has come, with evidence.
    ReportProgress { percent: u32, note: Text, evidence: Vec<Evidence> },
    /// Reports that the work of one's own department cannot go on, and who could help.
    ReportBlockage { reason: Text, help_from: Code },
    /// Reports that it can go on; with none, the work of one's own department.
    ClearBlockage { blocked: Option<Code>, note: Text },
    /// The department that is asked for help says that it will help.
    AcknowledgeHelp { blocked: Code },
    /// It says that it has helped.
    GiveHelp { blocked: Code, note: Text },
    /// Requests a later due date.
    RequestExtension { due: DueRule, reason: Text, calendar: WorkingCalendar },
    /// Grants the later due date that was requested.
    GrantExtension { calendar: WorkingCalendar },
    /// Refuses the later due date that was requested.
    RefuseExtension { reason: Text },
    /// Claims that the work is done, with evidence: the lead the item, a department that supports it its part.
    ClaimCompletion { summary: Text, evidence: Vec<Evidence> },
    /// 验收: accepts the work, or the part of one department, as the criterion is met.
    Accept { part: Option<Code>, note: Option<Text> },
    /// Returns the work, or the part of one department, as the criterion is not met.
    ReturnWork { part: Option<Code>, reason: Text, calendar: WorkingCalendar },
    /// Revokes an acceptance.
    Reopen { reason: Text, due: Option<DueRule>, calendar: WorkingCalendar },
    /// 暂停: nothing is owed until the item is resumed.
    Suspend { reason: Text, authority: Line },
    /// 恢复: the item is owed again, later by the working days it was suspended.
    Resume { note: Text, calendar: WorkingCalendar },
    /// The item waits for another one.
    AwaitItem { on: Uuid, on_number: Line },
    /// Another item waits for this one.
    NoteDependant { dependant: Uuid },
    /// A supervisor has the item wait for another one no longer.
    StopWaiting { on: Uuid, calendar: WorkingCalendar },
    /// The item no longer waits for another one, which is over.
    Release { on: Uuid, calendar: WorkingCalendar },
    /// 催办: urges the lead on.
    Urge { text: Text, calendar: WorkingCalendar },
    /// 批示: a leader gives an instruction; the item's leaders are those of these departments.
    Instruct { text: Text, leaders: Vec<Code> },
    /// Assigns an item that another one is split into.
    AssignBelow { assignment: Assignment, place: Place, acceptor: Option<Code> },
    /// Puts an item below the one that it carries out.
    PlaceBelow { place: Place },
    /// There are items below this one: it was split into them, or a session decided on them to carry it out.
    NoteSubItems { sub_items: Vec<(Uuid, Line)>, is_split: bool },
    /// A session is requested to carry the item out.
    NoteSession { session: Uuid },
    /// Another command, on an item of a cascade.
    InCascade { around: Neighbours, command: Box<Command> },
    /// 代填: a clerk puts down what a department without users said.
    PutDown { saying: Saying, said: Said, grounds: Grounds, calendar: WorkingCalendar },
    /// A department takes back what was put down for it.
    ContestPutDown { kind: put_down::Kind, reason: Text, calendar: WorkingCalendar },
    /// Keeps the content of a document that was given as evidence.
    KeepEvidence { content: keep::Content },
    /// Ends an unfinished item, because its resolution is no longer in force, or what it is a part of is not owed any more.
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
            "{department_code} is a party to the item and cannot rule on its own case",
        OwnWork("OWN_WORK") { department_code: Code } =
            "{department_code} is a party to the item; somebody else has to judge the work",
        NotAcceptor("NOT_ACCEPTOR") { department_code: String, acceptor_code: Code } =
            "only {acceptor_code}, or a supervisor outside the parties, judges the work; \
             you speak for {department_code}",
        NotSupervisor("NOT_SUPERVISOR") { department_code: String } =
            "only a supervisor outside the parties judges the work; you speak for {department_code}",
        AcceptorIsParty("ACCEPTOR_IS_PARTY") { department_code: Code } =
            "{department_code} is a party to the item and cannot be its acceptor; name another department",
        NoSuchPart("NO_SUCH_PART") { department_code: Code } =
            "{department_code} has no part of its own in the item",
        NotBlocked("NOT_BLOCKED") { department_code: Code } =
            "{department_code} has reported no blockage that needs help",
        AlreadyContested("ALREADY_CONTESTED") { number: Line } =
            "the assignment of item {number} was contested before and the contest ruled on",
        DueRequired("DUE_REQUIRED") { number: Line } = "item {number} needs a due date that is ahead",
        Suspended("SUSPENDED") { number: Line } = "item {number} is suspended; it has to be resumed first",
        NotSuspended("NOT_SUSPENDED") { number: Line } = "item {number} is not suspended",
        DependsOnItself("DEPENDS_ON_ITSELF") { number: Line } = "item {number} cannot wait for itself",
        TooManyDependencies("TOO_MANY_DEPENDENCIES") { items: usize, max: usize } =
            "{items} items would be waited for; at most {max} are accepted",
        UrgesExhausted("URGES_EXHAUSTED") { urges: u32, max: u32, next_on: Date } =
            "the item was urged {urges} times this week; at most {max} are allowed; the next from {next_on} on",
        ResolutionEnded("RESOLUTION_ENDED") { number: Line } =
            "the resolution of item {number} is no longer in force, so nothing is owed under it",
        PercentOutOfRange("PERCENT_OUT_OF_RANGE") { percent: u32, max: u32 } =
            "{percent} percent was reported; at most {max} percent can be done",
        EvidenceRequired("EVIDENCE_REQUIRED") = "a claim of completion needs at least one document as evidence",
        TooMuchEvidence("TOO_MUCH_EVIDENCE") { documents: usize, max: usize } =
            "{documents} documents were given; at most {max} are accepted",
        NotADigest("NOT_A_DIGEST") { sha256: Line } =
            "{sha256} is not the SHA-256 of a document; 64 hexadecimal digits are needed, not all of them zero",
        HelpFromOwnDepartment("HELP_FROM_OWN_DEPARTMENT") { department_code: Code } =
            "{department_code} cannot ask itself for help",
        ExtensionPending("EXTENSION_PENDING") { due_on: Date } =
            "an extension until {due_on} is waiting for a decision",
        NoExtensionRequested("NO_EXTENSION_REQUESTED") { number: Line } =
            "no extension of item {number} is waiting for a decision",
        ExtensionsExhausted("EXTENSIONS_EXHAUSTED") { requested: u32, max: u32 } =
            "a later due date was requested {requested} times; at most {max} are allowed",
        DueTooEarly("DUE_TOO_EARLY") { due_on: Date, earliest_due_on: Date } =
            "{due_on} is too early; it has to be {earliest_due_on} or later",
        DueOutOfRange("DUE_OUT_OF_RANGE") { days: u32, max: u32 } =
            "{days} days were given; at most {max} are accepted",
        SubItemsRequired("SUB_ITEMS_REQUIRED") { number: Line } =
            "nothing was given for item {number} to be split into; at least one sub-item is needed",
        TooManySubItems("TOO_MANY_SUB_ITEMS") { items: usize, max: usize } =
            "there would be {items} sub-items; at most {max} are accepted",
        NoPartInDecision("NO_PART_IN_DECISION") { department_code: Code, number: Line } =
            "department {department_code} took no part in the decision that {number} carries out, and is not below those that \
             owe it; name one that is, or have a session decide in which {department_code} takes part",
        TooManyTiers("TOO_MANY_TIERS") { number: Line, max: u32 } =
            "item {number} is on the last tier; a cascade has at most {max}",
        DueAfterParent("DUE_AFTER_PARENT") { due_on: Date, parent_number: Line, parent_due_on: Date } =
            "{due_on} is later than {parent_due_on}, when item {parent_number} is due, of which it is a part",
        HasOwnUsers("HAS_OWN_USERS") { department_code: Code, sign: &'static str } =
            "{department_code} speaks for itself: {sign}",
        SaidLater("SAID_LATER") { said_on: Date, today: Date } =
            "it cannot have been said on {said_on}: today is {today}",
        SaidEarlier("SAID_EARLIER") { said_on: Date, decided_on: Date } =
            "it cannot have been said on {said_on}: the item was decided on {decided_on}",
        NothingPutDown("NOTHING_PUT_DOWN") { department_code: String, kind: &'static str } =
            "nothing of this kind ({kind}) that was put down for {department_code} can be contested",
        OwnEntry("OWN_ENTRY") { department_code: Code } =
            "what {department_code} said was said or put down by you, or put down by somebody erased who may be you; somebody \
             else has to judge it or rule on it",
        EvidenceNotReported("EVIDENCE_NOT_REPORTED") { sha256: Line } =
            "no report or claim on the item gives a document with the SHA-256 {sha256} as evidence",
        ContentDiffers("CONTENT_DIFFERS") { sha256: Line, found: Line } =
            "the content has the SHA-256 {found}; it has to be {sha256}",
        ContentTooLarge("CONTENT_TOO_LARGE") { bytes: usize, max: usize } =
            "the content has {bytes} bytes; at most {max} are kept",
        TooMuchContent("TOO_MUCH_CONTENT") { documents: usize, max: usize } =
            "the content of {documents} documents would be kept; at most {max} are accepted for an item",
        SubItemsOpen("SUB_ITEMS_OPEN") { number: Line, open: usize, numbers: String } =
            "item {number} has open sub-items ({open}): {numbers}",
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
        match command {
            Command::Assign { assignment } => assignment::assign(state, assignment),
            Command::AssignBelow { assignment, place, acceptor } => {
                let assigned = assignment::assign(state, assignment.clone())?;
                Ok(cascade::assign_below(assignment, place, acceptor, assigned))
            }
            Command::InCascade { around, command } => {
                let events = Self::decide(state, *command, issued)?;
                state.item().map_or(Ok(()), |item| cascade::check(item, &around, &events))?;
                Ok(events)
            }
            Command::PutDown { saying, said, grounds, calendar } => {
                put_down::put_down(state, saying, said, &grounds, calendar, issued)
            }
            of_an_item => decide_on(state.assigned()?, of_an_item, issued),
        }
    }

    fn audience(state: &State) -> Audience<'_> {
        state.item().map_or(Audience::Everybody, |item| {
            Audience::of(item.concerned()).before(register::body_of(&item.assignment.number))
        })
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

/// What follows from a command on an item that there is.
fn decide_on(item: &Item, command: Command, issued: &Issued) -> Result<Vec<Event>, Rejection> {
    match command {
        Command::Assign { .. }
        | Command::AssignBelow { .. }
        | Command::InCascade { .. }
        | Command::PutDown { .. } => Ok(vec![]),
        Command::PlaceBelow { place } => Ok(cascade::place_below(item, place)),
        Command::NoteSubItems { sub_items, is_split } => cascade::note_sub_items(item, sub_items, is_split),
        Command::NoteSession { session } => Ok(cascade::note_session(item, session)),
        Command::NameAcceptor { acceptor, reason } => {
            acceptance::name_acceptor(item, acceptor, reason, issued)
        }
        Command::Acknowledge => assignment::acknowledge(item, issued),
        Command::Contest { reason } => assignment::contest(item, reason, issued),
        Command::ResolveContest { reassign_to, due, reason, calendar } => {
            assignment::resolve_contest(item, reassign_to, due, reason, &calendar, issued)
        }
        Command::ReportProgress { percent, note, evidence } => {
            work::report_progress(item, percent, note, evidence, issued)
        }
        Command::ReportBlockage { reason, help_from } => help::report(item, reason, help_from, issued),
        Command::ClearBlockage { blocked, note } => help::clear(item, blocked, note, issued),
        Command::AcknowledgeHelp { blocked } => help::acknowledge(item, blocked, issued),
        Command::GiveHelp { blocked, note } => help::give(item, blocked, note, issued),
        Command::RequestExtension { due, reason, calendar } => {
            extension::request(item, due, reason, &calendar, issued)
        }
        Command::GrantExtension { calendar } => extension::grant(item, &calendar, issued),
        Command::RefuseExtension { reason } => extension::refuse(item, reason, issued),
        Command::ClaimCompletion { summary, evidence } => {
            work::claim_completion(item, summary, evidence, issued)
        }
        Command::Accept { part, note } => acceptance::accept(item, part, note, issued),
        Command::ReturnWork { part, reason, calendar } => {
            acceptance::return_work(item, part, reason, &calendar, issued)
        }
        Command::Reopen { reason, due, calendar } => acceptance::reopen(item, reason, due, &calendar, issued),
        Command::Suspend { reason, authority } => pause::suspend(item, reason, authority, issued),
        Command::Resume { note, calendar } => pause::resume(item, note, &calendar, issued),
        Command::AwaitItem { on, on_number } => pause::await_item(item, on, on_number, issued),
        Command::NoteDependant { dependant } => pause::note_dependant(item, dependant),
        Command::StopWaiting { on, calendar } => {
            by_outsider(item, issued)?;
            Ok(pause::release(item, on, &calendar, issued))
        }
        Command::Release { on, calendar } => Ok(pause::release(item, on, &calendar, issued)),
        Command::Urge { text, calendar } => urge::urge(item, text, &calendar, issued),
        Command::Instruct { text, leaders } => instruct::instruct(item, text, &leaders, issued),
        Command::ContestPutDown { kind, reason, calendar } => {
            put_down::contest(item, kind, reason, &calendar, issued)
        }
        Command::KeepEvidence { content } => keep::keep(item, content, issued),
        Command::Rescind { reason } => Ok(acceptance::rescind(item, reason)),
        Command::RecordLookBack { observation, holds } => {
            acceptance::record_look_back(item, observation, holds, issued)
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

/// Refuses a party where somebody else has to decide.
fn by_outsider(item: &Item, issued: &Issued) -> Result<(), Rejection> {
    match item.parties().find(|party| issued.by.speaks_for(party)) {
        Some(party) => Err(Rejection::OwnCase { department_code: party.clone() }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests;
