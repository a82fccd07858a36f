//! How a rule refuses: with a stable reason, a sentence, and the figures it was decided on.

use std::convert::Infallible;
use std::fmt;

/// A reason, and the keys of the details that come with it.
pub type CatalogEntry = (&'static str, &'static [&'static str]);

/// What every aggregate's `Rejection` can report to a client.
pub trait Refusal: fmt::Display + fmt::Debug + PartialEq + Send + Sync + 'static {
    /// Every reason there is, in the order of the cases. The protos list them for clients, and a test
    /// compares the two.
    const CATALOG: &'static [CatalogEntry];
    /// The reason as clients see it, such as `NO_QUORUM`; never changed once released.
    fn reason(&self) -> &'static str;
    /// The figures and names that the rule looked at, by key.
    fn details(&self) -> Vec<(&'static str, String)>;
    /// Whether the thing addressed does not exist at all.
    fn is_not_found(&self) -> bool {
        self.reason().ends_with("NOT_FOUND")
    }
}

/// Of what is never refused.
impl Refusal for Infallible {
    const CATALOG: &'static [CatalogEntry] = &[];

    fn reason(&self) -> &'static str {
        match *self {}
    }

    fn details(&self) -> Vec<(&'static str, String)> {
        match *self {}
    }
}

/// Declares an aggregate's `Rejection`: each case with its reason, its details and its sentence.
///
/// Details must be `Display`; their names are the keys that clients see. A reason that is or ends with
/// `NOT_FOUND` becomes the status of that name, every other one `FAILED_PRECONDITION`.
#[macro_export]
macro_rules! rejections {
    ($(#[$meta:meta])* $name:ident { $( $(#[$doc:meta])* $case:ident($reason:literal) $({ $($field:ident : $type:ty),+ $(,)? })? = $sentence:literal ),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
        #[expect(missing_docs, reason = "each case's sentence is its documentation")]
        pub enum $name {
            $( $(#[$doc])* #[error($sentence)] $case $({ $($field: $type),+ })? ),+
        }

        impl $crate::Refusal for $name {
            const CATALOG: &'static [$crate::rejection::CatalogEntry] =
                &[$( ($reason, &[$($( stringify!($field) ),+)?]) ),+];

            fn reason(&self) -> &'static str {
                match self { $( $name::$case { .. } => $reason ),+ }
            }

            fn details(&self) -> Vec<(&'static str, String)> {
                match self {
                    $( $name::$case $({ $($field),+ })? => vec![ $($( (stringify!($field), $field.to_string()) ),+)? ] ),+
                }
            }
        }
    };
}
