//! Documents that are made from the log: pure functions of what is recorded, so that the same log always gives the same
//! bytes. Nothing here reads a clock, a file or a setting.

mod docx;
mod html;
pub mod minutes;
mod names;
mod paper;
mod pdf;
mod proof;
pub mod resolution;
mod words;

pub use docx::docx;
pub use html::html;
pub use names::Names;
pub use paper::{Block, Paper};
pub use pdf::{Fonts, PdfError, pdf};
pub use proof::{NoProof, Proof};

/// The language that a document is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Language {
    /// English.
    English,
    /// 中文
    Chinese,
}

#[cfg(test)]
mod tests;
