//! The passages of a text, and how a change of one text is carried over to another.
//!
//! A passage is a sentence or a line. Two texts differ from the first passage in which they do to the last: that is the one
//! place that changes, however little of it is another word. White space between passages makes no difference.

use crate::Text;
use std::ops::Range;

/// What ends a sentence wherever it stands.
const ENDS: [char; 5] = ['。', '！', '？', '；', '…'];
/// What ends one where white space follows, or nothing.
const ENDS_BEFORE_SPACE: [char; 4] = ['.', '!', '?', ';'];
/// What still belongs to the sentence that has ended.
const CLOSING: [char; 8] = ['”', '’', '」', '』', '）', ')', '"', '\''];

/// How a text is made of two: the beginning and the end of one, and between them a piece of the other. Numbers of bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Splice {
    /// Up to where the first is kept.
    pub kept_until: u32,
    /// From where the other goes on.
    pub own_from: u32,
    /// Up to where the other goes on.
    pub own_until: u32,
    /// From where the first is kept again.
    pub kept_from: u32,
}

impl Splice {
    /// The text that is made of these two; `None` when it is none, or larger than a text may be.
    pub fn of(&self, kept: &Text, own: &Text) -> Option<Text> {
        let piece = |text: &'_ Text, from: u32, until: u32| {
            let (from, until) = (usize::try_from(from).ok()?, usize::try_from(until).ok()?);
            text.as_str().get(from..until).map(str::to_owned)
        };
        let end = u32::try_from(kept.as_str().len()).ok()?;
        let begin = piece(kept, 0, self.kept_until)?;
        let middle = piece(own, self.own_from, self.own_until)?;
        Text::parse(&[begin, middle, piece(kept, self.kept_from, end)?].concat()).ok()
    }
}

/// The passages of a text: where each begins and ends, without the white space around it.
fn passages(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut begin = None;
    let mut ends_at: Option<usize> = None;
    for (at, char) in text.char_indices() {
        if char.is_whitespace() {
            let ended = char == '\n' || ends_at.is_some();
            if let Some(first) = begin.filter(|_| ended) {
                found.push(first..text[..at].trim_end().len());
                (begin, ends_at) = (None, None);
            }
            continue;
        }
        if let (Some(first), Some(end)) = (begin, ends_at)
            && ENDS.iter().any(|sign| text[..end].trim_end_matches(CLOSING).ends_with(*sign))
            && !CLOSING.contains(&char)
            && !ENDS.contains(&char)
        {
            found.push(first..end);
            (begin, ends_at) = (None, None);
        }
        begin.get_or_insert(at);
        let end = at + char.len_utf8();
        ends_at = match (ENDS.contains(&char) || ENDS_BEFORE_SPACE.contains(&char), CLOSING.contains(&char)) {
            (true, _) => Some(end),
            (false, true) => ends_at.map(|_| end),
            (false, false) => None,
        };
    }
    found.extend(begin.map(|first| first..text.trim_end().len()));
    found
}

/// A text with its passages.
struct Parted<'t> {
    text: &'t str,
    passages: Vec<Range<usize>>,
}

impl<'t> Parted<'t> {
    fn new(text: &'t Text) -> Parted<'t> {
        Parted { text: text.as_str(), passages: passages(text.as_str()) }
    }

    fn len(&self) -> usize {
        self.passages.len()
    }

    fn passage(&self, at: usize) -> &'t str {
        &self.text[self.passages[at].clone()]
    }

    /// Where the last of so many passages from the beginning ends.
    fn end_of(&self, passages: usize) -> usize {
        passages.checked_sub(1).map_or(0, |last| self.passages[last].end)
    }

    /// Where the first of so many passages at the end begins.
    fn begin_of(&self, passages: usize) -> usize {
        let first = self.passages.get(self.len() - passages);
        first.map_or(self.text.len(), |first| first.start)
    }
}

/// How many passages two texts have in common, at the beginning and at the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Common {
    begin: usize,
    end: usize,
}

impl Common {
    fn of(one: &Parted<'_>, other: &Parted<'_>) -> Common {
        let shorter = one.len().min(other.len());
        let begin = (0..shorter).take_while(|&at| one.passage(at) == other.passage(at)).count();
        let from_end = |text: &Parted<'_>, at: usize| text.len() - 1 - at;
        let end = (0..shorter - begin)
            .take_while(|&at| one.passage(from_end(one, at)) == other.passage(from_end(other, at)))
            .count();
        Common { begin, end }
    }

    /// The passages of a text that are not in common.
    fn place(self, of: &Parted<'_>) -> Range<usize> {
        self.begin..of.len() - self.end
    }
}

/// Whether two places of a text have to do with each other: a passage is in both, or something is put where the other is.
fn meet(one: &Range<usize>, other: &Range<usize>) -> bool {
    match one.is_empty() || other.is_empty() {
        true => one.start <= other.end && other.start <= one.end,
        false => one.start < other.end && other.start < one.end,
    }
}

/// How what `own` changes in `before` is carried over to `after`; `None` where the passage that it changes has changed
/// there, and where nothing would be left of it.
pub(super) fn carried_over(before: &Text, own: &Text, after: &Text) -> Option<Splice> {
    let (old, mine, new) = (Parted::new(before), Parted::new(own), Parted::new(after));
    let (ours, theirs) = (Common::of(&old, &mine), Common::of(&old, &new));
    let (our_place, their_place) = (ours.place(&old), theirs.place(&old));
    if meet(&our_place, &their_place) {
        return None;
    }
    // What is before the other place is as far from the beginning as it was, and what is after it as far from the end.
    let (begin, end) = match our_place.end <= their_place.start {
        true => (ours.begin, new.len() - our_place.end),
        false => (new.len() - (old.len() - our_place.start), ours.end),
    };
    let number = |at: usize| u32::try_from(at).ok();
    let splice = Splice {
        kept_until: number(new.end_of(begin))?,
        own_from: number(mine.end_of(ours.begin))?,
        own_until: number(mine.begin_of(ours.end))?,
        kept_from: number(new.begin_of(end))?,
    };
    splice.of(after, own).filter(|text| text != after).map(|_| splice)
}

/// Whether `inner`, which is put in place of `outer`, changes only what `outer` changes in `before`.
pub(super) fn is_within(before: &Text, outer: &Text, inner: &Text) -> bool {
    let (old, middle, new) = (Parted::new(before), Parted::new(outer), Parted::new(inner));
    let (changed, again) = (Common::of(&old, &middle), Common::of(&middle, &new));
    again.begin >= changed.begin && again.end >= changed.end
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::text;
    use proptest::prelude::*;

    fn parts(of: &str) -> Vec<&str> {
        passages(of).into_iter().map(|part| &of[part]).collect()
    }

    fn carried(before: &str, own: &str, after: &str) -> Option<String> {
        let (own, after) = (text(own), text(after));
        let splice = carried_over(&text(before), &own, &after)?;
        splice.of(&after, &own).map(|made| made.to_string())
    }

    #[test]
    fn a_passage_is_a_sentence_or_a_line() {
        assert_eq!(
            parts("第一条 汛期值守。第二条 每日报送！\n第三条"),
            ["第一条 汛期值守。", "第二条 每日报送！", "第三条"]
        );
        assert_eq!(parts("At 3.5 m we act. Who?  We do."), ["At 3.5 m we act.", "Who?", "We do."]);
        assert_eq!(
            parts("他说：“立即撤离。”随后封路。（完）"),
            ["他说：“立即撤离。”", "随后封路。", "（完）"]
        );
        assert_eq!(parts("真的？！走……好"), ["真的？！", "走……", "好"]);
        assert_eq!(parts("one line\n\nanother"), ["one line", "another"]);
    }

    #[test]
    fn what_changes_another_passage_is_carried_over() {
        let before = "A one. B two. C three.";
        assert_eq!(
            carried(before, "A one. B 2. C three.", "A 1. B two. C three.").as_deref(),
            Some("A 1. B 2. C three.")
        );
        assert_eq!(
            carried(before, "A 1. B two. C three.", "A one. B two. C 3. D.").as_deref(),
            Some("A 1. B two. C 3. D.")
        );
        assert_eq!(
            carried(before, "A one. B two. C three. D four.", "B two. C three.").as_deref(),
            Some("B two. C three. D four.")
        );
        assert_eq!(carried(before, "A one. C three.", "A 1. B two. C 3."), None, "the place reaches over it");
        assert_eq!(
            carried("第一条。第二条。", "第一条。第二款。", "首条。第二条。").as_deref(),
            Some("首条。第二款。")
        );
    }

    #[test]
    fn what_changes_the_same_passage_or_puts_something_where_it_was_is_not() {
        let before = "A one. B two. C three.";
        assert_eq!(carried(before, "A one. B 2. C three.", "A one. B zwei. C three."), None);
        assert_eq!(carried(before, "A one. B 2. C three.", "A one. B 2. C three."), None, "nothing is left");
        assert_eq!(carried(before, "A one. New. B two. C three.", "A one. B 2. C three."), None);
        assert_eq!(carried(before, "A one. New. B two. C three.", "A one. Other. B two. C three."), None);
        assert_eq!(carried(before, "A one.  B two. C three.", "A 1. B two. C three."), None, "only space");
    }

    #[test]
    fn an_amendment_to_an_amendment_keeps_to_its_passage() {
        let (before, outer) = (text("A. B. C."), text("A. B1. B2. C."));
        assert!(is_within(&before, &outer, &text("A. B1. C.")));
        assert!(is_within(&before, &outer, &text("A. B1. B2. B3. C.")));
        assert!(!is_within(&before, &outer, &text("A. B1. B2. D.")));
        let struck = text("A. C.");
        assert!(is_within(&before, &struck, &text("A. B in part. C.")));
        assert!(!is_within(&before, &struck, &text("A1. C.")));
    }

    /// Some sentences, with and without white space between them.
    fn sentences() -> impl Strategy<Value = Vec<String>> {
        proptest::collection::vec("[甲乙丙丁a-c]{1,3}[。！]", 1..7)
    }

    /// The same sentences with one place changed.
    fn changed(of: &[String], at: prop::sample::Index, count: usize, put: Vec<String>) -> Vec<String> {
        let begin = at.index(of.len() + 1);
        let end = (begin + count).min(of.len());
        [&of[..begin], &put, &of[end..]].concat()
    }

    proptest! {
        #[test]
        fn two_changes_that_do_not_meet_are_one_text_in_either_order(
            before in sentences(),
            (one_at, one_count, one_put) in (any::<prop::sample::Index>(), 0usize..3, sentences()),
            (other_at, other_count, other_put) in (any::<prop::sample::Index>(), 0usize..3, sentences()),
        ) {
            let one = text(&changed(&before, one_at, one_count, one_put).concat());
            let other = text(&changed(&before, other_at, other_count, other_put).concat());
            let before = text(&before.concat());
            let first = carried_over(&before, &one, &other).map(|splice| splice.of(&other, &one));
            let second = carried_over(&before, &other, &one).map(|splice| splice.of(&one, &other));
            if one != before && other != before {
                prop_assert_eq!(&first, &second);
            }
            if let Some(made) = first {
                let made = made.expect("a text");
                prop_assert!(made != before && made != other);
            }
        }

        #[test]
        fn whatever_the_texts_are_nothing_panics(
            before in "[a。. \n”？é\u{301}]{0,20}x",
            own in "[a。. \n”？é\u{301}]{0,20}x",
            after in "[a。. \n”？é\u{301}]{0,20}x",
        ) {
            let (before, own, after) = (text(&before), text(&own), text(&after));
            if let Some(splice) = carried_over(&before, &own, &after) {
                prop_assert!(splice.of(&after, &own).is_some());
            }
            is_within(&before, &own, &after);
        }
    }
}
