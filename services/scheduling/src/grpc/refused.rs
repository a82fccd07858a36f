//! A refusal as its reader is told it: with what would help, and without what they may not see.

use super::Service;
use domain::scheduling::session::Session;
use domain::{Label, Uuid};
use service_kit::{CommandContext, CommandError};

impl Service {
    /// A refusal of a command on these sessions. When a room lacks what one of them needs, with the rooms that have it; and when
    /// another session stands in the way that the caller may not see, without saying which.
    pub(super) async fn told(
        &self,
        context: &CommandContext,
        sessions: &[Uuid],
        refused: CommandError,
    ) -> CommandError {
        let mut refused = self.naming_rooms(context, sessions, refused).await;
        let CommandError::Rejected { message, details, .. } = &mut refused else { return refused };
        let named = details.iter_mut().find(|(name, _)| *name == "session_id").map(|(_, value)| value);
        let Some((named, other)) = named.and_then(|value| Some((Uuid::parse_str(value).ok()?, value))) else {
            return refused;
        };
        if !self.is_seen(context, named).await {
            *message = message.replace(other.as_str(), Label::HIDDEN);
            Label::HIDDEN.clone_into(other);
        }
        refused
    }

    /// Whether the caller sees a session; what cannot be found out they do not.
    async fn is_seen(&self, context: &CommandContext, session: Uuid) -> bool {
        let Ok(scope) = self.kit.scope_of(&context.actor).await else { return false };
        self.kit.show::<Session>(&scope, session).await.is_ok_and(|state| state.filed().is_some())
    }
}
