//! The working calendar.

use super::{Reply, Service};
use domain::calendar::WorkingCalendar;
use domain::directory::calendar::{Calendar, Command, State};
use proto::Wire as _;
use proto::directory::v1 as pb;
use service_kit::serve::read;
use tonic::{Request, Response};

pub(super) async fn define(
    service: &Service,
    request: Request<pb::DefineCalendarRequest>,
) -> Reply<pb::DefineCalendarResponse> {
    let (context, request) = service.kit.receive(request)?;
    let calendar: WorkingCalendar = read("calendar", request.calendar)?;
    let done =
        service.kit.execute::<Calendar>(&context, Calendar::realm_id(), Command::Define(calendar)).await?;
    let calendar = in_force(service, done.state());
    Ok(Response::new(pb::DefineCalendarResponse { position: done.position, calendar }))
}

pub(super) async fn get(
    service: &Service,
    request: Request<pb::GetCalendarRequest>,
) -> Reply<pb::GetCalendarResponse> {
    let scope = service.kit.scope(&request).await?;
    let position = service.view.wait_until_caught_up(request.into_inner().at_least_position).await?;
    let state = service.kit.show::<Calendar>(&scope, Calendar::realm_id()).await?;
    Ok(Response::new(pb::GetCalendarResponse {
        calendar: in_force(service, &state),
        defined: matches!(state, State::Defined(_)),
        position,
    }))
}

fn in_force(service: &Service, state: &State) -> Option<pb::WorkingCalendar> {
    state.in_force(&service.default_calendar).to_wire()
}
