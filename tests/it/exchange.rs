//! The directory and the working calendar, out of one installation and into another.

use crate::in_both_modes;
use anyhow::{Context as _, ensure};
use domain::Role;
use harness::root;
use proto::directory::v1 as directory;
use std::process::{Command, Output};
use tests::{Mode, Sandbox, command};

fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

fn export(sandbox: &Sandbox) -> anyhow::Result<String> {
    let exported = sandbox.run("operator", &["export", "directory"])?;
    ensure!(exported.status.success(), "{}", text(&exported));
    Ok(String::from_utf8(exported.stdout)?)
}

fn import(sandbox: &Sandbox, file: &str, flags: &[&str]) -> anyhow::Result<Output> {
    let path = sandbox.folder().join("directory.json");
    std::fs::write(&path, file)?;
    let path = path.display().to_string();
    sandbox.run("operator", &[&["import", "directory", &path], flags].concat())
}

/// Validates an export against the schema of what Popolo says, in Python.
fn is_popolo(file: &str) -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("directory.json");
    std::fs::write(&path, file)?;
    let validated = Command::new(root().join("tests/exchange/validate")).arg(&path).output()?;
    ensure!(validated.status.success(), "{}", text(&validated));
    Ok(())
}

async fn a_directory_goes_out_and_in(mode: Mode) -> anyhow::Result<()> {
    let (from, to) = (Sandbox::start(mode)?, Sandbox::start(mode)?);
    let clerk = from.client(Role::Clerk, Some("WATER")).await?;
    clerk.register_department("WATER").await?;
    let below = directory::Department {
        code: "DAMS".into(),
        name: "水库管理处".into(),
        parent_code: Some("WATER".into()),
        level: directory::DepartmentLevel::County.into(),
        region: Some("郑州".into()),
        without_users: false,
        kind: directory::DepartmentKind::NonProfit.into(),
    };
    clerk.call(directory::RegisterDepartmentRequest { department: Some(below), ..command() }).await?;
    let member = directory::Member {
        code: "chen".into(),
        name: "陈".into(),
        department_code: "DAMS".into(),
        email: Some("chen@water.example".into()),
        roles: vec!["delegate".into(), "chair".into()],
    };
    let operator = from.client(Role::Operator, None).await?;
    operator.call(directory::RegisterMemberRequest { member: Some(member), ..command() }).await?;
    let calendar = directory::WorkingCalendar {
        time_zone: "Asia/Shanghai".into(),
        weekend: vec![directory::Weekday::Saturday.into(), directory::Weekday::Sunday.into()],
        holidays: vec!["2027-10-01".into()],
        make_up_days: vec!["2027-10-09".into()],
    };
    operator.call(directory::DefineCalendarRequest { calendar: Some(calendar), ..command() }).await?;
    let exported = export(&from)?;
    is_popolo(&exported)?;

    // A dry run says what would be, and changes nothing.
    let before = export(&to)?;
    let tried = import(&to, &exported, &["--dry-run"])?;
    ensure!(
        tried.status.success() && text(&tried).contains("+ department DAMS 水库管理处"),
        "{}",
        text(&tried)
    );
    ensure!(export(&to)? == before, "it was tried only");
    // Editors of some systems begin a file with a mark.
    let done = import(&to, &format!("\u{feff}{exported}"), &[])?;
    ensure!(done.status.success() && text(&done).contains("+ member chen 陈"), "{}", text(&done));
    ensure!(export(&to)? == exported, "{}", export(&to)?);
    // Twice changes nothing; what somebody changed meanwhile is brought back.
    let again = import(&to, &exported, &[])?;
    ensure!(
        text(&again).contains("4 are as the file has them") && !text(&again).contains('+'),
        "{}",
        text(&again)
    );
    let renamed = exported.replace("水库管理处", "水库处");
    let renaming = import(&to, &renamed, &[])?;
    ensure!(text(&renaming).contains("~ department DAMS 水库处"), "{}", text(&renaming));
    import(&to, &exported, &[])?;
    ensure!(export(&to)? == exported, "it is as it was");

    // What is wrong is said before anything is written; a stranger reads no addresses, and imports nothing.
    let faulty =
        exported.replace("\"county\"", "\"galactic\"").replace("chen@water.example", "wu@water.example");
    let refused = import(&to, &faulty, &[])?;
    ensure!(refused.status.code() == Some(2) && text(&refused).contains("DAMS"), "{}", text(&refused));
    ensure!(export(&to)? == exported, "nothing was written");
    let path = to.folder().join("directory.json");
    std::fs::write(&path, &renamed)?;
    let path = path.to_str().context("a path")?;
    let stranger = to.run("delegate@ROADS", &["import", "directory", path])?;
    ensure!(!stranger.status.success() && export(&to)? == exported, "{}", text(&stranger));
    let read = to.run("delegate@ROADS", &["export", "directory"])?;
    ensure!(read.status.success() && !text(&read).contains("chen@"), "{}", text(&read));
    Ok(())
}
in_both_modes!(a_directory_goes_out_and_in);
