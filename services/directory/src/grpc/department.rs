//! Departments.

use super::{Reply, Service, must_be_listed};
use crate::views;
use domain::directory::Directory;
use domain::directory::department::{Command, Department, Profile, State};
use domain::directory::hierarchy::{self, Hierarchy};
use proto::Wire as _;
use proto::directory::v1 as pb;
use service_kit::serve::read;
use tonic::{Request, Response};

pub(super) async fn register(
    service: &Service,
    request: Request<pb::RegisterDepartmentRequest>,
) -> Reply<pb::RegisterDepartmentResponse> {
    let (context, request) = service.kit.receive(request)?;
    let profile: Profile = read("department", request.department)?;
    let id = Department::id(&profile.code);
    let done = service.kit.commit::<Department, _>(&context, id, move |unit| {
        let profile = profile.clone();
        Box::pin(async move {
            let (department, parent) = (profile.code.clone(), profile.parent.clone());
            unit.decide::<Department>(id, Command::Register(profile)).await?;
            must_be_listed(unit, parent.clone().map(|parent| ("department.parent_code", parent))).await?;
            let is_there = |state: &State| state.profile().is_some();
            unit.take_spelling::<Department, Directory>(&department, is_there).await?;
            let place = hierarchy::Command::Place { department, parent };
            unit.decide::<Hierarchy>(Hierarchy::realm_id(), place).await
        })
    });
    let done = done.await?;
    let department = done.state().profile().map(|profile| profile.to_wire());
    Ok(Response::new(pb::RegisterDepartmentResponse { position: done.position, department }))
}

pub(super) async fn list(
    service: &Service,
    request: Request<pb::ListDepartmentsRequest>,
) -> Reply<pb::ListDepartmentsResponse> {
    let scope = service.kit.scope(&request).await?;
    let request = request.into_inner();
    let query = views::departments(&request)?;
    let (page, position) = service.view.query(scope, request.at_least_position, query).await?;
    Ok(Response::new(pb::ListDepartmentsResponse {
        departments: page.rows,
        next_page_token: page.next_page_token,
        position,
    }))
}
