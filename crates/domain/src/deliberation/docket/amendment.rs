//! An amendment (修正案): what a department wants changed in the draft, or in another amendment.

use super::Topic;
use crate::{Code, Text};

/// Stage of an amendment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AmendmentStage {
    /// Not yet resolved.
    Pending,
    /// Adopted: it became the next version, or the text of the amendment that it amends.
    Adopted,
    /// Rejected.
    Rejected,
    /// It waits for another seat to second it, and is not before the others yet.
    AwaitsSecond,
    /// Withdrawn by whoever moved it.
    Withdrawn,
    /// It ended without a decision: nobody seconded it in time.
    Lapsed,
    /// What it would change is not there any more: its passage has changed, or the amendment that it amends has ended.
    Fallen,
}

impl AmendmentStage {
    /// The stage in words.
    pub fn as_str(self) -> &'static str {
        match self {
            AmendmentStage::Pending => "pending",
            AmendmentStage::Adopted => "adopted",
            AmendmentStage::Rejected => "rejected",
            AmendmentStage::AwaitsSecond => "waiting for a second",
            AmendmentStage::Withdrawn => "withdrawn",
            AmendmentStage::Lapsed => "lapsed",
            AmendmentStage::Fallen => "fallen",
        }
    }

    /// Whether it has not ended yet.
    pub fn is_open(self) -> bool {
        matches!(self, AmendmentStage::Pending | AmendmentStage::AwaitsSecond)
    }
}

/// A text that a department proposes in place of the current version, or of another amendment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Amendment {
    /// Its number within the topic, from 1.
    pub number: u32,
    /// The department that submitted it.
    pub department: Code,
    /// The version that it amends, itself or by the amendment that it amends.
    pub version: u32,
    /// The amendment that it amends, when it is none to the version.
    pub amends: Option<u32>,
    /// The whole new text.
    pub text: Text,
    /// Whether a clerk of the docket put it down.
    pub put_down_by_clerk: bool,
    /// The subject of whoever submitted it, where that was recorded.
    pub person: Option<String>,
    /// The department that seconded it.
    pub seconded_by: Option<Code>,
    /// Whether a clerk of the docket put that down.
    pub second_put_down_by_clerk: bool,
    /// Whether it has been resolved.
    pub stage: AmendmentStage,
    /// The amendment with which it fell, when it was one.
    pub fell_with: Option<u32>,
}

impl Topic {
    /// The first amendment that is to be resolved.
    pub fn pending_amendment(&self) -> Option<&Amendment> {
        self.amendments.iter().find(|amendment| amendment.stage == AmendmentStage::Pending)
    }

    /// The amendment that is resolved first: one to an amendment comes before that.
    pub fn next_amendment(&self) -> Option<&Amendment> {
        let first = self.pending_amendment()?;
        self.amendments_to(first.number).find(|other| other.stage == AmendmentStage::Pending).or(Some(first))
    }

    /// The amendments to an amendment, in order.
    pub fn amendments_to(&self, number: u32) -> impl Iterator<Item = &Amendment> {
        self.amendments.iter().filter(move |other| other.amends == Some(number))
    }

    /// The amendment that is voted on, if one is.
    pub fn amendment_in_ballot(&self) -> Option<u32> {
        self.open_ballot()?.amendment
    }
}
