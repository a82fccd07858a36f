//! Past moments: a page shows what was so then, and leads to pages that do.

use super::Query;
use super::frame::{Frame, Notice};
use super::moment::Calendar;
use super::words::Words;
use prost_types::Timestamp;

/// The names of what asks for the past.
const NAMES: [&str; 2] = ["as_of", "position"];

/// The time that is asked for: a moment, a position, or neither, which is now. A position says more than a moment.
#[derive(Debug, Clone, Default)]
pub(super) struct Past {
    pub(super) at: Option<Timestamp>,
    pub(super) position: Option<u64>,
    /// What asks for it, as it was given.
    given: Option<(&'static str, String)>,
}

impl Past {
    pub(super) fn read(query: &Query, calendar: &Calendar) -> Past {
        if let Some(position) = query.number("position") {
            return Past {
                at: None,
                position: Some(position),
                given: Some(("position", position.to_string())),
            };
        }
        let text = query.get("as_of");
        let at = text.and_then(|text| calendar.read(text));
        let given = text.filter(|_| at.is_some()).map(|text| ("as_of", text.to_owned()));
        Past { at, position: None, given }
    }

    /// Whether a query asks for the past.
    pub(super) fn is_asked_by(query: &Query) -> bool {
        NAMES.iter().any(|name| query.get(name).is_some())
    }

    pub(super) fn is_asked(&self) -> bool {
        self.given.is_some()
    }

    /// An address as of the same time.
    pub(super) fn link(&self, address: &str) -> String {
        let Some((name, value)) = &self.given else { return address.to_owned() };
        let separator = if address.contains('?') { '&' } else { '?' };
        let pair = url::form_urlencoded::Serializer::new(String::new()).append_pair(name, value).finish();
        format!("{address}{separator}{pair}")
    }

    /// Lets the reader of a page look back, with its filters, and says if the page shows the past.
    pub(super) fn show(&self, words: Words, query: &Query, frame: &mut Frame) {
        if let Some(stamp) = &mut frame.stamp {
            stamp.rewinds = true;
            stamp.kept = query.without(&[NAMES.as_slice(), &["page", "done", "at"]].concat());
        }
        if self.is_asked() {
            let sentence = words.t("This is the past: what was so then, by what was recorded by then.");
            frame.notice = Some(Notice { kind: "past", sentence: sentence.to_owned(), reason: None });
        }
    }
}

/// Since when something has changed: a moment, a position, or neither, which is always.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Since {
    pub(super) at: Option<Timestamp>,
    pub(super) position: Option<u64>,
}

impl Since {
    /// Reads `since`, as *today* has it: a position, a moment, or a day.
    pub(super) fn read(query: &Query, calendar: &Calendar) -> Since {
        let Some(text) = query.get("since") else { return Since::default() };
        match text.parse() {
            Ok(position) => Since { at: None, position: Some(position) },
            Err(_) => {
                let at =
                    text.parse::<jiff::Timestamp>().map(|at| Timestamp { seconds: at.as_second(), nanos: 0 });
                Since { at: at.ok().or_else(|| calendar.read(text)), position: None }
            }
        }
    }
}
