//! A docket as clients see it, with everything said and decided on it.

use super::motion;
use domain::deliberation::ballot::{Ballot, BallotResult, SealedVote, Vote};
use domain::deliberation::docket::choices::{ChoicePaper, OptionChoice};
use domain::deliberation::docket::next::Step;
use domain::deliberation::docket::{
    Amendment, Floor, Outcome, PointOfOrder, Proceedings, Rejection, Ruling, Speaker, State, Statement,
    Topic, TopicStage,
};
use domain::{Code, Label, Line, Refusal as _, Uuid};
use proto::Wire as _;
use proto::contract::{role_number, rpc};
use proto::deliberation::v1 as pb;
use service_kit::Scope;
use std::collections::BTreeSet;

/// The docket as somebody sees it; `None` when it was never prepared.
pub(crate) fn docket(id: Uuid, state: &State, scope: &Scope) -> Option<pb::Docket> {
    let proceedings = &state.proceedings()?.seen_by(|audience| scope.covers(audience));
    let stage = match state {
        State::Absent => return None,
        State::Prepared(_) => pb::DocketStage::Prepared,
        State::Adjourned(_) => pb::DocketStage::Adjourned,
        State::Open(_) => pb::DocketStage::Open,
        State::Closed(_) => pb::DocketStage::Closed,
    };
    let present = proceedings.present.iter().map(|(department, delegate)| pb::Presence {
        department_code: department.to_string(),
        delegate: delegate.to_string(),
    });
    Some(pb::Docket {
        docket_id: id.to_string(),
        agenda: proceedings.agenda.to_wire(),
        stage: stage.into(),
        present: present.collect(),
        topics: topics(proceedings, scope),
        mandates: proceedings.mandates.to_wire(),
        remind_at: state.next_reminder().to_wire(),
        reminders: reminders(proceedings, scope),
    })
}

/// Who was reminded of what. What of it is about a topic is kept from those that recused themselves from that.
fn reminders(proceedings: &Proceedings, scope: &Scope) -> Vec<pb::SeatReminder> {
    let closed =
        |number: &u32| proceedings.topic(*number).is_some_and(|topic| scope.is_recused(&topic.recused));
    let reminders = proceedings.reminders.last.iter().map(|(department, reminder)| pb::SeatReminder {
        department_code: department.to_wire(),
        topic_numbers: reminder.topics.iter().copied().filter(|number| !closed(number)).collect(),
        reminded_at: reminder.reminded_at.to_wire(),
        by_hand: reminder.by_hand,
    });
    reminders.filter(|reminder| !reminder.topic_numbers.is_empty()).collect()
}

/// The topics, each with its place on the agenda.
fn topics(proceedings: &Proceedings, scope: &Scope) -> Vec<pb::DocketTopic> {
    let agenda = &proceedings.agenda;
    let numbers = agenda.printed_numbers().into_iter();
    let topics = proceedings.topics.iter().zip(&agenda.topics).zip(numbers);
    let placed = topics.map(|((known, entry), printed_number)| pb::DocketTopic {
        printed_number,
        section: entry.section.to_wire(),
        has_sub_topics: agenda.has_sub_topics(known.number),
        stand_ins: stand_ins(proceedings, known),
        ..topic(known, scope)
    });
    placed.collect()
}

/// A topic. What departments said on it, and prefer, is kept from those that recused themselves.
fn topic(topic: &Topic, scope: &Scope) -> pb::DocketTopic {
    let mut shown = whole_topic(topic);
    if scope.is_recused(&topic.recused) {
        shown.statements.clear();
        shown.amendments.clear();
        shown.motions.clear();
        shown.next_motion_number = None;
        shown.floor.iter_mut().for_each(|floor| floor.points_of_order.clear());
        let votes = shown.ballots.iter_mut().flat_map(|ballot| &mut ballot.votes);
        votes.for_each(|vote| vote.reason = None);
        shown.choices.iter_mut().for_each(|choice| choice.papers.clear());
    }
    shown
}

fn whole_topic(topic: &Topic) -> pb::DocketTopic {
    let (stage, opened_at) = match topic.stage {
        TopicStage::Waiting => (pb::TopicStage::Waiting, None),
        TopicStage::Open { opened_at } => (pb::TopicStage::Open, opened_at.to_wire()),
        TopicStage::Paused => (pb::TopicStage::Paused, None),
        TopicStage::DebateClosed => (pb::TopicStage::DebateClosed, None),
    };
    pb::DocketTopic {
        number: topic.number,
        title: topic.title.to_wire(),
        timebox_minutes: topic.timebox_minutes,
        stage: stage.into(),
        opened_at,
        spent_seconds: topic.spent_seconds,
        digression_minutes: topic.digression_minutes,
        statements: topic.statements.iter().map(statement).collect(),
        versions: topic.versions.to_wire(),
        amendments: topic.amendments.iter().map(amendment).collect(),
        items: topic.items.to_wire(),
        recused_codes: topic.recused.iter().map(Code::to_string).collect(),
        put_down_recusal_count: u32::try_from(topic.recusals_put_down.len()).unwrap_or(u32::MAX),
        recused_from_version_codes: topic.recused_from_version.iter().map(Code::to_string).collect(),
        choices: topic.choices.iter().map(choice).collect(),
        acceptances: acceptances(topic),
        changes: topic.changes.to_wire(),
        ballots: topic.ballots.iter().map(ballot).collect(),
        deferrals: topic.deferrals,
        outcome: topic.outcome.as_ref().map(outcome),
        overrun_seconds: topic.overrun_seconds,
        moved_by_code: topic.moved_by.to_wire(),
        late_minutes: topic.late_minutes,
        label: topic.label.to_wire(),
        floor: Some(floor(&topic.floor)),
        time_ends_at: topic.time_ends_at.to_wire(),
        time_ended: topic.time_ended,
        motions: topic.motions.iter().map(motion::shown).collect(),
        next_motion_number: topic.next_motion().map(|first| first.number),
        moved_from: topic.moved_from.as_ref().map(|from| pb::FloorMotion {
            topic_number: from.topic,
            motion_number: from.motion,
            department_code: from.department.to_wire(),
        }),
        printed_number: String::new(),
        section: None,
        has_sub_topics: false,
        stand_ins: vec![],
    }
}

fn stand_ins(proceedings: &Proceedings, topic: &Topic) -> Vec<pb::SeatStandIns> {
    let of_seat = |(department, stand_ins): (&Code, Vec<&Code>)| pb::SeatStandIns {
        department_code: department.to_wire(),
        stand_in_codes: stand_ins.into_iter().map(Code::to_string).collect(),
    };
    proceedings.stand_ins(topic).into_iter().map(of_seat).collect()
}

fn floor(floor: &Floor) -> pb::TopicFloor {
    let speaker = |speaker: &Speaker| pb::FloorSpeaker {
        turn: speaker.turn,
        department_code: speaker.department.to_wire(),
        started_at: speaker.since.to_wire(),
        spoken_seconds: speaker.spoken_seconds,
        ends_at: speaker.ends_at.to_wire(),
        time_ended: speaker.time_ended,
    };
    let spoken = |(department, seconds): (&Code, &u64)| pb::SpokenTime {
        department_code: department.to_wire(),
        spoken_seconds: *seconds,
    };
    let ruling = |known: &Ruling| pb::PointOfOrderRuling {
        sustained: known.sustained,
        reason: known.reason.to_wire(),
        reversed_by_motion_number: known.reversed_by,
    };
    let point = |point: &PointOfOrder| pb::PointOfOrder {
        number: point.number,
        department_code: point.department.to_wire(),
        text: point.text.to_wire(),
        ruling: point.ruling.as_ref().map(ruling),
    };
    pb::TopicFloor {
        waiting_codes: floor.waiting.iter().map(Code::to_string).collect(),
        list_closed: floor.list_closed,
        speaking_minutes: floor.speaking_minutes,
        speaker: floor.speaker.as_ref().map(speaker),
        spoken: floor.spoken.iter().map(spoken).collect(),
        points_of_order: floor.points.iter().map(point).collect(),
    }
}

fn choice(choice: &OptionChoice) -> pb::OptionChoice {
    let paper = |(department, paper): (&Code, &ChoicePaper)| pb::ChoicePaper {
        department_code: department.to_wire(),
        named: paper.named.clone(),
        points: paper.points.clone(),
        cast_by_code: paper.cast_by.to_wire(),
        put_down_by_clerk: paper.put_down_by_clerk,
    };
    pb::OptionChoice {
        number: choice.number,
        question: choice.question.to_wire(),
        options: choice.options.to_wire(),
        method: choice.method.to_wire(),
        papers: choice.papers.iter().map(paper).collect(),
        result: choice.result.to_wire(),
        roll: choice.roll.to_wire(),
        secret: choice.secret,
        sealed_votes: choice.sealed.iter().map(sealed_vote).collect(),
        opened_papers: choice.opened.to_wire(),
        voided_reason: choice.voided.to_wire(),
        lot_commitment: choice.lot.as_ref().map(|lot| lot.commitment.to_string()),
        sentence: choice.sentence().unwrap_or_default(),
    }
}

fn acceptances(topic: &Topic) -> Vec<pb::ItemAcceptance> {
    let of_items = topic
        .acceptances
        .iter()
        .flat_map(|(item, departments)| departments.iter().map(|department| (*item, department.to_wire())));
    of_items
        .map(|(item_number, department_code)| pb::ItemAcceptance { item_number, department_code })
        .collect()
}

/// The commands as the rules decide them now, without those on topics that somebody does not see.
/// On a topic from which somebody recused themselves, they see what they may do, and nothing that follows from what others say.
pub(crate) fn steps(
    steps: &[Step],
    hidden: &BTreeSet<u32>,
    proceedings: &Proceedings,
    scope: &Scope,
) -> Vec<pb::NextStep> {
    let is_recused = |topic: &Topic| scope.is_recused(&topic.recused);
    let recused: BTreeSet<u32> =
        proceedings.topics.iter().filter(|topic| is_recused(topic)).map(|topic| topic.number).collect();
    let is_shown = |step: &&Step| {
        let by = || step.by.iter().filter_map(|who| who.department.as_ref());
        step.topic.is_none_or(|topic| !recused.contains(&topic)) || by().any(|code| scope.is_of(code))
    };
    let shown = |known: &Step| match &known.refused {
        Some(Rejection::TopicUndecided { topic_number, .. }) if hidden.contains(topic_number) => {
            let (topic_number, title) = (*topic_number, Line::parse(Label::HIDDEN).expect("a line"));
            let refused = Some(Rejection::TopicUndecided { topic_number, title });
            step(&Step { rpc: known.rpc, topic: known.topic, by: known.by.clone(), refused })
        }
        _ => step(known),
    };
    steps.iter().filter(is_shown).map(shown).collect()
}

/// A command as the rules decide it now.
fn step(step: &Step) -> pb::NextStep {
    let by = step.by.iter().map(|who| pb::StepActor {
        role: role_number(who.role),
        department_code: who.department.as_ref().map(Code::to_string).unwrap_or_default(),
    });
    let refused = step.refused.as_ref();
    let path = format!("{}/{}", crate::NAME, step.rpc);
    let details = refused.map(Rejection::details).unwrap_or_default().into_iter();
    pb::NextStep {
        command: rpc(&path).map(|rpc| rpc.command.clone()).unwrap_or_default(),
        topic_number: step.topic,
        by: by.collect(),
        reason: refused.map(|refused| refused.reason().to_owned()).unwrap_or_default(),
        message: refused.map(Rejection::to_string).unwrap_or_default(),
        details: details.map(|(key, value)| pb::ReasonDetail { key: key.to_owned(), value }).collect(),
    }
}

fn statement((department, statement): (&Code, &Statement)) -> pb::Statement {
    pb::Statement {
        department_code: department.to_wire(),
        stance: statement.stance.to_wire(),
        reasons: statement.reasons.to_wire(),
        put_down_by_clerk: statement.put_down_by_clerk,
    }
}

fn amendment(amendment: &Amendment) -> pb::Amendment {
    pb::Amendment {
        number: amendment.number,
        department_code: amendment.department.to_wire(),
        version: amendment.version,
        text: amendment.text.to_wire(),
        stage: amendment.stage.to_wire(),
        amended_number: amendment.amends,
        seconded_by_code: amendment.seconded_by.to_wire(),
        put_down_by_clerk: amendment.put_down_by_clerk,
        second_put_down_by_clerk: amendment.second_put_down_by_clerk,
        fell_with_number: amendment.fell_with,
    }
}

fn ballot(ballot: &Ballot) -> pb::Ballot {
    pb::Ballot {
        number: ballot.number,
        version: ballot.version,
        method: ballot.rules.method.to_wire(),
        abstention: ballot.rules.abstention.to_wire(),
        tie: ballot.rules.tie.to_wire(),
        majority_of: ballot.rules.majority_of.to_wire(),
        votes: ballot.votes.iter().map(vote).collect(),
        roll: ballot.roll.to_wire(),
        result: ballot.result.to_wire(),
        sentence: ballot.result.as_ref().map(BallotResult::sentence).unwrap_or_default(),
        secret: ballot.rules.secret,
        sealed_votes: ballot.sealed.iter().map(sealed_vote).collect(),
        opened_votes: ballot.opened.to_wire(),
        voided_reason: ballot.voided.to_wire(),
        hands: ballot.hands.to_wire(),
        motion_number: ballot.motion,
        amendment_number: ballot.amendment,
    }
}

/// That somebody has voted, and nothing of how.
fn sealed_vote((department, vote): (&Code, &SealedVote)) -> pb::SealedVote {
    pb::SealedVote { department_code: department.to_wire(), cast_by_code: vote.cast_by.to_wire() }
}

fn vote((department, vote): (&Code, &Vote)) -> pb::Vote {
    pb::Vote {
        department_code: department.to_wire(),
        choice: vote.choice.to_wire(),
        split: vote.split.to_wire(),
        reason: vote.reason.to_wire(),
        cast_by_code: vote.cast_by.to_wire(),
        put_down_by_clerk: vote.put_down_by_clerk,
    }
}

fn outcome(outcome: &Outcome) -> pb::Outcome {
    use pb::outcome::Outcome as There;
    let there = match outcome {
        Outcome::Adopted { version, ballot, decided_on, acknowledge_by, declaratory, due_dates } => {
            There::Adopted(pb::Adopted {
                version: *version,
                ballot_number: *ballot,
                decided_on: decided_on.to_wire(),
                acknowledge_by: acknowledge_by.to_wire(),
                declaratory: *declaratory,
                due_dates: due_dates.to_wire(),
            })
        }
        Outcome::Rejected => There::Rejected(pb::Rejected {}),
        Outcome::Deferred { resume_on } => There::Deferred(pb::Deferred { resume_on: resume_on.to_wire() }),
        Outcome::Referred { referred_to } => {
            There::Referred(pb::Referred { referred_to_code: referred_to.to_wire() })
        }
        Outcome::Withdrawn => There::Withdrawn(pb::Withdrawn {}),
    };
    pb::Outcome { outcome: Some(there) }
}
