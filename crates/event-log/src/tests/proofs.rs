//! The tree over a log: what is proved holds, and survives what happens to the tiles.

use super::{fill, open, runtime};
use crate::tree::{verify_consistency, verify_inclusion};
use std::fs;
use std::path::Path;

const RECORDS: u64 = 600;

#[test]
fn a_record_is_shown_to_be_in_the_log_and_the_log_to_have_only_grown() {
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
            assert!(matches!(beyond, Some(crate::ReadError::NotThere { head: 300, .. })), "{beyond:?}");
        }
        assert!(log.root_at(RECORDS + 1).is_err());
    });
}

#[test]
fn a_tree_is_resumed_without_reading_the_records_again() {
    let folder = tempfile::tempdir().unwrap();
    runtime().block_on(async {
        let (log, _) = open(folder.path());
        fill(&log, RECORDS).await;
        let head = log.head();
        log.close().await;
        let (log, opened) = open(folder.path());
        assert_eq!((opened.head, opened.regrown), (head, false));
        log.verify(|_| {}).unwrap();
    });
}

#[test]
fn tiles_that_a_power_cut_tore_are_made_anew() {
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
            // Found while the log is open: by verification, and by whoever asks for a proof.
            tear(&folder.path().join("tree/tile/0/000"));
            assert!(log.verify(|_| {}).unwrap_err().to_string().contains("the tree's tile"));
            let proof = log.inclusion_proof(3, RECORDS).unwrap();
            assert!(verify_inclusion(&proof.leaf, 2, RECORDS, &proof.path, &head.root));
            log.verify(|_| {}).unwrap();
            log.close().await;
            // Found at opening.
            tear(&folder.path().join("tree/tile/0/001"));
            let (log, opened) = open(folder.path());
            assert_eq!((opened.head, opened.regrown), (head, true));
            log.verify(|_| {}).unwrap();
        });
    }
}

#[test]
fn records_that_do_not_lead_to_the_acknowledged_root_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    runtime().block_on(async {
        let (log, _) = open(folder.path());
        fill(&log, RECORDS).await;
        log.close().await;
    });
    // Another root in both anchors, and no tiles that could tell.
    let (anchor, files) = (crate::anchor::read(folder.path()).unwrap().unwrap(), folder.path());
    let head = crate::Head { root: [9; 32], ..anchor.head };
    let mut anchors = crate::anchor::AnchorFiles::open(files, anchor).unwrap();
    anchors.write(head).unwrap();
    anchors.write(head).unwrap();
    let refused = crate::EventLog::open(super::options(folder.path())).unwrap_err().to_string();
    assert!(refused.contains("record 600: the root of the tree"), "{refused}");
}
