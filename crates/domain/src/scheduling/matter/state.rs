//! What is known of a matter.

use super::{Event, Intake, Rejection, Verdict};
use crate::decision_rule::MatterClass;
use crate::{Code, Date, Label, Line, Text, Timestamp, Uuid};
use std::collections::BTreeSet;
use std::fmt;

/// Stage of a matter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Stage {
    /// Waits for a session of its body.
    Backlog,
    /// Is on the agenda of a session.
    OnAgenda,
    /// Was put off until a day.
    Deferred,
    /// Waits for another body to accept or return it.
    Referred,
    /// Its parts are matters of their own.
    Split,
    /// Is a part of another matter.
    Merged,
    /// Was decided.
    Decided,
    /// Ended without a decision.
    Withdrawn,
}

impl Stage {
    /// Every stage, in the order of a matter's life.
    pub const ALL: [Stage; 8] = [
        Stage::Backlog,
        Stage::OnAgenda,
        Stage::Deferred,
        Stage::Referred,
        Stage::Split,
        Stage::Merged,
        Stage::Decided,
        Stage::Withdrawn,
    ];

    /// The stage's name in refusals.
    pub fn as_str(self) -> &'static str {
        match self {
            Stage::Backlog => "in the backlog",
            Stage::OnAgenda => "on an agenda",
            Stage::Deferred => "deferred",
            Stage::Referred => "referred",
            Stage::Split => "split",
            Stage::Merged => "merged",
            Stage::Decided => "decided",
            Stage::Withdrawn => "withdrawn",
        }
    }

    /// Whether the matter is still to be settled.
    pub fn is_open(self) -> bool {
        matches!(self, Stage::Backlog | Stage::OnAgenda | Stage::Deferred | Stage::Referred)
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How far a matter has come, with what is so only then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Progress {
    /// Waits for a session of its body.
    Backlog,
    /// Is on the agenda of a session.
    OnAgenda {
        /// The session.
        session: Uuid,
        /// The number of the topic.
        topic: u32,
    },
    /// Was put off.
    Deferred {
        /// Until this day.
        resume_on: Date,
        /// The first moment of that day.
        resume_at: Timestamp,
    },
    /// Waits for another body.
    Referred {
        /// Which.
        to: Code,
    },
    /// Its parts are matters of their own.
    Split {
        /// The parts.
        into: Vec<Uuid>,
    },
    /// Is a part of another matter.
    Merged {
        /// Which.
        into: Uuid,
    },
    /// Was decided.
    Decided {
        /// The session.
        session: Uuid,
        /// How.
        verdict: Verdict,
    },
    /// Ended without a decision.
    Withdrawn,
}

/// What is known of one matter.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum State {
    /// Never taken in.
    #[default]
    Absent,
    /// Taken in.
    Known(Box<Known>),
}

/// A matter that was taken in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// Its title.
    pub title: Line,
    /// What is to be settled.
    pub summary: Option<Text>,
    /// The body that it is before.
    pub body: Code,
    /// The department that raised it.
    pub raised_by: Option<Code>,
    /// The case that raised it.
    pub case_reference: Option<Line>,
    /// The matter that it was split from.
    pub split_from: Option<Uuid>,
    /// The matters that are parts of it.
    pub absorbed: Vec<Uuid>,
    /// How many times it has been deferred in its life.
    pub deferrals: u32,
    /// The last session that it was on the agenda of.
    pub last_session: Option<Uuid>,
    /// Why it is where it is, when somebody said so.
    pub reason: Option<Text>,
    /// Every department that may know of it.
    pub concerned: BTreeSet<Code>,
    /// Its label: no topic about it has a weaker one.
    pub label: Label,
    /// The class whose rule it is decided by, once it has one.
    pub class: Option<MatterClass>,
    /// How far it has come.
    pub progress: Progress,
}

impl Known {
    fn new(intake: &Intake, raised_by: Option<&Code>) -> Known {
        Known {
            title: intake.title.clone(),
            summary: intake.summary.clone(),
            body: intake.body.clone(),
            raised_by: raised_by.cloned(),
            case_reference: intake.case_reference.clone(),
            split_from: intake.split_from,
            absorbed: Vec::new(),
            deferrals: intake.deferrals,
            last_session: None,
            reason: None,
            concerned: intake.concerned.iter().chain(raised_by).cloned().collect(),
            label: intake.label,
            class: intake.class,
            progress: Progress::Backlog,
        }
    }

    /// Its stage.
    pub fn stage(&self) -> Stage {
        match self.progress {
            Progress::Backlog => Stage::Backlog,
            Progress::OnAgenda { .. } => Stage::OnAgenda,
            Progress::Deferred { .. } => Stage::Deferred,
            Progress::Referred { .. } => Stage::Referred,
            Progress::Split { .. } => Stage::Split,
            Progress::Merged { .. } => Stage::Merged,
            Progress::Decided { .. } => Stage::Decided,
            Progress::Withdrawn => Stage::Withdrawn,
        }
    }

    /// The body whose turn it is: the one that it was referred to, or else its own.
    pub fn body_in_charge(&self) -> &Code {
        match &self.progress {
            Progress::Referred { to } => to,
            _ => &self.body,
        }
    }

    pub(super) fn is_on_agenda_of(&self, session: Uuid) -> bool {
        matches!(self.progress, Progress::OnAgenda { session: its, .. } if its == session)
    }

    /// Refuses what is done to a matter that no session has, unless it is one.
    pub(super) fn must_wait(&self, action: &'static str) -> Result<(), Rejection> {
        match self.progress {
            Progress::Backlog | Progress::Deferred { .. } => Ok(()),
            _ => Err(self.wrong_stage(action, "in the backlog or deferred")),
        }
    }

    /// While a session has it, its docket counts its deferrals: they cannot become more by another matter's.
    pub(super) fn must_be_able_to_absorb(&self, deferrals: u32) -> Result<(), Rejection> {
        match self.progress {
            Progress::OnAgenda { .. } if deferrals <= self.deferrals => Ok(()),
            _ => self.must_wait("given another one as a part"),
        }
    }

    /// Refuses a label that is weaker than its own.
    pub(super) fn must_not_weaken(&self, label: Label) -> Result<(), Rejection> {
        if label >= self.label {
            return Ok(());
        }
        Err(Rejection::LabelTooWeak { label, needed: self.label })
    }

    /// Refuses what belongs to another class than its own.
    pub(super) fn must_be_of(&self, class: MatterClass) -> Result<(), Rejection> {
        match self.class {
            Some(own) if own != class => Err(Rejection::OfAnotherClass {
                title: self.title.clone(),
                matter_class: own,
                needed_class: class,
            }),
            _ => Ok(()),
        }
    }

    pub(super) fn wrong_stage(&self, action: &'static str, needed: &'static str) -> Rejection {
        Rejection::WrongStage { action, needed, stage: self.stage() }
    }

    pub(super) fn of_another_body(&self, needed_code: Code) -> Rejection {
        Rejection::OfAnotherBody { title: self.title.clone(), body_code: self.body.clone(), needed_code }
    }

    fn apply(&mut self, event: &Event) {
        self.reason = reason(event).cloned().or(self.reason.take().filter(|_| !moves(event)));
        match event {
            Event::TakenIn { .. } => {}
            Event::PutOnAgenda { session, topic, concerned, label } => {
                self.concerned.extend(concerned.iter().cloned());
                // A topic that was put on an agenda before matters had labels says nothing of its own.
                self.label = self.label.max(*label);
                self.last_session = Some(*session);
                self.progress = Progress::OnAgenda { session: *session, topic: *topic };
            }
            Event::TakenOffAgenda { .. } | Event::Resumed { .. } | Event::ReferralReturned { .. } => {
                self.progress = Progress::Backlog;
            }
            Event::Deferred { resume_on, resume_at, deferrals, .. } => {
                self.deferrals = *deferrals;
                self.progress = Progress::Deferred { resume_on: *resume_on, resume_at: *resume_at };
            }
            Event::Referred { to, chair, .. } => {
                self.concerned.insert(chair.clone());
                self.progress = Progress::Referred { to: to.clone() };
            }
            Event::ReferralAccepted { body } => {
                self.body = body.clone();
                self.progress = Progress::Backlog;
            }
            Event::Split { into, .. } => self.progress = Progress::Split { into: into.clone() },
            Event::Merged { into, .. } => self.progress = Progress::Merged { into: *into },
            Event::Absorbed { from, deferrals, concerned, label, class } => {
                self.absorbed.push(*from);
                self.deferrals = *deferrals;
                self.concerned.extend(concerned.iter().cloned());
                self.label = self.label.max(*label);
                self.class = self.class.or(*class);
            }
            Event::Classified { class, .. } => self.class = Some(*class),
            Event::Relabelled { label, concerned, .. } => {
                self.label = *label;
                self.concerned.extend(concerned.iter().cloned());
            }
            Event::Decided { session, verdict } => {
                self.progress = Progress::Decided { session: *session, verdict: *verdict };
            }
            Event::Withdrawn { .. } => self.progress = Progress::Withdrawn,
        }
    }
}

/// Whether an event changes where the matter is.
fn moves(event: &Event) -> bool {
    !matches!(
        event,
        Event::TakenIn { .. } | Event::Absorbed { .. } | Event::Classified { .. } | Event::Relabelled { .. }
    )
}

fn reason(event: &Event) -> Option<&Text> {
    match event {
        Event::TakenOffAgenda { reason, .. }
        | Event::Deferred { reason, .. }
        | Event::Referred { reason, .. }
        | Event::Withdrawn { reason, .. } => reason.as_ref(),
        Event::ReferralReturned { reason, .. }
        | Event::Split { reason, .. }
        | Event::Merged { reason, .. } => Some(reason),
        Event::TakenIn { .. }
        | Event::PutOnAgenda { .. }
        | Event::Resumed { .. }
        | Event::ReferralAccepted { .. }
        | Event::Absorbed { .. }
        | Event::Classified { .. }
        | Event::Relabelled { .. }
        | Event::Decided { .. } => None,
    }
}

impl State {
    /// The matter, once it was taken in.
    pub fn known(&self) -> Option<&Known> {
        match self {
            State::Absent => None,
            State::Known(known) => Some(known),
        }
    }

    pub(super) fn after(mut self, event: &Event) -> State {
        match (&mut self, event) {
            (State::Absent, Event::TakenIn { intake, raised_by }) => {
                return State::Known(Box::new(Known::new(intake, raised_by.as_ref())));
            }
            (State::Absent, _) => {}
            (State::Known(known), event) => known.apply(event),
        }
        self
    }
}
