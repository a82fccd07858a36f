//! What the log's commands do beyond their rpcs: a tail begins near the end, and records are shown one per line.

use super::cell::{self, Style, printable};
use super::{descriptors, identified, layout};
use crate::language::say;
use clap::ArgMatches;
use clap::parser::ValueSource;
use client::{Answer, Client};
use jiff::tz::TimeZone;
use prost_reflect::{DynamicMessage, ReflectMessage as _, Value};
use tonic::Status;

/// The rpc of `huishang log tail`.
pub const TAIL: &str = "ledger.v1.LedgerService/ReadRecords";
const HEAD: &str = "ledger.v1.LedgerService/GetHead";
/// Columns of a record's position, and of the gap after it.
const MARGIN_COLUMNS: usize = 10;
/// Records that a tail begins before the head.
const TAIL_RECORDS: u64 = 20;

/// Whether the arguments select records, so that none may be left out.
pub fn selects_records(matches: &ArgMatches) -> bool {
    ["after-position", "stream", "categories", "records-max", "from-json"]
        .iter()
        .any(|flag| matches!(matches.try_get_raw(flag), Ok(Some(_))) && given(matches, flag))
}

fn given(matches: &ArgMatches, flag: &str) -> bool {
    matches.value_source(flag) == Some(ValueSource::CommandLine)
}

/// Makes a request for records begin shortly before the head.
pub async fn begin_near_head(request: &mut DynamicMessage, client: &Client) -> Result<(), Status> {
    let Some(method) = descriptors::method(HEAD) else { return Ok(()) };
    let query = DynamicMessage::new(method.input());
    if let Answer::One(head) = client.call_reflective(&method, &query).await?
        && let Some(position) = number(&head, "position")
    {
        request.set_field_by_name("after_position", Value::U64(position.saturating_sub(TAIL_RECORDS)));
    }
    Ok(())
}

/// A note on the tail for its help.
pub fn note(rpc: &str) -> String {
    match rpc {
        TAIL => say(
            "\n\nBegins {records} records before the head, unless --after-position, --stream, --categories or \
             --records-max is given. A stream that breaks is resumed after the last record.",
            &[("records", &TAIL_RECORDS)],
        ),
        _ => String::new(),
    }
}

/// Has a request for records begin after the one that was received last. False when it cannot.
pub fn resume_after(request: &mut DynamicMessage, last: Option<&DynamicMessage>) -> bool {
    let position = last.and_then(|last| number(last.get_field_by_name("record")?.as_message()?, "position"));
    // With a limit on their number, those received would have to be counted; such a stream is short.
    let limited = number(request, "records_max").is_some_and(|limit| limit > 0);
    match position {
        Some(position) if !limited => request.set_field_by_name("after_position", Value::U64(position)),
        _ => return false,
    }
    true
}

/// The line for a record, broken where it is too long for the terminal, or a receipt; `None` for other messages.
pub fn line(answer: &DynamicMessage, zone: &TimeZone, width: Option<usize>) -> Option<String> {
    match answer.descriptor().full_name() {
        "huishang.ledger.v1.ReadRecordsResponse" => {
            record(answer.get_field_by_name("record")?.as_message()?, zone, width)
        }
        // Unchanged, so that it can be saved to a file.
        "huishang.ledger.v1.GetReceiptResponse" => {
            Some(answer.get_field_by_name("receipt")?.as_str()?.trim_end().to_owned())
        }
        _ => None,
    }
}

fn record(record: &DynamicMessage, zone: &TimeZone, width: Option<usize>) -> Option<String> {
    let style = Style { zone: zone.clone(), offsets: true, id_chars: identified::WHOLE };
    let text = |message: &DynamicMessage, name: &str| {
        message
            .descriptor()
            .get_field_by_name(name)
            .map(|field| on_one_line(&cell::field(message, &field, &style)))
    };
    let types = record.get_field_by_name("types")?;
    let types: Vec<&str> =
        types.as_list()?.iter().filter_map(|name| name.as_str()?.rsplit('.').next()).collect();
    let envelope = record.get_field_by_name("envelope")?;
    let actor = envelope.as_message()?.get_field_by_name("actor")?;
    let subject = text(actor.as_message()?, "subject")?;
    let department = text(actor.as_message()?, "department_code").filter(|code| !code.is_empty());
    let of = department.map(|code| say(" for {department}", &[("department", &code)])).unwrap_or_default();
    let by = say("by {subject}", &[("subject", &subject)]) + &of;
    let position = number(record, "position")?;
    let (decided_at, stream) = (text(record, "decided_at")?, text(record, "stream")?);
    let types = on_one_line(&printable(&types.join(" ")));
    let line = format!("{position:>8}  {decided_at}  {stream}  {types}  {by}");
    match width {
        Some(width) if layout::columns(&line) > width => {
            let (margin, room) = (" ".repeat(MARGIN_COLUMNS), width.saturating_sub(MARGIN_COLUMNS));
            let mut lines = layout::wrap(&format!("{decided_at} {types} {by}"), room);
            lines.push(stream);
            Some(format!("{position:>8}  {}", lines.join(&format!("\n{margin}"))))
        }
        _ => Some(line),
    }
}

/// A text without line breaks, so that it cannot look like another record.
fn on_one_line(text: &str) -> String {
    text.replace('\n', "\\n").replace('\t', "\\t")
}

fn number(message: &DynamicMessage, name: &str) -> Option<u64> {
    message.get_field_by_name(name)?.as_u64()
}
