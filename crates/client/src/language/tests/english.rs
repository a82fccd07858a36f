//! The English in the catalogue is that of the sources: what a service says is found there, and what it may say is
//! translated. A sentence that changes on one side only fails here.

use super::all_files;
use crate::language::catalogue::{CATALOGUE, Words};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// A string in a source, and what stands before it.
struct Literal {
    file: PathBuf,
    before: String,
    text: String,
}

/// The strings in the sources below a folder of the repository, without those of tests.
fn literals(folder: &str) -> Vec<Literal> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let (mut folders, mut literals) = (vec![root.join(folder)], Vec::new());
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("the sources") {
            let path = entry.expect("a file").path();
            let is_of_tests =
                path.file_stem().is_some_and(|name| ["tests", "testing"].iter().any(|test| name == *test));
            if is_of_tests {
                continue;
            } else if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let source = std::fs::read_to_string(&path).expect("a source");
                let code = source.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
                collect(&path, code, &mut literals);
            }
        }
    }
    literals
}

/// The strings of a source; those in comments are none.
fn collect(file: &Path, source: &str, literals: &mut Vec<Literal>) {
    let mut rest = source;
    while let Some(at) = rest.find(['"', '/', '\'']) {
        let (before, from) = (&source[..source.len() - rest.len() + at], &rest[at..]);
        rest = if from.starts_with("//") {
            &from[from.find('\n').unwrap_or(from.len())..]
        } else if from.starts_with("'\"'") || from.starts_with("'\\") {
            &from[3..]
        } else if let Some(string) = from.strip_prefix('"') {
            let (text, length) = read(string);
            let before = before.trim_end().chars().rev().take(60).collect::<Vec<_>>();
            let before = before.into_iter().rev().collect();
            literals.push(Literal { file: file.to_owned(), before, text });
            &string[length..]
        } else {
            &from[1..]
        };
    }
}

/// A string up to its closing quotation mark, and its length in the source with that mark.
fn read(source: &str) -> (String, usize) {
    let mut text = String::new();
    let mut letters = source.char_indices().peekable();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '"' => return (text, at + 1),
            '\\' => match letters.next() {
                Some((_, 'n')) => text.push('\n'),
                Some((_, '\n')) => while letters.next_if(|(_, letter)| letter.is_whitespace()).is_some() {},
                Some((_, escaped)) => text.push(escaped),
                None => {}
            },
            letter => text.push(letter),
        }
    }
    (text, source.len())
}

/// A sentence without the names in its braces, which the catalogue may call differently.
fn skeleton(sentence: &str) -> String {
    let mut skeleton = String::new();
    let mut rest = sentence;
    while let Some((before, after)) = rest.split_once('{') {
        skeleton += before;
        skeleton += "{}";
        rest = after.split_once('}').map_or("", |(_, after)| after);
    }
    skeleton + rest
}

fn skeletons<'a>(sentences: impl Iterator<Item = &'a String>) -> BTreeSet<String> {
    sentences.map(|sentence| skeleton(sentence)).collect()
}

/// Whether a text is words and not a name, a query or a key.
fn is_prose(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_lowercase())
        && text.chars().all(|letter| letter.is_ascii_lowercase() || " ,-{}".contains(letter))
}

/// The details of refusals that are words, of a context.
fn details(words: &Words) -> BTreeSet<String> {
    skeletons(words.detail.values().flat_map(|table| table.keys()))
}

#[test]
fn what_is_translated_is_what_the_sources_say() {
    let sources: Vec<Literal> = ["crates", "services"].into_iter().flat_map(literals).collect();
    let said = skeletons(sources.iter().map(|literal| &literal.text));
    let mut gone = Vec::new();
    for (file, words) in all_files() {
        let tables = words.detail.values().chain(words.said.values()).chain([&words.fault]);
        let unknown =
            tables.flat_map(|table| table.keys()).filter(|english| !said.contains(&skeleton(english)));
        gone.extend(unknown.map(|english| format!("{file}: {english}")));
    }
    assert!(gone.is_empty(), "no source says this any more:\n{}", gone.join("\n"));
}

#[test]
fn every_word_in_a_refusal_is_translated() {
    let mut missing = Vec::new();
    for (context, words) in &CATALOGUE.contexts {
        let (details, labels) = (details(words), &words.label);
        let said = skeletons(words.said.values().flat_map(|table| table.keys()));
        for Literal { file, before, text } in literals(&format!("crates/domain/src/{context}")) {
            // The English of a reason has its Chinese under the reason, not word for word.
            let is_sentence = before.ends_with('=') || before.ends_with("expect(");
            let is_name = before.contains("derived_id(") || before.contains("id_of_code(");
            let is_known = |skeleton: &String| details.contains(skeleton) || said.contains(skeleton);
            if is_prose(&text)
                && !(is_sentence || is_name || is_known(&skeleton(&text)) || labels.contains_key(&text))
            {
                missing.push(format!("{}: {text:?}", file.display()));
            }
        }
    }
    assert!(missing.is_empty(), "without [detail] or [said]:\n{}", missing.join("\n"));
}

#[test]
fn everything_that_may_be_wrong_with_a_field_is_translated() {
    let known = skeletons(CATALOGUE.platform().fault.keys());
    let folders = ["crates/domain/src", "crates/proto/src", "crates/service-kit/src/list", "services"];
    let of_services =
        |literal: &Literal| !literal.file.components().any(|part| part.as_os_str() == "huishang");
    let begins = ["is ", "must ", "has ", "names ", "does not "];
    let faults = folders.into_iter().flat_map(literals).filter(of_services);
    let missing: Vec<String> = faults
        .filter(|literal| begins.iter().any(|begin| literal.text.starts_with(begin)))
        .filter(|literal| !known.contains(&skeleton(&literal.text)))
        .map(|literal| format!("{}: {:?}", literal.file.display(), literal.text))
        .collect();
    assert!(missing.is_empty(), "without [fault] in platform.toml:\n{}", missing.join("\n"));
}

#[test]
fn every_indicator_is_translated() {
    let said =
        skeletons(CATALOGUE.of_package("huishang.followup.v1").said.values().flat_map(|table| table.keys()));
    let indicators = literals("services/followup/src/views");
    let indicators = indicators.into_iter().filter(|literal| literal.file.ends_with("views/indicators.rs"));
    let is_words = |text: &str| {
        let mut letters = text.chars();
        letters.next().is_some_and(|first| first.is_ascii_lowercase())
            && letters.all(|letter| {
                letter.is_ascii_lowercase() || letter.is_ascii_digit() || " ,_".contains(letter)
            })
    };
    let missing: Vec<String> = indicators
        .map(|literal| literal.text)
        .filter(|text| is_words(text) && !said.contains(text))
        .collect();
    assert!(missing.is_empty(), "without [said]:\n{}", missing.join("\n"));
}
