//! Text that came from outside, checked once and trusted after.
//!
//! Every text is kept in Unicode's composed form (NFC), so that what looks the same is the same: `é` is one
//! character, however it was typed.

use std::borrow::Cow;
use std::fmt;
use unicode_normalization::{IsNormalized, UnicodeNormalization as _, is_nfc_quick};
use unicode_properties::{GeneralCategory, UnicodeGeneralCategory as _};

/// Characters in a [`Code`], at most.
pub const CODE_CHARS_MAX: usize = 32;
/// Characters in a [`Line`], at most.
pub const LINE_CHARS_MAX: usize = 200;
/// Bytes in a [`Text`], at most.
pub const TEXT_BYTES_MAX: usize = 8 * 1024;

/// Why a text was not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TextError {
    /// Nothing, or nothing that can be seen.
    #[error("must not be empty")]
    Empty,
    /// Several lines where one belongs.
    #[error("must be one line")]
    SeveralLines,
    /// A control that turns the direction of the text around it, by which a text can be made to look like another.
    #[error("has the character {}, which changes the direction of text and is not allowed", character.escape_unicode())]
    Direction {
        /// The first one found.
        character: char,
    },
    /// More than the limit.
    #[error("is {actual} {unit} long; at most {max} are taken")]
    TooLong {
        /// How much there was.
        actual: usize,
        /// The limit.
        max: usize,
        /// `characters` or `bytes`.
        unit: &'static str,
    },
    /// A character that does not belong.
    #[error("has the character {character:?}, which is not allowed; allowed are {allowed}")]
    Character {
        /// The first one found.
        character: char,
        /// What would have been taken.
        allowed: &'static str,
    },
}

macro_rules! text_type {
    ($(#[$meta:meta])* $name:ident, $check:expr) => {
        $(#[$meta])*
        #[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(String);

        impl $name {
            /// Takes a text, with white space around it removed, or says why not.
            pub fn parse(text: &str) -> Result<$name, TextError> {
                let text = composed(text.trim());
                if !text.chars().any(is_visible) {
                    return Err(TextError::Empty);
                }
                let check: fn(&str) -> Result<(), TextError> = $check;
                check(&text)?;
                Ok($name(text.into_owned()))
            }

            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(&self.0, f)
            }
        }
    };
}

text_type!(
    /// A short name that people type and other records point to: letters (of any script), digits,
    /// `.`, `-`, `_`; at most [`CODE_CHARS_MAX`] characters. Case matters, and of codes with one [`Code::reading`] only one
    /// is defined.
    Code,
    |text| {
        at_most(text.chars().count(), CODE_CHARS_MAX, "characters")?;
        no_turns(text)?;
        let allowed = |c: char| matches!(c, '.' | '-' | '_') || (c.is_alphanumeric() && !is_blank(c));
        match text.chars().find(|&c| !allowed(c)) {
            Some(character) => {
                Err(TextError::Character { character, allowed: "letters, digits, '.', '-' and '_'" })
            }
            None => Ok(()),
        }
    }
);

impl Code {
    /// What a reader takes it for: without regard to case and to the width of letters. Most codes are spelled just so.
    pub fn reading(&self) -> String {
        self.0.nfkc().flat_map(char::to_uppercase).nfc().collect()
    }
}

text_type!(
    /// One line of text, such as a title; at most [`LINE_CHARS_MAX`] characters, no control characters and none
    /// that turn the direction of writing.
    Line,
    |text| {
        at_most(text.chars().count(), LINE_CHARS_MAX, "characters")?;
        if text.contains(['\n', '\u{b}', '\u{c}', '\r', '\u{85}', '\u{2028}', '\u{2029}']) {
            return Err(TextError::SeveralLines);
        }
        no_turns(text)?;
        no_control(text, |_| false)
    }
);

text_type!(
    /// Text of several lines, such as a reason; at most [`TEXT_BYTES_MAX`] bytes of UTF-8.
    Text,
    |text| {
        at_most(text.len(), TEXT_BYTES_MAX, "bytes")?;
        no_control(text, |c| matches!(c, '\n' | '\r' | '\t'))
    }
);

impl Text {
    /// What a reader takes it for: without regard to case, to the width of letters, to space, to what is not seen, and to marks
    /// that are no part of a figure.
    pub fn reading(&self) -> String {
        let is_seen = |c: &char| !c.is_whitespace() && c.general_category() != GeneralCategory::Format;
        let seen: Vec<char> = self.0.nfkc().filter(is_seen).flat_map(char::to_uppercase).nfc().collect();
        let is_figure = |at: Option<usize>| at.and_then(|at| seen.get(at)).is_some_and(|c| c.is_numeric());
        let says_something = |at: usize| {
            let is_of_figure = is_figure(Some(at + 1)) || is_figure(at.checked_sub(1)) && seen[at] == '%';
            seen[at].is_alphanumeric() || is_of_figure
        };
        (0..seen.len()).filter(|at| says_something(*at)).map(|at| seen[at]).collect()
    }
}

fn at_most(actual: usize, max: usize, unit: &'static str) -> Result<(), TextError> {
    if actual > max { Err(TextError::TooLong { actual, max, unit }) } else { Ok(()) }
}

fn no_control(text: &str, allowed: fn(char) -> bool) -> Result<(), TextError> {
    match text.chars().find(|&c| c.is_control() && !allowed(c)) {
        Some(character) => Err(TextError::Character { character, allowed: "printable characters" }),
        None => Ok(()),
    }
}

/// Refuses embeddings, overrides and isolates. The marks that a mixed line needs (U+200E, U+200F) are no such.
fn no_turns(text: &str) -> Result<(), TextError> {
    let turns = |c: &char| matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    match text.chars().find(turns) {
        Some(character) => Err(TextError::Direction { character }),
        None => Ok(()),
    }
}

/// Whether a character shows something by itself. What Unicode has not assigned yet counts as visible: it may be of
/// a later version.
fn is_visible(c: char) -> bool {
    use GeneralCategory::*;
    let shows_nothing = matches!(
        c.general_category(),
        Control
            | Format
            | NonspacingMark
            | EnclosingMark
            | SpacingMark
            | SpaceSeparator
            | LineSeparator
            | ParagraphSeparator
    );
    !shows_nothing && !is_blank(c)
}

/// Letters and symbols that are blank, and what is reserved for characters to be ignored.
fn is_blank(c: char) -> bool {
    matches!(
        c,
        '\u{115f}' | '\u{1160}' | '\u{3164}' | '\u{ffa0}' // Hangul fillers
        | '\u{2800}' // Braille without dots
        | '\u{1d159}' // A note without a head
        | '\u{34f}' | '\u{17b4}' | '\u{17b5}' | '\u{2065}' | '\u{fff0}'..='\u{fff8}' | '\u{e0000}'..='\u{e0fff}'
    )
}

/// A text in composed form (NFC), in which every [`Code`], [`Line`] and [`Text`] is kept.
pub fn composed(text: &str) -> Cow<'_, str> {
    if text.chars().all(is_always_composed) {
        return Cow::Borrowed(text);
    }
    match is_nfc_quick(text.chars()) {
        IsNormalized::Yes => Cow::Borrowed(text),
        _ => Cow::Owned(text.nfc().collect()),
    }
}

/// Whether a character is composed whatever stands beside it, which needs no look into Unicode's tables: what comes before
/// the first combining mark, and Chinese characters.
fn is_always_composed(c: char) -> bool {
    c < '\u{300}' || ('\u{4e00}'..='\u{9fff}').contains(&c)
}

/// A text as it is searched: without regard to case, to the width of letters (`ＤＯＣ` is `doc`), to how they were
/// composed, and to characters that show nothing.
pub fn search_key(text: &str) -> String {
    text.nfkc()
        .flat_map(char::to_uppercase)
        .flat_map(char::to_lowercase)
        .filter(|&c| !(c.general_category() == GeneralCategory::Format || is_blank(c)))
        .nfc()
        .collect()
}

#[cfg(test)]
mod tests;
