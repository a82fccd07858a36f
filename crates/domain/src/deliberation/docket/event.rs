//! What can happen on a docket.

use super::{Agenda, DraftedItem, Due, Stance};
use crate::deliberation::ballot::{Abstention, BallotResult, Choice, Method, Tie};
use crate::{Code, Date, Line, Text, Timestamp};

/// The facts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// The docket was prepared.
    Prepared {
        /// With this.
        agenda: Agenda,
    },
    /// A department has come.
    DelegateArrived {
        /// Which.
        department: Code,
        /// Who speaks for it.
        delegate: Line,
    },
    /// A department has gone.
    DelegateLeft {
        /// Which.
        department: Code,
    },
    /// The docket was opened.
    Opened {
        /// When.
        opened_at: Timestamp,
        /// Deciding departments that were there.
        present: u32,
        /// Deciding departments that had to be there.
        needed: u32,
        /// Deciding departments in all.
        departments: u32,
    },
    /// A topic was called.
    TopicOpened {
        /// Which.
        topic: u32,
        /// When.
        opened_at: Timestamp,
    },
    /// A topic was put aside for the moment.
    TopicPaused {
        /// Which.
        topic: u32,
        /// Seconds on the floor so far.
        spent_seconds: u64,
    },
    /// Minutes off topic were noted.
    DigressionMarked {
        /// On which topic.
        topic: u32,
        /// How many.
        minutes: u32,
        /// What was talked of instead.
        note: Option<Line>,
    },
    /// Nobody speaks to a topic any more.
    DebateClosed {
        /// Which.
        topic: u32,
        /// Seconds on the floor, in all.
        spent_seconds: u64,
        /// Seconds of it beyond the timebox.
        overrun_seconds: u64,
        /// Minutes of it off topic.
        digression_minutes: u32,
    },
    /// A department said how it stands to a topic.
    PositionStated {
        /// To which topic.
        topic: u32,
        /// Which department.
        department: Code,
        /// How.
        stance: Stance,
        /// Why.
        reasons: Text,
    },
    /// A version of the text was put forward.
    Proposed {
        /// On which topic.
        topic: u32,
        /// The version's number, from 1.
        version: u32,
        /// The text.
        text: Text,
    },
    /// Another text was put forward.
    AmendmentProposed {
        /// On which topic.
        topic: u32,
        /// The amendment's number within the topic, from 1.
        amendment: u32,
        /// By which department.
        department: Code,
        /// In place of which version.
        version: u32,
        /// The whole new text.
        text: Text,
    },
    /// An amendment became the next version.
    AmendmentAdopted {
        /// On which topic.
        topic: u32,
        /// Which amendment.
        amendment: u32,
        /// The number of the version that it became.
        version: u32,
    },
    /// An amendment was not taken.
    AmendmentRejected {
        /// On which topic.
        topic: u32,
        /// Which amendment.
        amendment: u32,
    },
    /// An action item was drafted.
    ItemDrafted {
        /// The item.
        item: DraftedItem,
    },
    /// An action item says something else now.
    ItemRevised {
        /// The item as it is now.
        item: DraftedItem,
    },
    /// An action item was taken out.
    ItemDropped {
        /// On which topic.
        topic: u32,
        /// Which item.
        item: u32,
        /// Why.
        reason: Text,
    },
    /// A ballot was opened.
    BallotOpened {
        /// On which topic.
        topic: u32,
        /// The ballot's number within the docket, from 1.
        ballot: u32,
        /// The version that is voted on.
        version: u32,
        /// What it needs in order to pass.
        method: Method,
        /// What an abstention means.
        abstention: Abstention,
        /// What a tie means.
        tie: Tie,
    },
    /// A department cast its vote, or changed it.
    VoteCast {
        /// On which topic.
        topic: u32,
        /// In which ballot.
        ballot: u32,
        /// Which department.
        department: Code,
        /// How.
        choice: Choice,
        /// Why, when it says so.
        reason: Option<Text>,
    },
    /// A department does not vote on a topic; a vote it had cast in an open ballot is void.
    Recused {
        /// On which topic.
        topic: u32,
        /// Which department.
        department: Code,
        /// Why.
        reason: Text,
    },
    /// A ballot was counted.
    BallotClosed {
        /// On which topic.
        topic: u32,
        /// The count and its arithmetic.
        result: BallotResult,
    },
    /// A topic was decided.
    DecisionAdopted {
        /// Which.
        topic: u32,
        /// Its title.
        title: Line,
        /// The version that was adopted.
        version: u32,
        /// The ballot that carried it.
        ballot: u32,
        /// The day.
        decided_on: Date,
        /// Until when the leads must acknowledge.
        acknowledge_by: Timestamp,
        /// Whether nothing is to be done.
        declaratory: bool,
        /// When each item is due.
        dues: Vec<Due>,
    },
    /// A topic ended without a decision.
    TopicRejected {
        /// Which.
        topic: u32,
        /// Why.
        reason: Text,
    },
    /// A topic was put off.
    TopicDeferred {
        /// Which.
        topic: u32,
        /// Until when.
        until: Date,
        /// On whose motion.
        by: Code,
        /// Why.
        reason: Text,
        /// How often, with this time.
        deferrals: u32,
    },
    /// A topic was handed over.
    TopicReferred {
        /// Which.
        topic: u32,
        /// To which body or department.
        to: Code,
        /// Why.
        reason: Text,
    },
    /// A topic was taken back.
    TopicWithdrawn {
        /// Which.
        topic: u32,
        /// Why.
        reason: Text,
    },
    /// A topic got its outcome after the decision clock had run out.
    DecidedLate {
        /// Which.
        topic: u32,
        /// When the clock ran out.
        decide_by: Timestamp,
        /// Minutes after that, rounded up.
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
        /// Seconds on the floor, all topics.
        spent_seconds: u64,
        /// Minutes of it off topic.
        digression_minutes: u32,
    },
}
