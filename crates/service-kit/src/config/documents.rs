//! How documents are made.

use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// How documents are made.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Documents {
    /// A folder with the fonts (`.ttf`, `.otf`, `.ttc`) that PDFs are set in, at most 256 MiB; absent: there are no PDFs.
    pub fonts_folder: Option<PathBuf>,
}
