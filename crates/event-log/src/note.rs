//! Signed heads and receipts, in forms that tools of others read.
//!
//! A signed head is a C2SP [tlog-checkpoint](https://c2sp.org/tlog-checkpoint): three lines that name the log
//! (its origin), the size of its tree and the root, signed as a [signed note](https://c2sp.org/signed-note)
//! with Ed25519. A receipt is a C2SP [tlog-proof](https://c2sp.org/tlog-proof): that one record is in the tree
//! of a signed head. It carries the record's canonical header and is verified without the log.

use crate::tree::verify_inclusion;
use crate::{Hash, record};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use sha2::{Digest, Sha256};
use std::fmt;
use std::str::FromStr;

const ED25519: u8 = 0x01;
const RECEIPT: &str = "c2sp.org/tlog-proof@v1";

/// Why a signed head, a key or a receipt is not to be believed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    /// It has not the form it should have.
    #[error("it is no {0}")]
    Malformed(&'static str),
    /// It names another log than the key is for.
    #[error("it is of the log {found}, and the key is for {expected}")]
    OtherLog {
        /// The log that it names.
        found: String,
        /// The log that the key is for.
        expected: String,
    },
    /// No signature by the key is on it, or the signature is not right.
    #[error("it is not signed by the key of {0}")]
    NotSigned(String),
    /// The path does not lead from the record to the signed root.
    #[error("it does not show that the record is in the log")]
    NotIncluded,
}

/// Signs the heads of one log.
#[derive(Debug)]
pub struct HeadSigner {
    key: SigningKey,
    public: HeadKey,
}

/// The public half of a signer: `<origin>+<hash>+<key>`, as signed notes write it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeadKey {
    origin: String,
    key: VerifyingKey,
}

/// What a signed head says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TreeHead {
    /// How many records are in the tree.
    pub size: u64,
    /// Its root.
    pub root: Hash,
}

impl HeadSigner {
    /// A signer for the log that is known by `origin`, which has neither spaces nor a plus in it.
    pub fn new(origin: impl Into<String>, key: SigningKey) -> HeadSigner {
        let public = HeadKey { origin: origin.into(), key: key.verifying_key() };
        HeadSigner { key, public }
    }

    /// What its signatures are verified with.
    pub fn public(&self) -> &HeadKey {
        &self.public
    }

    /// Signs a head.
    pub fn sign(&self, head: &TreeHead) -> String {
        let HeadKey { origin, .. } = &self.public;
        let text = format!("{origin}\n{}\n{}\n", head.size, BASE64.encode(head.root));
        let mut signature = self.public.id().to_vec();
        signature.extend_from_slice(&self.key.sign(text.as_bytes()).to_bytes());
        format!("{text}\n— {origin} {}\n", BASE64.encode(signature))
    }
}

impl HeadKey {
    /// The log that it is for.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// The first four bytes of SHA-256 (name ‖ newline ‖ type ‖ key), by which a note says who signed it.
    fn id(&self) -> [u8; 4] {
        let mut hasher = Sha256::new();
        hasher.update(self.origin.as_bytes());
        hasher.update([b'\n', ED25519]);
        hasher.update(self.key.as_bytes());
        let hash: Hash = hasher.finalize().into();
        [hash[0], hash[1], hash[2], hash[3]]
    }

    /// Reads a signed head and sees that this key signed it. Signatures by others are passed over.
    pub fn open(&self, note: &str) -> Result<TreeHead, NoteError> {
        let malformed = NoteError::Malformed("signed head");
        let (body, signatures) = note.split_once("\n\n").ok_or_else(|| malformed.clone())?;
        let mut lines = body.lines();
        let (Some(origin), Some(size), Some(root)) = (lines.next(), lines.next(), lines.next()) else {
            return Err(malformed);
        };
        if origin != self.origin {
            return Err(NoteError::OtherLog { found: origin.to_owned(), expected: self.origin.clone() });
        }
        let signed = format!("{body}\n");
        if !signatures.lines().any(|line| self.signed(line, signed.as_bytes())) {
            return Err(NoteError::NotSigned(self.origin.clone()));
        }
        let (size, root) = (size.parse().map_err(|_| malformed.clone())?, hash(root).ok_or(malformed)?);
        Ok(TreeHead { size, root })
    }

    fn signed(&self, line: &str, text: &[u8]) -> bool {
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
        let mut key = vec![ED25519];
        key.extend_from_slice(self.key.as_bytes());
        write!(f, "{}+{:08x}+{}", self.origin, u32::from_be_bytes(self.id()), BASE64.encode(key))
    }
}

impl FromStr for HeadKey {
    type Err = NoteError;

    fn from_str(text: &str) -> Result<HeadKey, NoteError> {
        let malformed = || NoteError::Malformed("key of a log, <name>+<hash>+<key>");
        let mut parts = text.trim().splitn(3, '+');
        let (Some(origin), Some(id), Some(key)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(malformed());
        };
        let bytes = BASE64.decode(key).map_err(|_| malformed())?;
        let bytes: &[u8; 32] =
            bytes.strip_prefix(&[ED25519]).and_then(|key| key.try_into().ok()).ok_or_else(malformed)?;
        let key = VerifyingKey::from_bytes(bytes).map_err(|_| malformed())?;
        let found = HeadKey { origin: origin.to_owned(), key };
        // The hash is there to find a key that was copied wrongly.
        if format!("{:08x}", u32::from_be_bytes(found.id())) == id { Ok(found) } else { Err(malformed()) }
    }
}

/// That one record is in the log: `<position>` and the audit path, with the record's header and a signed head.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// The record's canonical header.
    pub header: Vec<u8>,
    /// The record's position.
    pub position: u64,
    /// The hashes beside the way from the record to the root.
    pub path: Vec<Hash>,
    /// The signed head of the tree that the record is in.
    pub head: String,
}

impl Receipt {
    /// Sees that the record whose header this is lies in the log that the key is for, and tells it and the
    /// head.
    pub fn verify(&self, key: &HeadKey) -> Result<(record::Header, TreeHead), NoteError> {
        let head = key.open(&self.head)?;
        let leaf = record::leaf_hash(&self.header);
        let index = self.position.checked_sub(1).ok_or(NoteError::NotIncluded)?;
        if !verify_inclusion(&leaf, index, head.size, &self.path, &head.root) {
            return Err(NoteError::NotIncluded);
        }
        let header = record::Header::parse(&self.header).ok_or(NoteError::Malformed("header of a record"))?;
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
            Some(Receipt { header, position: index.checked_add(1)?, path, head: head.to_owned() })
        };
        parse().ok_or(NoteError::Malformed("receipt"))
    }
}

fn hash(text: &str) -> Option<Hash> {
    BASE64.decode(text).ok()?.try_into().ok()
}

#[cfg(test)]
mod tests;
