//! Carrying out erasures. An erasure is three records: the request, that its key was destroyed, and that nothing in this
//! process holds any more what was sealed with it. Each step can be taken again, so a crash between two of them loses
//! nothing: what was not completed is taken up at the next start.

use domain::ledger::erasure::{Command, Erasure, Erasures, Event, Stage, State};
use domain::{Aggregate as _, Uuid, aggregate::derived_id};
use proto::Wire as _;
use proto::ledger::v1 as pb;
use service_kit::events::decode;
use service_kit::personal::KeyError;
use service_kit::{CommandContext, CommandError, Kit, Record, Scope};
use std::time::Duration;

/// What the log calls this process.
const NAME: &str = "erase";
/// Time after which a step that failed is tried again.
const PAUSE: Duration = Duration::from_secs(1);

/// Carries out every erasure that is not completed, those of earlier processes first, until the kit stops.
pub(crate) fn start(kit: &Kit) {
    let (stop, running) = (kit.stop().clone(), run(kit.clone()));
    kit.tasks().spawn(async move { stop.run_until_cancelled(running).await });
}

async fn run(kit: Kit) {
    let mut requests = kit.journal().keys().generations();
    loop {
        requests.mark_unchanged();
        match carry_out_all(&kit).await {
            Ok(()) => match requests.changed().await {
                Ok(()) => {}
                Err(_) => return,
            },
            Err(error) => {
                tracing::warn!(%error, "an erasure waits; trying again");
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}

/// Why a step failed.
#[derive(Debug, thiserror::Error)]
enum Failed {
    #[error("{0}")]
    Command(#[from] CommandError),
    #[error("{0}")]
    Keys(#[from] KeyError),
    #[error("the key {0} is still there")]
    StillThere(Uuid),
}

async fn carry_out_all(kit: &Kit) -> Result<(), Failed> {
    // Reading them is heeding them: none of these keys is used any more.
    records(kit).await?;
    // An earlier copy of the keys may have been put back.
    kit.journal().keys().destroy_here().await?;
    kit.journal().keys().keep_marking().await?;
    let state = kit.show::<Erasures>(&Scope::whole(), Erasures::realm_id()).await?;
    for erasure in state.all().iter().filter(|erasure| erasure.stage != Stage::Completed) {
        carry_out(kit, erasure).await?;
        tracing::info!(erasure_id = %erasure.erasure_id, "an erasure is complete");
    }
    Ok(())
}

async fn carry_out(kit: &Kit, erasure: &Erasure) -> Result<(), Failed> {
    let (erasure_id, keys) = (erasure.erasure_id, kit.journal().keys());
    for &key_id in &erasure.key_ids {
        keys.destroy(key_id).await?;
        if !keys.is_destroyed(key_id).await? {
            return Err(Failed::StillThere(key_id));
        }
    }
    note(kit, "key destroyed", Command::NoteKeyDestroyed { erasure_id }, erasure_id).await?;
    let positions = Positions::of(&records(kit).await?, erasure_id)?;
    kit.views_clean_of(positions.key_destroyed.unwrap_or_default()).await;
    note(kit, "completed", Command::Complete { erasure_id }, erasure_id).await
}

/// Issues a command whose id follows from the erasure, so that it has one effect.
async fn note(kit: &Kit, step: &str, command: Command, erasure_id: Uuid) -> Result<(), Failed> {
    let context = CommandContext::of_process(NAME, derived_id(erasure_id, &[step]));
    kit.execute::<Erasures>(&context, Erasures::realm_id(), command).await?;
    Ok(())
}

/// The records of all erasures. Whoever reads them heeds them.
pub(crate) async fn records(kit: &Kit) -> Result<Vec<Record>, CommandError> {
    Ok(kit.journal().read(&Erasures::stream(Erasures::realm_id()), 0).await?)
}

/// Where the records of an erasure are.
#[derive(Default)]
struct Positions {
    requested: u64,
    key_destroyed: Option<u64>,
    completed: Option<u64>,
}

impl Positions {
    fn of(records: &[Record], erasure: Uuid) -> Result<Positions, CommandError> {
        let mut found = Positions::default();
        for record in records {
            for event in decode::<Erasures>(record)? {
                match event {
                    Event::Requested { erasure_id, .. } if erasure_id == erasure => {
                        found.requested = record.position;
                    }
                    Event::KeyDestroyed { erasure_id } if erasure_id == erasure => {
                        found.key_destroyed = Some(record.position);
                    }
                    Event::Completed { erasure_id } if erasure_id == erasure => {
                        found.completed = Some(record.position);
                    }
                    _ => {}
                }
            }
        }
        Ok(found)
    }
}

/// An erasure, as clients see it; none if there is none with this id.
pub(crate) async fn render(
    kit: &Kit,
    state: &State,
    erasure_id: Uuid,
) -> Result<Option<pb::Erasure>, CommandError> {
    let Some(erasure) = state.find(erasure_id) else { return Ok(None) };
    let positions = Positions::of(&records(kit).await?, erasure_id)?;
    Ok(Some(pb::Erasure {
        erasure_id: erasure.erasure_id.to_string(),
        key_ids: erasure.key_ids.iter().map(Uuid::to_string).collect(),
        reason: erasure.reason.to_string(),
        authority: erasure.authority.to_string(),
        stage: erasure.stage.to_wire(),
        requested_position: positions.requested,
        key_destroyed_position: positions.key_destroyed,
        completed_position: positions.completed,
    }))
}

#[cfg(test)]
mod tests;
