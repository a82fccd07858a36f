//! Rooms.

use super::{Reply, Service};
use crate::{facts, views};
use domain::scheduling::Scheduling;
use domain::scheduling::room::{Command, Profile, Rejection, Room, State};
use domain::scheduling::session::Session;
use domain::{Code, Refusal as _, Uuid};
use proto::Wire as _;
use proto::scheduling::v1 as pb;
use service_kit::serve::read;
use service_kit::{CommandContext, CommandError};
use tonic::{Request, Response, Status};

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
            let code = profile.code.clone();
            unit.decide::<Room>(id, Command::Register { profile, answered_for }).await?;
            let is_there = |state: &State| state.profile().is_some();
            unit.take_spelling::<Room, Scheduling>(&code, is_there).await
        })
    });
    let done = done.await?;
    let room = done.state().profile().map(|profile| profile.to_wire());
    Ok(Response::new(pb::RegisterRoomResponse { position: done.position, room }))
}

/// Rooms that a refusal names, at most.
const NAMED_MAX: u32 = 10;

impl Service {
    /// A refusal. When a room has too few seats for one of these sessions, or lacks what that needs, with the rooms that suit.
    pub(super) async fn naming_rooms(
        &self,
        context: &CommandContext,
        sessions: &[Uuid],
        refused: CommandError,
    ) -> CommandError {
        let CommandError::Rejected { reason: "ROOM_LACKS_EQUIPMENT" | "ROOM_TOO_SMALL", details, .. } =
            &refused
        else {
            return refused;
        };
        match self.rooms_instead(context, sessions, details).await {
            Ok(Some(rejection)) => CommandError::rejected::<Room>(rejection),
            // Nobody is refused for another reason because the rooms cannot be listed.
            Ok(None) | Err(_) => refused,
        }
    }

    /// The refusal of a room with these details, with the rooms that suit the session for which it was refused.
    async fn rooms_instead(
        &self,
        context: &CommandContext,
        sessions: &[Uuid],
        details: &[(&'static str, String)],
    ) -> Result<Option<Rejection>, Status> {
        let room = details.iter().find(|(name, _)| *name == "room_code").map(|(_, code)| code);
        let Some(Ok(room)) = room.map(|room| Code::parse(room)) else { return Ok(None) };
        let known = self.kit.load::<Room>(Room::id(&room)).await?;
        let Some(profile) = known.profile() else { return Ok(None) };
        for session in sessions {
            let state = self.kit.load::<Session>(*session).await?;
            let Some(outline) = state.filed().map(|filed| &filed.outline) else { continue };
            let refusal = profile.must_suit(outline.people(), &outline.equipment).err();
            let Some(refusal) = refusal.filter(|refusal| refusal.details() == details) else { continue };
            let wanted = pb::ListRoomsRequest {
                page_size: NAMED_MAX,
                seats_min: Some(outline.people()),
                equipment: outline.equipment.to_wire(),
                ..Default::default()
            };
            let scope = self.kit.scope_of(&context.actor).await?;
            let committed = *self.kit.journal().committed().borrow();
            let (page, _) = self.view.query(scope, committed, views::rooms(&wanted)?).await?;
            let suitable = page.rows.iter().filter_map(|room| Code::parse(&room.code).ok());
            return Ok(Some(refusal.naming(&suitable.collect::<Vec<_>>())));
        }
        Ok(None)
    }
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
