//! What happens automatically: decisions are registered, ended resolutions end their items, and items that are over are
//! waited for no longer.

use crate::numbering;
use domain::calendar::WorkingCalendar;
use domain::deliberation::docket::{self, Docket};
use domain::directory::calendar::Calendar;
use domain::process::{change_resolutions, register_resolution, release_dependants, rescind_items};
use domain::resolution::action_item::{self, ActionItem};
use domain::resolution::dependencies::{self, Dependencies};
use domain::resolution::register::Register;
use domain::resolution::resolution::{Event, Resolution};
use service_kit::process::{EventContext, Processes};
use service_kit::{CommandError, Kit, Position};
use std::sync::Arc;
use tokio::sync::watch;

/// Runs the process managers until the kit stops; returns their progress. What is registered is assigned before
/// its end is looked at.
pub(crate) fn run(kit: &Kit, default_calendar: &Arc<WorkingCalendar>) -> Vec<watch::Receiver<Position>> {
    let mut processes = Processes::new(kit);
    processes.run::<Docket, _>(
        register_resolution::NAME,
        |event| matches!(event, docket::Event::DecisionAdopted { .. }),
        |kit, context| Box::pin(register(kit, context)),
    );
    processes.run::<Resolution, _>(
        change_resolutions::NAME,
        |event| matches!(event, Event::Registered { registration, .. } if !registration.changes.is_empty()),
        |kit, context| {
            Box::pin(async move {
                let commands = change_resolutions::react(context.id, context.event);
                context.issue::<Resolution>(kit, 0, commands).await
            })
        },
    );
    processes.run::<Resolution, _>(
        rescind_items::NAME,
        |event| matches!(event, Event::Changed { .. }),
        |kit, context| {
            Box::pin(async move {
                let commands = rescind_items::react(context.id, context.state, context.event);
                context.issue::<ActionItem>(kit, 0, commands).await
            })
        },
    );
    let default_calendar = default_calendar.clone();
    processes.run::<ActionItem, _>(
        release_dependants::NAME,
        |event| matches!(event, action_item::Event::Accepted { .. } | action_item::Event::Rescinded { .. }),
        move |kit, context| Box::pin(release(kit, context, default_calendar.clone())),
    );
    processes.progress()
}

/// What waited for an item that is over waits for it no longer; and it waits for nothing itself.
async fn release(
    kit: &Kit,
    context: EventContext<'_, ActionItem>,
    default_calendar: Arc<WorkingCalendar>,
) -> Result<(), CommandError> {
    let calendar = kit.load::<Calendar>(Calendar::realm_id()).await?.in_force(&default_calendar).clone();
    let commands = release_dependants::react(context.id, &calendar, context.state, context.event);
    let released = commands.len();
    context.issue::<ActionItem>(kit, 0, commands).await?;
    let known = kit.load::<Dependencies>(Dependencies::realm_id()).await?;
    if released == 0 && known.of(context.id).next().is_none() {
        return Ok(());
    }
    let forget = dependencies::Command::Forget { item: context.id };
    context.issue::<Dependencies>(kit, released, vec![(Dependencies::realm_id(), forget)]).await
}

/// The number is issued and used in one commit, so that no number is without its resolution; the items follow,
/// each under its own command id.
async fn register(kit: &Kit, context: EventContext<'_, Docket>) -> Result<(), CommandError> {
    let Some(registering) = register_resolution::react(context.id, context.state, context.event) else {
        return Ok(());
    };
    let (command, decision) = (context.command(0), &registering);
    let registers = kit.commit::<Register, _>(&command, registering.register(), |unit| {
        let registering = decision.clone();
        Box::pin(async move { numbering::register(unit, &registering).await.map(drop) })
    });
    let numbered = registers.await?;
    let numbered = registering.with_number(&numbering::number(numbered.state(), &registering)?);
    context.issue::<ActionItem>(kit, 1, numbered.items).await
}
