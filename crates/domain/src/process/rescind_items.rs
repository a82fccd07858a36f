//! Nothing is owed any longer under a resolution that was rescinded or superseded: its unfinished items are
//! rescinded.

use crate::resolution::{action_item, resolution};
use crate::{Text, Uuid};

/// This process manager's name.
pub const NAME: &str = "rescind_items";

/// What follows from an event of a resolution; `state` is the resolution just after it.
pub fn react(
    _id: Uuid,
    state: &resolution::State,
    event: &resolution::Event,
) -> Vec<(Uuid, action_item::Command)> {
    let reason: &Text = match event {
        resolution::Event::Registered { .. } => return vec![],
        resolution::Event::Rescinded { reason, .. } | resolution::Event::Superseded { reason, .. } => reason,
    };
    let items = state.registered().map_or(&[][..], |registered| &registered.registration.items);
    items.iter().map(|&item| (item, action_item::Command::Rescind { reason: reason.clone() })).collect()
}
