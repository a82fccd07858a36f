//! Several copies of the service delivery: one of them sends, and another takes over when it ends.

use crate::delivery::{REQUESTED, founded_with, received, request_session, subscribe};
use anyhow::ensure;
use domain::Role;
use std::collections::BTreeMap;
use tests::{Mode, Receiver, Sandbox};

/// How often each event was received, by its id.
fn times(receiver: &Receiver) -> anyhow::Result<BTreeMap<String, usize>> {
    let mut times = BTreeMap::new();
    for one in receiver.received()? {
        *times.entry(one["id"].to_string()).or_default() += 1;
    }
    Ok(times)
}

/// Has something happen that comes after everything before it, and waits until it was received.
async fn received_a_session(sandbox: &Sandbox, receiver: &Receiver, title: &str) -> anyhow::Result<()> {
    let session = request_session(sandbox, title).await?;
    received(receiver, REQUESTED, Some(&session)).await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_copies_one_sends_and_the_other_takes_over() -> anyhow::Result<()> {
    let keys = tempfile::tempdir()?;
    let settings = vec![
        ("HUISHANG_DELIVERY__PRIVATE_NETWORKS", "127.0.0.0/8".to_owned()),
        ("HUISHANG_DELIVERY__ALLOW_HTTP", "true".to_owned()),
        // Receivers know the secrets that follow from one key.
        ("HUISHANG_DELIVERY__KEY", keys.path().join("delivery-key.pem").display().to_string()),
    ];
    let mut sandbox = founded_with(Mode::Distributed, settings).await?;
    let receiver = Receiver::start()?;
    let supervisor = sandbox.client(Role::Supervisor, None).await?;
    subscribe(&supervisor, &receiver).await?;
    received_a_session(&sandbox, &receiver, "The drain").await?;

    // A second copy sends nothing, as long as the first one lives.
    sandbox.start_process("delivery-2")?;
    for title in ["The dam", "The weir"] {
        received_a_session(&sandbox, &receiver, title).await?;
    }
    let once = times(&receiver)?;
    ensure!(once.values().all(|times| *times == 1), "{once:?}");

    // When the first one is killed, the second goes on: nothing is missing, and what comes twice has the id that it had.
    sandbox.process("delivery").kill()?;
    received_a_session(&sandbox, &receiver, "The lock").await?;
    sandbox.process("delivery-2").wait_for_log("this copy delivers now");
    ensure!(receiver.refused()?.is_empty(), "{:?}", receiver.refused()?);
    let mut bodies = BTreeMap::new();
    for one in receiver.received()? {
        let body = bodies.entry(one["id"].to_string()).or_insert_with(|| one["body"].clone());
        ensure!(*body == one["body"], "{one}");
    }

    // The first one comes back, and does not send what the other one sends.
    sandbox.start_process("delivery")?;
    let before = times(&receiver)?;
    received_a_session(&sandbox, &receiver, "The sluice").await?;
    let mut after = times(&receiver)?;
    after.retain(|id, _| !before.contains_key(id));
    ensure!(after.len() >= 2 && after.values().all(|times| *times == 1), "{after:?}");

    // One that is stopped gives the work back at once.
    sandbox.process("delivery-2").terminate()?;
    received_a_session(&sandbox, &receiver, "The gate").await?;
    sandbox.process("delivery").wait_for_log("this copy delivers now");
    Ok(())
}
