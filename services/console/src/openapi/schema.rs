//! Messages and enums as schemas, in the canonical JSON of Protocol Buffers.

use prost_reflect::{EnumDescriptor, FieldDescriptor, Kind, MessageDescriptor};
use proto::contract::{joined_comment, value_comment};
use serde_json::{Map, Value, json};

/// The schemas of the messages and enums that were asked for, and of those in them, by their full names.
#[derive(Default)]
pub(super) struct Schemas(Map<String, Value>);

/// A reference to a schema.
pub(super) fn reference(name: &str) -> Value {
    json!({"$ref": format!("#/components/schemas/{name}")})
}

/// Whether JSON has a text for the message.
pub(super) fn is_text(kind: &MessageDescriptor) -> bool {
    matches!(kind.full_name(), "google.protobuf.Timestamp" | "google.protobuf.Duration")
}

impl Schemas {
    pub(super) fn finish(self) -> Map<String, Value> {
        self.0
    }

    /// The schema of a message.
    pub(super) fn message(&mut self, kind: &MessageDescriptor) -> Value {
        match kind.full_name() {
            "google.protobuf.Timestamp" => return json!({"type": "string", "format": "date-time"}),
            "google.protobuf.Duration" => return json!({"type": "string", "examples": ["1.5s"]}),
            "google.protobuf.Any" => {
                return json!({
                    "type": "object",
                    "description": "A message of any kind: `@type` names it, and its fields stand beside.",
                    "required": ["@type"],
                    "properties": {"@type": {"type": "string"}},
                });
            }
            _ => {}
        }
        let name = kind.full_name().to_owned();
        if !self.0.contains_key(&name) {
            // Taken before its fields are looked at, one of which may be of the same kind.
            self.0.insert(name.clone(), Value::Null);
            let fields = kind.fields().map(|field| (field.json_name().to_owned(), self.described(&field)));
            let properties: Map<String, Value> = fields.collect();
            let about = joined_comment(&kind.parent_file(), kind.path());
            let schema = json!({"type": "object", "description": about, "properties": properties});
            self.0.insert(name.clone(), schema);
        }
        reference(&name)
    }

    fn described(&mut self, field: &FieldDescriptor) -> Value {
        let mut schema = self.field(field);
        let about = joined_comment(&field.parent_message().parent_file(), field.path());
        if let (Some(schema), false) = (schema.as_object_mut(), about.is_empty()) {
            schema.insert("description".into(), about.into());
        }
        schema
    }

    /// The schema of a field.
    pub(super) fn field(&mut self, field: &FieldDescriptor) -> Value {
        if let (true, Kind::Message(entry)) = (field.is_map(), field.kind()) {
            let value = self.one(&entry.map_entry_value_field());
            return json!({"type": "object", "additionalProperties": value});
        }
        match field.is_list() {
            true => json!({"type": "array", "items": self.one(field)}),
            false => self.one(field),
        }
    }

    fn one(&mut self, field: &FieldDescriptor) -> Value {
        match field.kind() {
            Kind::Bool => json!({"type": "boolean"}),
            Kind::String => text(field),
            Kind::Bytes => json!({"type": "string", "contentEncoding": "base64"}),
            Kind::Double | Kind::Float => json!({"type": "number"}),
            Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => {
                json!({"type": "integer", "format": "int32", "minimum": i32::MIN, "maximum": i32::MAX})
            }
            Kind::Uint32 | Kind::Fixed32 => {
                json!({"type": "integer", "format": "uint32", "minimum": 0, "maximum": u32::MAX})
            }
            Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => {
                json!({"type": "string", "format": "int64", "pattern": "^-?[0-9]{1,18}$"})
            }
            Kind::Uint64 | Kind::Fixed64 => {
                json!({"type": "string", "format": "uint64", "pattern": "^[0-9]{1,20}$", "examples": ["7"]})
            }
            Kind::Enum(kind) => self.choice(&kind),
            Kind::Message(kind) => self.message(&kind),
        }
    }

    fn choice(&mut self, kind: &EnumDescriptor) -> Value {
        let name = kind.full_name().to_owned();
        if !self.0.contains_key(&name) {
            let values: Vec<String> = kind.values().map(|value| value.name().to_owned()).collect();
            let mut about = joined_comment(&kind.parent_file(), kind.path());
            for value in kind.values() {
                let comment = value_comment(&value).split_whitespace().collect::<Vec<_>>().join(" ");
                about.push_str(&format!("\n- `{}`: {comment}", value.name()));
            }
            self.0.insert(name.clone(), json!({"type": "string", "enum": values, "description": about}));
        }
        reference(&name)
    }
}

/// A text, with an example where the name says what is in it: names of fields mean the same everywhere.
fn text(field: &FieldDescriptor) -> Value {
    let name = field.name();
    let example = match name {
        _ if name.ends_with("_id") => "0195a3c4-7e2b-7d31-9f64-2b8e5a1c0d37",
        _ if name.ends_with("_on") => "2027-03-08",
        _ if name.ends_with("_code") || name.ends_with("_codes") => "WATER",
        _ => return json!({"type": "string"}),
    };
    json!({"type": "string", "examples": [example]})
}
