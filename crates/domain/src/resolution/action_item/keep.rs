//! Keeping the content of evidence: whoever reported it may, once for a document, and again when it was erased since.

use super::{Event, Item, Rejection, by_one_of};
use crate::resolution::evidence_content::CONTENT_BYTES_MAX;
use crate::{Code, Issued, Line, Uuid};

/// Documents of one item whose content is kept, at most.
pub const KEPT_DOCUMENTS_MAX: usize = 100;

/// A content that is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kept {
    /// How many bytes it has.
    pub bytes: u32,
    /// Where they are: see [`crate::resolution::evidence_content`].
    pub content: Uuid,
}

/// A content that is to be kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Content {
    /// SHA-256 of the document that it is said to be, in lower-case hexadecimal digits.
    pub sha256: Line,
    /// SHA-256 of its bytes.
    pub found: Line,
    /// How many they are.
    pub bytes: usize,
    /// Where they would be.
    pub id: Uuid,
    /// Whether what was kept of it before is gone, with the key of whoever did.
    pub is_lost: bool,
    /// The departments that reported a document with that digest, and those that put such a report down.
    pub reported_by: Vec<Code>,
}

pub(super) fn keep(item: &Item, content: Content, issued: &Issued) -> Result<Vec<Event>, Rejection> {
    let Content { sha256, found, bytes, id, is_lost, reported_by } = content;
    if reported_by.is_empty() {
        return Err(Rejection::EvidenceNotReported { sha256 });
    }
    let department = by_one_of(reported_by.iter(), issued)?;
    if found != sha256 {
        return Err(Rejection::ContentDiffers { sha256, found });
    }
    let is_known = item.kept.contains_key(sha256.as_str());
    if is_known && !is_lost {
        return Ok(vec![]);
    }
    if bytes > CONTENT_BYTES_MAX {
        return Err(Rejection::ContentTooLarge { bytes, max: CONTENT_BYTES_MAX });
    }
    let documents = item.kept.len() + usize::from(!is_known);
    if documents > KEPT_DOCUMENTS_MAX {
        return Err(Rejection::TooMuchContent { documents, max: KEPT_DOCUMENTS_MAX });
    }
    let bytes = u32::try_from(bytes).unwrap_or(u32::MAX);
    Ok(vec![Event::EvidenceKept { department, sha256, bytes, content: id }])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calendar::WorkingCalendar;
    use crate::resolution::action_item::{ActionItem, Assignment, Command, State};
    use crate::testing::{actor, at, code, line, text};
    use crate::{Aggregate as _, Role, Uuid};

    fn assigned() -> State {
        let calendar = WorkingCalendar::weekends_only("Asia/Shanghai").unwrap();
        let due_on = "2027-03-31".parse().unwrap();
        let assignment = Assignment {
            resolution: Uuid::from_u128(1),
            number: line("FLOOD-2027-0001/1"),
            title: line("Pumps"),
            deliverable: text("Pumps"),
            criterion: text("Dry"),
            lead: code("WATER"),
            co_responsible: vec![code("ROADS")],
            due_on,
            due_at: calendar.end_of(due_on),
            acknowledge_by: at("2027-03-04T15:59:59Z"),
        };
        ActionItem::fold(State::default(), &[Event::Assigned { assignment }])
    }

    fn content(nth: usize) -> Content {
        let sha256 = line(&format!("{:064x}", nth + 1));
        let (id, reported_by) = (Uuid::from_u128(9), vec![code("WATER")]);
        Content { found: sha256.clone(), sha256, bytes: 1_000, id, is_lost: false, reported_by }
    }

    fn keep(state: &State, department: &str, content: Content) -> Result<Vec<Event>, Rejection> {
        let issued =
            Issued { at: at("2027-03-02T02:00:00Z"), by: actor("li", department, Role::DepartmentLead) };
        ActionItem::decide(state, Command::KeepEvidence { content }, &issued)
    }

    #[test]
    fn whoever_reported_a_document_keeps_its_content_once() {
        let state = assigned();
        let kept = keep(&state, "WATER", content(1)).unwrap();
        assert_eq!(kept.len(), 1);
        let state = ActionItem::fold(state, &kept);
        let known = |state: &State| state.item().unwrap().kept.get(content(1).sha256.as_str()).copied();
        assert_eq!(known(&state), Some(Kept { bytes: 1_000, content: Uuid::from_u128(9) }));
        assert_eq!(keep(&state, "WATER", content(1)).unwrap(), [], "twice is once");
        let erased = Content { id: Uuid::from_u128(10), is_lost: true, ..content(1) };
        let again = ActionItem::fold(state.clone(), &keep(&state, "WATER", erased).unwrap());
        assert_eq!(known(&again).unwrap().content, Uuid::from_u128(10), "kept again once it was erased");
        let stranger = keep(&state, "ROADS", content(2)).unwrap_err();
        assert!(matches!(stranger, Rejection::NotYourDepartment { .. }));
        let unheard_of = keep(&state, "WATER", Content { reported_by: vec![], ..content(2) }).unwrap_err();
        assert!(matches!(unheard_of, Rejection::EvidenceNotReported { .. }));
        let another = keep(&state, "WATER", Content { found: content(3).sha256, ..content(1) }).unwrap_err();
        assert!(matches!(another, Rejection::ContentDiffers { .. }), "another content is refused");
        let large = Content { bytes: CONTENT_BYTES_MAX + 1, ..content(2) };
        assert!(matches!(keep(&state, "WATER", large).unwrap_err(), Rejection::ContentTooLarge { .. }));
        let nobody = keep(&State::default(), "WATER", content(1)).unwrap_err();
        assert!(matches!(nobody, Rejection::NotFound { .. }));
    }

    #[test]
    fn an_item_keeps_so_many_documents_and_no_more() {
        let full = (0..KEPT_DOCUMENTS_MAX).fold(assigned(), |state, nth| {
            let kept = keep(&state, "WATER", content(nth)).unwrap();
            ActionItem::fold(state, &kept)
        });
        let more = keep(&full, "WATER", content(KEPT_DOCUMENTS_MAX)).unwrap_err();
        assert!(matches!(more, Rejection::TooMuchContent { .. }));
        assert_eq!(keep(&full, "WATER", content(0)).unwrap(), []);
    }
}
