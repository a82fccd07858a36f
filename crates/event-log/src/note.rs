//! Signed heads and receipts, in standard formats that other tools can read.
//!
//! A signed head is a C2SP [tlog-checkpoint](https://c2sp.org/tlog-checkpoint): three lines with the name of
//! the log (its origin), the size of the tree and its root, signed as a
//! [signed note](https://c2sp.org/signed-note) with Ed25519. A receipt is a C2SP
//! [tlog-proof](https://c2sp.org/tlog-proof) that a record is in the tree of a signed head. It contains the
//! record's canonical header and is verified without access to the log.
//!
//! The ledger may sign a head [by SM2](Sm2Key) as well, and [witnesses](WitnessKey) may add their cosignatures.

mod sm2;
mod witness;

pub use sm2::{Sm2Key, Sm2Signer};
pub use witness::{WitnessKey, add_checkpoint, with_signatures};

use crate::tree::verify_inclusion;
use crate::{Hash, record};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use sha2::{Digest, Sha256};
use std::fmt;
use std::str::FromStr;

const ED25519: &[u8] = &[0x01];
const RECEIPT: &str = "c2sp.org/tlog-proof@v1";

/// Why a signed head, a key or a receipt is not valid.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    /// It is malformed.
    #[error("it is not a valid {0}")]
    Malformed(&'static str),
    /// It belongs to another log than the key.
    #[error("it belongs to log {found}, but the key belongs to log {expected}")]
    OtherLog {
        /// The log it belongs to.
        found: String,
        /// The log the key belongs to.
        expected: String,
    },
    /// It has no valid signature by the key.
    #[error("it has no valid signature by the key of {0}")]
    NotSigned(String),
    /// It has no valid signature by the SM2 key.
    #[error("it has no valid signature by the SM2 key of {0}")]
    NotSignedBySm2(String),
    /// It has no valid cosignature by the witness.
    #[error("it has no valid cosignature by the witness {0}")]
    NotCosigned(String),
    /// The path does not lead from the record to the signed root.
    #[error("it does not prove that the record is in the log")]
    NotIncluded,
}

/// Signs the heads of one log.
#[derive(Debug)]
pub struct HeadSigner {
    key: SigningKey,
    public: HeadKey,
    sm2: Option<Sm2Signer>,
}

/// The public key of a signer; written `<origin>+<hash>+<key>`, as in signed notes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeadKey {
    origin: String,
    key: VerifyingKey,
}

/// Content of a signed head.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TreeHead {
    /// Number of records in the tree.
    pub size: u64,
    /// Root of the tree.
    pub root: Hash,
}

impl HeadSigner {
    /// Creates a signer for the log named `origin`, which must contain neither spaces nor a plus sign.
    pub fn new(origin: impl Into<String>, key: SigningKey) -> HeadSigner {
        let public = HeadKey { origin: origin.into(), key: key.verifying_key() };
        HeadSigner { key, public, sm2: None }
    }

    /// Signs heads with this key as well.
    pub fn with_sm2(self, signer: Sm2Signer) -> HeadSigner {
        HeadSigner { sm2: Some(signer), ..self }
    }

    /// Returns the SM2 key that verifies its signatures, if there is one.
    pub fn sm2_key(&self) -> Option<&Sm2Key> {
        self.sm2.as_ref().map(Sm2Signer::public)
    }

    /// Returns the key that verifies its signatures.
    pub fn public(&self) -> &HeadKey {
        &self.public
    }

    /// Signs a head.
    pub fn sign(&self, head: &TreeHead) -> String {
        let HeadKey { origin, .. } = &self.public;
        let text = format!("{origin}\n{}\n{}\n", head.size, BASE64.encode(head.root));
        let mut signature = self.public.id().to_vec();
        signature.extend_from_slice(&self.key.sign(text.as_bytes()).to_bytes());
        let by_sm2 = self.sm2.as_ref().map(|signer| signer.line(&text)).unwrap_or_default();
        format!("{text}\n— {origin} {}\n{by_sm2}", BASE64.encode(signature))
    }
}

impl HeadKey {
    /// Returns the name of the log that the key belongs to.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// Returns the key id used in signature lines: the first four bytes of SHA-256 (name ‖ newline ‖ type ‖ key).
    fn id(&self) -> [u8; 4] {
        key_id(&self.origin, ED25519, self.key.as_bytes())
    }

    /// Parses a signed head and verifies this key's signature. Other signatures are ignored.
    pub fn open(&self, note: &str) -> Result<TreeHead, NoteError> {
        let malformed = NoteError::Malformed("signed head");
        let (body, signatures) = note.split_once("\n\n").ok_or_else(|| malformed.clone())?;
        // Line breaks at the end may be added or lost in copying; nothing else may.
        let mut signatures = signatures.trim_end_matches('\n').split('\n');
        let mut lines = body.lines();
        let (Some(origin), Some(size), Some(root)) = (lines.next(), lines.next(), lines.next()) else {
            return Err(malformed);
        };
        if origin != self.origin {
            return Err(NoteError::OtherLog { found: origin.to_owned(), expected: self.origin.clone() });
        }
        let signed = format!("{body}\n");
        if !signatures.clone().all(is_signature) {
            return Err(malformed);
        }
        if !signatures.any(|line| self.verifies(line, signed.as_bytes())) {
            return Err(NoteError::NotSigned(self.origin.clone()));
        }
        let (size, root) = (size.parse().map_err(|_| malformed.clone())?, hash(root).ok_or(malformed)?);
        Ok(TreeHead { size, root })
    }

    fn verifies(&self, line: &str, text: &[u8]) -> bool {
        let ours =
            line.strip_prefix("— ").and_then(|rest| rest.strip_prefix(&self.origin)?.strip_prefix(' '));
        let decoded = ours.and_then(|signature| BASE64.decode(signature).ok());
        let signature = decoded.as_deref().and_then(|bytes| bytes.strip_prefix(&self.id()));
        signature
            .and_then(|bytes| Signature::from_slice(bytes).ok())
            .is_some_and(|signature| self.key.verify_strict(text, &signature).is_ok())
    }
}

impl fmt::Display for HeadKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&written_key(&self.origin, ED25519, self.key.as_bytes()))
    }
}

impl FromStr for HeadKey {
    type Err = NoteError;

    fn from_str(text: &str) -> Result<HeadKey, NoteError> {
        let read = || {
            let (origin, bytes) = read_key(text, ED25519)?;
            let key = VerifyingKey::from_bytes(bytes.as_slice().try_into().ok()?).ok()?;
            Some(HeadKey { origin, key })
        };
        read().ok_or(NoteError::Malformed("log key, <name>+<hash>+<key>"))
    }
}

/// The id of a key in signature lines: the first four bytes of SHA-256 (name ‖ newline ‖ type ‖ key).
fn key_id(name: &str, kind: &[u8], key: &[u8]) -> [u8; 4] {
    let mut hasher = Sha256::new();
    hasher.update(name.as_bytes());
    hasher.update(b"\n");
    hasher.update(kind);
    hasher.update(key);
    let hash: Hash = hasher.finalize().into();
    [hash[0], hash[1], hash[2], hash[3]]
}

/// A key as it is handed on: `<name>+<hash>+<key>`.
fn written_key(name: &str, kind: &[u8], key: &[u8]) -> String {
    let id = u32::from_be_bytes(key_id(name, kind, key));
    format!("{name}+{id:08x}+{}", BASE64.encode([kind, key].concat()))
}

/// Reads the name and the bytes of a key of a type. The hash detects one that was copied incorrectly.
fn read_key(text: &str, kind: &[u8]) -> Option<(String, Vec<u8>)> {
    let mut parts = text.trim().splitn(3, '+');
    let (name, _, key) = (parts.next()?, parts.next()?, parts.next()?);
    let bytes = BASE64.decode(key).ok()?;
    let key = bytes.strip_prefix(kind)?;
    (written_key(name, kind, key) == text.trim()).then(|| (name.to_owned(), key.to_vec()))
}

/// Proof that a record is in the log: its position, its header, the audit path and a signed head.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// Canonical header of the record.
    pub header: Vec<u8>,
    /// Position of the record.
    pub position: u64,
    /// Audit path: the sibling hashes on the way from the record to the root.
    pub path: Vec<Hash>,
    /// Signed head of the tree that contains the record.
    pub head: String,
}

impl Receipt {
    /// Verifies that the record is in the log that the key belongs to; returns the record's header and the
    /// signed head.
    pub fn verify(&self, key: &HeadKey) -> Result<(record::Header, TreeHead), NoteError> {
        let head = key.open(&self.head)?;
        let leaf = record::leaf_hash(&self.header);
        let index = self.position.checked_sub(1).ok_or(NoteError::NotIncluded)?;
        if !verify_inclusion(&leaf, index, head.size, &self.path, &head.root) {
            return Err(NoteError::NotIncluded);
        }
        let header = record::Header::parse(&self.header).ok_or(NoteError::Malformed("record header"))?;
        Ok((header, head))
    }
}

impl fmt::Display for Receipt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{RECEIPT}\nextra {}\nindex {}", BASE64.encode(&self.header), self.position - 1)?;
        self.path.iter().try_for_each(|hash| writeln!(f, "{}", BASE64.encode(hash)))?;
        write!(f, "\n{}", self.head)
    }
}

impl FromStr for Receipt {
    type Err = NoteError;

    fn from_str(text: &str) -> Result<Receipt, NoteError> {
        let parse = || {
            let (proof, head) = text.split_once("\n\n")?;
            let mut lines = proof.strip_prefix(RECEIPT)?.strip_prefix('\n')?.lines();
            let header = BASE64.decode(lines.next()?.strip_prefix("extra ")?).ok()?;
            let index: u64 = lines.next()?.strip_prefix("index ")?.parse().ok()?;
            let path = lines.map(hash).collect::<Option<Vec<Hash>>>()?;
            let receipt = Receipt { header, position: index.checked_add(1)?, path, head: head.to_owned() };
            // What is written otherwise, such as `index 04`, is no receipt.
            (receipt.to_string() == text).then_some(receipt)
        };
        parse().ok_or(NoteError::Malformed("receipt"))
    }
}

/// Whether a line is a signature, by whichever key: a name, and the key's hash with the signature.
fn is_signature(line: &str) -> bool {
    let parts = line.strip_prefix("— ").and_then(|rest| rest.split_once(' '));
    parts.is_some_and(|(name, signature)| {
        !name.is_empty() && BASE64.decode(signature).is_ok_and(|bytes| bytes.len() > 4)
    })
}

fn hash(text: &str) -> Option<Hash> {
    BASE64.decode(text).ok()?.try_into().ok()
}

#[cfg(test)]
mod tests;
