//! The directory, the calendar and the meeting rules.

use super::{Reply, Service};
use crate::views;
use domain::Code;
use domain::calendar::WorkingCalendar;
use domain::scheduling::calendar::{self, Calendar};
use domain::scheduling::department::{self, Department};
use domain::scheduling::member::{self, Member};
use domain::scheduling::room::{self, Room};
use domain::scheduling::rules::{self, MeetingRules};
use proto::scheduling::v1 as pb;
use proto::{Wire as _, read_fields};
use service_kit::serve::read;
use tonic::{Request, Response};

pub(super) async fn register_department(
    service: &Service,
    request: Request<pb::RegisterDepartmentRequest>,
) -> Reply<pb::RegisterDepartmentResponse> {
    let (order, request) = service.kit.order(request, |r| &r.command_id)?;
    let profile: department::Profile = read("profile", request.profile)?;
    let named = profile.parent.iter().map(|parent| ("profile.parent".into(), parent.clone())).collect();
    let (id, register) = (Department::id(&profile.code), department::Command::Register(profile));
    let position = service.decide_naming::<Department>(&order, id, register, named).await?;
    Ok(Response::new(pb::RegisterDepartmentResponse { position }))
}

pub(super) async fn register_member(
    service: &Service,
    request: Request<pb::RegisterMemberRequest>,
) -> Reply<pb::RegisterMemberResponse> {
    let (order, request) = service.kit.order(request, |r| &r.command_id)?;
    let profile: member::Profile = read("profile", request.profile)?;
    let named = vec![("profile.department".into(), profile.department.clone())];
    let (id, register) = (Member::id(&profile.code), member::Command::Register(profile));
    let position = service.decide_naming::<Member>(&order, id, register, named).await?;
    Ok(Response::new(pb::RegisterMemberResponse { position }))
}

pub(super) async fn register_room(
    service: &Service,
    request: Request<pb::RegisterRoomRequest>,
) -> Reply<pb::RegisterRoomResponse> {
    let (order, request) = service.kit.order(request, |r| &r.command_id)?;
    let profile: room::Profile = read("profile", request.profile)?;
    let id = Room::id(&profile.code);
    let position = service.kit.execute::<Room>(&order, id, room::Command::Register(profile)).await?;
    Ok(Response::new(pb::RegisterRoomResponse { position }))
}

pub(super) async fn define_calendar(
    service: &Service,
    request: Request<pb::DefineCalendarRequest>,
) -> Reply<pb::DefineCalendarResponse> {
    let (order, request) = service.kit.order(request, |r| &r.command_id)?;
    let calendar: WorkingCalendar = read("calendar", request.calendar)?;
    let (id, define) = (Calendar::realm_id(), calendar::Command::Define(calendar));
    let position = service.kit.execute::<Calendar>(&order, id, define).await?;
    Ok(Response::new(pb::DefineCalendarResponse { position }))
}

pub(super) async fn define_rules(
    service: &Service,
    request: Request<pb::DefineRulesRequest>,
) -> Reply<pb::DefineRulesResponse> {
    let (order, request) = service.kit.order(request, |r| &r.command_id)?;
    let define = read_fields!(request => rules::Command::Define { body, rules })?;
    let rules::Command::Define { body, .. } = &define;
    let id = MeetingRules::id(body);
    let position = service.kit.execute::<MeetingRules>(&order, id, define).await?;
    Ok(Response::new(pb::DefineRulesResponse { position }))
}

pub(super) async fn list_departments(
    service: &Service,
    request: Request<pb::ListDepartmentsRequest>,
) -> Reply<pb::ListDepartmentsResponse> {
    let request = request.into_inner();
    let asked = views::departments(&request)?;
    let (page, position) = service.view.query(request.at_least_position, asked).await?;
    Ok(Response::new(pb::ListDepartmentsResponse {
        departments: page.rows,
        next_page_token: page.next_page_token,
        position,
    }))
}

pub(super) async fn list_members(
    service: &Service,
    request: Request<pb::ListMembersRequest>,
) -> Reply<pb::ListMembersResponse> {
    let request = request.into_inner();
    let asked = views::members(&request)?;
    let (page, position) = service.view.query(request.at_least_position, asked).await?;
    Ok(Response::new(pb::ListMembersResponse {
        members: page.rows,
        next_page_token: page.next_page_token,
        position,
    }))
}

pub(super) async fn list_rooms(
    service: &Service,
    request: Request<pb::ListRoomsRequest>,
) -> Reply<pb::ListRoomsResponse> {
    let request = request.into_inner();
    let asked = views::rooms(&request)?;
    let (page, position) = service.view.query(request.at_least_position, asked).await?;
    Ok(Response::new(pb::ListRoomsResponse {
        rooms: page.rows,
        next_page_token: page.next_page_token,
        position,
    }))
}

pub(super) async fn get_rules(
    service: &Service,
    request: Request<pb::GetRulesRequest>,
) -> Reply<pb::GetRulesResponse> {
    let request = request.into_inner();
    let body: Code = read("body", request.body)?;
    let position = service.reached(request.at_least_position).await?;
    let state = service.kit.load::<MeetingRules>(MeetingRules::id(&body)).await?;
    Ok(Response::new(pb::GetRulesResponse {
        rules: state.in_force().to_wire(),
        defined: matches!(state, rules::State::Defined(_)),
        position,
    }))
}

pub(super) async fn get_calendar(
    service: &Service,
    request: Request<pb::GetCalendarRequest>,
) -> Reply<pb::GetCalendarResponse> {
    let position = service.reached(request.into_inner().at_least_position).await?;
    let state = service.kit.load::<Calendar>(Calendar::realm_id()).await?;
    Ok(Response::new(pb::GetCalendarResponse {
        calendar: state.in_force(&service.otherwise).to_wire(),
        defined: matches!(state, calendar::State::Defined(_)),
        position,
    }))
}
