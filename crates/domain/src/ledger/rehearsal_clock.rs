//! The clock of a rehearsal: it shows the same moment until it is moved, and is moved only forward. As it is
//! kept in the log, every process that follows the log shows the same time.

use crate::{Aggregate, Audience, Issued, Timestamp, Uuid, aggregate::id_of_code, rejections};

/// The commands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Moves the clock.
    Move {
        /// What it is to show.
        clock_at: Timestamp,
    },
}

/// The events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// The clock shows another moment from now on.
    Moved {
        /// What it shows.
        clock_at: Timestamp,
    },
}

rejections! {
    /// Why the clock is not moved.
    Rejection {
        MovedBackwards("CLOCK_MOVED_BACKWARDS") { clock_at: Timestamp, current_clock_at: Timestamp } =
            "the clock already shows {current_clock_at} and cannot go back to {clock_at}",
    }
}

/// What the clock shows, once it has been moved.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct State {
    /// The moment.
    pub clock_at: Option<Timestamp>,
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
        let Command::Move { clock_at } = command;
        let current_clock_at = state.clock_at.unwrap_or(issued.at);
        match clock_at.cmp(&current_clock_at) {
            std::cmp::Ordering::Less => Err(Rejection::MovedBackwards { clock_at, current_clock_at }),
            std::cmp::Ordering::Equal => Ok(vec![]),
            std::cmp::Ordering::Greater => Ok(vec![Event::Moved { clock_at }]),
        }
    }

    fn audience(_: &State) -> Audience<'_> {
        Audience::Everybody
    }

    fn evolve(_state: State, event: &Event) -> State {
        let Event::Moved { clock_at } = event;
        State { clock_at: Some(*clock_at) }
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
    fn the_clock_goes_forward_and_never_back() {
        let noon = moment("2027-03-01T12:00:00Z");
        let later = moment("2027-03-02T12:00:00Z");
        let history = [Event::Moved { clock_at: noon }];
        assert_eq!(
            given::<RehearsalClock>(&history).when(Command::Move { clock_at: later }),
            Ok(vec![Event::Moved { clock_at: later }])
        );
        assert_eq!(
            given::<RehearsalClock>(&[Event::Moved { clock_at: later }])
                .when(Command::Move { clock_at: noon }),
            Err(Rejection::MovedBackwards { clock_at: noon, current_clock_at: later })
        );
    }
}
