//! What the options in the service protos say of each rpc: who may call it, its words on the command line, its
//! HTTP route, the reasons with which it refuses. This is the one table of them.

use domain::Role;
use prost_reflect::{
    DescriptorPool, DynamicMessage, EnumValueDescriptor, ExtensionDescriptor, FileDescriptor,
    MessageDescriptor, MethodDescriptor, Value,
};
use std::collections::{BTreeSet, HashMap};
use std::sync::LazyLock;

/// The contract of one rpc.
#[derive(Debug, Clone)]
pub struct RpcContract {
    /// Its path without the slash in front, such as `huishang.ledger.v1.LedgerService/GetHead`.
    pub path: String,
    /// The roles that may call it.
    pub roles: Vec<Role>,
    /// Its words on the command line, such as `session request`.
    pub command: String,
    /// The reasons of its own context with which it may refuse.
    pub refuses: Vec<String>,
    /// Whether it needs a strong sign-in, where the settings say which ones are.
    pub step_up: bool,
    /// Whether a secret in the request is enough, without a token.
    pub by_secret: bool,
    /// Whether it also answers somebody who has signed out.
    pub after_sign_out: bool,
    /// Its HTTP method and path template.
    pub route: Option<Route>,
    /// Whether it only reads.
    pub reads: bool,
    /// Whether its answer is a stream.
    pub streams: bool,
    /// The fields of its request that say what is read, if its calls are noted in the access log; empty otherwise.
    pub accesses: Vec<String>,
    request: MessageDescriptor,
}

impl RpcContract {
    /// What a call of this rpc accesses: the fields that say so and are set, as JSON. None if its calls are not noted,
    /// or the bytes are not its request.
    pub fn accessed(&self, request: &[u8]) -> Option<serde_json::Map<String, serde_json::Value>> {
        if self.accesses.is_empty() {
            return None;
        }
        let request = DynamicMessage::decode(self.request.clone(), request).ok()?;
        let serde_json::Value::Object(mut fields) = serde_json::to_value(&request).ok()? else { return None };
        let json_names: Vec<String> = self
            .accesses
            .iter()
            .filter_map(|name| Some(self.request.get_field_by_name(name)?.json_name().to_owned()))
            .collect();
        fields.retain(|name, _| json_names.contains(name));
        Some(fields)
    }
}

/// The HTTP request that maps to an rpc.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// `GET` or `POST`.
    pub method: &'static str,
    /// The path template, such as `/v1/sessions/{session_id}:admit`.
    pub path: String,
    /// Whether the request's other fields are the HTTP body.
    pub has_body: bool,
}

/// Everything in `proto/`, with its comments and options.
pub fn descriptors() -> &'static DescriptorPool {
    static POOL: LazyLock<DescriptorPool> = LazyLock::new(|| {
        DescriptorPool::decode(crate::DESCRIPTORS)
            .expect("the build wrote the descriptors from checked protos")
    });
    &POOL
}

/// Every rpc of Huishang, in the order of the files.
pub fn rpcs() -> &'static [RpcContract] {
    static RPCS: LazyLock<Vec<RpcContract>> = LazyLock::new(|| {
        let ours = descriptors().services().filter(|service| service.full_name().starts_with("huishang."));
        ours.flat_map(|service| service.methods().map(|method| read(&method)).collect::<Vec<_>>()).collect()
    });
    &RPCS
}

/// The rpc at a path such as `huishang.ledger.v1.LedgerService/GetHead`.
pub fn rpc(path: &str) -> Option<&'static RpcContract> {
    static BY_PATH: LazyLock<HashMap<&str, &RpcContract>> =
        LazyLock::new(|| rpcs().iter().map(|rpc| (rpc.path.as_str(), rpc)).collect());
    BY_PATH.get(path).copied()
}

/// The contexts in which something happens, such as `scheduling`.
pub fn contexts() -> &'static BTreeSet<String> {
    static CONTEXTS: LazyLock<BTreeSet<String>> = LazyLock::new(|| {
        let packages = descriptors().files().map(|file| file.package_name().to_owned());
        packages.filter_map(|package| Some(context_of_events(&package)?.to_owned())).collect()
    });
    &CONTEXTS
}

/// Whether there is an event with this full name, such as `huishang.scheduling.events.v1.SessionConvened`.
pub fn is_event(name: &str) -> bool {
    let message = descriptors().get_message_by_name(name);
    message.is_some_and(|message| {
        message.parent_message().is_none() && context_of_events(message.package_name()).is_some()
    })
}

/// The context whose events a package has.
fn context_of_events(package: &str) -> Option<&str> {
    package.strip_prefix("huishang.")?.strip_suffix(".events.v1")
}

/// Every reason for a refusal, without the prefix `REASON_`; one that several contexts have occurs once.
pub fn reasons() -> BTreeSet<String> {
    let enums = descriptors().all_enums().filter(|one| one.name() == "Reason");
    let values = enums.flat_map(|one| one.values().filter(|value| value.number() != 0).collect::<Vec<_>>());
    values.filter_map(|value| Some(value.name().strip_prefix("REASON_")?.to_owned())).collect()
}

/// The comment above an enum's value, as in the file.
pub fn value_comment(value: &EnumValueDescriptor) -> String {
    comment(&value.parent_enum().parent_file(), value.path())
}

/// The comment above the declaration at a path of a file; empty when there is none.
pub fn comment(file: &FileDescriptor, path: &[i32]) -> String {
    let info = file.file_descriptor_proto().source_code_info.as_ref();
    info.and_then(|info| info.location.iter().find(|location| location.path == path))
        .and_then(|location| location.leading_comments.as_deref())
        .unwrap_or_default()
        .lines()
        .map(|line| line.strip_prefix(' ').unwrap_or(line))
        .collect::<Vec<_>>()
        .join("\n")
}

/// The same with the lines of each paragraph joined; paragraphs are separated by an empty line.
pub fn joined_comment(file: &FileDescriptor, path: &[i32]) -> String {
    let text = comment(file, path);
    let paragraphs =
        text.split("\n\n").map(|paragraph| paragraph.split_whitespace().collect::<Vec<_>>().join(" "));
    paragraphs.filter(|paragraph| !paragraph.is_empty()).collect::<Vec<_>>().join("\n\n")
}

fn read(method: &MethodDescriptor) -> RpcContract {
    let options = method.options();
    let ours = extension(&options, "huishang.api.v1.rpc");
    let texts = |name| list(&ours, name).iter().filter_map(Value::as_str).map(str::to_owned).collect();
    let level = options.get_field_by_name("idempotency_level").and_then(|level| level.as_enum_number());
    RpcContract {
        path: format!("{}/{}", method.parent_service().full_name(), method.name()),
        roles: list(&ours, "roles").iter().filter_map(Value::as_enum_number).filter_map(role).collect(),
        command: text(&ours, "command"),
        refuses: texts("refuses"),
        step_up: flag(&ours, "step_up"),
        by_secret: flag(&ours, "by_secret"),
        after_sign_out: flag(&ours, "after_sign_out"),
        route: route(&extension(&options, "google.api.http")),
        reads: level == Some(prost_types::method_options::IdempotencyLevel::NoSideEffects as i32),
        streams: method.is_server_streaming(),
        accesses: texts("accesses"),
        request: method.input(),
    }
}

/// The number of a role on the wire.
pub fn role_number(role: Role) -> i32 {
    let at = Role::ALL.iter().position(|known| *known == role).expect("a role is one of all");
    i32::try_from(at + 1).expect("roles are few")
}

/// The role with this number on the wire; the order of [`Role::ALL`] is that of the enum.
fn role(number: i32) -> Option<Role> {
    Role::ALL.get(usize::try_from(number).ok()?.checked_sub(1)?).copied()
}

fn route(rule: &Option<DynamicMessage>) -> Option<Route> {
    let [get, post] = ["get", "post"].map(|method| text(rule, method));
    let has_body = !text(rule, "body").is_empty();
    match (get.as_str(), post.as_str()) {
        ("", "") => None,
        ("", _) => Some(Route { method: "POST", path: post, has_body }),
        _ => Some(Route { method: "GET", path: get, has_body }),
    }
}

/// The message that an option carries; none when the option is not set.
pub fn extension(options: &DynamicMessage, name: &str) -> Option<DynamicMessage> {
    let extension: ExtensionDescriptor = descriptors().get_extension_by_name(name)?;
    options.has_extension(&extension).then(|| options.get_extension(&extension).as_message().cloned())?
}

fn list(message: &Option<DynamicMessage>, field: &str) -> Vec<Value> {
    let value = message.as_ref().and_then(|message| message.get_field_by_name(field));
    value.and_then(|value| value.as_list().map(<[Value]>::to_vec)).unwrap_or_default()
}

fn flag(message: &Option<DynamicMessage>, field: &str) -> bool {
    let value = message.as_ref().and_then(|message| message.get_field_by_name(field));
    value.and_then(|value| value.as_bool()).unwrap_or_default()
}

fn text(message: &Option<DynamicMessage>, field: &str) -> String {
    let value = message.as_ref().and_then(|message| message.get_field_by_name(field));
    value.and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}

/// A name such as `NotFound` as protos write the names of an enum's values: `NOT_FOUND`.
pub fn screaming(camel: &str) -> String {
    let mut name = String::new();
    for letter in camel.chars() {
        if letter.is_uppercase() && !name.is_empty() {
            name.push('_');
        }
        name.extend(letter.to_uppercase());
    }
    name
}

/// A value's name without its enum's: `SESSION_STAGE_ADMITTED` is `ADMITTED`.
pub fn value_name(value: &EnumValueDescriptor) -> String {
    let prefix = screaming(value.parent_enum().name());
    let name = value.name().strip_prefix(&prefix).and_then(|rest| rest.strip_prefix('_'));
    name.unwrap_or(value.name()).to_owned()
}
