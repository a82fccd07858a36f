//! Travel times between sites.

use super::{Reply, Service};
use crate::facts;
use domain::Code;
use domain::scheduling::travel::{Command, Travel, Way};
use proto::Wire as _;
use proto::scheduling::v1 as pb;
use service_kit::serve::read;
use tonic::{Request, Response};

pub(super) async fn define(
    service: &Service,
    request: Request<pb::DefineTravelTimeRequest>,
) -> Reply<pb::DefineTravelTimeResponse> {
    let (context, request) = service.kit.receive(request)?;
    let from: Code = read("from_site_code", request.from_site_code)?;
    let to: Code = read("to_site_code", request.to_site_code)?;
    let (minutes, one_way, id) = (request.minutes, request.one_way, Travel::realm_id());
    let way = (from.clone(), to.clone());
    let done = service.kit.commit::<Travel, _>(&context, id, move |unit| {
        let (from, to) = (from.clone(), to.clone());
        Box::pin(async move {
            let answered_for = facts::answered_for(unit).await?;
            unit.decide::<Travel>(id, Command::Define { from, to, minutes, one_way, answered_for }).await
        })
    });
    let done = done.await?;
    let travel_time = done.state().ways.get(&way).map(|known| shown(&way, known));
    Ok(Response::new(pb::DefineTravelTimeResponse { position: done.position, travel_time }))
}

pub(super) async fn get(
    service: &Service,
    request: Request<pb::GetTravelTimesRequest>,
) -> Reply<pb::GetTravelTimesResponse> {
    let scope = service.kit.scope(&request).await?;
    let request = request.into_inner();
    let position = service.view.wait_until_caught_up(request.at_least_position).await?;
    let state = service.kit.show::<Travel>(&scope, Travel::realm_id()).await?;
    let travel_times = state.ways.iter().map(|(way, known)| shown(way, known)).collect();
    Ok(Response::new(pb::GetTravelTimesResponse { travel_times, position }))
}

fn shown((from, to): &(Code, Code), way: &Way) -> pb::TravelTime {
    pb::TravelTime {
        from_site_code: from.to_wire(),
        to_site_code: to.to_wire(),
        minutes: way.minutes,
        department_code: way.department.to_wire(),
    }
}
