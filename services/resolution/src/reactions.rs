//! What happens automatically: decisions are registered, and ended resolutions end their items.

use domain::deliberation::docket::{self, Docket};
use domain::process::register_resolution::{self, Registering};
use domain::process::rescind_items;
use domain::resolution::action_item::ActionItem;
use domain::resolution::register::{self, Register};
use domain::resolution::resolution::{Event, Resolution};
use domain::{Actor, Aggregate as _, Issued, Line};
use service_kit::process::{EventContext, Processes};
use service_kit::{CommandError, Kit, Position, UnitOfWork};
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
    let registers = kit.commit::<Register, _>(&command, registering.register, |unit| {
        let registering = decision.clone();
        Box::pin(async move { number_and_register(unit, &registering).await })
    });
    let numbered = registers.await?;
    let registered = registering.with_number(&number(numbered.state(), &registering)?);
    context.issue::<ActionItem>(kit, 1, registered.items).await
}

async fn number_and_register(unit: &mut UnitOfWork, registering: &Registering) -> Result<(), CommandError> {
    unit.decide::<Register>(registering.register, registering.issue()).await?;
    // Loaded after the decision: if the register has issued another number meanwhile, the commit fails on the
    // register's stream and is decided again, with the number that is next then.
    let register = unit.load::<Register>(registering.register).await?;
    let (id, command) = registering.with_number(&number(&register, registering)?).resolution;
    unit.decide::<Resolution>(id, command).await
}

/// The number that the register has issued to the resolution, or would issue to it next.
fn number(register: &register::State, registering: &Registering) -> Result<Line, CommandError> {
    if let Some(number) = register.number_of(registering.resolution) {
        return Ok(number.clone());
    }
    // A number depends on the register alone, neither on the caller nor on the moment.
    let issued = Issued { at: domain::Timestamp::UNIX_EPOCH, by: Actor::process(register_resolution::NAME) };
    let events = Register::decide(register, registering.issue(), &issued)
        .map_err(CommandError::rejected::<Register>)?;
    let register = Register::fold(register.clone(), &events);
    register
        .number_of(registering.resolution)
        .cloned()
        .ok_or_else(|| CommandError::InvariantViolated("a register issued no number".into()))
}
