//! The press: makes files of documents, for every service that has some. It reads the fonts of a folder, and what
//! departments and bodies were called at a moment.

mod names;

pub use names::names;

use anyhow::{Context as _, bail};
use documents::{Fonts, Paper, PdfError};
use std::path::{Path, PathBuf};
use tokio::sync::Mutex;

/// MiB of fonts, at most.
const FONTS_MIB_MAX: u64 = 256;
/// How the names of fonts' files end.
const ENDINGS: [&str; 3] = ["ttf", "otf", "ttc"];
/// Bytes of a file, at most, so that it fits into an answer, also of JSON.
const FILE_BYTES_MAX: usize = 3 << 20;

/// PDFs are set one at a time in a process: each needs all fonts in memory while it is set, and a processor.
static TURN: Mutex<()> = Mutex::const_new(());

/// A kind of file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// A page of HTML.
    Html,
    /// A docx.
    Docx,
    /// PDF/A-2b.
    Pdf,
}

impl Format {
    /// How the name of such a file ends.
    pub fn ending(self) -> &'static str {
        match self {
            Format::Html => "html",
            Format::Docx => "docx",
            Format::Pdf => "pdf",
        }
    }

    /// Its media type.
    pub fn media_type(self) -> &'static str {
        match self {
            Format::Html => "text/html; charset=utf-8",
            Format::Docx => "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            Format::Pdf => "application/pdf",
        }
    }
}

/// Why there is no file.
#[derive(Debug, thiserror::Error)]
pub enum NoFile {
    /// There are no fonts.
    #[error("this installation has no fonts")]
    NoFonts,
    /// No font has a character.
    #[error("no font of this installation has the character {character}")]
    NoGlyph {
        /// The character.
        character: String,
    },
    /// It would be larger than what is sent.
    #[error("the file would have {bytes} bytes; at most {max} are sent")]
    TooLarge {
        /// Its size.
        bytes: usize,
        /// What is sent at most.
        max: usize,
    },
    /// The press has failed.
    #[error("no PDF: {0}")]
    Failed(#[from] tokio::task::JoinError),
}

/// Sets papers in the fonts of a folder.
pub struct Press {
    fonts_folder: Option<PathBuf>,
}

impl Press {
    /// A press with the fonts of a folder; there is no press without fonts that can be read.
    pub fn new(fonts_folder: Option<&Path>) -> anyhow::Result<Press> {
        if let Some(folder) = fonts_folder {
            fonts(folder).context("documents.fonts_folder")?;
        }
        Ok(Press { fonts_folder: fonts_folder.map(Path::to_owned) })
    }

    /// The bytes of a file: the page, or the paper.
    pub async fn file(
        &self,
        format: Format,
        page: impl FnOnce() -> String,
        paper: impl FnOnce() -> Paper,
    ) -> Result<Vec<u8>, NoFile> {
        let content = match format {
            Format::Html => page().into_bytes(),
            Format::Docx => documents::docx(&paper()),
            Format::Pdf => self.pdf(paper()).await?,
        };
        match content.len() {
            bytes if bytes > FILE_BYTES_MAX => Err(NoFile::TooLarge { bytes, max: FILE_BYTES_MAX }),
            _ => Ok(content),
        }
    }

    async fn pdf(&self, paper: Paper) -> Result<Vec<u8>, NoFile> {
        let folder = self.fonts_folder.clone().ok_or(NoFile::NoFonts)?;
        let _turn = TURN.lock().await;
        let set = tokio::task::spawn_blocking(move || {
            let fonts = fonts(&folder)?;
            documents::pdf(&paper, &fonts).map_err(anyhow::Error::from)
        });
        set.await?.map_err(|error| match error.downcast_ref() {
            Some(PdfError::NoGlyph { character }) => NoFile::NoGlyph { character: character.to_string() },
            _ => {
                tracing::error!(error = format!("{error:#}"), "no PDF can be set in documents.fonts_folder");
                NoFile::NoFonts
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
        Paper {
            language: Language::Chinese,
            name,
            dated,
            blocks: vec![Block::Paragraph(text.to_owned())],
            proof: None,
        }
    }

    async fn set(press: &Press, format: Format, text: &str) -> Result<Vec<u8>, NoFile> {
        press.file(format, || text.to_owned(), || paper(text)).await
    }

    #[tokio::test]
    async fn a_pdf_needs_fonts_that_have_its_characters() {
        let folder = fonts_of_tests();
        let (press, without) = (Press::new(Some(&folder)).unwrap(), Press::new(None).unwrap());
        assert!(set(&press, Format::Pdf, "议定事项。").await.unwrap().starts_with(b"%PDF-"));
        let refused = set(&press, Format::Pdf, "🙂").await;
        assert!(matches!(refused, Err(NoFile::NoGlyph { character }) if character == "🙂"));
        assert!(matches!(set(&without, Format::Pdf, "议定事项。").await, Err(NoFile::NoFonts)));
        assert!(set(&without, Format::Docx, "议定事项。").await.unwrap().starts_with(b"PK"));
    }

    #[tokio::test]
    async fn what_is_too_large_to_be_sent_is_refused() {
        let press = Press::new(None).unwrap();
        let refused = set(&press, Format::Html, &"a".repeat(FILE_BYTES_MAX + 1)).await;
        assert!(matches!(refused, Err(NoFile::TooLarge { bytes, max }) if bytes == max + 1));
        assert!(set(&press, Format::Html, &"a".repeat(FILE_BYTES_MAX)).await.is_ok());
    }

    #[test]
    fn a_folder_without_fonts_is_said_at_the_start() {
        let folder = harness::root().join("docs");
        let refused = format!("{:#}", Press::new(Some(&folder)).err().unwrap());
        assert!(refused.contains("documents.fonts_folder") && refused.contains("put fonts"), "{refused}");
    }
}
