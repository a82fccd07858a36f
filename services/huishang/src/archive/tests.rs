//! An export loses nothing.

use super::line::{self, Line};
use event_log::{Head, Record};
use prost::Message as _;
use serde_json::Value;
use uuid::Uuid;

fn record(payload: Vec<u8>) -> Record {
    Record {
        position: u64::MAX,
        stream: "会商.session".into(),
        types: vec!["huishang.ledger.events.v1.ClockMoved".into(), "b.C".into()],
        time_micros: -1_234_567,
        command_id: Uuid::from_u128(7),
        part: 2,
        parts: 3,
        previous: [9; 32],
        salt: *b"0123456789abcdef",
        payload: payload.into(),
    }
}

fn known() -> Vec<u8> {
    let event = prost_types::Any {
        type_url: "type.googleapis.com/huishang.ledger.events.v1.ClockMoved".into(),
        value: proto::ledger::events::v1::ClockMoved::default().encode_to_vec(),
    };
    let payload = proto::log::v1::Payload {
        envelope: Some(Default::default()),
        events: vec![event],
        after_position: None,
    };
    payload.encode_to_vec()
}

#[test]
fn a_record_comes_back_with_its_bytes_and_its_hash() {
    let log_id = Uuid::from_u128(1);
    for (payload, is_known) in [(known(), true), (b"no payload \xff".to_vec(), false)] {
        let record = record(payload);
        let text = line::record_line(log_id, &record).expect("a line");
        assert!(!text.contains('\n'));
        let event: Value = serde_json::from_str(&text).expect("JSON");
        assert_eq!(event["specversion"], "1.0");
        assert_eq!(event["data"]["events"].is_array(), is_known, "{event}");
        assert_eq!(event["data_base64"].is_string(), !is_known, "{event}");
        assert_eq!(line::read(&text).expect("a line"), (log_id, Line::Record(record)));
    }
}

#[test]
fn a_changed_line_is_not_accepted() {
    let log_id = Uuid::from_u128(1);
    let text = line::record_line(log_id, &record(known())).expect("a line");
    let event: Value = serde_json::from_str(&text).expect("JSON");
    for (name, value) in event.as_object().expect("an object") {
        // These repeat other attributes; they are not read.
        if ["id", "specversion", "datacontenttype"].contains(&name.as_str()) {
            continue;
        }
        let mut changed = event.clone();
        changed[name] = match value {
            Value::Object(data) => {
                let mut data = data.clone();
                data["envelope"]["traceparent"] = "another".into();
                data.into()
            }
            Value::Number(number) => (number.as_u64().unwrap_or(0) + 1).into(),
            Value::String(text) if name == "time" => text.replace("1969", "1968").into(),
            Value::String(text) => {
                let last = if text.ends_with('0') { "1" } else { "0" };
                format!("{}{last}", &text[..text.len() - 1]).into()
            }
            other => panic!("{name} is {other}"),
        };
        let read = line::read(&changed.to_string());
        let another_log = matches!(&read, Ok((of, _)) if *of != log_id);
        assert!(read.is_err() || another_log, "{name} was changed, and the line was accepted: {read:?}");
    }
    assert!(line::read(&text[..text.len() - 1]).is_err());
}

#[test]
fn a_head_comes_back() {
    let head = Head { position: 12, hash: [3; 32], root: [4; 32] };
    let text = line::head_line(Uuid::from_u128(1), &head, Some("signed\n")).expect("a line");
    assert_eq!(line::read(&text).expect("a line"), (Uuid::from_u128(1), Line::Head(head)));
}
