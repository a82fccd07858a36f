//! Nothing is owed any longer under a resolution that was rescinded or superseded: its unfinished items, and those that it
//! carried over from earlier ones, are rescinded, but for those that the decision about it carries over.

use crate::Uuid;
use crate::resolution::resolution::Hold;
use crate::resolution::{action_item, resolution};
use crate::resolution_change::ChangeEffect;

/// This process manager's name.
pub const NAME: &str = "rescind_items";

/// The earlier resolutions from which one that ended by an event carried items over.
pub fn earlier(state: &resolution::State, event: &resolution::Event) -> Vec<Uuid> {
    let ended = matches!(event, resolution::Event::Changed { effect, .. } if *effect != ChangeEffect::Amends);
    let registered = state.registered().filter(|_| ended);
    let changes = registered.into_iter().flat_map(|registered| &registered.registration.changes);
    changes.filter(|change| !change.carried_over.is_empty()).map(|change| change.resolution).collect()
}

/// What follows from an event of a resolution; `state` is the resolution just after it, and `earlier` are those from which it
/// was to carry items over: what another decision ended before is not its own.
pub fn react(
    id: Uuid,
    state: &resolution::State,
    earlier: &[resolution::State],
    event: &resolution::Event,
) -> Vec<(Uuid, action_item::Command)> {
    let (reason, carried_over) = match event {
        resolution::Event::Registered { .. }
        | resolution::Event::Relabelled { .. }
        | resolution::Event::Changed { effect: ChangeEffect::Amends, .. } => return vec![],
        resolution::Event::Changed { reason, carried_over, .. } => (reason, carried_over),
    };
    let Some(registered) = state.registered() else { return vec![] };
    let named = registered.registration.changes.iter().flat_map(|change| &change.carried_over);
    let is_held = |item: Uuid| {
        let mut holds = earlier.iter().filter_map(|before| before.registered()).filter(|it| it.has(item));
        holds.any(|before| before.hold_on(item) == Hold::CarriedOver { by: id })
    };
    let items = registered.registration.items.iter().chain(named.filter(|item| is_held(**item)));
    items
        .filter(|item| !carried_over.contains(item))
        .map(|&item| (item, action_item::Command::Rescind { reason: reason.clone() }))
        .collect()
}

#[cfg(test)]
mod tests;
