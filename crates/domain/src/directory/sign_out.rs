//! Sign-outs: a provider at which people sign in has said that a session there has ended, or all sessions of somebody; or
//! somebody has signed out here. One stream for each; who it is about is in the stream's id alone, which tells nobody.

use crate::{Aggregate, Audience, Issued, Timestamp, Uuid, aggregate::derived_id};
use std::convert::Infallible;

/// What ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended<'a> {
    /// A session at the provider, by its `sid`.
    Session(&'a str),
    /// All sessions of somebody there, by their `sub`.
    Subject(&'a str),
    /// What was begun with one token, by its SHA-256.
    Token(&'a str),
}

/// Commands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Notes that it has ended.
    Record {
        /// When it ended, by the clock of whoever says so.
        ended_at: Timestamp,
    },
}

/// Events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// Tokens that were issued until then are of what has ended.
    SignedOut {
        /// When it ended.
        ended_at: Timestamp,
    },
}

/// When it ended the last time, if ever.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct State {
    /// When that was.
    pub ended_at: Option<Timestamp>,
}

impl State {
    /// Whether a token that was issued then is of what has ended.
    pub fn ends(&self, issued_at: Timestamp) -> bool {
        self.ended_at.is_some_and(|ended_at| issued_at <= ended_at)
    }
}

/// The sign-out aggregate.
#[derive(Debug)]
pub struct SignOut;

impl SignOut {
    /// The id of what ended at the provider with this `iss`; of a token, at none.
    pub fn id(issuer: &str, ended: Ended<'_>) -> Uuid {
        // A session and somebody of the same name are told apart by where the name stands.
        let [session, subject] = match ended {
            Ended::Session(session) => [session, ""],
            Ended::Subject(subject) => ["", subject],
            // No issuer has an empty name.
            Ended::Token(digest) => [digest, ""],
        };
        derived_id(Uuid::NAMESPACE_OID, &[Self::CATEGORY, issuer, session, subject])
    }
}

impl Aggregate for SignOut {
    const CATEGORY: &'static str = "directory.sign_out";
    type Command = Command;
    type Event = Event;
    type Rejection = Infallible;
    type State = State;

    fn decide(state: &State, command: Command, _issued: &Issued) -> Result<Vec<Event>, Infallible> {
        let Command::Record { ended_at } = command;
        match state.ends(ended_at) {
            true => Ok(vec![]),
            false => Ok(vec![Event::SignedOut { ended_at }]),
        }
    }

    fn audience(_: &State) -> Audience<'_> {
        // It concerns no department.
        Audience::of([])
    }

    fn evolve(_: State, event: &Event) -> State {
        let Event::SignedOut { ended_at } = event;
        State { ended_at: Some(*ended_at) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::given;

    fn moment(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn what_was_issued_until_then_has_ended_and_what_comes_later_has_not() {
        let (noon, later) = (moment("2027-03-01T12:00:00Z"), moment("2027-03-01T12:00:01Z"));
        let ended = [Event::SignedOut { ended_at: noon }];
        let record = |ended_at| Command::Record { ended_at };
        assert_eq!(given::<SignOut>(&[]).when(record(noon)), Ok(ended.to_vec()));
        assert_eq!(given::<SignOut>(&ended).when(record(noon)), Ok(vec![]), "it comes twice");
        let again = Ok(vec![Event::SignedOut { ended_at: later }]);
        assert_eq!(given::<SignOut>(&ended).when(record(later)), again);
        let late = given::<SignOut>(&[Event::SignedOut { ended_at: later }]).when(record(noon));
        assert_eq!(late, Ok(vec![]), "an earlier one, too late");
        let state = SignOut::evolve(State::default(), &ended[0]);
        assert_eq!([noon, later].map(|issued_at| state.ends(issued_at)), [true, false]);
        assert!(!State::default().ends(noon));
        let (session, subject) = (Ended::Session("7"), Ended::Subject("7"));
        assert_ne!(SignOut::id("https://a", session), SignOut::id("https://a", subject));
    }
}
