//! What a paper carries to prove itself, on a page: the code, and its line beside it.

use super::lines::Measured;
use super::{BASELINE_EM, LEFT_PT, Mark, PdfError, TEXT_HEIGHT_PT, TEXT_WIDTH_PT, TOP_PT, Text, Typesetter};
use crate::paper::{Typeface, page};
use crate::proof::{Code, LINE_PT, Proof, SIDE_MM, TEXT_PT};
use krilla::color::luma;
use krilla::geom::PathBuilder;
use krilla::paint::Fill;
use krilla::surface::Surface;
use std::rc::Rc;

const SIDE_PT: f32 = SIDE_MM * page::PT_PER_MM;
/// Between the code, which has some quiet of its own, and its line.
const GAP_PT: f32 = 6.0;

impl Typesetter<'_> {
    /// The code and its line, on one page.
    pub(super) fn proof(&mut self, proof: &Proof) -> Result<(), PdfError> {
        let room = TEXT_WIDTH_PT - SIDE_PT - GAP_PT;
        let mut lines = Vec::new();
        for text in [Proof::caption(self.language), proof.line()] {
            let measured = Rc::new(Measured::of(self.fonts, &[(text, Typeface::Text)], TEXT_PT)?);
            let broken = measured.lines(room, room, false);
            lines.extend(broken.into_iter().map(|line| (measured.clone(), line)));
        }
        let height_pt = SIDE_PT.max(lines.len() as f32 * LINE_PT);
        self.feed();
        if self.y_pt + height_pt > TEXT_HEIGHT_PT + 0.1 {
            self.turn();
        }
        let (x_pt, y_pt) = (LEFT_PT, TOP_PT + self.y_pt);
        if let Some(code) = proof.code().map(Box::new) {
            self.draw(Mark::Code { code, x_pt, y_pt });
        }
        let above_pt = (height_pt - lines.len() as f32 * LINE_PT) / 2.0;
        for (nth, (measured, line)) in lines.into_iter().enumerate() {
            let y_pt = y_pt + above_pt + nth as f32 * LINE_PT + BASELINE_EM * TEXT_PT;
            let x_pt = x_pt + SIDE_PT + GAP_PT;
            self.draw(Mark::Text(Text { measured, line, x_pt, y_pt, is_red: false }));
        }
        self.y_pt += height_pt;
        Ok(())
    }
}

/// Draws a code with its upper left corner there.
pub(super) fn drawn(surface: &mut Surface, code: &Code, x_pt: f32, y_pt: f32) {
    let module_pt = SIDE_PT / code.width() as f32;
    let mut path = PathBuilder::new();
    for (line, at, run) in code.runs() {
        let [left, right] = [at, at + run].map(|modules| x_pt + modules as f32 * module_pt);
        let [top, bottom] = [line, line + 1].map(|modules| y_pt + modules as f32 * module_pt);
        path.move_to(left, top);
        path.line_to(right, top);
        path.line_to(right, bottom);
        path.line_to(left, bottom);
        path.close();
    }
    if let Some(path) = path.finish() {
        surface.set_stroke(None);
        surface.set_fill(Some(Fill { paint: luma::Color::black().into(), ..Fill::default() }));
        surface.draw_path(&path);
    }
}
