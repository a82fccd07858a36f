//! Who waits for whom, as a picture: from left to right, each item left of those that it waits for.

use std::collections::{BTreeMap, BTreeSet};

/// Sizes in pixels: of a box, and of what is between two.
const BOX_WIDTH: usize = 226;
const BOX_HEIGHT: usize = 94;
const COLUMN: usize = BOX_WIDTH + 60;
const ROW: usize = BOX_HEIGHT + 22;
const MARGIN: usize = 12;
/// Characters of a title that fit into a line of a box, if they are as wide as Chinese ones.
const LINE_CHARS_MAX: usize = 15;

/// An item in the picture.
#[derive(Debug, Clone, Default)]
pub(super) struct Node {
    pub(super) href: String,
    pub(super) number: String,
    pub(super) lead: String,
    pub(super) title: String,
    /// What its light says, and the name of the light.
    pub(super) state: String,
    pub(super) light: &'static str,
    /// When it is due, such as 2027-03-31.
    pub(super) due_on: String,
    /// The numbers of the items that it waits for.
    pub(super) waits_for: Vec<String>,
}

impl Node {
    /// Its number without that of the body, which all have that are near each other.
    pub(super) fn short_number(&self) -> &str {
        self.number.rsplit('-').next().unwrap_or(&self.number)
    }
}

/// A box with its place.
pub(super) struct Drawn {
    pub(super) node: Node,
    pub(super) lead: String,
    pub(super) lines: Vec<String>,
    pub(super) is_critical: bool,
    pub(super) x: usize,
    pub(super) y: usize,
}

/// A line from an item to one that it waits for.
pub(super) struct Edge {
    pub(super) path: String,
    pub(super) is_critical: bool,
}

/// The picture.
pub(super) struct Graph {
    pub(super) width: usize,
    pub(super) height: usize,
    pub(super) nodes: Vec<Drawn>,
    pub(super) edges: Vec<Edge>,
}

/// Places the items. What an item waits for and is not among them is left out.
pub(super) fn draw(nodes: Vec<Node>) -> Graph {
    let known: BTreeMap<String, Node> = nodes.into_iter().map(|node| (node.number.clone(), node)).collect();
    let mut depths = BTreeMap::new();
    for number in known.keys() {
        depth(&known, number, &mut depths, &mut BTreeSet::new());
    }
    let deepest = depths.values().copied().max().unwrap_or_default();
    let critical = critical(&known, &depths);
    let mut rows: BTreeMap<usize, usize> = BTreeMap::new();
    let mut places: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    // The critical chain is on top.
    let mut order: Vec<&String> = known.keys().collect();
    order.sort_by_key(|number| !critical.contains(number));
    for number in order {
        let column = deepest - depths.get(number).copied().unwrap_or_default();
        let row = rows.entry(column).or_default();
        places.insert(number, (MARGIN + column * COLUMN, MARGIN + *row * ROW));
        *row += 1;
    }
    let edges = known.values().flat_map(|node| node.waits_for.iter().map(move |other| (&node.number, other)));
    let edges = edges.filter_map(|(from, to)| {
        let is_critical = critical.windows(2).any(|pair| pair[0] == *from && pair[1] == *to);
        Some(Edge { path: curve(*places.get(from.as_str())?, *places.get(to.as_str())?), is_critical })
    });
    let edges: Vec<Edge> = edges.collect();
    let height = MARGIN + rows.values().copied().max().unwrap_or_default() * ROW;
    let drawn = known.iter().filter_map(|(number, node)| {
        let (x, y) = *places.get(number.as_str())?;
        let lines = lines_of(&node.title, 2);
        let lead = lines_of(&node.lead, 1).concat();
        Some(Drawn { node: node.clone(), lead, lines, is_critical: critical.contains(number), x, y })
    });
    let nodes: Vec<Drawn> = drawn.collect();
    Graph { width: 2 * MARGIN + deepest * COLUMN + BOX_WIDTH, height, nodes, edges }
}

/// How many items are behind one another from this one on. The rules let no item wait for itself.
fn depth<'a>(
    known: &'a BTreeMap<String, Node>,
    number: &'a str,
    depths: &mut BTreeMap<String, usize>,
    above: &mut BTreeSet<&'a str>,
) -> usize {
    if let Some(depth) = depths.get(number) {
        return *depth;
    }
    let Some(node) = known.get(number).filter(|_| above.insert(number)) else { return 0 };
    let others = node.waits_for.iter().filter(|other| known.contains_key(*other));
    let found = others.map(|other| 1 + depth(known, other, depths, above)).max().unwrap_or_default();
    above.remove(number);
    depths.insert(number.to_owned(), found);
    found
}

/// From the item that waits through most others, at each step to the one that is due last.
fn critical(known: &BTreeMap<String, Node>, depths: &BTreeMap<String, usize>) -> Vec<String> {
    let first = depths.iter().max_by_key(|(number, depth)| (**depth, std::cmp::Reverse(*number)));
    let mut chain: Vec<String> = first.map(|(number, _)| number.clone()).into_iter().collect();
    while let Some(node) = chain.last().and_then(|number| known.get(number)) {
        let others = node.waits_for.iter().filter_map(|other| known.get(other));
        match others.max_by_key(|other| &other.due_on).filter(|other| !chain.contains(&other.number)) {
            Some(next) => chain.push(next.number.clone()),
            None => break,
        }
    }
    chain
}

fn curve((x, y): (usize, usize), (to_x, to_y): (usize, usize)) -> String {
    let (from_x, from_y, end_x, end_y) = (x + BOX_WIDTH, y + BOX_HEIGHT / 2, to_x - 3, to_y + BOX_HEIGHT / 2);
    format!("M{from_x} {from_y}C{} {from_y} {} {end_y} {end_x} {end_y}", from_x + 30, to_x.saturating_sub(30))
}

/// The beginning of a text, in so many lines at most. A character of Latin script takes half the room.
fn lines_of(text: &str, lines_max: usize) -> Vec<String> {
    let (mut lines, mut room) = (vec![String::new()], 0);
    for letter in text.chars() {
        let width = if letter.is_ascii() { 1 } else { 2 };
        if room + width > 2 * LINE_CHARS_MAX {
            if lines.len() == lines_max {
                lines[lines_max - 1].push('…');
                break;
            }
            lines.push(String::new());
            room = 0;
        }
        room += width;
        if let Some(line) = lines.last_mut() {
            line.push(letter);
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(number: &str, due_on: &str, waits_for: &[&str]) -> Node {
        Node {
            number: number.into(),
            due_on: due_on.into(),
            waits_for: waits_for.iter().map(|one| (*one).to_owned()).collect(),
            ..Default::default()
        }
    }

    #[test]
    fn an_item_is_left_of_what_it_waits_for_and_no_box_is_on_another() {
        let graph = draw(vec![
            node("a", "2027-03-01", &["b", "c"]),
            node("b", "2027-03-02", &["d"]),
            node("c", "2027-03-09", &["d", "elsewhere"]),
            node("d", "2027-03-10", &[]),
            node("e", "2027-03-10", &["d"]),
        ]);
        let place =
            |number: &str| graph.nodes.iter().find(|one| one.node.number == number).map(|one| (one.x, one.y));
        for (from, to) in [("a", "b"), ("a", "c"), ("b", "d"), ("c", "d"), ("e", "d")] {
            assert!(place(from).unwrap().0 + BOX_WIDTH < place(to).unwrap().0, "{from} {to}");
        }
        let places: BTreeSet<_> = graph.nodes.iter().map(|one| (one.x, one.y)).collect();
        assert_eq!((places.len(), graph.edges.len()), (5, 5));
        let critical: Vec<&str> =
            graph.nodes.iter().filter(|one| one.is_critical).map(|one| one.node.number.as_str()).collect();
        assert_eq!(critical, ["a", "c", "d"], "by what is due last");
        assert!(
            graph
                .nodes
                .iter()
                .all(|one| one.x + BOX_WIDTH < graph.width && one.y + BOX_HEIGHT < graph.height + MARGIN)
        );
    }

    #[test]
    fn a_long_title_is_cut_where_the_box_ends() {
        assert_eq!(lines_of("内涝监测点加密", 2), ["内涝监测点加密"]);
        let cut = lines_of(&"管".repeat(200), 2);
        assert_eq!((cut.len(), cut[1].chars().count(), cut[1].ends_with('…')), (2, LINE_CHARS_MAX + 1, true));
    }
}
