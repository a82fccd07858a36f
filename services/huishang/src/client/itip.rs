//! Answers to invitations as calendar programs write them: iTIP (RFC 5546) in iCalendar (RFC 5545).

use crate::language::text;
use domain::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use percent_encoding::percent_decode_str;
use proto::delivery::v1::MailAnswer;

/// What stands after the session's id in the UID of an invitation.
const UID_END: &str = "@huishang";

/// An answer to an invitation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// Id of the session.
    pub session_id: String,
    /// The secret in the organizer's address.
    pub secret: String,
    pub answer: MailAnswer,
    /// The address of whoever answers.
    pub attendee: String,
    /// What it says besides.
    pub comment: Option<String>,
    /// When the session begins that is answered for, if that is said in a way that is known here.
    pub starts_at: Option<Timestamp>,
}

/// A content line: its name, its parameters, and its value.
struct Property<'a> {
    name: String,
    parameters: Vec<(String, &'a str)>,
    value: &'a str,
}

impl<'a> Property<'a> {
    fn parse(line: &'a str) -> Option<Property<'a>> {
        let mut is_quoted = false;
        let mut parts = Vec::new();
        let mut begin = 0;
        for (at, character) in line.char_indices() {
            match character {
                '"' => is_quoted = !is_quoted,
                ';' | ':' if !is_quoted => {
                    parts.push(&line[begin..at]);
                    begin = at + 1;
                    if character == ':' {
                        break;
                    }
                }
                _ => {}
            }
        }
        let value = &line[begin..];
        let (name, parameters) = parts.split_first()?;
        let parameters = parameters.iter().filter_map(|one| one.split_once('='));
        Some(Property {
            name: name.to_uppercase(),
            parameters: parameters
                .map(|(name, value)| (name.to_uppercase(), value.trim_matches('"')))
                .collect(),
            value,
        })
    }

    fn parameter(&self, name: &str) -> Option<&'a str> {
        self.parameters.iter().find(|(known, _)| known == name).map(|(_, value)| *value)
    }
}

/// Reads an answer.
///
/// # Errors
/// Why it is none.
pub fn read(icalendar: &str) -> Result<Reply, &'static str> {
    let whole = icalendar.replace("\r\n", "\n").replace("\n ", "").replace("\n\t", "");
    let properties: Vec<Property<'_>> = whole.lines().filter_map(Property::parse).collect();
    let is_reply =
        properties.iter().any(|one| one.name == "METHOD" && one.value.eq_ignore_ascii_case("REPLY"));
    if !is_reply {
        return Err(text("its calendar is no answer"));
    }
    let mut events = properties.split(|one| one.name == "BEGIN" && one.value.eq_ignore_ascii_case("VEVENT"));
    let (Some(event), None) = (events.nth(1), events.next()) else {
        return Err(text("it does not answer for one session"));
    };
    let event = event.split(|one| one.name == "END").next().unwrap_or_default();
    let only = |name: &str| {
        let mut found = event.iter().filter(|one| one.name == name);
        found.next().filter(|_| found.next().is_none())
    };
    let session_id = only("UID").and_then(|uid| uid.value.trim().strip_suffix(UID_END));
    let secret = only("ORGANIZER").and_then(|organizer| secret_in(organizer.value));
    let attendee = only("ATTENDEE").ok_or(text("it does not say who answers"))?;
    let answer = match attendee.parameter("PARTSTAT").map(str::to_uppercase).as_deref() {
        Some("ACCEPTED") => MailAnswer::Accept,
        Some("TENTATIVE") => MailAnswer::Tentative,
        Some("DECLINED") => MailAnswer::Decline,
        _ => return Err(text("it neither accepts nor declines")),
    };
    Ok(Reply {
        session_id: session_id.ok_or(text("it answers no invitation of Huishang"))?.to_owned(),
        secret: secret.ok_or(text("it is not for the address of the invitation"))?,
        answer,
        attendee: mail_address(attendee.value).ok_or(text("it does not say who answers"))?,
        comment: only("COMMENT").map(|comment| unescaped(comment.value)).filter(|text| !text.is_empty()),
        starts_at: only("DTSTART").and_then(moment),
    })
}

/// The address that a `mailto` URI is.
fn mail_address(uri: &str) -> Option<String> {
    let (scheme, address) = uri.trim().split_once(':')?;
    let address = percent_decode_str(address.split('?').next()?).decode_utf8().ok()?;
    (scheme.eq_ignore_ascii_case("mailto") && address.contains('@')).then(|| address.into_owned())
}

/// What stands between "+" and "@" in an address.
fn secret_in(address: &str) -> Option<String> {
    let address = address.replace("%2B", "+").replace("%2b", "+");
    let (before, _) = address.rsplit_once('@')?;
    let (_, secret) = before.rsplit_once('+')?;
    Some(secret.to_owned())
}

fn moment(property: &Property<'_>) -> Option<Timestamp> {
    let format = "%Y%m%dT%H%M%S";
    if let Some(utc) = property.value.strip_suffix('Z') {
        return TimeZone::UTC.to_timestamp(DateTime::strptime(format, utc).ok()?).ok();
    }
    let zone = TimeZone::get(property.parameter("TZID")?).ok()?;
    zone.to_timestamp(DateTime::strptime(format, property.value).ok()?).ok()
}

fn unescaped(text: &str) -> String {
    let mut plain = String::new();
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        match character {
            '\\' => match characters.next() {
                Some('n' | 'N') => plain.push('\n'),
                Some(other) => plain.push(other),
                None => {}
            },
            other if other.is_control() => {}
            other => plain.push(other),
        }
    }
    plain.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply(lines: &[&str]) -> String {
        let event = lines.join("\r\n");
        format!(
            "BEGIN:VCALENDAR\r\nMETHOD:REPLY\r\nBEGIN:VEVENT\r\n{event}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
        )
    }

    const UID: &str = "UID:0190a3f2-0000-7000-8000-000000000001@huishang";
    const ORGANIZER: &str = "ORGANIZER;CN=\"Water: the chair\":MAILTO:answers%2Babc@city.example";

    #[test]
    fn an_answer_is_found_in_what_programs_write() {
        let read = read(&reply(&[
            UID,
            ORGANIZER,
            "ATTENDEE;CN=\"Chen; of WATER\";PARTSTAT=DEC\r\n LINED:mailto:chen@water.example",
            "COMMENT;LANGUAGE=en:There is a flood\\, and\\nnobody is free",
            "DTSTART;TZID=Asia/Shanghai:20270309T090000",
        ]))
        .unwrap();
        assert_eq!(read.session_id, "0190a3f2-0000-7000-8000-000000000001");
        assert_eq!((read.secret.as_str(), read.answer), ("abc", MailAnswer::Decline));
        assert_eq!(read.attendee, "chen@water.example");
        assert_eq!(read.comment.as_deref(), Some("There is a flood, and\nnobody is free"));
        assert_eq!(read.starts_at, "2027-03-09T01:00:00Z".parse().ok());
    }

    #[test]
    fn whatever_else_comes_is_no_answer() {
        let accepted = "ATTENDEE;PARTSTAT=ACCEPTED:mailto:chen@water.example";
        assert!(read(&reply(&[UID, ORGANIZER, accepted])).is_ok());
        for lines in [
            vec![ORGANIZER, accepted],
            vec!["UID:1@elsewhere", ORGANIZER, accepted],
            vec![UID, "ORGANIZER:mailto:huishang@city.example", accepted],
            vec![UID, ORGANIZER],
            vec![UID, ORGANIZER, accepted, accepted],
            vec![UID, ORGANIZER, "ATTENDEE;PARTSTAT=ACCEPTED:chen@water.example"],
            vec![UID, ORGANIZER, "ATTENDEE;PARTSTAT=DELEGATED:mailto:chen@water.example"],
            vec![UID, ORGANIZER, accepted, "END:VEVENT", "BEGIN:VEVENT", UID],
        ] {
            assert!(read(&reply(&lines)).is_err(), "{lines:?}");
        }
        assert!(read("").is_err() && read("METHOD:REQUEST").is_err() && read("\"").is_err());
    }
}
