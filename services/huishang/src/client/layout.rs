//! Text on a terminal: how wide it is, lines that break only between words, and columns side by side.

use std::io::IsTerminal;
use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

/// Columns between two columns of a table.
const GAP_COLUMNS: usize = 2;
/// Columns between them where there is little room.
const GAP_COLUMNS_MIN: usize = 1;
/// Columns that a heading is not narrowed below, unless it is shorter: two ideographs.
const HEADING_COLUMNS_MIN: usize = 4;
/// Columns that a text is not narrowed below.
const TEXT_COLUMNS_MIN: usize = 16;

/// Columns of the terminal that something is printed on; `None` for a file or a pipe.
pub fn terminal_columns(on: &impl IsTerminal) -> Option<usize> {
    let size = terminal_size::terminal_size().filter(|_| on.is_terminal());
    size.map(|(width, _)| usize::from(width.0))
}

/// A text whose lines break between words where they are wider than this, and go on below their beginning.
pub fn broken(text: &str, width: Option<usize>) -> String {
    let Some(width) = width else { return text.to_owned() };
    let broken = |line: &str| {
        let rest = line.trim_start_matches(' ');
        let margin = &line[..line.len() - rest.len()];
        let lines = wrap(rest, width.saturating_sub(margin.len()).max(TEXT_COLUMNS_MIN));
        match columns(line) <= width {
            true => line.to_owned(),
            false => format!("{margin}{}", lines.join(&format!("\n{margin}"))),
        }
    };
    text.split('\n').map(broken).collect::<Vec<_>>().join("\n")
}

/// Columns that a text takes; an ideograph takes two.
pub fn columns(text: &str) -> usize {
    text.width()
}

/// The lines of a text, none of them wider than this unless a single word is. A line breaks at a space, or beside an
/// ideograph, of which there are no words; never within a word, an id, a date or a code.
pub fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    for paragraph in text.lines() {
        let mut line = String::new();
        for (spaced, word) in words(paragraph) {
            let gap = usize::from(spaced && !line.is_empty());
            if !line.is_empty() && columns(&line) + gap + columns(word) > width {
                lines.push(std::mem::take(&mut line));
            } else if gap == 1 {
                line.push(' ');
            }
            line.push_str(word);
        }
        lines.push(line);
    }
    lines
}

/// The pieces between which a line may break, and whether there is a space before each.
fn words(line: &str) -> Vec<(bool, &str)> {
    let mut words = Vec::new();
    for chunk in line.split([' ', '\t']).filter(|chunk| !chunk.is_empty()) {
        let (mut start, mut before) = (0, None);
        for (at, letter) in chunk.char_indices() {
            let breaks = before.is_some_and(|before| breaks_between(before, letter));
            if breaks {
                words.push((start == 0, &chunk[start..at]));
                start = at;
            }
            before = Some(letter);
        }
        words.push((start == 0, &chunk[start..]));
    }
    words
}

fn breaks_between(before: char, after: char) -> bool {
    let is_wide = |letter: char| letter.width() == Some(2);
    let closes = "，。、；：！？）」』》】”’,.;:!?)".contains(after);
    let opens = "（「『《【“‘(".contains(before);
    (is_wide(before) || is_wide(after)) && !closes && !opens
}

fn longest_word(text: &str) -> usize {
    text.lines().flat_map(words).map(|(_, word)| columns(word)).max().unwrap_or(0)
}

fn longest_line(text: &str) -> usize {
    text.lines().map(columns).max().unwrap_or(0)
}

/// Columns that a heading is not narrowed below: those of its longest word, or of its half if it has ideographs, which
/// could stand one below the other but are not read so. Two ideographs stay together.
fn heading_columns_min(heading: &str) -> usize {
    match heading.contains(' ') {
        true => longest_word(heading),
        false => {
            let half = columns(heading).div_ceil(2).next_multiple_of(2).max(HEADING_COLUMNS_MIN);
            longest_word(heading).max(half.min(columns(heading)))
        }
    }
}

/// A column of a table.
#[derive(Debug, Clone)]
pub struct Column {
    /// What stands above it.
    pub heading: String,
    /// Its cells, one for each row.
    pub cells: Vec<String>,
    /// How they are set.
    pub set: Set,
}

/// How the cells of a column are set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Set {
    /// On the left, on several lines if need be.
    Text,
    /// On the left, on one line.
    Whole,
    /// On the right, on one line.
    Number,
}

impl Column {
    /// The widths with which the column is shown: as it is, with its heading broken, and with its text broken too.
    fn widths(&self) -> [usize; 3] {
        let cells = self.cells.iter().map(|cell| longest_line(cell)).max().unwrap_or(0);
        let natural = cells.max(columns(&self.heading));
        let heading = heading_columns_min(&self.heading);
        let heading_broken = cells.max(heading);
        let words = self.cells.iter().map(|cell| longest_word(cell)).max().unwrap_or(0);
        let narrowest = match self.set {
            Set::Text => words.max(heading).max(TEXT_COLUMNS_MIN).min(heading_broken),
            Set::Whole | Set::Number => heading_broken,
        };
        [natural, heading_broken, narrowest]
    }
}

/// Columns that stand side by side.
#[derive(Debug, Clone)]
pub struct Table {
    columns: Vec<Column>,
    widths: Vec<usize>,
    gap: usize,
    /// What stands below each row: a label and a value.
    below: Vec<Vec<(String, String)>>,
    width: Option<usize>,
}

impl Table {
    /// A table of these columns. On a terminal of this width, headings are broken first, then texts. If all fit when
    /// they move closer they do; if not, the last ones stand below their row, each with its heading. With no width,
    /// each row is one line.
    pub fn new(mut columns: Vec<Column>, width: Option<usize>) -> Table {
        let rows = columns.first().map_or(0, |column| column.cells.len());
        let mut below = vec![Vec::new(); rows];
        let Some(available) = width else {
            for cell in columns.iter_mut().flat_map(|column| &mut column.cells) {
                *cell = cell.lines().collect::<Vec<_>>().join(" ");
            }
            let widths = columns.iter().map(|column| column.widths()[0]).collect();
            return Table { columns, widths, gap: GAP_COLUMNS, below, width };
        };
        if let (None, Some(widths)) =
            (fit(&columns, GAP_COLUMNS, available), fit(&columns, GAP_COLUMNS_MIN, available))
        {
            return Table { columns, widths, gap: GAP_COLUMNS_MIN, below, width };
        }
        loop {
            if let Some(widths) = fit(&columns, GAP_COLUMNS, available) {
                return Table { columns, widths, gap: GAP_COLUMNS, below, width };
            }
            let Some(column) = columns.pop() else {
                return Table { columns, widths: vec![], gap: GAP_COLUMNS, below, width };
            };
            for (row, cell) in below.iter_mut().zip(column.cells).filter(|(_, cell)| !cell.is_empty()) {
                row.insert(0, (column.heading.clone(), cell));
            }
        }
    }

    /// Its lines.
    pub fn lines(&self) -> Vec<String> {
        let headings: Vec<&str> = self.columns.iter().map(|column| column.heading.as_str()).collect();
        let mut lines = self.row(&headings);
        let gaps = self.gap * self.widths.len().saturating_sub(1);
        if !lines.is_empty() {
            lines.push("─".repeat(self.widths.iter().sum::<usize>() + gaps));
        }
        for (at, below) in self.below.iter().enumerate() {
            let cells: Vec<&str> = self.columns.iter().map(|column| column.cells[at].as_str()).collect();
            lines.extend(self.row(&cells));
            lines.extend(self.pairs(below));
        }
        lines
    }

    fn row(&self, cells: &[&str]) -> Vec<String> {
        let cells: Vec<Vec<String>> = cells
            .iter()
            .zip(&self.widths)
            .map(|(cell, width)| match self.width {
                // What is set in stays so.
                Some(_) if !cell.contains('\n') && columns(cell) <= *width => vec![(*cell).to_owned()],
                Some(_) => wrap(cell, *width),
                None => vec![(*cell).to_owned()],
            })
            .collect();
        let height = cells.iter().map(Vec::len).max().unwrap_or(0);
        let line = |at: usize| {
            let mut line = String::new();
            for ((cell, column), width) in cells.iter().zip(&self.columns).zip(&self.widths) {
                let text = cell.get(at).map_or("", String::as_str);
                let room = " ".repeat(width.saturating_sub(columns(text)));
                match column.set {
                    Set::Number => line.extend([room.as_str(), text]),
                    Set::Text | Set::Whole => line.extend([text, room.as_str()]),
                }
                line.push_str(&" ".repeat(self.gap));
            }
            line.trim_end().to_owned()
        };
        (0..height).map(line).collect()
    }

    /// What stands below a row: as many pairs on a line as fit, each whole if it fits on one.
    fn pairs(&self, pairs: &[(String, String)]) -> Vec<String> {
        let margin = " ".repeat(2 * GAP_COLUMNS);
        let available = self.width.unwrap_or(usize::MAX).saturating_sub(margin.len());
        let mut lines: Vec<String> = Vec::new();
        for (label, value) in pairs {
            let pair = format!("{label}: {}", value.lines().collect::<Vec<_>>().join(" "));
            match lines.last_mut() {
                Some(line) if columns(line) + GAP_COLUMNS + columns(&pair) <= available => {
                    line.push_str(&format!("{}{pair}", " ".repeat(GAP_COLUMNS)));
                }
                _ => lines.extend(wrap(&pair, available)),
            }
        }
        lines.into_iter().map(|line| format!("{margin}{line}")).collect()
    }
}

/// The widths with which the columns fit side by side, if they can.
fn fit(columns: &[Column], gap: usize, available: usize) -> Option<Vec<usize>> {
    let available = available.checked_sub(gap * columns.len().saturating_sub(1))?;
    let widths: Vec<[usize; 3]> = columns.iter().map(Column::widths).collect();
    let of = |level: usize| widths.iter().map(|widths| widths[level]).collect::<Vec<_>>();
    for level in [0, 1] {
        if of(level).iter().sum::<usize>() <= available {
            return Some(of(level));
        }
    }
    // The widest text that can be narrower becomes so, one column after the other.
    let (mut fitting, narrowest) = (of(1), of(2));
    while fitting.iter().sum::<usize>() > available {
        let wide = (0..fitting.len()).filter(|&at| fitting[at] > narrowest[at]);
        let widest = wide.max_by_key(|&at| fitting[at])?;
        fitting[widest] -= 1;
    }
    Some(fitting)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(heading: &str, set: Set, cells: &[&str]) -> Column {
        let cells = cells.iter().map(|cell| (*cell).to_owned()).collect();
        Column { heading: heading.into(), cells, set }
    }

    fn table(width: Option<usize>) -> Vec<String> {
        let columns = vec![
            column("session id", Set::Text, &["3f2a91bc", "77e01d55"]),
            column("title", Set::Text, &["The drain of Willow Lane", "柳巷14号地下室进水，联合会商"]),
            column("starts at", Set::Whole, &["2027-03-01 09:00", ""]),
            column("topic count", Set::Number, &["1", "12"]),
        ];
        Table::new(columns, width).lines()
    }

    #[test]
    fn a_table_breaks_headings_then_texts_then_moves_its_last_columns_below() {
        let lines = table(None);
        assert_eq!(lines[0], "session id  title                         starts at         topic count");
        assert_eq!(lines[2], "3f2a91bc    The drain of Willow Lane      2027-03-01 09:00            1");
        assert_eq!(lines[3], "77e01d55    柳巷14号地下室进水，联合会商                             12");
        let broken = [
            "session   title                         starts at         topic",
            "id                                                        count",
        ];
        assert_eq!(table(Some(66))[..2], broken);
        assert_eq!(
            table(Some(58))[3..],
            [
                "3f2a91bc  The drain of Willow      2027-03-01 09:00      1",
                "          Lane",
                "77e01d55  柳巷14号地下室进水，联                        12",
                "          合会商",
            ]
        );
        let lines = table(Some(40));
        assert_eq!(
            lines[2..],
            [
                "3f2a91bc    The drain of Willow Lane",
                "    starts at: 2027-03-01 09:00",
                "    topic count: 1",
                "77e01d55    柳巷14号地下室进水，联合会商",
                "    topic count: 12",
            ]
        );
        for width in 20..80 {
            for line in table(Some(width)) {
                assert!(columns(&line) <= width.max(31), "{width}: {line}");
            }
        }
    }

    #[test]
    fn a_heading_of_ideographs_stands_on_two_lines_at_most() {
        let columns = vec![column("已办结事项数", Set::Number, &["1"]), column("宣示性", Set::Text, &["否"])];
        assert_eq!(Table::new(columns, Some(12)).lines()[..2], ["已办结  宣示", "事项数  性"]);
    }

    #[test]
    fn a_line_that_is_too_wide_goes_on_below_its_beginning() {
        let text = "short\n  the stage is scheduled\n  会商的阶段为“已排期”";
        assert_eq!(broken(text, None), text);
        assert_eq!(broken(text, Some(18)), "short\n  the stage is\n  scheduled\n  会商的阶段为“已\n  排期”");
    }

    #[test]
    fn no_word_id_date_or_code_is_broken() {
        assert_eq!(wrap("by 2027-03-08 CITY-HOUSING", 10), ["by", "2027-03-08", "CITY-HOUSING"]);
        assert_eq!(wrap("市住建（住房）局", 6), ["市住建", "（住", "房）局"]);
        assert_eq!(wrap("第14号drain改造", 8), ["第14号", "drain改", "造"]);
        assert_eq!(wrap("负责人:市住建, 水务", 13), ["负责人:市住", "建, 水务"]);
        assert_eq!(
            wrap("负责人:市住建, 水务", 6),
            ["负责", "人:市", "住建,", "水务"],
            "no comma begins a line"
        );
        assert_eq!(wrap("one\ntwo", 80), ["one", "two"]);
    }
}
