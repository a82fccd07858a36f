//! A list as a calendar (iCalendar, RFC 5545) that can be opened once; those that follow along are at secret addresses.

use jiff::civil::Date;
use jiff::{Timestamp, ToSpan as _};

/// Octets of a line, at most; what is longer goes on in the next one.
const LINE_OCTETS_MAX: usize = 75;

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

/// Writes a calendar as it was at a moment. Due dates are days that take nobody's time, as calendars know tasks badly.
pub(crate) fn write(entries: &[Entry], written_at: Timestamp) -> Vec<u8> {
    let mut calendar = String::new();
    let mut line = |text: &str| fold(&mut calendar, text);
    line("BEGIN:VCALENDAR");
    line("VERSION:2.0");
    line("PRODID:-//Huishang//Console//EN");
    for entry in entries {
        line("BEGIN:VEVENT");
        line(&format!("UID:{}@huishang", entry.id));
        line(&format!("DTSTAMP:{}", moment(written_at)));
        match entry.when {
            When::Day(day) => {
                line(&format!("DTSTART;VALUE=DATE:{}", day.strftime("%Y%m%d")));
                let next = day.checked_add(1.day()).unwrap_or(day);
                line(&format!("DTEND;VALUE=DATE:{}", next.strftime("%Y%m%d")));
                line("TRANSP:TRANSPARENT");
            }
            When::Span(from, to) => {
                line(&format!("DTSTART:{}", moment(from)));
                line(&format!("DTEND:{}", moment(to)));
            }
        }
        line(&format!("SUMMARY:{}", escaped(&entry.summary)));
        if !entry.url.is_empty() {
            line(&format!("URL:{}", entry.url));
        }
        line("END:VEVENT");
    }
    line("END:VCALENDAR");
    calendar.into_bytes()
}

fn moment(at: Timestamp) -> String {
    at.strftime("%Y%m%dT%H%M%SZ").to_string()
}

fn escaped(text: &str) -> String {
    let text = text.replace('\\', "\\\\").replace(';', "\\;").replace(',', "\\,");
    text.replace("\r\n", "\\n").replace(['\r', '\n'], "\\n")
}

/// Adds a line, broken between characters where it is too long.
fn fold(calendar: &mut String, text: &str) {
    let mut octets = 0;
    for character in text.chars() {
        if octets + character.len_utf8() > LINE_OCTETS_MAX {
            calendar.push_str("\r\n ");
            octets = 1;
        }
        calendar.push(character);
        octets += character.len_utf8();
    }
    calendar.push_str("\r\n");
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
        assert!(calendar.lines().all(|line| line.len() <= LINE_OCTETS_MAX), "{calendar}");
        let whole = calendar.replace("\r\n ", "");
        assert!(whole.contains(&format!("SUMMARY:{}\r\n", "管线\\, 迁改".repeat(12))), "{whole}");
        assert!(whole.contains("SUMMARY:Two\\nlines\r\n"), "{whole}");
    }
}
