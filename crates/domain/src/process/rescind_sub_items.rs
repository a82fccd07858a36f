//! Nothing is owed any longer of an item that is rescinded: the items that it was split into, as far as they are open, are rescinded
//! too. What sessions decided in order to carry it out is for their bodies to rescind.

use crate::Uuid;
use crate::resolution::action_item::{self, Command, Event};

/// This process manager's name.
pub const NAME: &str = "rescind_sub_items";

/// What follows from an event of an item; `state` is the item just after it.
pub fn react(state: &action_item::State, event: &Event) -> Vec<(Uuid, Command)> {
    let (Event::Rescinded { reason }, Some(item)) = (event, state.item()) else { return vec![] };
    item.split.iter().map(|id| (*id, Command::Rescind { reason: reason.clone() })).collect()
}
