//! Who calls.

use super::Reply;
use proto::contract::role_number;
use proto::directory::v1 as pb;
use service_kit::serve::caller;
use tonic::{Request, Response};

/// Whom the token or certificate of a call identifies.
pub(super) fn get(request: &Request<pb::GetCallerRequest>) -> Reply<pb::GetCallerResponse> {
    let actor = caller(request)?;
    let caller = pb::Caller {
        subject: actor.subject,
        department_code: actor.department.map(|code| code.to_string()).unwrap_or_default(),
        roles: actor.roles.into_iter().map(role_number).collect(),
    };
    Ok(Response::new(pb::GetCallerResponse { caller: Some(caller) }))
}
