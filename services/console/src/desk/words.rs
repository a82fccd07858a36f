//! What is said on pages, in the reader's language.

use client::Language;
use client::language::fill;
use proto::contract::{descriptors, value_name};

/// A sentence of the pages that is looked up where it is shown, later: the test that every one has its Chinese finds it here.
pub(super) const fn said(text: &'static str) -> &'static str {
    text
}

/// The words of one language.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Words(pub(crate) Language);

impl Words {
    /// A sentence of the pages.
    pub(crate) fn t<'a>(&self, english: &'a str) -> &'a str {
        self.0.page(english)
    }

    /// A sentence with values in the places of the names in braces.
    pub(crate) fn say(&self, english: &str, values: &[(&str, &dyn ToString)]) -> String {
        fill(self.t(english), |name| {
            values.iter().find(|(known, _)| *known == name).map(|(_, value)| value.to_string())
        })
    }

    /// The tag of the language in HTML.
    pub(super) fn tag(&self) -> &'static str {
        if self.is_chinese() { "zh-CN" } else { "en" }
    }

    pub(super) fn is_chinese(&self) -> bool {
        self.0 == Language::Chinese
    }

    /// The word for a value of an enum such as `huishang.resolution.v1.ItemStage`; nothing for an unspecified one.
    pub(super) fn value(&self, kind: &str, number: i32) -> String {
        let value = descriptors().get_enum_by_name(kind).and_then(|kind| kind.get_value(number));
        let Some(value) = value.filter(|value| value.number() != 0) else { return String::new() };
        match self.0.value(&value) {
            Some(word) => word.to_owned(),
            None => capitalized(&value_name(&value).to_lowercase().replace('_', " ")),
        }
    }

    /// The values of an enum, each with its name and its word.
    pub(super) fn values(&self, kind: &str) -> Vec<(String, String)> {
        let Some(known) = descriptors().get_enum_by_name(kind) else { return Vec::new() };
        let values = known.values().filter(|value| value.number() != 0);
        values.map(|value| (value.name().to_owned(), self.value(kind, value.number()))).collect()
    }

    /// The word for a role, by its name in a token.
    pub(super) fn role(&self, name: &str) -> String {
        let known = descriptors().get_enum_by_name("huishang.api.v1.Role").and_then(|kind| {
            let full = format!("ROLE_{}", name.to_uppercase().replace('-', "_"));
            kind.get_value_by_name(&full).map(|value| value.number())
        });
        known.map_or_else(|| name.to_owned(), |number| self.value("huishang.api.v1.Role", number))
    }

    /// What a service said in a field of a message such as `huishang.deliberation.v1.Ballot`.
    pub(super) fn told(&self, message: &str, field: &str, sentence: &str) -> String {
        let field =
            descriptors().get_message_by_name(message).and_then(|message| message.get_field_by_name(field));
        field.map_or_else(|| sentence.to_owned(), |field| self.0.said(&field, sentence.to_owned()))
    }

    /// Names in a row.
    pub(super) fn list(&self, names: &[String]) -> String {
        names.join(if self.is_chinese() { "、" } else { ", " })
    }
}

/// A word with a capital letter in front.
pub(super) fn capitalized(word: &str) -> String {
    let mut letters = word.chars();
    letters
        .next()
        .map(|first| first.to_uppercase().collect::<String>() + letters.as_str())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests;
