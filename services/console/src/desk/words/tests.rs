//! Every sentence of the pages is there in both languages, and none is left over.

use super::*;
use std::collections::BTreeSet;
use std::path::Path;

/// The sentences that templates and sources ask for.
fn asked_for() -> BTreeSet<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (mut folders, mut sentences) =
        (["templates", "src/desk", "src/xlsx"].map(|folder| root.join(folder)).to_vec(), BTreeSet::new());
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("the sources") {
            let path = entry.expect("a file").path();
            match path.is_dir() {
                true => folders.push(path),
                false if path.ends_with("tests.rs") => {}
                false => collect(&std::fs::read_to_string(path).expect("a text"), &mut sentences),
            }
        }
    }
    sentences
}

fn collect(source: &str, sentences: &mut BTreeSet<String>) {
    for call in [".t(", ".say(", "said("] {
        for (at, _) in source.match_indices(call) {
            if let Some(literal) = source[at + call.len()..].trim_start().strip_prefix('"') {
                let end = literal.find('"').expect("the literal ends");
                sentences
                    .insert(literal[..end].split("\\\n").map(str::trim_start).collect::<Vec<_>>().concat());
            }
        }
    }
}

#[test]
fn every_sentence_has_its_chinese_and_none_is_left_over() {
    let (asked_for, known) = (asked_for(), client::language::page_sentences().map(str::to_owned).collect());
    let missing: Vec<_> = asked_for.difference(&known).collect();
    assert!(missing.is_empty(), "without Chinese in [page] of console.toml: {missing:#?}");
    let left: Vec<_> = known.difference(&asked_for).collect();
    assert!(left.is_empty(), "left over in [page] of console.toml: {left:#?}");
}

#[test]
fn values_and_roles_are_words() {
    let [english, chinese] = [Language::English, Language::Chinese].map(Words);
    assert_eq!(english.value("huishang.resolution.v1.ItemStage", 4), "Claimed");
    assert_eq!(chinese.value("huishang.resolution.v1.ItemStage", 4), "待验收");
    assert_eq!(
        (english.role("department-lead"), chinese.role("clerk")),
        ("Department lead".into(), "文书".into())
    );
}
