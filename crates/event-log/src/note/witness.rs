//! Witnesses: whoever has seen that a log only grew, and says so with a signature of their own. Whoever trusts a witness
//! need not trust the ledger to show everybody the same log.
//!
//! A witness speaks C2SP [tlog-witness](https://c2sp.org/tlog-witness), and its
//! [cosignature/v1](https://c2sp.org/tlog-cosignature) is a further signature of the head, with the time of signing.

use super::{NoteError, key_id, read_key, written_key};
use crate::Hash;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use ed25519_dalek::{Signature, VerifyingKey};
use std::fmt;
use std::str::FromStr;

/// The type of an Ed25519 key that signs with a time.
const COSIGNATURE: &[u8] = &[0x04];
/// Bytes of the time in a cosignature.
const TIME_BYTES: usize = 8;

/// The public key of a witness; written `<name>+<hash>+<key>`, as in signed notes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WitnessKey {
    name: String,
    key: VerifyingKey,
}

impl WitnessKey {
    /// Returns the name of the witness.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the key id used in signature lines, in hexadecimal digits.
    pub fn id(&self) -> String {
        format!("{:08x}", u32::from_be_bytes(key_id(&self.name, COSIGNATURE, self.key.as_bytes())))
    }

    /// Returns when the witness cosigned a head, in seconds since 1970. The ledger's signature is not checked.
    pub fn cosigned_at(&self, note: &str) -> Result<u64, NoteError> {
        let (body, lines) = note.split_once("\n\n").ok_or(NoteError::Malformed("signed head"))?;
        let cosigned = lines.lines().find_map(|line| self.verify(&format!("{body}\n"), line));
        cosigned.ok_or_else(|| NoteError::NotCosigned(self.name.clone()))
    }

    /// The line among those that a witness answered with which is its cosignature of a head.
    pub fn cosignature<'a>(&self, note: &str, lines: &'a str) -> Option<&'a str> {
        let (body, _) = note.split_once("\n\n")?;
        let text = format!("{body}\n");
        lines.lines().find(|line| self.verify(&text, line).is_some())
    }

    /// When a line says that the text was cosigned, if it is a valid cosignature by this key.
    fn verify(&self, text: &str, line: &str) -> Option<u64> {
        let ours = line.strip_prefix("— ")?.strip_prefix(&self.name)?.strip_prefix(' ')?;
        let decoded = BASE64.decode(ours).ok()?;
        let signed = decoded.strip_prefix(&key_id(&self.name, COSIGNATURE, self.key.as_bytes()))?;
        let (time, signature) = signed.split_first_chunk::<TIME_BYTES>()?;
        let time = u64::from_be_bytes(*time);
        let message = format!("cosignature/v1\ntime {time}\n{text}");
        self.key.verify_strict(message.as_bytes(), &Signature::from_slice(signature).ok()?).ok()?;
        Some(time)
    }
}

impl fmt::Display for WitnessKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&written_key(&self.name, COSIGNATURE, self.key.as_bytes()))
    }
}

impl FromStr for WitnessKey {
    type Err = NoteError;

    fn from_str(text: &str) -> Result<WitnessKey, NoteError> {
        let malformed = NoteError::Malformed("witness key, <name>+<hash>+<key> of cosignature/v1");
        let read = || {
            let (name, bytes) = read_key(text, COSIGNATURE)?;
            Some(WitnessKey { name, key: VerifyingKey::from_bytes(bytes.as_slice().try_into().ok()?).ok()? })
        };
        read().ok_or(malformed)
    }
}

/// What a witness is asked with to cosign a head: that it continues the log of `old` records by this proof.
pub fn add_checkpoint(old: u64, path: &[Hash], note: &str) -> String {
    let path: String = path.iter().map(|hash| format!("{}\n", BASE64.encode(hash))).collect();
    format!("old {old}\n{path}\n{note}")
}

/// A head with further signatures.
pub fn with_signatures<'a>(note: &str, lines: impl IntoIterator<Item = &'a str>) -> String {
    let lines: String = lines.into_iter().map(|line| format!("{line}\n")).collect();
    format!("{note}{lines}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use ed25519_dalek::{Signer as _, SigningKey};

    const NOTE: &str = "huishang/main/6f1c\n42\nBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=\n\n— huishang/main/6f1c AAAAAAAA\n";

    fn cosign(name: &str, key: &SigningKey, time: u64, note: &str) -> String {
        let body = note.split_once("\n\n").unwrap().0;
        let signature = key.sign(format!("cosignature/v1\ntime {time}\n{body}\n").as_bytes()).to_bytes();
        let id = key_id(name, COSIGNATURE, key.verifying_key().as_bytes());
        let bytes = [&id[..], &time.to_be_bytes(), &signature].concat();
        format!("— {name} {}", BASE64.encode(bytes))
    }

    #[test]
    fn a_cosignature_counts_for_its_head_its_witness_and_its_time() {
        let signer = SigningKey::from_bytes(&[1; 32]);
        let key = WitnessKey { name: "witness.example/a".into(), key: signer.verifying_key() };
        assert_eq!(key.to_string().parse::<WitnessKey>(), Ok(key.clone()));
        let line = cosign("witness.example/a", &signer, 1_800_000_000, NOTE);
        let answered = format!("— other.example AAAAAAAA\n{line}\n");
        assert_eq!(key.cosignature(NOTE, &answered), Some(line.as_str()));
        let cosigned = with_signatures(NOTE, [line.as_str()]);
        assert_eq!(key.cosigned_at(&cosigned), Ok(1_800_000_000));

        let not_cosigned = Err(NoteError::NotCosigned("witness.example/a".into()));
        assert_eq!(key.cosigned_at(NOTE), not_cosigned);
        assert_eq!(key.cosigned_at(&cosigned.replace("\n42\n", "\n43\n")), not_cosigned, "another head");
        let other = SigningKey::from_bytes(&[2; 32]);
        let forged = cosign("witness.example/a", &other, 1_800_000_000, NOTE);
        assert_eq!(key.cosigned_at(&with_signatures(NOTE, [forged.as_str()])), not_cosigned, "another key");
        let mut bytes = BASE64.decode(line.rsplit(' ').next().unwrap()).unwrap();
        bytes[TIME_BYTES + 3] ^= 1;
        let later = format!("— witness.example/a {}", BASE64.encode(bytes));
        assert_eq!(key.cosigned_at(&with_signatures(NOTE, [later.as_str()])), not_cosigned, "another time");
    }

    #[test]
    fn a_witness_key_is_not_a_logs_key() {
        let key = SigningKey::from_bytes(&[1; 32]).verifying_key();
        let witness = WitnessKey { name: "w".into(), key };
        assert!(witness.to_string().parse::<super::super::HeadKey>().is_err());
        assert!(written_key("w", super::super::ED25519, key.as_bytes()).parse::<WitnessKey>().is_err());
    }

    #[test]
    fn a_witness_is_asked_as_the_specification_says() {
        assert_eq!(add_checkpoint(0, &[], NOTE), format!("old 0\n\n{NOTE}"));
        let path = [[0; 32], [7; 32]];
        let expected = format!(
            "old 20\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\nBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=\n\n{NOTE}"
        );
        assert_eq!(add_checkpoint(20, &path, NOTE), expected);
    }
}
