//! Issues a decision's number and registers it under that number, in one unit of work.

use domain::resolution::register::{self, Register};
use domain::resolution::registering::{Numbered, Registering};
use domain::resolution::resolution::Resolution;
use domain::{Actor, Aggregate as _, Issued, Line, Timestamp};
use service_kit::{CommandError, UnitOfWork};

/// Decides both; returns what is to be done under the number.
pub(crate) async fn register(
    unit: &mut UnitOfWork,
    registering: &Registering,
) -> Result<Numbered, CommandError> {
    unit.decide::<Register>(registering.register(), registering.issue()).await?;
    // Loaded after the decision: if the register has issued another number meanwhile, the commit fails on the
    // register's stream and is decided again, with the number that is next then.
    let register = unit.load::<Register>(registering.register()).await?;
    let numbered = registering.with_number(&number(&register, registering)?);
    let (id, command) = numbered.resolution.clone();
    unit.decide::<Resolution>(id, command).await?;
    Ok(numbered)
}

/// The number that the register has issued to the resolution, or would issue to it next.
pub(crate) fn number(register: &register::State, registering: &Registering) -> Result<Line, CommandError> {
    if let Some(number) = register.number_of(registering.resolution) {
        return Ok(number.clone());
    }
    // A number depends on the register alone, neither on the caller nor on the moment.
    let issued = Issued { at: Timestamp::UNIX_EPOCH, by: Actor::process("numbering") };
    let events = Register::decide(register, registering.issue(), &issued)
        .map_err(CommandError::rejected::<Register>)?;
    let register = Register::fold(register.clone(), &events);
    register
        .number_of(registering.resolution)
        .cloned()
        .ok_or_else(|| CommandError::InvariantViolated("a register issued no number".into()))
}
