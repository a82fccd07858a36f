//! The description as a page, without script: every operation with its parameters, its message and its reasons.

use serde_json::{Map, Value};
use std::fmt::Write as _;

/// The page of an OpenAPI document.
pub(super) fn page(document: &Value) -> String {
    let mut page = String::from(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>Huishang 会商</title>\
         <meta name=\"viewport\" content=\"width=device-width\"><link rel=\"stylesheet\" href=\"/docs.css\"></head><body>\
         <h1>Huishang 会商</h1>",
    );
    write(&mut page, format_args!("<p>{}</p>", text(&document["info"]["description"])));
    page.push_str("<p>For machines: <a href=\"/openapi.json\">openapi.json</a></p><nav><ul>");
    let tags = document["tags"].as_array().map(Vec::as_slice).unwrap_or_default();
    for tag in tags {
        let name = text(&tag["name"]);
        write(&mut page, format_args!("<li><a href=\"#{name}\">{name}</a></li>"));
    }
    page.push_str("</ul></nav>");
    let schemas = &document["components"]["schemas"];
    for tag in tags {
        let (name, about) = (text(&tag["name"]), text(&tag["description"]));
        write(&mut page, format_args!("<h2 id=\"{name}\">{name}</h2><p>{about}</p>"));
        for (path, method, operation) in operations(document) {
            if operation["tags"][0] == tag["name"] {
                describe(&mut page, path, method, operation, schemas);
            }
        }
    }
    page.push_str("<h2>Messages</h2>");
    for (name, schema) in schemas.as_object().into_iter().flatten() {
        let about = text(&schema["description"]);
        write(&mut page, format_args!("<h3 id=\"{0}\"><code>{0}</code></h3><p>{about}</p>", escaped(name)));
        table(&mut page, schema["properties"].as_object());
    }
    page.push_str("</body></html>\n");
    page
}

fn operations(document: &Value) -> impl Iterator<Item = (&str, &str, &Value)> {
    let paths = document["paths"].as_object().into_iter().flatten();
    paths.flat_map(|(path, methods)| {
        let methods = methods.as_object().into_iter().flatten();
        methods.map(|(method, operation)| (path.as_str(), method.as_str(), operation))
    })
}

fn describe(page: &mut String, path: &str, method: &str, operation: &Value, schemas: &Value) {
    let (name, method, path) = (text(&operation["operationId"]), method.to_uppercase(), escaped(path));
    write(page, format_args!("<h3 id=\"{name}\">{name} <code>{method} {path}</code></h3>"));
    write(page, format_args!("<p>{}</p>", text(&operation["description"])));
    let parameters = operation["parameters"].as_array().into_iter().flatten();
    let parameters = parameters.filter_map(|parameter| {
        let mut schema = parameter["schema"].clone();
        schema.as_object_mut()?.insert("description".to_owned(), parameter["description"].clone());
        Some((parameter["name"].as_str()?.to_owned(), schema))
    });
    table(page, Some(&parameters.collect()));
    let body = &operation["requestBody"]["content"]["application/json"]["schema"];
    if let Some(name) = name_of(body) {
        page.push_str("<p>The body:</p>");
        table(page, schemas[name]["properties"].as_object());
    }
    if let Some(name) = name_of(&operation["responses"]["200"]["content"]["application/json"]["schema"]) {
        write(page, format_args!("<p>Answers with <a href=\"#{0}\">{0}</a>.</p>", escaped(name)));
    }
}

fn table(page: &mut String, fields: Option<&Map<String, Value>>) {
    let Some(fields) = fields.filter(|fields| !fields.is_empty()) else { return };
    page.push_str("<table><tr><th>Name</th><th>Kind</th><th>Meaning</th></tr>");
    for (name, schema) in fields {
        let (name, about) = (escaped(name), text(&schema["description"]));
        write(
            page,
            format_args!("<tr><td><code>{name}</code></td><td>{}</td><td>{about}</td></tr>", kind(schema)),
        );
    }
    page.push_str("</table>");
}

fn kind(schema: &Value) -> String {
    if let Some(name) = name_of(schema) {
        return format!(
            "<a href=\"#{0}\">{1}</a>",
            escaped(name),
            escaped(name.rsplit('.').next().unwrap_or(name))
        );
    }
    match schema["type"].as_str() {
        Some("array") => format!("list of {}", kind(&schema["items"])),
        Some("string") => schema["format"].as_str().unwrap_or("string").to_owned(),
        Some(other) => other.to_owned(),
        None => String::new(),
    }
}

fn name_of(schema: &Value) -> Option<&str> {
    schema["$ref"].as_str()?.rsplit('/').next()
}

fn text(value: &Value) -> String {
    escaped(value.as_str().unwrap_or_default())
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

fn write(page: &mut String, what: std::fmt::Arguments<'_>) {
    // Writing to a text cannot fail.
    let _ = page.write_fmt(what);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::openapi;

    #[test]
    fn the_page_has_every_operation_and_loads_nothing_from_elsewhere() {
        let document = openapi::document();
        let page = page(&document);
        for (path, _, operation) in operations(&document) {
            let heading = format!("<h3 id=\"{}\">", operation["operationId"].as_str().unwrap());
            assert!(page.contains(&heading) && page.contains(path), "{path}");
        }
        for foreign in ["<script", "<img", "src=", "url(", "href=\"http"] {
            assert!(!page.contains(foreign), "{foreign}");
        }
    }

    #[test]
    fn what_a_comment_says_is_text() {
        assert_eq!(text(&Value::from("<b> & \"c\"")), "&lt;b&gt; &amp; &quot;c&quot;");
    }
}
