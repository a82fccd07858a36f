//! A paper (公文) as GB/T 9704-2012 lays it out: what is on it, before it is a file.

use crate::{Language, Proof};
use domain::Date;

/// What is on a paper, in its order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paper {
    /// Its language.
    pub language: Language,
    /// What it is called where files are listed.
    pub name: String,
    /// The day that it is of; a file says no other time.
    pub dated: Date,
    /// Its parts.
    pub blocks: Vec<Block>,
    /// What it carries to prove itself, if anything.
    pub proof: Option<Proof>,
}

/// A part of a paper.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Block {
    /// The red heading (标志).
    Mark(String),
    /// Its number (发文字号), centred under the red heading.
    Number(String),
    /// The red line under both.
    Rule,
    /// Its title, centred.
    Title(String),
    /// A heading of the first level.
    Heading(String),
    /// A heading of the second level.
    Subheading(String),
    /// A paragraph.
    Paragraph(String),
    /// A paragraph that its label begins, and that stays right of it.
    Labelled {
        /// The label, with its colon.
        label: String,
        /// What is said of it.
        text: String,
    },
    /// Whose paper it is over the day that it is of (署名、成文日期), four characters from the right.
    Signed {
        /// Whose it is.
        by: String,
        /// The day.
        day: String,
    },
    /// An empty line.
    Gap,
}

/// Sizes, in points.
pub(crate) mod size {
    /// 3号: the text.
    pub(crate) const TEXT_PT: f32 = 16.0;
    /// 2号: the title.
    pub(crate) const TITLE_PT: f32 = 22.0;
    /// 4号: the page number.
    pub(crate) const PAGE_NUMBER_PT: f32 = 14.0;
    /// The red heading, if it fits into one line.
    pub(crate) const MARK_PT: f32 = 36.0;
    /// The red heading, at least; then it has more lines.
    pub(crate) const MARK_PT_MIN: f32 = 22.0;
}

/// The page, in millimetres: A4 with 22 lines of 28 characters.
pub(crate) mod page {
    pub(crate) const WIDTH_MM: f32 = 210.0;
    pub(crate) const HEIGHT_MM: f32 = 297.0;
    pub(crate) const TOP_MM: f32 = 37.0;
    pub(crate) const LEFT_MM: f32 = 28.0;
    pub(crate) const TEXT_WIDTH_MM: f32 = 156.0;
    pub(crate) const TEXT_HEIGHT_MM: f32 = 225.0;
    /// From the top of the text to the top of the red heading.
    pub(crate) const MARK_TOP_MM: f32 = 35.0;
    /// From the end of the text to the dashes at the page number.
    pub(crate) const PAGE_NUMBER_MM: f32 = 7.0;
    pub(crate) const LINES: u16 = 22;
    pub(crate) const CHARS: u16 = 28;
    pub(crate) const PT_PER_MM: f32 = 72.0 / 25.4;
    /// From one line to the next, in points.
    pub(crate) const LINE_PT: f32 = TEXT_HEIGHT_MM * PT_PER_MM / LINES as f32;
    /// From one character to the next, in points.
    pub(crate) const CHAR_PT: f32 = TEXT_WIDTH_MM * PT_PER_MM / CHARS as f32;
}

/// The type that a part is set in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Typeface {
    /// 小标宋: red headings and titles.
    Title,
    /// 仿宋: the text.
    Text,
    /// 黑体: headings of the first level, and labels.
    Bold,
    /// 楷体: headings of the second level.
    Brush,
    /// 宋体: page numbers.
    Serif,
}

/// About how many Chinese characters wide a text is, rounded up.
pub(crate) fn width_chars(text: &str) -> u16 {
    let halves: u16 = text.chars().map(|letter| if letter.is_ascii() { 1 } else { 2 }).sum();
    halves.div_ceil(2)
}

/// How many characters from the right the lines of a signature end: whose it is, centred over the day, and the day.
pub(crate) fn signature_right_chars(by: &str, day: &str) -> [u16; 2] {
    const DAY_RIGHT_CHARS: u16 = 4;
    let [by, day] = [by, day].map(width_chars);
    [(DAY_RIGHT_CHARS + day / 2).saturating_sub(by / 2), DAY_RIGHT_CHARS]
}

/// Red, as red, green and blue.
pub(crate) const RED: [u8; 3] = [0xd7, 0x00, 0x0f];
