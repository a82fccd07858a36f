//! Lines: where a text is broken, and how far its characters are from each other.

use super::PdfError;
use super::fonts::{Drawn, Open};
use crate::paper::{Typeface, page};
use std::collections::BTreeSet;
use std::ops::Range;
use unicode_linebreak::linebreaks;

/// Up to how many characters a line may be too short and still be spread to its end.
const SPREAD_CHARS_MAX: f32 = 2.5;

/// A text with its characters measured.
pub(super) struct Measured {
    pub(super) text: String,
    pub(super) letters: Vec<Letter>,
    pub(super) points: f32,
}

/// A character of a text.
#[derive(Debug, Clone)]
pub(super) struct Letter {
    /// Its bytes in the text.
    pub(super) range: Range<usize>,
    pub(super) drawn: Drawn,
    /// To the next one, in points.
    pub(super) advance_pt: f32,
    character: char,
}

impl Letter {
    /// Whether it is as wide as a Chinese character.
    fn is_wide(&self) -> bool {
        self.drawn.width_em > 0.9
    }
}

/// A line: some letters, and what is added between them.
pub(super) struct Line {
    pub(super) letters: Range<usize>,
    pub(super) width_pt: f32,
    /// Added after each letter that may be spread.
    pub(super) spread_pt: f32,
}

impl Measured {
    /// Measures pieces that follow each other, each in its typeface. In the size of the text, a Chinese character takes a
    /// field of the page's grid.
    pub(super) fn of(fonts: &Open, pieces: &[(&str, Typeface)], points: f32) -> Result<Measured, PdfError> {
        let mut measured = Measured { text: String::new(), letters: Vec::new(), points };
        let field_pt = points * page::CHAR_PT / crate::paper::size::TEXT_PT;
        for (piece, typeface) in pieces {
            for character in piece.chars().filter(|character| !is_invisible(*character)) {
                let character =
                    if character.is_whitespace() && character != '\u{3000}' { ' ' } else { character };
                let drawn = fonts.drawn(*typeface, character)?;
                let is_wide = drawn.width_em > 0.9;
                let advance_pt = if is_wide { field_pt } else { drawn.width_em * points };
                let begin = measured.text.len();
                measured.text.push(character);
                let range = begin..measured.text.len();
                measured.letters.push(Letter { range, drawn, advance_pt, character });
            }
        }
        Ok(measured)
    }

    pub(super) fn width_pt(&self) -> f32 {
        self.letters.iter().map(|letter| letter.advance_pt).sum()
    }

    /// Whether more is added after a letter than its font says, when its line is spread.
    pub(super) fn may_spread(&self, at: usize) -> bool {
        let next = self.letters.get(at + 1);
        self.letters[at].is_wide() || self.letters[at].character == ' ' || next.is_some_and(Letter::is_wide)
    }

    /// Breaks it where the rules of Unicode allow it, so that no full stop or comma begins a line.
    pub(super) fn lines(&self, first_pt: f32, others_pt: f32, is_spread: bool) -> Vec<Line> {
        let allowed: BTreeSet<usize> = linebreaks(&self.text).map(|(at, _)| at).collect();
        let mut lines = Vec::new();
        let mut begin = 0;
        while begin < self.letters.len() {
            let room = if lines.is_empty() { first_pt } else { others_pt };
            let end = self.end_of_line(begin, room, &allowed);
            let line = self.line(begin, end, room, is_spread && end < self.letters.len());
            lines.push(line);
            begin = end;
            while self.letters.get(begin).is_some_and(|letter| letter.character == ' ') {
                begin += 1;
            }
        }
        lines
    }

    fn end_of_line(&self, begin: usize, room: f32, allowed: &BTreeSet<usize>) -> usize {
        let (mut width, mut last) = (0.0, None);
        for (at, letter) in self.letters.iter().enumerate().skip(begin) {
            width += letter.advance_pt;
            // A space at the end needs no room.
            if letter.character != ' ' && width > room + 0.01 && at > begin {
                return last.unwrap_or(at);
            }
            if allowed.contains(&letter.range.end) {
                last = Some(at + 1);
            }
        }
        self.letters.len()
    }

    fn line(&self, begin: usize, end: usize, room: f32, is_spread: bool) -> Line {
        let letters = &self.letters[begin..end];
        let spaces = letters.iter().rev().take_while(|letter| letter.character == ' ').count();
        let end = end - spaces.min(letters.len().saturating_sub(1));
        let width: f32 = self.letters[begin..end].iter().map(|letter| letter.advance_pt).sum();
        let gaps = (begin..end.saturating_sub(1)).filter(|&at| self.may_spread(at)).count();
        let missing = room - width;
        let spread_pt = match is_spread && gaps > 0 && missing < SPREAD_CHARS_MAX * page::CHAR_PT {
            true => missing.max(0.0) / gaps as f32,
            false => 0.0,
        };
        Line { letters: begin..end, width_pt: width + spread_pt * gaps as f32, spread_pt }
    }
}

/// Whether a character says nothing on paper, so that a font need not have it.
fn is_invisible(character: char) -> bool {
    matches!(character, '\u{200b}'..='\u{200d}' | '\u{2060}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}')
}
