//! How far a cascade has come: what its items say, rolled up from the last tier to the first.

use crate::Uuid;
use crate::resolution::action_item::{PERCENT_MAX, Stage};
use std::collections::BTreeMap;

/// An item as far as it counts for what is above it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Node {
    /// The item that it is a part of.
    pub parent: Option<Uuid>,
    /// Its stage.
    pub stage: Stage,
    /// What its lead reported, in percent.
    pub reported_percent: u32,
    /// Whether it is late.
    pub late: bool,
}

/// What is so of an item with everything below it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RollUp {
    /// How much is done, in percent: all once it is accepted; otherwise the mean of its sub-items that are not rescinded,
    /// rounded down, or what its lead reported where there are none.
    pub percent: u32,
    /// How many items are below it, on all tiers.
    pub below: u32,
    /// How many of those are neither accepted nor rescinded.
    pub open: u32,
    /// How many of those are late.
    pub late: u32,
}

/// The roll-up of each item. What is a part of an item that is not among them is nobody's part.
pub fn roll_up(nodes: &BTreeMap<Uuid, Node>) -> BTreeMap<Uuid, RollUp> {
    let mut below: BTreeMap<Uuid, Vec<Uuid>> = BTreeMap::new();
    for (id, node) in nodes {
        if let Some(parent) = node.parent.filter(|parent| nodes.contains_key(parent)) {
            below.entry(parent).or_default().push(*id);
        }
    }
    let mut rolled = BTreeMap::new();
    for id in nodes.keys() {
        roll_up_one(*id, nodes, &below, &mut rolled);
    }
    rolled
}

/// A cascade has few tiers, so this is not deep.
fn roll_up_one(
    id: Uuid,
    nodes: &BTreeMap<Uuid, Node>,
    below: &BTreeMap<Uuid, Vec<Uuid>>,
    rolled: &mut BTreeMap<Uuid, RollUp>,
) -> RollUp {
    if let Some(known) = rolled.get(&id) {
        return *known;
    }
    let (mut own, mut percents) = (RollUp::default(), Vec::new());
    for sub_item in below.get(&id).into_iter().flatten() {
        let (node, part) = (nodes[sub_item], roll_up_one(*sub_item, nodes, below, rolled));
        let is_open = !matches!(node.stage, Stage::Accepted | Stage::Rescinded);
        own.below += 1 + part.below;
        own.open += u32::from(is_open) + part.open;
        own.late += u32::from(node.late) + part.late;
        if node.stage != Stage::Rescinded {
            percents.push(part.percent);
        }
    }
    let node = nodes[&id];
    own.percent = match u32::try_from(percents.len()) {
        _ if node.stage == Stage::Accepted => PERCENT_MAX,
        Ok(0) | Err(_) => node.reported_percent,
        Ok(parts) => percents.iter().sum::<u32>() / parts,
    };
    rolled.insert(id, own);
    own
}

#[cfg(test)]
mod tests;
