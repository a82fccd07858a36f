//! Rooms.

use super::{Reply, Service};
use crate::{facts, views};
use domain::scheduling::room::{Command, Profile, Room};
use proto::Wire as _;
use proto::scheduling::v1 as pb;
use service_kit::serve::read;
use tonic::{Request, Response};

pub(super) async fn register(
    service: &Service,
    request: Request<pb::RegisterRoomRequest>,
) -> Reply<pb::RegisterRoomResponse> {
    let (context, request) = service.kit.receive(request)?;
    let profile: Profile = read("room", request.room)?;
    let id = Room::id(&profile.code);
    let done = service.kit.commit::<Room, _>(&context, id, move |unit| {
        let profile = profile.clone();
        Box::pin(async move {
            let answered_for = facts::answered_for(unit).await?;
            unit.decide::<Room>(id, Command::Register { profile, answered_for }).await
        })
    });
    let done = done.await?;
    let room = done.state().profile().map(|profile| profile.to_wire());
    Ok(Response::new(pb::RegisterRoomResponse { position: done.position, room }))
}

pub(super) async fn list(
    service: &Service,
    request: Request<pb::ListRoomsRequest>,
) -> Reply<pb::ListRoomsResponse> {
    let scope = service.kit.scope(&request).await?;
    let request = request.into_inner();
    let query = views::rooms(&request)?;
    let (page, position) = service.view.query(scope, request.at_least_position, query).await?;
    Ok(Response::new(pb::ListRoomsResponse {
        rooms: page.rows,
        next_page_token: page.next_page_token,
        position,
    }))
}
