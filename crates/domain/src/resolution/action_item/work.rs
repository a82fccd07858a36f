//! Doing the work: progress, blockages, completion.

use super::{Event, Item, PERCENT_MAX, Rejection, Stage, by_lead, by_one_of, by_party};
use crate::resolution::evidence::{EVIDENCE_MAX, Evidence};
use crate::{Code, Issued, Text};

pub(super) fn report_progress(
    item: &Item,
    percent: u32,
    note: Text,
    evidence: Vec<Evidence>,
    issued: &Issued,
) -> Result<Vec<Event>, Rejection> {
    let department = by_party(item, issued)?;
    item.must_be(Stage::Underway)?;
    if percent > PERCENT_MAX {
        return Err(Rejection::PercentOutOfRange { percent, max: PERCENT_MAX });
    }
    check(&evidence)?;
    Ok(vec![Event::ProgressReported { department, percent, note, evidence }])
}

pub(super) fn report_blockage(
    item: &Item,
    reason: Text,
    help_from: Code,
    issued: &Issued,
) -> Result<Vec<Event>, Rejection> {
    let department = by_party(item, issued)?;
    item.must_be(Stage::Underway)?;
    if help_from == department {
        return Err(Rejection::HelpFromOwnDepartment { department_code: department });
    }
    let already =
        item.blockage.as_ref().is_some_and(|now| now.reason == reason && now.help_from == help_from);
    Ok(if already { vec![] } else { vec![Event::BlockageReported { department, reason, help_from }] })
}

pub(super) fn clear_blockage(item: &Item, note: Text, issued: &Issued) -> Result<Vec<Event>, Rejection> {
    let helper = item.blockage.as_ref().map(|blockage| &blockage.help_from);
    let department = by_one_of(item.parties().chain(helper), issued)?;
    Ok(if item.blockage.is_some() { vec![Event::BlockageCleared { department, note }] } else { vec![] })
}

pub(super) fn claim_completion(
    item: &Item,
    summary: Text,
    evidence: Vec<Evidence>,
    issued: &Issued,
) -> Result<Vec<Event>, Rejection> {
    let department = by_lead(item, issued)?;
    item.must_be(Stage::Underway)?;
    if evidence.is_empty() {
        return Err(Rejection::EvidenceRequired);
    }
    check(&evidence)?;
    Ok(vec![Event::CompletionClaimed { department, summary, evidence }])
}

fn check(evidence: &[Evidence]) -> Result<(), Rejection> {
    if evidence.len() > EVIDENCE_MAX {
        return Err(Rejection::TooMuchEvidence { documents: evidence.len(), max: EVIDENCE_MAX });
    }
    match evidence.iter().find(|document| !document.has_digest()) {
        Some(document) => Err(Rejection::NotADigest { sha256: document.sha256.clone() }),
        None => Ok(()),
    }
}
