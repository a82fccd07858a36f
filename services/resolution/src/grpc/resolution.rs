//! Putting decisions on record that were adopted elsewhere.

use super::{Reply, Service};
use crate::numbering;
use crate::render;
use domain::calendar::WorkingCalendar;
use domain::directory::department::{self, Department};
use domain::process::change_resolutions::check;
use domain::resolution::action_item::ActionItem;
use domain::resolution::adopted_elsewhere::AdoptedElsewhere;
use domain::resolution::resolution::{Origin, Rejection, Resolution, refusal};
use domain::{Aggregate as _, Code, Uuid};
use proto::resolution::v1 as pb;
use proto::{Invalid, read_fields};
use service_kit::{CommandError, Executed, UnitOfWork};
use std::collections::BTreeSet;
use tonic::{Request, Response};

pub(super) async fn record(
    service: &Service,
    request: Request<pb::RecordResolutionRequest>,
) -> Reply<pb::RecordResolutionResponse> {
    let (context, request) = service.kit.receive(request)?;
    let adopted = read_fields!(
        request => AdoptedElsewhere { body_code: body, title, text, decided_on, source, items, changes }
    )?;
    let id = context.new_id(Resolution::CATEGORY);
    let calendar = service.calendar().await?;
    let decided = service.kit.commit::<Resolution, _>(&context, id, move |unit| {
        let (adopted, calendar) = (adopted.clone(), calendar.clone());
        Box::pin(async move { put_on_record(unit, id, adopted, &calendar).await })
    });
    let done = decided.await?;
    Ok(Response::new(pb::RecordResolutionResponse { position: done.position, resolution: shown(id, &done) }))
}

/// Registers the decision and assigns its items, provided that every department is in the directory.
async fn put_on_record(
    unit: &mut UnitOfWork,
    id: Uuid,
    adopted: AdoptedElsewhere,
    calendar: &WorkingCalendar,
) -> Result<(), CommandError> {
    let departments: BTreeSet<Code> = adopted.departments().cloned().collect();
    may_change(unit, &adopted).await?;
    let registering =
        adopted.record(id, calendar, unit.issued()).map_err(CommandError::rejected::<Resolution>)?;
    for (item, command) in numbering::register(unit, &registering).await?.items {
        unit.decide::<ActionItem>(item, command).await?;
    }
    // At the end: whoever brings departments and decisions at once asks first what the rules say of the decisions.
    for code in departments {
        if unit.load::<Department>(Department::id(&code)).await? == department::State::Absent {
            let fault = format!("name department {code}, which is not in the directory");
            return Err(Invalid::field("items", fault).into());
        }
    }
    Ok(())
}

/// Refuses what is no resolution of the body, has ended, or was voted on here.
async fn may_change(unit: &mut UnitOfWork, adopted: &AdoptedElsewhere) -> Result<(), CommandError> {
    for change in &adopted.changes {
        let state = unit.load::<Resolution>(change.resolution).await?;
        check(&adopted.body, change, &state)
            .map_err(|unfit| CommandError::rejected::<Resolution>(refusal(unfit, &adopted.body)))?;
        if let Some(registration) = state.registered().map(|registered| &registered.registration)
            && matches!(registration.origin, Origin::Session { .. })
        {
            let number = registration.number.clone();
            return Err(CommandError::rejected::<Resolution>(Rejection::DecidedHere { number }));
        }
    }
    Ok(())
}

fn shown(id: Uuid, done: &Executed<Resolution>) -> Option<pb::Resolution> {
    done.state().registered().map(|registered| render::resolution(id, registered))
}
