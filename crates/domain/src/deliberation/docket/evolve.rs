//! What each event adds to the state. An event that does not fit leaves the state as it was.

use super::{Amendment, Event, Fate, Outcome, Position, Proceedings, Stage, State, Topic};
use crate::Text;
use crate::deliberation::ballot::{Ballot, Rules, Vote};

pub(super) fn evolve(state: State, event: &Event) -> State {
    match (state, event) {
        (State::Absent, Event::Prepared { agenda }) => State::Prepared(Proceedings::new(agenda.clone())),
        (State::Prepared(proceedings), Event::Opened { .. }) => State::Open(proceedings),
        (State::Open(proceedings), Event::Closed { .. }) => State::Closed(proceedings),
        (State::Prepared(mut proceedings), event) => {
            attend(&mut proceedings, event);
            State::Prepared(proceedings)
        }
        (State::Open(mut proceedings), event) => {
            attend(&mut proceedings, event);
            number(&mut proceedings, event);
            if let Some(no) = topic_of(&proceedings, event)
                && let Some(topic) = proceedings.topics.iter_mut().find(|topic| topic.no == no)
            {
                debate(topic, event);
                work_out(topic, event);
                vote(topic, event);
                conclude(topic, event);
            }
            State::Open(proceedings)
        }
        (state, _) => state,
    }
}

/// Who is there.
fn attend(proceedings: &mut Proceedings, event: &Event) {
    match event {
        Event::DelegateArrived { department, delegate } => {
            proceedings.present.insert(department.clone(), delegate.clone());
        }
        Event::DelegateLeft { department } => {
            proceedings.present.remove(department);
        }
        _ => {}
    }
}

/// The last numbers given.
fn number(proceedings: &mut Proceedings, event: &Event) {
    match event {
        Event::ItemDrafted { item } => proceedings.items = proceedings.items.max(item.no),
        Event::BallotOpened { ballot, .. } => proceedings.ballots = proceedings.ballots.max(*ballot),
        _ => {}
    }
}

/// The topic that an event is about.
fn topic_of(proceedings: &Proceedings, event: &Event) -> Option<u32> {
    match event {
        Event::TopicOpened { topic, .. }
        | Event::TopicPaused { topic, .. }
        | Event::DigressionMarked { topic, .. }
        | Event::DebateClosed { topic, .. }
        | Event::PositionStated { topic, .. }
        | Event::Proposed { topic, .. }
        | Event::AmendmentProposed { topic, .. }
        | Event::AmendmentAdopted { topic, .. }
        | Event::AmendmentRejected { topic, .. }
        | Event::ItemDropped { topic, .. }
        | Event::BallotOpened { topic, .. }
        | Event::VoteCast { topic, .. }
        | Event::Recused { topic, .. }
        | Event::BallotClosed { topic, .. }
        | Event::DecisionAdopted { topic, .. }
        | Event::TopicRejected { topic, .. }
        | Event::TopicDeferred { topic, .. }
        | Event::TopicReferred { topic, .. }
        | Event::TopicWithdrawn { topic, .. }
        | Event::DecidedLate { topic, .. } => Some(*topic),
        Event::ItemDrafted { item } | Event::ItemRevised { item } => {
            proceedings.topic(item.topic).map(|topic| topic.no)
        }
        Event::Prepared { .. }
        | Event::DelegateArrived { .. }
        | Event::DelegateLeft { .. }
        | Event::Opened { .. }
        | Event::Closed { .. } => None,
    }
}

/// The floor: its stages, its time, what was said.
fn debate(topic: &mut Topic, event: &Event) {
    match event {
        Event::TopicOpened { opened_at, .. } => {
            topic.stage = Stage::Open { since: *opened_at };
            topic.outcome = None;
        }
        Event::TopicPaused { spent_seconds, .. } => {
            topic.stage = Stage::Paused;
            topic.spent_seconds = *spent_seconds;
        }
        Event::DebateClosed { spent_seconds, .. } => {
            topic.stage = Stage::DebateClosed;
            topic.spent_seconds = *spent_seconds;
        }
        Event::DigressionMarked { minutes, .. } => {
            topic.digression_minutes = topic.digression_minutes.saturating_add(*minutes);
        }
        Event::PositionStated { department, stance, reasons, .. } => {
            let position = Position { stance: *stance, reasons: reasons.clone() };
            topic.positions.insert(department.clone(), position);
        }
        _ => {}
    }
}

/// The text and the items.
fn work_out(topic: &mut Topic, event: &Event) {
    match event {
        Event::Proposed { text, .. } => topic.versions.push(text.clone()),
        Event::AmendmentProposed { amendment, department, version, text, .. } => {
            topic.amendments.push(Amendment {
                no: *amendment,
                department: department.clone(),
                version: *version,
                text: text.clone(),
                fate: Fate::Pending,
            });
        }
        Event::AmendmentAdopted { amendment, .. } => {
            if let Some(text) = settle(topic, *amendment, Fate::Adopted) {
                topic.versions.push(text);
            }
        }
        Event::AmendmentRejected { amendment, .. } => {
            settle(topic, *amendment, Fate::Rejected);
        }
        Event::ItemDrafted { item } => topic.items.push(item.clone()),
        Event::ItemRevised { item } => {
            if let Some(old) = topic.items.iter_mut().find(|old| old.no == item.no) {
                *old = item.clone();
            }
        }
        Event::ItemDropped { item, .. } => topic.items.retain(|kept| kept.no != *item),
        _ => {}
    }
}

fn settle(topic: &mut Topic, amendment: u32, fate: Fate) -> Option<Text> {
    let amendment = topic.amendments.iter_mut().find(|known| known.no == amendment)?;
    amendment.fate = fate;
    Some(amendment.text.clone())
}

/// Ballots, votes and recusals.
fn vote(topic: &mut Topic, event: &Event) {
    match event {
        Event::BallotOpened { ballot, version, method, abstention, tie, .. } => {
            let rules = Rules { method: *method, abstention: *abstention, tie: *tie };
            topic.ballots.push(Ballot::new(*ballot, *version, rules));
        }
        Event::VoteCast { ballot, department, choice, reason, .. } => {
            if let Some(ballot) = topic.ballots.iter_mut().find(|open| open.no == *ballot) {
                ballot.votes.insert(department.clone(), Vote { choice: *choice, reason: reason.clone() });
            }
        }
        Event::Recused { department, .. } => {
            topic.recused.insert(department.clone());
            for ballot in topic.ballots.iter_mut().filter(|ballot| ballot.is_open()) {
                ballot.votes.remove(department);
            }
        }
        Event::BallotClosed { result, .. } => {
            if let Some(ballot) = topic.ballots.iter_mut().find(|open| open.no == result.ballot) {
                ballot.result = Some(*result);
            }
        }
        _ => {}
    }
}

/// The outcome.
fn conclude(topic: &mut Topic, event: &Event) {
    topic.outcome = match event {
        Event::DecisionAdopted { version, ballot, decided_on, acknowledge_by, declaratory, dues, .. } => {
            Some(Outcome::Adopted {
                version: *version,
                ballot: *ballot,
                decided_on: *decided_on,
                acknowledge_by: *acknowledge_by,
                declaratory: *declaratory,
                dues: dues.clone(),
            })
        }
        Event::TopicRejected { .. } => Some(Outcome::Rejected),
        Event::TopicDeferred { until, deferrals, .. } => {
            topic.deferrals = *deferrals;
            Some(Outcome::Deferred { until: *until })
        }
        Event::TopicReferred { to, .. } => Some(Outcome::Referred { to: to.clone() }),
        Event::TopicWithdrawn { .. } => Some(Outcome::Withdrawn),
        _ => return,
    };
}
