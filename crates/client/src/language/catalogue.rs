//! The files in `words/`.

use super::template;
use prost_reflect::FileDescriptor;
use serde::Deserialize;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::LazyLock;

type Table = BTreeMap<String, String>;

/// What is said in Chinese about one context.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Words {
    pub(super) reason: Table,
    pub(super) detail: BTreeMap<String, Table>,
    pub(super) command: BTreeMap<String, Command>,
    pub(super) value: BTreeMap<String, Table>,
    pub(super) label: Table,
    pub(super) help: Table,
    pub(super) said: BTreeMap<String, Table>,
    pub(super) fault: Table,
    pub(super) event: Table,
    pub(super) text: Table,
    pub(super) page: Table,
}

/// What is said about one command.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Command {
    pub(super) zh: String,
    pub(super) done: Option<String>,
    pub(super) done_zh: Option<String>,
}

/// All files.
pub(super) struct Catalogue {
    pub(super) contexts: Vec<(&'static str, Words)>,
    console: Words,
    demo: Words,
    platform: Words,
}

pub(super) static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(|| {
    let context = |name, file| (name, parse(file));
    Catalogue {
        contexts: vec![
            context("directory", include_str!("../../words/directory.toml")),
            context("scheduling", include_str!("../../words/scheduling.toml")),
            context("deliberation", include_str!("../../words/deliberation.toml")),
            context("resolution", include_str!("../../words/resolution.toml")),
            context("followup", include_str!("../../words/followup.toml")),
            context("delivery", include_str!("../../words/delivery.toml")),
            context("ledger", include_str!("../../words/ledger.toml")),
        ],
        console: parse(include_str!("../../words/console.toml")),
        demo: parse(include_str!("../../words/demo.toml")),
        platform: parse(include_str!("../../words/platform.toml")),
    }
});

fn parse(file: &str) -> Words {
    toml::from_str(file).expect("a test reads every file of words")
}

impl Catalogue {
    /// The words of what belongs to no context.
    pub(super) fn platform(&self) -> &Words {
        &self.platform
    }

    /// The words of the pages.
    pub(super) fn console(&self) -> &Words {
        &self.console
    }

    /// The words of the demo's story.
    #[cfg(test)]
    pub(super) fn demo(&self) -> &Words {
        &self.demo
    }

    /// The words of every file.
    pub(super) fn all(&self) -> impl Iterator<Item = &Words> {
        self.contexts.iter().map(|(_, words)| words).chain([&self.console, &self.demo, &self.platform])
    }

    /// The words for what a file declares.
    pub(super) fn of_file(&self, file: &FileDescriptor) -> &Words {
        self.of_package(file.package_name())
    }

    /// The words for what a package such as `huishang.scheduling.v1` declares.
    pub(super) fn of_package(&self, package: &str) -> &Words {
        let context = package.split('.').nth(1).unwrap_or_default();
        self.contexts.iter().find(|(name, _)| *name == context).map_or(&self.platform, |(_, words)| words)
    }
}

impl Words {
    /// The label under a key, here or in `platform.toml`.
    pub(super) fn label(&'static self, key: &str) -> Option<&'static str> {
        [self, CATALOGUE.platform()].into_iter().find_map(|words| words.label.get(key)).map(String::as_str)
    }

    /// A detail of a refusal, as far as it is a word and not a figure or a name.
    pub(super) fn detail<'a>(&'static self, name: &str, value: &'a str) -> Cow<'a, str> {
        if name == "field" {
            return Cow::Borrowed(self.label(value).unwrap_or(value));
        }
        if name == "events" {
            let words = value
                .split(',')
                .map(|name| CATALOGUE.platform().event.get(name).map_or(name, String::as_str));
            return Cow::Owned(words.collect::<Vec<_>>().join("、"));
        }
        let translated = self.detail.get(name).and_then(|words| template::translate(words, value));
        translated.map_or(Cow::Borrowed(value), Cow::Owned)
    }
}
