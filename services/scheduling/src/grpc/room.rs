//! Rooms.

use super::{Reply, Service};
use crate::{facts, views};
use domain::scheduling::Scheduling;
use domain::scheduling::room::{Command, Profile, Rejection, Room, State};
use domain::scheduling::session::Session;
use domain::{Code, Uuid};
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
    /// A refusal. When a room lacks what one of these sessions needs, with the rooms that have it.
    pub(super) async fn naming_rooms(
        &self,
        context: &CommandContext,
        sessions: &[Uuid],
        refused: CommandError,
    ) -> CommandError {
        let CommandError::Rejected { reason: "ROOM_LACKS_EQUIPMENT", details, .. } = &refused else {
            return refused;
        };
        let detail = |name| details.iter().find(|(known, _)| *known == name).map(|(_, value)| value.clone());
        let (Some(room), Some(missing)) = (detail("room_code"), detail("missing")) else { return refused };
        match self.room_instead(context, sessions, &room, &missing).await {
            Ok(Some(rejection)) => CommandError::rejected::<Room>(rejection),
            // Nobody is refused for another reason because the rooms cannot be listed.
            Ok(None) | Err(_) => refused,
        }
    }

    async fn room_instead(
        &self,
        context: &CommandContext,
        sessions: &[Uuid],
        room: &str,
        missing: &str,
    ) -> Result<Option<Rejection>, Status> {
        let Ok(room) = Code::parse(room) else { return Ok(None) };
        let known = self.kit.load::<Room>(Room::id(&room)).await?;
        let Some(profile) = known.profile() else { return Ok(None) };
        for session in sessions {
            let state = self.kit.load::<Session>(*session).await?;
            let outline = state.filed().map(|filed| &filed.outline);
            let Some(outline) = outline.filter(|outline| profile.missing(&outline.equipment) == missing)
            else {
                continue;
            };
            let wanted = pb::ListRoomsRequest {
                page_size: NAMED_MAX,
                seats_min: Some(outline.people()),
                equipment: outline.equipment.to_wire(),
                ..Default::default()
            };
            let scope = self.kit.scope_of(&context.actor).await?;
            let committed = *self.kit.journal().committed().borrow();
            let (page, _) = self.view.query(scope, committed, views::rooms(&wanted)?).await?;
            let equipped: Vec<Code> =
                page.rows.iter().filter_map(|room| Code::parse(&room.code).ok()).collect();
            return Ok(Some(Rejection::lacks(room, missing.to_owned(), &equipped)));
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
