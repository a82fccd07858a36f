//! The golden samples: an event that was ever written can always be read.
//!
//! `tests/golden/<type>.bin` is the first sample of a type, `<type>.2.bin` its second. A new sample of a type
//! is therefore added after the existing ones.

use super::sample::Sample;
use super::{deliberation, delivery, directory, followup, ledger, resolution, scheduling};
use crate::record::kind_of;
use prost::Message;
use prost_types::FileDescriptorSet;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::{env, fs};

/// Every sample there is, in the order of its type's samples.
fn all() -> Vec<Box<dyn Sample>> {
    let contexts = [
        directory::samples::all(),
        scheduling::samples::all(),
        deliberation::samples::all(),
        resolution::samples::all(),
        followup::samples::all(),
        ledger::samples::all(),
        delivery::samples::all(),
    ];
    contexts.into_iter().flatten().collect()
}

/// Every sample under the name of its file.
fn by_file() -> BTreeMap<String, Box<dyn Sample>> {
    let mut files = BTreeMap::new();
    for sample in all() {
        let stored = sample.stored();
        let kind = kind_of(&stored);
        let further = (2..).map(|number| format!("{kind}.{number}.bin"));
        let mut names = std::iter::once(format!("{kind}.bin")).chain(further);
        let name = names.find(|name| !files.contains_key(name)).unwrap();
        files.insert(name, sample);
    }
    files
}

fn folder() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/golden"))
}

/// The messages that are events: those in the packages of events that are not a part of another one there.
fn events_in_the_protos() -> BTreeSet<String> {
    let descriptors = FileDescriptorSet::decode(crate::DESCRIPTORS).unwrap();
    let (mut messages, mut parts) = (BTreeSet::new(), BTreeSet::new());
    for file in descriptors.file.iter().filter(|file| file.package().ends_with(".events.v1")) {
        for message in &file.message_type {
            messages.insert(format!("{}.{}", file.package(), message.name()));
            parts.extend(
                message.field.iter().map(|field| field.type_name().trim_start_matches('.').to_owned()),
            );
        }
    }
    messages.difference(&parts).cloned().collect()
}

#[test]
fn every_event_in_the_protos_has_a_sample() {
    let sampled: BTreeSet<String> = all().iter().map(|sample| kind_of(&sample.stored()).to_owned()).collect();
    let events = events_in_the_protos();
    let missing: Vec<_> = events.difference(&sampled).collect();
    assert!(missing.is_empty(), "no aggregate in golden::all() has samples of {missing:?}");
    let unknown: Vec<_> = sampled.difference(&events).collect();
    assert!(unknown.is_empty(), "{unknown:?} are stored, but are parts of other stored messages");
}

#[test]
#[expect(clippy::disallowed_methods, reason = "it says that samples are to be written")]
fn every_event_is_written_and_read_as_it_first_was() {
    let samples = by_file();
    if env::var("HUISHANG_WRITE_GOLDEN").is_ok_and(|value| value == "1") {
        for (name, sample) in &samples {
            let path = folder().join(name);
            if !path.exists() {
                fs::write(path, sample.stored().value).unwrap();
            }
        }
    }
    let expected: BTreeSet<String> = samples.keys().cloned().collect();
    let found: BTreeSet<String> = fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.ends_with(".bin"))
        .collect();
    let missing: Vec<_> = expected.difference(&found).collect();
    assert!(
        missing.is_empty(),
        "tests/golden lacks {missing:?}; `HUISHANG_WRITE_GOLDEN=1 cargo test -p proto golden` writes what is \
         missing and changes nothing that is there"
    );
    let orphans: Vec<_> = found.difference(&expected).collect();
    assert!(orphans.is_empty(), "logs hold events like {orphans:?}, but no sample says how they are read");

    for (name, sample) in &samples {
        let golden = fs::read(folder().join(name)).unwrap();
        sample.assert_read_from(&golden);
        assert!(sample.stored().value == golden, "{name} would be written differently today");
    }
}

#[test]
fn what_a_later_version_adds_is_passed_over() {
    // Field 1000 with the number 7.
    let added = [0xc0, 0x3e, 0x07];
    for sample in all() {
        sample.assert_read_from(&[sample.stored().value.as_slice(), &added].concat());
        sample.assert_passes_over("huishang.scheduling.events.v1.WrittenByALaterVersion");
    }
}
