//! What an examination finds.

use serde::Serialize;

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// As it should be.
    Good,
    /// Not known, because something else is missing.
    Unknown,
    /// It works, and may not go on doing so.
    Warning,
    /// It does not work, or is not safe.
    Fault,
}

/// One finding, with what to do about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What was looked at; programs may rely on these names.
    pub check: &'static str,
    /// How bad it is.
    pub level: Level,
    /// What was found, in the language that is spoken.
    pub what: String,
    /// What to do, in one line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remedy: Option<String>,
}

impl Finding {
    /// All is well.
    pub fn good(check: &'static str, what: String) -> Finding {
        Finding { check, level: Level::Good, what, remedy: None }
    }

    /// It could not be looked at.
    pub fn unknown(check: &'static str, what: String, remedy: String) -> Finding {
        Finding { check, level: Level::Unknown, what, remedy: Some(remedy) }
    }

    /// It may not go on.
    pub fn warning(check: &'static str, what: String, remedy: String) -> Finding {
        Finding { check, level: Level::Warning, what, remedy: Some(remedy) }
    }

    /// It does not work.
    pub fn fault(check: &'static str, what: String, remedy: String) -> Finding {
        Finding { check, level: Level::Fault, what, remedy: Some(remedy) }
    }
}
