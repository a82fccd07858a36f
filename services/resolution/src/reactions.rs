//! What happens automatically: decisions are registered, and put below the item that they carry out, ended resolutions end
//! their items, rescinded items end those below them, and items that are over are waited for no longer.

use crate::numbering;
use domain::calendar::WorkingCalendar;
use domain::deliberation::docket::{self, Docket};
use domain::directory::calendar::Calendar;
use domain::process::{
    carry_out, change_resolutions, register_resolution, release_dependants, rescind_items, rescind_sub_items,
};
use domain::resolution::action_item::{self, ActionItem};
use domain::resolution::dependencies::{self, Dependencies};
use domain::resolution::register::Register;
use domain::resolution::resolution::{Event, Resolution};
use domain::scheduling::session::{self, Session};
use domain::{Line, Uuid};
use service_kit::process::{EventContext, Processes};
use service_kit::{CommandContext, CommandError, Kit, Position};
use std::sync::Arc;
use tokio::sync::watch;

/// Runs the process managers until the kit stops; returns their progress. What is registered is assigned before
/// its end is looked at.
pub(crate) fn run(kit: &Kit, default_calendar: &Arc<WorkingCalendar>) -> Vec<watch::Receiver<Position>> {
    let mut processes = Processes::new(kit);
    processes.run::<Docket, _>(
        register_resolution::NAME,
        |event| {
            use docket::Event::{DecisionAdopted, TopicRelabelled};
            matches!(event, DecisionAdopted { .. } | TopicRelabelled { .. })
        },
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
                let mut earlier = Vec::new();
                for id in rescind_items::earlier(context.state, context.event) {
                    earlier.push(kit.load::<Resolution>(id).await?);
                }
                let commands = rescind_items::react(context.id, context.state, &earlier, context.event);
                context.issue::<ActionItem>(kit, 0, commands).await
            })
        },
    );
    processes.run::<ActionItem, _>(
        rescind_sub_items::NAME,
        |event| matches!(event, action_item::Event::Rescinded { .. }),
        |kit, context| {
            Box::pin(async move {
                let commands = rescind_sub_items::react(context.state, context.event);
                context.issue::<ActionItem>(kit, 0, commands).await
            })
        },
    );
    processes.run::<Session, _>(
        carry_out::NAME,
        |event| matches!(event, session::Event::Requested { outline, .. } if outline.carries_out.is_some()),
        |kit, context| {
            Box::pin(async move {
                let commands = carry_out::react(context.id, context.event);
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
    let has_parent = context.state.item().is_some_and(|item| item.place.is_some());
    if released == 0 && !has_parent && known.of(context.id).next().is_none() {
        return Ok(());
    }
    let forget = dependencies::Command::Forget { item: context.id };
    context.issue::<Dependencies>(kit, released, vec![(Dependencies::realm_id(), forget)]).await
}

/// The number is issued and used in one commit, so that no number is without its resolution; the items follow,
/// each under its own command id.
async fn register(kit: &Kit, context: EventContext<'_, Docket>) -> Result<(), CommandError> {
    if let Some(relabelled) = register_resolution::relabel(context.id, context.state, context.event) {
        return context.issue::<Resolution>(kit, 0, vec![relabelled]).await;
    }
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
    let decided: Vec<(Uuid, Line)> = numbered.items.iter().filter_map(number_of).collect();
    let commands = decided.len();
    context.issue::<ActionItem>(kit, 1, numbered.items).await?;
    let session = kit.load::<Session>(context.id).await?;
    match carry_out::carried_out_by(&session) {
        Some(item) => place_below(kit, &context.command(1 + commands), item, &decided).await,
        None => Ok(()),
    }
}

fn number_of((id, command): &(Uuid, action_item::Command)) -> Option<(Uuid, Line)> {
    match command {
        action_item::Command::Assign { assignment } => Some((*id, assignment.number.clone())),
        _ => None,
    }
}

/// What a session decided is put below the item that it carries out, in one commit.
async fn place_below(
    kit: &Kit,
    command: &CommandContext,
    item: Uuid,
    decided: &[(Uuid, Line)],
) -> Result<(), CommandError> {
    let placed = kit.commit::<ActionItem, _>(command, item, |unit| {
        let decided = decided.to_vec();
        Box::pin(async move {
            let state = unit.load::<ActionItem>(item).await?;
            let commands =
                state.item().map(|found| carry_out::place(item, found, &decided)).unwrap_or_default();
            if commands.is_empty() {
                return Ok(());
            }
            for (id, command) in commands {
                unit.decide::<ActionItem>(id, command).await?;
            }
            let on = decided.into_iter().map(|(id, _)| id).collect();
            let before = dependencies::Command::AddAll { item, on };
            unit.decide::<Dependencies>(Dependencies::realm_id(), before).await
        })
    });
    placed.await.map(drop)
}
