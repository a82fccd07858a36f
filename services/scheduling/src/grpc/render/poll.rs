//! A poll, with what its answers add up to.

use domain::scheduling::poll::{Answered, Known, ProposedTime, Suitability, TimeAnswer};
use domain::scheduling::slots::Penalty;
use domain::{Code, Uuid};
use proto::Wire as _;
use proto::scheduling::v1 as pb;
use std::collections::BTreeMap;

/// The poll of a session in which so many departments must be able to decide, and those that are known to be busy at each of its times.
pub(in crate::grpc) fn of(
    session: Uuid,
    known: &Known,
    quorum: u32,
    busy: &BTreeMap<u32, Vec<Penalty>>,
) -> pb::Poll {
    let ended = known.ended.as_ref();
    pb::Poll {
        session_id: session.to_string(),
        stage: known.stage().to_wire(),
        close_by: known.close_by.to_wire(),
        times: known.times.iter().map(|it| time(known, it, busy.get(&it.number))).collect(),
        replies: known.answers.iter().map(|(department, given)| reply(department, given)).collect(),
        waiting_codes: known.waiting().map(Code::to_string).collect(),
        quorum,
        adopted_time_number: known.adopted,
        end_cause: ended.map(|end| end.cause).to_wire(),
        reason: ended.and_then(|end| end.reason.clone()).to_wire(),
    }
}

fn time(known: &Known, time: &ProposedTime, busy: Option<&Vec<Penalty>>) -> pb::PollTime {
    let said = |department: &Code| known.answer(department, time.number);
    let count = |wanted: &dyn Fn(Suitability) -> bool, among: &[Code]| {
        let count = among.iter().filter_map(said).filter(|said| wanted(*said)).count();
        u32::try_from(count).unwrap_or(u32::MAX)
    };
    let all = &known.asked.departments;
    pb::PollTime {
        time_number: time.number,
        slot: Some(time.slot.to_wire()),
        proposed_by_code: time.proposed_by.to_wire(),
        reason: time.reason.to_wire(),
        declined_reason: time.declined.to_wire(),
        yes_count: count(&|said| said == Suitability::Yes, all),
        if_needed_count: count(&|said| said == Suitability::IfNeeded, all),
        no_count: count(&|said| said == Suitability::No, all),
        deciding_count: count(&|said| said != Suitability::No, &known.asked.deciding),
        penalties: busy.into_iter().flatten().map(|penalty| penalty.to_wire()).collect(),
        rank: None,
    }
}

fn reply(department: &Code, given: &Answered) -> pb::PollReply {
    let answer = |(number, suitability): (&u32, &Suitability)| {
        TimeAnswer { number: *number, suitability: *suitability }.to_wire()
    };
    pb::PollReply {
        department_code: department.to_wire(),
        answers: given.answers.iter().map(answer).collect(),
        comment: given.comment.to_wire(),
        answered_at: given.answered_at.to_wire(),
        on_behalf_by_code: given.on_behalf_by.to_wire(),
    }
}
