//! What can happen to an action item.

use super::cascade::Place;
use super::item::{Assignment, Due, Moved};
use super::put_down::{Kind, PutDown};
use crate::resolution::evidence::Evidence;
use crate::{Code, Date, Line, Text, Timestamp, Uuid};

/// The events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// The item was assigned.
    Assigned {
        /// What is owed, by whom, until when.
        assignment: Assignment,
    },
    /// The lead acknowledged it.
    Acknowledged {
        /// The lead.
        department: Code,
    },
    /// Who judges the work was named.
    AcceptorNamed {
        /// Which department; none: the supervisors.
        acceptor: Option<Code>,
        /// Why.
        reason: Text,
    },
    /// A department that supports the item acknowledged its part.
    PartAcknowledged {
        /// Which.
        department: Code,
    },
    /// The lead disputed that it is its own to do. The clock stops until that is ruled on.
    Contested {
        /// The lead.
        department: Code,
        /// Why.
        reason: Text,
        /// When; not noted in old logs.
        contested_at: Option<Timestamp>,
        /// Who did, by the name in their token; not noted in old logs.
        by: Option<String>,
    },
    /// The contest was dismissed; the lead stays the lead.
    ContestDismissed {
        /// Why.
        reason: Text,
        /// Until when the lead must acknowledge now.
        acknowledge_by: Timestamp,
        /// When the item is due now, if that changed: later by the working days that the ruling took.
        due: Option<Moved>,
    },
    /// Another department leads from now on.
    Reassigned {
        /// Which.
        lead: Code,
        /// Why.
        reason: Text,
        /// Until when it must acknowledge.
        acknowledge_by: Timestamp,
        /// When the item is due, as that is promised to it; in old logs, it kept the date.
        due: Option<Due>,
    },
    /// A department reported how far its work has come.
    ProgressReported {
        /// Which.
        department: Code,
        /// How much is done, in percent.
        percent: u32,
        /// What was done.
        note: Text,
        /// What shows it.
        evidence: Vec<Evidence>,
    },
    /// A department reported that its work cannot go on.
    BlockageReported {
        /// Which.
        department: Code,
        /// Why.
        reason: Text,
        /// The department that could help.
        help_from: Code,
    },
    /// A department reported that the work can go on.
    BlockageCleared {
        /// Which.
        department: Code,
        /// The department whose work can go on; in old logs none, and that of all.
        blocked: Option<Code>,
        /// What changed.
        note: Text,
    },
    /// The department that is asked for help said that it will help.
    HelpAcknowledged {
        /// Which.
        department: Code,
        /// The department that it helps.
        blocked: Code,
    },
    /// It said that it has helped; whoever was blocked has to see whether that is enough.
    HelpGiven {
        /// Which.
        department: Code,
        /// The department that it helped.
        blocked: Code,
        /// How.
        note: Text,
    },
    /// The lead requested a later due date.
    ExtensionRequested {
        /// The date.
        due_on: Date,
        /// The last moment of that date.
        due_at: Timestamp,
        /// Why.
        reason: Text,
        /// Who did, by the name in their token; not noted in old logs.
        by: Option<String>,
    },
    /// The due date was moved.
    ExtensionGranted {
        /// The date.
        due_on: Date,
        /// The last moment of that date.
        due_at: Timestamp,
        /// How many times it has been moved, this time included.
        granted: u32,
    },
    /// The due date was left as it is.
    ExtensionRefused {
        /// Why.
        reason: Text,
    },
    /// The lead claimed that the work is done. That ends blockages, and a request for an extension. The clock stops
    /// until that is judged.
    CompletionClaimed {
        /// The lead.
        department: Code,
        /// What was done.
        summary: Text,
        /// What shows it.
        evidence: Vec<Evidence>,
        /// When; not noted in old logs.
        claimed_at: Option<Timestamp>,
        /// Who did, by the name in their token; not noted in old logs.
        by: Option<String>,
    },
    /// A department that supports the item claimed that its part is done. That ends its blockage.
    PartClaimed {
        /// Which.
        department: Code,
        /// What was done.
        summary: Text,
        /// What shows it.
        evidence: Vec<Evidence>,
        /// Who did, by the name in their token; not noted in old logs.
        by: Option<String>,
    },
    /// The part of a department was found done.
    PartAccepted {
        /// Whose part.
        part: Code,
        /// The department that found this; none when the person speaks for no department.
        department: Option<Code>,
        /// A remark.
        note: Option<Text>,
    },
    /// The part of a department was found not done; its work goes on.
    PartReturned {
        /// Whose part.
        part: Code,
        /// The department that found this; none when the person speaks for no department.
        department: Option<Code>,
        /// What is lacking.
        reason: Text,
    },
    /// The criterion was found met.
    Accepted {
        /// The department that found this; none when the person speaks for no department.
        department: Option<Code>,
        /// A remark.
        note: Option<Text>,
    },
    /// The criterion was found not met; the work goes on.
    Returned {
        /// The department that found this; none when the person speaks for no department.
        department: Option<Code>,
        /// What is lacking.
        reason: Text,
        /// When the item is due now, if that changed: later by the working days that judging took.
        due: Option<Moved>,
    },
    /// The acceptance was revoked; the work goes on.
    Reopened {
        /// Why.
        reason: Text,
        /// When it is due now.
        due_on: Date,
        /// The last moment of that date.
        due_at: Timestamp,
    },
    /// Nothing is owed until the item is resumed.
    Suspended {
        /// Why.
        reason: Text,
        /// Who or what ordered it.
        authority: Line,
        /// When.
        suspended_at: Timestamp,
    },
    /// The item is owed again.
    Resumed {
        /// Why.
        note: Text,
        /// When it is due now, if that changed: later by the working days it was suspended.
        due: Option<Moved>,
    },
    /// The item waits for another one; its clock stops until that one is over.
    DependencyAdded {
        /// Which.
        on: Uuid,
        /// Its number.
        on_number: Line,
        /// When.
        added_at: Timestamp,
    },
    /// Another item waits for this one.
    DependantNoted {
        /// Which.
        dependant: Uuid,
    },
    /// The item no longer waits for another one.
    Released {
        /// Which.
        on: Uuid,
        /// When it is due now, if that changed: later by the working days it waited.
        due: Option<Moved>,
    },
    /// The item is a part of another one from now on, which it carries out.
    PlacedBelow {
        /// Where.
        place: Place,
    },
    /// There is an item below this one, which carries it out.
    SubItemNoted {
        /// Which.
        sub_item: Uuid,
        /// Its number.
        number: Line,
        /// Whether this one was split into it; if not, a session decided on it.
        is_split: bool,
    },
    /// A session was requested to carry the item out.
    SessionNoted {
        /// Which.
        session: Uuid,
    },
    /// The lead was urged on.
    Urged {
        /// With what words.
        text: Text,
        /// When.
        urged_on: Date,
    },
    /// A leader gave an instruction.
    Instructed {
        /// What they said.
        text: Text,
    },
    /// What was recorded just before was put down by a clerk, for a department without users.
    PutDown {
        /// What, for whom, who said it, and who put it down.
        put_down: PutDown,
    },
    /// A department contested what was put down for it. What nobody has judged or ruled on yet is taken back.
    PutDownContested {
        /// The department.
        department: Code,
        /// What kind of thing was put down.
        kind: Kind,
        /// Why.
        reason: Text,
        /// Until when the lead must acknowledge; none unless the item is offered to it again by this.
        acknowledge_by: Option<Timestamp>,
        /// When the item is due now, if that changed: later by the working days that its clock stood still.
        due: Option<Moved>,
    },
    /// The content of a document that was given as evidence is kept.
    EvidenceKept {
        /// The department that keeps it.
        department: Code,
        /// Its SHA-256, in lower-case hexadecimal digits.
        sha256: Line,
        /// How many bytes it has.
        bytes: u32,
        /// Where its bytes are: see [`crate::resolution::evidence_content`].
        content: Uuid,
    },
    /// The item is no longer owed.
    Rescinded {
        /// Why.
        reason: Text,
    },
    /// A look-back was recorded: whether the result lasts, some time after acceptance.
    LookBackRecorded {
        /// The department that looked; none when the person speaks for no department.
        department: Option<Code>,
        /// What was found.
        observation: Text,
        /// Whether the result holds.
        holds: bool,
    },
}
