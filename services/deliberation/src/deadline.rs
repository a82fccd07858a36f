//! The timer of countersigns: when a deadline has passed, the ballots still open are counted.

use crate::view;
use domain::aggregate::derived_id;
use domain::deliberation::docket::{Command, Docket};
use domain::{Actor, Timestamp, Uuid};
use service_kit::{Kit, Order, ViewStore};
use std::time::Duration;
use tonic::Status;

/// The timer's name in the record.
const NAME: &str = "count_countersigns";
/// Time between two looks at the view, at least; deadlines are days away and may be met a moment late.
const PAUSE: Duration = Duration::from_millis(100);

/// Watches the deadlines of open ballots until the kit stops. The deadlines are in the log, so a restart
/// forgets none, and a count made twice has one effect.
pub(crate) fn watch(kit: Kit, view: ViewStore) {
    let stop = kit.stop().clone();
    tokio::spawn(async move {
        tokio::select! {
            () = stop.cancelled() => {}
            () = follow(&kit, &view) => {}
        }
    });
}

async fn follow(kit: &Kit, view: &ViewStore) {
    let mut moved = view.position();
    loop {
        // Marked as seen before the question, so that no news between the two is missed.
        moved.borrow_and_update();
        match view.query(0, view::next_deadline).await {
            Ok((Some((docket, deadline)), _)) => {
                tokio::select! {
                    () = kit.clock().wait_until(deadline) => {
                        if let Err(error) = count(kit, view, docket, deadline).await {
                            tracing::warn!(%docket, %error, "the ballots of a countersign wait to be counted");
                        }
                    }
                    _ = moved.changed() => {}
                }
            }
            Ok((None, _)) => {
                if moved.changed().await.is_err() {
                    return;
                }
            }
            Err(error) => tracing::warn!(%error, "the deadlines of countersigns are not known"),
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// Counts, and waits until the view knows it.
async fn count(kit: &Kit, view: &ViewStore, docket: Uuid, deadline: Timestamp) -> Result<(), Status> {
    let order = order(docket, deadline);
    let position = kit.execute::<Docket>(&order, docket, Command::NoteTheHour).await?;
    view.query(position, |_| Ok(())).await.map(drop)
}

/// After a deadline no ballot can be opened, so each deadline is noted once.
fn order(docket: Uuid, deadline: Timestamp) -> Order {
    let command_id = derived_id(docket, &[NAME, &deadline.to_string()]);
    Order {
        command_id,
        digest: [0; 32],
        actor: Actor::process(NAME),
        causation_id: None,
        correlation_id: command_id,
        traceparent: None,
    }
}
