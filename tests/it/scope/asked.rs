//! Somebody who asks everything: each rpc that is open to their role, with requests made from the descriptors.

use super::ways::Way;
use domain::Role;
use prost::Message as _;
use prost_reflect::{DynamicMessage, FieldDescriptor, Kind, MessageDescriptor, MethodDescriptor, Value};
use proto::contract::{RpcContract, descriptors, rpcs};
use std::fmt;
use uuid::Uuid;

/// What shows how long the log is, and when it was asked.
const OF_THE_MOMENT: [&str; 2] = ["position", "evaluated_at"];
/// Rpcs whose answers, or refusals, say where the log ends, or what its hashes are.
const OF_THE_LOG: [&str; 5] =
    ["GetHead", "GetSignedHead", "GetReceipt", "GetConsistencyProof", "DiscloseRecord"];

/// The ids that requests name.
#[derive(Clone)]
pub struct Ids {
    pub session: String,
    /// The matter of the session's topic.
    pub matter: String,
    pub resolution: String,
    pub resolution_number: String,
    pub item: String,
    pub item_number: String,
    /// The department that leads the item.
    pub lead: String,
}

impl Ids {
    /// Ids that nobody has.
    pub fn absent() -> Ids {
        let id = || Uuid::now_v7().to_string();
        Ids {
            session: id(),
            matter: id(),
            resolution: id(),
            resolution_number: "NOBODY-2027-0001".into(),
            item: id(),
            item_number: "NOBODY-2027-0001/1".into(),
            lead: super::OWN.into(),
        }
    }
}

/// How much of a request is filled.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Filled {
    /// What a query cannot do without.
    Least,
    /// By number in place of the id.
    Numbers,
    /// Everything, filters included.
    All,
}

/// An answer to a question.
pub struct Answer {
    /// The rpc.
    pub rpc: String,
    /// How it was asked.
    pub filled: Filled,
    /// The message or the refusal.
    pub bytes: Vec<u8>,
}

/// The entries of a map are encoded in any order, so it is the bytes that are compared, and not their order.
impl PartialEq for Answer {
    fn eq(&self, other: &Answer) -> bool {
        let sorted = |answer: &Answer| {
            let mut bytes = answer.bytes.clone();
            bytes.sort_unstable();
            bytes
        };
        self.rpc == other.rpc && sorted(self) == sorted(other)
    }
}

impl Answer {
    pub fn contains(&self, marker: &str) -> bool {
        self.bytes.windows(marker.len()).any(|bytes| bytes == marker.as_bytes())
    }
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.rpc, String::from_utf8_lossy(&self.bytes))
    }
}

/// Somebody who asks.
pub struct Asker {
    pub way: Way,
    pub role: Role,
    pub department: Option<String>,
    pub ids: Ids,
    /// What they wait for.
    pub head: u64,
}

impl Asker {
    /// The same, about something else.
    pub fn about(&self, ids: Ids) -> Asker {
        let Asker { way, role, department, head, .. } = self;
        Asker { way: way.clone(), role: *role, department: department.clone(), ids, head: *head }
    }

    /// The answers to all queries that anybody could ask, without what is so only at this moment.
    pub async fn ask_queries(&self) -> anyhow::Result<Vec<Answer>> {
        self.ask(|rpc| rpc.reads).await
    }

    /// The answers to all queries and commands; a command is only validated.
    pub async fn ask_all(&self) -> anyhow::Result<Vec<Answer>> {
        self.ask(|_| true).await
    }

    /// The same, by another way.
    pub fn by(&self, way: Way) -> Asker {
        let Asker { role, department, ids, head, .. } = self;
        Asker { way, role: *role, department: department.clone(), ids: ids.clone(), head: *head }
    }

    /// The answers to all that the role may not call, which are refusals.
    pub async fn ask_what_is_not_open(&self) -> anyhow::Result<Vec<Answer>> {
        self.ask_among(|rpc| !rpc.roles.contains(&self.role)).await
    }

    async fn ask(&self, wanted: impl Fn(&RpcContract) -> bool) -> anyhow::Result<Vec<Answer>> {
        self.ask_among(|rpc| rpc.roles.contains(&self.role) && wanted(rpc)).await
    }

    async fn ask_among(&self, wanted: impl Fn(&RpcContract) -> bool) -> anyhow::Result<Vec<Answer>> {
        let open = rpcs().iter().filter(|rpc| !rpc.streams && wanted(rpc));
        let mut answers = Vec::new();
        for rpc in open {
            let (service, name) = rpc.path.split_once('/').unwrap_or_default();
            let service = descriptors().get_service_by_name(service);
            let method = service.and_then(|service| service.methods().find(|method| method.name() == name));
            let method = method.ok_or_else(|| anyhow::anyhow!("no rpc {}", rpc.path))?;
            if OF_THE_LOG.contains(&name) {
                continue;
            }
            let ways: &[Filled] =
                if rpc.reads { &[Filled::Least, Filled::Numbers, Filled::All] } else { &[Filled::All] };
            for &filled in ways {
                let bytes = self.ask_one(&method, filled).await;
                answers.extend(bytes.map(|bytes| Answer { rpc: rpc.path.clone(), filled, bytes }));
            }
        }
        Ok(answers)
    }

    /// The bytes of an answer or a refusal; none if the question cannot be asked this way.
    async fn ask_one(&self, method: &MethodDescriptor, filled: Filled) -> Option<Vec<u8>> {
        let request = self.request(&method.input(), filled);
        Some(match self.way.call(method, &request).await? {
            Ok(mut answer) => {
                OF_THE_MOMENT.iter().for_each(|field| answer.clear_field_by_name(field));
                answer.encode_to_vec()
            }
            Err(status) => {
                let said = format!("{:?} {} ", status.code(), status.message());
                [said.as_bytes(), status.details()].concat()
            }
        })
    }

    pub(super) fn request(&self, kind: &MessageDescriptor, filled: Filled) -> DynamicMessage {
        let mut request = DynamicMessage::new(kind.clone());
        let is_command = kind.get_field_by_name("command_id").is_some();
        for field in kind.fields() {
            // Of several choices, the first.
            let is_first = field.containing_oneof().is_none_or(|oneof| {
                oneof.is_synthetic() || oneof.fields().next().is_some_and(|first| first == field)
            });
            let value = if is_first { self.value(&field, filled, is_command) } else { None };
            if let Some(value) = value {
                let value = if field.is_list() { Value::List(vec![value]) } else { value };
                request.set_field(&field, value);
            }
        }
        request
    }

    /// A value for a field, if it is to have one.
    fn value(&self, field: &FieldDescriptor, filled: Filled, is_command: bool) -> Option<Value> {
        let text = |text: &str| Some(Value::String(text.to_owned()));
        let Ids { session, matter, resolution, resolution_number, item, item_number, lead } = &self.ids;
        let within = field.parent_message().name().to_owned();
        match field.name() {
            // What a command would create has an id that follows from this one.
            "command_id" => return text(&Uuid::from_u128(7).to_string()),
            "validate_only" => return Some(Value::Bool(true)),
            "at_least_position" => return Some(Value::U64(self.head)),
            "session_id" if within != "ListResolutionsRequest" => return text(session),
            "docket_id" | "into_session_id" => return text(session),
            "matter_id" | "into_matter_id" => return text(matter),
            "item_id" if within == "GetItemRequest" && filled == Filled::Numbers => return None,
            "item_id" | "on_item_id" if within != "ListNoticesRequest" => return text(item),
            "resolution_id" if within == "GetResolutionRequest" && filled == Filled::Numbers => return None,
            "resolution_id" if !within.starts_with("List") => return text(resolution),
            "successor_resolution_id" => return text(resolution),
            "number" if within == "GetItemRequest" => {
                return (filled == Filled::Numbers).then(|| Value::String(item_number.clone()));
            }
            "number" if within == "GetResolutionRequest" => {
                return (filled == Filled::Numbers).then(|| Value::String(resolution_number.clone()));
            }
            "body_code" if within == "GetBodyRequest" => return text("MARKS"),
            // It would be refused before anything else of the outline is looked at.
            "carries_out_item_id" => return None,
            "expected_position" | "page_size" | "page_token" | "order_by" | "history_before_position" => {
                return None;
            }
            _ if !is_command
                && field.parent_message().name().ends_with("Request")
                && filled != Filled::All =>
            {
                return None;
            }
            "session_id" => return text(session),
            "item_id" => return text(item),
            "resolution_id" => return text(resolution),
            "id_prefix" if within.starts_with("ListItems") => return text(item),
            "id_prefix" if within.starts_with("ListResolutions") => return text(resolution),
            "id_prefix" if within.starts_with("ListMatters") => return text(matter),
            "id_prefix" => return text(session),
            "text" if !is_command => return text(super::MATTER),
            "lead_code" if !is_command => return text(lead),
            "body_code" => return text("MARKS"),
            name if name.ends_with("_code") || name.ends_with("_codes") => {
                return text(self.department.as_deref().unwrap_or(super::STRANGER));
            }
            name if name.ends_with("_on") => return text("2027-03-20"),
            "sha256" => return text(&"0a".repeat(32)),
            _ => {}
        }
        Some(match field.kind() {
            Kind::String => Value::String("word".into()),
            Kind::Bool => Value::Bool(false),
            Kind::Uint32 => Value::U32(1),
            Kind::Uint64 => Value::U64(1),
            Kind::Enum(_) => Value::EnumNumber(1),
            Kind::Message(kind) if kind.full_name() == "google.protobuf.Timestamp" => {
                let mut moment = DynamicMessage::new(kind);
                moment.set_field_by_name("seconds", Value::I64(1_804_000_000));
                Value::Message(moment)
            }
            Kind::Message(kind) => Value::Message(self.request(&kind, filled)),
            _ => return None,
        })
    }
}
