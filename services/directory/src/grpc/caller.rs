//! Who calls, and whether where they signed in says that they have signed out.

use super::{Reply, Service};
use domain::Actor;
use domain::directory::sign_out::{Command, SignOut};
use proto::api::v1::Reason;
use proto::contract::role_number;
use proto::directory::v1 as pb;
use proto::{Invalid, Wire as _};
use service_kit::error::refusal;
use service_kit::identity::{Caller, Session, SignedOut, Vouchers};
use service_kit::serve::caller;
use tonic::{Request, Response, Status};

/// Whom the token or certificate of a call identifies.
pub(super) async fn get(
    service: &Service,
    request: Request<pb::GetCallerRequest>,
) -> Reply<pb::GetCallerResponse> {
    let actor = caller(&request)?;
    let session = request.extensions().get::<Session>().cloned().unwrap_or_default();
    let signed_out = service.kit.has_ended(&session).await?;
    let caller = pb::Caller {
        subject: actor.subject,
        department_code: actor.department.map(|code| code.to_string()).unwrap_or_default(),
        roles: actor.roles.into_iter().map(role_number).collect(),
    };
    Ok(Response::new(pb::GetCallerResponse { caller: Some(caller), signed_out }))
}

/// Records that a session at a provider has ended, or all of somebody's; or that the caller signs out here.
pub(super) async fn record_sign_out(
    service: &Service,
    mut request: Request<pb::RecordSignOutRequest>,
) -> Reply<pb::RecordSignOutResponse> {
    let own = request.extensions().get::<Session>().and_then(Session::sign_out_id);
    let own = own.filter(|_| request.get_ref().logout_token.is_empty());
    let SignedOut { id, ended_at } = match own {
        Some(id) => SignedOut { id, ended_at: service.kit.clock().now() },
        None => said_by_provider(&request).await?,
    };
    // It names nobody, whoever passes it on.
    request.extensions_mut().insert(Caller(Actor::process("sign_out")));
    let (context, _) = service.kit.receive(request)?;
    let done = service.kit.execute::<SignOut>(&context, id, Command::Record { ended_at }).await?;
    let sign_out = pb::SignOut { ended_at: done.state().ended_at.to_wire() };
    Ok(Response::new(pb::RecordSignOutResponse { position: done.position, sign_out: Some(sign_out) }))
}

async fn said_by_provider(request: &Request<pb::RecordSignOutRequest>) -> Result<SignedOut, Status> {
    let vouchers = request.extensions().get::<Vouchers>().cloned();
    let vouchers = vouchers.ok_or_else(|| refusal(Reason::Internal, "nobody vouches for tokens here", []))?;
    let signed_out = vouchers.signed_out(request.get_ref().logout_token.clone()).await;
    Ok(signed_out.map_err(|why| Invalid::field("logout_token", format!("is not accepted: {why}")))?)
}
