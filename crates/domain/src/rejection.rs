//! How a rule says no: with a stable reason, a sentence, and the numbers behind it.

use std::fmt;

/// What every aggregate's `Rejection` can tell the outside.
pub trait Refusal: fmt::Display + fmt::Debug + PartialEq + Send + Sync + 'static {
    /// The rule's name as clients see it, `UPPER_SNAKE_CASE`, never changed once released.
    fn reason(&self) -> String;
    /// The figures and names the rule looked at, by field.
    fn details(&self) -> Vec<(&'static str, String)>;
    /// Whether the thing asked about does not exist at all.
    fn is_not_found(&self) -> bool {
        self.reason() == "NOT_FOUND"
    }
}

/// Writes `SessionNotFound` as `SESSION_NOT_FOUND`.
pub(crate) fn upper_snake(name: &str) -> String {
    let mut reason = String::with_capacity(name.len() + 8);
    for (at, letter) in name.char_indices() {
        if at > 0 && letter.is_ascii_uppercase() {
            reason.push('_');
        }
        reason.push(letter.to_ascii_uppercase());
    }
    reason
}

/// Declares an aggregate's `Rejection`: each case with its fields and its sentence.
///
/// Fields must be `Display`. The case `NotFound` maps to the status of that name.
#[macro_export]
macro_rules! rejections {
    ($(#[$meta:meta])* $name:ident { $( $(#[$doc:meta])* $case:ident $({ $($field:ident : $type:ty),+ $(,)? })? = $sentence:literal ),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
        #[expect(missing_docs, reason = "each case's sentence is its documentation")]
        pub enum $name {
            $( $(#[$doc])* #[error($sentence)] $case $({ $($field: $type),+ })? ),+
        }

        impl $crate::Refusal for $name {
            fn reason(&self) -> String {
                $crate::rejection::upper_snake(match self { $( $name::$case { .. } => stringify!($case) ),+ })
            }

            fn details(&self) -> Vec<(&'static str, String)> {
                match self {
                    $( $name::$case $({ $($field),+ })? => vec![ $($( (stringify!($field), $field.to_string()) ),+)? ] ),+
                }
            }
        }
    };
}
