//! What happens without being asked: decisions are registered, and ended resolutions end their items.

use domain::deliberation::docket::{self, Docket};
use domain::process::register_resolution::{self, Registering};
use domain::process::rescind_items;
use domain::resolution::action_item::ActionItem;
use domain::resolution::register::{self, Register};
use domain::resolution::resolution::{Event, Resolution};
use domain::{Actor, Aggregate as _, Issued, Line};
use service_kit::process::Happening;
use service_kit::{CommandError, Kit, Unit, process};

/// Runs both process managers until the kit stops.
pub(crate) fn run(kit: &Kit) {
    process::run::<Docket, _>(
        kit.clone(),
        register_resolution::NAME,
        |event| matches!(event, docket::Event::DecisionAdopted { .. }),
        |kit, happening| Box::pin(register(kit, happening)),
    );
    process::run::<Resolution, _>(
        kit.clone(),
        rescind_items::NAME,
        |event| matches!(event, Event::Rescinded { .. } | Event::Superseded { .. }),
        |kit, happening| {
            Box::pin(async move {
                let asked = rescind_items::react(happening.id, happening.state, happening.event);
                happening.issue::<ActionItem>(kit, asked).await
            })
        },
    );
}

/// The number is given and used in one commit, so that no number is without its resolution; the items
/// follow, each under its own command id.
async fn register(kit: &Kit, happening: Happening<'_, Docket>) -> Result<(), CommandError> {
    let Some(registering) = register_resolution::react(happening.id, happening.state, happening.event) else {
        return Ok(());
    };
    let (order, decision) = (happening.order(0), &registering);
    let registers = kit.commit(&order, |unit| {
        let registering = decision.clone();
        Box::pin(async move { number_and_register(unit, &registering).await })
    });
    registers.await?;
    let book = kit.load::<Register>(registering.register).await?;
    let registered = registering.with_number(&number(&book, &registering)?);
    for (nth, (id, command)) in (1..).zip(registered.items) {
        kit.execute::<ActionItem>(&happening.order(nth), id, command).await?;
    }
    Ok(())
}

async fn number_and_register(unit: &mut Unit, registering: &Registering) -> Result<(), CommandError> {
    unit.decide::<Register>(registering.register, registering.issue()).await?;
    // Loaded after the decision: if the book has gone on in between, the commit fails on the book's stream
    // and is decided anew, with the number that is next then.
    let book = unit.load::<Register>(registering.register).await?;
    let (id, command) = registering.with_number(&number(&book, registering)?).resolution;
    unit.decide::<Resolution>(id, command).await
}

/// The number that the resolution has in the book, or gets as the next one.
fn number(book: &register::State, registering: &Registering) -> Result<Line, CommandError> {
    if let Some(number) = book.number_of(registering.resolution) {
        return Ok(number.clone());
    }
    // A number depends on the book alone, neither on who asks nor on when.
    let issued = Issued { at: domain::Timestamp::UNIX_EPOCH, by: Actor::process(register_resolution::NAME) };
    let events = Register::decide(book, registering.issue(), &issued).map_err(CommandError::rejected)?;
    let book = Register::fold(book.clone(), &events);
    book.number_of(registering.resolution)
        .cloned()
        .ok_or_else(|| CommandError::Broken("a register gave no number".into()))
}
