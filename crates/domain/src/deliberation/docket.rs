//! A docket (议程): what one session, or one countersign, debates and decides.
//!
//! It is prepared from a session and has the session's id. The folder holds its parts: [`agenda`] what it
//! is prepared with, [`proceedings`] how far it has come, [`item`] what a decision asks for; then the
//! rules by what they are about: `floor`, `proposals`, `voting`, `outcomes`; and `evolve`.

pub mod agenda;
pub mod event;
mod evolve;
mod floor;
pub mod item;
mod outcomes;
pub mod proceedings;
mod proposals;
pub mod rejection;
mod voting;

pub use agenda::{Agenda, AgendaTopic, Mode, Participant, RoleOnTopic, TopicRole};
pub use event::Event;
pub use item::{DecidedItem, Decision, DraftedItem, Due, ItemDraft, action_item_id, resolution_id};
pub use proceedings::{Amendment, Fate, Outcome, Position, Proceedings, Stage, Stance, Topic};
pub use rejection::Rejection;

use crate::calendar::WorkingCalendar;
use crate::deliberation::ballot::{Abstention, Choice, Method, Rules, Tie};
use crate::{Aggregate, Code, Date, Issued, Line, Text, Timestamp};

/// Items that one command may draft, at most.
pub const ITEMS_PER_COMMAND_MAX: usize = 50;
/// Items on one docket, at most; dropped ones included.
pub const ITEMS_MAX: u32 = 500;
/// Bytes of text in the items of one command, at most: they have to fit into one record.
pub const DRAFT_BYTES_MAX: usize = 48 * 1024;
/// Departments that support one item, at most.
pub const CO_RESPONSIBLE_MAX: usize = 50;
/// Versions of one proposal, at most.
pub const VERSIONS_MAX: u32 = 50;
/// Amendments to one topic, at most.
pub const AMENDMENTS_MAX: usize = 100;
/// Ballots on one docket, at most.
pub const BALLOTS_MAX: u32 = 200;
/// Minutes of one digression, at most.
pub const DIGRESSION_MINUTES_MAX: u32 = 600;
/// How often one topic may be deferred.
pub const DEFERRALS_MAX: u32 = 2;
/// Working days in which the leads must acknowledge what was decided.
pub const ACKNOWLEDGE_WORKING_DAYS: u32 = 3;

/// The wishes.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are those of the events below, where each is described")]
pub enum Command {
    /// Prepares the docket; a countersign opens with it.
    Prepare { agenda: Agenda },
    /// Notes that a department has come, or sends somebody else now.
    RecordArrival { department: Code, delegate: Line },
    /// Notes that a department has gone.
    RecordLeaving { department: Code },
    /// Opens the docket, when there is a quorum.
    Open,
    /// Calls a topic, or calls it again.
    OpenTopic { topic: u32 },
    /// Puts a topic aside for the moment.
    PauseTopic { topic: u32 },
    /// Notes minutes off topic.
    MarkDigression { topic: u32, minutes: u32, note: Option<Line> },
    /// Ends the debate of a topic.
    CloseDebate { topic: u32 },
    /// Says how a department stands to a topic.
    StatePosition { topic: u32, department: Code, stance: Stance, reasons: Text },
    /// Puts the next version of a topic's text forward.
    Propose { topic: u32, text: Text },
    /// Puts another text forward, in place of the current version.
    ProposeAmendment { topic: u32, department: Code, text: Text },
    /// Adopts or rejects an amendment.
    ResolveAmendment { topic: u32, amendment: u32, adopt: bool },
    /// Drafts action items.
    DraftItems { topic: u32, items: Vec<ItemDraft> },
    /// Says an item anew.
    ReviseItem { item: u32, draft: ItemDraft },
    /// Takes an item out.
    DropItem { item: u32, reason: Text },
    /// Opens a ballot on the current version, which the caller names.
    OpenBallot { topic: u32, version: u32, method: Method, abstention: Abstention, tie: Tie },
    /// Casts or changes a department's vote.
    CastVote { topic: u32, department: Code, choice: Choice, reason: Option<Text> },
    /// Leaves a department out of the ballots on a topic.
    Recuse { topic: u32, department: Code, reason: Text },
    /// Counts a ballot.
    CloseBallot { topic: u32, casting_vote: Option<Choice> },
    /// Counts the ballots of a countersign whose deadline has passed.
    NoteTheHour,
    /// Makes a passed proposal a decision.
    AdoptDecision { topic: u32, declaratory: bool, calendar: WorkingCalendar },
    /// Ends a topic without a decision.
    RejectTopic { topic: u32, reason: Text },
    /// Puts a topic off.
    DeferTopic { topic: u32, until: Date, by: Code, reason: Text, calendar: WorkingCalendar },
    /// Hands a topic over.
    ReferTopic { topic: u32, to: Code, reason: Text },
    /// Takes a topic back.
    WithdrawTopic { topic: u32, reason: Text },
    /// Closes the docket, when every topic has an outcome.
    Close,
}

impl Command {
    /// Whether it leads the docket, and does not speak for one of its departments.
    fn presides(&self) -> bool {
        !matches!(
            self,
            Command::Prepare { .. }
                | Command::StatePosition { .. }
                | Command::ProposeAmendment { .. }
                | Command::CastVote { .. }
                | Command::Recuse { .. }
                | Command::NoteTheHour
        )
    }
}

/// What is known of one docket.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum State {
    /// Never prepared.
    #[default]
    Absent,
    /// Prepared, and not opened yet.
    Prepared(Proceedings),
    /// In session.
    Open(Proceedings),
    /// Over.
    Closed(Proceedings),
}

impl State {
    /// What has happened, once the docket is prepared.
    pub fn proceedings(&self) -> Option<&Proceedings> {
        match self {
            State::Absent => None,
            State::Prepared(proceedings) | State::Open(proceedings) | State::Closed(proceedings) => {
                Some(proceedings)
            }
        }
    }

    /// The moment at which [`Command::NoteTheHour`] will have something to count.
    pub fn next_deadline(&self) -> Option<Timestamp> {
        match self {
            State::Open(Proceedings {
                agenda: Agenda { mode: Mode::Countersign { deadline }, .. },
                topics,
                ..
            }) => topics.iter().any(|topic| topic.open_ballot().is_some()).then_some(*deadline),
            _ => None,
        }
    }

    /// The proceedings of an open docket, or why there are none.
    fn open(&self) -> Result<&Proceedings, Rejection> {
        match self {
            State::Absent => Err(Rejection::NotFound { what: "the docket".to_owned() }),
            State::Prepared(_) => Err(Rejection::NotOpen { stage: "prepared" }),
            State::Open(proceedings) => Ok(proceedings),
            State::Closed(_) => Err(Rejection::AlreadyClosed),
        }
    }

    /// The proceedings of a docket that is not over, or why there are none.
    fn begun(&self) -> Result<&Proceedings, Rejection> {
        match self {
            State::Prepared(proceedings) => Ok(proceedings),
            _ => self.open(),
        }
    }
}

/// The docket aggregate.
#[derive(Debug)]
pub struct Docket;

impl Aggregate for Docket {
    const CATEGORY: &'static str = "deliberation.docket";
    type Command = Command;
    type Event = Event;
    type Rejection = Rejection;
    type State = State;

    fn decide(state: &State, command: Command, issued: &Issued) -> Result<Vec<Event>, Rejection> {
        if command.presides() {
            floor::may_preside(state, issued)?;
        }
        match command {
            Command::Prepare { agenda } => floor::prepare(state, agenda, issued),
            Command::RecordArrival { department, delegate } => {
                floor::record_arrival(state.begun()?, department, delegate)
            }
            Command::RecordLeaving { department } => floor::record_leaving(state.begun()?, department),
            Command::Open => floor::open(state, issued),
            Command::OpenTopic { topic } => floor::open_topic(state.open()?, topic, issued),
            Command::PauseTopic { topic } => floor::pause_topic(state.open()?, topic, issued),
            Command::MarkDigression { topic, minutes, note } => {
                floor::mark_digression(state.open()?, topic, minutes, note)
            }
            Command::CloseDebate { topic } => floor::close_debate(state.open()?, topic, issued),
            Command::StatePosition { topic, department, stance, reasons } => {
                floor::state_position(state.open()?, topic, department, Position { stance, reasons }, issued)
            }
            Command::Propose { topic, text } => proposals::propose(state.open()?, topic, text),
            Command::ProposeAmendment { topic, department, text } => {
                proposals::propose_amendment(state.open()?, topic, department, text, issued)
            }
            Command::ResolveAmendment { topic, amendment, adopt } => {
                proposals::resolve_amendment(state.open()?, topic, amendment, adopt)
            }
            Command::DraftItems { topic, items } => proposals::draft_items(state.open()?, topic, items),
            Command::ReviseItem { item, draft } => proposals::revise_item(state.open()?, item, draft),
            Command::DropItem { item, reason } => proposals::drop_item(state.open()?, item, reason),
            Command::OpenBallot { topic, version, method, abstention, tie } => {
                let rules = Rules { method, abstention, tie };
                voting::open_ballot(state.open()?, topic, version, rules, issued)
            }
            Command::CastVote { topic, department, choice, reason } => {
                voting::cast_vote(state.open()?, topic, department, choice, reason, issued)
            }
            Command::Recuse { topic, department, reason } => {
                voting::recuse(state.open()?, topic, department, reason, issued)
            }
            Command::CloseBallot { topic, casting_vote } => {
                voting::close_ballot(state.open()?, topic, casting_vote, issued)
            }
            Command::NoteTheHour => Ok(voting::note_the_hour(state, issued)),
            Command::AdoptDecision { topic, declaratory, calendar } => {
                outcomes::adopt(state.open()?, topic, declaratory, &calendar, issued)
            }
            Command::RejectTopic { topic, reason } => outcomes::reject(state.open()?, topic, reason, issued),
            Command::DeferTopic { topic, until, by, reason, calendar } => {
                let today = calendar.date_of(issued.at);
                outcomes::defer(state.open()?, outcomes::Deferral { topic, until, by, reason }, today, issued)
            }
            Command::ReferTopic { topic, to, reason } => {
                outcomes::refer(state.open()?, topic, to, reason, issued)
            }
            Command::WithdrawTopic { topic, reason } => {
                outcomes::withdraw(state.open()?, topic, reason, issued)
            }
            Command::Close => outcomes::close(state, issued),
        }
    }

    fn evolve(state: State, event: &Event) -> State {
        evolve::evolve(state, event)
    }
}

#[cfg(test)]
mod tests;
