//! Members.

use super::{Reply, Service};
use crate::views;
use domain::Code;
use domain::directory::member::{Command, Member, Profile};
use proto::Wire as _;
use proto::directory::v1 as pb;
use service_kit::serve::read;
use tonic::{Request, Response};

pub(super) async fn register(
    service: &Service,
    request: Request<pb::RegisterMemberRequest>,
) -> Reply<pb::RegisterMemberResponse> {
    let (context, request) = service.kit.receive(request)?;
    let profile: Profile = read("member", request.member)?;
    let id = Member::id(&profile.code);
    let department = ("member.department_code", profile.department.clone());
    let register = Command::Register(profile);
    let done = service.execute_naming::<Member>(&context, id, register, Some(department)).await?;
    let member = done.state().profile().map(|profile| profile.to_wire());
    Ok(Response::new(pb::RegisterMemberResponse { position: done.position, member }))
}

pub(super) async fn remove(
    service: &Service,
    request: Request<pb::RemoveMemberRequest>,
) -> Reply<pb::RemoveMemberResponse> {
    let (context, request) = service.kit.receive(request)?;
    let code: Code = read("member_code", request.member_code)?;
    let (id, member) = (Member::id(&code), pb::RemovedMember { code: code.to_wire() });
    let done = service.kit.execute::<Member>(&context, id, Command::Remove { code }).await?;
    Ok(Response::new(pb::RemoveMemberResponse { position: done.position, member: Some(member) }))
}

pub(super) async fn list(
    service: &Service,
    request: Request<pb::ListMembersRequest>,
) -> Reply<pb::ListMembersResponse> {
    let scope = service.kit.scope(&request).await?;
    let request = request.into_inner();
    let query = views::members(&request)?;
    let (page, position) = service.view.query(scope, request.at_least_position, query).await?;
    Ok(Response::new(pb::ListMembersResponse {
        members: page.rows,
        next_page_token: page.next_page_token,
        position,
    }))
}
