//! What a page shows: the cells of its tables, and the other pieces of text, without what only asks for something.

use super::document::{Figure, Place};

/// Elements that have no end.
const VOID: [&str; 8] = ["br", "hr", "img", "input", "link", "meta", "col", "wbr"];
/// Elements within which nothing is shown of the log, but asked.
const ASKING: [&str; 9] =
    ["script", "style", "label", "button", "select", "textarea", "svg", "nav", "header"];
/// Classes of the same.
const NOT_OF_THE_LOG: [&str; 9] =
    ["page-head", "notice", "proof", "saved", "acts", "hint", "vh", "filter", "act-form"];
/// Elements that are part of the text around them.
const INLINE: [&str; 14] =
    ["a", "b", "code", "span", "em", "strong", "time", "abbr", "small", "kbd", "i", "br", "wbr", "mark"];

/// A piece of markup.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Piece<'t> {
    Open { name: String, attributes: &'t str, is_closed: bool },
    Close(String),
    Text(String),
}

/// The pieces of a text in HTML or XML.
pub(super) fn pieces(text: &str) -> impl Iterator<Item = Piece<'_>> {
    let mut rest = text;
    std::iter::from_fn(move || {
        loop {
            let inner = match rest.strip_prefix('<') {
                None if rest.is_empty() => return None,
                None => {
                    let end = rest.find('<').unwrap_or(rest.len());
                    let (text, after) = rest.split_at(end);
                    rest = after;
                    return Some(Piece::Text(unescaped(text)));
                }
                Some(inner) => inner,
            };
            if let Some(comment) = inner.strip_prefix("!--") {
                rest = comment.split_once("-->").map_or("", |(_, after)| after);
                continue;
            }
            let (tag, after) = inner.split_once('>').unwrap_or((inner, ""));
            rest = after;
            if tag.starts_with(['!', '?']) {
                continue;
            }
            if let Some(name) = tag.strip_prefix('/') {
                return Some(Piece::Close(name.trim().to_ascii_lowercase()));
            }
            let (name, attributes) = tag.split_once(|c: char| c.is_ascii_whitespace()).unwrap_or((tag, ""));
            let name = name.trim_end_matches('/').to_ascii_lowercase();
            let is_closed = tag.ends_with('/') || VOID.contains(&name.as_str());
            return Some(Piece::Open { name, attributes, is_closed });
        }
    })
}

/// The value of an attribute.
pub(super) fn attribute<'t>(attributes: &'t str, name: &str) -> Option<&'t str> {
    let (_, after) = attributes.split_once(&format!("{name}=\""))?;
    after.split_once('"').map(|(value, _)| value)
}

fn unescaped(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        plain.push_str(before);
        let Some((name, following)) = after.split_once(';').filter(|(name, _)| name.len() <= 8) else {
            plain.push('&');
            rest = after;
            continue;
        };
        let number = name.strip_prefix('#').and_then(|number| match number.strip_prefix(['x', 'X']) {
            Some(digits) => u32::from_str_radix(digits, 16).ok(),
            None => number.parse().ok(),
        });
        let known = match name {
            "amp" => Some('&'),
            "lt" => Some('<'),
            "gt" => Some('>'),
            "quot" => Some('"'),
            "apos" => Some('\''),
            "nbsp" => Some(' '),
            _ => number.and_then(char::from_u32),
        };
        match known {
            Some(character) => plain.push(character),
            None => plain.push_str(&format!("&{name};")),
        }
        rest = following;
    }
    plain + rest
}

/// A page that was saved.
#[derive(Default)]
pub(super) struct Page {
    pub(super) text: String,
    pub(super) figures: Vec<Figure>,
}

/// Reads a page.
pub(super) fn page(html: &str) -> Page {
    let mut reader = Reader::default();
    for piece in pieces(html) {
        match piece {
            Piece::Text(text) => reader.text(&text),
            Piece::Open { is_closed: true, .. } => reader.text(" "),
            Piece::Open { name, attributes, .. } => reader.open(name, attributes),
            Piece::Close(name) => reader.close(&name),
        }
    }
    reader.page
}

#[derive(Default)]
struct Reader {
    page: Page,
    /// The elements that are open: their names, and whether what is in them counts.
    open: Vec<(String, bool)>,
    /// The text since the last element that begins or ends a block.
    piece: String,
    before: String,
    headings: Vec<String>,
    row: Vec<String>,
}

impl Reader {
    fn counts(&self) -> bool {
        self.open.iter().any(|(name, _)| name == "main") && self.open.iter().all(|(_, counts)| *counts)
    }

    fn text(&mut self, text: &str) {
        self.page.text.push_str(text);
        if self.counts() {
            self.piece.push_str(text);
        }
    }

    fn open(&mut self, name: String, attributes: &str) {
        let classes = attribute(attributes, "class").unwrap_or_default();
        let is_act = name == "details" && classes.split(' ').any(|class| class == "act");
        let is_left_out = ASKING.contains(&name.as_str())
            || is_act
            || classes.split(' ').any(|class| NOT_OF_THE_LOG.contains(&class));
        if !INLINE.contains(&name.as_str()) || is_left_out {
            self.end_piece(false);
        }
        match name.as_str() {
            "table" => self.headings.clear(),
            "tr" => self.row.clear(),
            _ => {}
        }
        self.open.push((name, !is_left_out));
    }

    fn close(&mut self, name: &str) {
        let Some(at) = self.open.iter().rposition(|(open, _)| open == name) else { return };
        if matches!(name, "td" | "th") {
            self.end_piece(true);
        } else if !INLINE.contains(&name) {
            self.end_piece(false);
        }
        self.open.truncate(at);
        if name == "thead" {
            self.headings = std::mem::take(&mut self.row);
        }
    }

    fn end_piece(&mut self, is_cell: bool) {
        let value = self.piece.split_whitespace().collect::<Vec<_>>().join(" ");
        self.piece.clear();
        let is_within_table = self.open.iter().any(|(name, _)| name == "td" || name == "th");
        if is_within_table && !is_cell {
            // A block within a cell is a part of it.
            self.piece = if value.is_empty() { value } else { value + " " };
            return;
        }
        if is_cell && self.counts() {
            let column = self.headings.get(self.row.len()).cloned().unwrap_or_default();
            self.row.push(value.clone());
            let row = self.row.first().cloned().unwrap_or_default();
            self.page.figures.push(Figure { place: Place::Cell { row, column }, value });
        } else if !value.is_empty() {
            let before = std::mem::replace(&mut self.before, value.clone());
            self.page.figures.push(Figure { place: Place::After(before), value });
        }
    }
}
