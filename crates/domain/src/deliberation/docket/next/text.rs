//! The text of a proposal, its amendments and its items.

use super::{Asked, by_people, draft, presiding, speaking, words};
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
    if let Some(amendment) = topic.next_amendment().map(|next| next.number) {
        all.push(presiding("ResolveAmendment", Some(number), move || Command::ResolveAmendment {
            topic: number,
            amendment,
            adopt: false,
        }));
    }
    all.extend(on_amendments(topic));
    if let Some(first) = topic.items.first() {
        let item = first.number;
        all.push(presiding("ReviseItem", Some(number), move || Command::ReviseItem { item, draft: draft() }));
        all.push(presiding("DropItem", Some(number), move || Command::DropItem { item, reason: words() }));
        let named = first.draft.co_responsible.iter().chain(&first.draft.lead);
        let people = named.map(|department| Who::of(Role::DepartmentLead, department)).collect();
        let accept = move |own: &Code| Command::AcceptItem { item, department: own.clone() };
        all.push(by_people("AcceptItem", number, people, accept));
    }
    all
}

/// What can become of an amendment besides what the chair makes of it without a ballot.
fn on_amendments(topic: &Topic) -> Vec<Asked> {
    let number = topic.number;
    let mut all = Vec::new();
    let open = || topic.amendments.iter().filter(|amendment| amendment.stage.is_open());
    if let Some(amendment) = open().find(|one| one.seconded_by.is_none()).map(|one| one.number) {
        all.push(speaking("SecondAmendment", number, move |department| Command::SecondAmendment {
            topic: number,
            amendment,
            department,
        }));
    }
    if let Some(last) = open().next_back() {
        let amendment = last.number;
        let mover = vec![Who::of(Role::Delegate, &last.department)];
        let withdraw = move |_: &Code| Command::WithdrawAmendment { topic: number, amendment };
        all.push(by_people("WithdrawAmendment", number, mover, withdraw));
    }
    if let Some(amendment) = topic.next_amendment().map(|next| next.number) {
        let put = move || Command::PutAmendment { topic: number, amendment };
        all.push(presiding("PutAmendment", Some(number), put));
    }
    all
}
