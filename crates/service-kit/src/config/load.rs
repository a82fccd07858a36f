//! Where settings come from, and what is wrong with them.

use super::environment::{self, Scalar, Variable, in_environment};
use super::{Config, check};
use figment::error::Kind as Fault;
use figment::providers::{Format as _, Serialized, Toml};
use figment::value::{Dict, Map};
use figment::{Figment, Metadata, Profile, Provider, Source};
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::Path;

/// The name of the source that overrides all others.
const COMMAND_LINE: &str = "the command line";

/// What is wrong with the configuration: which setting, what about it, and where it comes from.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{}{why}{}",
    key.as_ref().map(|key| format!("{key} ")).unwrap_or_default(),
    origin.as_ref().map(|origin| format!(" ({origin})")).unwrap_or_default()
)]
pub struct ConfigError {
    key: Option<String>,
    why: String,
    origin: Option<String>,
}

impl ConfigError {
    /// A setting that does not fit; `why` continues its name.
    pub fn new(key: &str, why: impl Into<String>) -> ConfigError {
        ConfigError::of(key, why, None)
    }

    pub(super) fn of(key: &str, why: impl Into<String>, origin: Option<String>) -> ConfigError {
        ConfigError { key: Some(key.to_owned()), why: why.into(), origin }
    }

    pub(super) fn general(why: impl Into<String>) -> ConfigError {
        ConfigError { key: None, why: why.into(), origin: None }
    }
}

/// What a setting is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Number,
    Flag,
}

/// Every setting, by its name in a file with dots: `identity.jwks`.
pub(super) struct Settings(BTreeMap<String, Kind>);

impl Settings {
    /// All of [`Config`].
    pub(super) fn known() -> Settings {
        let mut settings = BTreeMap::new();
        // Nothing in the defaults cannot be written as JSON.
        collect("", &serde_json::to_value(Config::default()).unwrap_or_default(), &mut settings);
        Settings(settings)
    }

    pub(super) fn keys(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    pub(super) fn kind(&self, key: &str) -> Option<Kind> {
        self.0.get(key).copied()
    }

    pub(super) fn has_section(&self, section: &str) -> bool {
        self.keys().any(|key| key.split_once('.').is_some_and(|(first, _)| first == section))
    }

    fn nearest(&self, key: &str) -> Option<&str> {
        self.keys().min_by_key(|known| strsim::damerau_levenshtein(known, key))
    }
}

fn collect(path: &str, value: &Value, settings: &mut BTreeMap<String, Kind>) {
    let kind = match value {
        Value::Object(members) => {
            for (name, value) in members {
                let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                collect(&path, value, settings);
            }
            return;
        }
        Value::Number(_) => Kind::Number,
        Value::Bool(_) => Kind::Flag,
        // What is not set by default is a text.
        Value::Null | Value::String(_) | Value::Array(_) => Kind::Text,
    };
    settings.insert(path.to_owned(), kind);
}

/// Values with the name of their source.
struct Named<P> {
    values: P,
    name: String,
}

impl<P: Provider> Provider for Named<P> {
    fn metadata(&self) -> Metadata {
        Metadata::named(self.name.clone())
    }
    fn data(&self) -> Result<Map<Profile, Dict>, figment::Error> {
        self.values.data()
    }
}

impl Config {
    /// Reads the defaults, then the file, then `HUISHANG_…`, then the flags. What makes no sense is refused.
    #[expect(clippy::disallowed_methods, reason = "this is where settings are read")]
    pub fn load(file: Option<&Path>, flags: impl Serialize) -> Result<Config, ConfigError> {
        Config::load_from(file, std::env::vars_os(), flags)
    }

    /// The same, with these variables as the environment.
    pub(super) fn load_from(
        file: Option<&Path>,
        variables: impl IntoIterator<Item = (OsString, OsString)>,
        flags: impl Serialize,
    ) -> Result<Config, ConfigError> {
        let known = Settings::known();
        let variables = environment::settings(variables, &known)?;
        let mut figment = Figment::from(Serialized::defaults(Config::default()));
        if let Some(file) = file {
            figment = figment.merge(Toml::file_exact(file));
        }
        for Variable { name, key, value } in &variables {
            let values = Serialized::default(key, value);
            figment = figment.merge(Named { values, name: in_environment(name) });
        }
        let values = Serialized::defaults(flags);
        figment = figment.merge(Named { values, name: COMMAND_LINE.to_owned() });
        let config: Config = figment.extract().map_err(|error| unreadable(&figment, error, &known))?;
        check::check(&config).map_err(|nonsense| {
            let origin = origin(&figment, nonsense.key, &variables);
            ConfigError::of(nonsense.key, nonsense.why, origin)
        })?;
        Ok(config)
    }

    /// Variables of the environment that begin with `HUISHANG_` and are neither settings nor made by Kubernetes.
    #[expect(clippy::disallowed_methods, reason = "this is where settings are read")]
    pub fn variables_passed_over() -> Vec<String> {
        environment::foreign(std::env::vars_os(), &Settings::known())
    }
}

/// Where the value of a setting comes from, unless it is the default.
fn origin(figment: &Figment, key: &str, variables: &[Variable]) -> Option<String> {
    let metadata = figment.find_metadata(key)?;
    // The command line also reads the environment, and passes on what it finds.
    let variable = variables.iter().find(|variable| {
        let value = figment.find_value(key).ok();
        let text = value.as_ref().and_then(|value| value.as_str());
        variable.key == key && matches!(&variable.value, Scalar::Text(given) if Some(given.as_str()) == text)
    });
    match variable {
        Some(variable) if metadata.name == COMMAND_LINE => Some(in_environment(&variable.name)),
        _ => described(metadata),
    }
}

fn described(metadata: &Metadata) -> Option<String> {
    match &metadata.source {
        Some(Source::File(file)) => Some(file.display().to_string()),
        Some(Source::Code(_)) => None,
        _ => Some(metadata.name.clone().into_owned()),
    }
}

/// What cannot be read as a configuration at all.
fn unreadable(figment: &Figment, error: figment::Error, known: &Settings) -> ConfigError {
    let key = error.path.join(".");
    let metadata = error.metadata.as_ref().or_else(|| figment.find_metadata(&key));
    let origin = metadata.and_then(described);
    if key.is_empty() {
        return ConfigError { key: None, why: without_source(&error.kind.to_string()), origin };
    }
    let why = match &error.kind {
        Fault::UnknownField(..) => match known.nearest(&key) {
            Some(nearest) => format!("is no setting; the nearest is {nearest}"),
            None => "is no setting".to_owned(),
        },
        Fault::InvalidType(..) if known.kind(&key) == Some(Kind::Text) => {
            format!("is a text and must be in quotes: {}", error.kind)
        }
        kind => format!("has a value that does not fit: {kind}"),
    };
    ConfigError { key: Some(key), why, origin }
}

/// What a parser says, without the lines of the file that it shows under `|`: they may hold a password.
fn without_source(said: &str) -> String {
    let is_quoted = |line: &&str| {
        line.trim_start_matches(|c: char| c.is_ascii_digit() || c.is_whitespace()).starts_with('|')
    };
    let lines: Vec<&str> = said.lines().filter(|line| !is_quoted(line)).map(str::trim).collect();
    lines.join("; ").trim_end_matches("; ").to_owned()
}
