//! The tree over a log: proofs are valid, also after damage to the tiles.

use super::{fill, open, runtime};
use crate::tree::{verify_consistency, verify_inclusion};
use std::fs;
use std::path::Path;

const RECORDS: u64 = 600;

#[test]
fn inclusion_and_consistency_proofs_verify() {
    let folder = tempfile::tempdir().unwrap();
    runtime().block_on(async {
        let (log, _) = open(folder.path());
        fill(&log, 300).await;
        let before = log.head();
        fill(&log, RECORDS - 300).await;
        let head = log.head();
        for position in [1, 256, 257, 300, RECORDS] {
            let proof = log.inclusion_proof(position, RECORDS).unwrap();
            assert_eq!((proof.size, proof.root), (RECORDS, head.root));
            let leaf = log.read(position - 1, 1).unwrap()[0].hash();
            assert!(verify_inclusion(&leaf, position - 1, RECORDS, &proof.path, &head.root));
        }
        let grown = log.consistency_proof(300, RECORDS).unwrap();
        assert_eq!((grown.old_root, grown.root), (before.root, head.root));
        assert!(verify_consistency(300, &before.root, RECORDS, &head.root, &grown.path));
        assert_eq!(log.root_at(300).unwrap(), before.root);
        for beyond in [log.inclusion_proof(301, 300).err(), log.inclusion_proof(0, 300).err()] {
            assert!(matches!(beyond, Some(crate::ReadError::OutOfRange { head: 300, .. })), "{beyond:?}");
        }
        assert!(log.root_at(RECORDS + 1).is_err());
    });
}

#[test]
fn reopening_resumes_the_tree_without_reading_all_records() {
    let folder = tempfile::tempdir().unwrap();
    runtime().block_on(async {
        let (log, _) = open(folder.path());
        fill(&log, RECORDS).await;
        let head = log.head();
        log.close().await;
        let (log, opened) = open(folder.path());
        assert_eq!((opened.head, opened.tree_rebuilt), (head, false));
        log.verify(|_| {}).unwrap();
    });
}

#[test]
fn tiles_torn_by_a_power_cut_are_rebuilt() {
    let torn: [fn(&Path); 3] = [
        |tile| fs::remove_file(tile).unwrap(),
        |tile| fs::write(tile, [0; 4096]).unwrap(),
        |tile| fs::write(tile, [0; 8192]).unwrap(),
    ];
    for tear in torn {
        let folder = tempfile::tempdir().unwrap();
        runtime().block_on(async {
            let (log, _) = open(folder.path());
            fill(&log, RECORDS).await;
            let head = log.head();
            // Detected while the log is open, by verification and when a proof is requested.
            tear(&folder.path().join("tree/tile/0/000"));
            assert!(log.verify(|_| {}).unwrap_err().to_string().contains("tile in the tree"));
            let proof = log.inclusion_proof(3, RECORDS).unwrap();
            assert!(verify_inclusion(&proof.leaf, 2, RECORDS, &proof.path, &head.root));
            log.verify(|_| {}).unwrap();
            log.close().await;
            // Detected when the log is opened.
            tear(&folder.path().join("tree/tile/0/001"));
            let (log, opened) = open(folder.path());
            assert_eq!((opened.head, opened.tree_rebuilt), (head, true));
            log.verify(|_| {}).unwrap();
        });
    }
}

#[test]
fn records_that_do_not_match_the_acknowledged_root_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    runtime().block_on(async {
        let (log, _) = open(folder.path());
        fill(&log, RECORDS).await;
        log.close().await;
    });
    // Another root in both anchors, so that the tiles do not match either.
    let (anchor, files) = (crate::anchor::read(folder.path()).unwrap().unwrap(), folder.path());
    let head = crate::Head { root: [9; 32], ..anchor.head };
    let mut anchors = crate::anchor::AnchorFiles::open(files, anchor).unwrap();
    anchors.write(head, crate::anchor::NOTHING_AFTER).unwrap();
    anchors.write(head, crate::anchor::NOTHING_AFTER).unwrap();
    let refused = crate::EventLog::open(super::options(folder.path())).unwrap_err().to_string();
    assert!(refused.contains("record 600: the root of the tree"), "{refused}");
}
