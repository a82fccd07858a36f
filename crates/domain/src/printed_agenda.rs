//! How an agenda looks on paper: its topics are numbered 1, 2 and 3, and 3.1 and 3.2 are the sub-topics of 3 (议程序号); its
//! sections have headings.

use crate::Line;

/// The printed numbers of the topics of an agenda, in their order. Each is given by the number of the topic of which it is a
/// sub-topic; none where it is a topic of its own. Commands name a topic by its own number, which is its place in the list.
pub fn numbers(parents: impl IntoIterator<Item = Option<u32>>) -> Vec<String> {
    let (mut own, mut below) = (0_u32, 0_u32);
    let number = |parent: Option<u32>| {
        (own, below) = if parent.is_some() { (own, below + 1) } else { (own + 1, 0) };
        if below == 0 { own.to_string() } else { format!("{own}.{below}") }
    };
    parents.into_iter().map(number).collect()
}

/// Leaves somebody the headings of the sections of which they see something, each at the first topic of it that they see. Each
/// topic is given by the heading that begins with it, and whether they see it.
pub fn leave_headings<'a>(topics: impl IntoIterator<Item = (&'a mut Option<Line>, bool)>) {
    let mut heading = None;
    for (section, is_seen) in topics {
        heading = section.take().or(heading);
        if is_seen {
            *section = heading.take();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::line;

    #[test]
    fn sub_topics_are_numbered_below_their_topic() {
        let parents = [None, None, Some(2), Some(2), None, None, Some(6), None];
        assert_eq!(numbers(parents), ["1", "2", "2.1", "2.2", "3", "4", "4.1", "5"]);
        assert_eq!(numbers([]), Vec::<String>::new());
    }

    #[test]
    fn the_heading_of_a_section_is_seen_by_whoever_sees_a_topic_of_it() {
        let headings = [Some("I"), None, None, Some("II"), Some("III"), None];
        let mut headings = headings.map(|heading| heading.map(line));
        leave_headings(headings.iter_mut().zip([false, true, false, false, true, true]));
        assert_eq!(
            headings,
            [None, Some("I"), None, None, Some("III"), None].map(|heading| heading.map(line))
        );
    }
}
