//! Settings in the environment: `HUISHANG_IDENTITY__JWKS` is `identity.jwks`.

use super::load::{ConfigError, Kind, Settings};
use serde::Serialize;
use std::ffi::OsString;

const PREFIX: &str = "HUISHANG_";
/// Between a section and a name.
const SEPARATOR: &str = "__";
/// What the command line reads by itself.
const READ_ELSEWHERE: [&str; 7] = [
    "HUISHANG_CA_FILE",
    "HUISHANG_CERT_FILE",
    "HUISHANG_CONFIG",
    "HUISHANG_KEY_FILE",
    "HUISHANG_LANG",
    "HUISHANG_SERVER",
    "HUISHANG_TOKEN",
];

/// A setting from the environment.
#[derive(Debug, PartialEq)]
pub(super) struct Variable {
    /// Its name there.
    pub(super) name: String,
    /// Its name in a file, such as `identity.jwks`.
    pub(super) key: String,
    pub(super) value: Scalar,
}

/// A value, in the type of its setting: a text stays one even if it looks like a number.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub(super) enum Scalar {
    Text(String),
    Number(u64),
    Flag(bool),
}

/// What a variable whose name begins with ours is.
#[derive(Debug, PartialEq)]
enum Meaning {
    /// The setting with this key.
    Setting(String),
    /// Meant for us, but there is no such setting; the variable with the nearest name.
    Unknown { nearest: String },
    /// Read in another place, or made by Kubernetes for a Service with our name.
    Elsewhere,
    /// Nothing of ours.
    Foreign,
}

/// The settings among some variables.
pub(super) fn settings(
    variables: impl IntoIterator<Item = (OsString, OsString)>,
    known: &Settings,
) -> Result<Vec<Variable>, ConfigError> {
    let mut found = Vec::new();
    for (name, value) in ours(variables) {
        match meaning(&name, &value, known) {
            Meaning::Setting(key) => found.push(variable(name, key, value, known)?),
            Meaning::Unknown { nearest } => {
                let why =
                    format!("the environment has {name}, which is no setting; the nearest is {nearest}");
                return Err(ConfigError::general(why));
            }
            Meaning::Elsewhere | Meaning::Foreign => {}
        }
    }
    Ok(found)
}

/// The names of variables that begin like ours and mean nothing here.
pub(super) fn foreign(
    variables: impl IntoIterator<Item = (OsString, OsString)>,
    known: &Settings,
) -> Vec<String> {
    let ours = ours(variables);
    ours.filter(|(name, value)| meaning(name, value, known) == Meaning::Foreign)
        .map(|(name, _)| name)
        .collect()
}

/// The name of a setting in the environment.
pub(super) fn name_of(key: &str) -> String {
    format!("{PREFIX}{}", key.replace('.', SEPARATOR).to_uppercase())
}

fn ours(
    variables: impl IntoIterator<Item = (OsString, OsString)>,
) -> impl Iterator<Item = (String, OsString)> {
    let named = variables.into_iter().filter_map(|(name, value)| Some((name.into_string().ok()?, value)));
    named.filter(|(name, _)| name.starts_with(PREFIX))
}

fn variable(name: String, key: String, value: OsString, known: &Settings) -> Result<Variable, ConfigError> {
    let refused = |why: &str| Err(ConfigError::of(&key, why, Some(in_environment(&name))));
    let Ok(text) = value.into_string() else { return refused("must be UTF-8") };
    let value = match known.kind(&key) {
        Some(Kind::Number) => match text.trim().parse() {
            Ok(number) => Scalar::Number(number),
            Err(_) => return refused(&format!("must be a whole number, and is {text:?}")),
        },
        Some(Kind::Flag) => match text.trim().parse() {
            Ok(flag) => Scalar::Flag(flag),
            Err(_) => return refused(&format!("must be true or false, and is {text:?}")),
        },
        Some(Kind::Text) | None => Scalar::Text(text),
    };
    Ok(Variable { name, key, value })
}

/// How an error says where a value comes from.
pub(super) fn in_environment(name: &str) -> String {
    format!("{name} in the environment")
}

fn meaning(name: &str, value: &OsString, known: &Settings) -> Meaning {
    if READ_ELSEWHERE.contains(&name) {
        return Meaning::Elsewhere;
    }
    if let Some(key) = known.keys().find(|key| name_of(key) == name) {
        return Meaning::Setting(key.to_owned());
    }
    if is_of_kubernetes(name, value) {
        return Meaning::Elsewhere;
    }
    let names = known.keys().map(name_of).chain(READ_ELSEWHERE.map(str::to_owned));
    let Some((distance, nearest)) = names.map(|other| (distance(name, &other), other)).min() else {
        return Meaning::Foreign;
    };
    let section = name.strip_prefix(PREFIX).and_then(|rest| rest.split_once(SEPARATOR));
    let is_ours = section.is_some_and(|(section, _)| known.has_section(&section.to_lowercase()));
    if is_ours || distance <= slip_max(&nearest) { Meaning::Unknown { nearest } } else { Meaning::Foreign }
}

/// Letters that differ, when capitals and the number of underscores do not count.
fn distance(one: &str, other: &str) -> usize {
    let plain = |name: &str| name.to_uppercase().replace(SEPARATOR, "_");
    strsim::damerau_levenshtein(&plain(one), &plain(other))
}

/// How many letters a slip of the pen may change.
fn slip_max(name: &str) -> usize {
    const SHORT_NAME_CHARS: usize = 5;
    if name.len() <= PREFIX.len() + SHORT_NAME_CHARS { 1 } else { 2 }
}

/// Whether Kubernetes puts a variable like this into every pod, for a Service whose name begins with `huishang`:
/// `…_SERVICE_HOST`, `…_SERVICE_PORT`, `…_SERVICE_PORT_GRPC`, `…_PORT=tcp://…`, `…_PORT_7400_TCP_ADDR`.
fn is_of_kubernetes(name: &str, value: &OsString) -> bool {
    let words: Vec<&str> = name.split('_').collect();
    if words.ends_with(&["SERVICE", "HOST"]) || words.windows(2).any(|pair| pair == ["SERVICE", "PORT"]) {
        return true;
    }
    let is_number = |word: &str| word.parse::<u16>().is_ok();
    let is_protocol = |word: &str| matches!(word, "TCP" | "UDP" | "SCTP");
    match words[..] {
        [.., "PORT", port, protocol] | [.., "PORT", port, protocol, "PROTO" | "PORT" | "ADDR"] => {
            is_number(port) && is_protocol(protocol)
        }
        [.., "PORT"] => value.to_str().is_some_and(|value| value.contains("://")),
        _ => false,
    }
}
