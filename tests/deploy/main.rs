//! What is under `deploy/` fits this build: manifests are checked against its settings, and an installation runs with the
//! brokers' configuration, certificates and keys as they are deployed. What needs containers, `tests/deploy/run` runs.

use anyhow::{Context as _, ensure};
use std::process::Command;
use tests::{huishang, nats_server, root};

#[test]
fn what_is_deployed_fits_this_build() -> anyhow::Result<()> {
    let script = root().join("tests/deploy/run");
    let mut checks = Command::new(&script);
    checks.arg("--checks").env("HUISHANG", huishang()).env("TEST_NATS_SERVER", nats_server());
    let output = checks.output().with_context(|| format!("{} cannot be run", script.display()))?;
    let printed = String::from_utf8_lossy(&output.stdout);
    // What was not run is said in any case.
    eprint!("{printed}");
    ensure!(output.status.success(), "{printed}\n{}", String::from_utf8_lossy(&output.stderr));
    Ok(())
}
