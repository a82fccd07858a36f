//! iCalendar (RFC 5545) as it is written: content lines of at most 75 bytes, texts escaped, parameters quoted.

pub mod zone;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

/// Bytes of a line, at most, without its end.
const LINE_BYTES_MAX: usize = 75;

/// A calendar under way.
#[derive(Debug, Default)]
pub struct Writer(String);

impl Writer {
    /// Begins a component.
    pub fn begin(&mut self, component: &str) {
        self.line(&format!("BEGIN:{component}"));
    }

    /// Ends a component.
    pub fn end(&mut self, component: &str) {
        self.line(&format!("END:{component}"));
    }

    /// A property whose value is written as it is. `name` may have parameters.
    pub fn put(&mut self, name: &str, value: &str) {
        self.line(&format!("{name}:{value}"));
    }

    /// A property whose value is a text.
    pub fn text(&mut self, name: &str, value: &str) {
        self.put(name, &escaped(value));
    }

    /// A moment in UTC.
    pub fn moment(&mut self, name: &str, at: Timestamp) {
        self.put(name, &at.strftime("%Y%m%dT%H%M%SZ").to_string());
    }

    /// A moment as the clocks of a zone show it; the calendar has the zone's rules.
    pub fn local(&mut self, name: &str, at: Timestamp, zone: &str) {
        let local = TimeZone::get(zone).map(|rules| rules.to_datetime(at));
        match local {
            Ok(local) => {
                self.put(&format!("{name};TZID={zone}"), &local.strftime("%Y%m%dT%H%M%S").to_string())
            }
            Err(_) => self.moment(name, at),
        }
    }

    /// A day.
    pub fn date(&mut self, name: &str, date: Date) {
        self.put(&format!("{name};VALUE=DATE"), &date.strftime("%Y%m%d").to_string());
    }

    /// What was written.
    #[must_use]
    pub fn finish(self) -> String {
        self.0
    }

    /// Writes a line, folded between characters: one that is cut in two makes some readers drop the whole calendar.
    fn line(&mut self, line: &str) {
        let mut bytes = 0;
        for character in line.chars() {
            let more = character.len_utf8();
            if bytes + more > LINE_BYTES_MAX {
                self.0.push_str("\r\n ");
                bytes = 1;
            }
            self.0.push(character);
            bytes += more;
        }
        self.0.push_str("\r\n");
    }
}

/// The value of a parameter: between quotes, which it cannot have itself.
#[must_use]
pub fn quoted(value: &str) -> String {
    let kept = value.chars().filter(|character| !character.is_control());
    let mut quoted = String::from("\"");
    for character in kept {
        match character {
            '"' => quoted.push('\''),
            // RFC 6868: alone it would begin an escape.
            '^' => quoted.push_str("^^"),
            other => quoted.push(other),
        }
    }
    quoted.push('"');
    quoted
}

fn escaped(value: &str) -> String {
    let mut escaped = String::with_capacity(value.len());
    for character in value.replace("\r\n", "\n").chars() {
        match character {
            '\\' | ';' | ',' => escaped.extend(['\\', character]),
            '\n' => escaped.push_str("\\n"),
            other if other.is_control() && other != '\t' => {}
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn unfolded(text: &str) -> String {
        text.replace("\r\n ", "")
    }

    #[test]
    fn what_would_end_a_text_or_a_parameter_does_not() {
        let mut writer = Writer::default();
        writer.text("SUMMARY", "a,b;c\\d\r\ne\nEND:VEVENT");
        assert_eq!(writer.finish(), "SUMMARY:a\\,b\\;c\\\\d\\ne\\nEND:VEVENT\r\n");
        assert_eq!(quoted("The \"old\"\r\nX:1"), "\"The 'old'X:1\"");
    }

    #[test]
    fn a_chinese_character_is_never_cut() {
        let title = "关于推进城乡供水一体化改造工程的部际联席会议第三次全体会商".repeat(3);
        let mut writer = Writer::default();
        writer.text("SUMMARY", &title);
        let written = writer.finish();
        assert!(written.lines().count() > 3 && written.lines().all(|line| line.len() <= LINE_BYTES_MAX));
        assert_eq!(unfolded(&written), format!("SUMMARY:{title}\r\n"));
    }

    proptest! {
        #[test]
        fn every_text_is_one_property_in_short_lines(value in ".{0,300}") {
            let mut writer = Writer::default();
            writer.text("SUMMARY", &value);
            let written = writer.finish();
            for line in written.strip_suffix("\r\n").unwrap().split("\r\n") {
                prop_assert!(line.len() <= LINE_BYTES_MAX && !line.contains(['\r', '\n']));
            }
            let whole = unfolded(&written);
            prop_assert!(whole.starts_with("SUMMARY:") && whole.matches("\r\n").count() == 1);
        }
    }
}
