//! What a paper carries to prove itself: a line that says what it was made of, the head of the log under it, and the line as a
//! code that cameras read.

use crate::Language;
use fast_qr::{ECL, QRBuilder, QRCode};
use flate2::write::ZlibEncoder;
use flate2::{Compression, Crc};
use std::io::Write as _;

/// What the line of a paper begins with, in any version.
const LINE_BEGIN: &str = "huishang-paper/";
/// Characters of a proof, at most.
const CHARS_MAX: usize = 4_096;
/// Modules of quiet around a code.
const QUIET: usize = 4;
/// Pixels of a module in a picture.
const MODULE_PIXELS: usize = 8;
/// The side of a code, in millimetres.
pub(crate) const SIDE_MM: f32 = 34.0;
/// 小五: the text beside it, and from one of its lines to the next, in points.
pub(crate) const TEXT_PT: f32 = 9.0;
pub(crate) const LINE_PT: f32 = 12.0;

/// What a paper carries to prove itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    text: String,
}

/// A text is not what a paper carries to prove itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "must begin with the line of a paper, and have at most {CHARS_MAX} characters and no control characters"
)]
pub struct NoProof;

impl Proof {
    /// Reads the line and what is under it; none of an empty text.
    pub fn read(text: &str) -> Result<Option<Proof>, NoProof> {
        if text.is_empty() {
            return Ok(None);
        }
        let line = text.lines().next().unwrap_or_default();
        // Programs would take a second line for the one that is printed.
        let is_line = text.starts_with(LINE_BEGIN)
            && text.matches(LINE_BEGIN).count() == 1
            && line.bytes().all(|byte| matches!(byte, b' '..=b'~'));
        let is_plain = text.chars().all(|character| character == '\n' || !character.is_control());
        match is_line && is_plain && text.chars().count() <= CHARS_MAX {
            true => Ok(Some(Proof { text: text.to_owned() })),
            false => Err(NoProof),
        }
    }

    /// All of it, as files carry it for programs.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// The line.
    pub(crate) fn line(&self) -> &str {
        self.text.lines().next().unwrap_or_default()
    }

    /// What stands before the line.
    pub(crate) fn caption(language: Language) -> &'static str {
        match language {
            Language::Chinese => "凭下行文字和任一份台账副本，任何人都能核验本件（huishang verify）：",
            Language::English => {
                "By this line and any copy of the log, anybody can verify this paper (huishang verify):"
            }
        }
    }

    /// The line as a code; none if it does not fit into one.
    pub(crate) fn code(&self) -> Option<Code> {
        QRBuilder::new(self.line()).ecl(ECL::M).build().ok().map(Code)
    }
}

/// A code of black and white squares.
pub(crate) struct Code(QRCode);

impl Code {
    /// Its width in modules, with the quiet around it.
    pub(crate) fn width(&self) -> usize {
        self.0.size + 2 * QUIET
    }

    fn is_dark(&self, line: usize, at: usize) -> bool {
        let module = |at: usize| at.checked_sub(QUIET).filter(|at| *at < self.0.size);
        module(line).zip(module(at)).is_some_and(|(line, at)| self.0[line][at].value())
    }

    /// Its dark modules, as runs: the line, where it begins there, and how many.
    pub(crate) fn runs(&self) -> Vec<(usize, usize, usize)> {
        let mut runs = Vec::new();
        for line in 0..self.width() {
            let mut at = 0;
            while at < self.width() {
                let run = (at..self.width()).take_while(|&at| self.is_dark(line, at)).count();
                if run > 0 {
                    runs.push((line, at, run));
                }
                at += run.max(1);
            }
        }
        runs
    }

    /// Pixels of a side of its picture.
    pub(crate) fn pixels(&self) -> u32 {
        u32::try_from(self.width() * MODULE_PIXELS).unwrap_or(u32::MAX)
    }

    /// A picture of it: a PNG of two colours. It is stored as it is, so that its bytes depend on no compressor.
    pub(crate) fn png(&self) -> Vec<u8> {
        let mut rows = Vec::new();
        for line in 0..self.width() {
            // No filter; a set bit is white.
            let mut row = vec![0];
            row.extend((0..self.width()).map(|at| if self.is_dark(line, at) { 0 } else { 0xff }));
            (0..MODULE_PIXELS).for_each(|_| rows.extend_from_slice(&row));
        }
        let mut head = [self.pixels(), self.pixels()].map(u32::to_be_bytes).concat();
        head.extend([1, 0, 0, 0, 0]);
        let mut png = b"\x89PNG\r\n\x1a\n".to_vec();
        for (name, content) in [(b"IHDR", head), (b"IDAT", stored(&rows)), (b"IEND", Vec::new())] {
            let mut crc = Crc::new();
            crc.update(name);
            crc.update(&content);
            png.extend(u32::try_from(content.len()).unwrap_or(u32::MAX).to_be_bytes());
            png.extend_from_slice(name);
            png.extend(content);
            png.extend(crc.sum().to_be_bytes());
        }
        png
    }
}

fn stored(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::none());
    // It fails only where its writer does, and this one is memory.
    encoder.write_all(bytes).and_then(|()| encoder.finish()).expect("a picture is written to memory")
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: &str =
        "huishang-paper/1 61 2027-03-23T01:12:00Z zh clerk@WATER /sessions/7/minutes.pdf 62 BwcH";

    #[test]
    fn a_proof_begins_with_the_line_of_a_paper() {
        let proof = Proof::read(&format!("{LINE}\nhuishang/main/1\n62\nBwcH\n\n— huishang abcd\n"));
        assert_eq!(proof.unwrap().unwrap().line(), LINE);
        assert_eq!(Proof::read(""), Ok(None));
        let two = format!("{LINE}\n{LINE}");
        let long = format!("{LINE}\n{}", "a".repeat(CHARS_MAX));
        for text in [
            two.as_str(),
            "PAID IN FULL",
            &format!(" {LINE}"),
            &format!("{LINE}\u{7}"),
            &format!("{LINE}已付"),
            &long,
        ] {
            assert_eq!(Proof::read(text), Err(NoProof), "{text}");
        }
    }

    #[test]
    fn a_code_has_its_squares_and_the_quiet_around_them() {
        let code = Proof::read(LINE).unwrap().unwrap().code().unwrap();
        let (runs, width) = (code.runs(), code.width());
        // The upper left corner has a square of seven modules.
        assert_eq!((runs[0], width % 4), ((QUIET, QUIET, 7), 1));
        let inner = QUIET..width - QUIET;
        assert!(runs.iter().all(|(line, at, run)| inner.contains(line) && at + run <= inner.end));
        let png = code.png();
        assert!(png.starts_with(b"\x89PNG") && png.ends_with(b"IEND\xae\x42\x60\x82"));
    }
}
