//! A docket (议程): what one session, or one countersign, debates and decides.
//!
//! It is prepared from a session and has the session's id. The folder holds its parts: [`agenda`] is what it
//! is prepared with, [`proceedings`] how far it has come, [`item`] what a decision requires; then the rules
//! by subject: `floor`, `speakers`, `motions`, `proposals`, `amendments` with [`passages`], `voting`, [`reminders`], [`secret`], `outcomes`; `seen` is how much of it somebody may see; [`size`] is
//! how large it may grow; and `evolve`.

pub mod agenda;
pub mod amendment;
mod amendments;
pub mod changes;
pub mod choices;
pub mod event;
mod evolve;
mod floor;
pub mod floor_state;
mod hands;
pub mod item;
pub mod late_topics;
pub mod mandates;
pub mod motion;
mod motions;
pub mod next;
mod outcomes;
pub mod passages;
pub mod proceedings;
mod proposals;
mod reconsider;
mod recusals;
pub mod rejection;
pub mod reminders;
pub mod secret;
mod secret_choices;
mod seen;
mod signing;
pub mod size;
mod speakers;
mod votes;
mod voting;

pub use agenda::{Agenda, AgendaTopic, Carried, Mode, Participant, RoleOnTopic, TopicRole};
pub use amendment::{Amendment, AmendmentStage};
pub use choices::{OpenedLot, OpenedPaper, OptionChoice, SealedLot};
pub use event::Event;
pub use floor_state::{Floor, PointOfOrder, Ruling, Speaker};
pub use item::{Decision, DraftedItem, ItemDraft, ItemDue};
pub use late_topics::FloorMotion;
pub use mandates::Mandate;
pub use motion::{Motion, MotionKind, MotionStage};
pub use passages::Splice;
pub use proceedings::{Outcome, Proceedings, Stance, Statement, Topic, TopicStage};
pub use rejection::Rejection;
pub use reminders::{Reminder, Reminders};
pub use votes::RollCallVote;

use crate::calendar::WorkingCalendar;
use crate::deliberation::ballot::options::ChoiceMethod;
use crate::deliberation::ballot::{Choice, Hands, OpenedVote, VotePart};
use crate::resolution_change::ResolutionChange;
use crate::{Aggregate, Audience, Code, Date, Issued, Label, Line, Text, Timestamp};
use std::collections::BTreeSet;

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
/// Ballots on one docket, at most; those on motions and amendments do not count.
pub const BALLOTS_MAX: u32 = 200;
/// Minutes of one digression, at most.
pub const DIGRESSION_MINUTES_MAX: u32 = 600;
/// Points of order on one topic, at most.
pub const POINTS_OF_ORDER_MAX: usize = 50;
/// Motions on one topic, at most.
pub const MOTIONS_MAX: usize = 50;
/// Times in a week in which those that have not answered are reminded by hand, at most; weeks begin on Monday.
pub const REMINDERS_PER_WEEK_MAX: u32 = 2;
/// How many times a topic may be deferred that is about no matter.
pub const DEFERRALS_MAX: u32 = 2;
/// Working days in which the leads must acknowledge what was decided.
pub const ACKNOWLEDGE_WORKING_DAYS: u32 = 3;

/// Commands. A topic, ballot, amendment or item is named by its number.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are those of the events, where each is described")]
pub enum Command {
    /// Prepares the docket; a countersign is opened at the same time.
    Prepare { agenda: Agenda },
    /// Labels a topic as its session does; issued when that is labelled otherwise.
    Relabel { topic: u32, label: Label, reason: Text },
    /// Records that a department has arrived, or that somebody else speaks for it from now on.
    RecordArrival { department: Code, delegate: Line },
    /// Records that a department has left.
    RecordDeparture { department: Code },
    /// Opens the docket, when there is a quorum.
    Open,
    /// Adjourns a meeting that was never opened, because there is no quorum (流会).
    Adjourn { reason: Text },
    /// Lets departments sign a countersign until a later moment.
    ExtendSigning { sign_by: Timestamp, reason: Text, calendar: WorkingCalendar },
    /// Has a countersign decided in a meeting instead, as somebody objects or too few sign.
    CallMeeting { reason: Text },
    /// Opens a topic for debate, or reopens it.
    OpenTopic { topic: u32 },
    /// Pauses a topic.
    PauseTopic { topic: u32 },
    /// Records minutes spent off topic.
    RecordDigression { topic: u32, minutes: u32, note: Option<Line> },
    /// Closes the debate on a topic.
    CloseDebate { topic: u32 },
    /// Puts a department on the list of those that want to speak.
    RequestFloor { topic: u32, department: Code },
    /// Takes it off that list.
    WithdrawFloorRequest { topic: u32, department: Code },
    /// Gives a department the floor, the first on the list or, for a reason, another.
    GiveFloor { topic: u32, department: Code, reason: Option<Text> },
    /// Ends the speech of a department.
    YieldFloor { topic: u32, department: Code },
    /// Says how long each department may speak on a topic, and whether others may still ask to.
    LimitDebate { topic: u32, speaking_minutes: Option<u32>, list_closed: bool },
    /// Raises a point of order, which interrupts whoever speaks.
    RaisePointOfOrder { topic: u32, department: Code, text: Text },
    /// Rules on a point of order.
    RulePointOfOrder { topic: u32, point: u32, sustained: bool, reason: Text },
    /// Moves that something is decided at once.
    MoveMotion { topic: u32, department: Code, kind: MotionKind, reason: Text, calendar: WorkingCalendar },
    /// Seconds a motion.
    SecondMotion { topic: u32, motion: u32, department: Code },
    /// Withdraws a motion.
    WithdrawMotion { topic: u32, motion: u32 },
    /// Puts a motion to the vote.
    PutMotion { topic: u32, motion: u32, calendar: WorkingCalendar },
    /// Notes which speaking times and timeboxes are over.
    CheckClocks,
    /// Records what a department says on a topic.
    RecordStatement { topic: u32, department: Code, stance: Stance, reasons: Text },
    /// Submits the next version of a topic's proposal.
    SubmitProposal { topic: u32, text: Text },
    /// Submits a text in place of the current version, which the caller may name, or of a pending amendment to it.
    SubmitAmendment { topic: u32, department: Code, version: Option<u32>, amends: Option<u32>, text: Text },
    /// Seconds an amendment, which then is decided by a ballot.
    SecondAmendment { topic: u32, amendment: u32, department: Code },
    /// Withdraws an amendment.
    WithdrawAmendment { topic: u32, amendment: u32 },
    /// Puts an amendment to the vote.
    PutAmendment { topic: u32, amendment: u32 },
    /// Adopts or rejects an amendment.
    ResolveAmendment { topic: u32, amendment: u32, adopt: bool },
    /// Drafts action items.
    DraftItems { topic: u32, items: Vec<ItemDraft> },
    /// Replaces the content of a drafted item.
    ReviseItem { item: u32, draft: ItemDraft },
    /// Drops a drafted item.
    DropItem { item: u32, reason: Text },
    /// Accepts an item on behalf of a department that has no part in the decision.
    AcceptItem { item: u32, department: Code },
    /// Declares what the decision on a topic would do to earlier resolutions of the body.
    DeclareChanges { topic: u32, changes: Vec<ResolutionChange> },
    /// Opens a choice among options.
    OpenChoice {
        topic: u32,
        question: Line,
        options: Vec<Line>,
        method: ChoiceMethod,
        lot: Option<SealedLot>,
    },
    /// Says, or changes, what a department prefers: options by their numbers, or points for each.
    CastChoice { topic: u32, department: Code, named: Vec<u32>, points: Vec<u32> },
    /// Says, or changes, in secret what a department prefers in a choice, which the caller names.
    CastSecretChoice { topic: u32, choice: u32, department: Code, sealed: Vec<u8> },
    /// Closes and counts a choice; what was sealed of it was opened for that.
    CloseChoice { topic: u32, opened: Vec<OpenedPaper>, lot: Option<OpenedLot> },
    /// Ends a secret choice without a count.
    VoidChoice { topic: u32, reason: Text },
    /// Opens a ballot on the current version, which the caller names.
    OpenBallot { topic: u32, version: u32, calendar: WorkingCalendar },
    /// Casts or changes a department's vote.
    CastVote { topic: u32, department: Code, choice: Choice, split: Vec<VotePart>, reason: Option<Text> },
    /// Puts a show of hands down, seat by seat.
    RecordRollCall { topic: u32, votes: Vec<RollCallVote> },
    /// Records how many hands were raised, and not whose.
    RecordHandCount { topic: u32, hands: Hands },
    /// Records that nobody objects to the current version, which passes it without a ballot.
    RecordGeneralConsent { topic: u32, version: u32, calendar: WorkingCalendar },
    /// Leaves a department out of the ballots on a topic, or only of those on its current version.
    RecordRecusal { topic: u32, department: Code, reason: Text, current_version_only: bool },
    /// Has a department take part in a topic again.
    WithdrawRecusal { topic: u32, department: Code, reason: Text },
    /// Lets others vote for a department, on a topic or on all.
    GiveMandate { topic: Option<u32>, department: Code, holders: Vec<Code> },
    /// Lets nobody vote for a department any more.
    RevokeMandate { topic: Option<u32>, department: Code },
    /// Closes and counts a ballot.
    CloseBallot { topic: u32, casting_vote: Option<Choice> },
    /// Casts or changes a department's vote in a secret ballot, which the caller names.
    CastSecretVote { topic: u32, ballot: u32, department: Code, sealed: Vec<u8> },
    /// Closes and counts a secret ballot, whose votes were opened for it.
    CountSecretBallot { topic: u32, opened: Vec<OpenedVote> },
    /// Ends a secret ballot without a count.
    VoidBallot { topic: u32, reason: Text },
    /// Counts the ballots of a countersign whose deadline has passed.
    CheckDeadlines,
    /// Reminds those that have not answered, by hand.
    RemindSeats { text: Option<Text>, calendar: WorkingCalendar },
    /// Reminds those that have not answered, as the time for it has come.
    CheckReminders,
    /// Turns a passed proposal into a decision.
    AdoptDecision { topic: u32, declaratory: bool, calendar: WorkingCalendar },
    /// Ends a topic without a decision.
    RejectTopic { topic: u32, reason: Text },
    /// Defers a topic.
    DeferTopic { topic: u32, resume_on: Date, moved_by: Code, reason: Text, calendar: WorkingCalendar },
    /// Refers a topic to another body, which must be defined.
    ReferTopic { topic: u32, referred_to: Code, reason: Text },
    /// Withdraws a topic.
    WithdrawTopic { topic: u32, reason: Text },
    /// Closes the docket, when every topic has an outcome.
    Close,
}

impl Command {
    /// Whether it presides over the docket, rather than speaking for one of its departments.
    fn presides(&self) -> bool {
        !matches!(
            self,
            Command::Prepare { .. }
                | Command::Relabel { .. }
                | Command::RequestFloor { .. }
                | Command::WithdrawFloorRequest { .. }
                | Command::YieldFloor { .. }
                | Command::RaisePointOfOrder { .. }
                | Command::MoveMotion { .. }
                | Command::SecondMotion { .. }
                | Command::WithdrawMotion { .. }
                | Command::CheckClocks
                | Command::RecordStatement { .. }
                | Command::SubmitAmendment { .. }
                | Command::SecondAmendment { .. }
                | Command::WithdrawAmendment { .. }
                | Command::CastVote { .. }
                | Command::CastSecretVote { .. }
                | Command::AcceptItem { .. }
                | Command::CastChoice { .. }
                | Command::CastSecretChoice { .. }
                | Command::RecordRollCall { .. }
                | Command::RecordHandCount { .. }
                | Command::RecordRecusal { .. }
                | Command::WithdrawRecusal { .. }
                | Command::GiveMandate { .. }
                | Command::RevokeMandate { .. }
                | Command::CheckDeadlines
                | Command::CheckReminders
        )
    }

    /// The topic that it is about, when it is about one.
    fn topic(&self, state: &State) -> Option<u32> {
        match self {
            Command::Relabel { topic, .. }
            | Command::OpenTopic { topic }
            | Command::PauseTopic { topic }
            | Command::RecordDigression { topic, .. }
            | Command::CloseDebate { topic }
            | Command::RequestFloor { topic, .. }
            | Command::WithdrawFloorRequest { topic, .. }
            | Command::GiveFloor { topic, .. }
            | Command::YieldFloor { topic, .. }
            | Command::LimitDebate { topic, .. }
            | Command::RaisePointOfOrder { topic, .. }
            | Command::RulePointOfOrder { topic, .. }
            | Command::MoveMotion { topic, .. }
            | Command::SecondMotion { topic, .. }
            | Command::WithdrawMotion { topic, .. }
            | Command::PutMotion { topic, .. }
            | Command::RecordStatement { topic, .. }
            | Command::SubmitProposal { topic, .. }
            | Command::SubmitAmendment { topic, .. }
            | Command::SecondAmendment { topic, .. }
            | Command::WithdrawAmendment { topic, .. }
            | Command::PutAmendment { topic, .. }
            | Command::ResolveAmendment { topic, .. }
            | Command::DraftItems { topic, .. }
            | Command::DeclareChanges { topic, .. }
            | Command::OpenChoice { topic, .. }
            | Command::CastChoice { topic, .. }
            | Command::CastSecretChoice { topic, .. }
            | Command::CloseChoice { topic, .. }
            | Command::VoidChoice { topic, .. }
            | Command::OpenBallot { topic, .. }
            | Command::CastVote { topic, .. }
            | Command::CastSecretVote { topic, .. }
            | Command::CountSecretBallot { topic, .. }
            | Command::VoidBallot { topic, .. }
            | Command::RecordRollCall { topic, .. }
            | Command::RecordHandCount { topic, .. }
            | Command::RecordGeneralConsent { topic, .. }
            | Command::RecordRecusal { topic, .. }
            | Command::WithdrawRecusal { topic, .. }
            | Command::CloseBallot { topic, .. }
            | Command::AdoptDecision { topic, .. }
            | Command::RejectTopic { topic, .. }
            | Command::DeferTopic { topic, .. }
            | Command::ReferTopic { topic, .. }
            | Command::WithdrawTopic { topic, .. } => Some(*topic),
            Command::ReviseItem { item, .. }
            | Command::DropItem { item, .. }
            | Command::AcceptItem { item, .. } => {
                Some(proposals::drafted(state.proceedings()?, *item).ok()?.topic)
            }
            Command::Prepare { .. }
            | Command::RecordArrival { .. }
            | Command::RecordDeparture { .. }
            | Command::Open
            | Command::Adjourn { .. }
            | Command::ExtendSigning { .. }
            | Command::CallMeeting { .. }
            | Command::GiveMandate { .. }
            | Command::RevokeMandate { .. }
            | Command::CheckDeadlines
            | Command::RemindSeats { .. }
            | Command::CheckReminders
            | Command::CheckClocks
            | Command::Close => None,
        }
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
    /// Adjourned before it was opened, or a countersign for which a meeting was called; it is prepared again when its session
    /// is convened again.
    Adjourned(Proceedings),
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
            State::Prepared(proceedings)
            | State::Adjourned(proceedings)
            | State::Open(proceedings)
            | State::Closed(proceedings) => Some(proceedings),
        }
    }

    /// The departments that recused themselves from a topic, once the docket is prepared.
    pub fn recused_from(&self, topic: u32) -> Option<&BTreeSet<Code>> {
        self.proceedings()?.topic(topic).map(|topic| &topic.recused)
    }

    /// The moment at which [`Command::CheckDeadlines`] will have something to count.
    pub fn next_deadline(&self) -> Option<Timestamp> {
        match self {
            State::Open(Proceedings {
                agenda: Agenda { mode: Mode::Countersign { sign_by }, .. },
                topics,
                ..
            }) => topics.iter().any(|topic| topic.open_ballot().is_some()).then_some(*sign_by),
            _ => None,
        }
    }

    /// The moment at which [`Command::CheckReminders`] will have something to note.
    pub fn next_reminder(&self) -> Option<Timestamp> {
        match self {
            State::Open(proceedings) => proceedings.reminders.next_at,
            _ => None,
        }
    }

    /// The moments at which [`Command::CheckClocks`] will have something to note, each with its number on the docket.
    pub fn running_clocks(&self) -> Vec<(Timestamp, u32)> {
        match self {
            State::Open(proceedings) => proceedings.topics.iter().flat_map(Topic::running_clocks).collect(),
            _ => vec![],
        }
    }

    /// The proceedings of an open docket, or why there are none.
    fn open(&self) -> Result<&Proceedings, Rejection> {
        match self {
            State::Absent => Err(Rejection::NotFound { what: "the docket".to_owned() }),
            State::Prepared(_) => Err(Rejection::WrongStage { stage: "prepared", needed: "open" }),
            State::Adjourned(_) => Err(Rejection::WrongStage { stage: "adjourned", needed: "open" }),
            State::Open(proceedings) => Ok(proceedings),
            State::Closed(_) => Err(Rejection::WrongStage { stage: "closed", needed: "open" }),
        }
    }

    /// The proceedings of a docket that is not closed, or why there are none.
    fn not_closed(&self) -> Result<&Proceedings, Rejection> {
        match self {
            State::Prepared(proceedings) => Ok(proceedings),
            _ => self.open(),
        }
    }
}

/// Refuses whatever is about a topic that is decided in its sub-topics.
fn not_in_sub_topics(state: &State, command: &Command) -> Result<(), Rejection> {
    let is_parent =
        |number: &u32| state.proceedings().is_some_and(|known| known.agenda.has_sub_topics(*number));
    match command.topic(state).filter(is_parent) {
        Some(topic_number) if !matches!(command, Command::Relabel { .. }) => {
            Err(Rejection::DecidedInSubTopics { topic_number })
        }
        _ => Ok(()),
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

    #[expect(clippy::too_many_lines, reason = "each command is named once")]
    fn decide(state: &State, command: Command, issued: &Issued) -> Result<Vec<Event>, Rejection> {
        let hidden = seen::may_know(state, &command, issued);
        if command.presides() {
            let topic = command.topic(state).filter(|_| hidden.is_ok());
            floor::may_preside(state, topic, issued)?;
        }
        hidden?;
        not_in_sub_topics(state, &command)?;
        let bytes_max = command.bytes_max();
        let events = match command {
            Command::Prepare { agenda } => floor::prepare(state, agenda, issued),
            Command::Relabel { topic, label, reason } => seen::relabel(state, topic, label, reason),
            Command::RecordArrival { department, delegate } => {
                floor::record_arrival(state.not_closed()?, department, delegate)
            }
            Command::RecordDeparture { department } => {
                floor::record_departure(state.not_closed()?, department, issued)
            }
            Command::Open => floor::open(state, issued),
            Command::Adjourn { reason } => floor::adjourn(state, reason),
            Command::ExtendSigning { sign_by, reason, calendar } => {
                signing::extend(state.open()?, sign_by, reason, &calendar, issued)
            }
            Command::CallMeeting { reason } => signing::call_meeting(state, reason, issued),
            Command::OpenTopic { topic } => floor::open_topic(state.open()?, topic, issued),
            Command::PauseTopic { topic } => floor::pause_topic(state.open()?, topic, issued),
            Command::RecordDigression { topic, minutes, note } => {
                floor::record_digression(state.open()?, topic, minutes, note, issued)
            }
            Command::CloseDebate { topic } => floor::close_debate(state.open()?, topic, issued),
            Command::RequestFloor { topic, department } => {
                speakers::request(state.open()?, topic, department, issued)
            }
            Command::WithdrawFloorRequest { topic, department } => {
                speakers::withdraw(state.open()?, topic, &department, issued)
            }
            Command::GiveFloor { topic, department, reason } => {
                speakers::give(state.open()?, topic, department, reason, issued)
            }
            Command::YieldFloor { topic, department } => {
                speakers::yield_floor(state, topic, &department, issued)
            }
            Command::LimitDebate { topic, speaking_minutes, list_closed } => {
                speakers::limit(state.open()?, topic, speaking_minutes, list_closed)
            }
            Command::RaisePointOfOrder { topic, department, text } => {
                speakers::raise_point(state.open()?, topic, department, text, issued)
            }
            Command::RulePointOfOrder { topic, point, sustained, reason } => speakers::rule(
                state.open()?,
                topic,
                point,
                Ruling { sustained, reason, reversed_by: None },
                issued,
            ),
            Command::MoveMotion { topic, department, kind, reason, calendar } => {
                let moved = motions::Moved { topic, department, kind, reason };
                motions::move_one(state.open()?, moved, calendar.date_of(issued.at), issued)
            }
            Command::SecondMotion { topic, motion, department } => {
                motions::second(state.open()?, topic, motion, department, issued)
            }
            Command::WithdrawMotion { topic, motion } => {
                motions::withdraw(state.open()?, topic, motion, issued)
            }
            Command::PutMotion { topic, motion, calendar } => {
                motions::put(state.open()?, topic, motion, calendar.date_of(issued.at), issued)
            }
            Command::CheckClocks => Ok(speakers::check_clocks(state, issued)),
            Command::RecordStatement { topic, department, stance, reasons } => {
                floor::record_statement(state.open()?, topic, department, (stance, reasons), issued)
            }
            Command::SubmitProposal { topic, text } => proposals::submit_proposal(state.open()?, topic, text),
            Command::SubmitAmendment { topic, department, version, amends, text } => {
                let submitted = amendments::Submitted { topic, department, version, amends, text };
                amendments::submit(state.open()?, submitted, issued)
            }
            Command::SecondAmendment { topic, amendment, department } => {
                amendments::second(state.open()?, topic, amendment, department, issued)
            }
            Command::WithdrawAmendment { topic, amendment } => {
                amendments::withdraw(state.open()?, topic, amendment, issued)
            }
            Command::PutAmendment { topic, amendment } => amendments::put(state.open()?, topic, amendment),
            Command::ResolveAmendment { topic, amendment, adopt } => {
                amendments::resolve(state.open()?, topic, amendment, adopt)
            }
            Command::DraftItems { topic, items } => {
                proposals::draft_items(state.open()?, topic, items, issued)
            }
            Command::ReviseItem { item, draft } => proposals::revise_item(state.open()?, item, draft, issued),
            Command::DropItem { item, reason } => proposals::drop_item(state.open()?, item, reason),
            Command::AcceptItem { item, department } => {
                proposals::accept_item(state.open()?, item, department, issued)
            }
            Command::DeclareChanges { topic, changes } => changes::declare(state.open()?, topic, changes),
            Command::OpenChoice { topic, question, options, method, lot } => {
                choices::open(state.open()?, topic, choices::Asked { question, options, method, lot }, issued)
            }
            Command::CastChoice { topic, department, named, points } => {
                choices::cast(state.open()?, topic, department, named, points, issued)
            }
            Command::CastSecretChoice { topic, choice, department, sealed } => {
                secret_choices::cast(state.open()?, topic, choice, department, sealed, issued)
            }
            Command::CloseChoice { topic, opened, lot } => {
                choices::close(state.open()?, topic, opened, lot.as_ref())
            }
            Command::VoidChoice { topic, reason } => secret_choices::void(state.open()?, topic, reason),
            Command::OpenBallot { topic, version, calendar } => {
                voting::open_ballot(state.open()?, topic, version, &calendar, issued)
            }
            Command::CastVote { topic, department, choice, split, reason } => {
                votes::cast(state.open()?, topic, votes::Paper { department, choice, split, reason }, issued)
            }
            Command::RecordRollCall { topic, votes } => votes::call(state.open()?, topic, votes, issued),
            Command::RecordHandCount { topic, hands } => hands::record(state.open()?, topic, hands, issued),
            Command::RecordGeneralConsent { topic, version, calendar } => {
                voting::record_general_consent(state.open()?, topic, version, &calendar, issued)
            }
            Command::RecordRecusal { topic, department, reason, current_version_only } => {
                recusals::record(state.open()?, topic, department, reason, current_version_only, issued)
            }
            Command::WithdrawRecusal { topic, department, reason } => {
                recusals::withdraw(state.open()?, topic, department, reason, issued)
            }
            Command::GiveMandate { topic, department, holders } => {
                mandates::give(state.not_closed()?, topic, department, holders, issued)
            }
            Command::RevokeMandate { topic, department } => {
                mandates::revoke(state.not_closed()?, topic, department, issued)
            }
            Command::CloseBallot { topic, casting_vote } => {
                voting::close_ballot(state.open()?, topic, casting_vote, issued)
            }
            Command::CastSecretVote { topic, ballot, department, sealed } => {
                secret::cast(state.open()?, topic, ballot, department, sealed, issued)
            }
            Command::CountSecretBallot { topic, opened } => secret::count(state.open()?, topic, opened),
            Command::VoidBallot { topic, reason } => secret::void(state.open()?, topic, reason),
            Command::CheckDeadlines => Ok(voting::check_deadlines(state, issued)),
            Command::RemindSeats { text, calendar } => {
                reminders::by_hand(state.open()?, text, &calendar, issued)
            }
            Command::CheckReminders => Ok(reminders::check(state, issued.at)),
            Command::AdoptDecision { topic, declaratory, calendar } => {
                outcomes::adopt(state.open()?, topic, declaratory, &calendar, issued)
            }
            Command::RejectTopic { topic, reason } => outcomes::reject(state.open()?, topic, reason, issued),
            Command::DeferTopic { topic, resume_on, moved_by, reason, calendar } => {
                let deferral = outcomes::Deferral { topic, resume_on, moved_by, reason };
                outcomes::defer(state.open()?, deferral, calendar.date_of(issued.at), issued)
            }
            Command::ReferTopic { topic, referred_to, reason } => {
                outcomes::refer(state.open()?, topic, referred_to, reason, issued)
            }
            Command::WithdrawTopic { topic, reason } => {
                outcomes::withdraw(state.open()?, topic, reason, issued)
            }
            Command::Close => outcomes::close(state, issued),
        }?;
        if let Some(max) = bytes_max {
            size::check(state, &events, max)?;
        }
        Ok(events)
    }

    fn audience(state: &State) -> Audience<'_> {
        state.proceedings().map_or(Audience::Everybody, Proceedings::audience)
    }

    fn closed_topics(
        state: &State,
        covers: &dyn Fn(&Audience<'_>) -> bool,
        is_recused: &dyn Fn(&BTreeSet<Code>) -> bool,
    ) -> BTreeSet<u32> {
        let Some(proceedings) = state.proceedings() else { return BTreeSet::new() };
        let recused = proceedings.topics.iter().filter(|topic| is_recused(&topic.recused));
        recused.map(|topic| topic.number).chain(proceedings.hidden_from(covers)).collect()
    }

    fn evolve(state: State, event: &Event) -> State {
        evolve::evolve(state, event)
    }
}

#[cfg(test)]
mod tests;
