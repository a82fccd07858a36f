//! Signed heads and receipts, read by this implementation and by an independent one.

use super::*;
use crate::tests::{fill, open, runtime};

const ORIGIN: &str = "huishang/main/6f1c";

fn signer(seed: u8) -> HeadSigner {
    HeadSigner::new(ORIGIN, SigningKey::from_bytes(&[seed; 32]))
}

const HEAD: TreeHead = TreeHead { size: 42, root: [7; 32] };

#[test]
fn a_signed_head_round_trips() {
    let (signer, note) = (signer(1), signer(1).sign(&HEAD));
    assert!(note.starts_with("huishang/main/6f1c\n42\nBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=\n\n— "));
    assert_eq!(signer.public().open(&note), Ok(HEAD));

    let key: HeadKey = signer.public().to_string().parse().unwrap();
    assert_eq!(&key, signer.public());
    assert_eq!(
        key.open(&format!("{note}— witness.example AAAAAAAA\n")),
        Ok(HEAD),
        "further signatures are allowed"
    );
}

#[test]
fn a_head_that_was_changed_or_signed_by_another_key_is_invalid() {
    let (key, note) = (signer(1).public().clone(), signer(1).sign(&HEAD));
    assert_eq!(key.open(&note.replace("\n42\n", "\n43\n")), Err(NoteError::NotSigned(ORIGIN.to_owned())));
    assert_eq!(key.open(&signer(2).sign(&HEAD)), Err(NoteError::NotSigned(ORIGIN.to_owned())));
    let elsewhere = HeadSigner::new("huishang/other/1", SigningKey::from_bytes(&[1; 32])).sign(&HEAD);
    assert!(matches!(key.open(&elsewhere), Err(NoteError::OtherLog { .. })));
    for no_note in ["", "a\n\nb", "huishang/main/6f1c\n42\n\n— x y\n"] {
        assert!(key.open(no_note).is_err());
    }
    for after in
        ["and this too\n", "— x\n", "\n— witness.example AAAAAAAA\n", "— witness.example AAAAAAAA \n"]
    {
        assert_eq!(
            key.open(&format!("{note}{after}")),
            Err(NoteError::Malformed("signed head")),
            "{after:?}"
        );
    }
    assert_eq!(key.open(&format!("{note}\n")), Ok(HEAD), "a line break is no text");
    let wrong = key.to_string().replace("huishang/main", "huishang/mian");
    assert!(wrong.parse::<HeadKey>().is_err(), "the hash in a key detects a wrong copy");
}

#[test]
fn an_independent_implementation_reads_the_key_and_the_signature() {
    use signed_note::{Note, StandardVerifier, VerifierList};
    let signer = signer(3);
    let verifier = StandardVerifier::new(&signer.public().to_string()).unwrap();
    let note = Note::from_bytes(signer.sign(&HEAD).as_bytes()).unwrap();
    let (by, _) = note.verify(&VerifierList::new(vec![Box::new(verifier)])).unwrap();
    assert_eq!(by[0].name(), ORIGIN);
}

#[test]
fn a_receipt_is_verified_without_the_log() {
    let folder = tempfile::tempdir().unwrap();
    runtime().block_on(async {
        let (log, _) = open(folder.path());
        fill(&log, 300).await;
        let (head, signer) = (log.head(), signer(4));
        let record = log.read(41, 1).unwrap().remove(0);
        let proof = log.inclusion_proof(42, 300).unwrap();
        let receipt = Receipt {
            header: record.header(),
            position: 42,
            path: proof.path,
            head: signer.sign(&TreeHead { size: 300, root: head.root }),
        };
        let carried: Receipt = receipt.to_string().parse().unwrap();
        assert_eq!(carried, receipt);
        let (header, of) = carried.verify(signer.public()).unwrap();
        assert_eq!((header.commitment, of.size), (record.commitment(), 300));
        assert_eq!(header.record.stream, record.stream);

        let written = receipt.to_string();
        for (right, wrong) in [
            ("index 41", "index 041"),
            ("index 41", "index +41"),
            ("index 41", "index 41 "),
            ("index 41\n", "index 41\r\n"),
            ("extra ", "extra  "),
            ("c2sp.org/tlog-proof@v1\n", "c2sp.org/tlog-proof@v1\n\n"),
        ] {
            assert!(written.contains(right));
            assert!(written.replace(right, wrong).parse::<Receipt>().is_err(), "{wrong:?}");
        }
        let longer: Receipt = format!("{written}and record 43 too\n").parse().unwrap();
        assert_eq!(longer.verify(signer.public()), Err(NoteError::Malformed("signed head")));

        let another = Receipt { header: log.read(42, 1).unwrap()[0].header(), ..receipt.clone() };
        assert_eq!(another.verify(signer.public()), Err(NoteError::NotIncluded));
        assert_eq!(Receipt { position: 43, ..receipt }.verify(signer.public()), Err(NoteError::NotIncluded));
    });
}
