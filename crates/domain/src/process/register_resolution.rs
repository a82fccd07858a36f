//! A decision on a docket becomes a resolution with a number, and its items are assigned.

use crate::deliberation::docket::{self, Decision};
use crate::resolution::action_item::ActionItem;
use crate::resolution::registering::Registering;
use crate::resolution::resolution::{self, Origin, Resolution, Votes};
use crate::{Line, Text, Uuid};

/// This process manager's name.
pub const NAME: &str = "register_resolution";

/// What follows from an event of a docket; `state` is the docket just after it.
pub fn react(id: Uuid, state: &docket::State, event: &docket::Event) -> Option<Registering> {
    let docket::Event::DecisionAdopted { topic, .. } = event else { return None };
    let decision = state.decision(*topic)?;
    let votes = votes(&decision);
    Some(Registering {
        resolution: Resolution::id(id, *topic),
        body: decision.body,
        title: decision.title,
        text: decision.text,
        declaratory: decision.declaratory,
        decided_on: decision.decided_on,
        origin: Origin::Session {
            session: decision.session,
            topic: decision.topic,
            votes,
            dissenting: decision.dissenting,
        },
        acknowledge_by: decision.acknowledge_by,
        changes: decision.changes,
        label: decision.label,
        items: decision.items.into_iter().map(|item| (ActionItem::id(id, item.number), item)).collect(),
    })
}

/// A resolution is labelled as the topic that it was decided on.
pub fn relabel(
    id: Uuid,
    state: &docket::State,
    event: &docket::Event,
) -> Option<(Uuid, resolution::Command)> {
    let docket::Event::TopicRelabelled { topic, label, reason } = event else { return None };
    state.decision(*topic)?;
    let command = resolution::Command::Relabel { label: *label, reason: reason.clone() };
    Some((Resolution::id(id, *topic), command))
}

fn votes(decision: &Decision) -> Votes {
    let ballot = &decision.ballot;
    Votes {
        method: Line::parse(&ballot.method.to_string()).expect("a method has a short name"),
        eligible: ballot.eligible,
        recused: ballot.recused,
        quorum: ballot.quorum,
        cast: ballot.cast,
        yes: ballot.yes,
        no: ballot.no,
        abstain: ballot.abstain,
        base: ballot.base,
        needed: ballot.needed,
        sentence: Text::parse(&ballot.sentence()).expect("a ballot's sentence is short"),
        body_version: ballot.body_version,
    }
}

#[cfg(test)]
mod tests;
