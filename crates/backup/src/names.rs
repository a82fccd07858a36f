//! The names of objects, and which segments make up a backup.

use std::collections::BTreeMap;

/// The folder of segments.
pub(crate) const SEGMENTS: &str = "segments";
/// The folder of heads.
pub(crate) const HEADS: &str = "heads";

/// The records of one segment, which are its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Span {
    pub(crate) first: u64,
    pub(crate) last: u64,
}

impl Span {
    pub(crate) fn object(self) -> String {
        format!("{SEGMENTS}/{:020}-{:020}.segment", self.first, self.last)
    }

    /// Reads the name of an object in the folder of segments; `None` if it is no segment's.
    pub(crate) fn parse(name: &str) -> Option<Span> {
        let (first, last) = name.strip_suffix(".segment")?.split_once('-')?;
        let span = Span { first: position(first)?, last: position(last)? };
        (span.first >= 1 && span.first <= span.last).then_some(span)
    }
}

pub(crate) fn head_object(position: u64) -> String {
    format!("{HEADS}/{position:020}.head")
}

/// Reads the name of an object in the folder of heads; `None` if it is no head's.
pub(crate) fn parse_head(name: &str) -> Option<u64> {
    position(name.strip_suffix(".head")?)
}

fn position(digits: &str) -> Option<u64> {
    (digits.len() == 20).then(|| digits.parse().ok()).flatten()
}

/// The segments that follow each other from record 1 as far as possible. Of several that begin with the same record,
/// or of which one begins inside another, those are taken that reach farthest, and of these the longest.
pub(crate) fn path(spans: impl IntoIterator<Item = Span>) -> Vec<Span> {
    let mut spans: Vec<Span> = spans.into_iter().collect();
    spans.sort_unstable();
    // The segment by which each position is reached; the one that begins first is the longest.
    let mut reached_by: BTreeMap<u64, Span> = BTreeMap::new();
    for span in spans {
        if span.first == 1 || reached_by.contains_key(&(span.first - 1)) {
            reached_by.entry(span.last).or_insert(span);
        }
    }
    let mut end = reached_by.last_key_value().map_or(0, |(end, _)| *end);
    let mut path = Vec::new();
    while let Some(span) = reached_by.get(&end) {
        path.push(*span);
        end = span.first - 1;
    }
    path.reverse();
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spans(spans: &[(u64, u64)]) -> Vec<Span> {
        spans.iter().map(|&(first, last)| Span { first, last }).collect()
    }

    #[test]
    fn the_segments_that_follow_each_other_are_found_whatever_else_is_there() {
        for (there, taken) in [
            (vec![], vec![]),
            (vec![(2, 5)], vec![]),
            (vec![(1, 3), (4, 9)], vec![(1, 3), (4, 9)]),
            // Two runs at once, of which the longer segment leads nowhere.
            (vec![(1, 3), (1, 5), (4, 9)], vec![(1, 3), (4, 9)]),
            // Put together: the longer one is taken, and the shorter ones may go.
            (vec![(1, 3), (4, 6), (4, 9), (7, 9), (10, 12)], vec![(1, 3), (4, 9), (10, 12)]),
            (vec![(1, 3), (5, 9)], vec![(1, 3)]),
        ] {
            assert_eq!(path(spans(&there)), spans(&taken), "of {there:?}");
        }
    }

    #[test]
    fn a_name_is_read_as_it_is_written() {
        let span = Span { first: 7, last: 16_400 };
        assert_eq!(Span::parse(span.object().strip_prefix("segments/").unwrap()), Some(span));
        assert_eq!(parse_head(head_object(12).strip_prefix("heads/").unwrap()), Some(12));
        for other in ["", "x.segment", "1-2.segment", "00000000000000000002-00000000000000000001.segment"] {
            assert_eq!(Span::parse(other), None);
        }
    }
}
