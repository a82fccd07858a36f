//! A view's file that the system refuses, as seen by an operator.

use anyhow::{Context as _, ensure};
use domain::Role;
use proto::directory::v1::ListDepartmentsRequest;
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

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_view_is_rebuilt_with_one_warning() -> anyhow::Result<()> {
    let mut sandbox = Sandbox::start(Mode::Embedded)?;
    sandbox.client(Role::Clerk, None).await?.register_department("WATER").await?;
    sandbox.process("up").terminate()?;
    let file = sandbox.data_of("directory").join("views/directory.sqlite");
    fs::OpenOptions::new().write(true).open(&file)?.set_len(100)?;
    // When it is started
    sandbox.start_process("up")?;
    // Then it answers as before,
    let clerk = sandbox.client(Role::Clerk, None).await?;
    let query = ListDepartmentsRequest { at_least_position: 1, ..Default::default() };
    ensure!(clerk.call(query).await?.departments.len() == 1);
    // and says once what it found, where, and what was done.
    let log = sandbox.process("up").log();
    let warnings: Vec<_> = log.lines().filter(|line| line.contains(r#""level":"WARN""#)).collect();
    ensure!(warnings.len() == 1, "{warnings:#?}");
    ensure!(warnings[0].contains(file.to_str().context("a path")?), "{}", warnings[0]);
    ensure!(warnings[0].contains("was damaged; it is being rebuilt from the log"), "{}", warnings[0]);
    Ok(())
}
