//! A table of a page that is no list of messages: names and counts.

use client::Language;
use prost_types::Timestamp;

/// What is in a cell.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Cell {
    Text(String),
    Number(u32),
    /// A measured one, where there is one.
    Figure(Option<f64>),
}

/// A table, and what it was made of.
pub(crate) struct Grid {
    /// The name of its file, without its ending.
    pub(crate) name: &'static str,
    pub(crate) language: Language,
    pub(crate) headings: Vec<String>,
    pub(crate) rows: Vec<Vec<Cell>>,
    pub(crate) position: u64,
    pub(crate) evaluated_at: Option<Timestamp>,
}

impl Cell {
    pub(crate) fn text(&self) -> String {
        match self {
            Cell::Text(text) => text.clone(),
            Cell::Number(number) => number.to_string(),
            Cell::Figure(figure) => figure.map(|figure| figure.to_string()).unwrap_or_default(),
        }
    }
}
