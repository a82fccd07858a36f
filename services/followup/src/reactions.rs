//! What happens automatically: follow-ups learn what becomes of their items, and are planned again when the ladder of
//! their body or the calendar changes.

use crate::views;
use domain::calendar::WorkingCalendar;
use domain::directory::calendar::{self, Calendar};
use domain::followup::follow_up::{Command, FollowUp};
use domain::followup::ladder_policy::{self, LadderPolicy};
use domain::process::plan_followup::{self, Surroundings};
use domain::resolution::action_item::{ActionItem, Event};
use domain::resolution::resolution::Resolution;
use domain::{Code, Timestamp, Uuid};
use proto::record::EventCodec;
use service_kit::process::{EventContext, Processes};
use service_kit::{CommandError, Kit, Position, Scope, ViewStore};
use std::sync::Arc;
use tokio::sync::watch;

/// The names of the process managers that plan again.
const PLAN_BY_LADDER: &str = "plan_by_ladder";
const PLAN_BY_CALENDAR: &str = "plan_by_calendar";
/// Follow-ups that are planned again at once.
const BATCH_FOLLOW_UPS: u32 = 256;

/// Where the view is found once it is there.
type ViewSlot = watch::Receiver<Option<ViewStore>>;

/// Runs the process managers until the kit stops; returns their progress, that of the one that plans first.
pub(crate) fn run(
    kit: &Kit,
    default_calendar: &Arc<WorkingCalendar>,
    view: &ViewSlot,
) -> Vec<watch::Receiver<Position>> {
    let mut processes = Processes::new(kit);
    let default = default_calendar.clone();
    processes.run::<ActionItem, _>(plan_followup::NAME, wanted, move |kit, context| {
        let default = default.clone();
        Box::pin(async move {
            let Some(item) = context.state.item() else { return Ok(()) };
            let resolution = kit.load::<Resolution>(item.assignment.resolution).await?;
            let body = resolution.registered().map(|registered| registered.registration.body.clone());
            let around = surroundings(kit, &default, body, context.at()).await?;
            let commands = plan_followup::react(context.id, &around, context.state, context.event);
            context.issue::<FollowUp>(kit, 0, commands).await
        })
    });
    let (default, slot) = (default_calendar.clone(), view.clone());
    let of_body = |_: &ladder_policy::Event| true;
    processes.run::<LadderPolicy, _>(PLAN_BY_LADDER, of_body, move |kit, context| {
        let (default, slot) = (default.clone(), slot.clone());
        let ladder_policy::Event::Defined { body, .. } = context.event;
        Box::pin(plan_again(kit, context, default, slot, Some(body)))
    });
    let (default, slot) = (default_calendar.clone(), view.clone());
    processes.run::<Calendar, _>(
        PLAN_BY_CALENDAR,
        |_: &calendar::Event| true,
        move |kit, context| {
            let (default, slot) = (default.clone(), slot.clone());
            Box::pin(plan_again(kit, context, default, slot, None))
        },
    );
    processes.progress()
}

async fn surroundings(
    kit: &Kit,
    default_calendar: &WorkingCalendar,
    body: Option<Code>,
    at: Timestamp,
) -> Result<Surroundings, CommandError> {
    let calendar = kit.load::<Calendar>(Calendar::realm_id()).await?.in_force(default_calendar).clone();
    let ladder = match &body {
        Some(body) => kit.load::<LadderPolicy>(LadderPolicy::id(body)).await?.ladder(),
        None => ladder_policy::State::default().ladder(),
    };
    Ok(Surroundings { calendar, body, ladder, at })
}

/// Plans the open follow-ups again, of one body or with none of all. Those that are planned from now on are so by what
/// counts now, so it is enough to look at those that the view has once it has reached what is committed now.
async fn plan_again<A: EventCodec>(
    kit: &Kit,
    context: EventContext<'_, A>,
    default_calendar: Arc<WorkingCalendar>,
    mut view: ViewSlot,
    body: Option<&Code>,
) -> Result<(), CommandError> {
    let gone = |_| CommandError::Unavailable("the view of follow-up has ended".to_owned());
    let view = view.wait_for(Option::is_some).await.map_err(gone)?.clone();
    let view = view.ok_or_else(|| CommandError::Unavailable("there is no view of follow-up".to_owned()))?;
    let committed = *kit.journal().committed().borrow();
    view.position().wait_for(|&position| position >= committed).await.map_err(gone)?;
    let (mut after, mut planned) = (0, 0);
    loop {
        let named = body.cloned();
        let query = move |tables: service_kit::ScopedTables<'_>| {
            views::open_follow_ups(tables, named.as_ref(), after, BATCH_FOLLOW_UPS)
        };
        let (batch, _) = view
            .query(Scope::whole(), 0, query)
            .await
            .map_err(|status| CommandError::Unavailable(status.message().to_owned()))?;
        let Some(&(last, _)) = batch.last() else { return Ok(()) };
        let mut commands = Vec::new();
        for &(_, id) in &batch {
            commands.push((id, plan_again_command(kit, &default_calendar, id).await?));
        }
        context.issue::<FollowUp>(kit, planned, commands).await?;
        (after, planned) = (last, planned + batch.len());
    }
}

async fn plan_again_command(
    kit: &Kit,
    default_calendar: &WorkingCalendar,
    id: Uuid,
) -> Result<Command, CommandError> {
    let state = kit.load::<FollowUp>(id).await?;
    let body = state.followed_item().and_then(|item| item.subject.body.clone());
    let Surroundings { calendar, ladder, .. } =
        surroundings(kit, default_calendar, body, kit.clock().now()).await?;
    Ok(Command::Reproject { ladder, calendar })
}

/// Whether an event of an item changes what its follow-up knows.
fn wanted(event: &Event) -> bool {
    !matches!(
        event,
        Event::PartAcknowledged { .. }
            | Event::HelpAcknowledged { .. }
            | Event::HelpGiven { .. }
            | Event::ExtensionRequested { .. }
            | Event::ExtensionRefused { .. }
            | Event::PartAccepted { .. }
            | Event::PartReturned { .. }
            | Event::DependantNoted { .. }
            | Event::PlacedBelow { .. }
            | Event::SubItemNoted { .. }
            | Event::SessionNoted { .. }
            | Event::EvidenceKept { .. }
            | Event::PutDown { .. }
    )
}
