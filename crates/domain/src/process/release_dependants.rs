//! Items wait for an item no longer when it is over.

use crate::Uuid;
use crate::calendar::WorkingCalendar;
use crate::resolution::action_item::{self, Command, Event};

/// This process manager's name.
pub const NAME: &str = "release_dependants";

/// What follows from an event of an item; `state` is the item just after it.
pub fn react(
    id: Uuid,
    calendar: &WorkingCalendar,
    state: &action_item::State,
    event: &Event,
) -> Vec<(Uuid, Command)> {
    let (Event::Accepted { .. } | Event::Rescinded { .. }, Some(item)) = (event, state.item()) else {
        return vec![];
    };
    let release = || Command::Release { on: id, calendar: calendar.clone() };
    item.dependants.iter().map(|&dependant| (dependant, release())).collect()
}
