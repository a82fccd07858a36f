//! Equipment (设备): what a room has, and what a session needs. One rule says what is missing, whoever asks for a room.

use crate::Line;
use crate::text::search_key;
use std::collections::BTreeMap;

/// Pieces of equipment, each once, without regard to case and to the width of letters: `ＶＩＤＥＯ` is `video`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Equipment(BTreeMap<String, Line>);

impl Equipment {
    /// What of this is not there.
    pub fn missing_from<'a>(&'a self, there: &'a Equipment) -> impl Iterator<Item = &'a Line> {
        self.0.iter().filter(|(key, _)| !there.0.contains_key(*key)).map(|(_, piece)| piece)
    }
}

impl<'l> FromIterator<&'l Line> for Equipment {
    fn from_iter<I: IntoIterator<Item = &'l Line>>(pieces: I) -> Equipment {
        let mut kept = BTreeMap::new();
        for piece in pieces {
            kept.entry(search_key(piece.as_str())).or_insert_with(|| piece.clone());
        }
        Equipment(kept)
    }
}

/// These, and those of the others that are not among them.
pub(super) fn joined(own: &[Line], others: &[Line]) -> Vec<Line> {
    let (known, more) = (Equipment::from_iter(own), Equipment::from_iter(others));
    own.iter().chain(more.missing_from(&known)).cloned().collect()
}

/// Names, as a refusal lists them.
pub(super) fn listed<T: ToString>(names: impl IntoIterator<Item = T>) -> String {
    names.into_iter().map(|name| name.to_string()).collect::<Vec<_>>().join(", ")
}
