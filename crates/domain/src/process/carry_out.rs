//! A session one tier down carries an item out: what it decides is put below the item.

use crate::resolution::action_item::{self, Command, Item};
use crate::scheduling::session::{self, Event, Rejection};
use crate::{Issued, Line, Uuid};

/// The name of the process manager that tells an item of the sessions that carry it out.
pub const NAME: &str = "note_session";

/// Refuses a session that is requested to carry out an item, unless the item's lead requests it, and is at work on it.
pub fn check(item: &action_item::State, issued: &Issued) -> Result<(), Rejection> {
    let Some(item) = item.item() else {
        return Err(Rejection::NotFound { what: "action item" });
    };
    let (number, lead) = (&item.assignment.number, &item.assignment.lead);
    if !issued.by.speaks_for(lead) {
        return Err(Rejection::NotTheLead {
            number: number.clone(),
            lead_code: lead.clone(),
            department_code: issued.by.spoken_for(),
        });
    }
    item.takes_sub_items(1).map_err(|why| refused(number.clone(), &why))
}

fn refused(number: Line, why: &action_item::Rejection) -> Rejection {
    match why {
        action_item::Rejection::WrongStage { stage, .. } => Rejection::ItemNotUnderway { number, stage },
        action_item::Rejection::Suspended { .. } => Rejection::ItemNotUnderway { number, stage: "suspended" },
        _ => Rejection::CascadeExhausted { number },
    }
}

/// What an item is told of a session that is requested to carry it out.
pub fn react(session: Uuid, event: &Event) -> Vec<(Uuid, Command)> {
    let Event::Requested { outline, .. } = event else { return vec![] };
    let note = |item: Uuid| (item, Command::NoteSession { session });
    outline.carries_out.map(note).into_iter().collect()
}

/// The item that a session carries out.
pub fn carried_out_by(session: &session::State) -> Option<Uuid> {
    session.filed()?.outline.carries_out
}

/// What is decided in a session is put below the item that it carries out, when that item is still worked on: the commands
/// on the item itself, and on what is put below it.
pub fn place(id: Uuid, item: &Item, decided: &[(Uuid, Line)]) -> Vec<(Uuid, Command)> {
    if decided.is_empty() || item.takes_sub_items(decided.len()).is_err() {
        return vec![];
    }
    let note = Command::NoteSubItems { sub_items: decided.to_vec(), is_split: false };
    let below =
        decided.iter().map(|(sub_item, _)| (*sub_item, Command::PlaceBelow { place: item.place_below(id) }));
    std::iter::once((id, note)).chain(below).collect()
}
