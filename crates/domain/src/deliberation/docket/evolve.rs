//! What each event adds to the state. An event that does not fit leaves the state as it was.

use super::choices::OptionChoice;
use super::{Event, Mandate, Mode, Outcome, Proceedings, State, Statement, Topic, TopicStage};
use super::{amendments, floor_state, late_topics, motions, reminders};
use crate::Text;
use crate::deliberation::ballot::secret::SealedVotes;
use crate::deliberation::ballot::{Ballot, Choice, Rules, SealedVote, Vote};
use std::collections::BTreeMap;

pub(super) fn evolve(state: State, event: &Event) -> State {
    match (state, event) {
        (state @ (State::Absent | State::Adjourned(_)), Event::Prepared { agenda }) => {
            let mut proceedings = Proceedings::new(agenda.clone());
            proceedings.is_later_call = state.proceedings().is_some_and(|call| call.is_called_again(agenda));
            reminders::evolve(&mut proceedings, event);
            State::Prepared(proceedings)
        }
        (state, Event::TopicRelabelled { topic, label, .. }) => state.relabelled(*topic, *label),
        (State::Prepared(proceedings), Event::Opened { .. }) => State::Open(proceedings),
        (State::Prepared(mut proceedings), Event::Adjourned { .. }) => {
            proceedings.lacked_quorum = true;
            State::Adjourned(proceedings)
        }
        (State::Open(proceedings), Event::MeetingCalled { .. }) => State::Adjourned(proceedings),
        (State::Open(proceedings), Event::Closed { .. }) => State::Closed(proceedings),
        (State::Prepared(mut proceedings), event) => {
            attend(&mut proceedings, event);
            State::Prepared(proceedings)
        }
        (State::Open(mut proceedings), event) => {
            attend(&mut proceedings, event);
            advance_numbers(&mut proceedings, event);
            reminders::evolve(&mut proceedings, event);
            late_topics::evolve(&mut proceedings, event);
            if let Some(number) = topic_of(&proceedings, event)
                && let Some(topic) = proceedings.topics.iter_mut().find(|topic| topic.number == number)
            {
                debate(topic, event);
                floor_state::evolve(topic, event);
                motions::evolve(topic, event);
                amendments::evolve(topic, event);
                edit(topic, event);
                choose(topic, event);
                vote(topic, event);
                vote_in_secret(topic, event);
                conclude(topic, event);
            }
            State::Open(proceedings)
        }
        (state, _) => state,
    }
}

/// Who is present, and who votes for whom.
fn attend(proceedings: &mut Proceedings, event: &Event) {
    match event {
        Event::ArrivalRecorded { department, delegate } => {
            proceedings.present.insert(department.clone(), delegate.clone());
        }
        Event::DepartureRecorded { department } => {
            proceedings.present.remove(department);
            let lists = proceedings.topics.iter_mut().map(|topic| &mut topic.floor.waiting);
            lists.for_each(|waiting| waiting.retain(|known| known != department));
        }
        Event::MandateGiven { topic, department, holders, put_down_by_clerk } => {
            proceedings.mandates.retain(|known| !known.is_of(department, *topic));
            let (topic, put_down_by_clerk) = (*topic, *put_down_by_clerk);
            let (department, holders) = (department.clone(), holders.clone());
            proceedings.mandates.push(Mandate { topic, department, holders, put_down_by_clerk });
        }
        Event::MandateRevoked { topic, department } => {
            proceedings.mandates.retain(|known| !known.is_of(department, *topic));
        }
        _ => {}
    }
}

/// The highest numbers given, and until when it can be signed.
fn advance_numbers(proceedings: &mut Proceedings, event: &Event) {
    match event {
        Event::ItemDrafted { item } => proceedings.items = proceedings.items.max(item.number),
        Event::FloorGiven { turn, .. } => proceedings.turns = proceedings.turns.max(*turn),
        Event::BallotOpened { ballot, .. } => proceedings.ballots = proceedings.ballots.max(*ballot),
        Event::SigningExtended { sign_by, extensions, .. } => {
            proceedings.agenda.mode = Mode::Countersign { sign_by: *sign_by };
            proceedings.signing_extensions = *extensions;
        }
        _ => {}
    }
}

/// The topic that an event is about.
fn topic_of(proceedings: &Proceedings, event: &Event) -> Option<u32> {
    match event {
        Event::TopicOpened { topic, .. }
        | Event::TopicPaused { topic, .. }
        | Event::DigressionRecorded { topic, .. }
        | Event::DebateClosed { topic, .. }
        | Event::FloorRequested { topic, .. }
        | Event::FloorRequestWithdrawn { topic, .. }
        | Event::FloorGiven { topic, .. }
        | Event::FloorYielded { topic, .. }
        | Event::DebateLimited { topic, .. }
        | Event::SpeakingTimeEnded { topic, .. }
        | Event::TopicTimeEnded { topic, .. }
        | Event::PointOfOrderRaised { topic, .. }
        | Event::PointOfOrderRuled { topic, .. }
        | Event::MotionMoved { topic, .. }
        | Event::MotionSeconded { topic, .. }
        | Event::MotionWithdrawn { topic, .. }
        | Event::MotionLapsed { topic, .. }
        | Event::MotionDecided { topic, .. }
        | Event::StatementRecorded { topic, .. }
        | Event::ProposalSubmitted { topic, .. }
        | Event::AmendmentSubmitted { topic, .. }
        | Event::AmendmentAdopted { topic, .. }
        | Event::AmendmentRejected { topic, .. }
        | Event::AmendmentSeconded { topic, .. }
        | Event::AmendmentWithdrawn { topic, .. }
        | Event::AmendmentLapsed { topic, .. }
        | Event::AmendmentAmended { topic, .. }
        | Event::AmendmentRebased { topic, .. }
        | Event::AmendmentFell { topic, .. }
        | Event::ItemDropped { topic, .. }
        | Event::ItemAccepted { topic, .. }
        | Event::ChangesDeclared { topic, .. }
        | Event::ChoiceOpened { topic, .. }
        | Event::ChoiceCast { topic, .. }
        | Event::ChoiceSealed { topic, .. }
        | Event::SecretChoiceOpened { topic, .. }
        | Event::ChoiceVoided { topic, .. }
        | Event::ChoiceClosed { topic, .. }
        | Event::BallotOpened { topic, .. }
        | Event::VoteCast { topic, .. }
        | Event::VoteSealed { topic, .. }
        | Event::SecretVotesOpened { topic, .. }
        | Event::HandsCounted { topic, .. }
        | Event::BallotVoided { topic, .. }
        | Event::RecusalRecorded { topic, .. }
        | Event::RecusalWithdrawn { topic, .. }
        | Event::BallotClosed { topic, .. }
        | Event::DecisionAdopted { topic, .. }
        | Event::TopicRejected { topic, .. }
        | Event::TopicDeferred { topic, .. }
        | Event::TopicReferred { topic, .. }
        | Event::TopicWithdrawn { topic, .. }
        | Event::TopicRelabelled { topic, .. }
        | Event::TopicAdded { topic, .. }
        | Event::TopicReconsidered { topic, .. }
        | Event::DecidedLate { topic, .. } => Some(*topic),
        Event::ItemDrafted { item } | Event::ItemRevised { item } => {
            proceedings.topic(item.topic).map(|topic| topic.number)
        }
        Event::Prepared { .. }
        | Event::ArrivalRecorded { .. }
        | Event::DepartureRecorded { .. }
        | Event::MandateGiven { .. }
        | Event::MandateRevoked { .. }
        | Event::Opened { .. }
        | Event::Adjourned { .. }
        | Event::SigningExtended { .. }
        | Event::MeetingCalled { .. }
        | Event::SeatReminded { .. }
        | Event::RemindersSent { .. }
        | Event::Closed { .. } => None,
    }
}

/// The debate: its stages, its time, the statements, and who moved to put it off.
fn debate(topic: &mut Topic, event: &Event) {
    match event {
        Event::TopicOpened { opened_at, time_ends_at, .. } => {
            topic.stage = TopicStage::Open { opened_at: *opened_at };
            topic.time_ends_at = *time_ends_at;
            topic.outcome = None;
            topic.moved_by = None;
            topic.late_minutes = None;
        }
        Event::TopicReconsidered { .. } => {
            topic.reconsidered = Some(topic.ballots.last().map_or(0, |last| last.number));
            topic.outcome = None;
            topic.late_minutes = None;
        }
        Event::TopicTimeEnded { .. } => {
            topic.time_ended = true;
            topic.time_ends_at = None;
        }
        Event::TopicPaused { spent_seconds, .. } => {
            topic.stage = TopicStage::Paused;
            topic.time_ends_at = None;
            topic.spent_seconds = *spent_seconds;
        }
        Event::DebateClosed { spent_seconds, overrun_seconds, .. } => {
            topic.stage = TopicStage::DebateClosed;
            topic.time_ends_at = None;
            topic.spent_seconds = *spent_seconds;
            topic.overrun_seconds = *overrun_seconds;
        }
        Event::TopicDeferred { moved_by, .. } => topic.moved_by = Some(moved_by.clone()),
        Event::DecidedLate { late_minutes, .. } => topic.late_minutes = Some(*late_minutes),
        Event::DigressionRecorded { minutes, .. } => {
            topic.digression_minutes = topic.digression_minutes.saturating_add(*minutes);
        }
        Event::StatementRecorded { department, stance, reasons, put_down_by_clerk, .. } => {
            let (stance, put_down_by_clerk) = (*stance, *put_down_by_clerk);
            let statement = Statement { stance, reasons: reasons.clone(), put_down_by_clerk };
            if !put_down_by_clerk {
                topic.voted_no.remove(department);
            }
            topic.statements.insert(department.clone(), statement);
        }
        _ => {}
    }
}

/// The text and the items.
fn edit(topic: &mut Topic, event: &Event) {
    match event {
        Event::ProposalSubmitted { text, .. } => add_version(topic, text.clone()),
        Event::ItemDrafted { item } => topic.items.push(item.clone()),
        Event::ItemRevised { item } => {
            topic.acceptances.remove(&item.number);
            if let Some(old) = topic.items.iter_mut().find(|old| old.number == item.number) {
                *old = item.clone();
            }
        }
        Event::ItemDropped { item, .. } => {
            topic.acceptances.remove(item);
            topic.items.retain(|kept| kept.number != *item);
        }
        Event::ChangesDeclared { changes, .. } => topic.changes = changes.clone(),
        Event::ItemAccepted { item, department, .. } => {
            topic.acceptances.entry(*item).or_default().insert(department.clone());
        }
        _ => {}
    }
}

/// Another motion: whoever recused itself from the one before takes part again, and whoever accepted to be bound by items of the one
/// before is asked again.
pub(super) fn add_version(topic: &mut Topic, text: Text) {
    topic.versions.push(text);
    topic.acceptances.clear();
    for department in std::mem::take(&mut topic.recused_from_version) {
        topic.recused.remove(&department);
        topic.recusals_put_down.remove(&department);
    }
}

/// Choices among options.
fn choose(topic: &mut Topic, event: &Event) {
    if let Event::ChoiceOpened { choice, question, options, method, secret, lot, .. } = event {
        topic.choices.push(OptionChoice {
            number: *choice,
            question: question.clone(),
            options: options.clone(),
            method: *method,
            secret: *secret,
            lot: lot.clone(),
            papers: BTreeMap::new(),
            sealed: SealedVotes::new(),
            opened: Vec::new(),
            voided: None,
            roll: Vec::new(),
            result: None,
        });
    }
    if let Event::RecusalRecorded { department, .. } = event {
        for open in topic.choices.iter_mut().filter(|choice| choice.is_open()) {
            open.papers.remove(department);
            open.papers.retain(|_, paper| paper.cast_by.as_ref() != Some(department));
            open.sealed.remove(department);
            open.sealed.retain(|_, paper| paper.cast_by.as_ref() != Some(department));
        }
    }
    let (Event::ChoiceCast { choice: number, .. }
    | Event::ChoiceSealed { choice: number, .. }
    | Event::SecretChoiceOpened { choice: number, .. }
    | Event::ChoiceVoided { choice: number, .. }
    | Event::ChoiceClosed { choice: number, .. }) = event
    else {
        return;
    };
    let Some(known) = topic.choices.iter_mut().find(|known| known.number == *number) else { return };
    match event {
        Event::ChoiceCast { department, paper, .. } => {
            known.papers.insert(department.clone(), paper.clone());
        }
        Event::ChoiceClosed { result, roll, .. } => {
            known.result = Some(result.clone());
            known.roll = roll.clone();
            known.sealed.clear();
        }
        Event::ChoiceSealed { department, sealed, cast_by, .. } => {
            let vote = SealedVote { sealed: sealed.clone(), cast_by: cast_by.clone() };
            known.sealed.insert(department.clone(), vote);
        }
        Event::SecretChoiceOpened { papers, .. } => known.opened = papers.clone(),
        Event::ChoiceVoided { reason, .. } => {
            known.voided = Some(reason.clone());
            known.sealed.clear();
        }
        _ => {}
    }
}

/// Ballots, votes and recusals.
fn vote(topic: &mut Topic, event: &Event) {
    match event {
        Event::BallotOpened {
            ballot,
            version,
            method,
            abstention,
            tie,
            majority_of,
            secret,
            motion,
            amendment,
            ..
        } => {
            let (motion, amendment) = (*motion, *amendment);
            let (method, abstention, tie, majority_of) = (*method, *abstention, *tie, *majority_of);
            let rules = Rules { method, abstention, tie, majority_of, secret: *secret };
            let opened = Ballot::new(*ballot, *version, rules);
            topic.ballots.push(Ballot { motion, amendment, ..opened });
        }
        Event::VoteCast { ballot, department, choice, split, reason, cast_by, put_down_by_clerk, .. } => {
            if let Some(ballot) = topic.ballots.iter_mut().find(|open| open.number == *ballot) {
                let vote = Vote {
                    choice: *choice,
                    split: split.clone(),
                    reason: reason.clone(),
                    cast_by: cast_by.clone(),
                    put_down_by_clerk: *put_down_by_clerk,
                };
                ballot.votes.insert(department.clone(), vote);
                // It would count twice.
                ballot.hands = None;
            }
        }
        Event::HandsCounted { ballot, hands, .. } => {
            if let Some(ballot) = topic.ballots.iter_mut().find(|open| open.number == *ballot) {
                ballot.hands = (hands.all() > 0).then_some(*hands);
            }
        }
        Event::RecusalRecorded { department, version, put_down_by_clerk, .. } => {
            topic.recused.insert(department.clone());
            topic.takes_part_again.remove(department);
            match put_down_by_clerk {
                true => topic.recusals_put_down.insert(department.clone()),
                false => topic.recusals_put_down.remove(department),
            };
            match version {
                Some(_) => topic.recused_from_version.insert(department.clone()),
                None => topic.recused_from_version.remove(department),
            };
            for ballot in topic.ballots.iter_mut().filter(|ballot| ballot.is_open()) {
                // Nobody knows whether its hand was among them.
                ballot.hands = None;
                ballot.votes.remove(department);
                ballot.votes.retain(|_, vote| vote.cast_by.as_ref() != Some(department));
                ballot.sealed.remove(department);
                ballot.sealed.retain(|_, vote| vote.cast_by.as_ref() != Some(department));
            }
        }
        Event::RecusalWithdrawn { department, put_down_by_clerk, .. } => {
            if !put_down_by_clerk {
                topic.takes_part_again.insert(department.clone());
            }
            topic.recused.remove(department);
            topic.recused_from_version.remove(department);
            topic.recusals_put_down.remove(department);
        }
        Event::BallotClosed { result, roll, .. } => {
            if let Some(ballot) = topic.ballots.iter_mut().find(|open| open.number == result.ballot) {
                ballot.result = Some(*result);
                ballot.roll = roll.clone();
                ballot.sealed.clear();
                if ballot.is_on_proposal() && result.is_quorate() {
                    let own = ballot.votes.iter().filter(|(_, vote)| vote.is_cast_by_the_seat());
                    let opposed = own.filter(|(_, vote)| vote.choice == Choice::No);
                    topic.voted_no = opposed.map(|(department, _)| department.clone()).collect();
                }
            }
        }
        _ => {}
    }
}

/// What is peculiar to secret ballots.
fn vote_in_secret(topic: &mut Topic, event: &Event) {
    let (Event::VoteSealed { ballot: number, .. }
    | Event::SecretVotesOpened { ballot: number, .. }
    | Event::BallotVoided { ballot: number, .. }) = event
    else {
        return;
    };
    let Some(ballot) = topic.ballots.iter_mut().find(|known| known.number == *number) else { return };
    match event {
        Event::VoteSealed { department, sealed, cast_by, .. } => {
            let vote = SealedVote { sealed: sealed.clone(), cast_by: cast_by.clone() };
            ballot.sealed.insert(department.clone(), vote);
        }
        Event::SecretVotesOpened { votes, .. } => ballot.opened = votes.clone(),
        Event::BallotVoided { reason, .. } => {
            ballot.voided = Some(reason.clone());
            ballot.sealed.clear();
        }
        _ => {}
    }
}

/// The outcome.
fn conclude(topic: &mut Topic, event: &Event) {
    topic.outcome = match event {
        Event::DecisionAdopted {
            version,
            ballot,
            decided_on,
            acknowledge_by,
            declaratory,
            due_dates,
            ..
        } => Some(Outcome::Adopted {
            version: *version,
            ballot: *ballot,
            decided_on: *decided_on,
            acknowledge_by: *acknowledge_by,
            declaratory: *declaratory,
            due_dates: due_dates.clone(),
        }),
        Event::TopicRejected { .. } => Some(Outcome::Rejected),
        Event::TopicDeferred { resume_on, deferrals, .. } => {
            topic.deferrals = *deferrals;
            Some(Outcome::Deferred { resume_on: *resume_on })
        }
        Event::TopicReferred { referred_to, .. } => {
            Some(Outcome::Referred { referred_to: referred_to.clone() })
        }
        Event::TopicWithdrawn { .. } => Some(Outcome::Withdrawn),
        _ => return,
    };
}
