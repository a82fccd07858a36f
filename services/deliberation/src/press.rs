//! The press: sets papers as PDFs, in the fonts of a folder.

use anyhow::{Context as _, bail};
use documents::{Fonts, Paper, PdfError};
use domain::deliberation::minutes::{Minutes, Rejection};
use service_kit::CommandError;
use std::path::{Path, PathBuf};
use tokio::sync::Mutex;

/// MiB of fonts, at most.
const FONTS_MIB_MAX: u64 = 256;
/// How the names of fonts' files end.
const ENDINGS: [&str; 3] = ["ttf", "otf", "ttc"];

/// Sets PDFs one at a time: each needs all fonts in memory while it is set, and a processor.
pub(crate) struct Press {
    fonts_folder: Option<PathBuf>,
    turn: Mutex<()>,
}

impl Press {
    /// A press with the fonts of a folder; there is no press without fonts that can be read.
    pub(crate) fn new(fonts_folder: Option<&Path>) -> anyhow::Result<Press> {
        if let Some(folder) = fonts_folder {
            fonts(folder).context("documents.fonts_folder")?;
        }
        Ok(Press { fonts_folder: fonts_folder.map(Path::to_owned), turn: Mutex::new(()) })
    }

    /// The paper as a PDF.
    pub(crate) async fn pdf(&self, paper: Paper) -> Result<Vec<u8>, CommandError> {
        let no_fonts = || CommandError::rejected::<Minutes>(Rejection::NoFonts);
        let folder = self.fonts_folder.clone().ok_or_else(no_fonts)?;
        let _turn = self.turn.lock().await;
        let set = tokio::task::spawn_blocking(move || {
            let fonts = fonts(&folder)?;
            documents::pdf(&paper, &fonts).map_err(anyhow::Error::from)
        });
        let set = set.await.map_err(|error| CommandError::InvariantViolated(format!("no PDF: {error}")))?;
        set.map_err(|error| match error.downcast_ref() {
            Some(PdfError::NoGlyph { character }) => {
                let character = character.to_string();
                CommandError::rejected::<Minutes>(Rejection::NoGlyph { character })
            }
            _ => {
                tracing::error!(error = format!("{error:#}"), "no PDF can be set in documents.fonts_folder");
                no_fonts()
            }
        })
    }
}

/// The fonts in a folder.
fn fonts(folder: &Path) -> anyhow::Result<Fonts> {
    let (mut files, mut bytes) = (Vec::new(), 0);
    let listed = std::fs::read_dir(folder).with_context(|| format!("{} cannot be read", folder.display()))?;
    for entry in listed {
        let path = entry?.path();
        let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
        if !ENDINGS.iter().any(|known| known.eq_ignore_ascii_case(ending)) {
            continue;
        }
        let unreadable = || format!("{} cannot be read", path.display());
        bytes += std::fs::metadata(&path).with_context(unreadable)?.len();
        if bytes > FONTS_MIB_MAX << 20 {
            bail!(
                "{} has more than {FONTS_MIB_MAX} MiB of fonts; leave only those that are needed",
                folder.display()
            );
        }
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        files.push((name, std::fs::read(&path).with_context(unreadable)?));
    }
    let no_font = || {
        format!(
            "{}: put fonts whose names end in .ttf, .otf or .ttc into it, or links to them",
            folder.display()
        )
    };
    Fonts::of(files).with_context(no_font)
}

#[cfg(test)]
mod tests {
    use super::*;
    use documents::{Block, Language};

    /// What `tests/papers/run` prints for a word.
    fn fonts_of_tests() -> PathBuf {
        let script = harness::root().join("tests/papers/run");
        let printed = std::process::Command::new(script).arg("fonts").output().unwrap();
        assert!(printed.status.success(), "{}", String::from_utf8_lossy(&printed.stderr));
        PathBuf::from(String::from_utf8(printed.stdout).unwrap().trim())
    }

    fn paper(text: &str) -> Paper {
        let (name, dated) = ("纪要".to_owned(), "2027-03-08".parse().unwrap());
        Paper { language: Language::Chinese, name, dated, blocks: vec![Block::Paragraph(text.to_owned())] }
    }

    fn reason(refused: Result<Vec<u8>, CommandError>) -> &'static str {
        match refused {
            Err(CommandError::Rejected { reason, .. }) => reason,
            other => panic!("not refused by a rule: {other:?}"),
        }
    }

    #[tokio::test]
    async fn a_pdf_needs_fonts_that_have_its_characters() {
        let folder = fonts_of_tests();
        let press = Press::new(Some(&folder)).unwrap();
        assert!(press.pdf(paper("议定事项。")).await.unwrap().starts_with(b"%PDF-"));
        assert_eq!(reason(press.pdf(paper("🙂")).await), "NO_GLYPH");
        assert_eq!(reason(Press::new(None).unwrap().pdf(paper("议定事项。")).await), "NO_FONTS");
    }

    #[test]
    fn a_folder_without_fonts_is_said_at_the_start() {
        let folder = harness::root().join("docs");
        let refused = format!("{:#}", Press::new(Some(&folder)).err().unwrap());
        assert!(refused.contains("documents.fonts_folder") && refused.contains("put fonts"), "{refused}");
    }
}
