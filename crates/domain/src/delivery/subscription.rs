//! A subscription (订阅): which events are sent where, and for whom. What is sent is what its subscriber may see.
//!
//! It is its subscriber's own: nobody else changes where it leads or sees its secret, and for others it does not exist.
//! Operators can look at it, switch it off and withdraw it, so that nothing is sent for ever.

use crate::{Actor, Aggregate, Audience, Code, Date, Issued, Line, Role, Text, Timestamp, Uuid, rejections};
use jiff::SignedDuration;

/// Contexts, or types of events, in a subscription, at most.
pub const FILTERS_MAX: usize = 30;
/// Subscriptions of one subscriber, at most.
pub const SUBSCRIPTIONS_MAX: u32 = 32;
/// The last hour of a day at which a digest can be sent.
pub const DIGEST_HOUR_MAX: u32 = 23;
/// Hours for which the secret before a new one signs as well.
pub const SECRET_OVERLAP_HOURS: i64 = 24;

/// What a subscription says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Terms {
    /// What its subscriber calls it.
    pub name: Line,
    /// Only events of these contexts; empty for all.
    pub contexts: Vec<Line>,
    /// Only events of these types; empty for all.
    pub types: Vec<Line>,
    /// Only events of matters that this department takes part in.
    pub department: Option<Code>,
    /// Only events of this body and of its matters.
    pub body: Option<Code>,
    /// Where they go.
    pub receiver: Receiver,
}

/// Where events go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Receiver {
    /// To a URL, signed.
    Webhook {
        /// The URL.
        url: Text,
    },
    /// As mail in this language to the subscriber, at the address that the directory has.
    Mail {
        /// The language.
        language: MailLanguage,
        /// The hour at which one letter a working day says what waits and what became late; none: each event is a letter.
        digest_hour: Option<u32>,
    },
    /// As messages of a robot to a group chat.
    Robot {
        /// The robot.
        robot: Robot,
        /// As for mail.
        digest_hour: Option<u32>,
    },
}

impl Receiver {
    /// The hour of the daily digest, if there is one.
    pub fn digest_hour(&self) -> Option<u32> {
        match self {
            Receiver::Webhook { .. } => None,
            Receiver::Mail { digest_hour, .. } | Receiver::Robot { digest_hour, .. } => *digest_hour,
        }
    }

    /// The URL of the webhook, if they go to one.
    pub fn webhook_url(&self) -> Option<&Text> {
        match self {
            Receiver::Webhook { url } => Some(url),
            Receiver::Mail { .. } | Receiver::Robot { .. } => None,
        }
    }

    /// The robot, if they go to one.
    pub fn robot(&self) -> Option<&Robot> {
        match self {
            Receiver::Robot { robot, .. } => Some(robot),
            Receiver::Webhook { .. } | Receiver::Mail { .. } => None,
        }
    }
}

/// A robot in a group chat.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Robot {
    /// Whose it is.
    pub kind: RobotKind,
    /// Its URL, which has a secret.
    pub url: Text,
    /// The secret with which messages are signed; none: the robot does not ask for a signature.
    pub secret: Option<Text>,
    /// The language of its messages.
    pub language: MailLanguage,
}

/// A messenger whose groups have robots.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RobotKind {
    /// 企业微信
    Wecom,
    /// 钉钉
    Dingtalk,
    /// 飞书
    Feishu,
}

impl Terms {
    /// The same with the robot's secret from before, unless it is given or the robot is another one: nobody can read it.
    fn keeping_secret_of(mut self, before: &Terms) -> Terms {
        if let (Receiver::Robot { robot, .. }, Some(known)) = (&mut self.receiver, before.receiver.robot())
            && robot.secret.is_none()
            && robot.kind == known.kind
            && robot.url == known.url
        {
            robot.secret.clone_from(&known.secret);
        }
        self
    }
}

/// A language in which mail and calendars are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MailLanguage {
    /// 中文
    Chinese,
    /// English
    English,
}

/// Why nothing is sent any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OffCause {
    /// Somebody asked for it.
    Request,
    /// The receiver answered that it is gone for good.
    ReceiverGone,
}

/// What somebody answers by mail to an invitation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MailAnswer {
    /// Their department attends.
    Accept,
    /// It may attend: this leaves the invitation as it is.
    Tentative,
    /// It does not attend.
    Decline,
}

/// One event in the log: the position of its record, and its number in it, from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct EventId {
    /// The position of its record.
    pub position: u64,
    /// Its number in the record.
    pub number: u32,
}

/// Commands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Subscribes, for whoever issues it.
    Define {
        /// What it says.
        terms: Terms,
        /// Begins with the events after this position.
        after_position: u64,
        /// How many subscriptions the subscriber has already.
        others: u32,
    },
    /// Replaces what it says. What was not delivered yet goes where it leads now.
    Change(Terms),
    /// Sends nothing until it is switched on again.
    SwitchOff {
        /// Why.
        cause: OffCause,
    },
    /// Sends on, beginning with what happened meanwhile.
    SwitchOn,
    /// Ends it.
    Withdraw,
    /// Has a new secret sign what is sent; the one before it signs as well for some hours.
    RotateSecret,
    /// Sends everything after a position again.
    Replay {
        /// The position.
        after_position: u64,
    },
    /// Sends one event again.
    Resend(EventId),
    /// Has the digest of a working day sent.
    BeginDigest {
        /// The day.
        digest_on: Date,
    },
    /// Answers an invitation that was sent to the subscriber by mail.
    AnswerInvitation {
        /// The session.
        session: Uuid,
        /// The answer.
        answer: MailAnswer,
        /// What it says besides.
        comment: Option<Text>,
        /// Whether the session still waits for answers.
        is_open: bool,
    },
    /// Notes that everything up to a position was delivered or given up.
    NoteProgress {
        /// The position.
        position: u64,
        /// The number of the replay that this belongs to.
        replays: u32,
    },
    /// Notes that an event could not be delivered.
    GiveUp {
        /// The event.
        event: EventId,
        /// How often it was tried.
        attempts: u32,
        /// The last answer, or why there was none.
        answer: Line,
    },
}

/// Events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// Somebody subscribed.
    Defined {
        /// For whom: what they may see is what is sent.
        subscriber: Actor,
        /// What it says.
        terms: Terms,
        /// It begins after this position.
        after_position: u64,
    },
    /// It says something else now.
    Changed {
        /// What it says.
        terms: Terms,
    },
    /// Nothing is sent until it is switched on again.
    SwitchedOff {
        /// Why.
        cause: OffCause,
    },
    /// What happened meanwhile is sent, and what happens.
    SwitchedOn,
    /// It has ended.
    Withdrawn,
    /// A new secret signs.
    SecretRotated {
        /// The number of the secret, from 1.
        secret_number: u32,
        /// Until when the one before signs as well.
        overlaps_by: Timestamp,
    },
    /// Everything after a position is sent again.
    Replayed {
        /// The position.
        after_position: u64,
    },
    /// One event is sent again.
    Resent {
        /// The position of its record.
        position: u64,
        /// Its number in the record.
        number: u32,
    },
    /// The digest of a working day is sent.
    DigestBegun {
        /// The day.
        digest_on: Date,
        /// The day of the one before.
        previous_on: Option<Date>,
    },
    /// The subscriber has answered an invitation by mail.
    InvitationAnswered {
        /// The session.
        session: Uuid,
        /// The answer.
        answer: MailAnswer,
        /// What it says besides.
        comment: Option<Text>,
    },
    /// Everything up to a position was delivered or given up.
    Progressed {
        /// The position.
        position: u64,
    },
    /// An event could not be delivered.
    GivenUp {
        /// The position of its record.
        position: u64,
        /// Its number in the record.
        number: u32,
        /// How often it was tried.
        attempts: u32,
        /// The last answer, or why there was none.
        answer: Line,
    },
}

rejections! {
    /// Why a command on a subscription is refused.
    Rejection {
        NotFound("NOT_FOUND") { what: &'static str } = "the {what} does not exist",
        DepartmentRequired("DEPARTMENT_REQUIRED") { subject: String } =
            "{subject} speaks for no department and oversees nothing, and so sees nothing that could be sent",
        DuplicateSubscription("DUPLICATE_SUBSCRIPTION") { name: Line } =
            "the subscription is there already, as \"{name}\"; change it, or define another under an id of its own",
        TooManyFilters("TOO_MANY_FILTERS") { field: &'static str, given: usize, max: usize } =
            "{field} has {given} entries; at most {max} are accepted",
        TooManySubscriptions("TOO_MANY_SUBSCRIPTIONS") { max: u32 } =
            "a subscriber has at most {max} subscriptions; withdraw one that is not needed",
    }
}

/// A subscription that does not exist, or not for whoever asks.
const NOT_FOUND: Rejection = Rejection::NotFound { what: "subscription" };

/// What is known of a subscription that has not ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// For whom it is.
    pub subscriber: Actor,
    /// What it says.
    pub terms: Terms,
    /// Why nothing is sent; none while it is on.
    pub off: Option<OffCause>,
    /// The number of the secret that signs.
    pub secret_number: u32,
    /// Until when the one before signs as well.
    pub overlaps_by: Option<Timestamp>,
    /// Everything up to here is known to have been delivered or given up.
    pub position: u64,
    /// How often it was replayed.
    pub replays: u32,
    /// How many events were given up.
    pub given_up: u32,
    /// The working day of the last digest.
    pub digest_on: Option<Date>,
}

impl Known {
    /// Whether somebody may look at it: its subscriber, and operators and auditors.
    pub fn is_shown_to(&self, actor: &Actor) -> bool {
        self.is_of(actor) || actor.is(Role::Operator) || actor.is(Role::Auditor)
    }

    /// Whether it is their own. Who speaks for another department now, or in fewer roles, is another subscriber.
    pub fn is_of(&self, actor: &Actor) -> bool {
        let same = self.subscriber.subject == actor.subject && self.subscriber.department == actor.department;
        same && self.subscriber.roles.iter().all(|role| actor.is(*role))
    }
}

/// What is known of one subscription.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum State {
    /// Never defined.
    #[default]
    Absent,
    /// Defined.
    Defined(Box<Known>),
    /// Ended.
    Withdrawn {
        /// For whom it was.
        subscriber: Actor,
    },
}

impl State {
    /// What is known of it, unless it has ended.
    pub fn known(&self) -> Option<&Known> {
        match self {
            State::Defined(known) => Some(known),
            State::Absent | State::Withdrawn { .. } => None,
        }
    }
}

/// The subscription aggregate.
#[derive(Debug)]
pub struct Subscription;

impl Aggregate for Subscription {
    const CATEGORY: &'static str = "delivery.subscription";
    type Command = Command;
    type Event = Event;
    type Rejection = Rejection;
    type State = State;

    fn decide(state: &State, command: Command, issued: &Issued) -> Result<Vec<Event>, Rejection> {
        if let Command::Define { terms, after_position, others } = command {
            return define(state, terms, after_position, others, issued);
        }
        match state {
            State::Absent => Err(NOT_FOUND),
            State::Withdrawn { subscriber } => match command {
                Command::Withdraw if *subscriber == issued.by => Ok(vec![]),
                _ => Err(NOT_FOUND),
            },
            State::Defined(known) => decide_known(known, command, issued),
        }
    }

    fn audience(state: &State) -> Audience<'_> {
        match state {
            State::Absent => Audience::Everybody,
            State::Defined(known) => Audience::of(&known.subscriber.department),
            State::Withdrawn { subscriber } => Audience::of(&subscriber.department),
        }
    }

    fn evolve(state: State, event: &Event) -> State {
        match (state, event) {
            (State::Absent, Event::Defined { subscriber, terms, after_position }) => {
                State::Defined(Box::new(Known {
                    subscriber: subscriber.clone(),
                    terms: terms.clone(),
                    off: None,
                    secret_number: 1,
                    overlaps_by: None,
                    position: *after_position,
                    replays: 0,
                    given_up: 0,
                    digest_on: None,
                }))
            }
            (State::Defined(known), Event::Withdrawn) => State::Withdrawn { subscriber: known.subscriber },
            (State::Defined(mut known), event) => {
                evolve_known(&mut known, event);
                State::Defined(known)
            }
            (state, _) => state,
        }
    }
}

fn define(
    state: &State,
    terms: Terms,
    after_position: u64,
    others: u32,
    issued: &Issued,
) -> Result<Vec<Event>, Rejection> {
    let subscriber = issued.by.clone();
    match state {
        State::Absent => {}
        State::Defined(known) if known.is_of(&subscriber) => {
            return Err(Rejection::DuplicateSubscription { name: known.terms.name.clone() });
        }
        State::Defined(_) | State::Withdrawn { .. } => return Err(NOT_FOUND),
    }
    let oversees = [Role::Clerk, Role::Supervisor, Role::Operator].iter().any(|&role| subscriber.is(role));
    if subscriber.department.is_none() && !oversees {
        return Err(Rejection::DepartmentRequired { subject: subscriber.subject });
    }
    if others >= SUBSCRIPTIONS_MAX {
        return Err(Rejection::TooManySubscriptions { max: SUBSCRIPTIONS_MAX });
    }
    check(&terms)?;
    Ok(vec![Event::Defined { subscriber, terms, after_position }])
}

fn check(terms: &Terms) -> Result<(), Rejection> {
    let lists = [("contexts", &terms.contexts), ("types", &terms.types)];
    match lists.into_iter().find(|(_, list)| list.len() > FILTERS_MAX) {
        Some((field, list)) => Err(Rejection::TooManyFilters { field, given: list.len(), max: FILTERS_MAX }),
        None => Ok(()),
    }
}

fn decide_known(known: &Known, command: Command, issued: &Issued) -> Result<Vec<Event>, Rejection> {
    let by = &issued.by;
    let is_allowed = match command {
        Command::NoteProgress { .. } | Command::GiveUp { .. } | Command::BeginDigest { .. } => {
            by.is_process()
        }
        Command::SwitchOff { cause: OffCause::ReceiverGone } => by.is_process(),
        Command::SwitchOff { .. } | Command::Withdraw => known.is_of(by) || by.is(Role::Operator),
        _ => known.is_of(by),
    };
    if !is_allowed {
        return Err(NOT_FOUND);
    }
    let event = match command {
        Command::Define { .. } => None,
        Command::Change(terms) => {
            check(&terms)?;
            let terms = terms.keeping_secret_of(&known.terms);
            (terms != known.terms).then_some(Event::Changed { terms })
        }
        Command::SwitchOff { cause } => known.off.is_none().then_some(Event::SwitchedOff { cause }),
        Command::SwitchOn => known.off.is_some().then_some(Event::SwitchedOn),
        Command::Withdraw => Some(Event::Withdrawn),
        Command::RotateSecret => Some(Event::SecretRotated {
            secret_number: known.secret_number + 1,
            overlaps_by: issued.at + SignedDuration::from_hours(SECRET_OVERLAP_HOURS),
        }),
        Command::Replay { after_position } => Some(Event::Replayed { after_position }),
        Command::Resend(EventId { position, number }) => Some(Event::Resent { position, number }),
        Command::BeginDigest { digest_on } => {
            let is_wanted = known.off.is_none() && known.terms.receiver.digest_hour().is_some();
            let is_news = known.digest_on.is_none_or(|before| before < digest_on);
            (is_wanted && is_news).then_some(Event::DigestBegun { digest_on, previous_on: known.digest_on })
        }
        Command::AnswerInvitation { session, answer, comment, is_open } => {
            if !is_open {
                return Err(Rejection::NotFound { what: "invitation" });
            }
            Some(Event::InvitationAnswered { session, answer, comment })
        }
        Command::NoteProgress { position, replays } => {
            let is_news = replays == known.replays && position > known.position;
            is_news.then_some(Event::Progressed { position })
        }
        Command::GiveUp { event: EventId { position, number }, attempts, answer } => {
            Some(Event::GivenUp { position, number, attempts, answer })
        }
    };
    Ok(event.into_iter().collect())
}

fn evolve_known(known: &mut Known, event: &Event) {
    match event {
        Event::Changed { terms } => known.terms = terms.clone(),
        Event::SwitchedOff { cause } => known.off = Some(*cause),
        Event::SwitchedOn => known.off = None,
        Event::SecretRotated { secret_number, overlaps_by } => {
            known.secret_number = *secret_number;
            known.overlaps_by = Some(*overlaps_by);
        }
        Event::Replayed { after_position } => {
            known.position = *after_position;
            known.replays += 1;
        }
        Event::DigestBegun { digest_on, .. } => known.digest_on = Some(*digest_on),
        Event::Progressed { position } => known.position = *position,
        Event::GivenUp { .. } => known.given_up += 1,
        Event::Resent { .. }
        | Event::InvitationAnswered { .. }
        | Event::Defined { .. }
        | Event::Withdrawn => {}
    }
}

#[cfg(test)]
mod tests;
