//! A view's file that the system refuses, as seen by an operator.

use anyhow::ensure;
use std::fs;
use tests::{Mode, Sandbox};

#[tokio::test(flavor = "multi_thread")]
async fn a_view_that_the_system_refuses_is_named_with_what_to_do() -> anyhow::Result<()> {
    let mut sandbox = Sandbox::start(Mode::Embedded)?;
    sandbox.process("up").terminate()?;
    let file = sandbox.data_of("directory").join("views/scheduling.sqlite");
    fs::remove_file(&file)?;
    fs::create_dir(&file)?;
    let Err(error) = sandbox.start_process("up") else { anyhow::bail!("it started") };
    let told = format!("{error:#}");
    ensure!(told.contains("scheduling.sqlite") && told.contains("check who owns them"), "{told}");
    Ok(())
}
