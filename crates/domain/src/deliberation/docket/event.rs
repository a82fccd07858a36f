//! What can happen on a docket.

use super::choices::{ChoicePaper, ChoiceResult, OpenedPaper, SealedLot};
use super::{Agenda, AgendaTopic, ChoiceMethod, DraftedItem, ItemDue, MotionKind, Reminder, Splice, Stance};
use crate::deliberation::ballot::{
    Abstention, BallotResult, Choice, Hands, MajorityBase, Method, OpenedVote, Seat, Tie, VotePart,
};
use crate::resolution_change::ResolutionChange;
use crate::{Code, Date, Label, Line, Text, Timestamp};

/// Events. A topic, ballot, amendment or item is named by its number. In each, `topic` is the number of the topic that it is
/// about, and `department` the code of the department of which it says something.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::large_enum_variant, reason = "few are kept at a time, and the large one comes once")]
#[expect(missing_docs, reason = "the topic and the department of an event are described once, above")]
pub enum Event {
    /// The docket was prepared.
    Prepared {
        /// What it was prepared with.
        agenda: Agenda,
    },
    /// A department arrived, or somebody else speaks for it from now on.
    ArrivalRecorded {
        department: Code,
        /// Who speaks for it.
        delegate: Line,
    },
    /// A department left.
    DepartureRecorded { department: Code },
    /// The docket was opened.
    Opened {
        /// When.
        opened_at: Timestamp,
        /// Deciding departments that were present.
        present: u32,
        /// Deciding departments that had to be present.
        needed: u32,
        /// Deciding departments in all.
        departments: u32,
    },
    /// The meeting was adjourned before it was opened: too few were there.
    Adjourned {
        /// Deciding departments that were present.
        present: u32,
        /// Deciding departments that had to be present.
        needed: u32,
        /// What the chair says about it.
        reason: Text,
    },
    /// A countersign can be signed until a later moment.
    SigningExtended {
        /// Until then.
        sign_by: Timestamp,
        /// Why.
        reason: Text,
        /// How many times it was extended, this time included.
        extensions: u32,
        /// When those that have not answered are reminded, if the clock reminds them before that.
        remind_at: Option<Timestamp>,
    },
    /// A department that has not answered was reminded.
    SeatReminded {
        department: Code,
        /// What it is reminded of.
        reminder: Reminder,
    },
    /// Those that had not answered were reminded.
    RemindersSent {
        /// How many they were.
        seats: u32,
        /// On which day, when it was by hand; the clock did otherwise.
        by_hand_on: Option<Date>,
        /// What whoever did it by hand says to them.
        text: Option<Text>,
    },
    /// A countersign ended without an outcome: a meeting takes its place.
    MeetingCalled {
        /// Why.
        reason: Text,
    },
    /// A topic is labelled otherwise.
    TopicRelabelled {
        topic: u32,
        /// The label.
        label: Label,
        /// Why.
        reason: Text,
    },
    /// A motion that was carried took another topic on the agenda.
    TopicAdded {
        topic: u32,
        /// By which motion on it.
        motion: u32,
        department: Code,
        /// The topic that is added.
        added: AgendaTopic,
    },
    /// A topic was opened for debate.
    TopicOpened {
        topic: u32,
        /// When.
        opened_at: Timestamp,
        /// When its timebox is over, if it is timed and not over already.
        time_ends_at: Option<Timestamp>,
    },
    /// A topic was paused.
    TopicPaused {
        topic: u32,
        /// Seconds spent on it so far.
        spent_seconds: u64,
    },
    /// A digression was recorded.
    DigressionRecorded {
        topic: u32,
        /// Its length.
        minutes: u32,
        /// What was talked about instead.
        note: Option<Line>,
    },
    /// The debate on a topic was closed.
    DebateClosed {
        topic: u32,
        /// Seconds spent on it in all.
        spent_seconds: u64,
        /// How many of those seconds were beyond its timebox.
        overrun_seconds: u64,
        /// Minutes of digressions.
        digression_minutes: u32,
    },
    /// A department asked to speak on a topic.
    FloorRequested { topic: u32, department: Code },
    /// A department no longer asks to speak.
    FloorRequestWithdrawn { topic: u32, department: Code },
    /// A department was given the floor.
    FloorGiven {
        topic: u32,
        /// The number of its turn on the docket, from 1.
        turn: u32,
        department: Code,
        /// When.
        given_at: Timestamp,
        /// When its time to speak is over, where it is limited.
        ends_at: Option<Timestamp>,
        /// Why it was called out of order, if it was.
        reason: Option<Text>,
    },
    /// A department no longer has the floor.
    FloorYielded {
        topic: u32,
        /// The number of its turn.
        turn: u32,
        department: Code,
        /// How many seconds it spoke in this turn.
        spoken_seconds: u64,
    },
    /// The debate on a topic has other limits from now on.
    DebateLimited {
        topic: u32,
        /// Minutes that each department may speak on it in all, 0 without a limit; as the body's rule says when `None`.
        speaking_minutes: Option<u32>,
        /// Whether nobody else may ask to speak.
        list_closed: bool,
    },
    /// The time of a department that has the floor was over.
    SpeakingTimeEnded {
        topic: u32,
        /// The number of its turn.
        turn: u32,
        department: Code,
        /// When it was over.
        ended_at: Timestamp,
    },
    /// The timebox of a topic was over.
    TopicTimeEnded {
        topic: u32,
        /// When it was over.
        ended_at: Timestamp,
    },
    /// A point of order was raised; whoever spoke is interrupted.
    PointOfOrderRaised {
        topic: u32,
        /// Its number within the topic, from 1.
        point: u32,
        department: Code,
        /// What it says.
        text: Text,
        /// The turn that is interrupted, if somebody speaks.
        turn: Option<u32>,
        /// How many seconds whoever is interrupted spoke in this turn.
        spoken_seconds: u64,
    },
    /// A point of order was ruled on; whoever was interrupted goes on.
    PointOfOrderRuled {
        topic: u32,
        /// Which one.
        point: u32,
        /// Whether it was well taken.
        sustained: bool,
        /// Why.
        reason: Text,
        /// The turn that was interrupted and goes on, if one does.
        turn: Option<u32>,
        /// When it goes on.
        resumed_at: Option<Timestamp>,
        /// When its time to speak is over, where it is limited.
        ends_at: Option<Timestamp>,
    },
    /// A motion was moved.
    MotionMoved {
        topic: u32,
        /// Its number within the topic, from 1.
        motion: u32,
        department: Code,
        /// What it asks for.
        kind: MotionKind,
        /// Why.
        reason: Text,
        /// Whether another seat has to second it before the others have to decide it.
        needs_seconder: bool,
        /// Whether a clerk of the docket put it down.
        put_down_by_clerk: bool,
        /// The subject of whoever moved it; none in what was recorded before this was.
        person: Option<String>,
    },
    /// A motion was seconded, and is before the others.
    MotionSeconded {
        topic: u32,
        /// Which one.
        motion: u32,
        department: Code,
        /// Whether a clerk of the docket put it down.
        put_down_by_clerk: bool,
    },
    /// A motion was withdrawn by whoever moved it.
    MotionWithdrawn {
        topic: u32,
        /// Which one.
        motion: u32,
    },
    /// A motion ended without a decision.
    MotionLapsed {
        topic: u32,
        /// Which one.
        motion: u32,
    },
    /// A motion was carried or lost.
    MotionDecided {
        topic: u32,
        /// Which one.
        motion: u32,
        /// In which ballot.
        ballot: u32,
        /// Whether it was carried.
        carried: bool,
    },
    /// A department made a statement on a topic.
    StatementRecorded {
        topic: u32,
        department: Code,
        /// Its stance on the topic.
        stance: Stance,
        /// Its reasons.
        reasons: Text,
        /// Whether a clerk of the docket put it down.
        put_down_by_clerk: bool,
    },
    /// A version of the proposal was submitted.
    ProposalSubmitted {
        topic: u32,
        /// The version's number, from 1.
        version: u32,
        /// The whole text.
        text: Text,
    },
    /// An amendment was submitted.
    AmendmentSubmitted {
        topic: u32,
        /// The amendment's number within the topic, from 1.
        amendment: u32,
        department: Code,
        /// The version that it amends, itself or by the amendment that it amends.
        version: u32,
        /// The whole new text.
        text: Text,
        /// The amendment that it amends, when it is none to the version.
        amends: Option<u32>,
        /// Whether another seat has to second it before the others have to decide it.
        needs_seconder: bool,
        /// Whether a clerk of the docket put it down.
        put_down_by_clerk: bool,
        /// The subject of whoever submitted it; none in what was recorded before this was.
        person: Option<String>,
    },
    /// An amendment was seconded, and is decided by a ballot.
    AmendmentSeconded {
        topic: u32,
        /// Which one.
        amendment: u32,
        department: Code,
        /// Whether a clerk of the docket put it down.
        put_down_by_clerk: bool,
    },
    /// An amendment was withdrawn by whoever moved it.
    AmendmentWithdrawn {
        topic: u32,
        /// Which one.
        amendment: u32,
    },
    /// An amendment ended without a decision.
    AmendmentLapsed {
        topic: u32,
        /// Which one.
        amendment: u32,
    },
    /// An amendment has the text of one to it, which was adopted.
    AmendmentAmended {
        topic: u32,
        /// Which one has another text.
        amendment: u32,
        /// The one whose text that is.
        by: u32,
    },
    /// An amendment was carried over to another text than the one for which it was moved.
    AmendmentRebased {
        topic: u32,
        /// Which one.
        amendment: u32,
        /// The version that it amends now, itself or by the amendment that it amends.
        version: u32,
        /// How its text is made of the text that it amends now, and of its own so far.
        splice: Splice,
    },
    /// What an amendment would change is not there any more.
    AmendmentFell {
        topic: u32,
        /// Which one.
        amendment: u32,
        /// The amendment that changed its passage, or that it amends and that has ended, if one did.
        by: Option<u32>,
    },
    /// An amendment became the next version.
    AmendmentAdopted {
        topic: u32,
        /// Which amendment.
        amendment: u32,
        /// The number of the version that it became.
        version: u32,
    },
    /// An amendment was rejected.
    AmendmentRejected {
        topic: u32,
        /// Which amendment.
        amendment: u32,
    },
    /// An action item was drafted.
    ItemDrafted {
        /// The item.
        item: DraftedItem,
    },
    /// An action item was revised.
    ItemRevised {
        /// The item as it is now.
        item: DraftedItem,
    },
    /// An action item was dropped.
    ItemDropped {
        topic: u32,
        /// Which item.
        item: u32,
        /// Why.
        reason: Text,
    },
    /// A department that had no part in the decision accepted to be bound by an item.
    ItemAccepted {
        topic: u32,
        /// Which item.
        item: u32,
        department: Code,
    },
    /// It was declared what the decision would do to earlier resolutions, in place of what was declared before.
    ChangesDeclared {
        topic: u32,
        /// The resolutions, and what becomes of each.
        changes: Vec<ResolutionChange>,
    },
    /// A choice among options was opened.
    ChoiceOpened {
        topic: u32,
        /// The choice's number within the topic, from 1.
        choice: u32,
        /// What is asked.
        question: Line,
        /// The options, which are known by their numbers from 1.
        options: Vec<Line>,
        /// How the chosen one is found.
        method: ChoiceMethod,
        /// Whether it is secret.
        secret: bool,
        /// The lot that decides between equal options, where the body's rule has one.
        lot: Option<SealedLot>,
        /// When the clock reminds those that have not chosen by then; none when that was planned before, or it reminds nobody.
        remind_at: Option<Timestamp>,
    },
    /// A department said in secret what it prefers, or changed it.
    ChoiceSealed {
        topic: u32,
        /// In which choice.
        choice: u32,
        department: Code,
        /// What it prefers and its tracking code, sealed with the key of the choice.
        sealed: Vec<u8>,
        /// The department that cast it, when that is another one.
        cast_by: Option<Code>,
    },
    /// What was preferred in a secret choice was opened for the count.
    SecretChoiceOpened {
        topic: u32,
        /// In which choice.
        choice: u32,
        /// What was preferred, sorted by the codes.
        papers: Vec<OpenedPaper>,
    },
    /// A secret choice was ended without a count; what was said is never opened.
    ChoiceVoided {
        topic: u32,
        /// Which choice.
        choice: u32,
        /// Why.
        reason: Text,
    },
    /// A department said what it prefers, or changed it.
    ChoiceCast {
        topic: u32,
        /// In which choice.
        choice: u32,
        department: Code,
        /// What it prefers.
        paper: ChoicePaper,
    },
    /// A choice was counted.
    ChoiceClosed {
        topic: u32,
        /// Which choice.
        choice: u32,
        /// What came out first, with its figures.
        result: ChoiceResult,
        /// Every seat that decides on the topic, as it was at the count.
        roll: Vec<Seat>,
        /// Whether something of it was sealed with a key, which is given up.
        sealed: bool,
    },
    /// A ballot was opened.
    BallotOpened {
        topic: u32,
        /// The ballot's number within the docket, from 1.
        ballot: u32,
        /// The version that is voted on; 0 when it is a motion or an amendment.
        version: u32,
        /// What it needs in order to pass.
        method: Method,
        /// How abstentions are counted.
        abstention: Abstention,
        /// What a tie means.
        tie: Tie,
        /// Of what the majority is taken.
        majority_of: MajorityBase,
        /// Whether it is secret.
        secret: bool,
        /// The motion that is voted on, when it is one.
        motion: Option<u32>,
        /// The amendment that is voted on, when it is one.
        amendment: Option<u32>,
        /// When those that have not answered by then are reminded, if the clock will and was not to do so already.
        remind_at: Option<Timestamp>,
    },
    /// The vote of a department in a secret ballot was cast, or changed.
    VoteSealed {
        topic: u32,
        /// In which ballot.
        ballot: u32,
        department: Code,
        /// How it votes and its tracking code, sealed with the key of the ballot.
        sealed: Vec<u8>,
        /// The department that cast it, when that is another one: by mandate, or as a substitute.
        cast_by: Option<Code>,
    },
    /// The votes of a secret ballot were opened for the count.
    SecretVotesOpened {
        topic: u32,
        /// Which ballot.
        ballot: u32,
        /// The votes, sorted by their codes.
        votes: Vec<OpenedVote>,
    },
    /// Hands were counted in place of votes by name, or that was taken back.
    HandsCounted {
        topic: u32,
        /// In which ballot.
        ballot: u32,
        /// How many; none when it was taken back.
        hands: Hands,
    },
    /// A secret ballot was ended without a count; its votes are never opened.
    BallotVoided {
        topic: u32,
        /// Which ballot.
        ballot: u32,
        /// Why.
        reason: Text,
    },
    /// The vote of a department was cast, or changed.
    VoteCast {
        topic: u32,
        /// In which ballot.
        ballot: u32,
        department: Code,
        /// How it votes.
        choice: Choice,
        /// The parts of its weight that vote otherwise.
        split: Vec<VotePart>,
        /// Why, when it gave a reason.
        reason: Option<Text>,
        /// The department that cast it, when that is another one: by mandate, or as a substitute.
        cast_by: Option<Code>,
        /// Whether a clerk of the docket put it down.
        put_down_by_clerk: bool,
    },
    /// A department recused itself from the ballots on a topic; a vote it had cast in an open ballot is void.
    RecusalRecorded {
        topic: u32,
        department: Code,
        /// Why.
        reason: Text,
        /// The version with which the recusal ends, when it is from this motion only.
        version: Option<u32>,
        /// Whether a clerk of the docket put it down.
        put_down_by_clerk: bool,
    },
    /// A department takes part in a topic again.
    RecusalWithdrawn {
        topic: u32,
        department: Code,
        /// Why.
        reason: Text,
        /// Whether a clerk of the docket put it down.
        put_down_by_clerk: bool,
    },
    /// A department let others vote for it, in place of whom it named before.
    MandateGiven {
        /// On which topic; on all when none is named.
        topic: Option<u32>,
        department: Code,
        /// Who may vote for it. The first valid vote counts.
        holders: Vec<Code>,
        /// Whether a clerk of the docket put it down.
        put_down_by_clerk: bool,
    },
    /// A department let nobody vote for it any more; votes that were cast remain valid.
    MandateRevoked {
        /// On which topic; the mandate for all when none is named.
        topic: Option<u32>,
        department: Code,
    },
    /// A ballot was counted.
    BallotClosed {
        topic: u32,
        /// The count and its arithmetic.
        result: BallotResult,
        /// Every seat that decides on the topic, as it was at the count.
        roll: Vec<Seat>,
    },
    /// A topic was decided.
    DecisionAdopted {
        topic: u32,
        /// Its title.
        title: Line,
        /// The version that was adopted.
        version: u32,
        /// The ballot that carried it.
        ballot: u32,
        /// The day of the decision.
        decided_on: Date,
        /// The deadline for the leads to acknowledge their items.
        acknowledge_by: Timestamp,
        /// Whether it is declaratory: nothing is to be done.
        declaratory: bool,
        /// When each item is due.
        due_dates: Vec<ItemDue>,
    },
    /// A topic was rejected.
    TopicRejected {
        topic: u32,
        /// Why.
        reason: Text,
    },
    /// A topic was deferred.
    TopicDeferred {
        topic: u32,
        /// The day on which it is to be resumed.
        resume_on: Date,
        /// The department that moved the deferral.
        moved_by: Code,
        /// Why.
        reason: Text,
        /// How many times the topic has been deferred, this time included.
        deferrals: u32,
    },
    /// A topic was referred.
    TopicReferred {
        topic: u32,
        /// To which body or department.
        referred_to: Code,
        /// Why.
        reason: Text,
    },
    /// A topic was withdrawn.
    TopicWithdrawn {
        topic: u32,
        /// Why.
        reason: Text,
    },
    /// What was decided on a topic is taken up again: it has no outcome.
    TopicReconsidered {
        topic: u32,
        /// By which motion.
        motion: u32,
    },
    /// A topic received its outcome after the decision clock had run out.
    DecidedLate {
        topic: u32,
        /// When the clock ran out.
        decide_by: Timestamp,
        /// How many minutes later the outcome came, rounded up.
        late_minutes: u64,
    },
    /// The docket was closed; every topic has an outcome.
    Closed {
        /// When.
        closed_at: Timestamp,
        /// Topics adopted.
        adopted: u32,
        /// Topics rejected.
        rejected: u32,
        /// Topics deferred.
        deferred: u32,
        /// Topics referred.
        referred: u32,
        /// Topics withdrawn.
        withdrawn: u32,
        /// Seconds spent on all topics.
        spent_seconds: u64,
        /// Minutes of digressions.
        digression_minutes: u32,
    },
}
