//! Doing the work: progress and completion.

use super::{Event, Item, PERCENT_MAX, PartStage, Rejection, Stage, by_party};
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

pub(super) fn claim_completion(
    item: &Item,
    summary: Text,
    evidence: Vec<Evidence>,
    issued: &Issued,
) -> Result<Vec<Event>, Rejection> {
    let department = by_party(item, issued)?;
    if item.suspension.is_some() {
        return Err(Rejection::Suspended { number: item.assignment.number.clone() });
    }
    let is_lead = department == item.assignment.lead;
    if is_lead {
        item.must_be(Stage::Underway)?;
    } else {
        part_must_be_underway(item, &department)?;
    }
    if evidence.is_empty() {
        return Err(Rejection::EvidenceRequired);
    }
    check(&evidence)?;
    let by = Some(issued.by.subject.clone());
    Ok(vec![if is_lead {
        Event::CompletionClaimed { department, summary, evidence, claimed_at: Some(issued.at), by }
    } else {
        Event::PartClaimed { department, summary, evidence, by }
    }])
}

/// A part is worked on once it is acknowledged, and until the item is over.
fn part_must_be_underway(item: &Item, department: &Code) -> Result<(), Rejection> {
    let (part, needed) = (item.part(department)?, PartStage::Underway);
    if item.is_over() {
        return Err(item.wrong_stage(Stage::Underway.as_str()));
    }
    if part.stage == needed { Ok(()) } else { Err(item.wrong_part_stage(part, needed)) }
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
