//! One rpc as an operation of OpenAPI.

use super::schema::{Schemas, is_text, reference};
use crate::route::Rpc;
use crate::table::{self, Form};
use prost_reflect::{FieldDescriptor, Kind, MessageDescriptor, MethodDescriptor};
use proto::contract::{Route, descriptors, joined_comment, rpcs, value_comment};
use serde_json::{Map, Value, json};

/// What HTTP answers when a call is not carried out.
const REFUSALS: [u16; 12] = [400, 401, 403, 404, 405, 409, 429, 499, 500, 501, 503, 504];

/// The package of the reasons that every rpc has.
const PLATFORM: &str = "huishang.api.v1";

pub(super) fn of(rpc: &Rpc, route: &Route, schemas: &mut Schemas) -> Value {
    let (contract, method) = (rpc.contract, &rpc.method);
    let about = joined_comment(&method.parent_service().parent_file(), method.path());
    let roles: Vec<&str> = contract.roles.iter().map(|role| role.as_str()).collect();
    let mut operation = json!({
        "operationId": id(method),
        "tags": [method.parent_service().name()],
        "summary": first_sentence(&about),
        "description": description(rpc, &about, &roles),
        "x-roles": roles,
        "x-reasons": contract.refuses,
        "x-rpc": contract.path,
        "parameters": parameters(rpc, route, schemas),
        "responses": responses(rpc, route, schemas),
    });
    if contract.by_secret {
        // With the secret, no token is needed.
        operation["security"] = json!([{}, {"token": []}]);
    }
    if route.has_body {
        let schema = schemas.message(&method.input());
        operation["requestBody"] =
            json!({"required": true, "content": {"application/json": {"schema": schema}}});
    }
    operation
}

fn first_sentence(about: &str) -> &str {
    about.split_inclusive(". ").next().unwrap_or_default().trim()
}

fn description(rpc: &Rpc, about: &str, roles: &[&str]) -> String {
    let mut text = format!("{about}\n\nFor the roles: {}.", quoted(roles).join(", "));
    if rpc.contract.step_up {
        text.push_str(" Needs a strong sign-in, where the installation says which ones are.");
    }
    if !rpc.contract.refuses.is_empty() {
        text.push_str("\n\nMay refuse with:\n");
        for reason in &rpc.contract.refuses {
            text.push_str(&format!("\n- `{reason}`: {}", about_reason(rpc, reason)));
        }
    }
    text
}

fn quoted<'n>(names: &[&'n str]) -> Vec<String> {
    names.iter().map(|name: &&'n str| format!("`{name}`")).collect()
}

/// The id of an rpc's operation: its name, after that of its service where another one has an rpc of this name.
fn id(method: &MethodDescriptor) -> String {
    let name = method.name();
    match rpcs().iter().filter(|rpc| rpc.path.rsplit('/').next() == Some(name)).count() {
        0 | 1 => name.to_owned(),
        _ => format!("{}.{name}", method.parent_service().name()),
    }
}

/// The comment on a reason of an rpc's context.
fn about_reason(rpc: &Rpc, reason: &str) -> String {
    let service = rpc.method.parent_service();
    let packages = [service.package_name().to_owned(), PLATFORM.to_owned()];
    let comment = packages.iter().find_map(|package| {
        let reasons = descriptors().get_enum_by_name(&format!("{package}.Reason"))?;
        Some(value_comment(&reasons.get_value_by_name(&format!("REASON_{reason}"))?))
    });
    comment.unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The fields that are in the path and, for a query, in the query string.
fn parameters(rpc: &Rpc, route: &Route, schemas: &mut Schemas) -> Vec<Value> {
    let in_path: Vec<&str> = rpc.variables().collect();
    let mut parameters = Vec::new();
    for field in rpc.method.input().fields() {
        if in_path.contains(&field.name()) {
            let mut schema = schemas.field(&field);
            if let Some(schema) = schema.as_object_mut().filter(|schema| schema["type"] == "string") {
                schema.entry("minLength").or_insert(json!(1));
            }
            parameters.push(parameter("path", field.name(), &field, schema));
        } else if !route.has_body {
            of_query("", &field, schemas, &mut parameters);
        }
    }
    if rpc.contract.streams && rpc.method.input().get_field_by_name("after_position").is_some() {
        parameters.push(json!({
            "name": "Last-Event-ID",
            "in": "header",
            "description": "Where a reader of server-sent events goes on: the id of the last one that it got.",
            "schema": {"type": "string", "pattern": "^[0-9]{1,19}$"},
        }));
    }
    parameters
}

fn of_query(within: &str, field: &FieldDescriptor, schemas: &mut Schemas, parameters: &mut Vec<Value>) {
    let name = format!("{within}{}", field.json_name());
    match field.kind() {
        Kind::Message(inner) if !is_text(&inner) && !field.is_list() => {
            inner.fields().for_each(|field| of_query(&format!("{name}."), &field, schemas, parameters));
        }
        _ => {
            let schema = schemas.field(field);
            parameters.push(parameter("query", &name, field, schema));
        }
    }
}

fn parameter(place: &str, name: &str, field: &FieldDescriptor, schema: Value) -> Value {
    let about = joined_comment(&field.parent_message().parent_file(), field.path());
    json!({"name": name, "in": place, "required": place == "path", "description": about, "schema": schema})
}

fn responses(rpc: &Rpc, route: &Route, schemas: &mut Schemas) -> Value {
    let output: MessageDescriptor = rpc.method.output();
    let schema = schemas.message(&output);
    let mut content = match rpc.contract.streams {
        false => json!({"application/json": {"schema": schema}}),
        true => json!({
            "application/x-ndjson": {"schema": {
                "type": "object",
                "description": "One such object in each line: a result or, in the last one, why there are no more.",
                "properties": {"result": schema, "error": reference("google.rpc.Status")},
            }},
            "text/event-stream": {"schema": {
                "type": "string",
                "description": "For `Accept: text/event-stream`: an event for each result, whose id is the position of \
                                its record; an event `error` says why there are no more.",
            }},
        }),
    };
    if table::rows_of(&output).is_some() && !rpc.contract.streams {
        let about = "For `Accept: text/csv`: the list as a table; `Link` leads to the next page.";
        content["text/csv"] = json!({"schema": {"type": "string", "description": about}});
        let about = "The same as a workbook, with a sheet that says how it was counted.";
        let workbook = json!({"schema": {"type": "string", "format": "binary", "description": about}});
        content[Form::Xlsx.media_type()] = workbook;
    }
    let about = joined_comment(&output.parent_file(), output.path());
    let mut responses =
        Map::from_iter([("200".to_owned(), json!({"description": about, "content": content}))]);
    let unsupported = route.has_body.then_some(415);
    for status in REFUSALS.into_iter().chain(unsupported) {
        responses.insert(status.to_string(), json!({"$ref": "#/components/responses/Refused"}));
    }
    Value::Object(responses)
}
