//! What happens automatically: decisions are registered, and ended resolutions end their items.

use crate::numbering;
use domain::deliberation::docket::{self, Docket};
use domain::process::register_resolution;
use domain::process::rescind_items;
use domain::resolution::action_item::ActionItem;
use domain::resolution::register::Register;
use domain::resolution::resolution::{Event, Resolution};
use service_kit::process::{EventContext, Processes};
use service_kit::{CommandError, Kit, Position};
use tokio::sync::watch;

/// Runs both process managers until the kit stops; returns their progress. What is registered is assigned before
/// its end is looked at.
pub(crate) fn run(kit: &Kit) -> Vec<watch::Receiver<Position>> {
    let mut processes = Processes::new(kit);
    processes.run::<Docket, _>(
        register_resolution::NAME,
        |event| matches!(event, docket::Event::DecisionAdopted { .. }),
        |kit, context| Box::pin(register(kit, context)),
    );
    processes.run::<Resolution, _>(
        rescind_items::NAME,
        |event| matches!(event, Event::Rescinded { .. } | Event::Superseded { .. }),
        |kit, context| {
            Box::pin(async move {
                let commands = rescind_items::react(context.id, context.state, context.event);
                context.issue::<ActionItem>(kit, 0, commands).await
            })
        },
    );
    processes.progress()
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
