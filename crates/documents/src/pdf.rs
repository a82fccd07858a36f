//! A paper as PDF/A-2b, set in fonts that are given, and embedded as far as they are used.

mod fonts;
mod lines;
mod proof;

pub use fonts::Fonts;

use crate::Language;
use crate::paper::{Block, Paper, RED, Typeface, page, signature_right_chars, size, width_chars};
use crate::proof::Code;
use domain::Date;
use fonts::Open;
use krilla::color::{luma, rgb};
use krilla::configure::{Archival, ConfigurationBuilder};
use krilla::geom::{PathBuilder, Point};
use krilla::metadata::{DateTime, Metadata};
use krilla::page::PageSettings;
use krilla::paint::{Fill, Stroke};
use krilla::surface::Surface;
use krilla::text::{GlyphId, KrillaGlyph};
use krilla::{Document, SerializeSettings};
use lines::{Line, Measured};
use std::rc::Rc;

/// The baseline of a Chinese character from its top, where 1 is the size of the font.
const BASELINE_EM: f32 = 0.88;
/// How thick the red line under the heading is, and how far below.
const RULE_PT: f32 = 1.5;
const RULE_MM: f32 = 4.0;

/// Why a paper cannot be set.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PdfError {
    /// There is no font.
    #[error("there is no font")]
    NoFonts,
    /// A file is no font.
    #[error("{name} is not a font that can be read")]
    NotAFont {
        /// Its name.
        name: String,
    },
    /// No font has a character.
    #[error("no font has the character {character} (U+{:04X})", u32::from(*character))]
    NoGlyph {
        /// The character.
        character: char,
    },
    /// The file cannot be an archive's: a font forbids to be embedded.
    #[error("{why}")]
    NotArchivable {
        /// Why.
        why: String,
    },
}

/// The file's bytes: the same paper in the same fonts always has the same ones.
pub fn pdf(paper: &Paper, fonts: &Fonts) -> Result<Vec<u8>, PdfError> {
    let open = fonts.open()?;
    let mut typesetter =
        Typesetter { fonts: &open, language: paper.language, pages: vec![Vec::new()], y_pt: 0.0 };
    for block in &paper.blocks {
        typesetter.set(block)?;
    }
    if let Some(proof) = &paper.proof {
        typesetter.proof(proof)?;
    }
    written(paper, &open, typesetter.numbered()?)
}

/// What is drawn on a page.
enum Mark {
    Text(Text),
    /// A red line over the width of the text.
    Rule {
        y_pt: f32,
    },
    /// A code, with the place of its upper left corner.
    Code {
        code: Box<Code>,
        x_pt: f32,
        y_pt: f32,
    },
}

/// A line of text with the place of its baseline's beginning.
struct Text {
    measured: Rc<Measured>,
    line: Line,
    x_pt: f32,
    y_pt: f32,
    is_red: bool,
}

struct Typesetter<'a> {
    fonts: &'a Open<'a>,
    language: Language,
    pages: Vec<Vec<Mark>>,
    /// From the top of the text to the next line.
    y_pt: f32,
}

/// Where the lines of a paragraph are.
struct Place {
    first_pt: f32,
    others_pt: f32,
    is_centred: bool,
    is_spread: bool,
}

const TEXT_WIDTH_PT: f32 = page::TEXT_WIDTH_MM * page::PT_PER_MM;
const TEXT_HEIGHT_PT: f32 = page::TEXT_HEIGHT_MM * page::PT_PER_MM;
const LEFT_PT: f32 = page::LEFT_MM * page::PT_PER_MM;
const TOP_PT: f32 = page::TOP_MM * page::PT_PER_MM;

impl Typesetter<'_> {
    fn set(&mut self, block: &Block) -> Result<(), PdfError> {
        let is_spread = self.language == Language::Chinese;
        let first_pt = 2.0 * page::CHAR_PT;
        let indented = Place { first_pt, others_pt: 0.0, is_centred: false, is_spread };
        let centred = Place { first_pt: 0.0, others_pt: 0.0, is_centred: true, is_spread: false };
        match block {
            Block::Mark(words) => return self.mark(words),
            Block::Number(words) => {
                self.y_pt += 2.0 * page::LINE_PT;
                self.lines(&[(words, Typeface::Text)], size::TEXT_PT, &centred)?;
            }
            Block::Rule => self.rule(),
            Block::Signed { by, day } => {
                for (words, right) in [by, day].into_iter().zip(signature_right_chars(by, day)) {
                    self.flush_right(words, f32::from(right) * page::CHAR_PT)?;
                }
            }
            Block::Gap => self.feed(),
            Block::Title(words) => {
                self.lines(&[(words, Typeface::Title)], size::TITLE_PT, &centred)?;
                self.feed();
            }
            Block::Heading(words) => self.heading(words, Typeface::Bold, &indented)?,
            Block::Subheading(words) => self.heading(words, Typeface::Brush, &indented)?,
            Block::Paragraph(words) => self.lines(&[(words, Typeface::Text)], size::TEXT_PT, &indented)?,
            Block::Labelled { label, text } => {
                let others_pt = first_pt + f32::from(width_chars(label)) * page::CHAR_PT;
                let place = Place { first_pt, others_pt, is_centred: false, is_spread };
                let pieces = [(label.as_str(), Typeface::Bold), (text.as_str(), Typeface::Text)];
                self.lines(&pieces, size::TEXT_PT, &place)?;
            }
        }
        Ok(())
    }

    /// The red heading: as large as it can be in one line, and then in several.
    fn mark(&mut self, words: &str) -> Result<(), PdfError> {
        let whole = Measured::of(self.fonts, &[(words, Typeface::Title)], size::MARK_PT)?;
        let fitting = size::MARK_PT * (TEXT_WIDTH_PT / whole.width_pt().max(1.0)).min(1.0);
        let points = fitting.max(size::MARK_PT_MIN);
        let measured = Rc::new(Measured::of(self.fonts, &[(words, Typeface::Title)], points)?);
        self.y_pt = page::MARK_TOP_MM * page::PT_PER_MM;
        for line in measured.lines(TEXT_WIDTH_PT, TEXT_WIDTH_PT, false) {
            let x_pt = LEFT_PT + (TEXT_WIDTH_PT - line.width_pt) / 2.0;
            let y_pt = TOP_PT + self.y_pt + BASELINE_EM * points;
            self.draw(Mark::Text(Text { measured: measured.clone(), line, x_pt, y_pt, is_red: true }));
            self.y_pt += points * 1.3;
        }
        Ok(())
    }

    fn rule(&mut self) {
        let y_pt = TOP_PT + self.y_pt + RULE_MM * page::PT_PER_MM;
        self.draw(Mark::Rule { y_pt });
        // The text goes on in the page's lines.
        let lines = ((self.y_pt + RULE_MM * page::PT_PER_MM) / page::LINE_PT).ceil();
        self.y_pt = (lines + 1.0) * page::LINE_PT;
    }

    /// A text whose lines end this far from the right.
    fn flush_right(&mut self, words: &str, right_pt: f32) -> Result<(), PdfError> {
        let measured = Rc::new(Measured::of(self.fonts, &[(words, Typeface::Text)], size::TEXT_PT)?);
        let room = TEXT_WIDTH_PT - right_pt;
        for line in measured.lines(room, room, false) {
            let x_pt = LEFT_PT + room - line.width_pt;
            self.line(&measured, line, x_pt);
        }
        Ok(())
    }

    /// A heading, with room for a line under it on its page.
    fn heading(&mut self, words: &str, typeface: Typeface, place: &Place) -> Result<(), PdfError> {
        if self.y_pt + 2.0 * page::LINE_PT > TEXT_HEIGHT_PT + 0.1 {
            self.turn();
        }
        self.lines(&[(words, typeface)], size::TEXT_PT, place)
    }

    fn lines(&mut self, pieces: &[(&str, Typeface)], points: f32, place: &Place) -> Result<(), PdfError> {
        let measured = Rc::new(Measured::of(self.fonts, pieces, points)?);
        let room = |indent: f32| TEXT_WIDTH_PT - indent;
        let lines = measured.lines(room(place.first_pt), room(place.others_pt), place.is_spread);
        for (nth, line) in lines.into_iter().enumerate() {
            let indent = if nth == 0 { place.first_pt } else { place.others_pt };
            let centre = if place.is_centred { (TEXT_WIDTH_PT - line.width_pt) / 2.0 } else { indent };
            self.line(&measured, line, LEFT_PT + centre);
        }
        Ok(())
    }

    /// A line in the next of the page's lines.
    fn line(&mut self, measured: &Rc<Measured>, line: Line, x_pt: f32) {
        if self.y_pt + page::LINE_PT > TEXT_HEIGHT_PT + 0.1 {
            self.turn();
        }
        let above = (page::LINE_PT - measured.points) / 2.0;
        let y_pt = TOP_PT + self.y_pt + above + BASELINE_EM * measured.points;
        self.draw(Mark::Text(Text { measured: measured.clone(), line, x_pt, y_pt, is_red: false }));
        self.feed();
    }

    fn feed(&mut self) {
        self.y_pt += page::LINE_PT;
    }

    fn turn(&mut self) {
        self.pages.push(Vec::new());
        self.y_pt = 0.0;
    }

    fn draw(&mut self, mark: Mark) {
        if let Some(page) = self.pages.last_mut() {
            page.push(mark);
        }
    }

    /// The pages with their numbers: on the right of odd ones, on the left of even ones.
    fn numbered(mut self) -> Result<Vec<Vec<Mark>>, PdfError> {
        for (nth, page) in (1..).zip(&mut self.pages) {
            let words = format!("— {nth} —");
            let number = Measured::of(self.fonts, &[(&words, Typeface::Serif)], size::PAGE_NUMBER_PT)?;
            let width = number.width_pt();
            let x_pt = match nth % 2 {
                1 => LEFT_PT + TEXT_WIDTH_PT - page::CHAR_PT - width,
                _ => LEFT_PT + page::CHAR_PT,
            };
            let below = page::PAGE_NUMBER_MM * page::PT_PER_MM + size::PAGE_NUMBER_PT * 0.38;
            let y_pt = TOP_PT + TEXT_HEIGHT_PT + below;
            let line = Line { letters: 0..number.letters.len(), width_pt: width, spread_pt: 0.0 };
            page.push(Mark::Text(Text { measured: number.into(), line, x_pt, y_pt, is_red: false }));
        }
        Ok(self.pages)
    }
}

fn written(paper: &Paper, fonts: &Open, pages: Vec<Vec<Mark>>) -> Result<Vec<u8>, PdfError> {
    let failed = |why: String| PdfError::NotArchivable { why };
    let configuration = ConfigurationBuilder::new().with_archival_validator(Archival::A2_B).finish();
    let configuration = configuration.map_err(|error| failed(format!("{error:?}")))?;
    let mut document =
        Document::new_with(SerializeSettings { configuration, ..SerializeSettings::default() });
    let mut metadata = Metadata::new()
        .title(paper.name.clone())
        .language(match paper.language {
            Language::Chinese => "zh-CN".to_owned(),
            Language::English => "en".to_owned(),
        })
        .creation_date(day(paper.dated));
    if let Some(proof) = &paper.proof {
        metadata = metadata.description(proof.text().to_owned());
    }
    document.set_metadata(metadata);
    let settings = PageSettings::from_wh(page::WIDTH_MM * page::PT_PER_MM, page::HEIGHT_MM * page::PT_PER_MM);
    let settings = settings.ok_or_else(|| failed("the page has no size".to_owned()))?;
    for marks in &pages {
        let mut sheet = document.start_page_with(settings.clone());
        let mut surface = sheet.surface();
        marks.iter().for_each(|mark| drawn(&mut surface, fonts, mark));
        surface.finish();
        sheet.finish();
    }
    document.finish().map_err(|error| failed(error.to_string()))
}

fn day(date: Date) -> DateTime {
    DateTime::new(date.year().unsigned_abs())
        .month(date.month().unsigned_abs())
        .day(date.day().unsigned_abs())
}

fn red() -> rgb::Color {
    let [red, green, blue] = RED;
    rgb::Color::new(red, green, blue)
}

fn drawn(surface: &mut Surface, fonts: &Open, mark: &Mark) {
    match mark {
        Mark::Text(text) => text.drawn(surface, fonts),
        Mark::Code { code, x_pt, y_pt } => proof::drawn(surface, code, *x_pt, *y_pt),
        Mark::Rule { y_pt } => {
            let mut path = PathBuilder::new();
            path.move_to(LEFT_PT, *y_pt);
            path.line_to(LEFT_PT + TEXT_WIDTH_PT, *y_pt);
            if let Some(path) = path.finish() {
                surface.set_fill(None);
                surface.set_stroke(Some(Stroke { paint: red().into(), width: RULE_PT, ..Stroke::default() }));
                surface.draw_path(&path);
                surface.set_stroke(None);
            }
        }
    }
}

impl Text {
    fn drawn(&self, surface: &mut Surface, fonts: &Open) {
        let paint = if self.is_red { red().into() } else { luma::Color::black().into() };
        surface.set_fill(Some(Fill { paint, ..Fill::default() }));
        let mut x_pt = self.x_pt;
        let mut run: Vec<KrillaGlyph> = Vec::new();
        let (mut run_x_pt, mut run_face) = (x_pt, None);
        for at in self.line.letters.clone() {
            let letter = &self.measured.letters[at];
            if run_face.is_some_and(|face| face != letter.drawn.face) {
                self.run(surface, fonts, run_face, run_x_pt, &run);
                run.clear();
            }
            if run.is_empty() {
                (run_x_pt, run_face) = (x_pt, Some(letter.drawn.face));
            }
            let spread = if self.measured.may_spread(at) { self.line.spread_pt } else { 0.0 };
            let advance = letter.advance_pt + spread;
            let id = GlyphId::new(letter.drawn.glyph);
            let em = advance / self.measured.points;
            run.push(KrillaGlyph::new(id, em, 0.0, 0.0, 0.0, letter.range.clone(), None));
            x_pt += advance;
        }
        self.run(surface, fonts, run_face, run_x_pt, &run);
    }

    fn run(&self, surface: &mut Surface, fonts: &Open, face: Option<usize>, x_pt: f32, run: &[KrillaGlyph]) {
        let Some(face) = face.filter(|_| !run.is_empty()) else { return };
        let at = Point::from_xy(x_pt, self.y_pt);
        surface.draw_glyphs(at, run, fonts.font(face), &self.measured.text, self.measured.points, false);
    }
}
