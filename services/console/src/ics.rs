//! A list as a calendar (iCalendar, RFC 5545) that can be opened once; those that follow along are at secret addresses.

use icalendar::Writer;
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan as _};

/// When something is: all day, or from one moment to another.
pub(crate) enum When {
    Day(Date),
    Span(Timestamp, Timestamp),
}

/// An entry of a calendar.
pub(crate) struct Entry {
    /// The id of what it is about.
    pub(crate) id: String,
    pub(crate) when: When,
    pub(crate) summary: String,
    /// Where its page is; empty if that is not known.
    pub(crate) url: String,
}

/// Writes a calendar as it was at a moment. Due dates are all-day entries that block nobody's time, as few calendar programs
/// handle tasks well.
pub(crate) fn write(entries: &[Entry], written_at: Timestamp) -> Vec<u8> {
    let mut calendar = Writer::default();
    calendar.begin("VCALENDAR");
    calendar.put("VERSION", "2.0");
    calendar.put("PRODID", "-//Huishang//Console//EN");
    for entry in entries {
        calendar.begin("VEVENT");
        calendar.put("UID", &format!("{}@huishang", entry.id));
        calendar.moment("DTSTAMP", written_at);
        match entry.when {
            When::Day(day) => {
                calendar.date("DTSTART", day);
                calendar.date("DTEND", day.checked_add(1.day()).unwrap_or(day));
                calendar.put("TRANSP", "TRANSPARENT");
            }
            When::Span(from, to) => {
                calendar.moment("DTSTART", from);
                calendar.moment("DTEND", to);
            }
        }
        calendar.text("SUMMARY", &entry.summary);
        if !entry.url.is_empty() {
            calendar.put("URL", &entry.url);
        }
        calendar.end("VEVENT");
    }
    calendar.end("VCALENDAR");
    calendar.finish().into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_due_date_is_a_whole_day_and_long_lines_are_folded() {
        let at: Timestamp = "2027-03-01T01:00:00Z".parse().unwrap();
        let entries = [
            Entry {
                id: "a".into(),
                when: When::Day("2027-03-31".parse().unwrap()),
                summary: "管线, 迁改".repeat(12),
                url: String::new(),
            },
            Entry {
                id: "b".into(),
                when: When::Span(at, at),
                summary: "Two\nlines".into(),
                url: "http://a/b".into(),
            },
        ];
        let calendar = String::from_utf8(write(&entries, at)).unwrap();
        assert!(
            calendar.contains("DTSTART;VALUE=DATE:20270331\r\nDTEND;VALUE=DATE:20270401\r\n"),
            "{calendar}"
        );
        assert!(calendar.contains("DTSTART:20270301T010000Z\r\n"), "{calendar}");
        assert!(calendar.lines().all(|line| line.len() <= 75), "{calendar}");
        let whole = calendar.replace("\r\n ", "");
        assert!(whole.contains(&format!("SUMMARY:{}\r\n", "管线\\, 迁改".repeat(12))), "{whole}");
        assert!(whole.contains("SUMMARY:Two\\nlines\r\n"), "{whole}");
    }
}
