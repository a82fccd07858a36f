//! A resolution (决议): what was decided, in force until it is rescinded or superseded.

use crate::{Aggregate, Code, Date, Issued, Line, Text, Uuid, aggregate::derived_id, rejections};

/// How a decision was carried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Votes {
    /// What was needed, such as "simple majority".
    pub method: Line,
    /// Departments that could vote.
    pub eligible: u32,
    /// Those of them that recused themselves.
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
    /// The voices that the majority was taken of.
    pub base: u32,
    /// Yes votes that were needed.
    pub needed: u32,
    /// The result and its arithmetic in a sentence.
    pub sentence: Text,
}

/// What is registered of a decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registration {
    /// Its number, which no other resolution has.
    pub number: Line,
    /// The session that decided it; its docket has the same id.
    pub session: Uuid,
    /// The number of the topic that was decided.
    pub topic: u32,
    /// The body that decided.
    pub body: Code,
    /// Its title.
    pub title: Line,
    /// The text that was adopted.
    pub text: Text,
    /// Whether it only declares, and nothing is to be done.
    pub declaratory: bool,
    /// The day of the decision.
    pub decided_on: Date,
    /// How it was carried.
    pub votes: Votes,
    /// The departments that were against it.
    pub dissent: Vec<Code>,
    /// The ids of its action items.
    pub items: Vec<Uuid>,
}

/// The wishes.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are those of the events below, where each is described")]
#[expect(clippy::large_enum_variant, reason = "a resolution has one large command, and few of any kind")]
pub enum Command {
    /// Registers a decision.
    Register { registration: Registration },
    /// Ends it without another in its place.
    Rescind { reason: Text },
    /// Ends it because another resolution takes its place.
    Supersede { by: Uuid, reason: Text },
}

/// The facts.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::large_enum_variant, reason = "a resolution has one large event, and few of any kind")]
pub enum Event {
    /// A decision became a resolution.
    Registered {
        /// What was decided.
        registration: Registration,
    },
    /// It is no longer in force.
    Rescinded {
        /// Why.
        reason: Text,
    },
    /// It is no longer in force, and another is.
    Superseded {
        /// The other resolution.
        by: Uuid,
        /// Why.
        reason: Text,
    },
}

rejections! {
    /// Why a resolution stays as it is.
    Rejection {
        NotFound { what: String } = "{what} does not exist",
        AlreadyRegistered { number: Line } = "the resolution is registered already, as {number} and with another content",
        NoLongerInForce { number: Line, stage: String } = "resolution {number} is {stage} already",
        OwnSuccessor { number: Line } = "resolution {number} cannot take its own place",
    }
}

/// What is known of one resolution.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum State {
    /// Never registered.
    #[default]
    Absent,
    /// 有效
    InForce(Registration),
    /// 废止
    Rescinded(Registration),
    /// 被取代
    Superseded {
        /// What it said.
        registration: Registration,
        /// The resolution that took its place.
        by: Uuid,
    },
}

impl State {
    /// What was registered, whether it is still in force or not.
    pub fn registration(&self) -> Option<&Registration> {
        match self {
            State::Absent => None,
            State::InForce(registration)
            | State::Rescinded(registration)
            | State::Superseded { registration, .. } => Some(registration),
        }
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

    fn decide(state: &State, command: Command, _issued: &Issued) -> Result<Vec<Event>, Rejection> {
        match command {
            Command::Register { registration } => match state.registration() {
                None => Ok(vec![Event::Registered { registration }]),
                Some(registered) if *registered == registration => Ok(vec![]),
                Some(registered) => Err(Rejection::AlreadyRegistered { number: registered.number.clone() }),
            },
            Command::Rescind { reason } => match state {
                State::Rescinded(_) => Ok(vec![]),
                _ => in_force(state).map(|_| vec![Event::Rescinded { reason }]),
            },
            Command::Supersede { by, reason } => match state {
                State::Superseded { by: already, .. } if *already == by => Ok(vec![]),
                _ => {
                    let registration = in_force(state)?;
                    if by == Resolution::id(registration.session, registration.topic) {
                        return Err(Rejection::OwnSuccessor { number: registration.number.clone() });
                    }
                    Ok(vec![Event::Superseded { by, reason }])
                }
            },
        }
    }

    fn evolve(state: State, event: &Event) -> State {
        match (state, event) {
            (State::Absent, Event::Registered { registration }) => State::InForce(registration.clone()),
            (State::InForce(registration), Event::Rescinded { .. }) => State::Rescinded(registration),
            (State::InForce(registration), Event::Superseded { by, .. }) => {
                State::Superseded { registration, by: *by }
            }
            (state, _) => state,
        }
    }
}

fn in_force(state: &State) -> Result<&Registration, Rejection> {
    let over = |registration: &Registration, stage: String| {
        Err(Rejection::NoLongerInForce { number: registration.number.clone(), stage })
    };
    match state {
        State::Absent => Err(Rejection::NotFound { what: "the resolution".to_owned() }),
        State::InForce(registration) => Ok(registration),
        State::Rescinded(registration) => over(registration, "rescinded".to_owned()),
        State::Superseded { registration, by } => over(registration, format!("superseded by {by}")),
    }
}

#[cfg(test)]
mod tests;
