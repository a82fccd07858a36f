//! What shows that work was done: documents, each known by the hash of its bytes.

use crate::Line;

/// Documents in one report, at most.
pub const EVIDENCE_MAX: usize = 20;

/// One document. Whoever has it can see by the hash that it is the one that was meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    /// What it is called.
    pub title: Line,
    /// SHA-256 of its bytes, in 64 hexadecimal digits.
    pub sha256: Line,
    /// Where it is kept.
    pub uri: Line,
}

impl Evidence {
    /// Whether the hash has the form of one.
    pub fn has_digest(&self) -> bool {
        let digest = self.sha256.as_str();
        digest.len() == 64 && digest.bytes().all(|b| b.is_ascii_hexdigit())
    }
}
