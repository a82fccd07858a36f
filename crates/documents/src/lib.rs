//! Documents that are made from the log: pure functions of what is recorded, so that the same log always gives the same
//! bytes. Nothing here reads a clock, a file or a setting.

mod html;
pub mod minutes;

/// The language that a document is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Language {
    /// English.
    English,
    /// 中文
    Chinese,
}
