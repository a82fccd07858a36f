//! The clock of a rehearsal: it stands still until it is moved, and is moved only forward. As it lies
//! in the log, every process that follows the log shows the same time.

use crate::{Aggregate, Issued, Timestamp, Uuid, aggregate::id_of_code, rejections};

/// The wishes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Moves the clock.
    Move {
        /// What it shall show.
        to: Timestamp,
    },
}

/// The facts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// The clock shows this from now on.
    Moved {
        /// What it shows.
        to: Timestamp,
    },
}

rejections! {
    /// Why the clock is not moved.
    Rejection {
        Backwards { to: Timestamp, shows: Timestamp } = "the clock shows {shows} already and cannot go back to {to}",
    }
}

/// What the clock shows, once it was moved.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct State {
    /// The moment.
    pub shows: Option<Timestamp>,
}

/// The rehearsal clock.
#[derive(Debug)]
pub struct RehearsalClock;

impl RehearsalClock {
    /// The realm's one clock.
    pub fn realm_id() -> Uuid {
        id_of_code(Self::CATEGORY, "realm")
    }
}

impl Aggregate for RehearsalClock {
    const CATEGORY: &'static str = "ledger.rehearsal_clock";
    type Command = Command;
    type Event = Event;
    type Rejection = Rejection;
    type State = State;

    /// Before the first move the clock shows what the process was started with, which is the moment
    /// of the command.
    fn decide(state: &State, command: Command, issued: &Issued) -> Result<Vec<Event>, Rejection> {
        let Command::Move { to } = command;
        let shows = state.shows.unwrap_or(issued.at);
        match to.cmp(&shows) {
            std::cmp::Ordering::Less => Err(Rejection::Backwards { to, shows }),
            std::cmp::Ordering::Equal => Ok(vec![]),
            std::cmp::Ordering::Greater => Ok(vec![Event::Moved { to }]),
        }
    }

    fn evolve(_state: State, event: &Event) -> State {
        let Event::Moved { to } = event;
        State { shows: Some(*to) }
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
    fn it_goes_forward_and_never_back() {
        let noon = moment("2027-03-01T12:00:00Z");
        let later = moment("2027-03-02T12:00:00Z");
        let history = [Event::Moved { to: noon }];
        assert_eq!(
            given::<RehearsalClock>(&history).when(Command::Move { to: later }),
            Ok(vec![Event::Moved { to: later }])
        );
        assert_eq!(
            given::<RehearsalClock>(&[Event::Moved { to: later }]).when(Command::Move { to: noon }),
            Err(Rejection::Backwards { to: noon, shows: later })
        );
    }
}
