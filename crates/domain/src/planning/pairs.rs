//! Whom two meetings share.

use super::problem::Meeting;

/// Persons whom two meetings share.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Shared {
    /// Required in both.
    pub(super) required: i64,
    /// In both, and not required in both.
    pub(super) torn: i64,
    /// In both.
    pub(super) persons: i64,
}

impl Shared {
    /// Persons whom these two share.
    pub(super) fn between(one: &Meeting, other: &Meeting) -> Shared {
        let among = |persons: &[u32], others: &[u32]| {
            persons.iter().filter(|person| others.contains(person)).count() as i64
        };
        let required = among(&one.required, &other.required);
        let torn = among(&one.required, &other.preferred)
            + among(&one.preferred, &other.required)
            + among(&one.preferred, &other.preferred);
        Shared { required, torn, persons: required + torn }
    }
}
