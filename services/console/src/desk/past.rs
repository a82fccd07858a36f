//! Past moments: a page shows what was so then, and leads to pages that do.

use super::answer::Failure;
use super::frame::{Frame, Notice, grouped};
use super::markup::Markup;
use super::moment::Calendar;
use super::reader::Reader;
use super::words::{Words, said};
use super::{Query, number};
use prost_types::Timestamp;
use proto::ledger::v1::GetHeadRequest;

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
    /// Reads what a page is asked for. What is neither a moment that is past nor a position is refused; whether there is a
    /// position, the services say.
    pub(super) async fn read(reader: &Reader, query: &Query, calendar: &Calendar) -> Result<Past, Failure> {
        let past = Past::given(reader.words, query, calendar)?;
        if let (Some(at), Some((_, text))) = (&past.at, &past.given) {
            let now = reader.ask(GetHeadRequest::default()).await?.clock_at.unwrap_or_default();
            if (at.seconds, at.nanos) > (now.seconds, now.nanos) {
                let values: [(&str, &dyn ToString); 2] =
                    [("moment", text), ("now", &calendar.full_text(reader.words, &now))];
                let sentence =
                    said("{moment} is after now, which is {now}: nobody knows what will be so then.");
                return Err(Failure::Unreadable(reader.words.say(sentence, &values)));
            }
        }
        Ok(past)
    }

    fn given(words: Words, query: &Query, calendar: &Calendar) -> Result<Past, Failure> {
        let unreadable = |sentence: String| Err(Failure::Unreadable(sentence));
        if let Some(text) = query.get("position") {
            let Some(position) = number::read(text) else {
                let sentence = said("{text} is no log position: write one in digits, such as 1688.");
                return unreadable(words.say(sentence, &[("text", &text)]));
            };
            let given = Some(("position", position.to_string()));
            return Ok(Past { at: None, position: Some(position), given });
        }
        let Some(text) = query.get("as_of") else { return Ok(Past::default()) };
        match moment(text, calendar) {
            Some(at) => Ok(Past { at: Some(at), position: None, given: Some(("as_of", text.to_owned())) }),
            None => {
                let sentence = said("{text} is no moment: write one such as 2027-03-08T09:00.");
                unreadable(words.say(sentence, &[("text", &text)]))
            }
        }
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
        match &self.given {
            Some((name, value)) => with_pair(address, name, value),
            None => address.to_owned(),
        }
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
#[derive(Debug, Clone, Default)]
pub(super) struct Since {
    pub(super) at: Option<Timestamp>,
    pub(super) position: Option<u64>,
    /// What asks for it, as it was given.
    given: Option<String>,
}

impl Since {
    /// The name of what asks for it.
    pub(super) const NAME: &str = "since";

    /// Reads `since`, as *today* has it: a position, a moment, or a day.
    pub(super) fn read(query: &Query, calendar: &Calendar) -> Since {
        let Some(text) = query.get(Since::NAME) else { return Since::default() };
        let (at, position) = match number::read(text) {
            Some(position) => (None, Some(position)),
            None => (moment(text, calendar), None),
        };
        let given = Some(text.to_owned()).filter(|_| at.is_some() || position.is_some());
        Since { at, position, given }
    }

    /// Since a moment.
    pub(super) fn of_moment(at: jiff::Timestamp) -> Since {
        let moment = Timestamp { seconds: at.as_second(), nanos: 0 };
        Since { at: Some(moment), position: None, given: Some(at.to_string()) }
    }

    pub(super) fn is_asked(&self) -> bool {
        self.given.is_some()
    }

    /// The same list of what changed since.
    pub(super) fn link(&self, address: &str) -> String {
        match &self.given {
            Some(given) => with_pair(address, Since::NAME, given),
            None => address.to_owned(),
        }
    }

    /// How it was then.
    pub(super) fn past(&self) -> Past {
        let name = if self.position.is_some() { "position" } else { "as_of" };
        let given = self.given.clone().map(|given| (name, given));
        Past { at: self.at, position: self.position, given }
    }

    /// How it is said.
    pub(super) fn said(&self, words: Words, calendar: &Calendar) -> Markup {
        match (&self.at, self.position) {
            (Some(at), _) => calendar.short(words, at),
            (None, position) => {
                Markup::text(&words.say("log position {n}", &[("n", &grouped(position.unwrap_or_default()))]))
            }
        }
    }
}

/// A moment as machines write it, or without its zone.
fn moment(text: &str, calendar: &Calendar) -> Option<Timestamp> {
    let text = number::plain(text);
    let moment = text.parse::<jiff::Timestamp>();
    moment.map(|at| Timestamp { seconds: at.as_second(), nanos: 0 }).ok().or_else(|| calendar.read(&text))
}

/// An address with one more pair in its query.
fn with_pair(address: &str, name: &str, value: &str) -> String {
    let separator = if address.contains('?') { '&' } else { '?' };
    let pair = url::form_urlencoded::Serializer::new(String::new()).append_pair(name, value).finish();
    format!("{address}{separator}{pair}")
}
