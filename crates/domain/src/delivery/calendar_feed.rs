//! A calendar feed (日历订阅源): the sessions and deadlines that somebody may see, at a secret address that calendar
//! programs read. Whoever has the address sees what its owner sees; so the owner, or an operator, can revoke it.

use crate::delivery::subscription::MailLanguage;
use crate::{Actor, Aggregate, Audience, Code, Issued, Line, Role, rejections};

/// Calendar feeds of one owner, at most.
pub const CALENDAR_FEEDS_MAX: u32 = 16;

/// What a calendar feed has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Terms {
    /// What its owner calls it: the name of the calendar.
    pub name: Line,
    /// Only what this department takes part in.
    pub department: Option<Code>,
    /// Only sessions and resolutions of this body.
    pub body: Option<Code>,
    /// The language of what is not text from the log.
    pub language: MailLanguage,
}

/// Commands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Creates a feed for whoever issues it.
    Create {
        /// What it has.
        terms: Terms,
        /// SHA-256 of the secret in its address, 64 hexadecimal digits.
        secret_sha256: Line,
        /// How many feeds the owner has already.
        others: u32,
    },
    /// Has its address lead nowhere, for good.
    Revoke,
}

/// Events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// Somebody created it.
    Created {
        /// For whom: it has what they may see.
        owner: Actor,
        /// What it has.
        terms: Terms,
        /// SHA-256 of the secret in its address.
        secret_sha256: Line,
    },
    /// Its address leads nowhere.
    Revoked,
}

rejections! {
    /// Why a command on a calendar feed is refused.
    Rejection {
        NotFound("NOT_FOUND") { what: &'static str } = "the {what} does not exist",
        DepartmentRequired("DEPARTMENT_REQUIRED") { subject: String } =
            "{subject} speaks for no department and oversees nothing, and so sees nothing that could be sent",
        DuplicateCalendarFeed("DUPLICATE_CALENDAR_FEED") { name: Line } =
            "the calendar feed is there already, as \"{name}\"; create another under an id of its own",
        TooManyCalendarFeeds("TOO_MANY_CALENDAR_FEEDS") { max: u32 } =
            "somebody has at most {max} calendar feeds; revoke one that is not needed",
    }
}

/// A feed that does not exist, or not for whoever asks.
const NOT_FOUND: Rejection = Rejection::NotFound { what: "calendar feed" };

/// What is known of a feed that was not revoked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// For whom it is.
    pub owner: Actor,
    /// What it has.
    pub terms: Terms,
    /// SHA-256 of the secret in its address.
    pub secret_sha256: Line,
}

impl Known {
    /// Whether it is their own. Who speaks for another department now, or in fewer roles, is another owner.
    pub fn is_of(&self, actor: &Actor) -> bool {
        let same = self.owner.subject == actor.subject && self.owner.department == actor.department;
        same && self.owner.roles.iter().all(|role| actor.is(*role))
    }
}

/// What is known of one feed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum State {
    /// Never created.
    #[default]
    Absent,
    /// Can be read.
    Created(Box<Known>),
    /// Leads nowhere.
    Revoked {
        /// For whom it was.
        owner: Actor,
    },
}

impl State {
    /// What is known of it, unless it was revoked.
    pub fn known(&self) -> Option<&Known> {
        match self {
            State::Created(known) => Some(known),
            State::Absent | State::Revoked { .. } => None,
        }
    }
}

/// The calendar feed aggregate.
#[derive(Debug)]
pub struct CalendarFeed;

impl Aggregate for CalendarFeed {
    const CATEGORY: &'static str = "delivery.calendar_feed";
    type Command = Command;
    type Event = Event;
    type Rejection = Rejection;
    type State = State;

    fn decide(state: &State, command: Command, issued: &Issued) -> Result<Vec<Event>, Rejection> {
        let by = &issued.by;
        match (state, command) {
            (State::Absent, Command::Create { terms, secret_sha256, others }) => {
                create(terms, secret_sha256, others, by)
            }
            (State::Created(known), Command::Create { .. }) if known.is_of(by) => {
                Err(Rejection::DuplicateCalendarFeed { name: known.terms.name.clone() })
            }
            (State::Created(known), Command::Revoke) if known.is_of(by) || by.is(Role::Operator) => {
                Ok(vec![Event::Revoked])
            }
            (State::Revoked { owner }, Command::Revoke) if owner == by => Ok(vec![]),
            _ => Err(NOT_FOUND),
        }
    }

    fn audience(state: &State) -> Audience<'_> {
        match state {
            State::Absent => Audience::Everybody,
            State::Created(known) => Audience::of(&known.owner.department),
            State::Revoked { owner } => Audience::of(&owner.department),
        }
    }

    fn evolve(state: State, event: &Event) -> State {
        match (state, event) {
            (State::Absent, Event::Created { owner, terms, secret_sha256 }) => {
                State::Created(Box::new(Known {
                    owner: owner.clone(),
                    terms: terms.clone(),
                    secret_sha256: secret_sha256.clone(),
                }))
            }
            (State::Created(known), Event::Revoked) => State::Revoked { owner: known.owner },
            (state, _) => state,
        }
    }
}

fn create(terms: Terms, secret_sha256: Line, others: u32, by: &Actor) -> Result<Vec<Event>, Rejection> {
    let oversees = [Role::Supervisor, Role::Operator].iter().any(|&role| by.is(role));
    if by.department.is_none() && !oversees {
        return Err(Rejection::DepartmentRequired { subject: by.subject.clone() });
    }
    if others >= CALENDAR_FEEDS_MAX {
        return Err(Rejection::TooManyCalendarFeeds { max: CALENDAR_FEEDS_MAX });
    }
    Ok(vec![Event::Created { owner: by.clone(), terms, secret_sha256 }])
}

#[cfg(test)]
mod tests;
