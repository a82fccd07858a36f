//! The rules of the house, held by tests: who may depend on whom, and what must be absent.

mod dependencies;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// What the service of a context may use of our crates.
const SERVICE_MAY_USE: &[&str] = &["domain", "proto", "service-kit"];

/// Which of our crates each other one may use; `huishang` may use all.
const MAY_USE: &[(&str, &[&str])] = &[
    ("domain", &[]),
    ("event-log", &[]),
    ("backup", &["event-log"]),
    ("proto", &["domain"]),
    ("client", &["proto"]),
    ("console", &["client", "event-log", "icalendar", "proto"]),
    ("journal", &["domain", "event-log", "proto"]),
    ("service-kit", &["domain", "proto", "journal"]),
    ("documents", &["domain"]),
    ("press", &["documents", "domain", "proto", "service-kit"]),
    ("event-feed", &["domain", "proto", "service-kit"]),
    ("icalendar", &[]),
    ("origins", &["domain", "proto", "service-kit"]),
    ("resolution", &["documents", "domain", "origins", "press", "proto", "service-kit"]),
    ("followup", &["domain", "origins", "proto", "service-kit"]),
    ("delivery", &["domain", "event-feed", "icalendar", "proto", "service-kit"]),
    ("deliberation", &["documents", "domain", "press", "proto", "service-kit"]),
    ("ledger", &["backup", "domain", "event-feed", "event-log", "proto", "service-kit"]),
];

/// In the list of places: the service of any context.
const SERVICES: &str = "services";

/// The only crates that may use a dependency.
const ONLY_PLACE: &[(&str, &[&str])] = &[
    ("sled", &["event-log"]),
    ("async-nats", &["journal"]),
    ("object_store", &["backup"]),
    ("rusqlite", &["service-kit", "origins", SERVICES]),
    ("clap", &["huishang"]),
    ("jsonwebtoken", &["service-kit"]),
    ("figment", &["service-kit"]),
    ("prost-reflect", &["proto", "client", "console", "huishang"]),
];

/// What pure rules must not know.
const NOT_IN_DOMAIN: &[&str] = &["tokio", "serde", "prost", "rand", "futures", "async-trait"];

/// Names that say nothing about what is inside.
const EMPTY_NAMES: &[&str] = &["utils", "util", "common", "helpers", "helper", "misc", "manager", "managers"];

const FILE_LINES_MAX: usize = 700;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Crate name → the names under `[dependencies]`, or under all dependency tables.
fn dependencies(tables: &[&str]) -> BTreeMap<String, Vec<String>> {
    let mut crates = BTreeMap::new();
    for group in ["crates", "services"] {
        for entry in std::fs::read_dir(root().join(group)).unwrap() {
            let manifest = entry.unwrap().path().join("Cargo.toml");
            let text = std::fs::read_to_string(&manifest).unwrap();
            let manifest: toml::Table = toml::from_str(&text).unwrap();
            let name = manifest["package"]["name"].as_str().unwrap().to_owned();
            let used = tables
                .iter()
                .filter_map(|table| manifest.get(*table)?.as_table())
                .flat_map(|table| table.keys().cloned())
                .collect();
            crates.insert(name, used);
        }
    }
    crates
}

fn sources() -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders: Vec<PathBuf> =
        ["crates", "services", "tests"].iter().map(|name| root().join(name)).collect();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                files.push(path);
            }
        }
    }
    files.sort();
    files
}

#[test]
fn a_crate_uses_only_what_the_map_allows() {
    let crates = dependencies(&["dependencies"]);
    let ours: Vec<&String> = crates.keys().collect();
    for (name, used) in crates.iter().filter(|(name, _)| *name != "huishang") {
        let listed = MAY_USE.iter().find(|(listed, _)| listed == name).map(|(_, allowed)| *allowed);
        let allowed = listed.or(is_service(name).then_some(SERVICE_MAY_USE));
        let allowed = allowed.unwrap_or_else(|| panic!("crate {name} is not on the map"));
        for dependency in used.iter().filter(|dependency| ours.contains(dependency)) {
            assert!(allowed.contains(&dependency.as_str()), "{name} must not use {dependency}");
        }
    }
    let gone = MAY_USE.iter().find(|(listed, _)| !crates.contains_key(*listed));
    assert_eq!(gone, None, "the map names a crate that is gone");
}

/// Whether a crate is the service of a context.
fn is_service(name: &str) -> bool {
    client::SERVICES.contains(&name)
}

#[test]
fn each_thing_has_one_place() {
    for (name, used) in dependencies(&["dependencies", "build-dependencies"]) {
        for (dependency, places) in ONLY_PLACE {
            let in_place = places.contains(&name.as_str()) || places.contains(&SERVICES) && is_service(&name);
            let misplaced = used.iter().any(|used| used == dependency) && !in_place;
            assert!(!misplaced, "{dependency} is used by {name}; its place is {}", places.join(", "));
        }
        if name == "domain" {
            let impure: Vec<&String> =
                used.iter().filter(|used| NOT_IN_DOMAIN.contains(&used.as_str())).collect();
            assert!(impure.is_empty(), "domain must stay pure, but uses {impure:?}");
        }
    }
}

#[test]
fn contexts_meet_only_in_processes() {
    for context in client::SERVICES {
        let folder = root().join("crates/domain/src").join(context);
        for file in sources().into_iter().filter(|file| file.starts_with(&folder)) {
            let text = std::fs::read_to_string(&file).unwrap();
            for other in client::SERVICES.into_iter().filter(|other| *other != context) {
                assert!(
                    !text.contains(&format!("crate::{other}::")),
                    "{} reaches into {other}; a process in domain/src/process should carry it over",
                    file.display()
                );
            }
        }
    }
}

#[test]
fn an_rpc_looks_at_what_its_caller_may_see() {
    for file in sources().into_iter().filter(|file| file.to_string_lossy().contains("/src/grpc")) {
        let text = std::fs::read_to_string(&file).unwrap();
        assert!(!text.contains("Scope::whole"), "{} looks at everything", file.display());
    }
}

#[test]
fn files_stay_readable_and_say_what_they_are() {
    for file in sources() {
        let lines = std::fs::read_to_string(&file).unwrap().lines().count();
        assert!(lines <= FILE_LINES_MAX, "{} has {lines} lines; split it by subject", file.display());
        let name = file.file_stem().unwrap().to_string_lossy().into_owned();
        assert!(!EMPTY_NAMES.contains(&name.as_str()), "{} says nothing about what is in it", file.display());
    }
}

#[test]
fn nothing_is_left_for_later() {
    let marks = ["TO\u{44}O", "FIX\u{4d}E", "#[igno\u{72}e", "unimpl\u{65}mented!"];
    // A task, as calendars call it.
    let no_mark = "VTO\u{44}O";
    for file in sources() {
        let text = std::fs::read_to_string(&file).unwrap().replace(no_mark, "");
        for mark in marks {
            assert!(!text.contains(mark), "{} has a {mark}", file.display());
        }
    }
}
