//! 三级会商: an item that is split into items, or carried out by what a session one tier down decides.
//!
//! A sub-item gets its parent when it comes into being, and keeps it, so no item is ever above itself.

use super::{ACKNOWLEDGE_WORKING_DAYS, Assignment, Command, Event, Item, Rejection, Stage, extension};
use crate::calendar::WorkingCalendar;
use crate::resolution::adopted_elsewhere::Obligation;
use crate::{Code, Date, Issued, Line, Role, Text, Uuid, aggregate::derived_id};
use std::collections::BTreeSet;

/// Tiers of a cascade, at most: an item without a parent is on the first.
pub const TIERS_MAX: u32 = 5;
/// Sub-items of one item, at most.
pub const SUB_ITEMS_MAX: usize = 300;
/// Sub-items that one command makes, at most.
pub const SUB_ITEMS_PER_SPLIT_MAX: usize = 50;

/// Where an item is in a cascade, when it has a parent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The item that it is a part of.
    pub parent: Uuid,
    /// The number of that one.
    pub parent_number: Line,
    /// Its tier, from 2.
    pub tier: u32,
    /// The leads of its parent and of the items above that, from the parent upwards: they see it.
    pub above: Vec<Code>,
}

/// An item that another one is split into.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubItem {
    /// Its id.
    pub id: Uuid,
    /// What is owed.
    pub assignment: Assignment,
    /// Where it is in the cascade.
    pub place: Place,
    /// The department that judges the work: the lead of its parent, unless that is a party to it.
    pub acceptor: Option<Code>,
}

/// What is around an item in its cascade, at the moment of a command.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Neighbours {
    /// Its parent.
    pub parent: Option<Parent>,
    /// The numbers of its sub-items that are neither accepted nor rescinded.
    pub open: Vec<Line>,
}

/// What counts of the parent of an item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parent {
    /// Its number.
    pub number: Line,
    /// Its stage.
    pub stage: Stage,
    /// When it is due.
    pub due_on: Date,
}

impl Item {
    /// Its tier in a cascade, from 1.
    pub fn tier(&self) -> u32 {
        self.place.as_ref().map_or(1, |place| place.tier)
    }

    /// The place of what is below it.
    pub fn place_below(&self, id: Uuid) -> Place {
        let above = self.place.iter().flat_map(|place| &place.above);
        Place {
            parent: id,
            parent_number: self.assignment.number.clone(),
            tier: self.tier() + 1,
            above: std::iter::once(&self.assignment.lead).chain(above).cloned().collect(),
        }
    }

    /// Whether something is put below it: its lead is at work on it, and it is not the last tier.
    pub fn takes_sub_items(&self, more: usize) -> Result<(), Rejection> {
        let number = || self.assignment.number.clone();
        self.must_be(Stage::Underway)?;
        if self.suspension.is_some() {
            return Err(Rejection::Suspended { number: number() });
        }
        if self.tier() >= TIERS_MAX {
            return Err(Rejection::TooManyTiers { number: number(), max: TIERS_MAX });
        }
        let items = self.sub_items.len() + more;
        if items > SUB_ITEMS_MAX {
            return Err(Rejection::TooManySubItems { items, max: SUB_ITEMS_MAX });
        }
        Ok(())
    }
}

/// Refuses what an item is split into where it names a department beside these: those that took part in the decision, owe the
/// item, or are below those that do. Nobody else is bound by a part of it.
pub fn binds_nobody_else(item: &Item, into: &[SubItem], bound: &BTreeSet<Code>) -> Result<(), Rejection> {
    let assignments = into.iter().map(|it| &it.assignment);
    let mut named = assignments.flat_map(|it| std::iter::once(&it.lead).chain(&it.co_responsible));
    match named.find(|code| !bound.contains(code)) {
        Some(stranger) => {
            let number = item.assignment.number.clone();
            Err(Rejection::NoPartInDecision { department_code: stranger.clone(), number })
        }
        None => Ok(()),
    }
}

/// What an item is split into by its lead, or by a clerk of the secretariat of its body. Due dates are counted from today;
/// none is later than that of the item.
pub fn split(
    id: Uuid,
    item: &Item,
    obligations: Vec<Obligation>,
    secretariat: &[Code],
    calendar: &WorkingCalendar,
    issued: &Issued,
) -> Result<Vec<SubItem>, Rejection> {
    by_lead_or_clerk(item, secretariat, issued)?;
    let number = &item.assignment.number;
    let items = obligations.len();
    if items == 0 {
        return Err(Rejection::SubItemsRequired { number: number.clone() });
    }
    if items > SUB_ITEMS_PER_SPLIT_MAX {
        return Err(Rejection::TooManySubItems { items, max: SUB_ITEMS_PER_SPLIT_MAX });
    }
    item.takes_sub_items(items)?;
    let today = calendar.date_of(issued.at);
    let acknowledge_by = calendar.end_of(calendar.after_working_days(today, ACKNOWLEDGE_WORKING_DAYS));
    let sub_item = |(nth, obligation): (usize, Obligation)| {
        let Obligation { title, deliverable, criterion, lead, co_responsible, due } = obligation;
        let due = extension::new_due((today, issued.at), due, today, calendar)?;
        // It may be due at a moment of the same day.
        if due.due_at > item.assignment.due_at {
            let (parent_number, parent_due_on) = (number.clone(), item.assignment.due_on);
            return Err(Rejection::DueAfterParent { due_on: due.due_on, parent_number, parent_due_on });
        }
        let judges = item.assignment.lead != lead && !co_responsible.contains(&item.assignment.lead);
        let assignment = Assignment {
            resolution: item.assignment.resolution,
            number: Line::parse(&format!("{number}.{nth}")).expect("a number of a few tiers is a line"),
            title,
            deliverable,
            criterion,
            lead,
            co_responsible,
            due_on: due.due_on,
            due_at: due.due_at,
            acknowledge_by,
        };
        Ok(SubItem {
            id: derived_id(id, &["sub-item", &nth.to_string()]),
            assignment,
            place: item.place_below(id),
            acceptor: judges.then(|| item.assignment.lead.clone()),
        })
    };
    (item.split.len() + 1..).zip(obligations).map(sub_item).collect()
}

impl SubItem {
    /// The command that assigns it.
    pub fn assign(self) -> Command {
        let SubItem { assignment, place, acceptor, .. } = self;
        Command::AssignBelow { assignment, place, acceptor }
    }
}

fn by_lead_or_clerk(item: &Item, secretariat: &[Code], issued: &Issued) -> Result<(), Rejection> {
    let lead = &item.assignment.lead;
    let is_lead = issued.by.is(Role::DepartmentLead) && issued.by.speaks_for(lead);
    let is_clerk = issued.by.is(Role::Clerk) && secretariat.iter().any(|code| issued.by.speaks_for(code));
    if is_lead || is_clerk {
        return Ok(());
    }
    let mut needed: Vec<&str> = std::iter::once(lead).chain(secretariat).map(Code::as_str).collect();
    needed.dedup();
    Err(Rejection::NotYourDepartment {
        department_code: issued.by.spoken_for(),
        needed_codes: needed.join(", "),
    })
}

fn must_not_be_later(due_on: Date, parent_number: &Line, parent_due_on: Date) -> Result<(), Rejection> {
    if due_on > parent_due_on {
        let parent_number = parent_number.clone();
        return Err(Rejection::DueAfterParent { due_on, parent_number, parent_due_on });
    }
    Ok(())
}

pub(super) fn assign_below(
    assignment: Assignment,
    place: Place,
    acceptor: Option<Code>,
    assigned: Vec<Event>,
) -> Vec<Event> {
    if assigned.is_empty() {
        return assigned;
    }
    let reason = Text::parse(place.parent_number.as_str()).expect("a number is a text");
    debug_assert!(acceptor.as_ref() != Some(&assignment.lead));
    let named = acceptor.map(|acceptor| Event::AcceptorNamed { acceptor: Some(acceptor), reason });
    assigned.into_iter().chain([Event::PlacedBelow { place }]).chain(named).collect()
}

/// What is there already keeps its place.
pub(super) fn place_below(item: &Item, place: Place) -> Vec<Event> {
    if item.place.is_some() { vec![] } else { vec![Event::PlacedBelow { place }] }
}

pub(super) fn note_sub_items(
    item: &Item,
    sub_items: Vec<(Uuid, Line)>,
    is_split: bool,
) -> Result<Vec<Event>, Rejection> {
    let is_known = |id: Uuid| item.sub_items.iter().any(|(known, _)| *known == id);
    let new = sub_items.into_iter().filter(|(id, _)| !is_known(*id));
    let events: Vec<Event> =
        new.map(|(sub_item, number)| Event::SubItemNoted { sub_item, number, is_split }).collect();
    if !events.is_empty() {
        item.takes_sub_items(events.len())?;
    }
    Ok(events)
}

pub(super) fn note_session(item: &Item, session: Uuid) -> Vec<Event> {
    if item.is_over() || item.sessions.contains(&session) {
        vec![]
    } else {
        vec![Event::SessionNoted { session }]
    }
}

/// Refuses what does not fit to the items above and below: to be done while something below is open, to be due later than
/// what it is a part of, to be open again when that is not.
pub(super) fn check(item: &Item, around: &Neighbours, events: &[Event]) -> Result<(), Rejection> {
    for event in events {
        match (event, &around.parent) {
            (Event::CompletionClaimed { .. }, _) if !around.open.is_empty() => {
                let numbers: Vec<&str> = around.open.iter().map(Line::as_str).collect();
                return Err(Rejection::SubItemsOpen {
                    number: item.assignment.number.clone(),
                    open: numbers.len(),
                    numbers: numbers.join(", "),
                });
            }
            (Event::Reopened { due_on, .. }, Some(parent)) => {
                if parent.stage != Stage::Underway {
                    let (stage, needed) = (parent.stage.as_str(), Stage::Underway.as_str());
                    return Err(Rejection::WrongStage { number: parent.number.clone(), stage, needed });
                }
                must_not_be_later(*due_on, &parent.number, parent.due_on)?;
            }
            (
                Event::ExtensionRequested { due_on, .. } | Event::ExtensionGranted { due_on, .. },
                Some(parent),
            ) => must_not_be_later(*due_on, &parent.number, parent.due_on)?,
            _ => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
