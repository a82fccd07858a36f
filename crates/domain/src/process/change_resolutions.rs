//! A decision amends, supersedes or rescinds earlier resolutions of its body.

use crate::resolution::resolution::{Command, Event, Stage, State};
use crate::resolution_change::{ResolutionChange, Unfit};
use crate::{Code, Text, Uuid};

/// This process manager's name.
pub const NAME: &str = "change_resolutions";

/// Refuses a change of what is no resolution of the body, or not in force, or would carry over what is not its own. Another
/// body's resolution does not exist for it.
pub fn check(body: &Code, change: &ResolutionChange, state: &State) -> Result<(), Unfit> {
    let own = state.registered().filter(|registered| registered.registration.body == *body);
    let Some(registered) = own else {
        return Err(Unfit::Unknown { resolution: change.resolution });
    };
    let number = registered.registration.number.clone();
    match registered.stage() {
        Stage::InForce => {}
        stage => return Err(Unfit::NotInForce { number, stage: stage.as_str() }),
    }
    match change.carried_over.iter().find(|&&item| !registered.has(item)) {
        Some(&item) => Err(Unfit::NotItsItem { item, number }),
        None => Ok(()),
    }
}

/// What follows from an event of a resolution for those that it changes.
pub fn react(id: Uuid, event: &Event) -> Vec<(Uuid, Command)> {
    let Event::Registered { registration, .. } = event else { return vec![] };
    let (number, title) = (&registration.number, &registration.title);
    let reason = Text::parse(&format!("{number} {title}")).expect("a number and a title are a text");
    let change = |change: &ResolutionChange| {
        let (effect, carried_over, reason) = (change.effect, change.carried_over.clone(), reason.clone());
        (change.resolution, Command::Change { by: id, effect, carried_over, reason })
    };
    registration.changes.iter().map(change).collect()
}

#[cfg(test)]
mod tests;
