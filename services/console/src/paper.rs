//! Paper that proves itself: what a page or a file says of itself, so that anybody who has a copy of the log can make it
//! again and compare. It is a line that can be typed, and a code that cameras read.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD as BASE64;
use client::Language;
use event_log::Hash;
use fast_qr::{ECL, QRBuilder, QRCode};
use jiff::Timestamp;
use std::fmt::{self, Write as _};
use std::str::FromStr;

/// What the line begins with.
const MARK: &str = "huishang-paper/1";
/// Modules of quiet around a code.
const QUIET: usize = 4;
/// Pixels of a module in a picture.
const MODULE_PIXELS: usize = 3;

/// What a paper says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paper {
    /// The last record that it was made of.
    pub position: u64,
    /// What the clock showed then, by which items are late.
    pub clock_at: Timestamp,
    /// The language that it is in.
    pub language: Language,
    /// The roles of its reader, as tokens name them.
    pub roles: Vec<String>,
    /// The department that its reader spoke for.
    pub department: Option<String>,
    /// The page, with its filters.
    pub address: String,
    /// The number of records of the log's head that it names, and the root there.
    pub head: (u64, Hash),
}

impl Paper {
    /// The paper that a text speaks of: the last line in it that does, as what people wrote stands before it.
    pub fn find(text: &str) -> Option<Paper> {
        let mut found = text.rmatch_indices(MARK);
        found.find_map(|(at, _)| text[at..].lines().next()?.parse().ok())
    }

    /// The head of the log as a ledger signed it, where it follows the line of a paper in a text: its paragraph, and that of
    /// its signatures.
    pub fn signed_head(text: &str) -> Option<String> {
        let mut found = text.rmatch_indices(MARK);
        found.find_map(|(at, _)| {
            let (_, note) = text[at..].split_once('\n')?;
            let (body, signatures) = note.split_once("\n\n")?;
            let signatures = signatures.lines().take_while(|line| line.starts_with("— "));
            let signatures: String = signatures.map(|line| format!("{line}\n")).collect();
            let is_head = body.lines().nth(1)?.parse::<u64>().is_ok() && !signatures.is_empty();
            is_head.then(|| format!("{body}\n\n{signatures}"))
        })
    }

    /// The line as a code; none if it does not fit into one.
    pub(crate) fn code(&self) -> Option<Code> {
        QRBuilder::new(self.to_string()).ecl(ECL::M).build().ok().map(Code)
    }
}

impl fmt::Display for Paper {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Paper { position, clock_at, address, head: (size, root), .. } = self;
        let language = match self.language {
            Language::Chinese => "zh",
            Language::English => "en",
        };
        let roles = self.roles.join("+");
        let department = self.department.as_ref().map(|code| format!("@{code}")).unwrap_or_default();
        let root = BASE64.encode(root);
        write!(out, "{MARK} {position} {clock_at} {language} {roles}{department} {address} {size} {root}")
    }
}

/// A line is not that of a paper.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("it is not the line of a paper, which begins with {MARK}")]
pub struct NoPaper;

impl FromStr for Paper {
    type Err = NoPaper;

    fn from_str(line: &str) -> Result<Paper, NoPaper> {
        let read = || {
            let mut words = line.trim().strip_prefix(MARK)?.split_whitespace();
            let position = words.next()?.parse().ok()?;
            let clock_at = words.next()?.parse().ok()?;
            let language = words.next()?.parse().ok()?;
            let who = words.next()?;
            let (roles, department) = match who.split_once('@') {
                Some((roles, department)) => (roles, Some(department.to_owned())),
                None => (who, None),
            };
            let roles = roles.split('+').map(str::to_owned).collect();
            let address = words.next().filter(|address| address.starts_with('/'))?.to_owned();
            let size = words.next()?.parse().ok()?;
            let root = BASE64.decode(words.next()?).ok()?.try_into().ok()?;
            Some(Paper { position, clock_at, language, roles, department, address, head: (size, root) })
        };
        read().ok_or(NoPaper)
    }
}

/// A code of black and white squares, as cameras read it.
pub(crate) struct Code(QRCode);

impl Code {
    fn is_dark(&self, line: usize, at: usize) -> bool {
        self.0[line][at].value()
    }

    /// Its width in modules, with the quiet around it.
    pub(crate) fn width(&self) -> usize {
        self.0.size + 2 * QUIET
    }

    /// Its dark modules, as the path of an SVG.
    pub(crate) fn path(&self) -> String {
        let mut path = String::new();
        for line in 0..self.0.size {
            let mut at = 0;
            while at < self.0.size {
                let run = (at..self.0.size).take_while(|&at| self.is_dark(line, at)).count();
                if run > 0 {
                    // Writing to a string cannot fail.
                    let _ = write!(path, "M{} {}h{run}v1h-{run}z", at + QUIET, line + QUIET);
                }
                at += run.max(1);
            }
        }
        path
    }

    /// The same as a picture: a bitmap of two colours, which workbooks can have.
    pub(crate) fn bitmap(&self) -> Vec<u8> {
        const HEADERS_BYTES: u32 = 14 + 40 + 2 * 4;
        let pixels = self.width() * MODULE_PIXELS;
        let line_bytes = pixels.div_ceil(32) * 4;
        let [side, size] =
            [pixels, line_bytes * pixels].map(|number| u32::try_from(number).unwrap_or(u32::MAX));
        let mut bitmap = b"BM".to_vec();
        let headers =
            [HEADERS_BYTES + size, 0, HEADERS_BYTES, 40, side, side, 1 | 1 << 16, 0, size, 0, 0, 2, 0];
        bitmap.extend(headers.iter().flat_map(|number| number.to_le_bytes()));
        bitmap.extend([0, 0, 0, 0, 0xff, 0xff, 0xff, 0]);
        // The lowest line is the first; a set bit is white.
        for line in (0..pixels).rev() {
            let mut bits = vec![0xff; line_bytes];
            for at in (0..pixels).filter(|&at| self.is_dark_pixel(line, at)) {
                bits[at / 8] &= !(0x80 >> (at % 8));
            }
            bitmap.extend(bits);
        }
        bitmap
    }

    fn is_dark_pixel(&self, line: usize, at: usize) -> bool {
        let module = |pixel: usize| (pixel / MODULE_PIXELS).checked_sub(QUIET).filter(|&at| at < self.0.size);
        module(line).zip(module(at)).is_some_and(|(line, at)| self.is_dark(line, at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paper() -> Paper {
        Paper {
            position: 61,
            clock_at: "2027-03-23T01:12:00.5Z".parse().unwrap(),
            language: Language::Chinese,
            roles: vec!["clerk".into(), "chair".into()],
            department: Some("WATER".into()),
            address: "/items?column=late&q=%E7%AE%A1".into(),
            head: (62, [7; 32]),
        }
    }

    #[test]
    fn the_line_of_a_paper_is_found_in_what_is_around_it() {
        let paper = paper();
        let note = "huishang/main/1\n62\nBwcH\n\n— huishang/main/1 abcd\n— other efgh\n";
        let file = format!("a,b\r\n1,2\r\n\r\n\"{paper}\n{note}\"\r\n");
        assert_eq!(Paper::find(&file), Some(paper.clone()));
        assert_eq!(Paper::signed_head(&file).as_deref(), Some(note), "{file}");
        let page = format!("<code>{paper}</code>\n<dt>Check</dt>\n\n<pre>{paper}\n{note}</pre>");
        assert_eq!(Paper::signed_head(&page).as_deref(), Some(note), "{page}");
        assert_eq!(Paper::find("huishang-paper/1 is what it begins with"), None);
        let nobody = Paper { department: None, roles: vec!["supervisor".into()], ..paper };
        assert_eq!(nobody.to_string().parse(), Ok(nobody), "who speaks for no department");
    }

    #[test]
    fn a_code_is_the_same_as_a_path_and_as_a_picture() {
        let code = paper().code().expect("it fits");
        let bitmap = code.bitmap();
        let pixels = code.width() * MODULE_PIXELS;
        assert_eq!((&bitmap[..2], bitmap.len()), (&b"BM"[..], 62 + pixels.div_ceil(32) * 4 * pixels));
        let white = bitmap[62..].iter().map(|byte| byte.count_ones() as usize).sum::<usize>();
        let dark = pixels.div_ceil(32) * 32 * pixels - white;
        let runs = code.path();
        let modules: usize = runs
            .split('h')
            .skip(1)
            .step_by(2)
            .filter_map(|run| run.split('v').next()?.parse::<usize>().ok())
            .sum();
        assert_eq!(dark, modules * MODULE_PIXELS * MODULE_PIXELS);
    }
}
