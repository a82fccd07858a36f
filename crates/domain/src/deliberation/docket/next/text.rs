//! The text of a proposal, its amendments and its items.

use super::{Asked, draft, presiding, words};
use crate::deliberation::docket::{Command, Topic};
use crate::next_step::Who;
use crate::resolution_change::{ChangeEffect, ResolutionChange};
use crate::{Code, Role, Uuid};

pub(super) fn asked(topic: &Topic) -> Vec<Asked> {
    let number = topic.number;
    let change =
        ResolutionChange { resolution: Uuid::nil(), effect: ChangeEffect::Amends, carried_over: vec![] };
    let mut all = vec![presiding("DeclareChanges", Some(number), move || Command::DeclareChanges {
        topic: number,
        changes: vec![change.clone()],
    })];
    if let Some(amendment) = topic.pending_amendment().map(|pending| pending.number) {
        all.push(presiding("ResolveAmendment", Some(number), move || Command::ResolveAmendment {
            topic: number,
            amendment,
            adopt: false,
        }));
    }
    if let Some(first) = topic.items.first() {
        let item = first.number;
        all.push(presiding("ReviseItem", Some(number), move || Command::ReviseItem { item, draft: draft() }));
        all.push(presiding("DropItem", Some(number), move || Command::DropItem { item, reason: words() }));
        let named = first.draft.co_responsible.iter().chain(&first.draft.lead);
        let people = named.map(|department| Who::of(Role::DepartmentLead, department)).collect();
        let accept = move |own: &Code| Command::AcceptItem { item, department: own.clone() };
        all.push(Asked {
            rpc: "AcceptItem",
            topic: Some(number),
            command: Box::new(accept),
            people: Some(people),
            presides: false,
        });
    }
    all
}
