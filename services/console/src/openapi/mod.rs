//! The description of the door in OpenAPI 3.1, made of the protos: their comments, options and reasons.

mod operation;
mod schema;

use crate::route::rpcs;
use schema::Schemas;
use serde_json::{Map, Value, json};

/// The document.
pub(crate) fn document() -> Value {
    let (mut schemas, mut paths) = (Schemas::default(), Map::new());
    for rpc in rpcs() {
        let Some(route) = &rpc.contract.route else { continue };
        let operation = operation::of(rpc, route, &mut schemas);
        let path = paths.entry(route.path.clone()).or_insert_with(|| json!({}));
        path[route.method.to_lowercase()] = operation;
    }
    let mut schemas = schemas.finish();
    schemas.insert("google.rpc.Status".into(), status());
    schemas.insert("Problem".into(), problem());
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Huishang",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Cross-department joint sessions (会商) and the follow-up of what they decide. Every rpc of \
                            the protos is here. A command carries a `commandId`, a UUID that its caller chose before \
                            the first try: a repeat changes nothing and is answered as before.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "security": [{"token": []}],
        "tags": tags(),
        "paths": paths,
        "components": {
            "schemas": schemas,
            "responses": {"Refused": refused()},
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}},
        },
    })
}

fn tags() -> Vec<Value> {
    let mut services: Vec<_> = rpcs().iter().map(|rpc| rpc.method.parent_service().clone()).collect();
    services.sort_by(|one, other| one.full_name().cmp(other.full_name()));
    services.dedup();
    let tag = |service: &prost_reflect::ServiceDescriptor| {
        let about = proto::contract::joined_comment(&service.parent_file(), service.path());
        json!({"name": service.name(), "description": about})
    };
    services.iter().map(tag).collect()
}

/// What every operation may answer instead.
fn refused() -> Value {
    let of = |name: &str| json!({"schema": schema::reference(name)});
    json!({
        "description": "Not carried out. With `Accept: application/problem+json`, a problem of RFC 9457 with a sentence \
                        in the language of `Accept-Language`, English or Chinese.",
        "headers": {"Retry-After": {
            "description": "Seconds after which to try again, if the refusal names a time.",
            "schema": {"type": "integer"},
        }},
        "content": {
            "application/json": of("google.rpc.Status"),
            "application/problem+json": of("Problem"),
        },
    })
}

fn status() -> Value {
    json!({
        "type": "object",
        "description": "Why a call was not carried out. `google.rpc.ErrorInfo` among the details has the reason, the \
                        package that declares it, and its figures; `google.rpc.BadRequest` the faulty fields.",
        "required": ["code", "message", "details"],
        "properties": {
            "code": {"type": "integer", "description": "Number of the code in google.rpc.Code."},
            "message": {"type": "string", "description": "A sentence in English."},
            "details": {"type": "array", "items": {
                "type": "object",
                "required": ["@type"],
                "properties": {"@type": {"type": "string"}},
            }},
        },
    })
}

fn problem() -> Value {
    let text = |about: &str| json!({"type": "string", "description": about});
    json!({
        "type": "object",
        "required": ["type", "title", "status", "detail", "code"],
        "properties": {
            "type": text("A URN of the reason, or about:blank where there is none."),
            "title": text("The reason, or the code where there is none."),
            "status": {"type": "integer", "description": "The status of HTTP."},
            "detail": text("A sentence in the caller's language."),
            "code": text("The code of gRPC, such as FAILED_PRECONDITION."),
            "domain": text("The package that declares the reason."),
            "reason": text("The reason, such as NO_QUORUM."),
            "figures": {
                "type": "object",
                "description": "What the reason looked at.",
                "additionalProperties": {"type": "string"},
            },
            "violations": {"type": "array", "description": "The faulty fields.", "items": {
                "type": "object",
                "properties": {"field": {"type": "string"}, "description": {"type": "string"}},
            }},
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    /// Every `$ref` in a document.
    fn references(value: &Value, found: &mut BTreeSet<String>) {
        match value {
            Value::Object(fields) => fields.iter().for_each(|(name, value)| match value.as_str() {
                Some(reference) if name == "$ref" => drop(found.insert(reference.to_owned())),
                _ => references(value, found),
            }),
            Value::Array(values) => values.iter().for_each(|value| references(value, found)),
            _ => {}
        }
    }

    #[test]
    fn every_rpc_is_described_once_and_every_reference_leads_somewhere() {
        let document = document();
        let operations = document["paths"].as_object().unwrap().values();
        let operations = operations.flat_map(|path| path.as_object().unwrap().values());
        let ids: BTreeSet<&str> = operations.map(|one| one["operationId"].as_str().unwrap()).collect();
        assert_eq!(ids.len(), rpcs().len());
        let mut found = BTreeSet::new();
        references(&document, &mut found);
        for reference in found {
            assert!(document.pointer(reference.trim_start_matches('#')).is_some(), "{reference}");
        }
    }

    #[test]
    fn an_operation_says_who_may_call_it_and_why_it_refuses() {
        let document = document();
        let open = &document["paths"]["/v1/dockets/{docket_id}:open"]["post"];
        let about = open["description"].as_str().unwrap();
        assert!(about.contains("NO_QUORUM") && about.contains("`chair`"), "{about}");
        assert_eq!(open["x-roles"][0], "chair");
        let list = &document["paths"]["/v1/sessions"]["get"];
        let names: Vec<&str> =
            list["parameters"].as_array().unwrap().iter().filter_map(|one| one["name"].as_str()).collect();
        assert!(names.contains(&"atLeastPosition") && names.contains(&"stage"), "{names:?}");
    }
}
