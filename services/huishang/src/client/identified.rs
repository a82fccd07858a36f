//! What has an id, and how much of one is shown.

use crate::language::text;
use prost_reflect::{DynamicMessage, FieldDescriptor, Value};
use std::collections::BTreeSet;
use uuid::Uuid;

/// Characters of an id that are shown at least.
const SHOWN_MIN: usize = 8;
/// Characters of a whole id.
pub const WHOLE: usize = 36;

/// Something that has an id.
pub struct Identified {
    /// How the fields for its id end.
    pub field: &'static str,
    /// The rpc that lists those whose id begins in some way.
    pub list: &'static str,
    /// The rpc that finds one by its number; empty if it has no number.
    pub by_number: &'static str,
}

/// All that has an id which commands accept.
pub const IDENTIFIED: [Identified; 9] = [
    Identified { field: "session_id", list: "scheduling.v1.SchedulingService/ListSessions", by_number: "" },
    Identified { field: "matter_id", list: "scheduling.v1.SchedulingService/ListMatters", by_number: "" },
    Identified {
        field: "timetable_id",
        list: "scheduling.v1.SchedulingService/ListTimetables",
        by_number: "",
    },
    Identified { field: "docket_id", list: "deliberation.v1.DeliberationService/ListDockets", by_number: "" },
    Identified {
        field: "resolution_id",
        list: "resolution.v1.ResolutionService/ListResolutions",
        by_number: "resolution.v1.ResolutionService/GetResolution",
    },
    Identified {
        field: "item_id",
        list: "resolution.v1.ResolutionService/ListItems",
        by_number: "resolution.v1.ResolutionService/GetItem",
    },
    Identified { field: "target_id", list: "resolution.v1.ResolutionService/ListTargets", by_number: "" },
    Identified {
        field: "subscription_id",
        list: "delivery.v1.DeliveryService/ListSubscriptions",
        by_number: "",
    },
    Identified {
        field: "calendar_feed_id",
        list: "delivery.v1.DeliveryService/ListCalendarFeeds",
        by_number: "",
    },
];

/// What a field has the id of, or ids of, if commands accept that.
pub fn of_field(field: &str) -> Option<&'static Identified> {
    let field = field.strip_suffix('s').unwrap_or(field);
    let fits = |end: &str| field.strip_suffix(end).is_some_and(|rest| rest.is_empty() || rest.ends_with('_'));
    IDENTIFIED.iter().find(|identified| fits(identified.field))
}

/// Whether a field has ids that commands accept.
pub fn is_id(field: &FieldDescriptor) -> bool {
    of_field(field.name()).is_some()
}

/// How an id may be given, for the help of its flag; `None` if a field is no id.
pub fn note(field: &FieldDescriptor) -> Option<&'static str> {
    of_field(field.name()).map(|identified| match identified.by_number {
        "" => text("its beginning is enough"),
        _ => text("its beginning or its number will do"),
    })
}

/// Characters that tell the ids in an answer apart.
pub fn telling_apart(answer: &DynamicMessage) -> usize {
    let mut ids = BTreeSet::new();
    collect(answer, &mut ids);
    let ids: Vec<&String> = ids.iter().collect();
    let common = |pair: &[&String]| pair[0].bytes().zip(pair[1].bytes()).take_while(|(a, b)| a == b).count();
    ids.windows(2).map(|pair| common(pair) + 1).max().unwrap_or(0).clamp(SHOWN_MIN, WHOLE)
}

fn collect(message: &DynamicMessage, ids: &mut BTreeSet<String>) {
    for (field, value) in message.fields() {
        let values = value.as_list().unwrap_or(std::slice::from_ref(value));
        for value in values {
            match value {
                Value::Message(inner) => collect(inner, ids),
                Value::String(id) if is_id(&field) && Uuid::parse_str(id).is_ok() => {
                    ids.insert(id.clone());
                }
                _ => {}
            }
        }
    }
}
