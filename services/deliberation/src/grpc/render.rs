//! A docket as clients see it, with everything on it.

use domain::Uuid;
use domain::deliberation::ballot::{Ballot, BallotResult};
use domain::deliberation::docket::{Amendment, Fate, Outcome, Stage, State, Topic};
use proto::Wire as _;
use proto::deliberation::v1 as pb;

/// The docket; `None` when it was never prepared.
pub(super) fn docket(id: Uuid, state: &State) -> Option<pb::Docket> {
    let proceedings = state.proceedings()?;
    let stands = match state {
        State::Absent => return None,
        State::Prepared(_) => pb::DocketState::Prepared,
        State::Open(_) => pb::DocketState::Open,
        State::Closed(_) => pb::DocketState::Closed,
    };
    let present = proceedings.present.iter().map(|(department, delegate)| pb::Presence {
        department: department.to_string(),
        delegate: delegate.to_string(),
    });
    Some(pb::Docket {
        docket_id: id.to_string(),
        agenda: proceedings.agenda.to_wire(),
        state: stands.into(),
        present: present.collect(),
        topics: proceedings.topics.iter().map(topic).collect(),
    })
}

fn topic(topic: &Topic) -> pb::DocketTopic {
    let positions = topic.positions.iter().map(|(department, position)| pb::Position {
        department: department.to_string(),
        stance: position.stance.to_wire(),
        reasons: position.reasons.to_wire(),
    });
    let (stage, open_since) = match topic.stage {
        Stage::Waiting => (pb::TopicStage::Waiting, None),
        Stage::Open { since } => (pb::TopicStage::Open, since.to_wire()),
        Stage::Paused => (pb::TopicStage::Paused, None),
        Stage::DebateClosed => (pb::TopicStage::DebateClosed, None),
    };
    pb::DocketTopic {
        no: topic.no,
        title: topic.title.to_wire(),
        timebox_minutes: topic.timebox_minutes,
        stage: stage.into(),
        open_since,
        spent_seconds: topic.spent_seconds,
        digression_minutes: topic.digression_minutes,
        positions: positions.collect(),
        versions: topic.versions.to_wire(),
        amendments: topic.amendments.iter().map(amendment).collect(),
        items: topic.items.to_wire(),
        recused: topic.recused.iter().map(|department| department.to_string()).collect(),
        ballots: topic.ballots.iter().map(ballot).collect(),
        deferrals: topic.deferrals,
        outcome: topic.outcome.as_ref().map(outcome),
    }
}

fn amendment(amendment: &Amendment) -> pb::Amendment {
    let fate = match amendment.fate {
        Fate::Pending => pb::AmendmentFate::Pending,
        Fate::Adopted => pb::AmendmentFate::Adopted,
        Fate::Rejected => pb::AmendmentFate::Rejected,
    };
    pb::Amendment {
        no: amendment.no,
        department: amendment.department.to_wire(),
        version: amendment.version,
        text: amendment.text.to_wire(),
        fate: fate.into(),
    }
}

fn ballot(ballot: &Ballot) -> pb::Ballot {
    let votes = ballot.votes.iter().map(|(department, vote)| pb::Vote {
        department: department.to_string(),
        choice: vote.choice.to_wire(),
        reason: vote.reason.to_wire(),
    });
    pb::Ballot {
        no: ballot.no,
        version: ballot.version,
        method: ballot.rules.method.to_wire(),
        abstention: ballot.rules.abstention.to_wire(),
        tie: ballot.rules.tie.to_wire(),
        votes: votes.collect(),
        result: ballot.result.to_wire(),
        sentence: ballot.result.as_ref().map(BallotResult::sentence).unwrap_or_default(),
    }
}

fn outcome(outcome: &Outcome) -> pb::Outcome {
    use pb::outcome::Outcome as There;
    let there = match outcome {
        Outcome::Adopted { version, ballot, decided_on, acknowledge_by, declaratory, dues } => {
            There::Adopted(pb::Adopted {
                version: *version,
                ballot: *ballot,
                decided_on: decided_on.to_wire(),
                acknowledge_by: acknowledge_by.to_wire(),
                declaratory: *declaratory,
                dues: dues.to_wire(),
            })
        }
        Outcome::Rejected => There::Rejected(pb::Rejected {}),
        Outcome::Deferred { until } => There::Deferred(pb::Deferred { until: until.to_wire() }),
        Outcome::Referred { to } => There::Referred(pb::Referred { to: to.to_wire() }),
        Outcome::Withdrawn => There::Withdrawn(pb::Withdrawn {}),
    };
    pb::Outcome { outcome: Some(there) }
}
