//! A resolution (决议): what was decided, in force until a later decision of the same body rescinds or supersedes it.

use crate::resolution_change::{CARRIED_OVER_MAX, CHANGES_MAX, ChangeEffect, ResolutionChange, Unfit};
use crate::{
    Aggregate, Audience, Code, Date, Issued, Label, Line, Text, Timestamp, Uuid, aggregate::derived_id,
    rejections,
};

/// How a decision was carried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Votes {
    /// What was needed, such as "simple majority".
    pub method: Line,
    /// Departments entitled to vote.
    pub eligible: u32,
    /// Eligible departments that recused themselves.
    pub recused: u32,
    /// Votes that had to be cast.
    pub quorum: u32,
    /// Votes that were cast.
    pub cast: u32,
    /// Votes for it.
    pub yes: u32,
    /// Votes against it.
    pub no: u32,
    /// Abstentions.
    pub abstain: u32,
    /// Counted votes, of which the majority was taken.
    pub base: u32,
    /// Yes votes that were needed.
    pub needed: u32,
    /// The result and its arithmetic in a sentence.
    pub sentence: Text,
    /// The number of the body's version whose rule was applied; 0 when that was not noted.
    pub body_version: u32,
}

/// Where a decision was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// In a session here.
    Session {
        /// The session; its docket has the same id.
        session: Uuid,
        /// Number of the topic that was decided.
        topic: u32,
        /// How it was carried.
        votes: Votes,
        /// The departments that voted no in the ballot that carried it; ascending.
        dissenting: Vec<Code>,
    },
    /// Elsewhere; it was put on record here afterwards.
    Elsewhere {
        /// Where it can be read: a document with its number and date.
        source: Line,
    },
}

/// A decision as it is registered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registration {
    /// Its number, which no other resolution has.
    pub number: Line,
    /// Where it was made.
    pub origin: Origin,
    /// The body that made the decision.
    pub body: Code,
    /// Its title.
    pub title: Line,
    /// The text that was adopted.
    pub text: Text,
    /// Whether it is declaratory, so that there is nothing to carry out.
    pub declaratory: bool,
    /// The day of the decision.
    pub decided_on: Date,
    /// The ids of its action items.
    pub items: Vec<Uuid>,
    /// What it does to earlier resolutions.
    pub changes: Vec<ResolutionChange>,
    /// Who may see it: what is public, everybody.
    pub label: Label,
}

/// The commands.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are those of the events below, where each is described")]
#[expect(clippy::large_enum_variant, reason = "a resolution has one large command, and few of any kind")]
pub enum Command {
    /// Registers a decision.
    Register { registration: Registration },
    /// Changes it by a later decision of the same body.
    Change { by: Uuid, effect: ChangeEffect, carried_over: Vec<Uuid>, reason: Text },
    /// Labels it as the topic that it was decided on.
    Relabel { label: Label, reason: Text },
}

/// The events.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::large_enum_variant, reason = "a resolution has one large event, and few of any kind")]
pub enum Event {
    /// A decision became a resolution.
    Registered {
        /// What was decided.
        registration: Registration,
        /// When it was registered.
        registered_at: Timestamp,
    },
    /// A later decision of the same body changed it.
    Changed {
        /// The later resolution.
        by: Uuid,
        /// What became of this one.
        effect: ChangeEffect,
        /// Its items that are still owed although it ended.
        carried_over: Vec<Uuid>,
        /// The number and the title of the later resolution.
        reason: Text,
        /// When.
        changed_at: Timestamp,
    },
    /// It is labelled otherwise.
    Relabelled {
        /// The label.
        label: Label,
        /// Why.
        reason: Text,
    },
}

rejections! {
    /// Why a command on a resolution is refused.
    Rejection {
        NotFound("NOT_FOUND") { what: String } = "{what} does not exist",
        AlreadyRegistered("ALREADY_REGISTERED") { number: Line } =
            "the resolution is already registered as {number}, with other content",
        DecidedLater("DECIDED_LATER") { decided_on: Date, today: Date } =
            "{decided_on} is still to come; today is {today}",
        TooManyItems("TOO_MANY_ITEMS") { items: usize, max: usize } =
            "{items} items were given; at most {max} are accepted",
        DueOutOfRange("DUE_OUT_OF_RANGE") { days: u32, max: u32 } =
            "{days} days were given; at most {max} are accepted",
        DueBeforeDecision("DUE_BEFORE_DECISION") { item_number: u32, due_on: Date, decided_on: Date } =
            "item {item_number} would be due on {due_on}, before the decision of {decided_on}",
        TooManyChanges("TOO_MANY_CHANGES") { changes: usize, max: usize } =
            "{changes} resolutions would be changed; a decision changes at most {max}",
        DuplicateResolution("DUPLICATE_RESOLUTION") { resolution_id: Uuid } =
            "resolution {resolution_id} is named twice; say once what becomes of it",
        UnknownResolution("UNKNOWN_RESOLUTION") { resolution_id: Uuid, body_code: Code } =
            "body {body_code} has made no resolution {resolution_id}; a body changes only what it has decided itself",
        ResolutionNotInForce("RESOLUTION_NOT_IN_FORCE") { number: Line, stage: &'static str } =
            "resolution {number} is {stage}; only what is in force is changed",
        NotItsItem("NOT_ITS_ITEM") { item_id: Uuid, number: Line } =
            "{item_id} is no item of resolution {number}, so it is not carried over from it",
        NothingToCarryOver("NOTHING_TO_CARRY_OVER") { resolution_id: Uuid } =
            "an amendment ends nothing of resolution {resolution_id}, so there is nothing to carry over",
        DecidedHere("DECIDED_HERE") { number: Line } =
            "resolution {number} was voted on here; only a decision that its body votes on changes it",
        NoFonts("NO_FONTS") =
            "a PDF needs fonts, and this installation has none: ask for docx or html, or have its operator name a \
             folder of fonts in the setting documents.fonts_folder",
        NoGlyph("NO_GLYPH") { character: String } =
            "no font of this installation has the character {character}: ask for docx or html, or have its \
             operator put a font that has it into the folder documents.fonts_folder",
        DocumentTooLarge("DOCUMENT_TOO_LARGE") { bytes: usize, max: usize } =
            "the file would have {bytes} bytes, and at most {max} are sent: ask for another format",
    }
}

/// Whether a resolution is in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Stage {
    /// 有效
    InForce,
    /// 废止
    Rescinded,
    /// 被取代
    Superseded,
}

impl Stage {
    /// The stage in words.
    pub fn as_str(self) -> &'static str {
        match self {
            Stage::InForce => "in-force",
            Stage::Rescinded => "rescinded",
            Stage::Superseded => "superseded",
        }
    }
}

/// How a resolution ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ending {
    /// Why.
    pub reason: Text,
    /// When.
    pub ended_at: Timestamp,
    /// The later resolution that ended it.
    pub by: Uuid,
    /// Whether that took its place.
    pub is_superseded: bool,
    /// Its items that are still owed.
    pub carried_over: Vec<Uuid>,
}

/// What a resolution says of an item that is owed under it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hold {
    /// It is in force, so the item is owed.
    Owed,
    /// It ended, and the later resolution that ended it carries the item over: that says whether it is owed.
    CarriedOver {
        /// Which.
        by: Uuid,
    },
    /// It ended, and the item with it.
    Ended,
}

/// A decision under its number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registered {
    /// What was registered.
    pub registration: Registration,
    /// When it was registered.
    pub registered_at: Timestamp,
    /// How it ended, once it is no longer in force.
    pub ending: Option<Ending>,
    /// The resolutions that amended it, in order.
    pub amended_by: Vec<Uuid>,
}

impl Registered {
    /// Whether it is in force.
    pub fn stage(&self) -> Stage {
        match &self.ending {
            None => Stage::InForce,
            Some(Ending { is_superseded: false, .. }) => Stage::Rescinded,
            Some(Ending { is_superseded: true, .. }) => Stage::Superseded,
        }
    }

    fn number(&self) -> Line {
        self.registration.number.clone()
    }

    /// What it says of an item that is owed under it.
    pub fn hold_on(&self, item: Uuid) -> Hold {
        match &self.ending {
            None => Hold::Owed,
            Some(ending) if ending.carried_over.contains(&item) => Hold::CarriedOver { by: ending.by },
            Some(_) => Hold::Ended,
        }
    }

    /// Whether an item is its own, or carried over by it from an earlier resolution.
    pub fn has(&self, item: Uuid) -> bool {
        let Registration { items, changes, .. } = &self.registration;
        items.contains(&item) || changes.iter().any(|change| change.carried_over.contains(&item))
    }
}

/// What is known of one resolution.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum State {
    /// Never registered.
    #[default]
    Absent,
    /// Registered, and what became of it.
    Registered(Box<Registered>),
}

impl State {
    /// The resolution, once it is registered.
    pub fn registered(&self) -> Option<&Registered> {
        match self {
            State::Absent => None,
            State::Registered(registered) => Some(registered),
        }
    }

    fn existing(&self) -> Result<&Registered, Rejection> {
        self.registered().ok_or_else(|| Rejection::NotFound { what: "the resolution".to_owned() })
    }
}

/// The resolution aggregate.
#[derive(Debug)]
pub struct Resolution;

impl Resolution {
    /// The id of the resolution that a docket's topic led to.
    pub fn id(docket: Uuid, topic: u32) -> Uuid {
        derived_id(docket, &["resolution", &topic.to_string()])
    }
}

impl Aggregate for Resolution {
    const CATEGORY: &'static str = "resolution.resolution";
    type Command = Command;
    type Event = Event;
    type Rejection = Rejection;
    type State = State;

    fn decide(state: &State, command: Command, issued: &Issued) -> Result<Vec<Event>, Rejection> {
        match command {
            Command::Register { registration } => register(state, registration, issued),
            Command::Change { by, effect, carried_over, reason } => {
                let changed = Event::Changed { by, effect, carried_over, reason, changed_at: issued.at };
                Ok(change(state.existing()?, changed))
            }
            Command::Relabel { label, reason } => {
                let is_same = state.existing()?.registration.label == label;
                Ok(if is_same { vec![] } else { vec![Event::Relabelled { label, reason }] })
            }
        }
    }

    /// Only supervisors put one on record. Whose matter it is, its docket and its items know, and so does the view of them.
    fn audience(state: &State) -> Audience<'_> {
        let registration = state.registered().map(|registered| &registered.registration);
        match registration.filter(|registration| registration.label != Label::Public) {
            Some(registration) => Audience::of([]).before(registration.body.clone()),
            None => Audience::Everybody,
        }
    }

    fn evolve(state: State, event: &Event) -> State {
        match (state, event) {
            (State::Absent, Event::Registered { registration, registered_at }) => {
                State::Registered(Box::new(Registered {
                    registration: registration.clone(),
                    registered_at: *registered_at,
                    ending: None,
                    amended_by: vec![],
                }))
            }
            (State::Registered(mut registered), Event::Relabelled { label, .. }) => {
                registered.registration.label = *label;
                State::Registered(registered)
            }
            (state @ State::Absent, Event::Relabelled { .. }) => state,
            (State::Registered(mut registered), Event::Changed { by, effect: ChangeEffect::Amends, .. }) => {
                registered.amended_by.push(*by);
                State::Registered(registered)
            }
            (state, Event::Changed { by, effect, carried_over, reason, changed_at }) => {
                let is_superseded = *effect == ChangeEffect::Supersedes;
                let (reason, carried_over) = (reason.clone(), carried_over.clone());
                end(state, Ending { reason, ended_at: *changed_at, by: *by, is_superseded, carried_over })
            }
            (state, Event::Registered { .. }) => state,
        }
    }
}

fn register(state: &State, registration: Registration, issued: &Issued) -> Result<Vec<Event>, Rejection> {
    match state.registered() {
        None => Ok(vec![Event::Registered { registration, registered_at: issued.at }]),
        Some(registered) if registered.registration == registration => Ok(vec![]),
        Some(registered) => Err(Rejection::AlreadyRegistered { number: registered.number() }),
    }
}

/// A change that comes too late for what has ended meanwhile, or was made already, changes nothing.
fn change(registered: &Registered, changed: Event) -> Vec<Event> {
    let is_known = matches!(&changed, Event::Changed { by, .. } if registered.amended_by.contains(by));
    if is_known || registered.ending.is_some() { vec![] } else { vec![changed] }
}

/// The refusal of a change that is none for the decisions of this body.
pub fn refusal(unfit: Unfit, body: &Code) -> Rejection {
    match unfit {
        Unfit::TooMany { changes } => Rejection::TooManyChanges { changes, max: CHANGES_MAX },
        Unfit::Duplicate { resolution } => Rejection::DuplicateResolution { resolution_id: resolution },
        Unfit::NothingToCarryOver { resolution } => {
            Rejection::NothingToCarryOver { resolution_id: resolution }
        }
        Unfit::TooManyItems { items } => Rejection::TooManyItems { items, max: CARRIED_OVER_MAX },
        Unfit::Unknown { resolution } => {
            Rejection::UnknownResolution { resolution_id: resolution, body_code: body.clone() }
        }
        Unfit::NotInForce { number, stage } => Rejection::ResolutionNotInForce { number, stage },
        Unfit::NotItsItem { item, number } => Rejection::NotItsItem { item_id: item, number },
    }
}

/// A resolution ends once.
fn end(state: State, ending: Ending) -> State {
    match state {
        State::Registered(mut registered) if registered.ending.is_none() => {
            registered.ending = Some(ending);
            State::Registered(registered)
        }
        state => state,
    }
}

#[cfg(test)]
mod tests;
