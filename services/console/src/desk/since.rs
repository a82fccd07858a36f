//! The form that asks a page what changed.

use super::Query;
use super::moment::Calendar;
use super::past::Since;
use prost_types::Timestamp;

/// The form, with what else the page was asked for.
pub(super) struct SinceForm {
    /// What was given: a position, a moment or a day.
    pub(super) given: String,
    /// Whether that is none of these.
    pub(super) is_wrong: bool,
    pub(super) kept: Vec<(String, String)>,
    /// The moment at which the reader last looked, as the field has it; none if that is not known.
    pub(super) looked: Option<String>,
}

impl SinceForm {
    pub(super) fn new(query: &Query, looked: Option<i64>, calendar: &Calendar) -> SinceForm {
        let given = query.get(Since::NAME).unwrap_or_default().to_owned();
        SinceForm {
            is_wrong: !given.is_empty() && !Since::read(query, calendar).is_asked(),
            given,
            kept: query.without(&[Since::NAME, "done", "at", "page"]),
            looked: looked.map(|seconds| calendar.field(&Timestamp { seconds, nanos: 0 })),
        }
    }

    /// The page with what changed since the reader last looked.
    pub(super) fn since_looked(&self, looked: &str) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        format!("?{}", query.extend_pairs(&self.kept).append_pair(Since::NAME, looked).finish())
    }
}
