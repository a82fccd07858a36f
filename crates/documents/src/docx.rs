//! A paper as a docx. It names the typefaces that offices have, and embeds none.

use crate::Language;
use crate::paper::{Block, Paper, RED, Typeface, page, signature_right_chars, size, width_chars};
use crate::proof::{self, Proof};
use docx_rs::{
    AlignmentType, DocGrid, DocGridType, Docx, Footer, LineSpacing, LineSpacingType, PageMargin, PageNum,
    Paragraph, ParagraphBorder, ParagraphBorderPosition, ParagraphBorders, Pic, Run, RunFonts,
    SpecialIndentType,
};
use std::io::Cursor;

/// Twentieths of a point in a millimetre.
const TWIPS_PER_MM: f32 = 20.0 * page::PT_PER_MM;
/// The footer's distance from the bottom of the page, so that the page number is 7 mm under the text.
const FOOTER_MM: f32 = 22.0;
/// How thick the red line is, in eighths of a point, and how far under the text above it, in points.
const RULE_EIGHTHS: usize = 12;
const RULE_BELOW_PT: usize = 11;
/// In a character grid, the unit of what is added between characters is a part of a point.
const GRID_UNITS_PER_PT: f32 = 4096.0;

/// The property of a file that has what proves it.
const PROOF_PROPERTY: &str = "huishang-paper";
/// In pictures, units of length (EMU) in a millimetre.
const PICTURE_UNITS_PER_MM: f32 = 36_000.0;

/// The file's bytes: the same paper always has the same ones.
pub fn docx(paper: &Paper) -> Vec<u8> {
    let mut written = Written { ids: 0, language: paper.language };
    let day = format!("{}T00:00:00Z", paper.dated);
    let mut docx = Docx::new()
        .created_at(&day)
        .updated_at(&day)
        .page_size(twips(page::WIDTH_MM).unsigned_abs(), twips(page::HEIGHT_MM).unsigned_abs())
        .page_margin(margins())
        .default_size(half_points(size::TEXT_PT))
        .default_fonts(fonts(Typeface::Text))
        .footer(written.page_number(AlignmentType::Right))
        .even_footer(written.page_number(AlignmentType::Left));
    docx.document = docx.document.doc_grid(
        DocGrid::new()
            .grid_type(DocGridType::LinesAndChars)
            .line_pitch(line_twips().unsigned_abs() as usize)
            .char_space(rounded((page::CHAR_PT - size::TEXT_PT) * GRID_UNITS_PER_PT) as isize),
    );
    for block in &paper.blocks {
        docx = written.paragraphs(block).into_iter().fold(docx, Docx::add_paragraph);
    }
    if let Some(proof) = &paper.proof {
        docx = written.proof(proof).into_iter().fold(docx, Docx::add_paragraph);
        docx = docx.custom_property(PROOF_PROPERTY, proof.text());
    }
    let mut file = Cursor::new(Vec::new());
    // It fails only where its writer does, and this one is memory.
    docx.pack(&mut file).expect("a docx is written to memory");
    file.into_inner()
}

struct Written {
    /// Paragraphs so far. Their ids in the file are counted here, as the library counts those of all files.
    ids: u32,
    language: Language,
}

impl Written {
    fn paragraphs(&mut self, block: &Block) -> Vec<Paragraph> {
        let text = |typeface| move |text: &str| run(text, typeface, size::TEXT_PT);
        match block {
            Block::Mark(words) => {
                let above = twips(page::MARK_TOP_MM).unsigned_abs();
                let spacing = LineSpacing::new().before(above);
                let run = run(words, Typeface::Title, size::MARK_PT).color(red());
                let mark = self.paragraph().line_spacing(spacing).align(AlignmentType::Center);
                vec![mark.add_run(run)]
            }
            Block::Number(words) => {
                let number = self.centred(text(Typeface::Text)(words));
                vec![self.line(), self.line(), number]
            }
            Block::Rule => vec![self.rule(), self.line()],
            Block::Signed { by, day } => {
                let right = signature_right_chars(by, day);
                let line = |(words, right): (&String, u16)| {
                    let signed = self.line().indent(None, None, Some(chars_twips(right)), None);
                    signed.align(AlignmentType::Right).add_run(text(Typeface::Text)(words))
                };
                [by, day].into_iter().zip(right).map(line).collect()
            }
            Block::Title(words) => {
                let title = self.centred(run(words, Typeface::Title, size::TITLE_PT));
                vec![title, self.line()]
            }
            Block::Heading(words) => {
                vec![self.indented().keep_next(true).add_run(text(Typeface::Bold)(words))]
            }
            Block::Subheading(words) => {
                vec![self.indented().keep_next(true).add_run(text(Typeface::Brush)(words))]
            }
            Block::Paragraph(words) => vec![self.indented().add_run(text(Typeface::Text)(words))],
            Block::Labelled { label, text: words } => vec![self.labelled(label, words)],
            Block::Gap => vec![self.line()],
        }
    }

    /// The code, and under it the line that it has.
    fn proof(&mut self, proof: &Proof) -> Vec<Paragraph> {
        let small = |text: &str| run(text, Typeface::Text, proof::TEXT_PT);
        let side = rounded(proof::SIDE_MM * PICTURE_UNITS_PER_MM).unsigned_abs();
        let code = proof.code().map(|code| {
            let picture = Pic::new_with_dimensions(code.png(), code.pixels(), code.pixels());
            // The library counts the pictures of all files.
            let picture = picture.id("rIdImage1").size(side, side);
            self.paragraph().keep_next(true).add_run(Run::new().add_image(picture))
        });
        let caption = self.paragraph().keep_next(true).add_run(small(Proof::caption(self.language)));
        let line = self.paragraph().add_run(small(proof.line()));
        [self.line()].into_iter().chain(code).chain([caption, line]).collect()
    }

    /// A paragraph that nothing was said of.
    fn paragraph(&mut self) -> Paragraph {
        self.ids += 1;
        Paragraph::new().id(format!("{:08x}", self.ids))
    }

    /// A paragraph in the lines of the page.
    fn line(&mut self) -> Paragraph {
        let spacing = LineSpacing::new().line_rule(LineSpacingType::Exact).line(line_twips());
        self.paragraph().line_spacing(spacing)
    }

    /// A line with a red one under it, over the width of the text.
    fn rule(&mut self) -> Paragraph {
        let line = ParagraphBorder::new(ParagraphBorderPosition::Bottom)
            .size(RULE_EIGHTHS)
            .space(RULE_BELOW_PT)
            .color(red());
        // Of a low paragraph, which adds nothing to the distance.
        let low = LineSpacing::new().line_rule(LineSpacingType::Exact).line(20);
        let paragraph = self.paragraph().line_spacing(low);
        paragraph.set_borders(ParagraphBorders::with_empty().set(line))
    }

    fn centred(&mut self, run: Run) -> Paragraph {
        self.line().align(AlignmentType::Center).add_run(run)
    }

    /// A paragraph whose first line begins two characters right of the others.
    fn indented(&mut self) -> Paragraph {
        let first = Some(SpecialIndentType::FirstLine(chars_twips(2)));
        let paragraph = self.line().indent(None, first, None, None);
        match self.language {
            Language::Chinese => paragraph.align(AlignmentType::Both).first_line_chars(200),
            Language::English => paragraph,
        }
    }

    fn labelled(&mut self, label: &str, text: &str) -> Paragraph {
        let hanging = chars_twips(width_chars(label));
        let paragraph = self.line().indent(
            Some(chars_twips(2) + hanging),
            Some(SpecialIndentType::Hanging(hanging)),
            None,
            None,
        );
        let label = run(label, Typeface::Bold, size::TEXT_PT);
        paragraph.add_run(label).add_run(run(text, Typeface::Text, size::TEXT_PT))
    }

    /// The page's number between dashes, one character from the margin.
    fn page_number(&mut self, side: AlignmentType) -> Footer {
        let run = |text: &str| run(text, Typeface::Serif, size::PAGE_NUMBER_PT);
        let paragraph = self
            .paragraph()
            .align(side)
            .indent(Some(chars_twips(1)), None, Some(chars_twips(1)), None)
            .size(half_points(size::PAGE_NUMBER_PT))
            .fonts(fonts(Typeface::Serif));
        Footer::new()
            .add_paragraph(paragraph.add_run(run("— ")).add_page_num(PageNum::new()).add_run(run(" —")))
    }
}

/// A run of text, without the two characters that stand in no XML (XML 1.0, 2.2).
fn run(text: &str, typeface: Typeface, points: f32) -> Run {
    Run::new()
        .add_text(text.replace(['\u{fffe}', '\u{ffff}'], ""))
        .size(half_points(points))
        .fonts(fonts(typeface))
}

fn fonts(typeface: Typeface) -> RunFonts {
    let chinese = match typeface {
        Typeface::Title => "方正小标宋简体",
        Typeface::Text => "仿宋_GB2312",
        Typeface::Bold => "黑体",
        Typeface::Brush => "楷体_GB2312",
        Typeface::Serif => "宋体",
    };
    RunFonts::new().ascii("Times New Roman").hi_ansi("Times New Roman").east_asia(chinese)
}

fn margins() -> PageMargin {
    PageMargin::new()
        .top(twips(page::TOP_MM))
        .left(twips(page::LEFT_MM))
        .right(twips(page::WIDTH_MM - page::LEFT_MM - page::TEXT_WIDTH_MM))
        .bottom(twips(page::HEIGHT_MM - page::TOP_MM - page::TEXT_HEIGHT_MM))
        .footer(twips(FOOTER_MM))
}

fn red() -> String {
    RED.map(|part| format!("{part:02x}")).concat()
}

fn twips(millimetres: f32) -> i32 {
    rounded(millimetres * TWIPS_PER_MM)
}

fn chars_twips(chars: u16) -> i32 {
    rounded(f32::from(chars) * page::CHAR_PT * 20.0)
}

fn line_twips() -> i32 {
    rounded(page::LINE_PT * 20.0)
}

fn half_points(points: f32) -> usize {
    rounded(points * 2.0).unsigned_abs() as usize
}

fn rounded(size: f32) -> i32 {
    size.round() as i32
}
