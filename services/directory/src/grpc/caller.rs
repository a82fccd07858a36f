//! Who calls, and whether where they signed in says that they have signed out.

use super::{Reply, Service};
use domain::Actor;
use domain::directory::sign_out::{Command, SignOut};
use proto::api::v1::Reason;
use proto::contract::role_number;
use proto::directory::v1 as pb;
use proto::{Invalid, Wire as _};
use service_kit::error::refusal;
use service_kit::identity::{Caller, SignInOrigin, Vouchers};
use service_kit::serve::caller;
use std::sync::Arc;
use tonic::{Request, Response, Status};

/// Whom the token or certificate of a call identifies.
pub(super) async fn get(
    service: &Service,
    request: Request<pb::GetCallerRequest>,
) -> Reply<pb::GetCallerResponse> {
    let actor = caller(&request)?;
    let origin = request.extensions().get::<Arc<SignInOrigin>>().cloned();
    let signed_out = match origin {
        Some(origin) => has_ended(service, &origin).await?,
        None => false,
    };
    let caller = pb::Caller {
        subject: actor.subject,
        department_code: actor.department.map(|code| code.to_string()).unwrap_or_default(),
        roles: actor.roles.into_iter().map(role_number).collect(),
    };
    Ok(Response::new(pb::GetCallerResponse { caller: Some(caller), signed_out }))
}

/// Whether a session at a provider has ended since its token was issued. One that does not say when it was is of any time.
async fn has_ended(service: &Service, origin: &SignInOrigin) -> Result<bool, Status> {
    for id in origin.may_have_ended() {
        let state = service.kit.load::<SignOut>(id).await?;
        if state.ends(origin.issued_at.unwrap_or_default()) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Records that a session at a provider has ended, or all of somebody's.
pub(super) async fn record_sign_out(
    service: &Service,
    mut request: Request<pb::RecordSignOutRequest>,
) -> Reply<pb::RecordSignOutResponse> {
    let vouchers = request.extensions().get::<Vouchers>().cloned();
    let vouchers = vouchers.ok_or_else(|| refusal(Reason::Internal, "nobody vouches for tokens here", []))?;
    let signed_out = vouchers.signed_out(request.get_ref().logout_token.clone()).await;
    let signed_out =
        signed_out.map_err(|why| Invalid::field("logout_token", format!("is not accepted: {why}")))?;
    // The provider says it, whoever passes it on.
    request.extensions_mut().insert(Caller(Actor::process("sign_out")));
    let (context, _) = service.kit.receive(request)?;
    let command = Command::Record { ended_at: signed_out.ended_at };
    let done = service.kit.execute::<SignOut>(&context, signed_out.id, command).await?;
    let sign_out = pb::SignOut { ended_at: done.state().ended_at.to_wire() };
    Ok(Response::new(pb::RecordSignOutResponse { position: done.position, sign_out: Some(sign_out) }))
}
