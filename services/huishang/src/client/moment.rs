//! Moments on the command line: read with an offset or in the realm's time zone, and shown in that zone.
//!
//! While the command line is read the zone is not known yet. A moment without an offset is kept as its local time with
//! [`LOCAL`] or [`DAY`] for its nanoseconds, which no moment has, until [`settle`] finds out when that is.

use super::descriptors::is_timestamp;
use crate::language;
use client::Client;
use domain::date::DateError;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};
use prost_reflect::{DynamicMessage, FieldDescriptor, Kind, MessageDescriptor, ReflectMessage as _, Value};
use proto::directory::v1::GetCalendarRequest;

/// In place of nanoseconds: the seconds are a local time.
const LOCAL: i32 = -1;
/// In place of nanoseconds: the seconds are the beginning of a day.
const DAY: i32 = -2;

/// How moments may be written, for the help.
pub fn forms() -> &'static str {
    language::text("2027-03-01T09:00:00+08:00, or '2027-03-01 09:00' in the realm's time zone")
}

/// Reads a moment: with its offset, or a local time, or a day; digits and signs may be as wide as Chinese characters.
pub fn read(message: &MessageDescriptor, text: &str) -> Result<DynamicMessage, String> {
    let text = &half_width(text);
    let (seconds, nanos) = if let Ok(moment) = text.parse::<Timestamp>() {
        (moment.as_second(), moment.subsec_nanosecond())
    } else if let Ok(day) = domain::date::parse(text) {
        (utc_seconds(day.into())?, DAY)
    } else {
        let has_time = text.contains(':') && !text.contains(['[', '+', 'Z', 'z']);
        let local = text.parse::<DateTime>().ok().filter(|_| has_time).ok_or_else(|| no_moment(text))?;
        (utc_seconds(local)?, LOCAL)
    };
    let mut read = DynamicMessage::new(message.clone());
    read.set_field_by_name("seconds", Value::I64(seconds));
    read.set_field_by_name("nanos", Value::I32(nanos));
    Ok(read)
}

/// The text with the usual digits and signs in place of wide ones, as input methods for Chinese type them.
fn half_width(text: &str) -> String {
    let usual = |c: char| match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
        '\u{3000}' => ' ',
        _ => c,
    };
    text.chars().map(usual).collect()
}

fn utc_seconds(local: DateTime) -> Result<i64, String> {
    local
        .to_zoned_datetime(TimeZone::UTC)
        .map(|moment| moment.timestamp().as_second())
        .map_err(|error| error.to_string())
}

/// Why a text is not a moment: its day does not exist, or it is written otherwise.
fn no_moment(text: &str) -> String {
    let day = text.split(['T', 't', ' ']).next().unwrap_or(text);
    match domain::date::parse(day) {
        Err(fault @ (DateError::NoSuchDay { .. } | DateError::NoSuchMonth { .. })) => {
            format!("\"{text}\" {}", language::current().fault(&fault.to_string()))
        }
        _ => language::say(
            "\"{text}\" is not a moment, such as {forms}",
            &[("text", &text), ("forms", &forms())],
        ),
    }
}

fn parts(moment: &DynamicMessage) -> Option<(i64, i32)> {
    Some((moment.get_field_by_name("seconds")?.as_i64()?, moment.get_field_by_name("nanos")?.as_i32()?))
}

/// Whether a request has a moment without an offset.
pub fn has_local(request: &DynamicMessage) -> bool {
    if is_timestamp(&request.descriptor()) {
        return parts(request).is_some_and(|(_, nanos)| nanos < 0);
    }
    request.fields().any(|(_, value)| {
        let values = value.as_list().unwrap_or(std::slice::from_ref(value));
        values.iter().filter_map(Value::as_message).any(has_local)
    })
}

/// Finds out when the moments without an offset are. A day means its beginning, and its last
/// microsecond where it is a deadline, as for a due date.
pub fn settle(request: &mut DynamicMessage, zone: &TimeZone) -> Result<(), String> {
    let fields: Vec<FieldDescriptor> = request.fields().map(|(field, _)| field).collect();
    for field in fields {
        settle_value(&field, request.get_field_mut(&field), zone)?;
    }
    Ok(())
}

fn settle_value(field: &FieldDescriptor, value: &mut Value, zone: &TimeZone) -> Result<(), String> {
    match value {
        Value::Message(moment) if is_timestamp(&moment.descriptor()) => {
            if let Some((seconds, nanos @ (LOCAL | DAY))) = parts(moment) {
                let is_end = nanos == DAY && field.name().ends_with("_by");
                let moment_in_zone = in_zone(seconds, is_end, zone)?;
                moment.set_field_by_name("seconds", Value::I64(moment_in_zone.as_second()));
                moment.set_field_by_name("nanos", Value::I32(moment_in_zone.subsec_nanosecond()));
            }
            Ok(())
        }
        Value::Message(inner) => settle(inner, zone),
        Value::List(values) => values.iter_mut().try_for_each(|value| settle_value(field, value, zone)),
        _ => Ok(()),
    }
}

fn in_zone(utc_seconds: i64, is_end: bool, zone: &TimeZone) -> Result<Timestamp, String> {
    let fault = |error: jiff::Error| error.to_string();
    let written =
        Timestamp::from_second(utc_seconds).map_err(fault)?.to_zoned_datetime(TimeZone::UTC).datetime();
    if is_end {
        let next = written.date().checked_add(1.day()).map_err(fault)?;
        return next
            .to_zoned_datetime(zone.clone())
            .map(|midnight| midnight.timestamp() - 1.microsecond())
            .map_err(fault);
    }
    zone.to_ambiguous_timestamp(written).unambiguous().map_err(|_| {
        let written = written.strftime("%Y-%m-%d %H:%M");
        let name = zone.iana_name().unwrap_or(language::text("the realm's time zone"));
        language::say(
            "{moment}: clocks are changed in {zone} then, so there is no such time or there are two; add an offset",
            &[("moment", &written), ("zone", &name)],
        )
    })
}

/// Whether a message can contain moments.
pub fn is_in(message: &MessageDescriptor) -> bool {
    fn look(message: &MessageDescriptor, seen: &mut Vec<MessageDescriptor>) -> bool {
        if is_timestamp(message) {
            return true;
        }
        if seen.contains(message) {
            return false;
        }
        seen.push(message.clone());
        message.fields().any(|field| match field.kind() {
            Kind::Message(inner) => look(&inner, seen),
            _ => false,
        })
    }
    look(message, &mut Vec::new())
}

/// The realm's time zone, which its calendar names; the error says why it cannot be learned.
pub async fn realm_zone(client: &Client) -> Result<TimeZone, String> {
    let answer = client.call(GetCalendarRequest::default()).await;
    let answer = answer.map_err(|status| status.message().to_owned())?;
    let name = answer.calendar.unwrap_or_default().time_zone;
    TimeZone::get(&name).map_err(|error| error.to_string())
}

/// A moment in a time zone, with its offset, or without it where the zone is told beside it.
pub fn text(moment: &DynamicMessage, zone: &TimeZone, with_offset: bool) -> Option<String> {
    let (seconds, nanos) = parts(moment)?;
    Some(shown(Timestamp::new(seconds, nanos).ok()?, zone, with_offset))
}

/// The same for a moment that is known.
pub fn shown(moment: Timestamp, zone: &TimeZone, with_offset: bool) -> String {
    let moment = moment.to_zoned_datetime(zone.clone());
    let time = if moment.second() == 0 { "%H:%M" } else { "%H:%M:%S" };
    let offset = match with_offset {
        _ if *zone == TimeZone::UTC => "Z",
        true => "%:z",
        false => "",
    };
    moment.strftime(&format!("%Y-%m-%d {time}{offset}")).to_string()
}
