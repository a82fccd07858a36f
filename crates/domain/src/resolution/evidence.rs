//! Evidence that work was done: documents, each identified by the hash of its bytes.

use crate::Line;

/// Documents in one report, at most.
pub const EVIDENCE_MAX: usize = 20;

/// One document. The hash shows whoever has it that it is the one that was meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    /// Its title.
    pub title: Line,
    /// SHA-256 of its bytes, in 64 hexadecimal digits.
    pub sha256: Line,
    /// Where it is kept.
    pub uri: Line,
}

impl Evidence {
    /// Whether the hash can be that of a document: it is well formed, and not all zeros, which stand for none.
    pub fn has_digest(&self) -> bool {
        let digest = self.sha256.as_str();
        digest.len() == 64
            && digest.bytes().all(|b| b.is_ascii_hexdigit())
            && digest.bytes().any(|b| b != b'0')
    }
}
