//! A session as clients see it.

pub(super) mod poll;

use domain::scheduling::cost::Money;
use domain::scheduling::emergency::{Call, CalledSeat, Raised};
use domain::scheduling::session::next::Step;
use domain::scheduling::session::{Appointment, Attendance, Filed, Finding, Rejection, Rule};
use domain::{Code, Label, Refusal as _, Text, Uuid};
use proto::Wire as _;
use proto::contract::{role_number, rpc};
use proto::scheduling::v1 as pb;
use service_kit::access_log::ShownLabel;
use tonic::Response;

/// The session, with everything on file.
pub(super) fn session(id: Uuid, filed: &Filed) -> pb::Session {
    let appointment = filed.appointment();
    pb::Session {
        session_id: id.to_string(),
        outline: filed.outline.to_wire(),
        requester_code: filed.requester.to_wire(),
        stage: filed.stage().to_wire(),
        papers: filed.papers.to_wire(),
        rules: filed.screening.as_ref().map(|screening| screening.rules.to_wire()),
        findings: filed.findings().iter().map(|known| finding(filed, known)).collect(),
        slot: appointment.map(|appointment| appointment.slot.to_wire()),
        invitations: appointment.map_or_else(Vec::new, |appointment| appointment.invitations.to_wire()),
        delegates: filed.delegates.to_wire(),
        sign_by: filed.sign_by().to_wire(),
        merged_into_session_id: filed.merged_into().to_wire(),
        chair_code: filed.chair.to_wire(),
        constitution: filed.constitution.to_wire(),
        merged_session_ids: filed.absorbed.to_wire(),
        reason: filed.reason.to_wire(),
        adjournments: filed.adjournments,
        second_call_at: filed.second_call_at.to_wire(),
        emergency: None,
        person_minutes: filed.outline.person_minutes(),
        people: filed.outline.people(),
        cost: filed.cost().map(money),
        added_topics: filed.added.to_wire(),
        printed_numbers: filed.outline.printed_numbers(),
        answer_by: appointment.and_then(|appointment| appointment.answer_by).to_wire(),
        expected: None,
        overrides: filed.overrides().map(rule_override).collect(),
        clashes: vec![],
    }
}

/// An amount, also as people write it.
pub(super) fn money(money: Money) -> pb::Money {
    pb::Money {
        currency_code: money.currency.to_wire(),
        minor_units: money.minor_units,
        amount: money.to_string(),
    }
}

fn rule_override((rule, reason): (Rule, &Text)) -> pb::RuleOverride {
    pb::RuleOverride { rule: rule.to_wire(), reason: reason.to_string() }
}

/// What those that decide have answered, beside the quorum; none when the session is not scheduled.
pub(super) fn expected(filed: &Filed, quorum: u32) -> Option<pb::ExpectedAttendance> {
    let Attendance { accepted, tentative, declined, waiting } = filed.attendance()?;
    let silent = filed.appointment().into_iter().flat_map(Appointment::waiting);
    Some(pb::ExpectedAttendance {
        accepted_count: accepted,
        tentative_count: tentative,
        declined_count: declined,
        waiting_count: waiting,
        quorum,
        waiting_codes: silent.map(Code::to_string).collect(),
    })
}

/// An answer that shows a session, which says how the most confidential of it is labelled.
pub(super) fn shown<M>(
    session: Option<pb::Session>,
    message: impl FnOnce(Option<pb::Session>) -> M,
) -> Response<M> {
    let labels = session.iter().flat_map(|session| {
        let papers = session.papers.iter().filter_map(|filed| Some(filed.paper.as_ref()?.label));
        let topics = session.outline.iter().flat_map(|outline| &outline.topics);
        papers.chain(topics.filter(|topic| topic.title != Label::HIDDEN).map(|topic| topic.label))
    });
    let label = labels.filter_map(|label: Option<i32>| Label::from_wire(label).ok()).max();
    ShownLabel::on(label, Response::new(message(session)))
}

/// The clocks of an emergency.
pub(super) fn emergency(raised: &Raised) -> pb::SessionEmergency {
    let ended = raised.ended.as_ref();
    pb::SessionEmergency {
        plan_code: raised.alarm.plan.to_wire(),
        raised_by_code: raised.raised_by.to_wire(),
        raised_at: raised.raised_at.to_wire(),
        halfway_at: raised.halfway_at.to_wire(),
        decide_by: raised.alarm.decide_by.to_wire(),
        overdue: raised.overdue,
        ended_at: ended.map(|end| end.at).to_wire(),
        end_cause: ended.map(|end| end.cause).to_wire(),
        calls: raised.seats.iter().flat_map(|seat| seat.calls.iter().map(|made| call(seat, made))).collect(),
    }
}

fn call(seat: &CalledSeat, call: &Call) -> pb::EmergencyCall {
    use pb::EmergencyCallStage as Stage;
    let acknowledged = call.acknowledged.as_ref();
    let stage = match acknowledged {
        Some(acknowledgement) if acknowledgement.late => Stage::AcknowledgedLate,
        Some(_) => Stage::Acknowledged,
        None if call.passed_over => Stage::PassedOver,
        None if seat.unreached => Stage::Unreached,
        None => Stage::Waiting,
    };
    pb::EmergencyCall {
        seat_code: seat.department.to_wire(),
        department_code: call.department.to_wire(),
        stage: stage.into(),
        called_at: call.called_at.to_wire(),
        acknowledge_by: call.acknowledge_by.to_wire(),
        acknowledged_at: acknowledged.map(|acknowledgement| acknowledgement.at).to_wire(),
        on_behalf_by_code: acknowledged
            .and_then(|acknowledgement| acknowledgement.on_behalf_by.clone())
            .to_wire(),
    }
}

fn finding(filed: &Filed, finding: &Finding) -> pb::SessionFinding {
    let reason = filed.override_of(finding.rule);
    pb::SessionFinding {
        finding: finding.to_wire(),
        override_reason: reason.map(|text| text.as_str().to_owned()),
    }
}

/// A command as the rules decide it now.
pub(super) fn step(step: &Step) -> pb::NextStep {
    let by = step.by.iter().map(|who| pb::StepActor {
        role: role_number(who.role),
        department_code: who.department.as_ref().map(Code::to_string).unwrap_or_default(),
    });
    let refused = step.refused.as_ref();
    let path = format!("{}/{}", crate::NAME, step.rpc);
    let details = refused.map(Rejection::details).unwrap_or_default().into_iter();
    pb::NextStep {
        command: rpc(&path).map(|rpc| rpc.command.clone()).unwrap_or_default(),
        by: by.collect(),
        reason: refused.map(|refused| refused.reason().to_owned()).unwrap_or_default(),
        message: refused.map(Rejection::to_string).unwrap_or_default(),
        details: details.map(|(key, value)| pb::ReasonDetail { key: key.to_owned(), value }).collect(),
    }
}
