//! A time zone as calendars have it: when its clocks were and will be changed, within the time that matters.

use super::Writer;
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::{Dst, Offset, TimeZone};

/// How clocks are from a moment on.
struct Observance {
    begins: DateTime,
    before: Offset,
    after: Offset,
    dst: Dst,
    name: String,
}

/// Writes the zone's rules for the time between two moments.
pub fn write(writer: &mut Writer, zone: &str, starts_at: Timestamp, ends_at: Timestamp) {
    let Ok(rules) = TimeZone::get(zone) else { return };
    writer.begin("VTIMEZONE");
    writer.put("TZID", zone);
    for observance in observances(&rules, starts_at, ends_at) {
        let component = if observance.dst == Dst::Yes { "DAYLIGHT" } else { "STANDARD" };
        writer.begin(component);
        writer.put("DTSTART", &observance.begins.strftime("%Y%m%dT%H%M%S").to_string());
        writer.put("TZOFFSETFROM", &offset(observance.before));
        writer.put("TZOFFSETTO", &offset(observance.after));
        writer.text("TZNAME", &observance.name);
        writer.end(component);
    }
    writer.end("VTIMEZONE");
}

/// First how clocks are at the beginning, as if always before, and then each change.
fn observances(rules: &TimeZone, starts_at: Timestamp, ends_at: Timestamp) -> Vec<Observance> {
    let first = rules.to_offset_info(starts_at);
    let mut found = vec![Observance {
        begins: DateTime::constant(1970, 1, 1, 0, 0, 0, 0),
        before: first.offset(),
        after: first.offset(),
        dst: first.dst(),
        name: first.abbreviation().to_owned(),
    }];
    for change in rules.following(starts_at).take_while(|change| change.timestamp() <= ends_at) {
        let before = found.last().map_or(Offset::UTC, |last| last.after);
        found.push(Observance {
            begins: before.to_datetime(change.timestamp()),
            before,
            after: change.offset(),
            dst: change.dst(),
            name: change.abbreviation().to_owned(),
        });
    }
    found
}

fn offset(offset: Offset) -> String {
    let seconds = offset.seconds();
    let (sign, seconds) = (if seconds < 0 { '-' } else { '+' }, seconds.abs());
    let (hours, minutes, rest) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    match rest {
        0 => format!("{sign}{hours:02}{minutes:02}"),
        rest => format!("{sign}{hours:02}{minutes:02}{rest:02}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(zone: &str) -> String {
        let mut writer = Writer::default();
        let at = |text: &str| text.parse().unwrap();
        write(&mut writer, zone, at("2027-01-01T00:00:00Z"), at("2027-12-31T00:00:00Z"));
        writer.finish()
    }

    #[test]
    fn a_zone_without_summer_time_has_one_observance() {
        let shanghai = of("Asia/Shanghai");
        assert_eq!(shanghai.matches("BEGIN:STANDARD").count(), 1, "{shanghai}");
        assert!(shanghai.contains("TZOFFSETTO:+0800\r\n") && !shanghai.contains("DAYLIGHT"), "{shanghai}");
    }

    #[test]
    fn summer_time_begins_and_ends_by_the_clocks_of_before() {
        let berlin = of("Europe/Berlin");
        assert!(
            berlin.contains("BEGIN:DAYLIGHT\r\nDTSTART:20270328T020000\r\nTZOFFSETFROM:+0100\r\n"),
            "{berlin}"
        );
        assert!(
            berlin.contains("BEGIN:STANDARD\r\nDTSTART:20271031T030000\r\nTZOFFSETFROM:+0200\r\n"),
            "{berlin}"
        );
        assert_eq!(offset(Offset::constant(-3)), "-0300");
    }
}
