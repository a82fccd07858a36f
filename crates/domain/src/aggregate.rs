//! The shape of every decision, and the name of every stream.

use crate::{Audience, Code, Issued, Refusal};
use std::collections::BTreeSet;
use std::fmt;
use uuid::Uuid;

/// One thing that a decision keeps consistent, and the rules for changing it.
///
/// `decide` holds every rule and changes nothing; `evolve` holds no rule and never fails: an event that it
/// does not expect leaves the state as it was. No events means that nothing has to change, which is success.
pub trait Aggregate: Send + Sync + 'static {
    /// `<context>.<aggregate>`, the first two parts of its streams' names.
    const CATEGORY: &'static str;
    /// A command; may be refused.
    type Command: fmt::Debug + Send;
    /// An event; never changed.
    type Event: fmt::Debug + Clone + PartialEq + Send + Sync + 'static;
    /// A rule that refused, with its figures.
    type Rejection: Refusal;
    /// What the events add up to; `default()` is "nothing happened yet".
    type State: fmt::Debug + Default + Clone + Send + Sync + 'static;

    /// Decides what a command changes, or which rule refuses it.
    fn decide(
        state: &Self::State,
        command: Self::Command,
        issued: &Issued,
    ) -> Result<Vec<Self::Event>, Self::Rejection>;

    /// Who may know of it. For whoever may not, it does not exist, and their commands are decided as if it did not.
    fn audience(state: &Self::State) -> Audience<'_>;

    /// The numbers of those of its topics of which somebody who may know of it is told nothing: the secret ones that are not for
    /// them, as `covers` says of an audience, and those from which they recused themselves.
    fn closed_topics(
        _state: &Self::State,
        _covers: &dyn Fn(&Audience<'_>) -> bool,
        _is_recused: &dyn Fn(&BTreeSet<Code>) -> bool,
    ) -> BTreeSet<u32> {
        BTreeSet::new()
    }

    /// Adds one event to the state.
    fn evolve(state: Self::State, event: &Self::Event) -> Self::State;

    /// Adds a whole history to the state.
    fn fold<'a>(state: Self::State, events: impl IntoIterator<Item = &'a Self::Event>) -> Self::State {
        events.into_iter().fold(state, Self::evolve)
    }

    /// The stream of the aggregate with this id.
    fn stream(id: Uuid) -> StreamName {
        StreamName { category: Self::CATEGORY.to_owned(), id }
    }
}

/// One aggregate's stream: `<context>.<aggregate>.<uuid>`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StreamName {
    /// `<context>.<aggregate>`.
    pub category: String,
    /// The aggregate's id.
    pub id: Uuid,
}

impl StreamName {
    /// Reads `<context>.<aggregate>.<uuid>`; `None` for anything else.
    pub fn parse(name: &str) -> Option<StreamName> {
        let (category, id) = name.rsplit_once('.')?;
        let lowercase =
            |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
        let (context, aggregate) = category.split_once('.')?;
        if !lowercase(context) || !lowercase(aggregate) {
            return None;
        }
        Some(StreamName { category: category.to_owned(), id: Uuid::try_parse(id).ok()? })
    }
}

impl fmt::Display for StreamName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.category, self.id)
    }
}

/// The id of a thing that is known by a code, so that one code can name only one stream.
pub fn id_of_code(category: &str, code: &str) -> Uuid {
    derived_id(Uuid::NAMESPACE_OID, &[category, code])
}

/// An id derived from another id and some words: the same input always yields the same id.
pub fn derived_id(from: Uuid, words: &[&str]) -> Uuid {
    Uuid::new_v5(&from, words.join("\u{0}").as_bytes())
}
