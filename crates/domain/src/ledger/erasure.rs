//! Erasures: what is stored about a person is made unreadable, by destroying the key with which it is sealed. The log
//! keeps who asked for that, why, and that it was done.

use crate::{Aggregate, Audience, Issued, Line, Text, Uuid, aggregate::id_of_code, rejections};

/// How far an erasure has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// It was requested; nothing is read with the key from then on.
    Requested,
    /// The key was destroyed.
    KeyDestroyed,
    /// What was derived from the log was made again without it.
    Completed,
}

/// The commands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Requests that everything sealed with a key is erased.
    Request {
        /// Id of the erasure.
        erasure_id: Uuid,
        /// Ids of the person's keys; none when nothing is sealed for them.
        key_ids: Vec<Uuid>,
        /// Marks by which the person is known when they come back.
        marks: Vec<Uuid>,
        /// Why.
        reason: Text,
        /// On what authority, such as the number of an order.
        authority: Line,
    },
    /// Notes that the key is kept nowhere any more.
    NoteKeyDestroyed {
        /// Id of the erasure.
        erasure_id: Uuid,
    },
    /// Notes that nothing derived from the log holds what was sealed with it.
    Complete {
        /// Id of the erasure.
        erasure_id: Uuid,
    },
    /// Gives up the key of a secret ballot, or of a choice among options, that has ended.
    GiveUpBallotKey {
        /// The docket of the ballot.
        docket_id: Uuid,
        /// The ballot's number within the docket, or the choice's within its topic.
        ballot_number: u32,
        /// The number of the topic, when it is a choice.
        topic_number: Option<u32>,
        /// Ids of the keys that its votes are sealed with; none when none was cast.
        key_ids: Vec<Uuid>,
    },
}

/// The events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// An erasure was requested.
    Requested {
        /// Id of the erasure.
        erasure_id: Uuid,
        /// Ids of the keys that are to be destroyed.
        key_ids: Vec<Uuid>,
        /// Marks by which the person is known when they come back, so that they are not let in; none in old logs. They say
        /// nothing without the keys of the realm.
        marks: Vec<Uuid>,
        /// Why.
        reason: Text,
        /// On what authority.
        authority: Line,
    },
    /// The key of an erasure was destroyed.
    KeyDestroyed {
        /// Id of the erasure.
        erasure_id: Uuid,
    },
    /// An erasure is complete.
    Completed {
        /// Id of the erasure.
        erasure_id: Uuid,
    },
    /// The key of a secret ballot, or of a choice among options, that has ended was given up: nothing is opened with it from then on, and it is destroyed.
    /// What is derived from the log never held what was sealed with it.
    BallotKeyGivenUp {
        /// The docket of the ballot.
        docket_id: Uuid,
        /// The ballot's number within the docket, or the choice's within its topic.
        ballot_number: u32,
        /// The number of the topic, when it is a choice.
        topic_number: Option<u32>,
        /// Ids of the keys that its votes were sealed with.
        key_ids: Vec<Uuid>,
    },
}

rejections! {
    /// Why a command on erasures is refused.
    Rejection {
        NothingToErase("NOTHING_TO_ERASE") =
            "nothing is stored about a person of this name that is not erased; the name must be as it is in the log: \
             a token's subject, a member's code, or a delegate's name",
        ErasureNotFound("ERASURE_NOT_FOUND") { erasure_id: Uuid } = "there is no erasure {erasure_id}",
        KeyNotDestroyed("KEY_NOT_DESTROYED") { erasure_id: Uuid } =
            "the key of the erasure {erasure_id} was not destroyed yet",
    }
}

/// One erasure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Erasure {
    /// Its id.
    pub erasure_id: Uuid,
    /// Ids of its keys: one, or several where one was put back after the person had got another.
    pub key_ids: Vec<Uuid>,
    /// Why it was requested.
    pub reason: Text,
    /// On what authority.
    pub authority: Line,
    /// How far it has come.
    pub stage: Stage,
}

/// All erasures, in the order of their requests.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct State {
    erasures: Vec<Erasure>,
}

impl State {
    /// All erasures.
    pub fn all(&self) -> &[Erasure] {
        &self.erasures
    }

    /// The erasure with this id.
    pub fn find(&self, erasure_id: Uuid) -> Option<&Erasure> {
        self.erasures.iter().find(|erasure| erasure.erasure_id == erasure_id)
    }

    fn stage(&self, erasure_id: Uuid) -> Result<Stage, Rejection> {
        self.find(erasure_id).map(|erasure| erasure.stage).ok_or(Rejection::ErasureNotFound { erasure_id })
    }
}

/// The erasures of a realm.
#[derive(Debug)]
pub struct Erasures;

impl Erasures {
    /// The realm's one list of erasures.
    pub fn realm_id() -> Uuid {
        id_of_code(Self::CATEGORY, "realm")
    }
}

impl Aggregate for Erasures {
    const CATEGORY: &'static str = "ledger.erasures";
    type Command = Command;
    type Event = Event;
    type Rejection = Rejection;
    type State = State;

    fn audience(_: &State) -> Audience<'_> {
        Audience::Everybody
    }

    fn decide(state: &State, command: Command, _issued: &Issued) -> Result<Vec<Event>, Rejection> {
        match command {
            Command::Request { erasure_id, mut key_ids, marks, reason, authority } => {
                key_ids.retain(|id| state.erasures.iter().all(|erasure| !erasure.key_ids.contains(id)));
                match key_ids.is_empty() {
                    true => Err(Rejection::NothingToErase),
                    false => Ok(vec![Event::Requested { erasure_id, key_ids, marks, reason, authority }]),
                }
            }
            Command::NoteKeyDestroyed { erasure_id } => Ok(match state.stage(erasure_id)? {
                Stage::Requested => vec![Event::KeyDestroyed { erasure_id }],
                Stage::KeyDestroyed | Stage::Completed => vec![],
            }),
            Command::Complete { erasure_id } => match state.stage(erasure_id)? {
                Stage::Requested => Err(Rejection::KeyNotDestroyed { erasure_id }),
                Stage::KeyDestroyed => Ok(vec![Event::Completed { erasure_id }]),
                Stage::Completed => Ok(vec![]),
            },
            Command::GiveUpBallotKey { docket_id, ballot_number, topic_number, key_ids } => Ok(match key_ids
                .is_empty()
            {
                true => vec![],
                false => vec![Event::BallotKeyGivenUp { docket_id, ballot_number, topic_number, key_ids }],
            }),
        }
    }

    fn evolve(mut state: State, event: &Event) -> State {
        let (changed, stage) = match event {
            Event::Requested { erasure_id, key_ids, reason, authority, .. } => {
                state.erasures.push(Erasure {
                    erasure_id: *erasure_id,
                    key_ids: key_ids.clone(),
                    reason: reason.clone(),
                    authority: authority.clone(),
                    stage: Stage::Requested,
                });
                return state;
            }
            Event::KeyDestroyed { erasure_id } => (erasure_id, Stage::KeyDestroyed),
            Event::Completed { erasure_id } => (erasure_id, Stage::Completed),
            Event::BallotKeyGivenUp { .. } => return state,
        };
        for erasure in state.erasures.iter_mut().filter(|erasure| erasure.erasure_id == *changed) {
            erasure.stage = stage;
        }
        state
    }
}

#[cfg(test)]
mod tests;
