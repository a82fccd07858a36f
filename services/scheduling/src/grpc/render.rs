//! A session as clients see it.

use domain::Uuid;
use domain::scheduling::session::{Filed, Finding};
use proto::Wire as _;
use proto::scheduling::v1 as pb;

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
    }
}

fn finding(filed: &Filed, finding: &Finding) -> pb::SessionFinding {
    let reason = filed.override_of(finding.rule);
    pb::SessionFinding {
        finding: finding.to_wire(),
        override_reason: reason.map(|text| text.as_str().to_owned()),
    }
}
