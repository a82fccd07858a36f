//! Resolution's values and events.

use crate::resolution::events::v1 as resolution;
use crate::resolution::v1 as api;
use crate::wire::missing;
use crate::{Invalid, Wire, wire_enum, wire_events, wire_required, wire_struct};
use domain::due::DueRule;
use domain::resolution::action_item::put_down::{self, Means, PutDown};
use domain::resolution::action_item::{self, ActionItem, Assignment, Due, Help, Moved, PartStage, Place};
use domain::resolution::adopted_elsewhere::Obligation;
use domain::resolution::dependencies::{self, Dependencies};
use domain::resolution::evidence::Evidence;
use domain::resolution::evidence_content::{self, EvidenceContent};
use domain::resolution::forecast::Silence;
use domain::resolution::register::{self, Register};
use domain::resolution::resolution::{self as decision, Origin, Registration, Resolution, Votes};
use domain::resolution::target::{self, Measure, Phase, PhasedTarget};
use domain::resolution_change::ResolutionChange;
use domain::{Code, Date, Label, Line, Text, Uuid};

wire_enum!(action_item::Stage => api::ItemStage {
    Assigned, Contested, Underway, Claimed, Accepted, Rescinded,
});
wire_enum!(PartStage => api::ItemPartStage { Assigned, Underway, Claimed, Accepted });
wire_enum!(Help => api::HelpStage { Owed, Acknowledged, Given });
wire_enum!(put_down::Kind => resolution::SaidKind, api::SaidKind {
    Acknowledgement, Contest, Progress, Blockage, Clearance, HelpPromised, HelpGiven, Extension, Completion,
});
wire_enum!(Means => resolution::SaidMeans, api::SaidMeans { InPerson, Telephone, Letter, Message });
wire_struct!(PutDown => resolution::PutDown, api::PutDown {
    kind, department_code: department, said_by, means, said_on, put_down_by: by, put_down_by_code: by_department,
});
wire_enum!(decision::Stage => api::ResolutionStage { InForce, Rescinded, Superseded });

wire_enum!(Silence => api::ForecastSilence { TooLittleHistory, NotOpen, Late, ClockStandsStill, Unseen });
wire_enum!(Phase => resolution::TargetPhase, api::TargetPhase { Now, NextYear, LongTerm });
wire_enum!(Measure => resolution::TargetMeasure, api::TargetMeasure { ItemsDone, ShareDone, ShareKept });
wire_struct!(target::Terms => resolution::TargetTerms, api::TargetTerms {
    department_code: department, phase, title, measure, goal, starts_on, ends_on, body_code: body,
});

wire_struct!(Votes => resolution::ResolutionVotes, api::ResolutionVotes {
    method, eligible, recused, quorum, cast, yes_votes: yes, no_votes: no, abstentions: abstain, base, needed, sentence,
    body_version,
});
wire_struct!(Obligation => api::ItemToRecord, api::SubItem {
    title, deliverable, criterion, lead_code: lead, co_responsible_codes: co_responsible, due,
});

/// A registration with what only one origin has as optional fields: its form on the wire.
struct FlatRegistration {
    number: Line,
    session: Option<Uuid>,
    topic: Option<u32>,
    body: Code,
    title: Line,
    text: Text,
    declaratory: bool,
    decided_on: Date,
    votes: Option<Votes>,
    dissenting: Vec<Code>,
    items: Vec<Uuid>,
    source: Option<Line>,
    changes: Vec<ResolutionChange>,
    label: Label,
}

wire_struct!(FlatRegistration => resolution::ResolutionRegistration, api::ResolutionRegistration {
    number,
    session_id: session,
    topic_number: topic,
    body_code: body,
    title,
    text,
    declaratory,
    decided_on,
    votes,
    dissenting_codes: dissenting,
    item_ids: items,
    source,
    changes,
    label,
});

impl From<&Registration> for FlatRegistration {
    fn from(registration: &Registration) -> FlatRegistration {
        let Registration {
            number,
            origin,
            body,
            title,
            text,
            declaratory,
            decided_on,
            items,
            changes,
            label,
        } = registration.clone();
        let (session, topic, votes, dissenting, source) = match origin {
            Origin::Session { session, topic, votes, dissenting } => {
                (Some(session), Some(topic), Some(votes), dissenting, None)
            }
            Origin::Elsewhere { source } => (None, None, None, vec![], Some(source)),
        };
        FlatRegistration {
            number,
            session,
            topic,
            body,
            title,
            text,
            declaratory,
            decided_on,
            votes,
            dissenting,
            items,
            source,
            changes,
            label,
        }
    }
}

impl TryFrom<FlatRegistration> for Registration {
    type Error = Invalid;

    fn try_from(flat: FlatRegistration) -> Result<Registration, Invalid> {
        let origin = match flat.source {
            Some(source) => Origin::Elsewhere { source },
            None => Origin::Session {
                session: flat.session.ok_or_else(|| missing().within("session_id"))?,
                topic: flat.topic.ok_or_else(|| missing().within("topic_number"))?,
                votes: flat.votes.ok_or_else(|| missing().within("votes"))?,
                dissenting: flat.dissenting,
            },
        };
        let FlatRegistration {
            number,
            body,
            title,
            text,
            declaratory,
            decided_on,
            items,
            changes,
            label,
            ..
        } = flat;
        Ok(Registration { number, origin, body, title, text, declaratory, decided_on, items, changes, label })
    }
}

macro_rules! wire_registration {
    ($($message:ty),+) => { $(
        impl Wire<$message> for Registration {
            fn to_wire(&self) -> $message {
                FlatRegistration::from(self).to_wire()
            }
            fn from_wire(wire: $message) -> Result<Self, Invalid> {
                FlatRegistration::from_wire(wire)?.try_into()
            }
        }
        wire_required!(Registration => $message);
    )+ };
}
wire_registration!(resolution::ResolutionRegistration, api::ResolutionRegistration);

wire_struct!(Evidence => resolution::Evidence, api::Evidence { title, sha256, uri });
wire_struct!(Place => resolution::ActionItemPlace {
    parent_item_id: parent, parent_number, tier, above_codes: above,
});
wire_struct!(Moved => resolution::ActionItemDue { due_on, due_at, promised_on, promised_at, acknowledge_by });

/// What was agreed on, and did not move: the rest is unset.
impl Wire<resolution::ActionItemDue> for Due {
    fn to_wire(&self) -> resolution::ActionItemDue {
        let &Due { due_on, due_at } = self;
        Moved { due_on, due_at, promised_on: None, promised_at: None, acknowledge_by: None }.to_wire()
    }
    fn from_wire(wire: resolution::ActionItemDue) -> Result<Self, Invalid> {
        let Moved { due_on, due_at, .. } = Moved::from_wire(wire)?;
        Ok(Due { due_on, due_at })
    }
}
wire_required!(Due => resolution::ActionItemDue);
wire_struct!(Assignment => resolution::ActionItemAssignment {
    resolution_id: resolution,
    number,
    title,
    deliverable,
    criterion,
    lead_code: lead,
    co_responsible_codes: co_responsible,
    due_on,
    due_at,
    acknowledge_by,
});

impl Wire<api::DueRule> for DueRule {
    fn to_wire(&self) -> api::DueRule {
        use api::due_rule::Rule as There;
        let rule = match *self {
            DueRule::On(date) => There::DueOn(date.to_wire()),
            DueRule::AfterDays(days) => There::AfterDays(days),
            DueRule::AfterWorkingDays(days) => There::AfterWorkingDays(days),
            DueRule::AfterHours(hours) => There::AfterHours(hours),
        };
        api::DueRule { rule: Some(rule) }
    }
    fn from_wire(wire: api::DueRule) -> Result<Self, Invalid> {
        use api::due_rule::Rule as There;
        match wire.rule.ok_or_else(missing)? {
            There::DueOn(date) => {
                Date::from_wire(date).map(DueRule::On).map_err(|fault| fault.within("due_on"))
            }
            There::AfterDays(days) => Ok(DueRule::AfterDays(days)),
            There::AfterWorkingDays(days) => Ok(DueRule::AfterWorkingDays(days)),
            There::AfterHours(hours) => Ok(DueRule::AfterHours(hours)),
        }
    }
}
wire_required!(DueRule => api::DueRule);

wire_events!(Register, register::Event => resolution {
    NumberIssued => RegisterNumberIssued {
        body_code: body, year, resolution_id: resolution, serial, number,
    },
});

wire_events!(Resolution, decision::Event => resolution {
    Registered => ResolutionRegistered { registration, registered_at },
    Changed => ResolutionChanged {
        by_resolution_id: by, effect, carried_over_item_ids: carried_over, reason, changed_at,
    },
    Relabelled => ResolutionRelabelled { label, reason },
});

wire_events!(ActionItem, action_item::Event => resolution {
    Assigned => ActionItemAssigned { assignment },
    AcceptorNamed => ActionItemAcceptorNamed { acceptor_code: acceptor, reason },
    Acknowledged => ActionItemAcknowledged { department_code: department },
    PartAcknowledged => ActionItemPartAcknowledged { department_code: department },
    Contested => ActionItemContested { department_code: department, reason, contested_at, contested_by: by },
    ContestDismissed => ActionItemContestDismissed { reason, acknowledge_by, due },
    Reassigned => ActionItemReassigned { lead_code: lead, reason, acknowledge_by, due },
    ProgressReported => ActionItemProgressReported { department_code: department, percent, note, evidence },
    BlockageReported => ActionItemBlockageReported {
        department_code: department, reason, help_from_code: help_from,
    },
    BlockageCleared => ActionItemBlockageCleared { department_code: department, note, blocked_code: blocked },
    HelpAcknowledged => ActionItemHelpAcknowledged { department_code: department, blocked_code: blocked },
    HelpGiven => ActionItemHelpGiven { department_code: department, blocked_code: blocked, note },
    ExtensionRequested => ActionItemExtensionRequested { due_on, due_at, reason, requested_by: by },
    ExtensionGranted => ActionItemExtensionGranted { due_on, due_at, granted },
    ExtensionRefused => ActionItemExtensionRefused { reason },
    CompletionClaimed => ActionItemCompletionClaimed {
        department_code: department, summary, evidence, claimed_at, claimed_by: by,
    },
    PartClaimed => ActionItemPartClaimed { department_code: department, summary, evidence, claimed_by: by },
    PartAccepted => ActionItemPartAccepted { part_code: part, department_code: department, note },
    PartReturned => ActionItemPartReturned { part_code: part, department_code: department, reason },
    Accepted => ActionItemAccepted { department_code: department, note },
    Returned => ActionItemReturned { department_code: department, reason, due },
    Reopened => ActionItemReopened { reason, due_on, due_at },
    Suspended => ActionItemSuspended { reason, authority, suspended_at },
    Resumed => ActionItemResumed { note, due },
    DependencyAdded => ActionItemDependencyAdded { on_item_id: on, on_number, added_at },
    DependantNoted => ActionItemDependantNoted { dependant_item_id: dependant },
    PlacedBelow => ActionItemPlacedBelow { place },
    SubItemNoted => ActionItemSubItemNoted { sub_item_id: sub_item, number, is_split },
    SessionNoted => ActionItemSessionNoted { session_id: session },
    Released => ActionItemReleased { on_item_id: on, due },
    Urged => ActionItemUrged { text, urged_on },
    Instructed => ActionItemInstructed { text },
    EvidenceKept => ActionItemEvidenceKept { department_code: department, sha256, bytes, content_id: content },
    PutDown => ActionItemPutDown { put_down },
    PutDownContested => ActionItemPutDownContested {
        department_code: department, kind, reason, acknowledge_by, due,
    },
    Rescinded => ActionItemRescinded { reason },
    LookBackRecorded => ActionItemLookBackRecorded { department_code: department, observation, holds },
});

wire_struct!(evidence_content::Part => resolution::EvidencePart { item_id: item, sha256, part, parts, content });
wire_events!(EvidenceContent, evidence_content::Event => resolution {
    Kept => EvidenceContentKept { part },
});

wire_events!(Dependencies, dependencies::Event => resolution {
    Added => DependencyAdded { item_id: item, on_item_id: on },
    Removed => DependencyRemoved { item_id: item, on_item_id: on },
    Forgotten => DependenciesForgotten { item_id: item },
});

wire_events!(PhasedTarget, target::Event => resolution {
    Set => TargetSet { terms, reason },
    Changed => TargetChanged { goal, ends_on, reason },
    Withdrawn => TargetWithdrawn { reason },
});

#[cfg(test)]
pub(super) mod samples;
#[cfg(test)]
mod tests;
