//! The call by which a program has what a page shows.

use crate::route;
use prost_reflect::DynamicMessage;
use serde_json::Value;

/// The path of an rpc, and the fields of this request that are set as parameters of its query; those of its pages are left out.
pub(super) fn api_call<R: proto::Rpc>(request: &R) -> String {
    let Some(rpc) = route::by_name(R::PATH) else { return String::new() };
    let path = rpc.contract.route.as_ref().map(|route| route.path.clone()).unwrap_or_default();
    let request = DynamicMessage::decode(rpc.method.input(), &request.encode_to_vec()[..]);
    let Ok(Value::Object(fields)) =
        request.map_err(drop).and_then(|one| serde_json::to_value(one).map_err(drop))
    else {
        return path;
    };
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    for (name, value) in fields.iter().filter(|(name, _)| !["pageSize", "pageToken"].contains(&name.as_str()))
    {
        let values = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
        for value in values {
            query.append_pair(name, &value.as_str().map_or_else(|| value.to_string(), str::to_owned));
        }
    }
    let query = query.finish();
    if query.is_empty() { path } else { format!("{path}?{query}") }
}
