//! Text that came from outside, checked once and trusted after.

use std::fmt;

/// Characters in a [`Code`], at most.
pub const CODE_CHARS_MAX: usize = 32;
/// Characters in a [`Line`], at most.
pub const LINE_CHARS_MAX: usize = 200;
/// Bytes in a [`Text`], at most.
pub const TEXT_BYTES_MAX: usize = 8 * 1024;

/// Why a text was not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TextError {
    /// Nothing, or only white space.
    #[error("must not be empty")]
    Empty,
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
                let text = text.trim();
                if text.is_empty() {
                    return Err(TextError::Empty);
                }
                let check: fn(&str) -> Result<(), TextError> = $check;
                check(text)?;
                Ok($name(text.to_owned()))
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
    /// `.`, `-`, `_`; at most [`CODE_CHARS_MAX`] characters. Case matters.
    Code,
    |text| {
        at_most(text.chars().count(), CODE_CHARS_MAX, "characters")?;
        match text.chars().find(|c| !(c.is_alphanumeric() || matches!(c, '.' | '-' | '_'))) {
            Some(character) => {
                Err(TextError::Character { character, allowed: "letters, digits, '.', '-' and '_'" })
            }
            None => Ok(()),
        }
    }
);

text_type!(
    /// One line of text, such as a title; at most [`LINE_CHARS_MAX`] characters, no control characters.
    Line,
    |text| {
        at_most(text.chars().count(), LINE_CHARS_MAX, "characters")?;
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

fn at_most(actual: usize, max: usize, unit: &'static str) -> Result<(), TextError> {
    if actual > max { Err(TextError::TooLong { actual, max, unit }) } else { Ok(()) }
}

fn no_control(text: &str, allowed: fn(char) -> bool) -> Result<(), TextError> {
    match text.chars().find(|&c| c.is_control() && !allowed(c)) {
        Some(character) => Err(TextError::Character { character, allowed: "printable characters" }),
        None => Ok(()),
    }
}
