//! Names of departments and bodies, which the log knows by their codes.

use domain::Code;
use std::collections::BTreeMap;

/// What departments and bodies are called. What has no name here is called by its code.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Names {
    /// The names of departments.
    pub departments: BTreeMap<Code, String>,
    /// The names of bodies.
    pub bodies: BTreeMap<Code, String>,
}

impl Names {
    pub(crate) fn department<'a>(&'a self, code: &'a Code) -> &'a str {
        self.departments.get(code).map_or(code.as_str(), String::as_str)
    }

    pub(crate) fn body<'a>(&'a self, code: &'a Code) -> &'a str {
        self.bodies.get(code).map_or(code.as_str(), String::as_str)
    }
}
