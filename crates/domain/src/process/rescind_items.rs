//! Nothing is owed any longer under a resolution that was rescinded or superseded: its unfinished items are
//! rescinded, but for those that the decision about it carries over.

use crate::Uuid;
use crate::resolution::{action_item, resolution};
use crate::resolution_change::ChangeEffect;

/// This process manager's name.
pub const NAME: &str = "rescind_items";

/// What follows from an event of a resolution; `state` is the resolution just after it.
pub fn react(
    _id: Uuid,
    state: &resolution::State,
    event: &resolution::Event,
) -> Vec<(Uuid, action_item::Command)> {
    let (reason, carried_over) = match event {
        resolution::Event::Registered { .. }
        | resolution::Event::Relabelled { .. }
        | resolution::Event::Changed { effect: ChangeEffect::Amends, .. } => return vec![],
        resolution::Event::Changed { reason, carried_over, .. } => (reason, carried_over),
    };
    let items = state.registered().map_or(&[][..], |registered| &registered.registration.items);
    items
        .iter()
        .filter(|item| !carried_over.contains(item))
        .map(|&item| (item, action_item::Command::Rescind { reason: reason.clone() }))
        .collect()
}
