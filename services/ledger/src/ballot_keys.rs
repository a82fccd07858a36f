//! Destroying the keys of secret ballots, and of choices, that have ended: what was not opened for the count is never opened.

use domain::deliberation::docket::{Docket, Event};
use domain::ledger::erasure::{self, Erasures};
use domain::process::end_secret_ballot::{NAME, ended_by, react};
use service_kit::events::decode;
use service_kit::personal::KeyError;
use service_kit::process::{EventContext, Processes};
use service_kit::{CommandError, Kit};

/// Destroys the key of each secret ballot and choice that has ended, those of earlier processes first, until the kit stops.
pub(crate) fn start(kit: &Kit) {
    let ends = |event: &Event| ended_by(event).is_some();
    Processes::new(kit).run::<Docket, _>(NAME, ends, |kit, context| Box::pin(destroy(kit, context)));
}

/// Gives the key up on record, from which on nobody uses it, and destroys what the record names. Each step can be taken
/// again.
async fn destroy(kit: &Kit, context: EventContext<'_, Docket>) -> Result<(), CommandError> {
    let Some(ended) = ended_by(context.event) else { return Ok(()) };
    let failed = |error: KeyError| CommandError::Unavailable(error.to_string());
    let keys = kit.journal().keys();
    let ids = keys.ids_of_secret(&ended.key_name(context.id)).await.map_err(failed)?;
    let commands = react(context.id, context.event, ids.into_iter().collect());
    context.issue::<Erasures>(kit, 0, commands).await?;
    for record in crate::erasure::records(kit).await? {
        for event in decode::<Erasures>(&record)? {
            let erasure::Event::BallotKeyGivenUp { docket_id, ballot_number, topic_number, key_ids } = event
            else {
                continue;
            };
            if (docket_id, (ballot_number, topic_number)) != (context.id, ended.numbers()) {
                continue;
            }
            for id in key_ids {
                keys.destroy(id).await.map_err(failed)?;
            }
        }
    }
    Ok(())
}
