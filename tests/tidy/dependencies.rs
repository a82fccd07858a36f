//! What is built in: `deny.toml` says which licences, sources and crates are accepted, and these tests hold it without
//! the network. `cargo deny check` reads the same file.

use super::root;
use semver::{Version, VersionReq};
use serde_json::Value;
use spdx::{Expression, Licensee, ParseMode};
use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

/// `deny.toml`.
struct Rules(toml::Table);

impl Rules {
    fn read() -> Rules {
        let text = std::fs::read_to_string(root().join("deny.toml")).unwrap();
        Rules(toml::from_str(&text).unwrap())
    }

    fn list(&self, section: &str, key: &str) -> &[toml::Value] {
        self.0[section][key].as_array().unwrap()
    }

    fn texts(&self, section: &str, key: &str) -> Vec<&str> {
        self.list(section, key).iter().map(|value| value.as_str().unwrap()).collect()
    }

    /// The crates of a list: `name`, or `name:requirement`.
    fn crates(&self, key: &str) -> Vec<(String, VersionReq)> {
        let specs = self.list("bans", key).iter().map(|entry| {
            assert!(
                entry["reason"].as_str().is_some_and(|reason| !reason.is_empty()),
                "{entry} has no reason"
            );
            entry["crate"].as_str().unwrap()
        });
        let split = |spec: &str| match spec.split_once(':') {
            Some((name, requirement)) => (name.to_owned(), VersionReq::parse(requirement).unwrap()),
            None => (spec.to_owned(), VersionReq::STAR),
        };
        specs.map(split).collect()
    }

    /// Every package that is built for one of the targets, as `cargo metadata` describes it.
    fn packages(&self) -> Vec<Value> {
        let targets = self.texts("graph", "targets");
        let of_target = |target: &str| {
            let mut cargo = Command::new(env!("CARGO"));
            cargo.current_dir(root()).args(["metadata", "--format-version=1", "--locked", "--offline"]);
            let output = cargo.args(["--filter-platform", target]).output().unwrap();
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            let Value::Object(mut metadata) = serde_json::from_slice(&output.stdout).unwrap() else {
                panic!()
            };
            metadata["packages"].take()
        };
        targets.into_iter().flat_map(|target| of_target(target).as_array().unwrap().clone()).collect()
    }
}

fn text<'a>(package: &'a Value, key: &str) -> Option<&'a str> {
    package[key].as_str()
}

#[test]
fn every_licence_is_accepted() {
    let rules = Rules::read();
    let accepted = rules.texts("licenses", "allow");
    let accepted: Vec<Licensee> = accepted.iter().map(|name| Licensee::parse(name).unwrap()).collect();
    let packages = rules.packages();
    assert!(packages.len() > 100, "cargo named {} packages only", packages.len());
    for package in &packages {
        let (id, licence) = (&package["id"], text(package, "license").unwrap_or_default());
        let licence = Expression::parse_mode(licence, ParseMode::LAX)
            .unwrap_or_else(|error| panic!("{id} has the licence {licence:?}: {error}"));
        assert!(
            licence.evaluate(|needed| accepted.iter().any(|accepted| accepted.satisfies(needed))),
            "{id} has the licence {licence}, which deny.toml does not accept"
        );
    }
}

#[test]
fn everything_comes_from_an_accepted_source() {
    let rules = Rules::read();
    let (registries, git) = (&rules.0["sources"]["unknown-registry"], &rules.0["sources"]["unknown-git"]);
    assert_eq!((registries.as_str(), git.as_str()), (Some("deny"), Some("deny")));
    let accepted = rules.texts("sources", "allow-registry");
    let here = root().canonicalize().unwrap();
    for package in rules.packages() {
        match text(&package, "source") {
            Some(source) => assert!(
                source.strip_prefix("registry+").is_some_and(|registry| accepted.contains(&registry)),
                "{} comes from {source}",
                package["id"]
            ),
            // A path: it must be in the repository.
            None => {
                let manifest = text(&package, "manifest_path").unwrap();
                assert!(std::path::Path::new(manifest).starts_with(&here), "{manifest} is outside");
            }
        }
    }
}

#[test]
fn no_banned_crate_and_no_second_version_comes_in_unnoticed() {
    let rules = Rules::read();
    let mut versions: BTreeMap<String, BTreeSet<Version>> = BTreeMap::new();
    // What is ours has no source, and may be called what another is called.
    for package in rules.packages().into_iter().filter(|package| text(package, "source").is_some()) {
        let version = text(&package, "version").unwrap().parse().unwrap();
        versions.entry(text(&package, "name").unwrap().to_owned()).or_default().insert(version);
    }
    for (name, requirement) in rules.crates("deny") {
        let found = versions.get(&name).into_iter().flatten().find(|version| requirement.matches(version));
        assert_eq!(found, None, "{name} is banned by deny.toml; `cargo tree -i {name}` says who brings it");
    }
    for (name, requirement) in rules.crates("skip") {
        let present = versions.get_mut(&name).filter(|versions| versions.len() > 1);
        let before = present.as_ref().map_or(0, |versions| versions.len());
        let after = present.map_or(0, |versions| {
            versions.retain(|version| !requirement.matches(version));
            versions.len()
        });
        assert!(
            after < before,
            "deny.toml skips {name}:{requirement}, which is no second version; remove the line"
        );
    }
    let doubled: Vec<_> = versions.iter().filter(|(_, versions)| versions.len() > 1).collect();
    assert!(
        doubled.is_empty(),
        "these are built in more than one version; `cargo update` may agree on one, else say in deny.toml who needs \
         the older: {doubled:?}"
    );
}
