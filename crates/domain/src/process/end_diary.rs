//! The diary of a member ends when they are taken out of the directory: whoever is registered by their code later begins with
//! an empty one.

use crate::directory::member::Event;
use crate::scheduling::availability::{Availability, Command, Holder, HolderKind};
use crate::{ERASED_PREFIX, Uuid};

/// This process manager's name.
pub const NAME: &str = "end_diary";

/// The command for the diary that follows from an event of a member; none for somebody who was erased, whose diary nobody can
/// name any more.
pub fn react(event: &Event) -> Vec<(Uuid, Command)> {
    match event {
        Event::Removed { code, .. } if !code.as_str().starts_with(ERASED_PREFIX) => {
            let holder = Holder { kind: HolderKind::Member, code: code.clone() };
            vec![(Availability::id(&holder), Command::End)]
        }
        Event::Removed { .. } | Event::Registered { .. } => vec![],
    }
}
