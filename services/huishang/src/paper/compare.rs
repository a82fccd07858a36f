//! What a file shows, compared with what the log gives.

use super::document::{Document, Figure, Place};
use crate::language::say;
use domain::ERASED_PREFIX;
use serde_json::{Value, json};

/// The result of a comparison.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Compared {
    /// How many were compared.
    pub(super) figures: usize,
    /// How many could not be, as the copy of the log cannot name people.
    pub(super) hidden: usize,
    pub(super) differences: Vec<Difference>,
}

/// Something that a file shows otherwise than the log gives it; nothing where one of them does not have it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Difference {
    place: Place,
    shown: Option<String>,
    given: Option<String>,
}

/// Compares them one by one.
pub(super) fn compare(shown: &Document, given: &Document) -> Compared {
    let mut compared = Compared::default();
    for at in 0..shown.figures.len().max(given.figures.len()) {
        let (shown, given) = (shown.figures.get(at), given.figures.get(at));
        let value = |figure: Option<&Figure>| figure.map(|figure| figure.value.clone());
        if given.is_some_and(|given| given.value.contains(ERASED_PREFIX)) {
            compared.hidden += 1;
            continue;
        }
        compared.figures += 1;
        if value(shown) != value(given)
            && let Some(one) = given.or(shown)
        {
            let (place, shown, given) = (one.place.clone(), value(shown), value(given));
            compared.differences.push(Difference { place, shown, given });
        }
    }
    compared
}

impl Difference {
    /// For people.
    pub(super) fn sentence(&self) -> String {
        let nothing = || crate::language::text("nothing").to_owned();
        let shown = self.shown.clone().filter(|value| !value.is_empty()).unwrap_or_else(nothing);
        let given = self.given.clone().filter(|value| !value.is_empty()).unwrap_or_else(nothing);
        match &self.place {
            Place::Cell { row, column } => say(
                "row {row}, column {column}: the file has {shown}, the log gives {given}",
                &[("row", row), ("column", column), ("shown", &shown), ("given", &given)],
            ),
            Place::After(before) => say(
                "after \"{before}\": the file has {shown}, the log gives {given}",
                &[("before", before), ("shown", &shown), ("given", &given)],
            ),
        }
    }

    /// For programs.
    pub(super) fn json(&self) -> Value {
        let (row, column, after) = match &self.place {
            Place::Cell { row, column } => (Some(row), Some(column), None),
            Place::After(before) => (None, None, Some(before)),
        };
        json!({ "row": row, "column": column, "after": after, "file": self.shown, "log": self.given })
    }
}
