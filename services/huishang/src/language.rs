//! The language in which this process speaks to people: chosen once, before the command line is read.

use client::Language;
use client::language::fill;
use std::ffi::OsString;
use std::fmt::Display;
use std::sync::atomic::{AtomicBool, Ordering};

/// The variable that chooses the language, as `--lang` does.
pub const VARIABLE: &str = "HUISHANG_LANG";

static CHINESE: AtomicBool = AtomicBool::new(false);

/// The language that is spoken.
pub fn current() -> Language {
    #[cfg(test)]
    if let Some(language) = tests::OF_THIS_TEST.get() {
        return language;
    }
    if CHINESE.load(Ordering::Relaxed) { Language::Chinese } else { Language::English }
}

/// Speaks this language from now on.
pub fn speak(language: Language) {
    CHINESE.store(language == Language::Chinese, Ordering::Relaxed);
}

/// The language that a command line and its environment choose: `--lang`, or else HUISHANG_LANG, or else the locale.
/// It is needed before the command line can be read, because its faults are told in it; a name that is no language is
/// a fault of the command line.
pub fn chosen(arguments: &[OsString], variable: impl Fn(&str) -> Option<String>) -> Language {
    let mut words = arguments.iter().filter_map(|word| word.to_str()).take_while(|word| *word != "--");
    let flag = words.find_map(|word| word.strip_prefix("--lang")).map(str::to_owned);
    let flag = match flag.as_deref() {
        Some("") => words.next().map(str::to_owned),
        Some(value) => value.strip_prefix('=').map(str::to_owned),
        None => None,
    };
    let named = flag.or_else(|| variable(VARIABLE)).and_then(|name| name.parse().ok());
    named.unwrap_or_else(|| Language::of_locale(variable))
}

/// The language of this name; the one that is spoken if the name is empty, as that of a variable without a value is.
pub fn parse(name: &str) -> Result<Language, String> {
    if name.is_empty() {
        Ok(current())
    } else {
        name.parse().map_err(|error: client::language::UnknownLanguage| error.to_string())
    }
}

/// A sentence in the language that is spoken.
pub fn text(english: &str) -> &str {
    current().text(english)
}

/// A sentence with values in place of the names in its braces.
pub fn say(english: &str, values: &[(&str, &dyn Display)]) -> String {
    let value =
        |name: &str| values.iter().find(|(known, _)| *known == name).map(|(_, value)| value.to_string());
    fill(text(english), value)
}

#[cfg(test)]
pub mod tests;
