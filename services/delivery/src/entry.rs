//! What an entry of calendars and digests is now, for whoever is to see it.

use crate::views::calendar::{Entry, Kind};
use domain::resolution::action_item::{ActionItem, Item};
use domain::resolution::register::body_of;
use domain::scheduling::session::{Filed, Session};
use domain::{Aggregate as _, Audience, Code, Uuid};
use service_kit::{CommandError, Kit, Scope};

/// What an entry is.
pub(crate) enum What {
    Session(Box<Filed>),
    Item(Box<Item>),
}

/// Which entries somebody wants, of all that they may see.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Only<'a> {
    /// Those that this department takes part in.
    pub(crate) department: Option<&'a Code>,
    /// Those of this body.
    pub(crate) body: Option<&'a Code>,
}

/// What an entry is now; none if it is not for them.
pub(crate) async fn look(
    kit: &Kit,
    scope: &Scope,
    only: Only<'_>,
    entry: &Entry,
) -> Result<Option<What>, CommandError> {
    match entry.kind {
        Kind::Session => {
            Ok(look_at_session(kit, scope, only, entry.id).await?.map(Box::new).map(What::Session))
        }
        Kind::Item => {
            let state = kit.show::<ActionItem>(scope, entry.id).await?;
            let item = state.item().filter(|_| only.has_department(&ActionItem::audience(&state)));
            let item = item.filter(|item| only.has_body(body_of(&item.assignment.number).as_ref()));
            Ok(item.map(|item| What::Item(Box::new(item.clone()))))
        }
    }
}

/// A session as it is now; none if it is not for them.
pub(crate) async fn look_at_session(
    kit: &Kit,
    scope: &Scope,
    only: Only<'_>,
    id: Uuid,
) -> Result<Option<Filed>, CommandError> {
    let state = kit.show::<Session>(scope, id).await?;
    let filed = state.filed().filter(|_| only.has_department(&Session::audience(&state)));
    let filed = filed.filter(|filed| only.has_body(Some(&filed.outline.body)));
    Ok(filed.map(|filed| filed.seen_by(|audience| scope.covers(audience))))
}

impl Only<'_> {
    fn has_department(&self, audience: &Audience<'_>) -> bool {
        let takes_part = |code: &Code| match audience {
            Audience::Everybody => true,
            Audience::Concerned { departments, .. } => departments.contains(&code),
        };
        self.department.is_none_or(takes_part)
    }

    fn has_body(&self, body: Option<&Code>) -> bool {
        self.body.is_none() || self.body == body
    }
}
