//! The command line: tables for people, JSON for programs, and exit codes that mean something.

use anyhow::ensure;
use std::process::Output;
use tests::{Mode, Sandbox};

fn code(output: &Output) -> i32 {
    output.status.code().unwrap_or(-1)
}

fn error(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

const OFFICE: [&str; 10] = [
    "department",
    "register",
    "--code",
    "OFFICE",
    "--name",
    "The office",
    "--level",
    "municipal",
    "--kind",
    "agency",
];

#[tokio::test(flavor = "multi_thread")]
async fn commands_write_and_read() -> anyhow::Result<()> {
    let sandbox = Sandbox::start(Mode::Embedded)?;
    let registered = sandbox.run("clerk", &OFFICE)?;
    ensure!(code(&registered) == 0, "{}", error(&registered));

    let table = String::from_utf8(
        sandbox.run("auditor", &["department", "list", "--at-least-position", "1"])?.stdout,
    )?;
    ensure!(table.contains("OFFICE") && table.contains("The office"), "{table}");
    let json = sandbox.run("auditor", &["department", "list", "--json"])?.stdout;
    let json: serde_json::Value = serde_json::from_slice(&json)?;
    ensure!(json["departments"][0]["code"] == "OFFICE", "{json}");

    let log = String::from_utf8(sandbox.run("auditor", &["log", "tail", "--json"])?.stdout)?;
    ensure!(log.contains("DepartmentRegistered"), "{log}");
    let verified = sandbox.run("auditor", &["log", "verify"])?;
    ensure!(code(&verified) == 0, "{}", error(&verified));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn exit_codes_tell_what_went_wrong() -> anyhow::Result<()> {
    let sandbox = Sandbox::start(Mode::Embedded)?;
    let no_session = "00000000-0000-0000-0000-000000000000";

    let missing = sandbox.run("auditor", &["session", "show", no_session])?;
    ensure!(code(&missing) == 3, "{}", error(&missing));
    let denied = sandbox.run("auditor", &OFFICE)?;
    ensure!(code(&denied) == 5, "{}", error(&denied));
    let own_parent: Vec<&str> = OFFICE.iter().chain(&["--parent", "OFFICE"]).copied().collect();
    let refused = sandbox.run("clerk", &own_parent)?;
    ensure!(code(&refused) == 4 && error(&refused).contains("OWN_PARENT"), "{}", error(&refused));
    let mut bad_code = OFFICE;
    bad_code[3] = "no code";
    let invalid = sandbox.run("clerk", &bad_code)?;
    ensure!(code(&invalid) == 2 && error(&invalid).contains("--code"), "{}", error(&invalid));
    let unknown = sandbox.run("clerk", &["departement", "list"])?;
    ensure!(code(&unknown) == 2 && error(&unknown).contains("department"), "{}", error(&unknown));
    Ok(())
}
