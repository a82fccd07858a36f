//! English and Chinese: which one a person reads, and the one catalogue of what is said in Chinese.
//!
//! English is written where it is meant: in the comments of the protos, in the messages of refusals, in the code.
//! The files in `words/` have the Chinese for it, one file for each context, `console.toml` for the pages, `demo.toml` for
//! the demo's story, and `platform.toml` for the rest:
//!
//! - `[reason]`: the sentence for a reason of refusal, with the reason's details in braces;
//! - `[detail.NAME]`: the words that a detail can be;
//! - `[command.RPC]`: the help of a command, and in both languages what is so once it was carried out, with fields of
//!   the answer in braces, or of the request after `request.`;
//! - `[value.ENUM]`: the word for each value;
//! - `[label]`: the name of a field, for all messages or for one as `Message.field`;
//! - `[help]`: a comment on a field, sentence for sentence: a comment that changes loses its Chinese;
//! - `[said."Message.field"]`: what a service says in a field of its answer; what differs is in braces;
//! - `[fault]`: what a service or a library says is wrong; what differs is in braces;
//! - `[event]`: what a stored event says that has happened, by its name, in `platform.toml`;
//! - `[text]`: the sentences of the command line itself;
//! - `[page]`: the sentences of the pages.

mod catalogue;
mod template;
#[cfg(test)]
mod tests;

use catalogue::{CATALOGUE, Words};
use prost_reflect::{EnumValueDescriptor, FieldDescriptor, FileDescriptor, MethodDescriptor};
use proto::contract;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::str::FromStr;

pub use template::fill;

/// A language that people are spoken to in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Language {
    /// English.
    #[default]
    English,
    /// 中文
    Chinese,
}

/// A language other than `en` and `zh`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is neither en nor zh")]
pub struct UnknownLanguage(String);

impl FromStr for Language {
    type Err = UnknownLanguage;

    fn from_str(name: &str) -> Result<Language, UnknownLanguage> {
        match name {
            "en" => Ok(Language::English),
            "zh" => Ok(Language::Chinese),
            other => Err(UnknownLanguage(other.to_owned())),
        }
    }
}

/// The sentences of the command line that there is Chinese for.
pub fn sentences() -> impl Iterator<Item = &'static str> {
    CATALOGUE.all().flat_map(|words| words.text.keys()).map(String::as_str)
}

/// The sentences of the pages that there is Chinese for.
pub fn page_sentences() -> impl Iterator<Item = &'static str> {
    CATALOGUE.console().page.keys().map(String::as_str)
}

impl Language {
    /// The language of the locale: the first of LC_ALL, LC_MESSAGES and LANG that is set decides; `zh` with
    /// anything after it is Chinese, everything else is English.
    pub fn of_locale(variable: impl Fn(&str) -> Option<String>) -> Language {
        let set = |name| variable(name).filter(|value| !value.is_empty());
        let locale = ["LC_ALL", "LC_MESSAGES", "LANG"].into_iter().find_map(set).unwrap_or_default();
        let language = locale.split(['_', '-', '.', '@']).next().unwrap_or_default();
        if language.eq_ignore_ascii_case("zh") { Language::Chinese } else { Language::English }
    }

    /// The Chinese name of a field; none in English, where it is that of the proto.
    pub fn label(self, field: &FieldDescriptor) -> Option<&'static str> {
        let own = format!("{}.{}", field.parent_message().name(), field.name());
        let words = self.words(&field.parent_message().parent_file())?;
        words.label(&own).or_else(|| words.label(field.name()))
    }

    /// The Chinese for a comment on a field.
    pub fn help(self, comment: &str) -> Option<&'static str> {
        self.find(|words| words.help.get(comment)).map(String::as_str)
    }

    /// The Chinese word for an enum's value; none in English, where it is the one on the command line.
    pub fn value(self, value: &EnumValueDescriptor) -> Option<&'static str> {
        let (words, choice) = (self.words(&value.parent_enum().parent_file())?, value.parent_enum());
        let values =
            [words, CATALOGUE.platform()].into_iter().find_map(|words| words.value.get(choice.name()))?;
        values.get(&contract::value_name(value)).map(String::as_str)
    }

    /// The Chinese help of a command.
    pub fn command_help(self, method: &MethodDescriptor) -> Option<&'static str> {
        Some(&self.words(&method.parent_service().parent_file())?.command.get(method.name())?.zh)
    }

    /// What is so once a command was carried out, whether it changed something or not; for [`fill`].
    pub fn done(self, method: &MethodDescriptor) -> Option<&'static str> {
        let command = CATALOGUE.of_file(&method.parent_service().parent_file()).command.get(method.name())?;
        match self {
            Language::English => command.done.as_deref(),
            Language::Chinese => command.done_zh.as_deref(),
        }
    }

    /// A refusal in Chinese; none in English, where it is the service's message.
    pub fn reason(self, domain: &str, reason: &str, details: &BTreeMap<&str, &str>) -> Option<String> {
        let words = self.words_of_package(domain)?;
        let sentence = words.reason.get(reason)?;
        let detail = |name: &str| details.get(name).map(|value| words.detail(name, value).into_owned());
        Some(template::fill_in_chinese(sentence, detail))
    }

    /// What a service says in a field of its answer.
    pub fn said(self, field: &FieldDescriptor, sentence: String) -> String {
        let templates = || {
            let words = self.words(&field.parent_message().parent_file())?;
            words.said.get(&format!("{}.{}", field.parent_message().name(), field.name()))
        };
        templates().and_then(|said| template::translate_deeply(said, &sentence)).unwrap_or(sentence)
    }

    /// What is wrong, as a library or a service says it: as a whole, or else each of the parts between its colons.
    pub fn fault(self, description: &str) -> Cow<'_, str> {
        if let Some(translated) = self.find(|words| template::translate_deeply(&words.fault, description)) {
            return Cow::Owned(translated);
        }
        match description.split_once(": ") {
            Some((before, after)) if self == Language::Chinese => {
                Cow::Owned(format!("{}：{}", self.fault(before), self.fault(after)))
            }
            _ => Cow::Borrowed(description),
        }
    }

    /// A sentence of the command line.
    pub fn text(self, english: &str) -> &str {
        self.find(|words| words.text.get(english)).map_or(english, String::as_str)
    }

    /// A sentence of the pages.
    pub fn page(self, english: &str) -> &str {
        let chinese = || CATALOGUE.console().page.get(english).map(String::as_str);
        if self == Language::Chinese { chinese().unwrap_or(english) } else { english }
    }

    fn words(self, file: &FileDescriptor) -> Option<&'static Words> {
        self.words_of_package(file.package_name())
    }

    fn words_of_package(self, package: &str) -> Option<&'static Words> {
        (self == Language::Chinese).then(|| CATALOGUE.of_package(package))
    }

    fn find<T>(self, find: impl Fn(&'static Words) -> Option<T>) -> Option<T> {
        if self == Language::English {
            return None;
        }
        CATALOGUE.all().find_map(find)
    }
}
